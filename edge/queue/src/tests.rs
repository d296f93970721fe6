//! Scripts for the queue, and promises kept over random histories.
