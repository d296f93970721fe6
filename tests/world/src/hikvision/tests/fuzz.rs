//! Whatever a client sends, the simulated device answers something and stands.

use super::*;
use crate::{
    hikvision::{device::Device, login::md5_hex, routes},
    http::Request,
};
use tokio::time::Instant;

/// A request that is signed in, with these bytes in its path, headers and body.
fn signed_in(device: &mut Device, path: &str, body: &[u8]) -> Request {
    let method = if path.contains("json") { "POST" } else { "PUT" };
    let mut request = Request {
        method: method.to_owned(),
        target: path.to_owned(),
        headers: Vec::new(),
        body: body.to_vec(),
    };
    let routes::Answer::Reply(challenge) = routes::answer(device, &request, Instant::now()) else {
        unreachable!("nobody comes in without a login")
    };
    let challenge = &challenge
        .headers
        .iter()
        .find(|(name, _)| *name == "WWW-Authenticate")
        .unwrap()
        .1;
    let nonce = challenge.split_once("nonce=\"").unwrap().1.split('"').next().unwrap();
    let who = md5_hex("admin:IP Camera(F2563):Ostona-2026");
    let what = md5_hex(&format!("{method}:{path}"));
    let proof = md5_hex(&format!("{who}:{nonce}:{what}"));
    let header = format!("Digest username=\"admin\", nonce=\"{nonce}\", uri=\"{path}\", response=\"{proof}\"");
    request.headers.push(("authorization".to_owned(), header));
    request
}

#[test]
fn fuzz_no_body_breaks_the_device() {
    let paths = [
        "/ISAPI/System/time",
        "/ISAPI/AccessControl/RemoteControl/door/1",
        "/ISAPI/Event/notification/httpHosts",
        "/ISAPI/AccessControl/AcsEvent?format=json",
        "/ISAPI/AccessControl/UserInfo/Search?format=json",
    ];
    let mut device = Device::new(standing());
    bolero::check!().for_each(|input: &[u8]| {
        for path in paths {
            let request = signed_in(&mut device, path, input);
            let answer = routes::answer(&mut device, &request, Instant::now());
            assert!([200, 400].contains(&answer.status()), "{path}: {}", answer.status());
        }
        device.openings.clear();
        device.reset();
    });
}

#[test]
fn fuzz_no_authorization_lets_anybody_in() {
    let mut device = Device::new(standing());
    bolero::check!().for_each(|input: &[u8]| {
        let header = String::from_utf8_lossy(input).into_owned();
        for scheme in ["", "Digest ", "Basic "] {
            let headers = vec![("authorization".to_owned(), format!("{scheme}{header}"))];
            let target = "/ISAPI/System/status".to_owned();
            let request = Request {
                method: "GET".to_owned(),
                target,
                headers,
                body: Vec::new(),
            };
            let answer = routes::answer(&mut device, &request, Instant::now());
            assert_eq!(answer.status(), 401);
        }
    });
}

#[tokio::test]
async fn a_head_that_is_none_ends_the_connection() {
    let terminal = Terminal::start(standing()).unwrap();
    let bare = Client::of(&terminal).send("GET\0", "/", "", "").await;
    assert_eq!(bare.status, 0);
}
