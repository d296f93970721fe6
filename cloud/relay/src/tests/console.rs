//! The console as a browser uses it: forms, cookies, redirects, and what is refused.

mod booking;
mod site;

use super::stage::{PASSWORD, Reply, Stage, run};
use axum::body::Body;
use cloud_admin::{first_use, role::Role};
use http::{Request, header};
use serde_json::json;

const HOST: &str = "console.test";

/// A browser: one cookie, one origin.
struct Browser<'a> {
    stage: &'a Stage,
    cookie: String,
    origin: Option<&'static str>,
}

impl<'a> Browser<'a> {
    fn new(stage: &'a Stage) -> Self {
        Self {
            stage,
            cookie: String::new(),
            origin: Some("http://console.test"),
        }
    }

    async fn send(&mut self, method: &str, path: &str, form: Option<&str>) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, HOST);
        request = request.header(header::COOKIE, &self.cookie);
        if let Some(origin) = self.origin.filter(|_| method == "POST") {
            request = request.header(header::ORIGIN, origin);
        }
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let body = form.map_or_else(Body::empty, |form| Body::from(form.to_owned()));
        let reply = self.stage.send(request.body(body).expect("a request")).await;
        if let Some((cookie, _)) = reply.header("set-cookie").split_once(';') {
            self.cookie = cookie.to_owned();
        }
        reply
    }
    async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }
    async fn post(&mut self, path: &str, form: &str) -> Reply {
        self.send("POST", path, Some(form)).await
    }
    async fn sign_in(&mut self, login: &str) {
        let form = format!("login={login}&password={}", PASSWORD.replace(' ', "+"));
        leads_to(&self.post("/login", &form).await, "/");
    }
}

