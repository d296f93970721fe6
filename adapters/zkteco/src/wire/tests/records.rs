//! Times, records, users, events.

use crate::wire::{
    attendance::{self, AttendanceRecord, RecordPerson},
    realtime, sizes, time,
    user::{self, ZkUser},
};
use jiff::civil::{DateTime, date};
use proptest::prelude::*;

#[test]
fn the_recorded_time_is_read() {
    let at = date(2018, 6, 25).at(17, 50, 35, 0);
    assert_eq!(time::unpack(0x2368_B36B), Some(at));
    assert_eq!(time::pack(at), Some(0x2368_B36B));
    // The 31st of June is no day.
    assert_eq!(time::unpack(((6 - 1) * 31 + 30) * 86_400), None);
    assert_eq!(time::pack(date(1999, 12, 31).at(0, 0, 0, 0)), None);
}

proptest! {
    #[test]
    fn times_survive(days in 0_i32..36_524, seconds in 0_i64..86_400) {
        let at = date(2000, 1, 1)
            .checked_add(jiff::Span::new().days(days))
            .expect("a day")
            .at(0, 0, 0, 0)
            .checked_add(jiff::Span::new().seconds(seconds))
            .expect("a time");
        prop_assert_eq!(time::pack(at).and_then(time::unpack), Some(at));
    }

    #[test]
    fn packed_times_grow_with_time(one in 0_u32..u32::MAX, other in 0_u32..u32::MAX) {
        if let (Some(first), Some(second)) = (time::unpack(one), time::unpack(other)) {
            prop_assert_eq!(first.cmp(&second), one.cmp(&other));
        }
    }

    #[test]
    fn users_survive(
        slot in any::<u16>(), rights in any::<u8>(), pin in "[0-9]{0,5}", name in "[A-Za-z]{0,8}", card in any::<u32>(),
        person in 1_u32..u32::MAX,
    ) {
        let user = ZkUser {
            slot, rights, pin: pin.into_bytes().into(), name: name.into_bytes(), card, person: person.to_string().into(),
        };
        for (layout, width) in [(user::UserRecordLayout::Short, 28), (user::UserRecordLayout::Long, 72)] {
            let body = layout.write(&user).expect("it fits");
            prop_assert_eq!(body.len(), width);
            prop_assert_eq!(layout.parse(&body), Some(user.clone()));
        }
    }
}

fn at() -> DateTime {
    date(2026, 11, 20).at(9, 30, 1, 0)
}

fn record(who: RecordPerson) -> AttendanceRecord {
    AttendanceRecord {
        who,
        verified: 15,
        state: 1,
        at: Some(at()),
    }
}

#[test]
fn records_of_every_length_are_read() {
    let packed = time::pack(at()).expect("a time").to_le_bytes();
    let eight = [&[7, 0, 15][..], &packed, &[1]].concat();
    let sixteen = [&[17, 0, 0, 0][..], &packed, &[15, 1, 0, 0, 0, 0, 0, 0]].concat();
    let mut forty = [&[7, 0][..], b"0017"].concat();
    forty.resize(26, 0);
    forty.push(15);
    forty.extend(packed);
    forty.push(1);
    forty.resize(40, 0);
    let person = |text: &str| RecordPerson::Person(text.into());
    for (bytes, who) in [
        (eight, RecordPerson::Slot(7)),
        (sixteen, person("17")),
        (forty, person("0017")),
    ] {
        let size = u32::try_from(bytes.len()).expect("short");
        let layout = attendance::AttendanceLayout::of(size, 1).expect("a layout");
        assert_eq!(layout.parse(&bytes), Some(record(who)));
        let torn = [&bytes[..], &bytes[..5]].concat();
        assert_eq!(layout.records(&torn).count(), 1, "a torn record is left out");
    }
}

#[test]
fn a_layout_is_found_though_records_came_since_they_were_counted() {
    assert_eq!(
        attendance::AttendanceLayout::of(40 * 101, 100),
        Some(attendance::AttendanceLayout::Forty)
    );
    assert_eq!(
        attendance::AttendanceLayout::of(16 * 3, 2),
        Some(attendance::AttendanceLayout::Sixteen)
    );
    assert_eq!(
        attendance::AttendanceLayout::of(8 * 100, 100),
        Some(attendance::AttendanceLayout::Eight)
    );
    assert_eq!(attendance::AttendanceLayout::of(41, 1), None, "of no known length");
}

#[test]
fn live_events_of_all_seven_lengths_are_read() {
    let six = [26, 11, 20, 9, 30, 1];
    let tail = [&[15, 1][..], &six].concat();
    let text = |number: &str| {
        let mut field = number.as_bytes().to_vec();
        field.resize(24, 0);
        field
    };
    let starts: [(Vec<u8>, &[usize]); 3] = [
        (vec![17, 0], &[10, 14]),
        (vec![17, 0, 0, 0], &[12]),
        (text("17"), &[32, 36, 37, 52]),
    ];
    for (start, lengths) in starts {
        for length in lengths {
            let mut body = [&start[..], &tail].concat();
            body.resize(*length, 0);
            assert_eq!(
                realtime::parse(&body),
                Some(record(RecordPerson::Person("17".into()))),
                "{length}"
            );
        }
    }
    assert_eq!(realtime::parse(&[0; 11]), None);
}

#[test]
fn sizes_are_numbers_four_eight_and_sixteen() {
    let body: Vec<u8> = (0_u32..20).flat_map(u32::to_le_bytes).collect();
    let read = sizes::parse(&body).expect("sizes");
    assert_eq!((read.users, read.records, read.room), (4, 8, 16));
    assert_eq!(sizes::parse(&body[..79]), None);
    assert_eq!(sizes::parse(&[0xFF; 80]), None, "nothing is negative");
}
