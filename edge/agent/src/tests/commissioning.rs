//! The control socket: one question, one answer, and nobody else's.

use super::wiring::rig::{id, kernel};
use crate::commissioning::control::{self, Inquiry};
use expect_test::expect;
use protocol::{Reason, fact::DeviceIdentity};
use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

struct Rig {
    socket: PathBuf,
    inquiries: mpsc::Receiver<Inquiry>,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
    _dir: tempfile::TempDir,
}

async fn rig() -> Rig {
    let dir = tempfile::tempdir().expect("a directory");
    let port = kernel(dir.path(), &Arc::default()).await;
    for (device, adapter) in [("gate", Some("zkteco")), ("kiosk", None)] {
        let found = DeviceIdentity {
            device: id(device),
            kind: "terminal".into(),
            adapter: adapter.map(|adapter| adapter.parse().expect("a slug")),
            address: None,
        };
        port.enlist(found, None).await.expect("there is room");
    }
    let socket = dir.path().join("control.sock");
    std::fs::write(&socket, "of a run that ended without a word").expect("a file");
    let (inquiries_in, inquiries) = mpsc::channel(1);
    let stop = CancellationToken::new();
    let serving = control::serve(socket.clone(), port, inquiries_in, stop.clone()).expect("a socket");
    Rig {
        socket,
        inquiries,
        stop,
        serving,
        _dir: dir,
    }
}

async fn ask(socket: &Path, question: &str) -> String {
    let mut stream = UnixStream::connect(socket).await.expect("somebody listens");
    stream
        .write_all(format!("{question}\n").as_bytes())
        .await
        .expect("it is heard");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn a_device_is_tested_through_its_driver() {
    let mut rig = rig().await;
    let mode = std::fs::metadata(&rig.socket)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let socket = rig.socket.clone();
    let asking = tokio::spawn(async move { ask(&socket, r#"{"ask":"test","device":"gate"}"#).await });
    let Inquiry { device, ask: asked } = rig.inquiries.recv().await.expect("it is asked");
    assert_eq!((device, asked.action().name()), (id("gate"), "device.test"));
    asked.reject(Reason::Offline, "not connected".to_owned());
    expect![[r#"
        {"is":"tested","device":"gate","kind":"terminal","adapter":"zkteco","address":null,"presence":{"is":"new"},"fw":null,"outcome":{"outcome":"rejected","reason":"offline","detail":"not connected"}}
    "#]]
    .assert_eq(&asking.await.expect("no panic"));
}

#[tokio::test]
async fn other_questions_are_answered_or_refused() {
    let rig = rig().await;
    let mut script = String::new();
    for question in [
        r#"{"ask":"strangers"}"#,
        r#"{"ask":"test","device":"kiosk"}"#,
        r#"{"ask":"test","device":"nobody"}"#,
        r#"{"ask":"open","device":"gate"}"#,
        "",
    ] {
        script.push_str(&ask(&rig.socket, question).await);
    }
    expect![[r#"
        {"is":"strangers","strangers":[]}
        {"is":"refused","why":"it speaks MQTT or HTTP to this box, which has nothing to test it with"}
        {"is":"refused","why":"there is no such device on this box"}
        {"is":"refused","why":"that is no question"}
        {"is":"refused","why":"that is no question"}
    "#]]
    .assert_eq(&script);
    rig.stop.cancel();
    rig.serving.await.expect("no panic");
    assert!(!rig.socket.exists(), "it is taken away");
}
