//! What a snapshot never takes: caches, environments, data, secrets.

use domain::run::environment::LeftOutReason;

/// Folders that are made again by themselves: left out without a word.
const CACHES: [&str; 15] = [
    ".git",
    ".hg",
    ".svn",
    "_runyard_",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".ipynb_checkpoints",
    ".cache",
    ".tox",
    ".nox",
    ".eggs",
    ".idea",
    ".vscode",
];

/// Folders of environments and results: left out, and listed.
const ENVIRONMENTS: [&str; 8] = [
    ".venv",
    "venv",
    "node_modules",
    "site-packages",
    "wandb",
    "mlruns",
    "lightning_logs",
    "tb_logs",
];

/// Folders that usually hold data, of which only the code is taken.
const DATA: [&str; 13] = [
    "data",
    "datasets",
    "checkpoints",
    "ckpts",
    "weights",
    "out",
    "outputs",
    "output",
    "results",
    "logs",
    "runs",
    "build",
    "dist",
];

/// Files that hold nothing a person wrote.
const CACHE_ENDINGS: [&str; 5] = [".pyc", ".pyo", ".swp", "~", ".DS_Store"];

/// How a folder is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// Its files are taken.
    Source,
    /// Only its Python files are taken, if it has any directly in it.
    Data,
    /// Left out without a word.
    Cache,
    /// Left out and listed.
    Environment,
}

/// How a folder of this name is treated.
pub fn folder(name: &str) -> Folder {
    let is_in = |names: &[&str]| names.contains(&name);
    if is_in(&CACHES) || name.ends_with(".egg-info") {
        Folder::Cache
    } else if is_in(&ENVIRONMENTS) {
        Folder::Environment
    } else if is_in(&DATA) {
        Folder::Data
    } else if name.starts_with('.') && name != ".github" {
        // Settings of tools and keys of people live here (`.ssh`, `.aws`, `.config`).
        Folder::Environment
    } else {
        Folder::Source
    }
}

/// True for a file that is made again by itself.
pub fn is_cache(name: &str) -> bool {
    CACHE_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// True for Python source.
pub fn is_python(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some((_, "py" | "pyi")))
}

/// Which files come first when not all fit: code, then texts, then the rest.
pub fn rank(name: &str) -> u8 {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "py" | "pyi" | "pyx" | "sh" | "toml" | "yaml" | "yml" | "cfg" | "ini" => 0,
        "json" | "txt" | "md" | "c" | "cc" | "cpp" | "cu" | "cuh" | "h" | "hpp" | "rs"
        | "ipynb" => 1,
        _ => 2,
    }
}

/// Files that hold keys or passwords.
const SECRET_NAMES: [&str; 12] = [
    ".netrc",
    ".pypirc",
    ".npmrc",
    ".htpasswd",
    ".pgpass",
    ".git-credentials",
    "credentials",
    "credentials.json",
    "secrets.json",
    "secrets.yaml",
    "secrets.yml",
    "secrets.toml",
];

/// How files of keys end.
const SECRET_ENDINGS: [&str; 7] = [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx"];

/// True for a file whose name says that it holds keys or passwords; nobody wants it copied, tracked or not.
pub fn is_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_example = ["example", "sample", "template", "dist"]
        .iter()
        .any(|word| lower.ends_with(word));
    if lower == ".env" || (lower.starts_with(".env.") && !is_example) {
        return true;
    }
    SECRET_NAMES.contains(&lower.as_str())
        || SECRET_ENDINGS.iter().any(|ending| lower.ends_with(ending))
        || lower.strip_prefix("id_").is_some_and(|kind| {
            ["rsa", "dsa", "ecdsa", "ed25519", "ecdsa_sk", "ed25519_sk"].contains(&kind)
        })
}

/// True if `path` is named by a pattern: the path itself, a folder above it, or a single name anywhere; `*` and `?` as in
/// a shell, within one name.
pub fn is_named(path: &str, patterns: &[String]) -> bool {
    patterns.iter().any(|pattern| {
        let pattern = pattern.trim_matches('/');
        let wanted = pattern.split('/').count();
        let names: Vec<&str> = path.split('/').collect();
        if wanted == 1 {
            return names
                .iter()
                .any(|name| fits(pattern.as_bytes(), name.as_bytes()));
        }
        names.len() >= wanted
            && pattern
                .split('/')
                .zip(&names)
                .all(|(pattern, name)| fits(pattern.as_bytes(), name.as_bytes()))
    })
}

/// `*` and `?` over bytes; linear but for one step back per star.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || Some(byte) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .unwrap_or_default()
        .iter()
        .all(|byte| *byte == b'*')
}

/// The more telling reasons first, when a list has to end.
pub fn weight(reason: LeftOutReason) -> u8 {
    match reason {
        LeftOutReason::TooLarge | LeftOutReason::TotalTooLarge | LeftOutReason::TooMany => 0,
        LeftOutReason::Unreadable | LeftOutReason::LinkOutside | LeftOutReason::Secret => 1,
        LeftOutReason::Excluded | LeftOutReason::NotAFile | LeftOutReason::NotUtf8 => 2,
        LeftOutReason::Data => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_their_names_and_examples_are_not_keys() {
        for name in [
            ".env",
            ".env.local",
            "server.pem",
            "id_rsa",
            "id_ed25519",
            "credentials.json",
            ".netrc",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            ".env.example",
            "env.py",
            "identity.py",
            "id_map.json",
            "keys.py",
            "tokenizer.json",
            "id_to_label",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn patterns_name_paths_folders_and_names() {
        let named = |path: &str, pattern: &str| is_named(path, &[pattern.to_owned()]);
        assert!(named("a/b/c.csv", "*.csv"));
        assert!(named("a/b/c.csv", "a/b"));
        assert!(named("a/b/c.csv", "b/"));
        assert!(named("a/b/c.csv", "a/*/c.?sv"));
        assert!(!named("a/b/c.csv", "b/c.csv"));
        assert!(!named("a/b/c.csv", "a/b/c.csv/d"));
    }
}
