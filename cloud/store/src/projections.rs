//! The projections, one line each, and the steps that a run of events makes of them.
//!
//! A projection that is up to date is brought further in the transaction that stores; one that is not is left to the
//! [catch-up](crate::catch_up), which reads stored events, until it has come as far as the last one.
//!
//! Not here, because events are not their source: the versions of documents (what the edge holds is compared with them
//! at every hello, and the control channel settles them), a command's way to the edge (made, sent, received, given up
//! by the cloud itself), accounts, edges, the audit trail. Figures over time are read from the events themselves.

use crate::{
    commands::outcomes::CommandOutcomes,
    devices::{heartbeats::Heartbeats, projection::DeviceStates},
    error::StoreError,
    events::{hours::HourlyCounts, tombstones::Tombstones},
    projection::{EventPosition, EventView, ProjectedEvent, Projection, ProjectionDefinition},
    queue::projection::QueueTickets,
    tx::Tx,
};
use std::{fmt, ops::Range, str::FromStr};

pub use crate::projection::cursor::{ProjectionCursor, ProjectionCursors};

macro_rules! projections {
    ($($(#[$doc:meta])* $field:ident: $projection:ty,)*) => {
        /// Every projection.
        pub(crate) const PROJECTIONS: &[ProjectionDefinition] = &[$(ProjectionDefinition::of::<$projection>()),*];

        /// What a run of events changes, by projection; each step with its event's place in the run.
        #[derive(Debug, Default)]
        pub(crate) struct Steps {
            $($(#[$doc])* $field: Vec<(usize, <$projection as Projection>::Step)>,)*
        }

        impl Steps {
            /// Whether some projection needs the fact of events with this name.
            pub(crate) fn reads(name: &str) -> bool {
                false $(|| <$projection as Projection>::reads(name))*
            }

            /// Adds what one event changes.
            pub(crate) fn read(&mut self, place: usize, event: &EventView<'_>) {
                $(if let Some(step) = <$projection as Projection>::step(event) {
                    self.$field.push((place, step));
                })*
            }

            /// Brings the named projections up to these places of the run. `event` gives an event of the run by its
            /// place; none: it is left out.
            pub(crate) fn apply<'a>(
                &'a self,
                tx: &Tx<'_>,
                current: &[&str],
                places: &Range<usize>,
                event: impl Fn(usize) -> Option<PositionedEvent<'a>>,
            ) -> Result<(), StoreError> {
                $(if current.contains(&<$projection as Projection>::NAME) {
                    apply::<$projection>(tx, within(&self.$field, places), &event)?;
                })*
                Ok(())
            }
        }
    };
}

projections! {
    /// What each device's edge says of it, and when it was last heard.
    devices: DeviceStates,
    /// Each edge's last heartbeat.
    heartbeats: Heartbeats,
    /// What edges say became of commands.
    commands: CommandOutcomes,
    /// Tickets and turns at windows.
    queue: QueueTickets,
    /// Reasons of gaps.
    tombstones: Tombstones,
    /// Events by hour, edge and name.
    hours: HourlyCounts,
}

/// An event and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PositionedEvent<'a> {
    pub(crate) position: EventPosition,
    pub(crate) name: &'a str,
    pub(crate) device: Option<&'a str>,
}

/// The steps at these places; all of them stand in the order of their places.
fn within<'a, S>(steps: &'a [(usize, S)], places: &Range<usize>) -> &'a [(usize, S)] {
    let from = steps.partition_point(|(place, _)| *place < places.start);
    let to = steps.partition_point(|(place, _)| *place < places.end);
    steps.get(from..to).unwrap_or_default()
}

fn apply<'a, P: Projection>(
    tx: &Tx<'_>,
    steps: &'a [(usize, P::Step)],
    event: &impl Fn(usize) -> Option<PositionedEvent<'a>>,
) -> Result<(), StoreError> {
    let events = steps.iter().filter_map(|(place, step)| {
        let PositionedEvent { position, name, device } = event(*place)?;
        Some(ProjectedEvent {
            position,
            name,
            device,
            step,
        })
    });
    let events: Vec<ProjectedEvent<'_, P::Step>> = events.collect();
    if events.is_empty() {
        Ok(())
    } else {
        P::apply(tx, &events)
    }
}

/// The name of a projection that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectionName(&'static str);

impl ProjectionName {
    /// All of them.
    pub fn all() -> impl Iterator<Item = ProjectionName> {
        PROJECTIONS.iter().map(|definition| ProjectionName(definition.name))
    }
    /// As stored and typed.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
    pub(crate) fn definition(self) -> Option<&'static ProjectionDefinition> {
        PROJECTIONS.iter().find(|definition| definition.name == self.0)
    }
}

impl fmt::Display for ProjectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// No projection has that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such projection")]
pub struct UnknownProjection;

impl FromStr for ProjectionName {
    type Err = UnknownProjection;
    fn from_str(text: &str) -> Result<Self, UnknownProjection> {
        Self::all().find(|name| name.0 == text).ok_or(UnknownProjection)
    }
}
