//! Rows: once, in order, told "OK" when they are on disk.

use super::harness::{Disk, start};
use expect_test::expect;
use serde_json::json;

const ONE: &str = "1001\t2026-11-20 13:59:50\t0\t15\t0\t0\t0";
const TWO: &str = "17\t2026-11-20 13:59:58\t1\t1";
const THREE: &str = "17\t2026-11-20 13:59:58\t0\t2";
const OLD: &str = "17\t2026-11-19 08:00:00\t0\t4";

#[tokio::test(start_paused = true)]
async fn a_device_is_told_how_to_behave_and_where_to_go_on() {
    let stage = start(json!({"poll_s": 5}), None);
    let greeting = stage.call("GET cdata?options=all&pushver=2.4.1&language=69", "").await;
    expect![[r#"
        GET OPTION FROM: A1
        Stamp=0
        ATTLOGStamp=0
        OpStamp=9999
        OPERLOGStamp=9999
        PhotoStamp=9999
        ATTPHOTOStamp=None
        ErrorDelay=30
        Delay=5
        TransTimes=00:00;14:05
        TransInterval=1
        TransFlag=TransData AttLog	OpLog	EnrollUser	ChgUser
        TimeZone=300
        Realtime=1
        Encrypt=None
    "#]]
    .assert_eq(&greeting);
    assert_eq!(
        stage
            .call("POST registry", "DeviceType=att,~DeviceName=X,FirmVer=Ver 8.0.4")
            .await,
        "RegistryCode=0000008791\n"
    );
    let push = stage.call("POST push", "").await;
    assert!(
        push.contains("RequestDelay=5\n") && push.contains("SessionID=0000008791\n"),
        "{push}"
    );
    assert_eq!(
        stage.call("GET rtdata?type=time", "").await,
        "DateTime=864118800,ServerTZ=+0500\n"
    );
    assert_eq!(stage.call("GET ping", "").await, "OK\n");
    assert_eq!(stage.call("GET elsewhere", "").await, "404 unknown\n");
    assert_eq!(stage.states(), ["online ?", "online Ver 8.0.4"]);
}

#[tokio::test(start_paused = true)]
async fn rows_are_on_disk_once_and_in_order_however_often_they_are_told() {
    let stage = start(json!({}), None);
    assert_eq!(stage.attendance(&[TWO, ONE, THREE, TWO]).await, "OK: 4\n");
    assert_eq!(stage.attendance(&[ONE, TWO]).await, "OK: 2\n");
    assert_eq!(stage.attendance(&[OLD]).await, "OK: 1\n");
    assert_eq!(stage.attendance(&[ONE, OLD, TWO, THREE]).await, "OK: 4\n");
    expect![[r#"
        A1 2026-11-20T13:59:50+0 access.granted 1001 now
        A1 2026-11-20T13:59:58+0 access.granted 17 now
        A1 2026-11-20T13:59:58+1 access.granted 17 now
        A1#2 2026-11-19T08:00:00+0 access.granted 17 then
    "#]]
    .assert_eq(&stage.rows());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_left_out_and_complained_about() {
    let stage = start(json!({}), None);
    let bad = [
        "",
        "17",
        "17\tyesterday\t0",
        "\t2026-11-20 13:59:58\t0",
        "17\t2026-02-30 00:00:00\t0",
        "time=now\tpin=3",
    ];
    let mut told = vec![ONE];
    told.extend(bad);
    told.push(TWO);
    assert_eq!(stage.attendance(&told).await, "OK: 7\n");
    assert_eq!(stage.rows().lines().count(), 2);
    assert_eq!(stage.attendance(&[THREE]).await, "OK: 1\n");
    assert_eq!(stage.states(), ["online ?", "unreadable_rows", "online ?"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_ok_before_it_is_on_disk() {
    let stage = start(json!({}), None);
    stage.disk(Disk::Full);
    assert_eq!(stage.attendance(&[ONE, TWO]).await, "not now");
    assert_eq!(stage.poll().await, "OK\n", "the device stays with us");
    stage.disk(Disk::Room);
    assert_eq!(stage.attendance(&[ONE, TWO]).await, "OK: 2\n");
    assert_eq!(stage.rows().lines().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_run_goes_on_at_the_mark() {
    let stage = start(json!({}), None);
    stage.attendance(&[OLD, ONE, TWO]).await;
    // On disk, and the edge was killed before it said so.
    let stage = start(json!({}), stage.mark());
    assert_eq!(stage.attendance(&[ONE, TWO]).await, "OK: 2\n");
    assert_eq!(stage.rows(), "");
    let greeting = stage.call("GET cdata?options=all", "").await;
    assert!(
        greeting.contains("\nStamp=864136797\n"),
        "the second before the mark: {greeting}"
    );
    assert_eq!(stage.attendance(&[OLD, ONE, TWO, THREE]).await, "OK: 4\n");
    expect![[r#"
        A1 2026-11-20T13:59:58+1 access.granted 17 now
    "#]]
    .assert_eq(&stage.rows());
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_loses_nothing() {
    let stage = start(json!({}), None);
    stage.attendance(&["17\t2026-11-20 16:00:00\t0\t15"]).await;
    // Set right by our date, and the device reboots.
    let stage = start(json!({}), stage.mark());
    stage.call("GET cdata?options=all", "").await;
    stage.attendance(&[ONE, TWO]).await;
    expect![[r#"
        A1#2 2026-11-20T13:59:50+0 access.granted 1001 now
        A1#2 2026-11-20T13:59:58+0 access.granted 17 now
    "#]]
    .assert_eq(&stage.rows());
}

#[tokio::test(start_paused = true)]
async fn panels_tell_more_than_who_came_in_and_under_other_tables_names() {
    let stage = start(json!({"verified": {"4": "qr"}}), None);
    let row = |second: u8, rest: &str| format!("time=2026-11-20 13:59:{second:02}\t{rest}\tindex=3\n");
    let rows = [
        row(1, "pin=1\tcardno=77\teventaddr=2\tevent=0\tinoutstatus=1\tverifytype=4"),
        row(
            2,
            "pin=0\tcardno=78\teventaddr=1\tevent=27\tinoutstatus=0\tverifytype=4",
        ),
        row(
            3,
            "pin=0\tcardno=0\teventaddr=1\tevent=200\tinoutstatus=2\tverifytype=200",
        ),
        row(
            4,
            "pin=0\tcardno=0\teventaddr=1\tevent=206\tinoutstatus=2\tverifytype=200",
        ),
    ];
    assert_eq!(
        stage.call("POST cdata?table=rtlog", &rows[..2].concat()).await,
        "OK: 2\n"
    );
    assert_eq!(
        stage.call("POST cdata?table=ATTLOG", &rows[2..].concat()).await,
        "OK: 2\n"
    );
    expect![[r#"
        A1 2026-11-20T13:59:01+0 access.granted 1 then
        A1 2026-11-20T13:59:02+0 access.denied - then
        A1 2026-11-20T13:59:03+0 access.opened - then
    "#]]
    .assert_eq(&stage.rows());
}

#[tokio::test(start_paused = true)]
async fn of_other_tables_nothing_is_kept() {
    let stage = start(json!({}), None);
    for table in ["BIODATA", "ATTPHOTO", "OPERLOG", "templatev10", "tabledata", ""] {
        let body = "BIODATA Pin=1001\tType=1\tTmp=QUJD\nFP PIN=1\tTMP=abc\nUSER PIN=1\tName=Alice\tPasswd=1234\n";
        let answer = stage.call(&format!("POST cdata?table={table}"), body).await;
        assert!(answer.starts_with("OK"), "{table}: {answer}");
    }
    assert_eq!(stage.call("POST fdata?table=ATTPHOTO", "picture").await, "OK\n");
    assert_eq!(
        stage
            .call("POST cdata?table=options", "~DeviceName=X,FWVersion=Ver 9,IP=1")
            .await,
        "OK\n"
    );
    assert_eq!((stage.rows().as_str(), stage.poll().await.as_str()), ("", "OK\n"));
    assert_eq!(stage.states().last().map(String::as_str), Some("online Ver 9"));
}
