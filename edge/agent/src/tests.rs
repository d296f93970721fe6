//! Settings, arguments and clock.
