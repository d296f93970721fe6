//! Digest: the vectors of the RFCs, and challenges as devices write them.

use crate::wire::digest::{AuthOffer, DigestInput, offers};
use expect_test::{Expect, expect};

fn answer(challenge: &str, password: &str, cnonce: &str) -> String {
    let signing = DigestInput {
        username: "Mufasa",
        password,
        method: "GET",
        target: "/dir/index.html",
        cnonce,
    };
    match offers([challenge]).into_iter().next() {
        Some(AuthOffer::Digest(challenge)) => challenge.authorization(&signing),
        other => format!("{other:?}"),
    }
}

fn check(challenge: &str, password: &str, cnonce: &str, expect: &Expect) {
    expect.assert_eq(&answer(challenge, password, cnonce).replace(", ", "\n"));
}

#[test]
fn rfc_7616_section_3_9_1() {
    let nonce = "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    for (algorithm, response) in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        (
            "SHA-256",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ] {
        let challenge =
            format!("Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, {nonce}");
        let answer = answer(&challenge, "Circle of Life", cnonce);
        assert!(answer.contains(&format!("response=\"{response}\"")), "{answer}");
    }
}

#[test]
fn rfc_2617_section_3_5() {
    check(
        "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
        "Circle Of Life",
        "0a4f113b",
        &expect![[r#"
            Digest username="Mufasa"
            realm="testrealm@host.com"
            nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"
            uri="/dir/index.html"
            response="6629fae49393a05397450978507c4ef1"
            qop=auth
            nc=00000001
            cnonce="0a4f113b"
            opaque="5ccc069c403ebaf9f0171e9517f40e41""#]],
    );
}

#[test]
fn as_a_terminal_writes_it() {
    check(
        "Digest realm=\"IP Camera(F2563)\", domain=\"::\", qop=\"auth\", nonce=\"4f5a:1700000000000\", opaque=\"\", algorithm=\"MD5\", stale=\"FALSE\"",
        "x",
        "c",
        &expect![[r#"
            Digest username="Mufasa"
            realm="IP Camera(F2563)"
            nonce="4f5a:1700000000000"
            uri="/dir/index.html"
            response="ab9ab10254e43cfccec422fa9a674efc"
            algorithm=MD5
            qop=auth
            nc=00000001
            cnonce="c"
            opaque="""#]],
    );
}

#[test]
fn without_qop_as_rfc_2069() {
    check(
        "Digest realm=\"r\",nonce=\"n\"",
        "x",
        "c",
        &expect![[r#"
        Digest username="Mufasa"
        realm="r"
        nonce="n"
        uri="/dir/index.html"
        response="98bca91c1c87bf8c21a2325ec19ef5e1"
        cnonce="c""#]],
    );
}

#[test]
fn sessions_are_hashed_once_more() {
    let plain = answer("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=MD5", "x", "c");
    let session = answer(
        "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=MD5-sess",
        "x",
        "c",
    );
    let response = |text: &str| text.split("response=").nth(1).map(|rest| rest[..34].to_owned());
    assert_ne!(response(&plain), response(&session));
    assert!(session.contains("algorithm=MD5-sess"), "{session}");
}

fn kinds(headers: &[&str]) -> String {
    let kind = |offer| match offer {
        AuthOffer::Digest(challenge) => format!("{challenge:?}").replace("Challenge ", ""),
        AuthOffer::Basic => "Basic".to_owned(),
    };
    offers(headers.iter().copied())
        .into_iter()
        .map(kind)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_strongest_offer_comes_first_whatever_the_header_s_shape() {
    let one = "Basic realm=\"a, b=c\", Digest realm=\"r\", nonce=\"1\", qop=\"auth\", Digest realm=\"r\", nonce=\"2\", algorithm=SHA-256";
    expect![[r#"
        { realm: "r", nonce: "2", opaque: None, algorithm: Sha256, named: Some("SHA-256"), protection: Absent }
        { realm: "r", nonce: "1", opaque: None, algorithm: Md5, named: None, protection: Auth }
        Basic"#]]
    .assert_eq(&kinds(&[one]));
    assert_eq!(
        kinds(&[one]),
        kinds(&[
            "Digest realm=r, nonce=1, qop=auth",
            "basic realm=x",
            "DIGEST realm=r,nonce=2,algorithm=SHA-256"
        ])
    );
}

#[test]
fn what_cannot_be_answered_is_no_offer() {
    for header in [
        "",
        ",",
        "Negotiate",
        "Digest",
        "Digest realm=\"r\"",
        "Digest nonce=\"n\"",
        "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"",
        "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256",
        "Digest realm=\"r, nonce=\\",
        "=\"x\"",
        "Bearer realm=\"r\", nonce=\"n\"",
    ] {
        assert!(offers([header]).is_empty(), "{header}");
    }
}

#[test]
fn quotes_in_names_cannot_end_the_value() {
    let signing = DigestInput {
        username: "a\"b\\",
        password: "x",
        method: "GET",
        target: "/",
        cnonce: "c",
    };
    let Some(AuthOffer::Digest(challenge)) = offers(["Digest realm=\"r\\\"s\", nonce=\"n\""]).into_iter().next() else {
        panic!("an offer")
    };
    let answer = challenge.authorization(&signing);
    assert!(
        answer.starts_with("Digest username=\"a\\\"b\\\\\", realm=\"r\\\"s\", "),
        "{answer}"
    );
}
