//! `name` and `data` among the fields of an object, read straight into the fact's shape.
//!
//! Each is taken once. Data that comes before its name waits as text.

use super::{Fact, FactName};
use crate::json;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed as _, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// What has been read of a fact so far.
#[derive(Debug, Default)]
pub(crate) struct FactFields {
    name: Option<FactName>,
    fact: Option<Fact>,
    data: Option<Box<RawValue>>,
}

impl FactFields {
    /// Takes the value of `name`.
    pub(crate) fn name<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        if self.name.is_some() {
            return Err(A::Error::duplicate_field("name"));
        }
        self.name = Some(map.next_value()?);
        Ok(())
    }

    /// Takes the value of `data`.
    pub(crate) fn data<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        if self.fact.is_some() || self.data.is_some() {
            return Err(A::Error::duplicate_field("data"));
        }
        match self.name {
            Some(name) => self.fact = Some(map.next_value_seed(name)?),
            None => self.data = Some(map.next_value()?),
        }
        Ok(())
    }

    /// The whole fact.
    pub(crate) fn finish<E: serde::de::Error>(self) -> Result<Fact, E> {
        let name = self.name.ok_or_else(|| E::missing_field("name"))?;
        if let Some(fact) = self.fact {
            return Ok(fact);
        }
        let data = self.data.ok_or_else(|| E::missing_field("data"))?;
        // Text that waited was only skipped over: it must not be deeper than what is read in place.
        json::check(data.get()).map_err(E::custom)?;
        let mut reader = serde_json::Deserializer::from_str(data.get());
        name.deserialize(&mut reader).map_err(E::custom)
    }
}

/// The value of `once`, which stands once in an object.
pub(crate) fn once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    slot: &mut Option<T>,
    key: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if slot.is_some() {
        return Err(A::Error::duplicate_field(key));
    }
    *slot = Some(map.next_value()?);
    Ok(())
}

impl<'de> Deserialize<'de> for FactName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = FactName;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a fact")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<FactName, E> {
                FactName::of(name).ok_or_else(|| E::unknown_variant(name, Fact::NAMES))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(field_identifier, rename_all = "snake_case")]
        enum FactField {
            Name,
            Data,
            #[serde(other)]
            Unknown,
        }
        struct FactVisitor;
        impl<'de> Visitor<'de> for FactVisitor {
            type Value = Fact;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a fact: name and data")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fact, A::Error> {
                let mut fields = FactFields::default();
                while let Some(field) = map.next_key()? {
                    match field {
                        FactField::Name => fields.name(&mut map)?,
                        FactField::Data => fields.data(&mut map)?,
                        FactField::Unknown => drop(map.next_value::<serde::de::IgnoredAny>()?),
                    }
                }
                fields.finish()
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Fact, A::Error> {
                let name: FactName = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                seq.next_element_seed(name)?
                    .ok_or_else(|| A::Error::invalid_length(1, &self))
            }
        }
        deserializer.deserialize_struct("Fact", &["name", "data"], FactVisitor)
    }
}
