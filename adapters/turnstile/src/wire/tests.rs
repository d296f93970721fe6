//! Properties of frames, and anything at all.
