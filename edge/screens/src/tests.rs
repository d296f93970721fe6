//! The LAN port over a real kernel.
