//! Passwords, tokens and codes on their own.

use crate::{
    password::{AccountPasswords, PasswordCheck, PasswordError},
    role::{Permission, Role},
    token::Token,
    totp::MfaSecret,
};
use expect_test::expect;
use protocol::Timestamp;
use std::collections::BTreeMap;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(test)
}

#[test]
fn a_password_is_checked_against_its_hash_only() {
    run(async {
        let passwords = AccountPasswords::new().expect("a hasher");
        let hash = passwords.hash("three words in a row").await.expect("a hash");
        let text = hash.expose();
        assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
        assert_eq!(format!("{hash:?}"), "AccountPasswordHash(…)");
        let check = |typed: &'static str, stored| passwords.check(typed, stored);
        assert_eq!(
            check("three words in a row", Some(&hash)).await,
            Ok(PasswordCheck::Right)
        );
        assert_eq!(
            check("three words in a rox", Some(&hash)).await,
            Ok(PasswordCheck::Wrong)
        );
        assert_eq!(check("three words in a row", None).await, Ok(PasswordCheck::Wrong));
        assert_eq!(check("nobody has this password", None).await, Ok(PasswordCheck::Wrong));
        assert_eq!(passwords.hash("too short").await, Err(PasswordError::Length));
        assert_eq!(passwords.hash(&"x".repeat(257)).await, Err(PasswordError::Length));
    });
}

#[test]
fn a_token_reads_back_and_never_shows_itself() {
    let token = Token::random().expect("a token");
    let text = token.expose();
    assert_eq!(text.len(), 47);
    assert_eq!(text.parse::<Token>().map(|read| read.hash()), Ok(token.hash()));
    assert_eq!(format!("{token:?}"), "Token(…)");
    for bad in [
        "",
        "ost_",
        "ost_x",
        &text[..46],
        &format!("{text}x"),
        &text.replace("ost_", "ost-"),
    ] {
        assert!(bad.parse::<Token>().is_err(), "{bad}");
    }
}

#[test]
fn a_code_is_that_of_rfc_6238_and_good_for_one_step_either_way() {
    let secret = MfaSecret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").expect("base32");
    let at = |seconds: i64| protocol::Timestamp::from_millis(seconds * 1000);
    // RFC 6238 appendix B, the last six digits of the SHA-1 column.
    assert_eq!(
        [59, 1_111_111_109, 1_234_567_890, 2_000_000_000].map(|seconds| secret.code(at(seconds)).expect("a code")),
        ["287082", "081804", "005924", "279037"]
    );
    let code = secret.code(NOW).expect("a code");
    let step = NOW.as_secs() / 30;
    let check = |by: i64, last| secret.check(&code, at(NOW.as_secs() + by), last).expect("a check");
    assert_eq!([check(0, None), check(30, None), check(-30, None)], [Some(step); 3]);
    assert_eq!(
        [
            check(90, None),
            check(-90, None),
            check(0, Some(step)),
            check(0, Some(step + 1))
        ],
        [None; 4]
    );
    assert_eq!(check(0, Some(step - 1)), Some(step));
}

#[test]
fn the_table_of_roles_is_what_was_agreed() {
    let table: BTreeMap<String, Vec<&str>> = Role::ALL
        .into_iter()
        .map(|role| {
            (
                role.to_string(),
                role.permissions()
                    .iter()
                    .map(|permission| permission.as_str())
                    .collect(),
            )
        })
        .collect();
    let text: String = table
        .iter()
        .map(|(role, may)| format!("{role}: {}\n", may.join(" ")))
        .collect();
    expect![[r#"
        developer: sites.read devices.read events.read
        guard: sites.read devices.read doors.open events.read
        host: 
        hr: sites.read events.read
        installer: sites.read edges.enrol devices.read devices.manage devices.operate
        lead: sites.read events.read
        operator: sites.read devices.read doors.open
        org_admin: accounts.manage sites.read sites.manage edges.enrol edges.manage devices.read devices.manage devices.operate doors.open events.read audit.read
        platform_admin: orgs.manage accounts.manage sites.read sites.manage edges.enrol edges.manage devices.read devices.manage devices.operate doors.open events.read audit.read
        security: sites.read devices.read doors.open events.read audit.read
        site_admin: sites.read edges.enrol devices.read devices.manage devices.operate doors.open events.read
        viewer: sites.read devices.read events.read
    "#]]
    .assert_eq(&text);
    assert!(!Role::Host.may(Permission::ReadSites));
}
