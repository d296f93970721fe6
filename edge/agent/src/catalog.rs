//! The catalog: the adapters this build ships. A new adapter is one line here and one in `Cargo.toml`.

use adapter_sdk::Adapter;

/// Every adapter.
pub(crate) fn catalog() -> Vec<&'static dyn Adapter> {
    vec![adapter_hikvision::ADAPTER, adapter_zkteco::ADAPTER]
}
