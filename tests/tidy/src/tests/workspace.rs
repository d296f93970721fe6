//! The rules, kept by this workspace. Whatever a failure says is what to do.

use crate::{
    Rule, Tree, arrows, asyncapi, circles, crates, domains, files, fuzz, howto, map, marks, owners, purity, shapes,
    threats, types, words,
};
use std::{path::Path, sync::OnceLock};

#[test]
fn arrows_follow_the_table() {
    keeps(arrows::follow_the_table);
}

#[test]
fn libraries_have_one_owner() {
    keeps(owners::own_their_libraries);
    keeps(owners::keep_anyhow_in_the_wiring);
}

#[test]
fn packages_are_named_after_their_path() {
    keeps(crates::named_after_their_path);
}

#[test]
fn sources_start_with_a_header() {
    keeps(files::start_with_a_header);
}

#[test]
fn sources_stay_short() {
    println!("{}", files::lengths(workspace()));
    keeps(files::stay_short);
}

#[test]
fn files_have_telling_names() {
    keeps(files::have_telling_names);
}

#[test]
fn the_map_names_every_package() {
    keeps(map::names_every_package);
}

#[test]
fn the_lan_s_page_agrees_with_the_protocol() {
    keeps(asyncapi::agrees_with_the_protocol);
}

#[test]
fn nothing_is_left_for_later() {
    keeps(marks::leave_no_notes);
    keeps(marks::switch_nothing_off);
}

#[test]
fn no_unit_test_waits_for_the_wall_clock() {
    keeps(marks::wait_for_no_wall_clock);
}

#[test]
fn fuzz_targets_can_be_found() {
    keeps(fuzz::targets_can_be_found);
}

#[test]
fn pure_crates_keep_the_world_out() {
    keeps(purity::keep_the_world_out);
}

#[test]
fn names_are_the_house_s() {
    keeps(words::are_the_house_s);
    keeps(words::stay_replaced);
}

#[test]
fn no_circle_of_files() {
    keeps(circles::of_files_are_none);
}

#[test]
fn types_have_names_of_their_own() {
    keeps(types::have_names_of_their_own);
}

#[test]
fn functions_take_no_bools_and_few_fields_hold_text() {
    println!("{}", shapes::texts(workspace()));
    keeps(shapes::take_no_bools);
    keeps(shapes::hold_few_texts);
}

#[test]
fn domains_are_named_where_listed() {
    keeps(domains::are_named_where_listed);
}

#[test]
fn how_to_add_names_what_exists() {
    keeps(howto::names_what_exists);
}

#[test]
fn threats_name_tests_that_exist() {
    keeps(threats::name_tests_that_exist);
}

/// Read once for all tests of this process.
fn workspace() -> &'static Tree {
    static WORKSPACE: OnceLock<Tree> = OnceLock::new();
    WORKSPACE.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let tree = Tree::read(&root).unwrap();
        assert!(
            tree.sources().count() > 20,
            "this is not the workspace: {}",
            root.display()
        );
        tree
    })
}

fn keeps(rule: Rule) {
    let mut findings = rule(workspace());
    findings.sort();
    let lines: String = findings.iter().map(|finding| format!("\n{finding}")).collect();
    assert!(findings.is_empty(), "{} to put in order:{lines}", findings.len());
}
