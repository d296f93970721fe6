//! One run of the conversation with one device.
//!
//! Three strands share the line: one listens to the event stream, one brings the device's log to disk in the order of
//! its numbers, one carries out commands. The first to end ends the run; whatever it was doing for an ask settles then.

pub(crate) mod client;
mod commands;
mod device_clock;
mod event_stream;
mod follower;
mod log_cursor;
mod profile;

use crate::{settings::Settings, wire::http_hosts::Endpoint};
use adapter_sdk::{DeviceCondition, DriverContext, DriverError, FaultPrecedence, rejecting};
use client::IsapiClient;
pub(crate) use commands::HikAction;
use commands::HikExecutor;
use follower::EventFollower;
use log_cursor::HikLogCursor;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Why commands are turned away at the beginning of a run.
const CONNECTING: &str = "the device is being connected to";
/// Alerts that wait while the log is searched; beyond them the device's own TCP window holds them back.
const HEARD: usize = 64;

/// Talks to the device until there is a reason to start anew.
pub(crate) async fn drive(settings: Arc<Settings>, context: DriverContext) -> DriverError {
    let DriverContext {
        device,
        line,
        mut asks,
        reporter,
        clock,
        pushes,
        push_url,
        calls: _,
        log_position: mark,
    } = context;
    let line = match line.http() {
        Ok(http) => IsapiClient::new(http, settings.login.clone()),
        Err(end) => return end,
    };
    let known = match rejecting(&mut asks, CONNECTING, profile::connect(&line)).await {
        Ok(known) => known,
        Err(end) => return end,
    };
    let firmware = known.identity.firmware.clone();
    let mut condition = DeviceCondition::new(&reporter, FaultPrecedence::Newest, firmware);
    let told = async {
        condition.report().await?;
        let reported = reporter.report(vec![known.reported(&device)]).await;
        reported.map_err(DriverError::Unrecorded)
    };
    if let Err(end) = told.await {
        return end;
    }

    let (tell, heard) = mpsc::channel(HEARD);
    let commands = HikExecutor {
        line: &line,
        clock: &clock,
        policy: settings.clock,
        doors: known.doors.as_ref(),
        named: settings.dictionary.doors.keys().next_back().copied(),
    };
    let follow = EventFollower {
        line: &line,
        settings: &settings,
        clock: &*clock,
        endpoint: push_url.as_ref().and_then(|url| Endpoint::parse(url.as_str())),
        log_cursor: HikLogCursor::new(&line, &reporter, &device, &settings.dictionary, &known, mark),
        reporter: &reporter,
        condition,
        notices: Vec::new(),
        alive: None,
    };
    tokio::select! {
        biased;
        end = Box::pin(commands.run(&mut asks)) => end,
        end = Box::pin(follow.run(heard, pushes)) => end,
        end = Box::pin(event_stream::listen(&line, settings.stream_timeout(), tell)) => end,
    }
}
