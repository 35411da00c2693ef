//! Python's own argparse reads back what `argv` writes: random parsers, random values.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]
#![expect(clippy::float_cmp, reason = "values must come back exactly")]

#[path = "support/random.rs"]
mod random;
mod support;

use domain::config::{Key, Value};
use domain::grid::{Input, Point, plan, text_of};
use domain::schema::argv::argv;
use domain::schema::parameters::{Parameter, ScalarKind, parameters};
use domain::schema::{
    Action, Argument, Decided, ExclusiveGroup, Literal, Nargs, ParserSchema, SubcommandChoice,
    Subcommands,
};
use random::Random;

const CASES: usize = 1500;

const TEXTS: &[&str] = &[
    "",
    " ",
    "-",
    "--x",
    "-x",
    "-1",
    "-1.5",
    "-1e-5",
    "a",
    "b c",
    "-a b",
    "--foo bar",
    "é😀",
    "line\nbreak",
    "=",
    "a=b",
    "--lr=3",
    "@file",
    "null",
    "None",
    "'",
    "\"",
    "\\",
    "|",
    "(a)",
    "(a | b)",
    "[a]",
    "[a, b",
    "1:5",
    "true",
    "train",
    "$HOME",
    "%s",
    "#",
    "x,",
    "C:\\dir\\",
    "'q' \"r\"",
    "\\|",
    "\\\"",
    " pad ",
];

struct Maker {
    random: Random,
    names: usize,
}

impl Maker {
    fn name(&mut self) -> String {
        self.names += 1;
        let word = *self
            .random
            .pick(&["lr", "batch_size", "out", "command", "tags", "seed"]);
        format!("{word}{}", self.names)
    }

    fn scalar(&mut self, kind: &str) -> Value {
        match kind {
            "int" => match self.random.below(5) {
                0 => Value::Int(0),
                1 => Value::Int(-7),
                2 => Value::BigInt("-123456789012345678901234567890".to_owned()),
                _ => Value::Int(i64::try_from(self.random.below(2000)).unwrap() - 1000),
            },
            "float" => {
                let pool = [
                    0.1,
                    -0.1,
                    1e-5,
                    -1e-5,
                    -1e-300,
                    1e20,
                    -2.0,
                    3.0,
                    f64::INFINITY,
                    f64::NEG_INFINITY,
                    f64::NAN,
                    123_456.75,
                ];
                Value::Float(*self.random.pick(&pool))
            }
            "str2bool" | "bool" => Value::Bool(self.random.once_in(2)),
            "Path" => {
                Value::Text((*self.random.pick(&["a/b", "-x", "out", "-", "x y"])).to_owned())
            }
            _ => Value::Text((*self.random.pick(TEXTS)).to_owned()),
        }
    }

    fn flags(&mut self, name: &str) -> Vec<String> {
        let short = format!("-{}", &"abcdefgijklmA"[self.names % 13..][..1]);
        let long = format!(
            "--{}",
            if self.random.once_in(2) {
                name.replace('_', "-")
            } else {
                name.to_owned()
            }
        );
        match self.random.below(8) {
            0 if self.names < 13 => vec![short],
            1 if self.names < 13 => vec![short, long],
            2 => vec![format!(
                "-{}{}",
                &"nopqrstuvwxyz"[self.names % 13..][..1],
                self.names
            )],
            3 => vec![long.clone(), format!("{long}-too")],
            _ => vec![long],
        }
    }

    fn option(&mut self, path: &[String]) -> Argument {
        let dest = self.name();
        let flags = self.flags(&dest);
        let mut argument = Argument {
            dest,
            flags,
            subcommand: path.to_vec(),
            line: 1,
            ..Argument::default()
        };
        let kind = *self
            .random
            .pick(&["int", "float", "str", "", "str2bool", "bool", "Path"]);
        let action = match self.random.below(14) {
            0 => Action::StoreTrue,
            1 => Action::StoreFalse,
            2 => Action::StoreConst,
            3 | 4 => Action::Append,
            5 => Action::AppendConst,
            6 => Action::Extend,
            7 => Action::Count,
            8 => Action::BooleanOptional,
            _ => Action::Store,
        };
        match action {
            Action::StoreTrue | Action::StoreFalse | Action::BooleanOptional => {
                let usual = action == Action::StoreFalse;
                argument.default = Literal::Bool(usual ^ self.random.once_in(6));
            }
            Action::StoreConst | Action::AppendConst => {
                argument.const_value = literal(&self.scalar("str"));
                if action == Action::AppendConst && self.random.once_in(3) {
                    argument.default = Literal::List(vec![argument.const_value.clone()]);
                }
            }
            Action::Count => {
                argument.default = if self.random.once_in(2) {
                    Literal::Int(0)
                } else {
                    Literal::Int(1)
                }
            }
            _ => self.valued(&mut argument, kind, &action),
        }
        argument.action = Decided::Known(action);
        let takes_required = !matches!(
            argument.action.known(),
            Some(Action::StoreTrue | Action::StoreFalse | Action::Count)
        );
        if takes_required && self.random.once_in(8) {
            argument.required = Decided::Known(true);
        }
        argument
    }

