//! The one sentence that every scenario ends with: everything that happened is in the cloud, once, in order, and no
//! door moved twice or late.

use crate::{
    house::House,
    orders::{self, Order},
};
use anyhow::{Result, ensure};
use tests_world::mqtt::Ledger;

/// Fails while anything of it does not hold.
pub async fn complete(house: &House, ledgers: &[Ledger]) -> Result<()> {
    let orders = orders::all(&house.admin, &house.edge_id).await?;
    orders.iter().try_for_each(Order::ended)?;
    let history = house.history().await?;
    for ledger in ledgers {
        ensure!(ledger.doubtful.is_empty(), "{} waits for the edge still", ledger.device);
        history.check_ledger(ledger)?;
    }
    for door in &house.doors {
        history.check_log(&door.serial, &door.terminal.log())?;
        orders::check_doors(&orders, &door.device, &door.terminal.openings())?;
    }
    history.check_lanes()?;
    orders::check_outcomes(&orders, &history)
}
