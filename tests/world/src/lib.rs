//! tests-world.
