//! Which printers tickets come from, in which order, and whether paper comes out.

use super::{PRINTERS, QUICK, draft};
use crate::{
    ScreensState,
    branch::{self, Authority},
    paper, words,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use edge_kernel::{DecideError, Refusal, Roster};
use edge_lan::{
    LOGIN, LocalAdmin, Problem,
    form::{FormErrors, HtmlForm},
    frame::{self, PageNote},
    request::FormFields,
    secret,
};
use edge_prints::{PrintRequest, Prints};
use maud::{Markup, html};
use protocol::{Actor, DeviceId, PrintId, command::PrintOrder, queue::BranchDraft};
use std::convert::Infallible;

/// The printers of the site.
pub(super) async fn found(state: &ScreensState) -> Result<Vec<DeviceId>, Problem> {
    let roster = state.port.read::<Roster>().await?.state;
    let printers = roster.devices().filter(|(_, device)| device.kind == "printer");
    Ok(printers.map(|(id, _)| id.clone()).collect())
}

pub(super) async fn page(State(state): State<ScreensState>, admin: LocalAdmin) -> Result<Response, Problem> {
    show(&state, &admin, PageNote::None).await
}

pub(super) async fn save(
    State(state): State<ScreensState>,
    admin: LocalAdmin,
    fields: FormFields,
) -> Result<Response, Problem> {
    admin.check_form_token(&fields)?;
    let authority = branch::authority(&state).await?;
    let Some(branch) = authority.branch() else {
        return Ok(Redirect::to(QUICK).into_response());
    };
    let printers = fields.all("printers").filter_map(|id| id.parse().ok()).collect();
    let made = BranchDraft {
        printers,
        ..branch.draft().clone()
    };
    let mut errors = FormErrors::default();
    let Some(made) = draft::checked(made, admin.lang, &mut errors) else {
        return show(&state, &admin, PageNote::Bad(words::not_saved(admin.lang))).await;
    };
    branch::save(&state, made, "printers").await?;
    show(&state, &admin, PageNote::Good(words::saved(admin.lang))).await
}

pub(super) async fn test(
    State(state): State<ScreensState>,
    admin: LocalAdmin,
    Path(device): Path<DeviceId>,
    fields: FormFields,
) -> Result<Response, Problem> {
    admin.check_form_token(&fields)?;
    let order = PrintOrder {
        print: PrintId::new(state.port.clock().now(), secret::random()?),
        sheet: paper::test(device.as_str()),
        copy: false,
    };
    let wish = PrintRequest {
        order,
        device,
        rest: Vec::new(),
        corr: None,
    };
    let decided = state
        .port
        .decide::<Prints>(
            Actor::Account { id: LOGIN.to_owned() },
            edge_prints::Request::Print(wish),
        )
        .await;
    decided.map_err(refused)?;
    show(&state, &admin, PageNote::Good(words::printer_test_sent(admin.lang))).await
}

async fn show(state: &ScreensState, admin: &LocalAdmin, note: PageNote<'_>) -> Result<Response, Problem> {
    let authority = branch::authority(state).await?;
    let Some(branch) = authority.branch() else {
        return Ok(Redirect::to(QUICK).into_response());
    };
    let chosen = &branch.draft().printers;
    let found = found(state).await?;
    let others = found.iter().filter(|device| !chosen.contains(device));
    let rows: Vec<&DeviceId> = chosen.iter().chain(others).collect();
    let fields = chosen
        .iter()
        .fold(FormFields::default(), |fields, device| fields.with("printers", device));
    let read_only = matches!(authority, Authority::Cloud(_));
    let title = words::tab_printers(admin.lang);
    let content = content(admin, &fields, &rows, read_only);
    Ok(frame::signed_in(admin, PRINTERS, title, note, &content).into_response())
}

fn content(admin: &LocalAdmin, fields: &FormFields, rows: &[&DeviceId], read_only: bool) -> Markup {
    let lang = admin.lang;
    let form = HtmlForm {
        lang,
        fields,
        errors: &FormErrors::default(),
    };
    html! {
        @if rows.is_empty() { p.empty { (words::printers_none(lang)) } } @else {
            @if read_only { p.note.warn { "▲ " (words::from_cloud(lang)) } }
            form id="printers" method="post" {
                fieldset disabled[read_only] {
                    legend { (words::printers_order(lang)) }
                    (frame::token(admin))
                    @for device in rows { (form.tick("printers", device.as_str(), device.as_str())) }
                    p { button.primary { (words::save(lang)) } }
                }
            }
            @for device in rows {
                form.row.flat method="post" action=(format!("/admin/printers/{device}/test")) {
                    (frame::token(admin))
                    strong { (device) }
                    button { (words::printer_test(lang)) }
                }
            }
        }
    }
}

fn refused(error: DecideError<Infallible>) -> Refusal {
    match error {
        DecideError::Kernel(refusal) => refusal,
        DecideError::Refused(never) => match never {},
    }
}
