//! Prints what `inspect --json` prints, for each file named.

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
