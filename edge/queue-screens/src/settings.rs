//! The settings of a branch: what it does, who serves, what prints.
//!
//! A form that is not accepted comes back as it was sent, with the reason at the field; nothing is half saved.

mod branch;
mod draft;
mod page;
mod people;
mod printers;
mod profiles;
mod quick_setup;
mod services;

pub(crate) use branch::{slots, weekdays};

use crate::{ScreensState, words};
use axum::routing::{get, post};
use edge_lan::{LanRoutes, LanState, RouteAccess, SettingsTab};
use page::{SettingsPage, save, show};

/// Its pages, in their order.
pub(crate) const TABS: [SettingsTab; 6] = [
    branch::BranchDetailsForm::TAB,
    services::ServicesForm::TAB,
    profiles::ProfilesForm::TAB,
    branch::WindowsForm::TAB,
    people::PeopleForm::TAB,
    SettingsTab {
        position: 60,
        address: PRINTERS,
        title: words::tab_printers,
    },
];

/// Address of the printers' page.
const PRINTERS: &str = "/admin/printers";
/// Address of the page that opens a branch.
const QUICK: &str = "/admin/quick";

pub(crate) fn routes(lan: &LanState) -> LanRoutes<ScreensState> {
    let admin = RouteAccess::Admin;
    LanRoutes::new(lan)
        .route(QUICK, admin, get(quick_setup::page).post(quick_setup::open))
        .merge(form::<branch::BranchDetailsForm>(lan))
        .merge(form::<services::ServicesForm>(lan))
        .merge(form::<profiles::ProfilesForm>(lan))
        .merge(form::<branch::WindowsForm>(lan))
        .merge(form::<people::PeopleForm>(lan))
        .route(PRINTERS, admin, get(printers::page).post(printers::save))
        .route("/admin/printers/{device}/test", admin, post(printers::test))
}

fn form<P: SettingsPage + 'static>(lan: &LanState) -> LanRoutes<ScreensState> {
    LanRoutes::new(lan).route(P::TAB.address, RouteAccess::Admin, get(show::<P>).post(save::<P>))
}
