//! Scripts for the queue, move by move, and promises kept over random histories.

mod bookings;
mod clocks;
mod concerns;
mod desks;
mod estimates;
mod fairness;
mod history;
mod lines;
mod numbers;
mod play;
mod ranks;
mod size;
mod tell;
mod visits;
