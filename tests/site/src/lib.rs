//! tests-site.
