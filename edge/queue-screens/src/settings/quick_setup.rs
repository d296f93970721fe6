//! From nothing to an open branch on one page: name, languages, services, windows, operators, printer.

use super::{branch as branch_form, draft, people, printers};
use crate::{
    ScreensState,
    branch::{self, Authority},
    words,
};
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use edge_lan::{
    LocalAdmin, Problem,
    form::{FieldKind, FormErrors, HtmlForm},
    frame::{self, PageNote},
    names,
    request::{self, FormFields},
    secret,
};
use maud::{Markup, html};
use protocol::{
    Lang, PersonId,
    queue::{BranchDraft, Operator, Prefix, Requirement, Service, Window},
};

/// Windows at most, on this page.
const WINDOWS: u16 = 50;

pub(super) async fn page(State(state): State<ScreensState>, admin: LocalAdmin) -> Result<Response, Problem> {
    if is_settled(&state).await? {
        return Ok(Redirect::to("/admin/branch").into_response());
    }
    let lang = admin.lang;
    let found = printers::found(&state).await?;
    let fields = Lang::ALL
        .into_iter()
        .fold(FormFields::default(), |fields, lang| fields.with("languages", lang));
    let fields = fields
        .with("first", lang)
        .with("services", words::services_example(lang))
        .with("windows", 2)
        .with(
            "operators",
            format!(
                "{} 1, {} 2",
                words::operator_default(lang),
                words::operator_default(lang)
            ),
        )
        .with("printer", found.first().map_or("", |first| first.as_str()));
    let form = HtmlForm {
        lang,
        fields: &fields,
        errors: &FormErrors::default(),
    };
    Ok(form_page(&admin, form, &found, PageNote::None).into_response())
}

pub(super) async fn open(
    State(state): State<ScreensState>,
    admin: LocalAdmin,
    headers: HeaderMap,
    fields: FormFields,
) -> Result<Response, Problem> {
    admin.check_form_token(&fields)?;
    // The page sent once more must not void everybody's PIN.
    if is_settled(&state).await? {
        return Ok(Redirect::to("/admin/people").into_response());
    }
    let (lang, mut errors) = (admin.lang, FormErrors::default());
    let made = read(lang, &fields, &mut errors);
    let mut pins = Vec::new();
    let made = match made {
        Some(mut draft) => {
            draft.phone_base = reached_at(&headers).map(Into::into);
            for name in branch_form::listed(fields.text("operators")) {
                let (operator, pin) = operator(&state, name).await?;
                pins.push((operator.name.clone(), pin));
                draft.operators.push(operator);
            }
            draft::checked(draft::tidy(draft, lang), lang, &mut errors)
        }
        None => None,
    };
    let Some(made) = made else {
        let found = printers::found(&state).await?;
        let form = HtmlForm {
            lang,
            fields: &fields,
            errors: &errors,
        };
        return Ok(form_page(&admin, form, &found, PageNote::Bad(words::not_saved(lang))).into_response());
    };
    branch::save(&state, made, "quick").await?;
    Ok(opened(&admin, &pins).into_response())
}

/// Whether there is a branch already, or the cloud has the word about it.
async fn is_settled(state: &ScreensState) -> Result<bool, Problem> {
    let authority = branch::authority(state).await?;
    Ok(matches!(authority, Authority::Cloud(_)) || authority.branch().is_some())
}

/// Where phones of the site reach this box: where this browser did, unless that was the box itself.
fn reached_at(headers: &HeaderMap) -> Option<String> {
    request::reached_at(headers.get(header::HOST)?.to_str().ok()?)
}

fn read(lang: Lang, fields: &FormFields, errors: &mut FormErrors) -> Option<BranchDraft> {
    let name = names::named(lang, fields.text("name"));
    if name.is_none() {
        errors.add("name", words::err_needed(lang));
    }
    let windows = names::number::<u16>(lang, fields, "windows", errors);
    if windows > WINDOWS {
        errors.add("windows", words::err_limits(lang));
    }
    let mut draft = draft::empty(name?);
    for name in branch_form::listed(fields.text("services")) {
        draft.services.extend(service(lang, &draft, name));
    }
    if draft.services.is_empty() {
        errors.add("services", words::err_needed(lang));
    }
    draft.languages = branch_form::languages(fields);
    let window = |number: u16| {
        let id = format!("w{number}").parse().ok()?;
        Some(Window {
            id,
            number,
            arrow: None,
        })
    };
    draft.windows = (1..=windows.min(WINDOWS)).filter_map(window).collect();
    draft.printers = fields.read("printer").into_iter().collect();
    errors.is_empty().then_some(draft)
}

fn service(lang: Lang, draft: &BranchDraft, name: &str) -> Option<Service> {
    let taken = |id: &str| draft.services.iter().any(|one| one.id.as_str() == id);
    Some(Service {
        id: names::free_id('s', taken).parse().ok()?,
        prefix: prefix(draft, name)?,
        online_prefix: None,
        name: names::named(lang, name)?,
        icon: icon(name).map(Into::into),
        minutes: 10,
        target_wait: 15,
        hours: None,
        ask_phone: Requirement::No,
        ask_name: Requirement::No,
        outcomes: Vec::new(),
        outcome: Requirement::No,
    })
}

