//! Areas of the tests' own: everything an area brings is served, and nothing of it is known here.

use super::{browser::Browser, rig::Rig};
use crate::{
    Area, Asset, LanPart, LanRoutes, LanState, LocalAdmin, RouteAccess, SettingsTab, frame,
    pairing::{PairedScreen, ScreenKind, ScreenMarker},
};
use axum::{extract::State, routing::get};
use maud::{Markup, html};
use protocol::Lang;
use std::sync::atomic::{AtomicU32, Ordering};

/// A kind of screen nobody else knows.
pub(super) static PANEL: ScreenKind = ScreenKind {
    word: "kiosk",
    path: "/panel",
    cookie: "ostona-panel",
    name: title,
    spot: None,
};

enum Panel {}

impl ScreenMarker for Panel {
    const KIND: &'static ScreenKind = &PANEL;
}

/// How often somebody looked, whichever area counted.
struct LookCounter(AtomicU32);

impl LanPart for LookCounter {
    fn new(_: &LanState) -> Self {
        Self(AtomicU32::new(0))
    }
}

fn title(_: Lang) -> &'static str {
    "Panels"
}

fn page_routes(lan: &LanState) -> LanRoutes {
    LanRoutes::new(lan)
        .route("/panel", RouteAccess::Screen(&PANEL), get(panel))
        .route("/admin/panels", RouteAccess::Admin, get(settings))
        .with_state(lan.clone())
}

async fn panel(State(lan): State<LanState>, _: PairedScreen<Panel>) -> String {
    let looks = lan.part::<LookCounter>().0.fetch_add(1, Ordering::SeqCst) + 1;
    format!("{looks}")
}

async fn settings(admin: LocalAdmin) -> Markup {
    frame::signed_in(
        &admin,
        "/admin/panels",
        "Panels",
        frame::PageNote::None,
        &html! { p { "here" } },
    )
}

/// The areas of these tests.
pub(super) const AREAS: &[Area] = &[
    Area {
        name: "panels",
        screens: &[&PANEL],
        settings: &[SettingsTab {
            position: 10,
            address: "/admin/panels",
            title,
        }],
        style: ".panel { color: red }",
        assets: &[Asset::script("panel.js", b"'use strict';")],
        routes: page_routes,
        status: |_| html! { p { "all panels are lit" } },
        ..Area::EMPTY
    },
    Area {
        name: "empty",
        ..Area::EMPTY
    },
];

#[tokio::test]
async fn what_an_area_brings_is_served() {
    let rig = Rig::with(AREAS).await;
    assert!(rig.get("/style.css").await.body.ends_with(".panel { color: red }"));
    let script = rig.get("/assets/panel.js").await;
    assert_eq!(
        (script.status.as_u16(), script.header("content-type")),
        (200, "text/javascript; charset=utf-8")
    );
    assert!(rig.get("/").await.body.contains("all panels are lit"));
    assert_eq!(rig.get("/panel").await.status, 401);
    let to = rig.ask("GET /panel", &[("accept", "text/html")], "").await;
    assert_eq!((to.status.as_u16(), to.header("location")), (303, "/pair/kiosk"));
}

#[tokio::test]
async fn its_screens_are_paired_and_its_settings_hang_in_the_frame() {
    let dir = tempfile::tempdir().expect("a directory");
    let (router, _kept) = super::settings_pages::router(dir.path()).await;
    let mut admin = Browser::new(router.clone());
    admin.claim(dir.path()).await;
    assert_eq!(admin.get("/admin").await.header("location"), "/admin/panels");
    let page = admin.get("/admin/panels").await;
    for shown in [
        "<p>here</p>",
        "href=\"/admin/panels\" aria-current=\"page\"",
        "href=\"/admin/screens\"",
    ] {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
    assert_eq!(page.header("referrer-policy"), "same-origin");
    let mut screen = Browser::new(router);
    let code = screen.get("/pair/kiosk").await;
    let code = super::browser::between(&code.body, "aria-label=\"", "\"").to_owned();
    let paired = admin
        .send_form("/admin/screens", &[("code", &code), ("name", "East")])
        .await;
    assert!(paired.body.contains("The screen is paired: East"), "{}", paired.body);
    assert!(!paired.body.contains("name=\"window\""), "no kind of screen has a spot");
    assert_eq!(screen.get("/pair/kiosk/standing").await.status, 200);
    assert_eq!(screen.get("/panel").await.body, "1");
    assert_eq!(screen.get("/panel").await.body, "2", "the part there is once");
}
