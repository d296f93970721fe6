//! An area: what one domain brings to the LAN port. The agent lists them, one line each.
//!
//! An area never learns of another one but through a [`LanPart`] that the other one offers.

use crate::{Asset, LanRoutes, LanState, pairing::ScreenKind, words};
use futures_util::future::BoxFuture;
use maud::{Markup, html};
use protocol::Lang;
use std::fmt;
use tokio_util::sync::CancellationToken;

/// What one domain brings: `pub const AREA: Area = Area { name: "queue", …, ..Area::EMPTY };`
#[derive(Clone, Copy)]
pub struct Area {
    /// Its name, for the log.
    pub name: &'static str,
    /// Kinds of screens that can be paired with the box.
    pub screens: &'static [&'static ScreenKind],
    /// Its pages among the box's own settings.
    pub settings: &'static [SettingsTab],
    /// Its part of the one stylesheet, `/style.css`.
    pub style: &'static str,
    /// Its files below `/assets/`.
    pub assets: &'static [Asset],
    /// Its pages, and who may reach each. Those below `/admin` are its settings.
    pub routes: fn(&LanState) -> LanRoutes,
    /// Begins what it does in the background, which ends with the token.
    pub start: for<'a> fn(&'a LanState, &'a CancellationToken) -> BoxFuture<'a, ()>,
    /// What it says on the page that shows how the box is.
    pub status: fn(&LanState) -> Markup,
}

impl Area {
    /// Brings nothing: what an area does not name is as here.
    pub const EMPTY: Area = Area {
        name: "",
        screens: &[],
        settings: &[],
        style: "",
        assets: &[],
        routes: LanRoutes::new,
        start: |_, _| Box::pin(async {}),
        status: |_| html! {},
    };
}

impl fmt::Debug for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Area").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A page of the box's own settings, as a tab leads to it.
#[derive(Debug, Clone, Copy)]
pub struct SettingsTab {
    /// Where it stands among the others; the lowest is the page that `/admin` leads to.
    pub position: u8,
    /// Its address, below `/admin/`.
    pub address: &'static str,
    /// Its title.
    pub title: fn(Lang) -> &'static str,
}

/// The port's own: the devices, and how each is.
pub(crate) const DEVICES: SettingsTab = SettingsTab {
    position: 65,
    address: "/admin/devices",
    title: words::tab_devices,
};

/// The port's own: the paired screens.
pub(crate) const SCREENS: SettingsTab = SettingsTab {
    position: 70,
    address: "/admin/screens",
    title: words::tab_screens,
};

/// Something there is once per LAN port and that several areas work with, e.g. the voice; see [`LanState::part`].
pub trait LanPart: Send + Sync + 'static {
    /// Makes it, with the first question for it.
    fn new(lan: &LanState) -> Self;
}
