//! XML into the same tree JSON gives: elements by local name, attributes as `@name`, repeated elements as a list.
//!
//! Namespaces are ignored, since firmwares disagree about them. A document type or an entity of the sender's own is an
//! error, never expanded; depth and size are bounded.

use quick_xml::{
    Reader,
    events::{BytesRef, BytesStart, Event},
};
use serde_json::{Map, Value};

/// Deepest nesting.
const DEPTH: usize = 24;
/// Most elements.
const ELEMENTS: usize = 20_000;

/// Why a text is not XML we read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum XmlError {
    /// Not well formed.
    #[error("not well-formed XML")]
    Malformed,
    /// `<!DOCTYPE` or an entity beyond the five of XML.
    #[error("XML with a document type or entities")]
    Entities,
    /// Too deep or too many elements.
    #[error("XML nested deeper than {DEPTH} or with more than {ELEMENTS} elements")]
    TooBig,
}

/// Reads a document; the answer has one key, the root element's name.
pub(crate) fn parse(text: &str) -> Result<Value, XmlError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<OpenElement> = Vec::new();
    let mut elements = 0;
    loop {
        match reader.read_event().map_err(|_| XmlError::Malformed)? {
            Event::Start(start) => {
                elements += 1;
                if elements > ELEMENTS || open.len() >= DEPTH {
                    return Err(XmlError::TooBig);
                }
                open.push(OpenElement::new(&start)?);
            }
            Event::End(_) => {
                let (name, value) = open.pop().ok_or(XmlError::Malformed)?.close();
                match open.last_mut() {
                    Some(parent) => parent.add(name, value),
                    None => return Ok(Value::Object(Map::from_iter([(name, value)]))),
                }
            }
            Event::Text(text) => text_into(&mut open, &text.xml10_content()),
            Event::CData(text) => text_into(&mut open, &text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = resolve(&reference)?;
                text_into(&mut open, character.encode_utf8(&mut [0; 4]));
            }
            Event::DocType(_) => return Err(XmlError::Entities),
            Event::Eof => return Err(XmlError::Malformed),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Empty(_) => {}
        }
    }
}

fn text_into(open: &mut [OpenElement], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlError> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| XmlError::Malformed)? {
        return Ok(character);
    }
    match &*reference.xml10_content() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(XmlError::Entities),
    }
}

/// An element whose end has not come yet.
struct OpenElement {
    name: String,
    text: String,
    children: Map<String, Value>,
}

impl OpenElement {
    fn new(start: &BytesStart<'_>) -> Result<Self, XmlError> {
        let mut children = Map::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| XmlError::Malformed)?;
            let name = attribute.key.local_name().into_inner();
            if !attribute.key.into_inner().starts_with("xmlns") && name != "version" {
                let value = attribute
                    .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                    .map_err(|_| XmlError::Entities)?;
                children.insert(format!("@{name}"), Value::String(value.into_owned()));
            }
        }
        Ok(Self {
            name: start.local_name().into_inner().to_owned(),
            text: String::new(),
            children,
        })
    }

    fn add(&mut self, name: String, value: Value) {
        match self.children.get_mut(&name) {
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => {
                self.children.insert(name, value);
            }
        }
    }

    fn close(self) -> (String, Value) {
        let text = self.text.trim();
        if self.children.is_empty() {
            return (self.name, Value::String(text.to_owned()));
        }
        let mut children = self.children;
        if !text.is_empty() {
            children.insert("#text".to_owned(), Value::String(text.to_owned()));
        }
        (self.name, Value::Object(children))
    }
}
