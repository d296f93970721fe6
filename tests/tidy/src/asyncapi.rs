//! docs/asyncapi.yaml says what the crate `protocol` says: its topics, its facts and commands, its shapes.
//!
//! The page is read line by line, for what must be on it; that it is valid AsyncAPI is not judged here.

use crate::{Finding, Tree};
use protocol::topic::{Leaf, ROOT};
use protocol::{Fact, Lane, lan};
use serde::de::DeserializeOwned;

/// Where the page lies.
const PAGE: &str = "docs/asyncapi.yaml";

/// How an example must be taken, by the name of its component.
const SHAPES: &[(&str, Shape)] = &[
    ("Fact:", |text| report(text, Lane::Facts)),
    ("Telemetry:", |text| report(text, Lane::Telemetry)),
    ("Command:", |text| is::<lan::Request>(text).map(drop)),
    ("Outcome:", |text| is::<lan::CommandReply>(text).map(drop)),
];
type Shape = fn(&str) -> Result<(), String>;

fn is<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn report(text: &str, lane: Lane) -> Result<(), String> {
    let fact = is::<lan::Report>(text)?.fact;
    match (fact.is_a_devices_own(), fact.lane() == lane) {
        (true, true) => Ok(()),
        (false, _) => Err(format!("{} is not for a device to say", fact.name())),
        (true, false) => Err(format!("{} belongs in the other lane", fact.name())),
    }
}

/// Rule: every topic is a channel, every listed fact exists, every example is taken by the code.
pub fn agrees_with_the_protocol(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.text(PAGE) else {
        return vec![Finding::at(
            PAGE,
            "is missing. Write the page that describes the LAN's topics.",
        )];
    };
    let mut findings = channels(page);
    findings.extend(names(page));
    findings.extend(examples(page));
    findings
}

fn channels(page: &str) -> Vec<Finding> {
    let addresses: Vec<&str> = page
        .lines()
        .filter_map(|line| line.trim().strip_prefix("address: "))
        .collect();
    let wanted = Leaf::ALL.map(|leaf| format!("{ROOT}/{{device}}/{}", leaf.as_str()));
    let absent = wanted.iter().filter(|topic| !addresses.contains(&topic.as_str()));
    absent
        .map(|topic| Finding::at(PAGE, format!("has no channel with the address {topic}. Describe it.")))
        .collect()
}

/// Dotted names in lists of the page: facts and commands that must exist.
fn names(page: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(page.lines()) {
        let Some(name) = line
            .trim()
            .strip_prefix("- ")
            .filter(|name| name.contains('.') && !name.contains(' '))
        else {
            continue;
        };
        let command = format!(r#"{{"name":"{name}","args":{{}}}}"#);
        if !Fact::NAMES.contains(&name) && serde_json::from_str::<protocol::command::Action>(&command).is_err() {
            let says = format!("lists {name}, which is neither a fact nor a command of the protocol. Take it out.");
            findings.push(Finding::at_line(PAGE, number, says));
        }
    }
    findings
}

fn examples(page: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut shape: Option<Shape> = None;
    for (number, line) in (1..).zip(page.lines()) {
        let text = line.trim();
        if let Some((_, found)) = SHAPES.iter().find(|(component, _)| *component == text) {
            shape = Some(*found);
        }
        let Some(example) = text.strip_prefix("payload: {").map(|rest| format!("{{{rest}")) else {
            continue;
        };
        let Some(Err(error)) = shape.map(|shape| shape(&example)) else {
            continue;
        };
        findings.push(Finding::at_line(
            PAGE,
            number,
            format!("shows what the code refuses: {error}. Mend the example."),
        ));
    }
    findings
}
