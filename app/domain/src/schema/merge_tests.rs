//! The laws of a merge, over generated parsers, and its rules on small ones.

use proptest::prelude::*;

use super::*;
use crate::schema::{Decided, ExclusiveGroup};

fn argument(dest: &str) -> Argument {
    Argument {
        dest: dest.to_owned(),
        flags: vec![format!("--{dest}")],
        line: 7,
        ..Argument::default()
    }
}

fn parser(args: Vec<Argument>) -> ParserSchema {
    ParserSchema {
        args,
        ..ParserSchema::default()
    }
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(Literal::Int),
        any::<f64>().prop_map(Literal::Float),
        "[a-z$ ]{0,5}".prop_map(Literal::Text),
        prop::collection::vec(0..3_i64, 0..4)
            .prop_map(|items| Literal::Set(items.into_iter().map(Literal::Int).collect())),
        "[a-z.]{1,8}".prop_map(Literal::Expr),
        Just(Literal::Suppress),
    ]
}

fn arguments() -> impl Strategy<Value = Argument> {
    let flags = prop::sample::subsequence(vec!["--a", "--b", "-c", "-d"], 0..=3);
    let fields = (
        literals(),
        any::<bool>(),
        prop::option::of("[a-z]{1,4}"),
        0..50_u32,
    );
    (
        prop::sample::select(vec!["a", "b", "c"]),
        flags,
        fields,
        prop::option::of(Just("g1")),
    )
        .prop_map(
            |(dest, flags, (default, required, condition, line), mx)| Argument {
                dest: dest.to_owned(),
                positional: flags.is_empty(),
                flags: flags.into_iter().map(str::to_owned).collect(),
                default,
                required: Decided::Known(required),
                conditional: condition,
                line,
                mx: mx.map(str::to_owned),
                ..Argument::default()
            },
        )
}

fn parsers() -> impl Strategy<Value = ParserSchema> {
    prop::collection::vec(arguments(), 0..6).prop_map(parser)
}

proptest! {
    #[test]
    fn a_reading_agrees_with_itself(read in parsers()) {
        let found = compare(&read, &read);
        prop_assert_eq!(found.wrong(), Vec::<String>::new());
        prop_assert_eq!(found.exact, read.args.len());
        prop_assert!(found.differences.is_empty(), "{:?}", found.differences);
    }

    #[test]
    fn a_merge_accepts_what_the_real_parser_accepts(read in parsers(), probe in parsers()) {
        let merged = merge(&Schema { parser: read, ..Schema::default() }, &probe).schema.parser;
        prop_assert_eq!(merged.args.len(), probe.args.len());
        for (merged, real) in merged.args.iter().zip(&probe.args) {
            prop_assert_eq!(merged.origin, Origin::Probe);
            prop_assert_eq!((&merged.dest, &merged.flags, &merged.required), (&real.dest, &real.flags, &real.required));
            if real.default.is_decided() {
                prop_assert_eq!(json!(merged.default), json!(real.default));
            }
        }
    }

    #[test]
    fn every_argument_of_the_reading_is_merged_or_told(read in parsers(), probe in parsers()) {
        let found = compare(&read, &probe);
        let paired = found.pairs.iter().flatten().count();
        prop_assert_eq!(paired + found.differences.only_static.len(), read.args.len());
        prop_assert_eq!(paired + found.differences.only_probe.len(), probe.args.len());
        let mut used: Vec<_> = found.pairs.iter().flatten().collect();
        used.sort_unstable();
        used.dedup();
        prop_assert_eq!(used.len(), paired, "no argument is merged twice");
    }

    #[test]
    fn merging_again_changes_nothing(read in parsers(), probe in parsers()) {
        let schema = Schema { parser: read, ..Schema::default() };
        let once = merge(&schema, &probe);
        prop_assert_eq!(merge(&schema, &once.schema.parser).schema.parser.args.len(), once.schema.parser.args.len());
        let merged = Schema { parser: once.schema.parser.clone(), ..Schema::default() };
        prop_assert_eq!(merge(&merged, &probe).differences, Differences::default());
    }
}

