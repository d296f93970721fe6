//! What a desk shows of a picture: parts of its page, each replaced only where it changed.

use super::{codes, menus};
use crate::{
    live_feed::{BranchSnapshot, QueueRow, WindowState, side_state::PrinterTrouble},
    words,
};
use edge_lan::{CloudLink, icon, local_time, stream::ScreenUpdate};
use edge_queue::{State, Ticket, TicketPhase};
use maud::{Markup, html};
use protocol::{ClockState, Lang, PersonId, SpotId, Timestamp, queue::Source};
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows of the waiting list: what a desk reads at a glance.
const ROWS: usize = 40;

#[derive(Debug, Serialize)]
pub(super) struct DeskView {
    /// Ids of the page's parts, and what stands in them.
    parts: BTreeMap<&'static str, String>,
    /// What may be done now.
    can: Vec<&'static str>,
    /// Works, and does not pause.
    ready: bool,
    /// With somebody at the window.
    busy: bool,
    /// "Finish" asks for a code first.
    codes: bool,
    /// What is announced with a sound when it is new.
    alerts: Vec<String>,
}

pub(super) fn view(
    picture: &BranchSnapshot,
    window: &SpotId,
    operator: Option<PersonId>,
    lang: Lang,
) -> ScreenUpdate<DeskView> {
    let seat = picture.windows.get(window);
    let Some(seat) = seat.filter(|seat| Some(seat.operator) == operator) else {
        return ScreenUpdate::Reload;
    };
    let service = seat.ticket.as_ref();
    let service = service.and_then(|ticket| picture.branch.as_ref()?.service(&ticket.service));
    let asks = service.filter(|service| codes::are_asked_for(service));
    let parts = [
        ("state", state(seat, lang)),
        ("lines", lines(picture, lang)),
        ("toasts", toasts(picture, lang)),
        ("now", now(picture, seat, lang)),
        ("list", list(picture, seat, lang)),
        ("side", side(picture, seat, lang)),
        (
            "codes",
            asks.map_or_else(Markup::default, |service| codes::choices(service, lang)),
        ),
    ];
    let alerts = picture.help.iter().map(|help| format!("help-{}", help.id));
    let printers = picture.printers.iter();
    let printers = printers.map(|(device, trouble)| format!("printer-{device}-{trouble:?}"));
    let dark = picture.dark.iter().map(|screen| format!("dark-{screen}"));
    ScreenUpdate::State(DeskView {
        parts: parts.into_iter().map(|(id, part)| (id, part.into_string())).collect(),
        can: enabled_actions(seat),
        ready: seat.pause.is_none(),
        busy: seat.ticket.is_some(),
        codes: asks.is_some(),
        alerts: alerts.chain(printers).chain(dark).collect(),
    })
}

/// What may be done now: everything else has its button greyed.
fn enabled_actions(seat: &WindowState) -> Vec<&'static str> {
    let mut can = vec!["seen", "resume", "walk_in", "copy", "cancel"];
    match (&seat.pause, seat.ticket.as_ref().map(|ticket| &ticket.state)) {
        (Some(_), _) => can.extend(["ready", "sign_out"]),
        (None, Some(State::Called { .. })) => can.extend(["recall", "recycle", "arrived", "no_show"]),
        (None, Some(State::Serving { .. })) => can.extend(["finish", "hold", "transfer", "add"]),
        (None, None | Some(State::Waiting | State::Held { .. } | State::NoShow { .. } | State::Ended { .. })) => {
            can.extend(["call", "pause", "sign_out"]);
            if !seat.order.is_empty() {
                can.push("call_next");
            }
        }
    }
    can
}

fn state(seat: &WindowState, lang: Lang) -> Markup {
    let phase = seat.ticket.as_ref().map(Ticket::phase);
    let (class, drawing, word) = match (&seat.pause, phase) {
        (Some(reason), _) => ("break", "clock", menus::break_name(reason.as_str(), lang)),
        (None, Some(TicketPhase::Called)) => ("serving", "bell", words::state_called(lang).to_owned()),
        (None, Some(_)) => ("serving", "person", words::state_serving(lang).to_owned()),
        (None, None) => ("ready", "done", words::state_ready(lang).to_owned()),
    };
    let since = seat.ticket.as_ref().map_or(seat.since, |ticket| ticket.since);
    html! { span.state.(class) { (icon::named(drawing)) " " (word) " " (timer(since)) } }
}

