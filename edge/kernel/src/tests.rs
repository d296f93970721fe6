//! Scripts for the kernel over a simulated disk: told means durable, at most once, never late, nothing forgotten.

mod access;
mod clock;
mod commands;
mod devices;
mod disk;
mod documents;
mod follow_up;
mod history;
mod queue;
mod quotas;
mod registers;
mod rig;
mod room;
mod setup;
mod snapshots;
mod views;