    /// Another argument of the same destination: `--no-x` beside `--x`, or one more constant.
    fn pair_of(&mut self, argument: &Argument) -> Option<Argument> {
        let flags = vec![format!("--no-{}", argument.dest)];
        let mut other = Argument {
            flags,
            ..argument.clone()
        };
        match argument.action.known() {
            Some(Action::StoreTrue) => other.action = Decided::Known(Action::StoreFalse),
            Some(Action::StoreConst | Action::AppendConst) => {
                other.const_value = literal(&self.scalar("str"));
            }
            _ => return None,
        }
        let free = argument.required.known() == Some(&false);
        (free && self.random.once_in(2)).then_some(other)
    }

    fn valued(&mut self, argument: &mut Argument, kind: &str, action: &Action) {
        argument.type_name = Decided::Known((!kind.is_empty()).then(|| kind.to_owned()));
        let nargs = match self.random.below(10) {
            0 => Some(Nargs::Count(2)),
            1 => Some(Nargs::Count(1)),
            2 | 3 => Some(Nargs::OneOrMore),
            4 => Some(Nargs::ZeroOrMore),
            5 if *action == Action::Store => Some(Nargs::Optional),
            6 if *action == Action::Store && self.random.once_in(3) => Some(Nargs::Remainder),
            _ => None,
        };
        let nargs = if *action == Action::Extend {
            nargs.or(Some(Nargs::OneOrMore))
        } else {
            nargs
        };
        argument.nargs = Decided::Known(nargs);
        if nargs == Some(Nargs::Optional) {
            argument.const_value = if self.random.once_in(2) {
                Literal::Bool(true)
            } else {
                literal(&self.scalar(kind))
            };
        }
        if matches!(kind, "int" | "str") && self.random.once_in(4) {
            let choices = (0..3).map(|_| literal(&self.scalar(kind))).collect();
            argument.choices = Decided::Known(Some(choices));
            if matches!(argument.const_value, Literal::Text(_)) {
                argument.const_value = Literal::Bool(true);
            }
        }
        let collects = matches!(action, Action::Append | Action::Extend);
        if argument.choices.known() == Some(&None) && self.random.once_in(2) {
            argument.default = match (nargs.is_some_and(Nargs::is_list), collects) {
                (true, _) if *action == Action::Append => {
                    let length = if nargs == Some(Nargs::Count(2)) { 2 } else { 1 };
                    Literal::List(vec![Literal::List(
                        (0..length).map(|_| literal(&self.scalar(kind))).collect(),
                    )])
                }
                (true, _) | (_, true) => {
                    Literal::List((0..2).map(|_| literal(&self.scalar(kind))).collect())
                }
                _ if kind == "int" && self.random.once_in(4) => Literal::Text("12".to_owned()),
                _ => literal(&self.scalar(kind)),
            };
        }
    }

    fn positional(&mut self, path: &[String], last: bool) -> Argument {
        let dest = self.name();
        let kind = *self.random.pick(&["int", "float", "str", "", "Path"]);
        let mut argument = Argument {
            dest,
            positional: true,
            subcommand: path.to_vec(),
            line: 1,
            ..Argument::default()
        };
        argument.type_name = Decided::Known((!kind.is_empty()).then(|| kind.to_owned()));
        let nargs = match self.random.below(9) {
            0 => Some(Nargs::Optional),
            1 => Some(Nargs::ZeroOrMore),
            2 => Some(Nargs::OneOrMore),
            3 => Some(Nargs::Count(2)),
            4 if last => Some(Nargs::Remainder),
            _ => None,
        };
        argument.nargs = Decided::Known(nargs);
        if nargs == Some(Nargs::Optional) && self.random.once_in(2) {
            argument.default = literal(&self.scalar(kind));
        }
        if nargs == Some(Nargs::ZeroOrMore) && self.random.once_in(2) {
            argument.default = Literal::List(vec![literal(&self.scalar(kind))]);
        }
        argument
    }

