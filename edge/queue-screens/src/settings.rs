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
use axum::{
    Router,
    routing::{get, post},
};
use edge_lan::SettingsTab;
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

pub(crate) fn routes() -> Router<ScreensState> {
    Router::new()
        .route(QUICK, get(quick_setup::page).post(quick_setup::open))
        .merge(form::<branch::BranchDetailsForm>())
        .merge(form::<services::ServicesForm>())
        .merge(form::<profiles::ProfilesForm>())
        .merge(form::<branch::WindowsForm>())
        .merge(form::<people::PeopleForm>())
        .route(PRINTERS, get(printers::page).post(printers::save))
        .route("/admin/printers/{device}/test", post(printers::test))
}

fn form<P: SettingsPage + 'static>() -> Router<ScreensState> {
    Router::new().route(P::TAB.address, get(show::<P>).post(save::<P>))
}
