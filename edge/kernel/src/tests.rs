//! Scripts for the kernel.
