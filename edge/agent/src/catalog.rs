//! The catalog: the adapters this build ships. A new adapter is one line here and one in `Cargo.toml`.

use adapter_sdk::Adapter;
use edge_lan::CallRoute;

/// Every adapter.
pub(crate) fn catalog() -> Vec<&'static dyn Adapter> {
    vec![
        adapter_hikvision::ADAPTER,
        adapter_printer::ADAPTER,
        adapter_scanner::ADAPTER,
        adapter_turnstile::ADAPTER,
        adapter_zkteco::ADAPTER,
        adapter_zkteco::ADMS,
    ]
}

/// Devices that only ever call, as callers are told apart before anybody added them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallerKind {
    /// Where they call.
    pub(crate) route: CallRoute,
    /// What such a device is.
    pub(crate) kind: &'static str,
    /// The adapter that speaks to it.
    pub(crate) adapter: &'static str,
}

/// Every kind of device that only ever calls.
pub(crate) const CALLS: &[CallerKind] = &[CallerKind {
    route: CallRoute {
        prefix: adapter_zkteco::ADMS_CALLS.0,
        key: adapter_zkteco::ADMS_CALLS.1,
    },
    kind: "terminal",
    adapter: "zkteco-adms",
}];