#[test]
fn a_field_that_differs_keeps_what_was_read() {
    let mut read = argument("lr");
    read.default = Literal::Expr("pick()".to_owned());
    read.help = Decided::Known(Some("rate".to_owned()));
    let mut probe = argument("lr");
    probe.default = Literal::Float(0.1);
    probe.line = 0;
    let merged = merge(
        &Schema {
            parser: parser(vec![read]),
            ..Schema::default()
        },
        &parser(vec![probe]),
    );
    let argument = json!(merged.schema.parser.args[0]);
    assert_eq!(argument["default"], json!(0.1));
    assert_eq!(
        argument["static"],
        json!({ "default": { "$expr": "pick()" }, "help": "rate" })
    );
    assert_eq!(argument["line"], 7);
    assert_eq!(argument["origin"], "probe");
    let undecided: Vec<bool> = merged
        .differences
        .fields
        .iter()
        .map(|found| found.undecided)
        .collect();
    assert_eq!(undecided, [true, false]);
}

#[test]
fn what_has_no_literal_form_keeps_its_source_text_and_is_no_difference() {
    let mut read = argument("out");
    read.default = Literal::Expr("sys.stdout".to_owned());
    let mut probe = argument("out");
    probe.default = Literal::Expr("<_io.TextIOWrapper>".to_owned());
    let schema = Schema {
        parser: parser(vec![read.clone()]),
        ..Schema::default()
    };
    let merged = merge(&schema, &parser(vec![probe]));
    assert!(merged.differences.is_empty());
    assert_eq!(merged.schema.parser.args[0].default, read.default);
}

#[test]
fn groups_are_compared_by_their_members_not_by_their_numbers() {
    let member = |dest: &str, id: &str| Argument {
        mx: Some(id.to_owned()),
        ..argument(dest)
    };
    let group = |id: &str| ExclusiveGroup {
        id: id.to_owned(),
        required: true,
    };
    let mut read = parser(vec![member("a", "g2"), member("b", "g2")]);
    read.exclusive_groups = vec![group("g2")];
    let mut probe = parser(vec![member("a", "g1"), member("b", "g1")]);
    probe.exclusive_groups = vec![group("g1")];
    assert_eq!(compare(&read, &probe).wrong(), Vec::<String>::new());
    probe.args[1].mx = None;
    assert_eq!(compare(&read, &probe).wrong().len(), 2);
}

#[test]
fn the_alternative_that_fits_is_the_one_that_is_merged() {
    let read = Schema {
        parser: parser(vec![argument("a")]),
        alternatives: vec![parser(vec![argument("b"), argument("c")])],
        ..Schema::default()
    };
    let merged = merge(&read, &parser(vec![argument("b"), argument("c")]));
    assert!(merged.differences.is_empty(), "{:?}", merged.differences);
    assert_eq!(merged.schema.alternatives, [parser(vec![argument("a")])]);
}

#[test]
fn an_argument_under_an_unmet_condition_is_not_wrong() {
    let mut read = argument("fast");
    let probe = parser(vec![]);
    assert_eq!(
        compare(&parser(vec![read.clone()]), &probe).wrong(),
        ["fast (line 7) does not exist"]
    );
    read.conditional = Some("args.cuda".to_owned());
    assert_eq!(
        compare(&parser(vec![read]), &probe).wrong(),
        Vec::<String>::new()
    );
}

#[test]
fn an_object_that_was_read_as_something_else_stays_the_object() {
    let mut read = argument("lr");
    read.default = Literal::Suppress;
    let mut probe = argument("lr");
    probe.default = Literal::Expr("<Rate>".to_owned());
    let schema = Schema {
        parser: parser(vec![read]),
        ..Schema::default()
    };
    let merged = merge(&schema, &parser(vec![probe])).schema.parser;
    assert_eq!(merged.args[0].default, Literal::Expr("<Rate>".to_owned()));
}