/// A drawing for what a name is about, where that can be told.
fn icon(name: &str) -> Option<String> {
    const ABOUT: [(&str, &[&str]); 7] = [
        (
            "cash",
            &["kassa", "касса", "cash", "toʻlov", "тўлов", "оплат", "payment"],
        ),
        (
            "percent",
            &[
                "kredit",
                "кредит",
                "loan",
                "ipoteka",
                "ипотека",
                "депозит",
                "omonat",
                "омонат",
            ],
        ),
        ("card", &["karta", "карт", "card"]),
        (
            "exchange",
            &["valyuta", "валют", "currency", "oʻtkazma", "перевод", "transfer"],
        ),
        (
            "document",
            &["hujjat", "ҳужжат", "документ", "справк", "document", "юрид", "yuridik"],
        ),
        ("health", &["shifokor", "шифокор", "врач", "doctor", "tahlil", "анализ"]),
        ("people", &["maslahat", "маслаҳат", "консульт", "advice"]),
    ];
    let name = name.to_lowercase();
    let found = ABOUT
        .iter()
        .find(|(_, words)| words.iter().any(|word| name.contains(word)));
    found.map(|(icon, _)| (*icon).to_owned())
}

/// The first letter of a name as it sounds in Latin script, or the first letter that is free.
fn prefix(draft: &BranchDraft, name: &str) -> Option<Prefix> {
    const SOUNDS: [(&str, &str); 2] = [
        ("АБВГДЕЗИЙКЛМНОПРСТУФХЫ", "ABVGDEZIYKLMNOPRSTUFXI"),
        ("ЖЦЧШЩЎҚҒҲЮЯЭЁ", "JCCSSOKGHYYEY"),
    ];
    let first = name.chars().next()?.to_uppercase().next()?;
    let mut pairs = SOUNDS
        .iter()
        .flat_map(|(letters, sounds)| letters.chars().zip(sounds.chars()));
    let sound = pairs.find(|(letter, _)| *letter == first).map(|(_, sound)| sound);
    let free = |letter: &char| {
        let prefix = letter.to_string().parse::<Prefix>();
        prefix.is_ok_and(|prefix| draft.services.iter().all(|one| one.prefix != prefix))
    };
    let letter = [sound.unwrap_or(first)].into_iter().chain('A'..='Z').find(free)?;
    letter.to_string().parse().ok()
}

/// Somebody who serves everything, with a PIN of the box's choosing.
async fn operator(state: &ScreensState, name: &str) -> Result<(Operator, String), Problem> {
    let mut pin = secret::six_digits()?;
    while !people::is_good(&pin) {
        pin = secret::six_digits()?;
    }
    let profile = draft::ALL
        .parse()
        .map_err(|_| Problem::not_now("There is no profile."))?;
    let operator = Operator {
        id: PersonId::new(state.port.clock().now(), secret::random()?),
        name: names::spelled(name),
        profile,
        pin: state.lan.passwords().hash(&pin).await?.into(),
    };
    Ok((operator, pin))
}

fn form_page(admin: &LocalAdmin, form: HtmlForm<'_>, found: &[protocol::DeviceId], note: PageNote<'_>) -> Markup {
    let lang = admin.lang;
    let tongues: Vec<_> = Lang::ALL
        .map(|lang| (lang.to_string(), words::name_of(lang).to_owned()))
        .into();
    let none = [(String::new(), words::printer_none(lang).to_owned())];
    let devices = found.iter().map(|device| (device.to_string(), device.to_string()));
    let devices: Vec<_> = devices.chain(none).collect();
    let content = html! {
        p.lead { (words::quick_lead(lang)) }
        form method="post" {
            (frame::token(admin))
            (form.text("name", words::branch_name(lang), None, FieldKind::Text))
            (form.text("services", words::services_list(lang), None, FieldKind::Text))
            div.fields {
                (form.text("windows", words::windows_number(lang), None, FieldKind::Number))
                (form.choice("printer", words::printer(lang), &devices))
                (form.choice("first", words::language_first(lang), &tongues))
            }
            (form.text("operators", words::operators_list(lang), None, FieldKind::Text))
            fieldset {
                legend { (words::languages_offered(lang)) }
                @for (tag, name) in &tongues { (form.tick("languages", tag, name)) }
            }
            p { button.primary { (words::quick_save(lang)) } }
        }
    };
    frame::signed_in(admin, "/admin", words::quick_title(lang), note, &content)
}

fn opened(admin: &LocalAdmin, pins: &[(String, String)]) -> Markup {
    let lang = admin.lang;
    let content = html! {
        @if !pins.is_empty() {
            h3 { (words::pins_title(lang)) }
            table.pins {
                thead { tr { th { (words::person_name(lang)) } th { "PIN" } } }
                tbody { @for (name, pin) in pins { tr { td { (name) } td { code { (pin) } } } } }
            }
        }
        p.lead { (words::next_pair(lang)) }
        p { a.button.primary href="/admin/screens" { (words::screen_pair(lang)) } }
    };
    frame::signed_in(
        admin,
        "/admin",
        words::quick_title(lang),
        PageNote::Good(words::saved(lang)),
        &content,
    )
}
