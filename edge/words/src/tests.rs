//! A catalogue that is whole becomes code; one that is not ends the build, and says where.

use super::{Visibility, functions};

const WHOLE: &str = r#"
    [ahead]
    n = "count"
    uz-Latn = "Sizdan oldin: {n} kishi"
    uz-Cyrl = "Сиздан олдин: {n} киши"
    ru = { one = "{n} человек", few = "{n} человека", many = "{n} человек" }
    en = "Ahead of you: {n}"
"#;

fn refused(from: &str, to: &str) -> String {
    let changed = WHOLE.replace(from, to);
    assert_ne!(changed, WHOLE, "{from} stands in it");
    functions(&changed, Visibility::ThisCrate)
        .expect_err("not whole")
        .to_string()
}

#[test]
fn a_whole_catalogue_is_a_function_of_each_entry() {
    let code = functions(WHOLE, Visibility::ThisCrate).expect("whole");
    assert!(
        code.contains("pub(crate) fn ahead(lang: Lang, n: u32) -> String"),
        "{code}"
    );
    assert!(code.contains("plural::PluralForm::Few => "), "{code}");
    let code = functions(WHOLE, Visibility::Everybody).expect("whole");
    assert!(code.contains("\npub fn ahead("), "{code}");
}

#[test]
fn what_is_missing_or_wrong_ends_the_build_with_the_entry_s_name() {
    for (from, to, says) in [
        ("    en = \"Ahead of you: {n}\"", "", "ahead: en is missing"),
        (", many = \"{n} человек\"", "", "ahead: ru: has the forms"),
        ("you: {n}", "you: {n} {m}", "has a place that is not declared"),
        ("Sizdan", "S'izdan", "does not belong in"),
        ("\"Ahead of you: {n}\"", "\" \"", "ahead: en: is empty"),
    ] {
        let error = refused(from, to);
        assert!(error.contains(says), "{says} in {error}");
    }
}
