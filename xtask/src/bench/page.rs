//! A page of figures: sections under headings, each renewed by a run that measured it, the others left as they are.

/// What begins a section.
const HEADING: &str = "## ";
/// What begins the line that names the machine.
const MACHINE: &str = "Machine: ";

/// One section: its heading and all that follows up to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section<'a> {
    title: &'a str,
    text: &'a str,
}

/// The page with the machine named, and with each section of `report` in place of the one of the same title, stamped.
pub(crate) fn renewed(page: &str, report: &str, machine: &str, stamp: &str) -> String {
    let (front, old) = sections(page);
    let (_, fresh) = sections(report);
    let mut out = String::new();
    for line in front.lines() {
        match line.strip_prefix(MACHINE) {
            Some(_) if !fresh.is_empty() => out.push_str(&format!("{MACHINE}{machine}")),
            Some(_) | None => out.push_str(line),
        }
        out.push('\n');
    }
    let is_new = |section: &&Section<'_>| !old.iter().any(|known| known.title == section.title);
    for section in old.iter().chain(fresh.iter().filter(is_new)) {
        match fresh.iter().find(|fresh| fresh.title == section.title) {
            Some(fresh) => out.push_str(&stamped(fresh, stamp)),
            None => out.push_str(&format!("{}\n\n", section.text.trim_end())),
        }
    }
    format!("{}\n", out.trim_end())
}

fn stamped(section: &Section<'_>, stamp: &str) -> String {
    let body = section
        .text
        .trim_start_matches(HEADING)
        .trim_start_matches(section.title);
    format!("{HEADING}{}\n\n{stamp} {}\n\n", section.title, body.trim())
}

/// What stands before the first heading, and the sections.
fn sections(text: &str) -> (&str, Vec<Section<'_>>) {
    let starts: Vec<usize> = text
        .match_indices(HEADING)
        .map(|(at, _)| at)
        .filter(|at| *at == 0 || text.get(..*at).is_some_and(|before| before.ends_with('\n')))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let found = starts.iter().zip(ends).filter_map(|(start, end)| {
        let text = text.get(*start..end)?;
        let title = text.lines().next()?.trim_start_matches(HEADING).trim();
        Some(Section { title, text })
    });
    let front = starts.first().and_then(|start| text.get(..*start));
    (front.unwrap_or(text), found.collect())
}
