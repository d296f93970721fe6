//! The desk's menus: each line has a key of its own, and the first is where the keyboard goes.

use crate::{live_feed::BranchSnapshot, words};
use maud::{Markup, html};
use protocol::{Lang, SpotId, queue::Branch};

/// Minutes a ticket is put aside for.
const HOLDS: [u16; 3] = [5, 15, 30];

pub(super) fn menus(picture: &BranchSnapshot, window: &SpotId, lang: Lang) -> Markup {
    let Some(branch) = picture.branch.as_deref() else {
        return html! {};
    };
    html! {
        (menu("hold", words::desk_hold(lang), lang, &html! {
            form {
                input type="hidden" name="act" value="hold";
                div.choices {
                    @for (at, minutes) in HOLDS.iter().enumerate() {
                        button name="minutes" value=(minutes) data-digit=(at + 1) { kbd { (at + 1) } (words::minutes_about(lang, u32::from(*minutes))) }
                    }
                }
            }
        }))
        (menu("transfer", words::desk_transfer(lang), lang, &transfer(picture, branch, window, lang)))
        (menu("add", words::desk_add(lang), lang, &services(branch, "add", lang)))
        (menu("walk_in", words::desk_walk_in(lang), lang, &services(branch, "walk_in", lang)))
        (menu("finish", words::desk_code(lang), lang, &html! { div #codes {} }))
        (menu("pause", words::desk_break(lang), lang, &breaks(branch, lang)))
        (menu("call", words::desk_pick(lang), lang, &reasons(lang)))
    }
}

fn menu(name: &str, title: &str, lang: Lang, content: &Markup) -> Markup {
    let heading = format!("title-{name}");
    html! {
        dialog id=(format!("menu-{name}")) aria-labelledby=(heading) {
            h2 id=(heading) { (title) }
            (content)
            button type="button" data-close { (words::back(lang)) }
        }
    }
}

fn services(branch: &Branch, act: &str, lang: Lang) -> Markup {
    html! {
        form {
            input type="hidden" name="act" value=(act);
            div.choices {
                @for (at, service) in branch.draft().services.iter().enumerate() {
                    button name="service" value=(service.id) data-digit=[digit(at)] { (key(at)) (service.name.get(lang)) }
                }
            }
        }
    }
}

fn transfer(picture: &BranchSnapshot, branch: &Branch, window: &SpotId, lang: Lang) -> Markup {
    let services = &branch.draft().services;
    let others = picture.windows.iter().filter(|(other, _)| *other != window);
    let others: Vec<_> = others
        .filter_map(|(other, seat)| Some((branch.window(other)?, seat)))
        .collect();
    html! {
        form {
            input type="hidden" name="act" value="transfer";
            fieldset {
                legend.unseen { (words::desk_place(lang)) }
                @for (value, name) in [("age", words::desk_by_age(lang)), ("front", words::desk_front(lang)), ("end", words::desk_end(lang))] {
                    label { input type="radio" name="place" value=(value) checked[value == "age"]; (name) }
                }
            }
            fieldset { label { input type="checkbox" name="back" value="1"; (words::desk_comes_back(lang)) } }
            div.choices {
                @for (at, service) in services.iter().enumerate() {
                    button name="service" value=(service.id) data-digit=[digit(at)] { (key(at)) (service.name.get(lang)) }
                }
                @for (at, (other, _)) in others.iter().enumerate() {
                    @let at = at + services.len();
                    button name="window" value=(other.id) data-digit=[digit(at)] { (key(at)) (words::desk_window(lang, other.number.into())) }
                }
                @for (_, seat) in &others {
                    @if let Some(operator) = branch.operator(&seat.operator) {
                        button name="person" value=(operator.id) { kbd { "–" } (operator.name) }
                    }
                }
            }
        }
    }
}

fn breaks(branch: &Branch, lang: Lang) -> Markup {
    html! {
        form {
            input type="hidden" name="act" value="pause";
            div.choices {
                @for (at, reason) in branch.draft().rules.break_reasons().iter().enumerate() {
                    button name="reason" value=(reason) data-digit=[digit(at)] { (key(at)) (break_name(reason, lang)) }
                }
            }
        }
    }
}

/// The reasons everybody has are translated; a site's own stand as they are.
pub(super) fn break_name(reason: &str, lang: Lang) -> String {
    match reason {
        "lunch" => words::break_lunch(lang).to_owned(),
        "pause" => words::break_pause(lang).to_owned(),
        "training" => words::break_training(lang).to_owned(),
        edge_queue::IDLE => words::break_idle(lang).to_owned(),
        own => own.to_owned(),
    }
}

fn reasons(lang: Lang) -> Markup {
    let reasons = [
        ("elderly", words::reason_elderly(lang)),
        ("disability", words::reason_disability(lang)),
        ("child", words::reason_child(lang)),
        ("came_back", words::reason_came_back(lang)),
        ("urgent", words::reason_urgent(lang)),
    ];
    html! {
        form {
            input type="hidden" name="act" value="call";
            input type="hidden" name="ticket" data-from="ticket";
            div.choices {
                @for (at, (reason, name)) in reasons.iter().enumerate() {
                    button name="reason" value=(reason) data-digit=[digit(at)] { (key(at)) (name) }
                }
            }
        }
        form {
            input type="hidden" name="act" value="call";
            input type="hidden" name="ticket" data-from="ticket";
            label for="own-reason" { (words::desk_own_reason(lang)) }
            input #own-reason type="text" name="own_reason" maxlength="80" required;
            div.choices { button { (words::desk_call_this(lang)) } }
        }
    }
}

fn digit(at: usize) -> Option<usize> {
    (at < 9).then_some(at + 1)
}

fn key(at: usize) -> Markup {
    html! { kbd { @match digit(at) { Some(digit) => (digit), None => "–" } } }
}
