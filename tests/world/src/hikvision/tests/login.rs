//! Nonces that die young, and the lock.

use super::*;

const PATH: &str = "/ISAPI/System/status";

#[tokio::test]
async fn a_nonce_serves_twice_and_using_it_up_is_no_failed_login() {
    let terminal = Terminal::start(standing()).unwrap();
    let client = Client::of(&terminal);
    let nonce = client.challenge("GET", PATH).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(client.ask_with(&nonce, "GET", PATH, "").await.status);
    }
    assert_eq!(statuses, [200, 200, 401, 401]);
    assert_eq!(terminal.counts().failed_logins, 0);
    assert_eq!(client.ask("GET", PATH, "").await.status, 200);
}

#[tokio::test]
async fn the_challenge_looks_like_the_recorded_one() {
    let terminal = Terminal::start(standing()).unwrap();
    let refused = Client::of(&terminal).send("GET", PATH, "", "").await;
    let challenge = refused
        .head
        .lines()
        .find(|line| line.starts_with("WWW-Authenticate"))
        .unwrap();
    expect![[r#"WWW-Authenticate: Digest realm="IP Camera(F2563)", domain="::", qop="auth", nonce="5e41ab087439611ef18d6ce93d6cf1ee:1795149000000", opaque="", algorithm="MD5", stale="FALSE""#]].assert_eq(challenge);
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8" ?>
        <userCheck>
        <statusValue>401</statusValue>
        <statusString>Unauthorized</statusString>
        <lockStatus>unlock</lockStatus>
        <retryLoginTime>5</retryLoginTime>
        </userCheck>
    "#]]
    .assert_eq(&refused.body);
}

#[tokio::test]
async fn five_failures_lock_it_and_attempts_start_the_countdown_again() {
    let config = standing();
    let clock = config.clock.clone();
    let terminal = Terminal::start(config).unwrap();
    let (stranger, owner) = (Client::with_password(&terminal, "guess"), Client::of(&terminal));
    for left in ["4", "3", "2", "1"] {
        let refused = stranger.ask("GET", PATH, "").await;
        assert!(
            refused
                .body
                .contains(&format!("<retryLoginTime>{left}</retryLoginTime>")),
            "{}",
            refused.body
        );
    }
    let locked = stranger.ask("GET", PATH, "").await;
    assert!(
        locked
            .body
            .contains("<lockStatus>lock</lockStatus>\n<unlockTime>1800</unlockTime>"),
        "{}",
        locked.body
    );

    clock.advance(Duration::from_secs(1700));
    let waiting = owner.send("GET", PATH, "", "").await;
    assert!(
        waiting.body.contains("<unlockTime>100</unlockTime>"),
        "asking without a login does not count"
    );
    let nonce = owner.challenge("GET", PATH).await;
    let refused = owner.ask_with(&nonce, "GET", PATH, "").await;
    assert_eq!(refused.status, 401);
    assert!(
        refused.body.contains("<unlockTime>1800</unlockTime>"),
        "{}",
        refused.body
    );
    assert_eq!(terminal.locked_for(), Some(Duration::from_secs(1800)));

    clock.advance(Duration::from_secs(1800));
    assert_eq!(owner.ask("GET", PATH, "").await.status, 200);
    assert_eq!(terminal.counts().failed_logins, 6);
}

#[tokio::test]
async fn basic_is_refused_and_counts() {
    let terminal = Terminal::start(standing()).unwrap();
    let refused = Client::of(&terminal)
        .send("GET", PATH, "Authorization: Basic YWRtaW46T3N0b25hLTIwMjY=\r\n", "")
        .await;
    assert_eq!(refused.status, 401);
    assert_eq!(
        (terminal.counts().basic_attempts, terminal.counts().failed_logins),
        (1, 1)
    );
}

#[tokio::test]
async fn an_old_camera_takes_basic_only() {
    let quirks = Quirks {
        sign_in: SignIn::BasicOnly,
        ..Quirks::default()
    };
    let terminal = Terminal::start(Config { quirks, ..standing() }).unwrap();
    let client = Client::of(&terminal);
    assert!(
        client
            .send("GET", PATH, "", "")
            .await
            .head
            .contains("WWW-Authenticate: Basic realm")
    );
    let taken = client
        .send("GET", PATH, "Authorization: Basic YWRtaW46T3N0b25hLTIwMjY=\r\n", "")
        .await;
    assert_eq!(taken.status, 200);
}

#[tokio::test]
async fn some_firmwares_refuse_a_renewed_nonce_once() {
    let quirks = Quirks {
        renewed_nonce: RenewedNonce::RefusedOnce,
        nonce_uses: 1,
        ..Quirks::default()
    };
    let terminal = Terminal::start(Config { quirks, ..standing() }).unwrap();
    let client = Client::of(&terminal);
    let nonce = client.challenge("GET", PATH).await;
    assert_eq!(client.ask_with(&nonce, "GET", PATH, "").await.status, 200);
    let renewal = client.ask_with(&nonce, "GET", PATH, "").await;
    let renewed = renewal
        .head
        .split_once("nonce=\"")
        .unwrap()
        .1
        .split('"')
        .next()
        .unwrap();
    assert_eq!(client.ask_with(renewed, "GET", PATH, "").await.status, 401);
    assert_eq!(client.ask("GET", PATH, "").await.status, 200);
    assert_eq!(terminal.counts().failed_logins, 0);
}

#[tokio::test]
async fn a_changed_password_ends_the_old_one() {
    let terminal = Terminal::start(standing()).unwrap();
    terminal.set_password("another");
    assert_eq!(Client::of(&terminal).ask("GET", PATH, "").await.status, 401);
    assert_eq!(
        Client::with_password(&terminal, "another")
            .ask("GET", PATH, "")
            .await
            .status,
        200
    );
}
