//! What a script accepts, for people: a table by groups.

use domain::protocol::{Prevented, PreventedKind, ProbeSummary};
use domain::schema::{Action, Argument, Decided, Literal, Nargs, ParserSchema};
use serde_json::json;

use crate::cli::report;
use crate::service::probe::InUse;

/// Columns are not wider than this, in characters.
const MAX_FLAGS: usize = 32;
const MAX_KIND: usize = 16;
const MAX_DEFAULT: usize = 24;

/// Prints the parser in use, then what there is to know about the reading.
pub(super) fn print(used: &InUse) {
    let parser = &used.schema.parser;
    let mut place: Option<(Vec<String>, Option<String>)> = None;
    let widths = widths(parser);
    for argument in &parser.args {
        let here = (argument.subcommand.clone(), argument.group.clone());
        if place.as_ref() != Some(&here) {
            let title = argument.group.as_deref().unwrap_or("arguments");
            let path = here.0.join(" ");
            let title = if path.is_empty() {
                title.to_owned()
            } else {
                format!("{path}: {title}")
            };
            report::line(&report::printable(&format!("{title}:")));
            place = Some(here);
        }
        report::line(report::printable(&row(argument, widths)).trim_end());
    }
    for subs in &parser.subcommands {
        let names: Vec<&str> = subs
            .choices
            .iter()
            .map(|choice| choice.name.as_str())
            .collect();
        let at = if subs.at.is_empty() {
            String::new()
        } else {
            format!(" of {}", subs.at.join(" "))
        };
        let required = if subs.required {
            " (one is required)"
        } else {
            ""
        };
        report::line(&report::printable(&format!(
            "sub-commands{at}: {}{required}",
            names.join(", ")
        )));
    }
    others(used);
    for warning in &used.schema.warnings {
        report::note(&format!(
            "line {}: {}",
            warning.line,
            report::printable(&warning.message)
        ));
    }
    if let Some(probe) = &used.reading.probe {
        differences(probe);
    }
}

fn others(used: &InUse) {
    for choice in &used.reading.parsers {
        if choice.index != used.reading.parser {
            let text = format!(
                "another parser, line {}, {} arguments: {} (--parser {})",
                choice.line, choice.arguments, choice.label, choice.index
            );
            report::note(&report::printable(&text));
        }
    }
}

fn differences(probe: &ProbeSummary) {
    let found = &probe.differences;
    let say = |text: String| report::note(&report::printable(&text));
    for field in found.fields.iter().chain(&found.parser) {
        let name = format!("{} {}", field.argument, field.field);
        say(format!(
            "{}: the source says {}, the script {}",
            name.trim(),
            field.read,
            field.probe
        ));
    }
    for place in &found.only_static {
        say(format!(
            "{}: in the source (line {}), not in the script's parser",
            place.argument, place.line
        ));
    }
    for place in &found.only_probe {
        say(format!(
            "{}: in the script's parser, not in the source",
            place.argument
        ));
    }
    for one in &probe.prevented {
        say(prevented(one));
    }
    if probe.partial {
        say(
            "the script was not seen to read its whole command line; it may accept more".to_owned(),
        );
    }
}

fn prevented(one: &Prevented) -> String {
    let deed = match one.kind {
        PreventedKind::Write => "write",
        PreventedKind::Process => "start",
        PreventedKind::Network => "connect to",
        PreventedKind::Other => "do",
    };
    let place = match (&one.file, one.line) {
        (Some(file), Some(line)) => format!(" ({file}, line {line})"),
        _ => String::new(),
    };
    format!("prevented: {deed} `{}`{place}", one.what)
}

fn widths(parser: &ParserSchema) -> [usize; 3] {
    let widest = |cell: fn(&Argument) -> String, limit: usize| {
        let all = parser
            .args
            .iter()
            .map(|argument| cell(argument).chars().count());
        all.max().unwrap_or(0).min(limit)
    };
    [
        widest(flags, MAX_FLAGS),
        widest(kind, MAX_KIND),
        widest(default, MAX_DEFAULT),
    ]
}

fn row(argument: &Argument, [first, second, third]: [usize; 3]) -> String {
    let mut text = format!(
        "  {:first$}  {:second$}  {:third$}",
        flags(argument),
        kind(argument),
        default(argument)
    );
    if let Decided::Known(Some(choices)) = &argument.choices {
        let names: Vec<String> = choices.iter().map(literal).collect();
        text += &format!("  {{{}}}", names.join(", "));
    }
    if let Decided::Known(Some(help)) = &argument.help {
        text += &format!(
            "  {}",
            help.split_whitespace().collect::<Vec<_>>().join(" ")
        );
    }
    if let Some(condition) = &argument.conditional {
        text += &format!("  [only if {condition}]");
    }
    text
}

fn flags(argument: &Argument) -> String {
    if argument.positional {
        argument.dest.clone()
    } else {
        argument.flags.join(", ")
    }
}

fn kind(argument: &Argument) -> String {
    let action = match &argument.action {
        Decided::Known(Action::Store) => None,
        Decided::Known(action) => Some(action.as_str().to_owned()),
        Decided::Expr(source) => Some(source.clone()),
    };
    let name = match &argument.type_name {
        Decided::Known(name) => name.clone().unwrap_or_else(|| "str".to_owned()),
        Decided::Expr(source) => source.clone(),
    };
    let nargs = match &argument.nargs {
        Decided::Known(None) => String::new(),
        other => format!(" {}", json!(other).to_string().trim_matches('"')),
    };
    action.unwrap_or(name) + &nargs
}

fn default(argument: &Argument) -> String {
    // argparse calls a positional `*` required, which may be empty all the same.
    let may_be_empty = argument.nargs == Decided::Known(Some(Nargs::ZeroOrMore));
    if argument.required == Decided::Known(true) && !may_be_empty {
        return "required".to_owned();
    }
    match &argument.default {
        Literal::Null | Literal::Suppress => "-".to_owned(),
        Literal::Expr(source) => format!("? {source}"),
        value => literal(value),
    }
}

fn literal(value: &Literal) -> String {
    value
        .to_value()
        .map_or_else(|| json!(value).to_string(), |value| value.to_string())
}
