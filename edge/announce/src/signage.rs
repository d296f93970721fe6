//! Signage: what the hall's display shows beside the calls, and the text that goes over everything.
//!
//! The calls are never covered, except by an emergency; an emergency outlives a power cut.

pub(crate) mod emergency;
pub(crate) mod files;
pub(crate) mod playlist;
pub(crate) mod remote_notice;
pub(crate) mod site_notice;
mod stored_text;

pub use emergency::Emergency;
pub use files::Media;
pub use remote_notice::Displays;
pub use site_notice::{SiteNotice, SiteNotices};