/// Counts up in the page, so that the box has nothing to say each second.
fn timer(since: Timestamp) -> Markup {
    html! { span data-since=(since.as_millis()) {} }
}

fn lines(picture: &BranchSnapshot, lang: Lang) -> Markup {
    let printers = picture.printers.iter().map(|(device, trouble)| {
        let class = if *trouble == PrinterTrouble::PaperLow {
            "warn"
        } else {
            "bad"
        };
        (class, words::desk_printer(lang, device, printer(trouble, lang)))
    });
    let dark = picture
        .dark
        .iter()
        .map(|screen| ("bad", words::desk_dark(lang, screen)));
    let mute = !picture.voice.mute.is_empty();
    html! {
        @if matches!(picture.link, CloudLink::Down { .. } | CloudLink::TurnedAway(_)) { p { (words::desk_offline(lang)) } }
        @if picture.moment.clock == ClockState::Estimated { p.warn { (icon::named("clock")) " " (words::check_time(lang)) } }
        @for (class, text) in printers.chain(dark) { p class=(class) { (icon::named("warning")) " " (text) } }
        @if mute { p.warn { (icon::named("warning")) " " (words::voice_incomplete(lang)) } }
    }
}

fn printer(trouble: &PrinterTrouble, lang: Lang) -> String {
    match trouble {
        PrinterTrouble::PaperOut => words::printer_paper_out(lang).to_owned(),
        PrinterTrouble::CoverOpen => words::printer_cover_open(lang).to_owned(),
        PrinterTrouble::PaperLow => words::printer_paper_low(lang).to_owned(),
        PrinterTrouble::Other(word) => words::printer_other(lang, word.as_str().replace('_', " ")),
    }
}

fn toasts(picture: &BranchSnapshot, lang: Lang) -> Markup {
    html! {
        @for help in &picture.help {
            div.toast {
                span { (icon::named("bell")) " " (words::desk_help(lang, &help.screen, words::name_of(help.lang))) " " (timer(help.at)) }
                button type="button" id=(format!("seen-{}", help.id)) data-act="seen" data-ticket=(help.id) { (words::desk_i_go(lang)) }
            }
        }
    }
}

fn now(picture: &BranchSnapshot, seat: &WindowState, lang: Lang) -> Markup {
    let Some(ticket) = &seat.ticket else {
        let text = match (&seat.pause, seat.order.is_empty()) {
            (Some(_), _) => words::desk_paused(lang),
            (None, true) => words::desk_nobody(lang),
            (None, false) => words::desk_press_next(lang),
        };
        return html! { p.none { (text) } };
    };
    let waited = ticket
        .periods
        .iter()
        .find(|period| period.state == TicketPhase::Waiting);
    let waited_s = waited.and_then(|period| Some(period.to?.since(period.from).as_secs()));
    html! {
        p.number { (ticket.number) }
        p.line {
            strong { (picture.service_name(&ticket.service, lang)) }
            span { (source(ticket.source, lang)) }
            @if let Some(waited_s) = waited_s { span { (words::desk_waited(lang)) " " b { (clock(waited_s)) } } }
            span { (phase(ticket.phase(), lang)) " " b { (timer(ticket.since)) } }
        }
        @if let Some(name) = &seat.holder { p.line { (icon::named("person")) " " strong { (name.as_str()) } } }
        @if let State::Called { attempt, .. } = ticket.state {
            @if attempt > 1 { p.line { (words::desk_attempt(lang, attempt.into())) } }
        }
        @if !ticket.periods.is_empty() {
            ol aria-label=(words::desk_history(lang)) {
                @for period in ticket.periods.iter().rev().take(4) {
                    li { (at(picture, period.from)) " " (phase(period.state, lang)) " · " (picture.service_name(&period.service, lang)) }
                }
            }
        }
    }
}

fn list(picture: &BranchSnapshot, seat: &WindowState, lang: Lang) -> Markup {
    let own = seat
        .order
        .iter()
        .filter_map(|ticket| picture.rows.get(ticket))
        .map(|row| ("", row));
    let mine = |row: &&QueueRow| !seat.order.contains(&row.ticket);
    let mut others: Vec<&QueueRow> = picture.rows.values().filter(mine).collect();
    others.sort_by_key(|row| row.issued_at);
    let rows: Vec<(&str, &QueueRow)> = own
        .chain(others.into_iter().map(|row| ("other", row)))
        .take(ROWS)
        .collect();
    if rows.is_empty() {
        return html! { p.none { (words::nobody_waits(lang)) } };
    }
    html! {
        table {
            thead { tr {
                th scope="col" { (words::ticket(lang)) } th scope="col" { (words::desk_service(lang)) }
                th scope="col" { (words::desk_waits(lang)) } th scope="col" { span.unseen { (words::desk_pick(lang)) } }
            } }
            tbody { @for (class, row) in rows { (line(picture, row, class, lang)) } }
        }
    }
}