    fn level(&mut self, schema: &mut ParserSchema, path: &[String]) {
        let deeper = path.len() < 2 && self.random.once_in(3 + path.len() * 2);
        for _ in 0..self.random.below(6) {
            let argument = self.option(path);
            let other = self.pair_of(&argument);
            schema.args.push(argument);
            schema.args.extend(other);
        }
        let count = self.random.below(if deeper { 2 } else { 4 });
        for index in 0..count {
            let argument = self.positional(path, !deeper && index + 1 == count);
            let place = if self.random.once_in(2) {
                0
            } else {
                schema.args.len()
            };
            schema.args.insert(place, argument);
        }
        // `insert` may have put a REMAINDER before other positionals of this level: keep it last.
        schema.args.sort_by_key(|a| {
            a.subcommand == path && a.positional && a.nargs.known() == Some(&Some(Nargs::Remainder))
        });
        if self.random.once_in(3) {
            self.exclusive(schema, path);
        }
        if deeper {
            let names = ["train", "eval"];
            let choice = |name: &&str| SubcommandChoice {
                name: (*name).to_owned(),
                ..SubcommandChoice::default()
            };
            schema.subcommands.push(Subcommands {
                dest: Some(format!("cmd{}", path.len())),
                required: !self.random.once_in(4),
                at: path.to_vec(),
                choices: names.iter().map(choice).collect(),
            });
            for name in names {
                let mut path = path.to_vec();
                path.push(name.to_owned());
                self.level(schema, &path);
            }
        }
    }

    fn exclusive(&mut self, schema: &mut ParserSchema, path: &[String]) {
        let id = format!("g{}", self.names);
        let dests: Vec<String> = schema.args.iter().map(|a| a.dest.clone()).collect();
        let optional = |a: &&mut Argument| {
            a.subcommand == path
                && !a.positional
                && a.required.known() == Some(&false)
                && dests.iter().filter(|dest| **dest == a.dest).count() == 1
        };
        let members: Vec<&mut Argument> = schema.args.iter_mut().filter(optional).take(2).collect();
        if members.len() == 2 {
            for member in members {
                member.mx = Some(id.clone());
            }
            schema.exclusive_groups.push(ExclusiveGroup {
                id,
                required: false,
            });
        }
    }

    fn value(&mut self, schema: &ParserSchema, parameter: &Parameter) -> Value {
        let Some(argument) = parameter.args.first().map(|index| &schema.args[*index]) else {
            return self.random.pick(&parameter.choices).clone();
        };
        let kind = match parameter.kind.scalar {
            ScalarKind::Bool => "bool",
            ScalarKind::Int => "int",
            ScalarKind::Float => "float",
            ScalarKind::Count => {
                return Value::Int(i64::try_from(1 + self.random.below(3)).unwrap());
            }
            ScalarKind::Any => "Path",
            ScalarKind::Text => "str",
        };
        let one = |maker: &mut Self| {
            if parameter.choices.is_empty() {
                maker.scalar(kind)
            } else {
                maker.random.pick(&parameter.choices).clone()
            }
        };
        if !parameter.kind.list {
            let bare = parameter
                .constant
                .clone()
                .filter(|_| self.random.once_in(3));
            return bare.unwrap_or_else(|| one(self));
        }
        let action = argument.action.known().cloned().unwrap_or_default();
        let length = match argument.nargs.known().copied().flatten() {
            Some(Nargs::Count(count)) => count as usize,
            _ => 1 + self.random.below(3),
        };
        let base = match (&action, &parameter.default) {
            (Action::Append | Action::AppendConst | Action::Extend, Some(Value::List(base))) => {
                base.clone()
            }
            _ => Vec::new(),
        };
        let many = (0..length).map(|_| one(self)).collect::<Vec<_>>();
        let added = if parameter.kind.nested {
            vec![Value::List(many)]
        } else {
            many
        };
        Value::List(base.into_iter().chain(added).collect())
    }

    fn point(&mut self, schema: &ParserSchema, parameters: &[Parameter]) -> Point {
        let mut chosen: Vec<String> = Vec::new();
        let mut groups: Vec<String> = Vec::new();
        let mut point = Point::default();
        for parameter in parameters {
            if !chosen.starts_with(&parameter.subcommand) {
                continue;
            }
            let taken = parameter.mx.as_ref().is_some_and(|id| groups.contains(id));
            let keep = parameter.default.is_some() && (taken || self.random.once_in(3));
            let value = if keep {
                parameter.default.clone()
            } else {
                Some(self.value(schema, parameter))
            };
            let Some(value) = value else { continue };
            groups.extend(parameter.mx.clone());
            if let (true, Value::Text(name)) = (parameter.args.is_empty(), &value) {
                chosen.push(name.clone());
            }
            point.values.push((parameter.key.clone(), value));
        }
        point
    }
}

