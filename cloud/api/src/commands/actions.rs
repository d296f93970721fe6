//! Actions as the API's description shows them: one schema for each row of the protocol's table.
//!
//! Only described here; what is read is the protocol's own [`protocol::command::Action`].

use cloud_admin::commands;
use protocol::command::{ACTIONS, ActionSpec, ActionTarget, ArgumentShape, ArgumentSpec, Presence};
use std::{borrow::Cow, time::Duration};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, OneOfBuilder, RefOr, Schema, SchemaFormat,
        schema::{AdditionalProperties, Type},
    },
};

/// What may be asked of a device.
pub(crate) struct DeviceActions;

/// What may be asked of a site: of its queue, its displays, or of the edge.
pub(crate) struct SiteActions;

impl PartialSchema for DeviceActions {
    fn schema() -> RefOr<Schema> {
        one_of(|target| match target {
            ActionTarget::Device => true,
            ActionTarget::Site | ActionTarget::Edge => false,
        })
    }
}

impl ToSchema for DeviceActions {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Action")
    }
}

impl PartialSchema for SiteActions {
    fn schema() -> RefOr<Schema> {
        one_of(|target| match target {
            ActionTarget::Device => false,
            ActionTarget::Site | ActionTarget::Edge => true,
        })
    }
}

impl ToSchema for SiteActions {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("SiteAction")
    }
}

fn one_of(asked: impl Fn(ActionTarget) -> bool) -> RefOr<Schema> {
    let all = ACTIONS.iter().filter(|spec| asked(spec.target)).map(action);
    RefOr::T(Schema::OneOf(all.fold(OneOfBuilder::new(), OneOfBuilder::item).build()))
}

/// A row of the table.
fn action(spec: &ActionSpec) -> Schema {
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([spec.name]));
    object()
        .description(Some(description(spec)))
        .property("name", name)
        .required("name")
        .property("args", arguments(spec.arguments))
        .required("args")
        .build()
        .into()
}

fn description(spec: &ActionSpec) -> String {
    let whom = match spec.target {
        ActionTarget::Device => "a device",
        ActionTarget::Site => "a site's apps and screens",
        ActionTarget::Edge => "the edge itself",
    };
    format!(
        "{} For {whom}; needs `{}`; good for {} s where nothing else is said, {} s at most.",
        spec.summary,
        spec.permission.as_str(),
        spec.lifetime.as_secs(),
        spec.longest.min(Duration::from_secs(commands::LONGEST)).as_secs(),
    )
}

fn arguments(specs: &[ArgumentSpec]) -> ObjectBuilder {
    specs.iter().fold(object(), |all, spec| {
        let all = all.property(spec.name, shape(spec.shape).description(Some(spec.summary)));
        match spec.presence {
            Presence::Required => all.required(spec.name),
            Presence::Optional => all,
        }
    })
}

/// An object that takes nothing it does not know.
fn object() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

fn shape(shape: ArgumentShape) -> ObjectBuilder {
    let one = ObjectBuilder::new();
    let text = ObjectBuilder::new().schema_type(Type::String);
    match shape {
        ArgumentShape::Text(longest) => text.max_length(Some(longest)),
        ArgumentShape::Pattern(pattern) => text.pattern(Some(pattern)),
        ArgumentShape::Words(words) => text.enum_values(Some(words.iter().copied())),
        ArgumentShape::Uuid => text.format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))),
        ArgumentShape::Number { least, most } => {
            one.schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most))
        }
        ArgumentShape::Flag => one.schema_type(Type::Boolean),
        ArgumentShape::Object => one.schema_type(Type::Object),
    }
}
