//! `runyard doctor`: what this machine and this project need, each thing with its remedy.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use domain::protocol::ApiError;
use rustix::fs::{Access, access, statvfs};
use rustix::process::{Resource, getrlimit};
use serde::Serialize;
use serde_json::json;

use super::amounts;
use super::door::ProjectArgs;
use super::environment;
use super::remote::Address;
use super::report::{self, Format};
use super::table::{OutputArgs, Style};
use crate::monitor::machine;
use crate::process::clock;
use crate::service::interpreter;
use crate::storage::lock::FileLock;
use crate::storage::settings::Settings;
use crate::storage::{Layout, project};

/// Less free space than this makes a full disk likely, bytes.
const LITTLE_SPACE: u64 = 1 << 30;
/// Fewer open files than this are soon used up: a run needs three.
const FEW_FILES: u64 = 1024;
/// Fewer watches than this are soon used up by editors.
const FEW_WATCHES: u64 = 8192;
/// No clock is before the day this program was written.
const FIRST_DAY_MS: i64 = 1_760_000_000_000;

/// `runyard doctor`
#[derive(Debug, Args)]
#[command(after_help = "Ends with 1 if anything is bad; a warning alone is no failure.")]
pub struct DoctorArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Ok,
    Warning,
    Bad,
}