fn leads_to(reply: &Reply, path: &str) {
    assert_eq!(
        (reply.status.as_u16(), reply.header("location")),
        (303, path),
        "{}",
        reply.text
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in one go")]
fn a_new_user_finds_the_way_to_the_first_edge() {
    run(async {
        let stage = Stage::start();
        let once = first_use::bootstrap(&stage.app.store, &stage.app.clock, first_use::ONE_TIME_PASSWORDS)
            .await
            .expect("an account")
            .expect("first");
        let mut browser = Browser::new(&stage);
        leads_to(&browser.get("/").await, "/login");
        assert!(browser.get("/login").await.text.contains("one-time password"));
        let wrong = browser
            .post("/login", "login=admin&password=nonsense")
            .await
            .expect(401);
        assert!(
            wrong.text.contains("role=\"alert\"") && !wrong.text.contains("nonsense"),
            "{}",
            wrong.text
        );
        let good = browser
            .post("/login", &format!("login=admin&password={}", once.expose()))
            .await;
        leads_to(&good, "/password");
        let cookie = good.header("set-cookie");
        assert!(
            cookie.starts_with("ostona=ost_") && cookie.contains("; HttpOnly; SameSite=Lax"),
            "{cookie}"
        );
        leads_to(&browser.get("/").await, "/password");
        let short = format!("current={}&new=short", once.expose());
        assert!(
            browser
                .post("/password", &short)
                .await
                .expect(422)
                .text
                .contains("12 characters")
        );
        let change = format!("current={}&new={}", once.expose(), PASSWORD.replace(' ', "+"));
        leads_to(&browser.post("/password", &change).await, "/");
        assert!(
            browser
                .get("/")
                .await
                .expect(200)
                .text
                .contains("Begin with your organisation")
        );
        leads_to(&browser.post("/orgs", "name=Anor+Bank").await, "/");
        assert!(browser.get("/").await.expect(200).text.contains("Now your first site"));
        leads_to(&browser.post("/sites", "name=Chilonzor").await, "/");
        let home = browser.get("/").await.expect(200).text;
        assert!(home.contains("No edge here yet"), "{home}");
        let action = home
            .split("action=\"/sites/")
            .nth(1)
            .and_then(|tail| tail.split('"').next())
            .expect("a form");
        let code = browser
            .post(&format!("/sites/{action}"), "name=Front+desk")
            .await
            .expect(200);
        assert!(
            code.text.contains("id=\"enrolment-code\"") && code.text.contains("http://console.test"),
            "{}",
            code.text
        );
        leads_to(&browser.post("/logout", "").await, "/login");
        leads_to(&browser.get("/").await, "/login");
    });
}

#[test]
fn a_form_from_elsewhere_is_refused() {
    run(async {
        let stage = Stage::start();
        stage.admin().await;
        let mut browser = Browser::new(&stage);
        browser.sign_in("admin").await;
        for origin in [
            None,
            Some("http://evil.example"),
            Some("null"),
            Some("http://console.test.evil.example"),
        ] {
            browser.origin = origin;
            browser.post("/orgs", "name=Evil").await.expect(403);
        }
        browser.origin = Some("http://console.test");
        assert!(
            browser
                .get("/")
                .await
                .expect(200)
                .text
                .contains("Begin with your organisation")
        );
    });
}

#[test]
fn people_are_found_from_every_page_by_those_who_answer_for_them_and_named_in_words() {
    run(async {
        let stage = Stage::start();
        let (org, _) = stage.org(1).await;
        stage.account("chief", Role::OrgAdmin, org).await;
        stage.account("guard", Role::Guard, org).await;
        let mut browser = Browser::new(&stage);
        browser.sign_in("chief").await;
        let link = "<a href=\"/people\"";
        for path in ["/", "/queue", "/events", "/commands", "/security", "/people"] {
            let page = browser.get(path).await.expect(200).text;
            assert!(page.contains(link), "{path}: {page}");
        }
        let people = browser.get("/people").await.expect(200).text;
        assert!(
            people.contains("Administrator") && people.contains("Department lead"),
            "{people}"
        );
        assert!(
            !people.contains(">org_admin<") && !people.contains(">lead<"),
            "{people}"
        );
        let mut browser = Browser::new(&stage);
        browser.sign_in("guard").await;
        assert!(!browser.get("/").await.expect(200).text.contains(link));
        browser.get("/people").await.expect(403);
    });
}

#[test]
fn a_door_is_asked_for_once_and_its_outcome_is_shown() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        let device = stage.device(place.0, edge, "gate").await;
        stage.account("guard", Role::Guard, place.0).await;
        let mut browser = Browser::new(&stage);
        browser.sign_in("guard").await;
        let path = format!("/devices/{device}");
        let page = browser.get(&path).await.expect(200).text;
        assert!(
            page.contains("Open door 1 of gate at Edge 1? If the edge does not have it within 10 s"),
            "{page}"
        );
        let once = page
            .split("name=\"once\" value=\"")
            .nth(1)
            .and_then(|tail| tail.split('"').next())
            .expect("a key");
        for _ in 0..2 {
            leads_to(
                &browser.post(&format!("{path}/open"), &format!("once={once}")).await,
                &path,
            );
        }
        let listed = browser.get("/commands").await.expect(200).text;
        assert_eq!(listed.matches("access.open").count(), 1, "{listed}");
        let page = browser.get(&path).await.expect(200).text;
        let id = page
            .split("id=\"command-")
            .nth(1)
            .and_then(|tail| tail.split('"').next())
            .expect("a command");
        assert!(page.contains("Waits for the edge."), "{page}");
        stage.pass(std::time::Duration::from_millis(87));
        let told = json!({ "command": id, "command_name": "access.open", "took_ms": 12, "expires": 0 });
        stage.event(place.0, edge, "command.ok", &told, Some(id)).await;
        let line = browser.get(&format!("/commands/{id}/outcome")).await.expect(200).text;
        assert!(
            line.contains("Done") && line.contains("87 ms") && !line.contains("data-check="),
            "{line}"
        );
    });
}

