//! Compares the reading of each script named with its real parser, run under python3, and counts.

#[path = "../tests/oracle/compare.rs"]
mod compare;

use std::path::{Path, PathBuf};

struct Folder(PathBuf);

/// Beside the script, then in the folders around it: where an installed project's own packages are.
impl inspect::Sources for Folder {
    fn read(&self, path: &str) -> Option<String> {
        let folders = self.0.ancestors().take(4);
        let mut places =
            folders.flat_map(|folder| [folder.join(path), folder.join("src").join(path)]);
        inspect::decode(&places.find_map(|place| std::fs::read(place).ok())?).ok()
    }
}

fn main() {
    let (mut arguments, mut exact, mut undecided, mut wrong, mut scripts) = (0, 0, 0, 0, 0);
    for name in std::env::args().skip(1) {
        let path = Path::new(&name);
        let Some(real) = compare::real_parser(path) else {
            continue;
        };
        let Some(text) = std::fs::read(path)
            .ok()
            .and_then(|bytes| inspect::decode(&bytes).ok())
        else {
            continue;
        };
        let folder = Folder(path.parent().map(Path::to_path_buf).unwrap_or_default());
        scripts += 1;
        let report = match inspect::read_script(&text, &name, &folder) {
            Ok(schema) => {
                for warning in &schema.warnings {
                    println!("{name}:{}: warning: {}", warning.line, warning.message);
                }
                compare::compare(&inspect::to_inspect_json(&schema, &name), &real)
            }
            Err(error) => {
                println!("{name}: {error}");
                compare::compare(&serde_json::json!({}), &real)
            }
        };
        println!(
            "{name}: {} arguments, {} exact",
            report.arguments, report.exact
        );
        for line in &report.undecided {
            println!("    undecided {line}");
        }
        for line in &report.wrong {
            println!("    WRONG {line}");
        }
        arguments += report.arguments;
        exact += report.exact;
        undecided += report.undecided.len();
        wrong += report.wrong.len();
    }
    println!(
        "{scripts} scripts, {arguments} arguments, {exact} exact, {undecided} undecided fields, {wrong} wrong"
    );
}
