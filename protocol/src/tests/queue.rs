//! The queue's words: what is written down comes back as it was, and a branch that does not hold together is refused.

use crate::{
    Fact, Lang, Names, Timestamp,
    queue::{Branch, Day, Hours, Prefix, Rules, Slot, TicketNumber, TimeOfDay, Weekday},
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn branch() -> Value {
    json!({
        "name": {"uz-Latn": "Chilonzor", "ru": "Чиланзар"},
        "services": [
            {"id": "cash", "prefix": "K", "online_prefix": "O", "name": {"en": "Cash"}, "minutes": 5, "target_wait": 15},
            {"id": "loans", "prefix": "LN", "name": {"en": "Loans"}, "minutes": 20, "target_wait": 30,
             "outcomes": [{"code": "signed", "name": {"en": "Signed"}}], "outcome": "required"},
        ],
        "profiles": [{"id": "teller", "name": {"en": "Teller"}, "serves": [{"service": "cash"}, {"service": "loans"}]}],
        "windows": [{"id": "w1", "number": 1, "arrow": "left"}, {"id": "w2", "number": 2}],
        "operators": [{"id": "01a0c4bd-dc00-7101-8101-010101010101", "name": "Aziza", "profile": "teller", "pin": "-"}],
    })
}

/// What is said of the branch with one value put in another's place.
fn with(pointer: &str, value: Value) -> String {
    let mut branch = branch();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match branch.pointer_mut(parent).expect("a place") {
        Value::Array(list) => list.push(value),
        Value::Object(object) => drop(object.insert(key.to_owned(), value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => panic!("no place: {pointer}"),
    }
    match serde_json::from_value::<Branch>(branch) {
        Ok(_) => "holds".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_branch_is_read_with_its_defaults_and_written_back() {
    let read: Branch = serde_json::from_value(branch()).expect("a branch");
    let draft = read.draft();
    assert_eq!(
        (&draft.languages[..], &draft.announce[..]),
        (&Lang::ALL[..], &[Lang::UzLatn][..])
    );
    assert!(draft.hours.is_always() && draft.rules == Rules::default());
    assert_eq!(draft.profiles[0].serves[0].weight, 1);
    assert_eq!(
        (read.draft().rules.recalls(), read.draft().rules.recall_gap_s()),
        (3, 15)
    );
    let again = serde_json::to_string(&read).expect("a branch is JSON");
    assert_eq!(serde_json::from_str::<Branch>(&again).expect("as written"), read);
    assert!(!format!("{read:?}").contains("Aziza"), "names stay out of logs");
}

/// What is put where, and what is said of it.
const CASES: &[(&str, &str, &str)] = &[
    ("/services/0/minutes", "0", "services.0.minutes: is not 1 to 480"),
    (
        "/services/1/target_wait",
        "481",
        "services.1.target_wait: is not 1 to 480",
    ),
    (
        "/services/1/outcomes",
        "[]",
        "services.1.outcomes: is empty though a code is required",
    ),
    (
        "/services/1/outcomes/-",
        r#"{"code": "signed", "name": {"en": "Signed"}}"#,
        "services.1.outcomes: names something twice",
    ),
    (
        "/profiles/0/serves/-",
        r#"{"service": "cash"}"#,
        "profiles.0.serves: names something twice",
    ),
    (
        "/profiles/0/serves/-",
        r#"{"service": "visas"}"#,
        "profiles.0.serves: names a service that is not there",
    ),
    (
        "/profiles/0/serves",
        r#"[{"service": "cash", "weight": 0}]"#,
        "profiles.0.serves: has a weight that is not 1 to 100",
    ),
    (
        "/profiles/0/serves",
        r#"[{"service": "cash", "weight": 101}]"#,
        "profiles.0.serves: has a weight that is not 1 to 100",
    ),
    ("/windows/1/number", "1", "windows: names something twice"),
    ("/windows/1/number", "1000", "windows.1.number: is not 1 to 999"),
    (
        "/windows/-",
        r#"{"id": "w1", "number": 3}"#,
        "windows: names something twice",
    ),
    (
        "/operators/0/profile",
        r#""banker""#,
        "operators.0.profile: names a profile that is not there",
    ),
    (
        "/operators/0/name",
        r#""""#,
        "operators.0.name: is not 1 to 200 characters",
    ),
    ("/languages", "[]", "languages: is empty"),
    ("/announce", r#"["ru", "ru"]"#, "announce: names something twice"),
    ("/rules", r#"{"recalls": 11}"#, "rules.recalls is not 0 to 10"),
    (
        "/rules",
        r#"{"quiet_from": "20:00"}"#,
        "rules.quiet_to is not given with quiet_from",
    ),
    (
        "/rules",
        r#"{"tickets_waiting": 0}"#,
        "rules.tickets_waiting is not 1 to 5000",
    ),
    ("/holidays", r#"["2026-02-29"]"#, "no day, e.g. 2026-11-20"),
    ("/hours", r#"{"mon": [["09:00", "18:00"]]}"#, "holds"),
    (
        "/hours",
        r#"{"mon": [["18:00", "09:00"]]}"#,
        "no time of day from 00:00 to 24:00, e.g. 09:30",
    ),
];

#[test]
fn a_branch_that_does_not_hold_together_names_the_key() {
    for (pointer, value, expected) in CASES {
        let given = serde_json::from_str(value).expect("JSON");
        assert_eq!(with(pointer, given), *expected, "{pointer} {value}");
    }
    assert_eq!(
        with("/services/-", branch()["services"][0].clone()),
        "services: names something twice"
    );
    assert!(with("/more", json!(1)).starts_with("unknown field `more`"));
    assert!(with("/rules", json!({"more": 1})).starts_with("unknown field `more`"));
}

#[test]
fn numbers_and_days_have_one_text_each() {
    let number = |text: &str| text.parse::<TicketNumber>().is_ok();
    assert!(["K-001", "KL-999", "K-1000", "O-4294967295"].into_iter().all(number));
    let wrong = [
        "K-000",
        "K-1",
        "K-0001",
        "k-001",
        "KLM-001",
        "-001",
        "K001",
        "K-+01",
        "K-4294967296",
        "Ж-001",
    ];
    assert!(!wrong.into_iter().any(number));
    let day = |text: &str| text.parse::<Day>().is_ok();
    assert!(["1600-01-01", "2024-02-29", "9999-12-31"].into_iter().all(day));
    let wrong = [
        "1599-12-31",
        "2023-02-29",
        "2026-011-2",
        "2026-1-020",
        "26-11-20",
        "2026-11-20 ",
        "+026-11-20",
    ];
    assert!(!wrong.into_iter().any(day));
    assert_eq!(
        (Some(Day::FIRST), Some(Day::LAST)),
        (Day::of(1600, 1, 1), Day::of(9999, 12, 31))
    );
    let moments = [i64::MIN, i64::MAX].map(|ms| Day::at(Timestamp::from_millis(ms), 0));
    assert_eq!(moments, [Day::FIRST, Day::LAST]);
}

#[test]
fn a_day_at_a_place_ahead_of_utc_begins_earlier() {
    let day = |text: &str| Day::at(Timestamp::from_rfc3339(text).expect("a time"), 5 * 3600).to_string();
    assert_eq!(day("2026-11-20T18:59:59Z"), "2026-11-20");
    assert_eq!(day("2026-11-20T19:00:00Z"), "2026-11-21");
    let friday: Day = "2026-11-20".parse().expect("a day");
    assert_eq!(
        (Weekday::of(friday), Weekday::of(friday.plus(3))),
        (Weekday::Fri, Weekday::Mon)
    );
}

#[test]
fn hours_hold_up_to_three_slots_in_order() {
    let hours = |value: Value| serde_json::from_value::<Hours>(value);
    let lunch = hours(json!({"mon": [["09:00", "13:00"], ["14:00", "24:00"]], "tue": []})).expect("hours");
    let at = |minutes| TimeOfDay { minutes };
    let open = [539, 540, 779, 780, 839, 840, 1439].map(|minutes| lunch.holds(Weekday::Mon, at(minutes)));
    assert_eq!(open, [false, true, true, false, false, true, true]);
    assert!(!lunch.holds(Weekday::Tue, at(600)) && !lunch.holds(Weekday::Wed, at(600)));
    assert!(hours(json!({})).expect("hours").holds(Weekday::Sun, at(3)));
    assert!(hours(json!({"mon": [["09:00", "13:00"], ["12:00", "18:00"]]})).is_err());
    let four = ["01", "03", "05", "07"].map(|hour| json!([format!("{hour}:00"), format!("{hour}:30")]));
    assert!(hours(json!({"mon": four})).is_err());
}

#[test]
fn names_fall_back_to_what_is_given() {
    let names: Names = serde_json::from_value(json!({"ru": "Касса", "en": "Cash"})).expect("names");
    assert_eq!(
        Lang::ALL.map(|lang| names.get(lang)),
        ["Касса", "Касса", "Касса", "Cash"]
    );
    let wrong = [
        json!({}),
        json!({"ru": " "}),
        json!({"fr": "x"}),
        json!({"ru": "x".repeat(201)}),
    ];
    assert!(
        wrong
            .into_iter()
            .all(|value| serde_json::from_value::<Names>(value).is_err())
    );
    assert!(Lang::ALL.into_iter().all(|lang| lang.to_string().parse() == Ok(lang)));
}

#[test]
fn who_served_is_personal_and_every_move_belongs_to_its_ticket() {
    let ticket = "01a0c4bd-dc00-7101-8101-010101010101";
    let fact = |name: &str, data: Value| serde_json::from_value::<Fact>(json!({"name": name, "data": data}));
    let moved = json!({"ticket": ticket, "service": "cash"});
    let cancelled = fact("queue.ticket.cancelled", moved).expect("a fact");
    assert_eq!((cancelled.personal(), cancelled.belongs_to()), (1, Some(ticket.into())));
    let said = fact(
        "queue.feedback.given",
        json!({"ticket": ticket, "service": "cash", "score": 4}),
    )
    .expect("a fact");
    assert_eq!((said.personal(), said.belongs_to()), (0, Some(ticket.into())));
    let seated = json!({"operator": ticket, "window": "w1", "state": "ready"});
    let seated = fact("queue.operator.state", seated).expect("a fact");
    assert_eq!((seated.personal(), seated.belongs_to()), (1, None));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(prefix in "[A-Z]{1,2}", count in 1..u32::MAX, days in -135_140..2_932_896i32) {
        let number = TicketNumber { prefix: prefix.parse::<Prefix>().expect("a prefix"), count };
        prop_assert_eq!(number.to_string().parse(), Ok(number));
        let day = Day { since_epoch: days };
        prop_assert_eq!(day.to_string().parse(), Ok(day));
        let (year, month, of_month) = day.civil();
        prop_assert_eq!(Day::of(year, month, of_month), Some(day));
    }

    #[test]
    fn what_is_read_is_written_as_it_was(text in "[A-Z]{0,3}-?[0-9]{0,5}|[0-9]{3,5}-[0-9]{1,3}-[0-9]{1,3}|[0-9]{1,2}:[0-9]{2}") {
        if let Ok(number) = text.parse::<TicketNumber>() {
            prop_assert_eq!(&number.to_string(), &text);
        }
        if let Ok(day) = text.parse::<Day>() {
            prop_assert_eq!(&day.to_string(), &text);
        }
        if let Ok(clock) = text.parse::<TimeOfDay>() {
            prop_assert_eq!(&clock.to_string(), &text);
        }
    }

    #[test]
    fn a_slot_ends_after_it_begins(from in 0..=1440u16, to in 0..=1440u16) {
        let slot = Slot::try_from((TimeOfDay { minutes: from }, TimeOfDay { minutes: to }));
        prop_assert_eq!(slot.is_ok(), from < to);
    }
}

#[test]
fn fuzz_a_branch_is_read_or_refused() {
    bolero::check!().for_each(|bytes| {
        if let Ok(branch) = serde_json::from_slice::<Branch>(bytes) {
            let again = serde_json::to_vec(&branch).expect("a branch is JSON");
            assert_eq!(serde_json::from_slice::<Branch>(&again).expect("as written"), branch);
        }
    });
}
