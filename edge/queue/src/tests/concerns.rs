//! What the queue says does not concern it changes nothing.

use super::script::QueueScript;
use crate::{Queue, apply};
use edge_app::App as _;
use protocol::{Event, Fact, fact::Audit};

fn other(event: &Event) -> Event {
    Event {
        fact: Fact::Audited(Audit {
            action: "settings.changed".to_owned().into(),
            entity: None,
            detail: None,
        }),
        ..event.clone()
    }
}

#[test]
fn an_event_of_others_changes_nothing() {
    let mut play = QueueScript::default();
    play.script("take t1 cash; in ali w1; next w1");
    assert!(!play.events.is_empty());
    assert!(play.events.iter().all(Queue::concerns), "its own events concern it");
    let before = play.queue.clone();
    for event in &play.events {
        let other = other(event);
        assert!(!Queue::concerns(&other));
        apply(&mut play.queue, &other);
    }
    assert_eq!(play.queue, before);
}
