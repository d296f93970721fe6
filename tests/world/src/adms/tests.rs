//! The terminal against a server that knows next to nothing: it registers, tells, obeys, and takes its clock.

use super::{
    client::{ReplyReading, ask},
    config::{CommandReplies, Config, RowUpload},
    device::{Device, Next},
};
use crate::{
    clock::Clock,
    http::{Reply, read_request},
};
use bytes::BytesMut;
use expect_test::expect;
use protocol::Timestamp;
use std::net::SocketAddr;
use tokio::{io::AsyncWriteExt as _, net::TcpListener};

/// 2026-11-20 14:00:00 in Tashkent.
const NOON: Timestamp = Timestamp::from_millis(1_795_165_200_000);

fn device(telling: RowUpload, answering: CommandReplies) -> Device {
    let config = Config {
        clock: Clock::standing_at(NOON),
        telling,
        answering,
        ..Config::default()
    };
    Device::new(config, SocketAddr::from(([127, 0, 0, 1], 9)))
}

#[test]
fn its_clock_comes_from_the_server() {
    let mut device = device(RowUpload::InOrder, CommandReplies::Obeying);
    assert_eq!(device.local().to_string(), "2026-11-20T15:00:00", "an hour ahead");
    device.set_clock("Fri, 20 Nov 2026 09:00:00 GMT", 300);
    assert_eq!(device.local().to_string(), "2026-11-20T14:00:00");
    device.set_clock("Fri, 20 Nov 2026 08:00:00 GMT", 360);
    assert_eq!(
        device.local().to_string(),
        "2026-11-20T14:00:00",
        "another zone, and an hour behind"
    );
    device.set_clock("yesterday", 0);
    assert_eq!(device.local().to_string(), "2026-11-20T14:00:00");
}

#[test]
fn told_badly_every_row_is_told_in_the_end() {
    let mut device = device(RowUpload::Badly, CommandReplies::Obeying);
    let mut told = std::collections::BTreeSet::new();
    let mut twice = 0;
    while !device.untold.is_empty() {
        let rows = device.chosen();
        let body = device.body(&rows);
        assert!(body.lines().count() >= rows.len());
        for row in rows {
            device.untold.remove(&row);
            twice += usize::from(!told.insert(row));
        }
    }
    assert_eq!(told.len(), 60);
    assert!(twice > 0 && device.counts.broken > 0, "{twice} {:?}", device.counts);
}

#[test]
fn it_goes_on_where_the_server_says() {
    let mut device = device(RowUpload::InOrder, CommandReplies::Obeying);
    device.untold.clear();
    let newest = device
        .log
        .last()
        .map(|punch| crate::zkteco::packed(punch.at))
        .expect("a log");
    device.resume(u64::from(newest) - 1);
    assert_eq!(
        device.untold.iter().copied().collect::<Vec<_>>(),
        [58, 59],
        "two of one second"
    );
    let rows = device.chosen();
    expect![[r#"
        1004	2026-11-19 15:03:23	0	15	0	0	0
        1005	2026-11-19 15:03:23	0	15	0	0	0
    "#]]
    .assert_eq(&device.body(&rows));
}

#[test]
fn it_obeys_what_is_on_record_and_nothing_else() {
    let mut device = device(RowUpload::InOrder, CommandReplies::Obeying);
    let mut script = String::new();
    for command in [
        "DATA UPDATE USERINFO PIN=1001\tName=John Doe\tPrivilege=0\tCard=12345678",
        "DATA UPDATE USERINFO Name=Nobody",
        "DATA DELETE USERINFO PIN=30",
        "DATA DELETE USERINFO PIN=31",
        "DATA QUERY USERINFO",
        "USER ADD PIN=3",
        "DATA DEL USERINFO PIN=17",
        "Shell reboot",
        "AC_UNLOCK",
        "CHECK",
        "REBOOT",
    ] {
        let (result, _) = device.obey(command);
        script.push_str(&format!("{result:>5} {command}\n"));
    }
    expect![[r#"
            0 DATA UPDATE USERINFO PIN=1001	Name=John Doe	Privilege=0	Card=12345678
        -1002 DATA UPDATE USERINFO Name=Nobody
            0 DATA DELETE USERINFO PIN=30
           -1 DATA DELETE USERINFO PIN=31
            3 DATA QUERY USERINFO
        -1002 USER ADD PIN=3
        -1002 DATA DEL USERINFO PIN=17
        -1002 Shell reboot
            0 AC_UNLOCK
            0 CHECK
            0 REBOOT
    "#]]
    .assert_eq(&script);
    assert_eq!(
        (device.openings.len(), device.counts.reboots, device.next),
        (1, 1, Next::Reboot)
    );
    assert_eq!(device.operations.len(), 4, "the change and three users");

    let mut refusing = self::device(RowUpload::InOrder, CommandReplies::Refusing);
    assert_eq!(refusing.obey("DATA QUERY USERINFO").0, -1004);
    assert_eq!(refusing.obey("CHECK").0, -1002);
}

#[tokio::test]
async fn it_hears_date_and_body_and_may_hang_up() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let server = listener.local_addr().expect("an address");
    let serving = tokio::spawn(async move {
        let mut targets = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.expect("a caller");
            let request = read_request(&mut stream, &mut BytesMut::new())
                .await
                .expect("a request");
            targets.push(request.expect("a request").target);
            let reply = Reply::new(200, "text/plain", "OK: 1\n").with("Date", "Fri, 20 Nov 2026 09:00:00 GMT");
            // The caller may be gone.
            let _ = stream.write_all(&reply.encode()).await;
        }
        targets
    });
    let reply = ask(server, "POST", "/iclock/cdata?SN=1", b"row", ReplyReading::Listens)
        .await
        .expect("an answer");
    assert_eq!((reply.status, reply.body.as_str()), (200, "OK: 1\n"));
    assert_eq!(reply.date.as_deref(), Some("Fri, 20 Nov 2026 09:00:00 GMT"));
    assert!(
        ask(server, "GET", "/iclock/ping?SN=1", b"", ReplyReading::HangsUp)
            .await
            .is_err()
    );
    assert_eq!(
        serving.await.expect("no panic"),
        ["/iclock/cdata?SN=1", "/iclock/ping?SN=1"]
    );
}
