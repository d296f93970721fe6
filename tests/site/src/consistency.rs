//! The one sentence that every scenario ends with: everything that happened is in the cloud, once, in order, and no
//! door moved twice or late.

use crate::{
    commands::{self, TrackedCommand},
    scenario::Scenario,
};
use anyhow::{Result, ensure};
use tests_world::mqtt::DeliveryLog;

/// Fails while anything of it does not hold.
pub async fn check(scenario: &Scenario, delivery_logs: &[DeliveryLog]) -> Result<()> {
    let orders = commands::all(&scenario.admin, &scenario.edge_id).await?;
    orders.iter().try_for_each(TrackedCommand::ended)?;
    let history = scenario.history().await?;
    for delivery_log in delivery_logs {
        ensure!(
            delivery_log.doubtful.is_empty(),
            "{} waits for the edge still",
            delivery_log.device
        );
        history.check_delivery_log(delivery_log)?;
    }
    for door in &scenario.doors {
        history.check_log(&door.serial, &door.terminal.log())?;
        commands::check_doors(&orders, &door.device, &door.terminal.openings())?;
    }
    history.check_lanes()?;
    commands::check_outcomes(&orders, &history)
}
