//! `runyard inspect`: what a script accepts.

use std::process::ExitCode;

use domain::schema::Schema;
use domain::schema::parameters::{Parameter, parameters};

use super::arguments::InspectArgs;
use super::report::{self, Format};
use crate::service::experiments;

pub(super) fn inspect(args: &InspectArgs) -> ExitCode {
    let format = if args.json {
        Format::Json
    } else {
        Format::Text
    };
    let schema =
        experiments::locate(&args.script).and_then(|script| experiments::read_schema(&script));
    match schema {
        Err(error) => report::failure(&error, format),
        Ok(schema) if args.json => {
            let name = args
                .script
                .file_name()
                .unwrap_or_default()
                .to_string_lossy();
            report::line(&inspect::to_inspect_json(&schema, &name).to_string());
            ExitCode::SUCCESS
        }
        Ok(schema) => {
            print(&schema);
            ExitCode::SUCCESS
        }
    }
}

fn print(schema: &Schema) {
    let mut group: Option<Option<String>> = None;
    for parameter in parameters(&schema.parser) {
        if group.as_ref() != Some(&parameter.group) {
            let title = parameter.group.as_deref().unwrap_or("arguments");
            report::line(&format!("{}:", report::printable(title)));
            group = Some(parameter.group.clone());
        }
        report::line(&report::printable(&describe(&parameter)));
    }
    for warning in &schema.warnings {
        report::line_to_stderr(&format!(
            "{} line {}: {}",
            report::paint("33", "note:"),
            warning.line,
            report::printable(&warning.message)
        ));
    }
}

fn describe(parameter: &Parameter) -> String {
    let mut text = format!("  {:<24}", parameter.key.as_str());
    if let Some(default) = &parameter.default {
        text += &format!(" default {default}");
    } else if let Some(expression) = &parameter.default_expr {
        text += &format!(" default undecided: {expression}");
    }
    if parameter.required {
        text += " required";
    }
    if !parameter.choices.is_empty() {
        let choices: Vec<String> = parameter.choices.iter().map(ToString::to_string).collect();
        text += &format!(" one of {}", choices.join(", "));
    }
    if let Some(help) = &parameter.help {
        text += &format!(
            "  {}",
            help.split_whitespace().collect::<Vec<_>>().join(" ")
        );
    }
    text
}
