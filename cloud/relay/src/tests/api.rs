//! The REST API as clients really call it.

mod abuse;
mod auth;
mod commands;
mod documents;
mod live;
mod locks;
mod people;
mod queue;
mod reading;
mod tenancy;

use super::stage;
use cloud_api::description;

/// Everything but signing in needs a token.
#[test]
fn every_operation_is_refused_without_a_token() {
    stage::run(async {
        let stage = stage::Stage::start();
        let open = ["/api/v1/auth/login", "/api/v1/auth/refresh"];
        let mut looked_at = 0;
        for (path, item) in description().paths.paths {
            let operations = [
                ("GET", item.get.is_some()),
                ("PUT", item.put.is_some()),
                ("POST", item.post.is_some()),
                ("DELETE", item.delete.is_some()),
            ];
            for (method, _) in operations
                .into_iter()
                .filter(|(_, there)| *there && !open.contains(&path.as_str()))
            {
                let path = path
                    .replace("{id}", "01a1f992-5bdf-7187-a875-51e4933accc7~x")
                    .replace(['{', '}'], "");
                let path = if path.contains("/devices/") {
                    path
                } else {
                    path.replace("~x", "")
                };
                let reply = stage.call(method, &path, stage::Who::Nobody, None).await;
                assert_eq!(reply.status, 401, "{method} {path}: {}", reply.body);
                assert_eq!(reply.kind(), "urn:ostona:sign-in-needed");
                looked_at += 1;
            }
        }
        assert!(looked_at > 35, "{looked_at}");
    });
}