#[test]
fn every_page_is_shown_escaped_and_without_anything_from_elsewhere() {
    run(async {
        let stage = Stage::start();
        stage.admin().await;
        let mut browser = Browser::new(&stage);
        browser.sign_in("admin").await;
        browser.post("/orgs", "name=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
        let orgs = cloud_store::orgs::list(&stage.app.store.platform())
            .await
            .expect("a list");
        let org = orgs[0].id;
        browser.post("/sites", "name=Lobby").await;
        let site = cloud_store::orgs::sites(&stage.app.store.scope(org))
            .await
            .expect("a list")[0]
            .id;
        let edge = stage.edge((org, site), 1).await;
        let device = stage.device(org, edge, "gate").await;
        let bad = json!({ "device": "gate", "door": 1, "by": "<img src=x onerror=alert(1)>" });
        stage.event(org, edge, "access.opened", &bad, None).await;
        for path in [
            "/",
            "/events",
            "/commands",
            "/security",
            &format!("/edges/{edge}"),
            &format!("/devices/{device}"),
        ] {
            let page = browser.get(path).await.expect(200);
            assert!(
                !page.text.contains("<script>alert") && !page.text.contains("<img"),
                "{path}: {}",
                page.text
            );
            let outside = page
                .text
                .split(['"', '\''])
                .filter(|part| part.starts_with("http") || part.starts_with("//"));
            assert_eq!(outside.collect::<Vec<_>>(), Vec::<&str>::new(), "{path}");
            assert!(
                !page.text.contains(" style=") && !page.text.contains(" onclick="),
                "{path}"
            );
            assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
            assert_eq!(page.header("cache-control"), "no-store");
        }
        browser.get("/nowhere").await.expect(404);
        browser.get("/assets/console.css").await.expect(200);
    });
}

#[test]
fn another_organisations_pages_do_not_exist() {
    run(async {
        let stage = Stage::start();
        let (ours, theirs) = (stage.org(1).await, stage.org(2).await);
        let edge = stage.edge(theirs, 2).await;
        let device = stage.device(theirs.0, edge, "gate").await;
        stage.account("dilnoza", Role::OrgAdmin, ours.0).await;
        let mut browser = Browser::new(&stage);
        browser.sign_in("dilnoza").await;
        for path in [
            format!("/edges/{edge}"),
            format!("/devices/{device}"),
            format!("/events?device={device}"),
        ] {
            browser.get(&path).await.expect(404);
        }
        browser
            .post(&format!("/devices/{device}/open"), "once=1")
            .await
            .expect(404);
        browser.post(&format!("/edges/{edge}/revoke"), "").await.expect(404);
        browser
            .post("/orgs/choose", &format!("org={}", theirs.0))
            .await
            .expect(404);
        assert!(!browser.get("/").await.expect(200).text.contains("Edge 2"));
    });
}

#[test]
fn browsers_say_where_a_form_of_ours_comes_from() {
    run(async {
        let stage = Stage::start();
        let page = Browser::new(&stage).get("/login").await;
        // With no-referrer, browsers send `origin: null` with forms (Fetch, "append a request Origin header").
        assert_eq!(page.header("referrer-policy"), "same-origin");
    });
}

/// Text as a field of a form.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn a_branch_is_published_from_its_page_and_what_is_wrong_is_said_beside_what_was_typed() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        stage.account("admin", Role::OrgAdmin, place.0).await;
        let mut browser = Browser::new(&stage);
        browser.sign_in("admin").await;
        let path = format!("/edges/{edge}/queue");
        let empty = browser.get(&path).await.expect(200).text;
        assert!(
            empty.contains("cash-desk") && empty.contains("Nothing is published yet"),
            "{empty}"
        );
        let example = include_str!("../../../console/assets/branch.json");

        let broken = format!("version=&body={}", encoded("{\n\"name\": }"));
        let told = browser.post(&path, &broken).await.expect(422).text;
        assert!(
            told.contains("line 2") && told.contains("&quot;name&quot;: }"),
            "{told}"
        );
        let nowhere = example.replace("\"service\": \"cash-desk\"", "\"service\": \"loans\"");
        let told = browser
            .post(&path, &format!("version=&body={}", encoded(&nowhere)))
            .await
            .expect(422)
            .text;
        assert!(told.contains("profiles.0.serves") && told.contains("loans"), "{told}");

        leads_to(
            &browser
                .post(&path, &format!("version=&body={}", encoded(example)))
                .await,
            &path,
        );
        let published = browser.get(&path).await.expect(200).text;
        assert!(
            published.contains("v1") && published.contains("published"),
            "{published}"
        );
        let late = browser
            .post(&path, &format!("version=&body={}", encoded(example)))
            .await;
        assert_eq!(
            late.status.as_u16(),
            412,
            "somebody who has not seen version 1 does not overwrite it"
        );
    });
}

#[test]
fn the_queues_page_shows_figures_and_gives_them_as_a_file() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        stage.account("viewer", Role::Viewer, place.0).await;
        let mut browser = Browser::new(&stage);
        browser.sign_in("viewer").await;
        assert!(browser.get("/queue").await.expect(200).text.contains("No tickets yet"));
        let ticket = "018f0000-0000-7000-8000-000000000001";
        let issued = json!({
            "ticket": ticket, "number": "K-001", "day": "2027-01-15", "service": "cash", "source": "kiosk",
            "lang": "ru", "token_hash": "00", "ahead": 0,
        });
        let done = json!({
            "ticket": ticket, "service": "cash", "window": "window-1", "operator": ticket, "wait_s": 240, "serve_s": 60,
        });
        stage.event(place.0, edge, "queue.ticket.issued", &issued, None).await;
        stage.event(place.0, edge, "queue.ticket.done", &done, None).await;
        let shown = browser
            .get(&format!("/queue?edge={edge}&days=7&by=window"))
            .await
            .expect(200)
            .text;
        assert!(
            shown.contains("4 min") && shown.contains("window-1") && shown.contains("<svg"),
            "{shown}"
        );
        let file = browser.get("/queue.csv?edge=&days=1&by=window").await.expect(200);
        assert!(file.text.contains("window-1,0,0,1,240,240,60,60,60,"), "{}", file.text);
    });
}
