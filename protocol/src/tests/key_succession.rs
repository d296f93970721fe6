//! Command keys hand over to each other, and to nobody else.

use crate::{
    Timestamp,
    key::{PublicKey, SecretKey},
    key_succession::{KeySuccession, KeySuccessionError, MOST_SUCCESSIONS, follow},
    signed_text::{Purpose, SignedText},
};

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

fn public(numbers: &[u8]) -> Vec<PublicKey> {
    numbers.iter().map(|number| key(*number).public()).collect()
}

fn handover(from: u8, to: u8) -> SignedText {
    let succession = KeySuccession {
        to: key(to).public(),
        at: Timestamp::from_millis(1),
    };
    SignedText::seal(Purpose::KeySuccession, &succession, &key(from)).expect("JSON")
}

#[test]
fn a_key_follows_from_a_trusted_one_however_many_stand_between() {
    let chain = [handover(1, 2), handover(2, 3), handover(3, 4)];
    for trusted in 1..=4 {
        assert_eq!(
            follow(&public(&[trusted]), &public(&[4]), &chain),
            Ok(public(&[4])),
            "{trusted}"
        );
    }
    assert_eq!(
        follow(&public(&[1]), &public(&[1]), &[]),
        Ok(public(&[1])),
        "nothing changed"
    );
    assert_eq!(
        follow(&public(&[1, 2]), &public(&[2]), &[]),
        Ok(public(&[2])),
        "one is given up"
    );
}

#[test]
fn a_key_that_nobody_trusted_handed_over_to_is_refused() {
    let broken = Err(KeySuccessionError::Broken(key(9).public().id()));
    let offered = public(&[9]);
    assert_eq!(follow(&public(&[1]), &offered, &[]), broken);
    assert_eq!(
        follow(&public(&[1]), &offered, &[handover(8, 9)]),
        broken,
        "by a stranger"
    );
    assert_eq!(follow(&public(&[1]), &offered, &[handover(9, 9)]), broken, "by itself");
    assert_eq!(
        follow(&public(&[1]), &offered, &[handover(2, 9), handover(1, 2)]),
        broken,
        "out of order"
    );
    assert_eq!(
        follow(&public(&[2]), &public(&[1]), &[handover(1, 2)]),
        Err(KeySuccessionError::Broken(key(1).public().id())),
        "never back"
    );
    let mut for_something_else = handover(1, 9);
    for_something_else = SignedText::seal(
        Purpose::Document,
        &serde_json::from_str::<KeySuccession>(&for_something_else.text).expect("JSON"),
        &key(1),
    )
    .expect("JSON");
    assert_eq!(
        follow(&public(&[1]), &offered, &[for_something_else]),
        broken,
        "another purpose"
    );
    let mut forged = handover(1, 2);
    forged.text = handover(1, 9).text;
    assert_eq!(follow(&public(&[1]), &offered, &[forged]), broken, "another text");
}

#[test]
fn what_is_looked_at_is_bounded() {
    let many = vec![handover(1, 2); MOST_SUCCESSIONS + 1];
    assert_eq!(
        follow(&public(&[1]), &public(&[2]), &many),
        Err(KeySuccessionError::TooMany)
    );
    assert_eq!(
        follow(&public(&[1]), &public(&[1; 5]), &[]),
        Err(KeySuccessionError::TooMany)
    );
}
