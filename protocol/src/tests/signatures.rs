//! Signatures: what was signed is believed, for what it was signed for, and nothing else.

use crate::{
    Timestamp,
    http_signature::{Headers, MAX_SKEW_SECONDS, Parts, SignatureError, claimed_key, content_digest, sign, verify},
    key::{PublicKey, SecretKey, from_base64, to_base64},
    signed_text::{Purpose, SignedText, SignedTextError},
};
use expect_test::expect;

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn key() -> SecretKey {
    SecretKey::from_seed(&[5; 32])
}

fn parts(digest: &str) -> Parts<'_> {
    Parts {
        method: "POST",
        authority: "cloud.example",
        path: "/v2/ingest/events",
        query: "",
        content_digest: digest,
        idempotency_key: Some("e/1/facts/1-9"),
        join: Some("4"),
        websocket_key: None,
    }
}

#[test]
fn the_headers_look_as_rfc_9421_says() {
    let digest = content_digest(b"{\"hello\": \"world\"}");
    // RFC 9530 §B.1 has this digest for this body.
    assert_eq!(digest, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
    let headers = sign(&parts(&digest), &key(), NOW);
    expect![[r#"ostona=("@method" "@authority" "@path" "@query" "content-digest" "idempotency-key" "ostona-join");created=1790000000;keyid="7599776c3085e3f9";alg="ed25519";tag="ostona-gw""#]].assert_eq(&headers.input);
    assert_eq!(claimed_key(&headers.input), Ok(key().public().id().as_str()));
    assert_eq!(verify(&parts(&digest), &headers, &key().public(), NOW), Ok(()));
}

#[test]
fn every_covered_part_counts() {
    let (digest, other) = (content_digest(b"a"), content_digest(b"b"));
    let good = parts(&digest);
    let headers = sign(&good, &key(), NOW);
    let changed = [
        Parts { method: "PUT", ..good },
        Parts {
            authority: "evil.example",
            ..good
        },
        Parts {
            path: "/v2/ingest/blobs",
            ..good
        },
        Parts { query: "x=1", ..good },
        Parts {
            content_digest: &other,
            ..good
        },
        Parts {
            idempotency_key: Some("e/1/facts/1-8"),
            ..good
        },
        Parts {
            join: Some("5"),
            ..good
        },
    ];
    for parts in changed {
        assert_eq!(
            verify(&parts, &headers, &key().public(), NOW),
            Err(SignatureError::Mismatch),
            "{parts:?}"
        );
    }
    let dropped = [
        Parts { join: None, ..good },
        Parts {
            websocket_key: Some("k"),
            ..good
        },
    ];
    for parts in dropped {
        let refused = verify(&parts, &headers, &key().public(), NOW);
        assert!(matches!(refused, Err(SignatureError::Profile(_))), "{parts:?}");
    }
    let stranger = SecretKey::from_seed(&[6; 32]).public();
    assert!(verify(&good, &headers, &stranger, NOW).is_err());
}

#[test]
fn old_and_early_signatures_are_refused_with_their_distance() {
    let digest = content_digest(b"");
    let headers = sign(&parts(&digest), &key(), NOW);
    for (shift_s, expected) in [
        (MAX_SKEW_SECONDS, Ok(())),
        (-MAX_SKEW_SECONDS, Ok(())),
        (MAX_SKEW_SECONDS + 1, Err(SignatureError::Skew { skew_s: -301 })),
        (-MAX_SKEW_SECONDS - 1, Err(SignatureError::Skew { skew_s: 301 })),
    ] {
        let there = Timestamp::from_millis(NOW.as_millis() + shift_s * 1000);
        assert_eq!(verify(&parts(&digest), &headers, &key().public(), there), expected);
    }
}

#[test]
fn signed_texts_are_good_for_one_purpose() {
    let text = vec!["open".to_owned()];
    let signed = SignedText::seal(Purpose::Command, &text, &key()).expect("JSON");
    let trusted = [SecretKey::from_seed(&[1; 32]).public(), key().public()];
    assert_eq!(
        signed
            .open::<Vec<String>>(Purpose::Command, &trusted)
            .expect("believed"),
        text
    );
    let as_document = signed.open::<Vec<String>>(Purpose::Document, &trusted);
    assert!(matches!(as_document, Err(SignedTextError::Mismatch)));
    assert!(matches!(
        signed.open::<Vec<String>>(Purpose::Command, &trusted[..1]),
        Err(SignedTextError::UnknownKey(_))
    ));
    assert!(matches!(
        signed.open::<u8>(Purpose::Command, &trusted),
        Err(SignedTextError::Text(_))
    ));
    let tampered = SignedText {
        text: signed.text.replace("open", "lock"),
        ..signed
    };
    assert!(matches!(
        tampered.open::<Vec<String>>(Purpose::Command, &trusted),
        Err(SignedTextError::Mismatch)
    ));
}

#[test]
fn keys_are_read_strictly_and_secrets_are_not_shown() {
    let public = key().public();
    assert_eq!(public.to_string().parse(), Ok(public));
    let weak = to_base64(&[0; 32]);
    assert!(
        weak.parse::<PublicKey>().is_err(),
        "a point of small order verifies anything"
    );
    assert!("AAAA".parse::<PublicKey>().is_err());
    assert!(from_base64::<3>("AAAA").is_ok() && from_base64::<4>("AAAA").is_err() && from_base64::<3>("AA==").is_err());
    let shown = format!("{:?}", key());
    assert!(!shown.contains(&to_base64(&*key().seed())) && shown.contains(key().public().id().as_str()));
}

#[test]
fn no_debug_text_shows_a_document() {
    let at = NOW;
    let document = crate::Document {
        id: "device/gate".parse().expect("a document id"),
        version: 1,
        org: crate::OrgId::new(at, [1; 10]),
        edge: crate::EdgeId::new(at, [1; 10]),
        published: at,
        requires_restart: false,
        withdrawn: false,
        body: serde_json::json!({ "settings": { "password": "hunter2" } }),
    };
    let signed = SignedText::seal(Purpose::Document, &document, &key()).expect("JSON");
    for text in [format!("{document:?}"), format!("{signed:?}")] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn fuzz_signature_headers() {
    let (public, digest) = (key().public(), content_digest(b""));
    bolero::check!()
        .with_type::<(String, String)>()
        .for_each(|(input, signature)| {
            let headers = Headers {
                input: format!("ostona={input}"),
                signature: signature.clone(),
            };
            assert!(verify(&parts(&digest), &headers, &public, NOW).is_err());
            let _ = claimed_key(input);
        });
}
