//! Prints what `inspect --json` prints, for each file named.

use std::path::{Path, PathBuf};

struct Folder(PathBuf);

impl inspect::Sources for Folder {
    fn read(&self, path: &str) -> Option<String> {
        inspect::decode(&std::fs::read(self.0.join(path)).ok()?).ok()
    }
}

fn main() {
    for name in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&name) else {
            continue;
        };
        let folder = Folder(
            Path::new(&name)
                .parent()
                .map(Path::to_path_buf)
                .unwrap_or_default(),
        );
        let read = inspect::decode(&bytes).map_err(|error| error.to_string());
        let started = std::time::Instant::now();
        let read = read.and_then(|text| {
            inspect::read_script(&text, &name, &folder).map_err(|error| error.to_string())
        });
        eprintln!("{name}: {:?}", started.elapsed());
        match read {
            Ok(schema) => println!("{}", inspect::to_inspect_json(&schema, &name)),
            Err(message) => println!(
                "{}",
                serde_json::json!({ "script": name, "error": message })
            ),
        }
    }
}
