//! Asking git about a repository that may be hostile.
//!
//! A repository's own configuration may name programs: filters, text converters, hooks, file system monitors, pagers.
//! None of them is started: the general ones are set to nothing, and every filter and driver that the repository's own
//! configuration names is overridden by name. The person's own configuration (`~/.gitconfig`) stays in force.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::process::tool::{Answer, Tool};

/// How long one question may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The most bytes of a list of files.
const MAX_LIST: u64 = 64 * 1024 * 1024;
/// The most bytes of a difference that are kept.
pub const MAX_DIFF: u64 = 1024 * 1024;

/// A repository around a folder.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Its work tree.
    pub root: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

/// Files as git tells them apart: relative to the root, bytes as they are on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// In the index.
    pub tracked: Vec<Vec<u8>>,
    /// Neither in the index nor ignored.
    pub untracked: Vec<Vec<u8>>,
}

/// Where the repository stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The commit.
    pub revision: Option<String>,
    /// The branch.
    pub branch: Option<String>,
}

impl Repository {
    /// The repository whose work tree holds `folder` (canonical), if git is there and trusts it.
    ///
    /// `variables` is the environment of this process; git gets `PATH`, `HOME` and `XDG_CONFIG_HOME` of it.
    pub fn around(folder: &Path, variables: &[(OsString, OsString)]) -> Option<Self> {
        if !folder.ancestors().any(|above| above.join(".git").exists()) {
            return None;
        }
        let kept = |name: &OsStr| {
            ["PATH", "HOME", "XDG_CONFIG_HOME"]
                .iter()
                .any(|own| name == *own)
        };
        let mut environment: Vec<(OsString, OsString)> = variables
            .iter()
            .filter(|(name, _)| kept(name))
            .cloned()
            .collect();
        for (name, value) in [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("LC_ALL", "C"),
        ] {
            environment.push((name.into(), value.into()));
        }
        let mut this = Self {
            root: folder.to_path_buf(),
            environment,
        };
        let answer = this.ask(&["rev-parse", "--show-toplevel"], 1 << 16)?;
        let line = answer.stdout.strip_suffix(b"\n")?;
        let root = std::fs::canonicalize(OsStr::from_bytes(line)).ok()?;
        // `core.worktree` may name any folder: only one around ours is ours.
        if !folder.starts_with(&root) || root == Path::new("/") {
            return None;
        }
        this.root = root;
        let drivers = this.drivers();
        this.environment
            .push(("GIT_CONFIG_COUNT".into(), drivers.len().to_string().into()));
        for (number, (name, value)) in drivers.into_iter().enumerate() {
            this.environment
                .push((format!("GIT_CONFIG_KEY_{number}").into(), name));
            this.environment
                .push((format!("GIT_CONFIG_VALUE_{number}").into(), value.into()));
        }
        Some(this)
    }

    /// What is in the index, and what could be.
    pub fn files(&self) -> Option<Listed> {
        let list = |arguments: &[&str]| {
            let answer = self
                .ask(arguments, MAX_LIST)
                .filter(|answer| !answer.is_cut)?;
            let names = answer.stdout.split(|byte| *byte == 0);
            let mut names: Vec<Vec<u8>> = names
                .filter(|name| !name.is_empty())
                .map(<[u8]>::to_vec)
                .collect();
            // A file in conflict is listed once per side.
            names.dedup();
            Some(names)
        };
        Some(Listed {
            tracked: list(&["ls-files", "-z", "--cached"])?,
            // A huge folder of untracked files must not cost the tracked ones.
            untracked: list(&["ls-files", "-z", "--others", "--exclude-standard"])
                .unwrap_or_default(),
        })
    }

    /// The commit and the branch.
    pub fn head(&self) -> Head {
        let line = |arguments: &[&str]| {
            let answer = self.ask(arguments, 4096)?;
            let text = String::from_utf8(answer.stdout).ok()?.trim().to_owned();
            (!text.is_empty()).then_some(text)
        };
        Head {
            revision: line(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]),
            branch: line(&["symbolic-ref", "--quiet", "--short", "HEAD"]),
        }
    }

    /// The difference of tracked files to the commit; its beginning, and whether there was more. `None` if git failed.
    pub fn diff(&self) -> Option<(Vec<u8>, bool)> {
        let arguments = [
            "diff",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "--ignore-submodules=all",
            "HEAD",
            "--",
        ];
        let answer = self.run(&arguments, MAX_DIFF)?;
        (answer.is_success || answer.is_cut).then_some((answer.stdout, answer.is_cut))
    }

    /// Every filter and driver that the repository's own configuration names, with the value that switches it off.
    ///
    /// Given through the environment: on a command line a name with `=` in it would be cut there.
    fn drivers(&self) -> Vec<(OsString, &'static str)> {
        let mut overrides = Vec::new();
        for scope in ["--local", "--worktree"] {
            let list = ["config", scope, "--includes", "--list", "-z", "--name-only"];
            let Some(answer) = self.ask(&list, 1 << 20) else {
                continue;
            };
            for name in answer.stdout.split(|byte| *byte == 0) {
                let lower = name.to_ascii_lowercase();
                let is_program = (lower.starts_with(b"filter.")
                    && [&b".clean"[..], b".smudge", b".process"]
                        .iter()
                        .any(|end| lower.ends_with(end)))
                    || (lower.starts_with(b"diff.")
                        && [&b".command"[..], b".textconv"]
                            .iter()
                            .any(|end| lower.ends_with(end)));
                let is_required = lower.starts_with(b"filter.") && lower.ends_with(b".required");
                if is_program || is_required {
                    let off = if is_required { "false" } else { "" };
                    overrides.push((OsStr::from_bytes(name).to_os_string(), off));
                }
            }
        }
        overrides
    }

    fn ask(&self, arguments: &[&str], max_bytes: u64) -> Option<Answer> {
        self.run(arguments, max_bytes)
            .filter(|answer| answer.is_success)
    }

    fn run(&self, arguments: &[&str], max_bytes: u64) -> Option<Answer> {
        const FIXED: [&str; 13] = [
            "--no-pager",
            "--no-replace-objects",
            "--literal-pathspecs",
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.untrackedCache=false",
            "-c",
            "diff.external=",
            "-c",
            "core.quotePath=false",
        ];
        let all = FIXED.iter().chain(arguments).map(OsStr::new);
        let environment = self.environment.iter();
        let tool = Tool {
            program: OsStr::new("git"),
            arguments: all.collect(),
            directory: &self.root,
            environment: Some(
                environment
                    .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
                    .collect(),
            ),
            limit: LIMIT,
            max_bytes,
        };
        tool.ask()
            .inspect_err(|error| tracing::debug!(%error, "git gave no answer"))
            .ok()
    }
}
