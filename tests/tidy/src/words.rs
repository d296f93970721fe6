//! One thing, one word: names of types and modules do without the words that mean nothing, or two things, here.

use crate::{Finding, Tree};

/// Words not used, and what to say instead. The trade's own nouns (message, handler, service, job, session) are its own.
const UNUSED: &[(&str, &str)] = &[
    ("gateway", "edge"),
    ("hub", "edge"),
    ("plugin", "adapter"),
    ("integration", "adapter"),
    ("manager", "what it does"),
    ("helper", "what it does"),
    ("util", "what it does"),
    ("common", "what it is"),
    ("data", "what it holds"),
    ("info", "what it holds"),
];

/// Names that a wire format or a foreign interface demands: source folder, name, reason.
const DEMANDED: &[(&str, &str, &str)] = &[
    ("adapters/hikvision/", "DeviceInfo", "ISAPI calls the document that"),
    ("tests/world/", "DeviceInfo", "ISAPI calls the document that"),
];

/// Names of types and modules that were pictures, and what stands for them now: they do not come back.
const REPLACED: &[(&str, &str)] = &[
    ("afar", "remote_notice"),
    ("Asked", "what was asked for"),
    ("Belief", "CredentialCheck"),
    ("Beside", "side state"),
    ("beside", "side_state"),
    ("Came", "RoundResults"),
    ("Care", "DriftAction"),
    ("Chronicle", "PendingFacts"),
    ("chronicle", "pending_facts"),
    ("Complaint", "TerminalFault"),
    ("Copied", "CopyMark"),
    ("Deed", "OperatorAction"),
    ("Dice", "Rng"),
    ("dice", "rng"),
    ("Doomed", "DiscardRange"),
    ("doorkeeper", "device_auth"),
    ("Draft", "BranchDraft"),
    ("Errand", "Subcommand"),
    ("Errands", "tasks"),
    ("Fate", "PrintState"),
    ("Fieldwork", "CommissioningTask"),
    ("fieldwork", "commissioning"),
    ("Five", "Mqtt5Client"),
    ("five", "mqtt5"),
    ("Found", "what was found"),
    ("Guesses", "PinAttempts"),
    ("Hall", "LiveScreens"),
    ("hall", "the screens it shows"),
    ("Handed", "FetchedOrder"),
    ("Hands", "Executors"),
    ("Happened", "DriverEvent"),
    ("Happening", "LogEntryKind"),
    ("Heard", "the message it is"),
    ("Here", "ReaderSession"),
    ("House", "Scenario, or LanState"),
    ("house", "scenario"),
    ("intake", "frame_buffer"),
    ("Kept", "what is kept"),
    ("Known", "what is known"),
    ("Laid", "LaidOutSheet"),
    ("Lossy", "LossyProxy"),
    ("Mood", "Severity"),
    ("mood", "severity"),
    ("Newcomer", "ProvisionalUser"),
    ("Noon", "FixedClock"),
    ("Offers", "ServicesForm"),
    ("Once", "what happens once"),
    ("patience", "wait"),
    ("Picked", "OrgForm"),
    ("Premises", "BranchForm"),
    ("premises", "branch_form"),
    ("proof", "consistency"),
    ("punctual", "device_clock"),
    ("Reign", "GateControl"),
    ("road", "delivery"),
    ("Said", "what was said"),
    ("scribe", "persister"),
    ("Seat", "ReaderTask"),
    ("Sensed", "InputState"),
    ("Shelf", "Table, or RetainedStore"),
    ("shelf", "table"),
    ("Spots", "SpotOptions"),
    ("Standing", "the status it is"),
    ("strangers", "unknown_callers"),
    ("Studio", "SheetRenderer"),
    ("Taken", "what was taken"),
    ("Talker", "BurstReader"),
    ("Teller", "FactAuthor"),
    ("testament", "publish_will"),
    ("tight", "small disk"),
    ("TightDisk", "SmallDisk"),
    ("together", "follow_up"),
    ("Told", "what is told"),
    ("Tongue", "the language it is"),
    ("Volley", "LoadClients"),
    ("Wants", "LineSpec"),
    ("Weather", "NetworkConditions"),
    ("weather", "network conditions"),
    ("Whence", "RequestOrigin"),
    ("whence", "request_origin"),
    ("Whose", "the owner it is"),
    ("Wish", "PrintRequest"),
    ("Wishes", "ScenarioSpec"),
    ("Woken", "UpdateTrigger"),
];

/// What comes before a name being given.
const NAMING: [&str; 6] = ["struct", "enum", "trait", "union", "type", "mod"];

/// Rule: no type or module is named with a word the house does not use.
pub fn are_the_house_s(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in tree.sources() {
        let tokens = tree.tokens(path);
        for pair in tokens.windows(2) {
            let [keyword, name] = pair else { continue };
            let demanded = DEMANDED
                .iter()
                .any(|(folder, known, _)| path.starts_with(folder) && name.is(known));
            if !NAMING.contains(&keyword.text.as_str()) || demanded {
                continue;
            }
            findings.extend(unused_word(&name.text).map(|(word, instead)| {
                let says = format!("`{}` says \"{word}\". Say {instead}; a name a wire format demands goes to tests/tidy/src/words.rs.", name.text);
                Finding::at_line(path, name.line, says)
            }));
        }
    }
    findings
}

/// Rule: a name that was replaced stays away.
pub fn stay_replaced(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in tree.sources() {
        let tokens = tree.tokens(path);
        for pair in tokens.windows(2) {
            let [keyword, name] = pair else { continue };
            let replaced = REPLACED.iter().find(|(old, _)| name.is(old));
            if let (true, Some((old, new))) = (NAMING.contains(&keyword.text.as_str()), replaced) {
                let says = format!("`{old}` was replaced: {new}. Say that, or what it is.");
                findings.push(Finding::at_line(path, name.line, says));
            }
        }
    }
    findings
}

fn unused_word(name: &str) -> Option<&'static (&'static str, &'static str)> {
    let parts = parts(name);
    UNUSED.iter().find(|(word, _)| {
        parts
            .iter()
            .any(|part| part == word || part.strip_suffix('s') == Some(*word))
    })
}

/// `DeviceInfo`, `device_info` → `device`, `info`.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for character in name.chars() {
        if character == '_' || character.is_uppercase() {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| character != '_') {
            part.extend(character.to_lowercase());
        }
    }
    parts
}
