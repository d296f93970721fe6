//! Histories of sheets: one is printed once, or it is said that nobody can tell.

use crate::{
    CopyMark, PrintRequest, PrintState, Prints, apply,
    decide::{PrintAcceptance, PrintSettlement, ask, interrupted, settle},
};
use proptest::prelude::*;
use protocol::{
    Actor, ClockState, Event, EventId, Fact, Outcome, PrintId, Reason, Timestamp,
    command::PrintOrder,
    print::{Sheet, SheetKind},
};

fn print(number: u8) -> PrintId {
    PrintId::new(Timestamp::from_millis(1), [number; 10])
}

fn wish(number: u8, printers: &[&str]) -> PrintRequest {
    let mut printers = printers.iter().map(|printer| printer.parse().expect("a slug"));
    PrintRequest {
        order: PrintOrder {
            print: print(number),
            sheet: Sheet {
                kind: SheetKind::Ticket,
                blocks: Vec::new(),
            },
            copy: false,
        },
        device: printers.next().expect("one printer"),
        rest: printers.collect(),
        corr: Some("ticket".to_owned().into()),
    }
}

fn take(prints: &mut Prints, facts: Vec<Fact>) -> Vec<String> {
    let mut told = Vec::new();
    for fact in facts {
        told.push(fact.name().to_owned());
        let event = Event {
            id: EventId::new(Timestamp::from_millis(1), [0; 10]),
            v: 1,
            at: Timestamp::from_millis(1),
            clock: ClockState::Synced,
            boot: 1,
            up_ms: 0,
            actor: Actor::Edge,
            subj: None,
            corr: None,
            replay: false,
            origin: None,
            pii: 0,
            fact,
        };
        apply(prints, &event);
    }
    told
}

fn asked(prints: &mut Prints, wish: &PrintRequest) {
    match ask(prints, wish) {
        PrintAcceptance::Queued(fact) => {
            take(prints, vec![fact]);
        }
        PrintAcceptance::Known => panic!("it is new"),
    }
}

fn failed(reason: Reason) -> Outcome {
    Outcome::Failed { reason, detail: None }
}

fn rejected(detail: &str) -> Outcome {
    Outcome::Rejected {
        reason: Reason::Hardware,
        detail: Some(detail.to_owned()),
    }
}

#[test]
fn a_sheet_asked_for_twice_is_one_sheet() {
    let mut prints = Prints::default();
    asked(&mut prints, &wish(1, &["one"]));
    assert_eq!(ask(&prints, &wish(1, &["one"])), PrintAcceptance::Known);
    let PrintSettlement { facts, next } = settle(&prints, wish(1, &["one"]), Outcome::Ok { detail: None });
    assert_eq!(
        (take(&mut prints, facts), next),
        (vec!["print.printed".to_owned()], None)
    );
    assert_eq!(
        ask(&prints, &wish(1, &["one"])),
        PrintAcceptance::Known,
        "also once it was printed"
    );
}

#[test]
fn a_printer_that_printed_nothing_hands_on_the_original() {
    let mut prints = Prints::default();
    asked(&mut prints, &wish(1, &["one", "two"]));
    let PrintSettlement { facts, next } = settle(&prints, wish(1, &["one", "two"]), rejected("paper_out"));
    assert_eq!(take(&mut prints, facts), ["print.failed", "print.queued"]);
    let next = next.expect("the other printer's turn");
    assert!(!next.order.copy && next.device.as_str() == "two" && next.rest.is_empty());
    let late = settle(&prints, wish(1, &["one"]), Outcome::Ok { detail: None });
    assert_eq!(late.facts, [], "the first printer's second word counts for nothing");
    let PrintSettlement { facts, next } = settle(&prints, next, rejected("offline"));
    assert_eq!(
        (take(&mut prints, facts), next),
        (vec!["print.failed".to_owned()], None)
    );
    assert_eq!(
        prints.status(&print(1)).map(|status| &status.fate),
        Some(&PrintState::Failed("offline".into()))
    );
}

#[test]
fn a_sheet_torn_off_in_the_middle_comes_again_as_a_copy() {
    let mut prints = Prints::default();
    asked(&mut prints, &wish(1, &["one", "two"]));
    let PrintSettlement { facts, next } = settle(&prints, wish(1, &["one", "two"]), failed(Reason::Hardware));
    take(&mut prints, facts);
    assert!(next.is_some_and(|next| next.order.copy));
    assert_eq!(prints.status(&print(1)).map(|status| status.copy), Some(CopyMark::Copy));
}

#[test]
fn a_printer_that_does_not_answer_leaves_a_doubt_and_no_second_sheet() {
    for reason in [Reason::TimedOut, Reason::Interrupted] {
        let mut prints = Prints::default();
        asked(&mut prints, &wish(1, &["one", "two"]));
        let PrintSettlement { facts, next } = settle(&prints, wish(1, &["one", "two"]), failed(reason));
        assert_eq!(
            (take(&mut prints, facts), next),
            (vec!["print.doubtful".to_owned()], None)
        );
    }
}

#[test]
fn what_a_printer_had_when_the_box_stopped_is_doubtful() {
    let mut prints = Prints::default();
    asked(&mut prints, &wish(1, &["one"]));
    asked(&mut prints, &wish(2, &["one"]));
    let done = settle(&prints, wish(2, &["one"]), Outcome::Ok { detail: None });
    take(&mut prints, done.facts);
    let facts = interrupted(&prints);
    assert_eq!(take(&mut prints, facts), ["print.doubtful"]);
    assert_eq!(prints.under_way().count(), 0);
    assert_eq!(interrupted(&prints), []);
}

proptest! {
    /// Whatever printers say, in whatever order: a sheet leaves the printers whole at most once, each sheet ends once,
    /// and the state stays small and comes out the same from its bytes.
    #[test]
    fn whatever_printers_say_a_sheet_ends_once(steps in prop::collection::vec((0u8..40, 0u8..6), 1..400)) {
        let mut prints = Prints::default();
        let mut turns: Vec<PrintRequest> = Vec::new();
        let (mut queued, mut ended, mut whole) = (0, 0, std::collections::BTreeMap::<PrintId, u32>::new());
        for (number, step) in steps {
            if step == 0 {
                let wish = wish(number, &["one", "two", "three"]);
                if let PrintAcceptance::Queued(fact) = ask(&prints, &wish) {
                    take(&mut prints, vec![fact]);
                    turns.push(wish);
                    queued += 1;
                }
                continue;
            }
            if turns.is_empty() {
                continue;
            }
            let wish = turns.remove(usize::from(number) % turns.len());
            let outcome = match step {
                1 => Outcome::Ok { detail: None },
                2 => rejected("paper_out"),
                3 => failed(Reason::Hardware),
                4 => failed(Reason::TimedOut),
                _ => Outcome::Expired,
            };
            if step == 1 {
                *whole.entry(wish.order.print).or_default() += 1;
            }
            let PrintSettlement { facts, next } = settle(&prints, wish, outcome);
            ended += u32::from(next.is_none());
            turns.extend(next);
            take(&mut prints, facts);
        }
        prop_assert!(whole.values().all(|times| *times == 1));
        prop_assert_eq!(queued - ended, u32::try_from(prints.under_way().count()).unwrap());
        let bytes = serde_json::to_vec(&prints).unwrap();
        prop_assert_eq!(&serde_json::from_slice::<Prints>(&bytes).unwrap(), &prints);
    }
}
