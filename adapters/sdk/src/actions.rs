//! What an adapter carries out: an enum of exactly those actions, named in its manifest and matched on by its drivers.
//!
//! An action that is not in it never reaches the driver: the fleet refuses it by the manifest.

use protocol::command::{Action, ActionName};

/// The actions an adapter carries out. Made by [`supported_actions!`](crate::supported_actions), not by hand.
pub trait SupportedActions: Sized {
    /// Their names, for the manifest.
    const NAMES: &'static [ActionName];
    /// The action as one of them; none where the adapter does not carry it out.
    fn of(action: &Action) -> Option<Self>;
}

/// Makes an enum of the actions that an adapter carries out, with the arguments it looks at.
///
/// ```
/// adapter_sdk::supported_actions! {
///     /// What a gate is asked.
///     pub enum GateAction {
///         AccessOpen { door: protocol::fact::Door },
///         PrintTicket(order: protocol::command::PrintOrder),
///         DeviceTest {},
///     }
/// }
/// ```
#[macro_export]
macro_rules! supported_actions {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident {$(
            $action:ident $({ $($field:ident: $type:ty),* $(,)? })? $(($inner:ident: $content:ty))?
        ),+ $(,)?}
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        $visibility enum $name {
            $(
                #[doc = concat!("[`protocol::command::Action::", stringify!($action), "`]")]
                $action $({ $(#[doc = "As the command gives it."] $field: $type),* })? $(($content))?
            ),+
        }

        impl $crate::SupportedActions for $name {
            const NAMES: &'static [::protocol::command::ActionName] =
                &[$(::protocol::command::ActionName::$action),+];

            fn of(action: &::protocol::command::Action) -> ::core::option::Option<Self> {
                $(
                    if let ::protocol::command::Action::$action $({ $($field,)* .. })? $(($inner))? = action {
                        return ::core::option::Option::Some(
                            Self::$action $({ $($field: $field.clone()),* })? $(($inner.clone()))?
                        );
                    }
                )+
                ::core::option::Option::None
            }
        }
    };
}
