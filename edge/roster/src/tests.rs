//! Scripts for the roster, and the promise that equal histories give equal bytes.

mod commands;
mod devices;
mod documents;
mod history;
mod script;
