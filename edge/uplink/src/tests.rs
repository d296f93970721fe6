//! Scripts for the uplink, against a cloud in miniature and the real kernel.

mod batches;
mod control;
mod enrol;
mod identity;
mod join;
mod links;
mod logs;
mod schedule;
mod settings;
mod site;
mod stub;
mod stub_state;
mod tls_and_proxy;
