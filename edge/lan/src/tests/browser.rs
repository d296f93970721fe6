//! A browser of a person, as far as the box can tell. The areas' crates stand their tests on it, too.

use super::rig::{Answer, ask};
use axum::Router;
use edge_lan::claim_code;
use std::{collections::BTreeMap, path::Path};

pub(crate) const HOST: &str = "192.168.1.20:8080";
pub(crate) const PASSWORD: &str = "korkam-tulip-77";

/// A browser: keeps cookies, sends them where they belong, and names the page it is on.
pub(crate) struct Browser {
    router: Router,
    jar: BTreeMap<String, (String, String)>,
}

impl Browser {
    pub(crate) fn new(router: Router) -> Self {
        Self {
            router,
            jar: BTreeMap::new(),
        }
    }

    /// Claims the box whose state lies in `folder`, as the first one ever.
    pub(crate) async fn claim(&mut self, folder: &Path) {
        let code = claim_code(folder).expect("a code");
        let fields = [
            ("lang", "en"),
            ("code", &code),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ];
        let answer = self.send("/setup", &fields).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/admin"),
            "{}",
            answer.body
        );
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[("accept", "text/html")], String::new()).await
    }

    pub(crate) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{HOST}");
        self.ask("POST", path, &[("origin", &origin)], encoded(fields)).await
    }

    /// Sends a page's own form: with the token that stands in it.
    pub(crate) async fn send_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await;
        let token = between(&page.body, "name=\"form\" value=\"", "\"").to_owned();
        let mut fields = fields.to_vec();
        fields.push(("form", &token));
        self.send(path, &fields).await
    }

    pub(crate) async fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let sent = self
            .jar
            .iter()
            .filter(|(_, (_, below))| path.starts_with(below.as_str()));
        let cookies: Vec<String> = sent.map(|(name, (value, _))| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut all = vec![("host", HOST), ("cookie", cookies.as_str())];
        all.extend_from_slice(headers);
        let answer = ask(self.router.clone(), &format!("{method} {path}"), &all, body.into()).await;
        for cookie in answer.headers.get_all("set-cookie") {
            self.keep(cookie.to_str().expect("text"));
        }
        answer
    }

    fn keep(&mut self, cookie: &str) {
        assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
        let (name, rest) = cookie.split_once('=').expect("a name");
        let value = rest.split(';').next().expect("a value").to_owned();
        let path = between(cookie, "; Path=", ";").to_owned();
        if cookie.contains("Max-Age=0") {
            self.jar.remove(name);
        } else {
            self.jar.insert(name.to_owned(), (value, path));
        }
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// What stands between two marks.
pub(crate) fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let after = text.split_once(from).unwrap_or_else(|| panic!("{from} in {text}")).1;
    after.split_once(to).expect("an end").0
}
