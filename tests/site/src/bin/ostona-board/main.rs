//! `ostona-board`: the only program of a small virtual board with simulated pins and a simulated USB bus.
//!
//! It is the board's first process: it mounts what it needs, tries the edge's own lines on what the kernel shows, says how
//! each try ended, and switches the board off. Anywhere else it does nothing.
#![allow(clippy::print_stdout, reason = "the board's console is all there is")]

mod desk;
mod gadget;
mod gate;
mod pins;
mod pulls;
mod usb;
mod wiegand;

use anyhow::{Context as _, Result, bail};
use pulls::Pulls;
use rustix::{
    mount::{MountFlags, mount},
    system::{RebootCommand, reboot},
};
use std::{future::Future, process::ExitCode, time::Duration};
use tokio::{runtime::Runtime, time::timeout};

/// What the board needs to see, where, and how it is called.
const MOUNTS: [(&str, &str); 5] = [
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("configfs", "/sys/kernel/config"),
    ("ramfs", "/tmp"),
];

/// No try takes longer.
const LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let ended = Runtime::new().context("starting tokio").and_then(|runtime| {
        let words: Vec<String> = std::env::args().skip(1).collect();
        match words.as_slice() {
            [hold, chip] if hold == "hold" => runtime.block_on(pins::hold(chip)),
            _ if std::process::id() != 1 => bail!("this is for a virtual board, which it switches off"),
            _ => {
                runtime.block_on(play());
                reboot(RebootCommand::PowerOff).context("switching the board off")
            }
        }
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("ostona-board: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn play() {
    let ready = mounted().and_then(|()| gadget::plug_in()).and_then(|()| Pulls::make());
    match ready {
        Err(error) => println!("failed making the board ready: {error:#}"),
        Ok(pulls) => {
            tried(
                "outputs are inactive when taken and when given back",
                pins::safe(&pulls),
            )
            .await;
            tried("a pulse is seen on the pin", pins::pulse(&pulls)).await;
            tried("pins belong to one device", async { pins::taken(&pulls) }).await;
            tried("a process that is killed lets its relay go", pins::killed(&pulls)).await;
            tried("edges come in order with the kernel's time", pins::edges(&pulls)).await;
            tried("changes that were lost are told", pins::overflow(&pulls)).await;
            tried("26 bits of a Wiegand reader", wiegand::frame(&pulls)).await;
            tried(
                "a card at the reader moves the gate's relay",
                gate::lets_through(&pulls),
            )
            .await;
            tried("a USB scanner that types", usb::typed()).await;
            tried("a USB scanner that sends", usb::sent()).await;
            tried("a USB printer prints", usb::printed()).await;
            tried("a USB printer that takes nothing", usb::stuck()).await;
            tried("a USB device that is pulled out", usb::pulled_out()).await;
        }
    }
    println!("board done");
}

async fn tried(what: &str, trying: impl Future<Output = Result<()>>) {
    match timeout(LIMIT, trying).await {
        Ok(Ok(())) => println!("ok {what}"),
        Ok(Err(error)) => println!("failed {what}: {error:#}"),
        Err(_) => println!("failed {what}: it does not end"),
    }
}

fn mounted() -> Result<()> {
    for (kind, at) in MOUNTS {
        mount(kind, at, kind, MountFlags::empty(), None).with_context(|| format!("mounting {at}"))?;
    }
    Ok(())
}
