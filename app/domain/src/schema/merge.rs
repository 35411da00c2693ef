//! A static reading and the real parser, put together.
//!
//! The real parser is right about everything it says; the reading knows what no parser tells: lines, conditions, the
//! source text of values that have no literal form, the script's other parsers.

use serde_json::{Map, Value as Json, json};

use super::{
    Argument, ArgumentPlace, Differences, FieldDifference, Literal, Origin, ParserSchema, Schema,
    Subcommands,
};

/// The fields of an argument that are compared, by their JSON names.
const FIELDS: [&str; 11] = [
    "flags", "type", "default", "choices", "nargs", "required", "action", "const", "metavar",
    "help", "group",
];

/// What [`merge`] gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// The real parser's schema with what the reading adds.
    pub schema: Schema,
    /// How the reading differs.
    pub differences: Differences,
}

/// What [`compare`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Arguments of the real parser.
    pub arguments: usize,
    /// Of those, the ones that the reading has right in every field.
    pub exact: usize,
    /// The others, and everything else that differs.
    pub differences: Differences,
    /// For each argument of the real parser the index of the same in the reading.
    pairs: Vec<Option<usize>>,
}

/// The schema to use once the script itself was asked.
///
/// If another parser of the script fits better than the one the reading chose, that one is merged, and the chosen one
/// stays among the alternatives.
pub fn merge(read: &Schema, probe: &ParserSchema) -> Merged {
    let all: Vec<&ParserSchema> = std::iter::once(&read.parser)
        .chain(&read.alternatives)
        .collect();
    let shared = |parser: &ParserSchema| {
        let found = pairs(&parser.args, &probe.args);
        found.iter().flatten().count()
    };
    let best = (0..all.len())
        .max_by_key(|at| (shared(all[*at]), std::cmp::Reverse(*at)))
        .unwrap_or(0);
    let chosen = all.get(best).copied().unwrap_or(&read.parser);
    let comparison = compare(chosen, probe);
    let mut parser = probe.clone();
    for (argument, pair) in parser.args.iter_mut().zip(&comparison.pairs) {
        argument.origin = Origin::Probe;
        argument.read = Map::new();
        if let Some(known) = pair.and_then(|at| chosen.args.get(at)) {
            adopt(argument, known);
        }
    }
    let alternatives = all.iter().enumerate().filter(|(at, _)| *at != best);
    Merged {
        schema: Schema {
            parser,
            alternatives: alternatives.map(|(_, parser)| (*parser).clone()).collect(),
            warnings: read.warnings.clone(),
        },
        differences: comparison.differences,
    }
}

/// Compares a reading with the real parser, field by field.
pub fn compare(read: &ParserSchema, probe: &ParserSchema) -> Comparison {
    let pairs = pairs(&read.args, &probe.args);
    let mut differences = Differences::default();
    let mut exact = 0;
    for (argument, pair) in probe.args.iter().zip(&pairs) {
        let Some(known) = pair.and_then(|at| read.args.get(at)) else {
            differences.only_probe.push(place(argument, None));
            continue;
        };
        let mut fields = field_differences(known, argument);
        fields.extend(group_difference(read, known, probe, argument));
        exact += usize::from(fields.is_empty());
        differences.fields.extend(fields);
    }
    let unpaired = (0..read.args.len()).filter(|at| !pairs.contains(&Some(*at)));
    differences.only_static = unpaired
        .filter_map(|at| read.args.get(at))
        .map(|argument| place(argument, Some(argument.line)))
        .collect();
    differences.parser = parser_differences(read, probe);
    Comparison {
        arguments: probe.args.len(),
        exact,
        differences,
        pairs,
    }
}

impl Comparison {
    /// How many facts the reading left open: fields, arguments it did not see, arguments it called conditional.
    pub fn undecided(&self) -> usize {
        let all = self
            .differences
            .fields
            .iter()
            .chain(&self.differences.parser);
        let open = all.filter(|difference| difference.undecided).count();
        open + self.differences.only_probe.len()
    }

    /// What the reading says and the real parser does not, one line each: `lr.default: 1 instead of 2`.
    pub fn wrong(&self) -> Vec<String> {
        let all = self
            .differences
            .fields
            .iter()
            .chain(&self.differences.parser);
        let fields = all.filter(|difference| !difference.undecided).map(|found| {
            let name = match found.argument.as_str() {
                "" => found.field.clone(),
                argument => format!("{argument}.{}", found.field),
            };
            format!("{name}: {} instead of {}", found.read, found.probe)
        });
        // A condition that could not be decided was not met.
        let arguments = self.differences.only_static.iter();
        let arguments = arguments
            .filter(|place| place.conditional.is_none())
            .map(|place| format!("{} (line {}) does not exist", place.argument, place.line));
        fields.chain(arguments).collect()
    }
}

