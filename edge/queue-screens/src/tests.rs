//! The queue's screens over a real kernel, in a LAN port with the areas they work with.

mod announcer;
mod branch_box;
#[path = "../../lan/src/tests/browser.rs"]
#[allow(dead_code, reason = "the LAN port's own kit: each crate uses its part")]
mod browser;
mod desk;
mod display;
mod full_journal;
mod kiosk;
mod open_branch;
mod phone;
#[path = "../../lan/src/tests/rig.rs"]
#[allow(dead_code, reason = "the LAN port's own kit: each crate uses its part")]
mod rig;
mod settings_pages;
#[path = "../../announce/src/tests/word.rs"]
mod word;
mod words;

/// What anybody on the branch's network may ask for; a route that is added here says nothing of the site that people in
/// the hall may not know.
#[tokio::test]
async fn what_is_open_to_strangers_is_this_and_no_more() {
    let branch = open_branch::OpenBranch::open().await;
    let routes = edge_lan::listed(&branch.state.lan);
    let open: Vec<&str> = routes
        .listed()
        .iter()
        .filter(|(_, access)| *access == edge_lan::RouteAccess::Anybody)
        .map(|(path, _)| path.as_str())
        .collect();
    expect_test::expect![[r#"
        /
        /health
        /metrics
        /style.css
        /assets/{name}
        /pair/{kind}
        /pair/{kind}/standing
        /setup
        /admin/sign-in
        /q"#]]
    .assert_eq(&open.join("\n"));
    for (path, access) in routes.listed() {
        let is_settings = path.starts_with("/admin");
        let is_open = ["/admin/sign-in"].contains(&path.as_str());
        let is_closed = !is_settings || is_open || *access == edge_lan::RouteAccess::Admin;
        assert!(is_closed, "{path} belongs to whoever is signed in");
    }
}

/// The areas as the agent lists them.
const AREAS: &[edge_lan::Area] = &[edge_kiosk::AREA, edge_announce::AREA, crate::AREA];