fn literal(value: &Value) -> Literal {
    match value {
        Value::Bool(value) => Literal::Bool(*value),
        Value::Int(value) => Literal::Int(*value),
        Value::BigInt(digits) => Literal::BigInt(digits.clone()),
        Value::Float(value) => Literal::Float(*value),
        Value::Text(text) => Literal::Text(text.clone()),
        Value::List(items) => Literal::List(items.iter().map(literal).collect()),
        Value::Null | Value::Map(_) => Literal::Null,
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a == b || a.is_nan() && b.is_nan(),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (a, b) => a == b,
    }
}

struct Case {
    schema: ParserSchema,
    parameters: Vec<Parameter>,
    point: Point,
    argv: Vec<String>,
}

fn cases(count: usize, refused: &mut Vec<String>) -> Vec<Case> {
    let mut cases = Vec::new();
    for index in 0..count {
        let mut maker = Maker {
            random: Random::new(index as u64 * 7919),
            names: 0,
        };
        let mut schema = ParserSchema::default();
        maker.level(&mut schema, &[]);
        let parameters = parameters(&schema);
        let point = maker.point(&schema, &parameters);
        let varied: Vec<Key> = parameters
            .iter()
            .filter(|p| p.mx.is_none() && maker.random.once_in(4))
            .map(|p| p.key.clone())
            .collect();
        match argv(&schema, &parameters, &point, &varied) {
            Ok(argv) => cases.push(Case {
                schema,
                parameters,
                point,
                argv,
            }),
            Err(error) => refused.push(error.to_string()),
        }
    }
    cases
}

#[test]
fn python_reads_back_the_intended_values() {
    let mut refused = Vec::new();
    let cases = cases(CASES, &mut refused);
    let lines: Vec<String> = cases
        .iter()
        .map(|c| serde_json::json!({ "schema": c.schema, "argv": c.argv }).to_string())
        .collect();
    let answers = support::ask(
        &support::python("argparse"),
        include_str!("support/oracle.py"),
        &lines,
    );
    assert_eq!(answers.len(), cases.len());
    let mut wrong = Vec::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
        let Some(namespace) = answer.get("ok") else {
            wrong.push(format!(
                "{answer} from {:?}\n  {}",
                case.argv,
                serde_json::to_string(&case.schema).unwrap()
            ));
            continue;
        };
        for parameter in &case.parameters {
            let Some(wanted) = case.point.get(&parameter.key) else {
                continue;
            };
            let dest = parameter.key.segments().last().unwrap();
            let got: Value = serde_json::from_value(namespace[dest].clone()).unwrap();
            if !equal(&got, wanted) {
                wrong.push(format!(
                    "{dest}: wanted {wanted:?}, got {got:?} from {:?}\n  {parameter:?}",
                    case.argv
                ));
            }
        }
    }
    println!("{} cases, {} refused", cases.len(), refused.len());
    for refusal in &refused {
        println!("refused: {refusal:?}");
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
    assert!(
        refused.len() * 4 < cases.len(),
        "too many refusals: {}",
        refused.len()
    );
}

#[test]
fn typed_texts_give_the_same_points_as_the_values_they_came_from() {
    for case in cases(300, &mut Vec::new()) {
        let inputs: Vec<Input> = case
            .point
            .values
            .iter()
            .filter_map(|(key, value)| {
                let parameter = case.parameters.iter().find(|p| p.key == *key)?;
                (parameter.default.as_ref() != Some(value)).then(|| Input {
                    key: key.clone(),
                    text: text_of(parameter, value),
                })
            })
            .collect();
        let plan = plan(&case.parameters, &inputs);
        assert_eq!(plan.errors, [], "{inputs:?}");
        let grid = plan
            .grid
            .unwrap_or_else(|| panic!("{:?} from {inputs:?}", plan.fields));
        assert_eq!(grid.count(), 1, "{inputs:?}");
        let point = grid.point(0).unwrap();
        for (key, wanted) in &case.point.values {
            let got = point.get(key).unwrap();
            assert!(
                equal(got, wanted),
                "{key}: wanted {wanted:?}, got {got:?} from {inputs:?}"
            );
        }
    }
}
