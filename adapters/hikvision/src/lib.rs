//! adapter-hikvision.
