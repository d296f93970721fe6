//! adapters-sdk.
