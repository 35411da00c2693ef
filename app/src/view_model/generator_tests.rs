//! Rules of the form.

use domain::schema::parameters::parameters;
use domain::schema::{Argument, Decided, ExclusiveGroup, Literal, ParserSchema};

use crate::view_model::sections::{Filter, Item, Node, Section, SectionTitle};

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
    FormModel::new(parameters(&parser), Vec::new(), SweepOptions::default())
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
            items: vec![Item::Field(2)]
        }
    );
    let all: usize = sections.iter().map(|section| section.items.len()).sum();
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
            .map(|s| s.items.len())
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

fn either() -> FormModel {
    let member = |dest: &str, type_name: &str, default: Literal| Argument {
        mx: Some("g".to_owned()),
        ..argument(dest, type_name, default, None)
    };
    let parser = ParserSchema {
        args: vec![
            member("cpu", "int", Literal::Null),
            argument("lr", "float", Literal::Float(0.1), None),
            member("gpu", "int", Literal::Null),
        ],
        exclusive_groups: vec![ExclusiveGroup {
            id: "g".to_owned(),
            required: false,
        }],
        ..ParserSchema::default()
    };
    FormModel::new(parameters(&parser), Vec::new(), SweepOptions::default())
}

#[test]
fn alternatives_stand_together_and_one_of_them_is_given() {
    let mut form = either();
    let (cpu, gpu) = (Key::from("cpu"), Key::from("gpu"));
    let sections = form.sections(&Filter::default(), &[]);
    let group = Item::Either {
        group: "g".to_owned(),
        members: vec![0, 2],
    };
    assert_eq!(sections[0].items, [group, Item::Field(1)]);
    form.set(&cpu, "2");
    form.set(&gpu, "0");
    assert_eq!((form.text(&cpu), form.text(&gpu)), ("", "0"));
    assert_eq!(form.chosen("g"), Some(gpu.clone()));
    // What was typed comes back with its alternative.
    form.choose("g", Some(&cpu));
    assert_eq!((form.text(&cpu), form.text(&gpu)), ("2", ""));
    form.choose("g", None);
    assert_eq!(form.chosen("g"), None);
    assert!(form.inputs().is_empty());
    // What YAML says is not bent: both are kept, and refused.
    form.replace(vec![
        Input {
            key: cpu,
            text: "1".to_owned(),
        },
        Input {
            key: gpu,
            text: "1".to_owned(),
        },
    ]);
    assert_eq!(form.error_count(), 1);
}

#[test]
fn marks_say_what_became_of_a_default() {
    let mut form = form();
    let lr = Key::from("lr");
    let mut mark = |text: &str| {
        form.set(&lr, text);
        form.mark(0)
    };
    assert_eq!(mark(""), FieldMark::Inherited);
    assert_eq!(mark("0.5"), FieldMark::Overridden);
    assert_eq!(mark("0.5 | 0.6"), FieldMark::Swept);
    assert_eq!(mark("x"), FieldMark::Invalid);
}

#[test]
fn a_tree_follows_the_dots() {
    let config = from_yaml("a: 1\nmodel:\n  net: {depth: 2}\n  lr: 0.1\n").unwrap();
    let form = FormModel::new(
        domain::config::parameters_of(&config),
        Vec::new(),
        SweepOptions::default(),
    );
    let net = Node::Branch {
        path: "model.net".to_owned(),
        nodes: vec![Node::Leaf(1)],
    };
    assert_eq!(
        form.tree(&Filter::default()),
        [
            Node::Leaf(0),
            Node::Branch {
                path: "model".to_owned(),
                nodes: vec![net, Node::Leaf(2)],
            }
        ]
    );
}

#[test]
fn a_resolved_config_becomes_texts_that_mean_exactly_its_values() {
    let config = from_yaml("name: x\nlr: 0.1\nsizes: [1]\n").unwrap();
    let parameters = domain::config::parameters_of(&config);
    let inputs = literal_inputs(
        &parameters,
        "name: 'a | b'\nlr: 0.1\nsizes: [2, 3]\nold: 1\n",
    )
    .unwrap();
    let form = FormModel::new(parameters, inputs.clone(), SweepOptions::default());
    let keys: Vec<&str> = inputs.iter().map(|input| input.key.as_str()).collect();
    assert_eq!(keys, ["name", "sizes", "old"]);
    let known: Vec<Input> = inputs
        .into_iter()
        .filter(|input| input.key.as_str() != "old")
        .collect();
    let mut form = form;
    form.replace(known);
    let grid = form.preview().grid.unwrap();
    assert_eq!(grid.count(), 1);
    let point = grid.point(0).unwrap();
    assert_eq!(
        point.get(&"name".into()),
        Some(&Value::Text("a | b".to_owned()))
    );
}

#[test]
fn a_template_is_edited_in_place() {
    let text =
        "# the net\nmodel:\n  depth: 2  # layers\n  name: x\nlr: 0.1\n__run__: {__main__: a:b}\n";
    let mut values = from_yaml(text).unwrap();
    if let Value::Map(entries) = &mut values {
        entries.retain(|(key, _)| !key.starts_with("__"));
    }
    let parameters = domain::config::parameters_of(&values);
    let input = |key: &str, text: &str| Input {
        key: key.into(),
        text: text.to_owned(),
    };
    let inputs = vec![
        input("model.depth", "3"),
        input("model.name", "12"),
        input("lr", "1e-3 | 1e-2"),
    ];
    let edited = edited_yaml(text, &parameters, &inputs).unwrap();
    assert!(
        edited.starts_with("# the net\nmodel:\n  depth: 3  # layers\n"),
        "{edited}"
    );
    let mut back = inputs_of_template(text, &parameters, &edited).unwrap();
    back.sort_by(|a, b| a.key.cmp(&b.key));
    let mut wanted = inputs;
    wanted.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(back, wanted);
}
