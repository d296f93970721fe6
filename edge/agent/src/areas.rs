//! The areas: what stands on the screens of this build. A new domain's screens are one line here and one in `Cargo.toml`.

use edge_lan::Area;

/// Every area, in the order their parts of the stylesheet stand in.
pub(crate) const AREAS: &[Area] = &[edge_kiosk::AREA, edge_announce::AREA, edge_queue_screens::AREA];
