//! Random histories: an interruption changes nothing, nothing is told twice, nothing ends twice.

use super::script::RosterScript;
use crate::Roster;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn step() -> impl Strategy<Value = String> {
    let gate = 0..3u8;
    prop_oneof![
        (gate.clone(), 0..3u8).prop_map(|(gate, at)| format!("pair gate-{gate} zkteco 10.0.0.{at}")),
        (gate.clone(), 0..2u8).prop_map(|(gate, fw)| format!("online gate-{gate} {fw}")),
        (gate.clone(), prop_oneof!["silent", "refused"]).prop_map(|(gate, why)| format!("offline gate-{gate} {why}")),
        gate.clone().prop_map(|gate| format!("degraded gate-{gate} drift")),
        gate.clone().prop_map(|gate| format!("retire gate-{gate}")),
        gate.clone().prop_map(|gate| format!("heard gate-{gate}")),
        (0..50_000u32).prop_map(|ms| format!("wait {ms}")),
        (gate.clone(), 0..6u8, 0..20u8).prop_map(|(gate, log, entry)| format!("close gate-{gate} log-{log} {entry}")),
        (0..30u8, gate, 0..90_000u32).prop_map(|(which, gate, life)| format!("open {which} gate-{gate} 0 {life}")),
        (0..30u8, prop_oneof!["ok", "failed", "rejected", "expired"])
            .prop_map(|(which, how)| format!("settle {which} {how}")),
        Just("restart".to_owned()),
    ]
}

fn bytes(roster: &Roster) -> Vec<u8> {
    serde_json::to_vec(roster).expect("a roster is JSON")
}

proptest! {
    #[test]
    fn an_interruption_changes_nothing(steps in prop::collection::vec(step(), 1..80), cut: prop::sample::Index) {
        let cut = cut.index(steps.len());
        let mut through = RosterScript::default();
        let mut interrupted = RosterScript::default();
        for (at, step) in steps.iter().enumerate() {
            if at == cut {
                interrupted.roster = serde_json::from_slice(&bytes(&interrupted.roster)).expect("as written");
            }
            through.step(step);
            interrupted.step(step);
        }
        prop_assert_eq!(&through.said, &interrupted.said);
        prop_assert_eq!(bytes(&through.roster), bytes(&interrupted.roster));
    }

    #[test]
    fn no_command_ends_twice_and_no_presence_is_told_twice(steps in prop::collection::vec(step(), 1..120)) {
        let mut play = RosterScript::default();
        let mut last = BTreeMap::new();
        let (mut accepted, mut ended) = (0, 0);
        for step in &steps {
            let from = play.said.len();
            play.step(step);
            for line in play.said[from..].lines() {
                let mut words = line.split(' ');
                let name = words.next().unwrap_or_default();
                accepted += u32::from(name == "command.accepted");
                // Only what ends a command that was accepted says how long it took.
                ended += u32::from(line.ends_with(" ms"));
                if let ("device.online" | "device.offline" | "device.degraded", Some(device)) = (name, words.next()) {
                    prop_assert_ne!(last.insert(device.to_owned(), line.to_owned()), Some(line.to_owned()));
                } else if name == "device.paired" {
                    // Paired anew after its retirement it is nobody yet, and may be told as before.
                    last.clear();
                }
            }
        }
        let open = play.roster.inbox().all_open().count() as u32;
        prop_assert_eq!(accepted, open + ended);
        prop_assert!(accepted <= 30, "an id was accepted twice");
    }
}
