//! `runyard config`: what files make together, where each value comes from, and what two configs differ in.

use std::path::Path;
use std::process::ExitCode;

use domain::config::compose::Told;
use domain::config::yaml::to_yaml;

use super::arguments::{ConfigCommand, DiffArgs, ShowArgs};
use super::environment;
use super::report::{self, Format};
use crate::service::ServiceError;
use crate::service::config::{self, Compared, Shown};

/// Does what `runyard config …` says.
pub(super) fn config(command: &ConfigCommand) -> ExitCode {
    match command {
        ConfigCommand::Show(args) => show(args),
        ConfigCommand::Diff(args) => diff(args),
    }
}

/// The words of `runyard config show`: files, then overrides, and options anywhere before `--`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Words {
    files: Vec<String>,
    overrides: Vec<String>,
    raw: bool,
    json: bool,
    provenance: bool,
}

fn sorted(words: &[String], exists: impl Fn(&str) -> bool) -> Words {
    let mut found = Words::default();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--" => {
                found.overrides.extend(words.cloned());
                break;
            }
            "--raw" => found.raw = true,
            "--json" => found.json = true,
            "--yaml" => found.json = false,
            "--provenance" => found.provenance = true,
            flag if flag.starts_with("--") && !flag.contains('=') => {
                found.overrides.push(word.clone());
                found
                    .overrides
                    .extend(words.next_if(|next| !next.starts_with("--")).cloned());
            }
            // A file's name may hold any of the characters that overrides begin with.
            file if found.overrides.is_empty() && (exists(file) || is_name(file)) => {
                found.files.push(word.clone());
            }
            _ => found.overrides.push(word.clone()),
        }
    }
    found
}

fn is_name(word: &str) -> bool {
    !word.starts_with(['-', '+', '~']) && !word.contains('=')
}

fn show(args: &ShowArgs) -> ExitCode {
    let words = sorted(&args.words, |word| Path::new(word).is_file());
    let format = if words.json {
        Format::Json
    } else {
        Format::Text
    };
    let Ok(cwd) = std::env::current_dir() else {
        return report::failure(
            &ServiceError::OutOfRange("the folder you are in is gone".to_owned()),
            format,
        );
    };
    let shown = config::show(
        &cwd,
        &words.files,
        &words.overrides,
        words.raw,
        &environment::variable,
    );
    match shown {
        Err(error) => report::failure(&error, format),
        Ok(shown) => {
            for warning in &shown.warnings {
                report::line_to_stderr(&format!(
                    "{} {}",
                    report::paint("33", "warning:"),
                    report::printable(&warning.to_string())
                ));
            }
            print(&shown, &words);
            ExitCode::SUCCESS
        }
    }
}

fn print(shown: &Shown, words: &Words) {
    if words.json {
        let json = if words.provenance {
            serde_json::json!({ "config": shown.config, "keys": shown.told, "warnings": shown.warnings })
        } else {
            serde_json::json!(shown.config)
        };
        report::line(&json.to_string());
    } else if words.provenance {
        table(shown.told.iter().map(|told| row(told, words.raw)).collect());
    } else {
        report::line(to_yaml(&shown.config).trim_end());
    }
}

fn row(told: &Told, raw: bool) -> [String; 3] {
    let value = match &told.resolved {
        Some(value) if !raw => value,
        _ => &told.raw,
    };
    [
        told.key.to_string(),
        value.to_string(),
        told.origin.to_string(),
    ]
}

/// Widths beyond which a column does not push the next ones away.
const WIDEST: usize = 32;

fn table(rows: Vec<[String; 3]>) {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0).min(WIDEST)
    };
    let (first, second) = (width(0), width(1));
    for [key, value, origin] in &rows {
        report::line(
            &report::printable(&format!("{key:<first$}  {value:<second$}  {origin}"))
                .replace('\n', " "),
        );
    }
}

fn diff(args: &DiffArgs) -> ExitCode {
    let format = if args.json {
        Format::Json
    } else {
        Format::Text
    };
    let Ok(cwd) = std::env::current_dir() else {
        return report::failure(
            &ServiceError::OutOfRange("the folder you are in is gone".to_owned()),
            format,
        );
    };
    match config::diff(&cwd, &args.a, &args.b, &environment::variable) {
        Err(error) => report::failure(&error, format),
        Ok(compared) if args.json => {
            report::line(&serde_json::json!({ "differences": compared }).to_string());
            ExitCode::SUCCESS
        }
        Ok(compared) => {
            for one in &compared {
                print_difference(one);
            }
            if compared.is_empty() {
                report::line_to_stderr("no differences");
            }
            ExitCode::SUCCESS
        }
    }
}

fn print_difference(one: &Compared) {
    report::line(&report::printable(one.difference.key.as_str()));
    let sides = [
        ("-", &one.difference.a, &one.origin_a),
        ("+", &one.difference.b, &one.origin_b),
    ];
    for (sign, value, origin) in sides {
        if let Some(value) = value {
            let origin = origin
                .as_ref()
                .map(|origin| format!("  ({origin})"))
                .unwrap_or_default();
            let line = format!("  {sign} {value}{origin}").replace('\n', " ");
            report::line(&report::printable(&line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_overrides_and_options_are_told_apart() {
        let words = |text: &str| {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            sorted(&words, |word| word == "a=b.yaml")
        };
        let found =
            words("base.yaml a=b.yaml --lr -5 --raw seed=1 +new=2 ~gone exp --json -- --raw 1");
        assert_eq!(found.files, ["base.yaml", "a=b.yaml"]);
        assert_eq!(
            found.overrides,
            [
                "--lr", "-5", "seed=1", "+new=2", "~gone", "exp", "--raw", "1"
            ]
        );
        assert!(found.raw && found.json && !found.provenance);
    }
}