type Same = fn(&Argument, &Argument) -> bool;

/// Which argument of the reading each argument of the real parser is.
///
/// First those with the same flags; of several (both branches of an undecided `if`) the one that fits best. Then those
/// with the same destination and a flag in common.
fn pairs(read: &[Argument], probe: &[Argument]) -> Vec<Option<usize>> {
    let mut is_free = vec![true; read.len()];
    let mut found = vec![None; probe.len()];
    let same_flags: Same = |a, b| a.flags == b.flags;
    let shared_flag: Same = |a, b| a.flags.iter().any(|flag| b.flags.contains(flag));
    for same in [same_flags, shared_flag] {
        for (slot, argument) in found
            .iter_mut()
            .zip(probe)
            .filter(|(slot, _)| slot.is_none())
        {
            let candidates = read.iter().enumerate().filter(|(at, known)| {
                is_free[*at]
                    && known.dest == argument.dest
                    && known.subcommand == argument.subcommand
                    && known.positional == argument.positional
                    && same(known, argument)
            });
            *slot = candidates
                .min_by_key(|(_, known)| field_differences(known, argument).len())
                .map(|(at, _)| at);
            if let Some(at) = *slot {
                is_free[at] = false;
            }
        }
    }
    found
}

/// What only the reading knows, and how it differs.
fn adopt(argument: &mut Argument, known: &Argument) {
    argument.line = known.line;
    argument.conditional.clone_from(&known.conditional);
    for difference in field_differences(known, argument) {
        argument.read.insert(difference.field, difference.read);
    }
    // Objects have no literal form: their source says more than what Python prints of them. A reading that took an
    // object for something it is not is wrong, and does not count.
    let literals = [
        (&mut argument.default, &known.default),
        (&mut argument.const_value, &known.const_value),
        (&mut argument.metavar, &known.metavar),
    ];
    for (probed, read) in literals {
        if matches!(probed, Literal::Expr(_)) && !read.is_decided() {
            probed.clone_from(read);
        }
    }
    // A set has no order of its own: the one in the source is the one people know.
    let is_same = |a: &Json, b: &Json| a != b && agree("choices", a, b);
    if is_same(&json!(argument.choices), &json!(known.choices)) {
        argument.choices.clone_from(&known.choices);
    }
}

fn field_differences(read: &Argument, probe: &Argument) -> Vec<FieldDifference> {
    let (said, real) = (json!(read), json!(probe));
    let argument = name(probe);
    FIELDS
        .iter()
        .filter_map(|field| difference(&argument, field, &said[field], &real[field]))
        .collect()
}

/// Exclusive groups are numbered, and the numbers mean nothing: their members do.
fn group_difference(
    read: &ParserSchema,
    known: &Argument,
    probe: &ParserSchema,
    argument: &Argument,
) -> Option<FieldDifference> {
    let members = |parser: &ParserSchema, of: &Argument| -> Json {
        let Some(id) = &of.mx else { return Json::Null };
        let members = parser.args.iter().filter(|one| one.mx.as_ref() == Some(id));
        // What exists only under an unmet condition is no member of the real group.
        let mut names: Vec<String> = members
            .filter(|one| {
                one.conditional.is_none() || probe.args.iter().any(|real| real.flags == one.flags)
            })
            .map(name)
            .collect();
        names.sort();
        json!(names)
    };
    let (said, real) = (members(read, known), members(probe, argument));
    difference(&name(argument), "mx", &said, &real)
}

fn parser_differences(read: &ParserSchema, probe: &ParserSchema) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    found.extend(subcommand_differences(read, probe));
    // Groups that were not found are as open as their members.
    let (said, real) = (groups(read), groups(probe));
    let fewer = read.exclusive_groups.len() < probe.exclusive_groups.len();
    found.extend(
        difference("", "exclusive_groups", &said, &real).map(|found| FieldDifference {
            undecided: found.undecided || fewer,
            ..found
        }),
    );
    found.extend(difference(
        "",
        "prefix_chars",
        &json!(read.prefix_chars),
        &json!(probe.prefix_chars),
    ));
    let said = |dest: &str| read.set_defaults.iter().find(|(name, _)| name == dest);
    for (dest, real) in &probe.set_defaults {
        let field = format!("set_defaults.{dest}");
        match said(dest) {
            Some((_, said)) => found.extend(difference("", &field, &json!(said), &json!(real))),
            None if real.is_decided() => found.push(FieldDifference {
                field,
                probe: json!(real),
                undecided: true,
                ..FieldDifference::default()
            }),
            None => {}
        }
    }
    found
}

