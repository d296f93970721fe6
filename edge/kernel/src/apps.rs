//! The apps of the site: one line each. The only place in the kernel that names a domain.
//!
//! The table gives the kernel the container of their states, and everybody else the crates under short names, the orders
//! and the views. The kernel itself is the roster's other half (who is there, what was sent and seen); every other app is
//! only ever run through [`App`].

use crate::{
    app_instance::AppInstance,
    view::{AppView, ViewPublisher},
};
use edge_app::App;
use tokio::sync::watch;

/// Writes what follows from the table.
macro_rules! apps {
    ($($app:ident: $field:ident = $krate:ident;)*) => {
        /// The apps' crates, each under its app's name.
        pub(crate) mod domains {
            $(pub use $krate as $field;)*
        }
        $(use $krate::$app;)*

        /// Every app's state and configuration, as the writer has them.
        #[derive(Debug, Default)]
        pub struct Apps {
            $(pub(crate) $field: AppInstance<$app>,)*
        }

        /// What an app wants done in the world; its facts are on disk. The outcome goes back to the same app.
        #[derive(Debug)]
        pub enum AppOrder {
            $(#[doc = concat!("Of the app `", stringify!($field), "`.")] $app(<$app as App>::Order),)*
        }

        /// Where the newest view of each app is published.
        #[derive(Debug)]
        pub struct Publishers {
            $(pub(crate) $field: ViewPublisher<$app>,)*
        }

        /// Where the newest view of each app is read.
        #[derive(Debug, Clone)]
        pub struct Views {
            $($field: watch::Receiver<AppView<$app>>,)*
        }

        impl Publishers {
            /// The first views: what the writer begins with.
            pub(crate) fn of(apps: &Apps, upto: protocol::Seq) -> Self {
                Self { $($field: ViewPublisher::of(&apps.$field, upto),)* }
            }
            pub(crate) fn views(&self) -> Views {
                Views { $($field: self.$field.subscribe(),)* }
            }
        }

        $(impl KernelApp for $app {
            fn slot(apps: &Apps) -> &AppInstance<Self> {
                &apps.$field
            }
            fn slot_mut(apps: &mut Apps) -> &mut AppInstance<Self> {
                &mut apps.$field
            }
            fn publisher(publishers: &mut Publishers) -> &mut ViewPublisher<Self> {
                &mut publishers.$field
            }
            fn view(views: &Views) -> &watch::Receiver<AppView<Self>> {
                &views.$field
            }
            fn order(order: Self::Order) -> AppOrder {
                AppOrder::$app(order)
            }
        })*

        /// Shows every app to a visitor, in the order of the table.
        pub(crate) fn each(visitor: &mut impl AppVisitor) {
            $(visitor.visit::<$app>();)*
        }

        impl AppOrder {
            /// Shows the order to a visitor, as its app's.
            pub(crate) fn show(self, visitor: &mut impl OrderVisitor) {
                match self {
                    $(AppOrder::$app(order) => visitor.visit::<$app>(order),)*
                }
            }
        }
    };
}
apps! {
    Roster: roster = edge_roster;
    Queue: queue = edge_queue;
    Prints: prints = edge_prints;
    Access: access = edge_access;
}

/// An app of this kernel.
pub trait KernelApp: App {
    #[doc(hidden)]
    fn slot(apps: &Apps) -> &AppInstance<Self>;
    #[doc(hidden)]
    fn slot_mut(apps: &mut Apps) -> &mut AppInstance<Self>;
    #[doc(hidden)]
    fn publisher(publishers: &mut Publishers) -> &mut ViewPublisher<Self>;
    #[doc(hidden)]
    fn view(views: &Views) -> &watch::Receiver<AppView<Self>>;
    #[doc(hidden)]
    fn order(order: Self::Order) -> AppOrder;
}

/// Sees every app once.
pub(crate) trait AppVisitor {
    fn visit<A: KernelApp>(&mut self);
}

/// Sees one order, as its app's.
pub(crate) trait OrderVisitor {
    fn visit<A: KernelApp>(&mut self, order: A::Order);
}
