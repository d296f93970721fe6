//! Recorded conversations (`../shared/fixtures/public/zkteco`), through the adapter and through the simulated terminal.
//!
//! Absent where the fixture is: then a notice says so, loudly.

use adapter_sdk::{InboundCall, Line};
use adapter_zkteco::ADMS;
use protocol::Fact;
use serde_json::json;
use std::time::Duration;
use tests_site::driver::DriverRun;
use tests_world::{
    adms::{Config, Terminal},
    fixtures,
    http::{Reply, read_request},
};
use tokio::{io::AsyncWriteExt as _, net::TcpListener, sync::oneshot};

const SERIAL: &str = "BJ2C194460123";

/// The recorded requests: method, path, query and body; further bodies of one request become requests of their own.
struct Recorded {
    requests: Vec<(String, String, String)>,
    commands: Vec<String>,
}

fn recorded() -> Option<Recorded> {
    let text = String::from_utf8(fixtures::public("zkteco/adms_samples.txt")?).unwrap();
    let mut recorded = Recorded {
        requests: Vec::new(),
        commands: Vec::new(),
    };
    let mut target = (String::new(), String::new());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let wire = |text: &str| text.replace("<TAB>", "\t").replace("\\n", "\n").replace("<sn>", SERIAL);
        let mut words = line.split_whitespace();
        if let (Some(method @ ("GET" | "POST")), Some(path)) = (words.next(), words.next()) {
            target = (method.to_owned(), wire(path));
        }
        let quoted = line
            .split('"')
            .filter(|quoted| quoted.starts_with("C:") && !quoted.contains("<cmd>"));
        recorded.commands.extend(quoted.map(wire));
        let body = line
            .split_once("body: ")
            .map(|(_, body)| body.split(" -> ").next().unwrap_or(body));
        if body.is_some() || line.starts_with("GET") {
            let body = wire(body.unwrap_or_default().trim_end());
            recorded.requests.push((target.0.clone(), target.1.clone(), body));
        }
    }
    Some(recorded)
}

#[tokio::test]
async fn the_adapter_takes_every_recorded_request() {
    let Some(recorded) = recorded() else { return };
    assert!(recorded.requests.len() >= 10, "the fixture has another form");
    let plan = ADMS.plan(&json!({"serial": SERIAL})).unwrap();
    let run = DriverRun::start(plan, Line::Calls);
    for (method, target, body) in recorded.requests {
        let (path, query) = target.trim_start_matches("/iclock/").split_once('?').unwrap();
        let (answer, answered) = oneshot::channel();
        let call = InboundCall {
            method: method.parse().unwrap(),
            path: path.to_owned(),
            query: query.to_owned(),
            body: body.into(),
            answer,
        };
        run.calls.send(call).await.unwrap();
        let answer = answered.await.unwrap();
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        let good = text.starts_with("OK") || text.starts_with(&format!("GET OPTION FROM: {SERIAL}\n"));
        assert!(answer.status == 200 && good, "{method} {target}: {text}");
    }
    let seen = run.seen();
    run.kill();
    let granted = seen.iter().filter(|seen| matches!(seen.fact, Fact::AccessGranted(_)));
    let granted: Vec<String> = granted
        .map(|seen| seen.origin.as_ref().unwrap().at.clone().unwrap().into())
        .collect();
    assert_eq!(granted, ["2026-06-20T08:00:00"]);
    let text = format!("{seen:?}");
    assert!(
        !text.contains("Alice") && !text.contains("secret") && !text.contains("12345"),
        "{text}"
    );
}

/// A server that says what was recorded: the simulated terminal takes it for one of its own kind.
#[tokio::test]
async fn the_simulated_terminal_obeys_every_recorded_command() {
    let Some(recorded) = recorded() else { return };
    assert!(recorded.commands.len() >= 2, "the fixture has another form");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let terminal = Terminal::start(Config::default(), listener.local_addr().unwrap());
    let mut commands = recorded.commands.join("\n");
    let confirmed = async {
        let mut confirmed = String::new();
        while !confirmed.contains("ID=3") {
            let (mut stream, _) = listener.accept().await.unwrap();
            // Now and then it hangs up before it is answered.
            let Ok(Some(request)) = read_request(&mut stream, &mut bytes::BytesMut::new()).await else {
                continue;
            };
            let body = match request.path() {
                "/iclock/getrequest" => std::mem::take(&mut commands),
                "/iclock/cdata" if request.method == "GET" => {
                    format!("GET OPTION FROM: {SERIAL}\nStamp=0\nDelay=10\nRealtime=1\nTimeZone=300\n")
                }
                "/iclock/devicecmd" => {
                    confirmed.push_str(&request.text());
                    "OK".to_owned()
                }
                _ => "OK".to_owned(),
            };
            let _ = stream.write_all(&Reply::new(200, "text/plain", body).encode()).await;
        }
        confirmed
    };
    let confirmed = tokio::time::timeout(Duration::from_secs(30), confirmed).await.unwrap();
    assert!(!confirmed.contains("Return=-"), "{confirmed}");
    let john = terminal.users().into_iter().find(|user| user.person == "1001").unwrap();
    assert_eq!((john.name.as_str(), john.card), ("John Doe", 12_345_678));
}