/// What the reading did not find is open; what it says must be so.
fn subcommand_differences(read: &ParserSchema, probe: &ParserSchema) -> Vec<FieldDifference> {
    let names = |subs: Option<&Subcommands>| -> Json {
        let choices = subs.into_iter().flat_map(|subs| &subs.choices);
        choices
            .map(|choice| json!([choice.name, choice.aliases]))
            .collect()
    };
    let mut found = Vec::new();
    let at = |parser: &'_ ParserSchema, path: &[String]| {
        parser.subcommands.iter().position(|subs| subs.at == path)
    };
    for real in &probe.subcommands {
        let said = at(read, &real.at).and_then(|index| read.subcommands.get(index));
        let name = |field: &str| {
            format!(
                "subcommands{}.{field}",
                real.at
                    .iter()
                    .map(|part| format!(" {part}"))
                    .collect::<String>()
            )
        };
        if let Some(said) = said {
            found.extend(difference(
                "",
                &name("dest"),
                &json!(said.dest),
                &json!(real.dest),
            ));
            found.extend(difference(
                "",
                &name("required"),
                &json!(said.required),
                &json!(real.required),
            ));
        }
        let (ours, theirs) = (names(said), names(Some(real)));
        let unknown = |name: &Json| {
            !theirs
                .as_array()
                .is_some_and(|theirs| theirs.contains(name))
        };
        let is_part = !ours.as_array().is_some_and(|ours| ours.iter().any(unknown));
        let is_short = ours.as_array().map(Vec::len) < theirs.as_array().map(Vec::len);
        found.extend(
            difference("", &name("choices"), &ours, &theirs).map(|found| FieldDifference {
                undecided: is_part && is_short,
                ..found
            }),
        );
    }
    let invented = read
        .subcommands
        .iter()
        .filter(|subs| at(probe, &subs.at).is_none());
    found.extend(
        invented.filter_map(|subs| difference("", "subcommands", &names(Some(subs)), &Json::Null)),
    );
    found
}

/// How many groups there are and which must have a member given; who is in them stands at the arguments.
fn groups(parser: &ParserSchema) -> Json {
    let mut all: Vec<bool> = parser
        .exclusive_groups
        .iter()
        .map(|group| group.required)
        .collect();
    all.sort_unstable();
    json!(all)
}

fn difference(argument: &str, field: &str, read: &Json, probe: &Json) -> Option<FieldDifference> {
    let undecided = is_undecided(read);
    // What has no literal form can only be shown as source text: then undecided is all there is to say.
    if agree(field, read, probe) || (undecided && is_undecided(probe)) {
        return None;
    }
    Some(FieldDifference {
        argument: argument.to_owned(),
        field: field.to_owned(),
        read: read.clone(),
        probe: probe.clone(),
        undecided,
    })
}

fn is_undecided(value: &Json) -> bool {
    match value {
        Json::Object(object) => object.contains_key("$expr") || object.values().any(is_undecided),
        Json::Array(items) => items.iter().any(is_undecided),
        _ => false,
    }
}

fn agree(field: &str, read: &Json, probe: &Json) -> bool {
    let sets = (read.get("$set"), probe.get("$set"));
    match sets {
        (Some(read), Some(probe)) => sorted(read) == sorted(probe),
        // `choices={…}` is listed in an order that changes from run to run.
        _ if field == "choices" && read.is_array() && probe.is_array() => {
            sorted(read) == sorted(probe)
        }
        _ => read == probe,
    }
}

fn sorted(value: &Json) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    let mut texts: Vec<String> = items.map(Json::to_string).collect();
    texts.sort();
    texts
}

fn name(argument: &Argument) -> String {
    let path = argument.subcommand.iter().chain([&argument.dest]);
    path.map(String::as_str).collect::<Vec<_>>().join("/")
}

fn place(argument: &Argument, line: Option<u32>) -> ArgumentPlace {
    ArgumentPlace {
        argument: name(argument),
        flags: argument.flags.clone(),
        line: line.unwrap_or(0),
        conditional: argument.conditional.clone(),
    }
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
