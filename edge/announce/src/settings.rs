//! The pages of the box's own settings about voice and signage.

pub(crate) mod signage;
pub(crate) mod voice;
