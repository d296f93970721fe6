//! The terminal's life: registering, telling, asking, over and over.
//!
//! What was not acknowledged is told again, for ever.

use super::{
    Shared,
    client::{Reply, ReplyReading, ask},
    config::RowUpload,
    device::Next,
};
use anyhow::{Context as _, bail};
use std::{fmt::Write as _, net::SocketAddr, sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// How long a reboot takes.
const REBOOT: Duration = Duration::from_millis(300);

/// Lives until the plug is pulled.
pub(super) async fn live(shared: Arc<Shared>) {
    let mut turn = 0_u64;
    loop {
        turn += 1;
        let (server, patience) = {
            let device = shared.device();
            (device.server, device.config.patience)
        };
        let Some(server) = server else {
            rest(&shared, patience).await;
            continue;
        };
        let session = ServerSession {
            shared: &shared,
            server,
            turn,
        };
        if let Err(error) = session.once().await {
            tracing::debug!(error = &*error, "the simulated terminal tries again");
            sleep(patience).await;
        }
    }
}

/// Until somebody does something at the device, or for so long.
async fn rest(shared: &Shared, most: Duration) {
    // Either way there may be something to do.
    let _ = timeout(most, shared.stirred.notified()).await;
}

struct ServerSession<'a> {
    shared: &'a Shared,
    server: SocketAddr,
    turn: u64,
}

impl ServerSession<'_> {
    async fn once(&self) -> anyhow::Result<()> {
        let next = self.shared.device().next;
        match next {
            Next::Reboot => {
                sleep(REBOOT).await;
                self.shared.device().next = Next::Register;
                Ok(())
            }
            Next::Register => self.register().await,
            Next::Work => {
                self.tell_rows().await?;
                self.tell_operations().await?;
                self.fetch().await?;
                let poll = self.shared.device().config.poll;
                rest(self.shared, poll).await;
                Ok(())
            }
        }
    }

    async fn register(&self) -> anyhow::Result<()> {
        let reply = self
            .ask("GET", "cdata", "&options=all&pushver=2.4.1&language=69", "")
            .await?;
        let told = |key: &str| {
            reply
                .body
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
        };
        let stamp = told("Stamp").and_then(|stamp| stamp.parse().ok()).context("no stamp")?;
        let zone = told("TimeZone").and_then(|zone| zone.parse().ok()).context("no zone")?;
        let mut device = self.shared.device();
        if let Some(date) = &reply.date {
            device.set_clock(date, zone);
        }
        device.resume(stamp);
        device.greeting.clone_from(&reply.body);
        device.counts.registered += 1;
        device.next = Next::Work;
        Ok(())
    }

    async fn tell_rows(&self) -> anyhow::Result<()> {
        let (rows, body, hearing) = {
            let mut device = self.shared.device();
            let rows = device.chosen();
            let body = device.body(&rows);
            let badly = device.config.telling == RowUpload::Badly;
            let hangs_up = badly && device.rng.once_in(6);
            (
                rows,
                body,
                if hangs_up {
                    ReplyReading::HangsUp
                } else {
                    ReplyReading::Listens
                },
            )
        };
        if rows.is_empty() {
            return Ok(());
        }
        let target = "&table=ATTLOG&Stamp=9999";
        match self.heard("POST", "cdata", target, &body, hearing).await {
            Ok(reply) if reply.body.starts_with("OK") => {
                let mut device = self.shared.device();
                device.counts.acknowledged += 1;
                for row in rows {
                    device.untold.remove(&row);
                }
                Ok(())
            }
            Ok(reply) => bail!("rows are answered with {:?}", reply.body),
            Err(error) => {
                self.shared.device().counts.unheard += 1;
                Err(error)
            }
        }
    }

    async fn tell_operations(&self) -> anyhow::Result<()> {
        let lines = self.shared.device().operations.clone();
        if lines.is_empty() {
            return Ok(());
        }
        // What was done at the device comes among its users.
        let body =
            lines.concat() + "OPLOG\t6\t1\t1001\t2026-06-19 09:00:00\t0\t0\nFP PIN=17\tFID=0\tValid=1\tTMP=abc\n";
        self.ask("POST", "cdata", "&table=OPERLOG&OpStamp=9999", &body).await?;
        self.shared.device().operations.drain(..lines.len());
        Ok(())
    }

    async fn fetch(&self) -> anyhow::Result<()> {
        let reply = self.ask("GET", "getrequest", "", "").await?;
        let commands: Vec<(&str, &str)> = reply
            .body
            .lines()
            .filter_map(|line| line.strip_prefix("C:")?.split_once(':'))
            .collect();
        if commands.is_empty() {
            return Ok(());
        }
        // One body for all, line by line; or one for each, over several lines.
        let mut bodies = vec![String::new()];
        for (id, command) in commands {
            let (result, further) = self.shared.device().obey(command);
            let word = command.split([' ', '\t']).next().unwrap_or_default();
            let several = self.turn.is_multiple_of(2) || !further.is_empty();
            if several {
                bodies.push(format!("ID={id}\nReturn={result}\nCMD={word}\n{further}"));
            } else if let Some(batch) = bodies.first_mut() {
                writeln!(batch, "ID={id}&Return={result}&CMD={word}").context("writing a confirmation")?;
            }
        }
        for body in bodies.iter().filter(|body| !body.is_empty()) {
            self.ask("POST", "devicecmd", "", body).await?;
        }
        Ok(())
    }

    async fn ask(&self, method: &str, page: &str, rest: &str, body: &str) -> anyhow::Result<Reply> {
        self.heard(method, page, rest, body, ReplyReading::Listens).await
    }

    async fn heard(
        &self,
        method: &str,
        page: &str,
        rest: &str,
        body: &str,
        hearing: ReplyReading,
    ) -> anyhow::Result<Reply> {
        let serial = self.shared.device().config.serial_number.clone();
        let target = format!("/iclock/{page}?SN={serial}{rest}");
        let reply = ask(self.server, method, &target, body.as_bytes(), hearing).await?;
        if reply.status == 403 {
            let mut device = self.shared.device();
            device.counts.refused += 1;
            device.next = Next::Register;
        }
        if reply.status != 200 {
            bail!("{method} {page} is answered with {}", reply.status);
        }
        Ok(reply)
    }
}