#[derive(Clone, Debug, Serialize)]
struct Finding {
    name: &'static str,
    level: Level,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

fn ok(name: &'static str, text: impl Into<String>) -> Finding {
    Finding {
        name,
        level: Level::Ok,
        text: text.into(),
        remedy: None,
    }
}

fn warning(name: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding {
        name,
        level: Level::Warning,
        text: text.into(),
        remedy: Some(remedy.into()),
    }
}

fn bad(name: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding {
        level: Level::Bad,
        ..warning(name, text, remedy)
    }
}

pub(super) fn doctor(args: &DoctorArgs) -> ExitCode {
    report::finish(examine(args), args.output.format())
}

fn examine(args: &DoctorArgs) -> Result<ExitCode, ApiError> {
    let layout = match args.project.layout() {
        Ok(layout) => Some(layout),
        // What is named must be there; a folder without a project still has a machine around it.
        Err(error) if args.project.dir.is_some() => return Err(error),
        Err(_) => None,
    };
    let mut findings = vec![ok("version", env!("CARGO_PKG_VERSION"))];
    match &layout {
        Some(layout) => about_project(layout, &mut findings),
        None => findings.push(ok("project", "none here; `runyard run SCRIPT` begins one")),
    }
    let root = layout.as_ref().map_or(Path::new("."), Layout::root);
    findings.extend([
        space(root),
        files(),
        watches(),
        cgroups(),
        gpus(),
        time(),
        browser(),
    ]);
    let is_bad = findings.iter().any(|finding| finding.level == Level::Bad);
    if args.output.format() == Format::Json {
        report::line(
            &json!({ "schema_version": 1, "is_healthy": !is_bad, "findings": findings })
                .to_string(),
        );
    } else {
        for finding in &findings {
            print(finding, args.output.style());
        }
    }
    Ok(if is_bad {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn print(finding: &Finding, style: Style) {
    let (word, colour) = match finding.level {
        Level::Ok => ("ok  ", "32"),
        Level::Warning => ("warn", "33"),
        Level::Bad => ("bad ", "31"),
    };
    let text = report::printable(&finding.text);
    report::line(&format!(
        "{} {:11} {text}",
        style.paint(colour, word),
        finding.name
    ));
    if let Some(remedy) = &finding.remedy {
        report::line(&format!("{:17}{}", "", report::printable(remedy)));
    }
}

fn about_project(layout: &Layout, findings: &mut Vec<Finding>) {
    findings.push(ok("project", layout.root().display().to_string()));
    let folder = layout.state_dir();
    findings.push(
        match access(
            &folder,
            Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK,
        ) {
            Ok(()) => ok(
                "permissions",
                "the project's folder can be read and written",
            ),
            Err(error) => bad(
                "permissions",
                format!("`{}`: {error}", folder.display()),
                "make it writable for you",
            ),
        },
    );
    let settings = match Settings::read(layout) {
        Ok(settings) => {
            findings.push(ok("settings", "settings.toml is understood"));
            settings
        }
        Err(error) => {
            let remedy = error.hint().unwrap_or_default();
            findings.push(bad("settings", error.to_string(), remedy));
            Settings::default()
        }
    };
    findings.push(python(&settings.python));
    findings.push(holder(layout));
    findings.push(match project::experiments(layout) {
        Ok(names) => ok(
            "experiments",
            if names.is_empty() {
                "none yet".to_owned()
            } else {
                names.join(", ")
            },
        ),
        Err(error) => bad(
            "experiments",
            error.to_string(),
            error.hint().unwrap_or_default(),
        ),
    });
}

fn python(name: &str) -> Finding {
    match interpreter::resolve(name, environment::path().as_deref()) {
        Ok(path) => ok("interpreter", path.display().to_string()),
        Err(error) => bad(
            "interpreter",
            error.to_string(),
            error.hint().unwrap_or_default(),
        ),
    }
}

fn holder(layout: &Layout) -> Finding {
    match FileLock::try_acquire(&layout.lock()) {
        Ok(Some(_)) => ok("server", "nobody looks after the queue now"),
        Err(error) => bad(
            "server",
            error.to_string(),
            error.hint().unwrap_or_default(),
        ),
        Ok(None) => match Address::read(layout) {
            Some(address) if address.answers() => ok(
                "server",
                format!(
                    "a {:?} process answers on port {}",
                    address.kind,
                    address.port()
                )
                .to_lowercase(),
            ),
            _ => bad(
                "server",
                "a process holds the project and does not answer",
                "wait a moment; if that does not help, end the process that `.server.json` names",
            ),
        },
    }
}

fn space(root: &Path) -> Finding {
    match statvfs(root) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let text = format!("{} free", amounts::bytes(free));
            if free < LITTLE_SPACE {
                warning("disk", text, "free some space: logs and records need it")
            } else {
                ok("disk", text)
            }
        }
        Err(error) => warning(
            "disk",
            format!("cannot be asked: {error}"),
            "check that the folder is there",
        ),
    }
}

fn files() -> Finding {
    let limit = getrlimit(Resource::Nofile).current;
    let text = limit.map_or_else(
        || "unlimited".to_owned(),
        |limit| format!("{limit} at once"),
    );
    if limit.is_some_and(|limit| limit < FEW_FILES) {
        warning("open files", text, "raise it: `ulimit -n 4096`")
    } else {
        ok("open files", text)
    }
}

fn watches() -> Finding {
    let path = "/proc/sys/fs/inotify/max_user_watches";
    let Some(limit) = number(path) else {
        return ok("inotify", "not limited by this system");
    };
    let instances = number("/proc/sys/fs/inotify/max_user_instances").unwrap_or(u64::MAX);
    let text = format!("{limit} watches, {instances} watchers");
    if limit < FEW_WATCHES || instances < 64 {
        warning(
            "inotify",
            text,
            "live logs need them: `sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512`",
        )
    } else {
        ok("inotify", text)
    }
}

fn number(path: &str) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn cgroups() -> Finding {
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let folder = own.lines().find_map(|line| line.strip_prefix("0::/"));
    let Some(folder) = folder else {
        return ok(
            "cgroups",
            "version 2 is not there: limits are counted, not enforced",
        );
    };
    let path = Path::new("/sys/fs/cgroup").join(folder);
    if access(&path, Access::WRITE_OK).is_ok() && path.join("cgroup.procs").exists() {
        ok("cgroups", "version 2, writable: limits can be enforced")
    } else {
        ok(
            "cgroups",
            "version 2, not writable for you: limits are counted, not enforced",
        )
    }
}

fn gpus() -> Finding {
    match machine::gpu() {
        Some(gpu) => ok(
            "GPU",
            format!("driver {}: {}", gpu.driver, gpu.devices.join(", ")),
        ),
        None => ok("GPU", "no NVIDIA driver"),
    }
}

fn time() -> Finding {
    let now = clock::now();
    let text = amounts::moment(now);
    if now.as_ms() < FIRST_DAY_MS {
        warning(
            "clock",
            text,
            "set it: names and times of tasks come from it",
        )
    } else {
        ok("clock", text)
    }
}

fn browser() -> Finding {
    let has = |name: &str| environment::variable(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "macos") || has("BROWSER") || has("DISPLAY") || has("WAYLAND_DISPLAY") {
        ok("browser", "can be opened from here")
    } else {
        warning(
            "browser",
            "cannot be opened from here",
            "open the printed URL yourself, over `ssh -L PORT:127.0.0.1:PORT` from another machine",
        )
    }
}