fn line(picture: &BranchSnapshot, row: &QueueRow, class: &str, lang: Lang) -> Markup {
    let (number, ticket) = (row.number.to_string(), row.ticket.to_string());
    html! {
        tr class=(class) {
            td { (number) }
            td { (picture.service_name(&row.service, lang)) " " small { (source(row.source, lang)) } }
            td { (age(picture, row, lang)) }
            td {
                @if row.phase == TicketPhase::Waiting {
                    button type="button" id=(format!("pick-{ticket}")) data-menu="call" data-ticket=(ticket)
                        aria-label=(format!("{number}: {}", words::desk_call(lang))) { (words::desk_call(lang)) }
                } @else {
                    button type="button" id=(format!("resume-{ticket}")) data-act="resume" data-ticket=(ticket)
                        aria-label=(format!("{number}: {}", words::desk_resume(lang))) { (words::desk_resume(lang)) }
                }
            }
        }
    }
}

/// How long somebody waits: colour, mark and word at half the target and at the target.
fn age(picture: &BranchSnapshot, row: &QueueRow, lang: Lang) -> Markup {
    if let Some(until) = row.until {
        let text = format!("{} · {}", phase(row.phase, lang), at(picture, until));
        return html! { span.age { (icon::named("clock")) " " (text) } };
    }
    let service = picture.branch.as_ref().and_then(|branch| branch.service(&row.service));
    let target_ms = service.map_or(u64::MAX, |service| u64::from(service.target_wait) * 60_000);
    let (class, drawing, word) = if row.waited_ms >= target_ms {
        ("late", "warning", words::wait_late(lang))
    } else if row.waited_ms >= target_ms / 2 {
        ("half", "clock", words::wait_half(lang))
    } else {
        ("fresh", "done", words::wait_fresh(lang))
    };
    let waited_ms = i64::try_from(row.waited_ms).unwrap_or(0);
    let began = Timestamp::from_millis(picture.moment.at.as_millis().saturating_sub(waited_ms) / 1000 * 1000);
    html! { span.age.(class) { (icon::named(drawing)) " " (timer(began)) " " (word) } }
}

fn side(picture: &BranchSnapshot, seat: &WindowState, lang: Lang) -> Markup {
    let average = seat.average_s.map_or_else(|| "–".to_owned(), clock);
    let waiting: u32 = picture.services.iter().map(|standing| standing.waiting).sum();
    html! {
        dl {
            div { dt { (words::desk_served(lang)) } dd { (seat.served) } }
            div { dt { (words::desk_average(lang)) } dd { (average) } }
            div { dt { (words::people_waiting(lang)) } dd { (waiting) } }
        }
    }
}

/// Minutes and seconds.
fn clock(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The time of day at the site.
fn at(picture: &BranchSnapshot, moment: Timestamp) -> String {
    local_time::time(moment, picture.moment.offset_seconds)
}

fn source(source: Source, lang: Lang) -> Markup {
    let (drawing, word) = match source {
        Source::Kiosk => ("ticket", words::source_kiosk(lang)),
        Source::Online => ("phone", words::source_online(lang)),
        Source::WalkIn => ("person", words::source_walk_in(lang)),
        Source::Booking => ("calendar", words::source_booking(lang)),
    };
    html! { (icon::named(drawing)) " " (word) }
}

fn phase(phase: TicketPhase, lang: Lang) -> &'static str {
    match phase {
        TicketPhase::Waiting => words::phase_waiting(lang),
        TicketPhase::Called => words::phase_called(lang),
        TicketPhase::Serving => words::phase_serving(lang),
        TicketPhase::Held => words::phase_held(lang),
        TicketPhase::NoShow => words::phase_no_show(lang),
        TicketPhase::Done => words::phase_done(lang),
        TicketPhase::Cancelled => words::phase_cancelled(lang),
        TicketPhase::Expired => words::phase_expired(lang),
    }
}
