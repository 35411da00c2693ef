//! Rules of the form.

use domain::schema::{Argument, Decided, Literal};

use super::*;

fn argument(dest: &str, type_name: &str, default: Literal, group: Option<&str>) -> Argument {
    Argument {
        dest: dest.to_owned(),
        flags: vec![format!("--{dest}")],
        type_name: Decided::Known(Some(type_name.to_owned())),
        default,
        group: group.map(str::to_owned),
        help: Decided::Known(Some(format!("the {dest} of it"))),
        ..Argument::default()
    }
}

fn form() -> FormModel {
    let parser = ParserSchema {
        args: vec![
            argument("lr", "float", Literal::Float(0.1), None),
            argument("epochs", "int", Literal::Int(3), Some("training")),
            argument("seed", "int", Literal::Int(0), None),
        ],
        ..ParserSchema::default()
    };
    FormModel::new(&parser, Vec::new())
}

#[test]
fn an_error_keeps_the_last_good_preview() {
    let mut form = form();
    let (lr, seed) = (Key::from("lr"), Key::from("seed"));
    form.set(&lr, "0.1 | 0.2");
    form.set(&seed, "1:3");
    assert_eq!(form.preview().grid.unwrap().count(), 6);
    form.set(&seed, "1:x");
    let preview = form.preview();
    assert!(preview.is_stale);
    assert_eq!(preview.grid.unwrap().count(), 6);
    assert_eq!(form.error_count(), 1);
    form.set(&seed, "");
    assert!(!form.preview().is_stale);
    assert_eq!(form.preview().grid.unwrap().count(), 2);
}

#[test]
fn inputs_come_in_the_order_of_definition_and_foreign_keys_stay() {
    let mut form = form();
    let input = |key: &str, text: &str| Input {
        key: Key::from(key),
        text: text.to_owned(),
    };
    form.replace(vec![
        input("zz", "1"),
        input("seed", "1"),
        input("lr", "0.5"),
        input("epochs", ""),
    ]);
    assert_eq!(
        form.inputs(),
        [input("lr", "0.5"), input("seed", "1"), input("zz", "1")]
    );
    assert_eq!(form.changed_count(), 3);
    form.reset_all();
    assert!(form.inputs().is_empty());
}

#[test]
fn a_pinned_field_stands_once_and_on_top() {
    let form = form();
    let sections = form.sections(&Filter::default(), &[Key::from("seed")]);
    assert_eq!(
        sections[0],
        Section {
            title: SectionTitle::Pinned,
            fields: vec![2]
        }
    );
    let all: usize = sections.iter().map(|section| section.fields.len()).sum();
    assert_eq!(all, 3);
}

#[test]
fn every_word_of_a_search_must_occur() {
    let mut form = form();
    let search = |search: &str, only_changed| Filter {
        search: search.to_owned(),
        only_changed,
    };
    let count = |form: &FormModel, filter: Filter| {
        form.sections(&filter, &[])
            .iter()
            .map(|s| s.fields.len())
            .sum::<usize>()
    };
    assert_eq!(count(&form, search("THE lr", false)), 1);
    assert_eq!(count(&form, search("--epochs", false)), 1);
    assert_eq!(count(&form, search("nothing", false)), 0);
    assert_eq!(count(&form, search("", true)), 0);
    form.set(&Key::from("lr"), "1.0");
    assert_eq!(count(&form, search("", true)), 1);
}

#[test]
fn alternatives_are_joined_once() {
    assert_eq!(with_alternative("", "adam"), "adam");
    assert_eq!(with_alternative("adam", "sgd"), "adam | sgd");
    assert_eq!(with_alternative("adam | sgd", "adam"), "adam | sgd");
    assert_eq!(with_alternative("(a | b)", "c"), "(a | b | c)");
}

#[test]
fn a_choice_that_looks_like_syntax_is_quoted() {
    assert_eq!(choice_text("adam"), "adam");
    assert_eq!(choice_text("a|b"), "\"a|b\"");
    assert_eq!(choice_text(""), "\"\"");
    assert_eq!(choice_text("say \"hi\""), "\"say \\\"hi\\\"\"");
}

#[test]
fn the_caret_stands_under_the_place_even_where_something_is_missing() {
    assert_eq!(caret_line(2, 5), "  ^^^");
    assert_eq!(caret_line(3, 3), "   ^");
}
