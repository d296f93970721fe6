//! Scripts for the queue, move by move, and promises kept over random histories.

mod bookings;
mod clocks;
mod concerns;
mod desks;
mod estimates;
mod fact_lines;
mod fairness;
mod history;
mod lines;
mod numbers;
mod ranks;
mod sample_branch;
mod script;
mod size;
mod transfers;
mod visits;
