//! One probe: an order to the shim, its answer.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::protocol::Prevented;
use domain::schema::ParserSchema;
use serde::Deserialize;
use serde_json::json;

use super::ProbeError;
use crate::process::guest::{self, Ended, Ending, Guest, Next};
use crate::service::redact;

/// The shim, in the order in which its parts need each other.
const SHIM: &str = concat!(
    include_str!("shim/start.py"),
    include_str!("shim/kernel.py"),
    include_str!("shim/guard.py"),
    include_str!("shim/describe.py"),
    include_str!("shim/main.py"),
);
/// Seconds a script may take, if nobody says otherwise.
pub const DEFAULT_LIMIT_SECS: u32 = 60;
/// Seconds a script may take at most.
pub const MAX_LIMIT_SECS: u32 = 600;
/// How long a script may go on after `parse_known_args`: it either reads the rest soon or has begun to work.
const AFTER_KNOWN: Duration = Duration::from_secs(10);
/// What is told of the things it was not let do, at most.
const MAX_PREVENTED: usize = 100;

/// What to ask.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The script, absolute.
    pub script: &'a Path,
    /// The interpreter that runs it, absolute.
    pub python: &'a Path,
    /// Words for the script.
    pub args: &'a [String],
    /// Where its runs work.
    pub working_dir: &'a Path,
    /// Folders of its own modules.
    pub roots: &'a [PathBuf],
    /// Seconds it may take: 1 to [`MAX_LIMIT_SECS`].
    pub limit_secs: u32,
}

/// What a script answered.
#[derive(Clone, Debug)]
pub struct Probed {
    /// Its parser.
    pub parser: ParserSchema,
    /// When the parser was seen.
    pub how: How,
    /// The script's own modules that it had imported, absolute, itself not among them.
    pub modules: Vec<PathBuf>,
    /// What it was not let do.
    pub prevented: Vec<Prevented>,
}

/// When a parser was seen: the later in this list, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It was made, and never read anything.
    Made,
    /// It read words that are not the command line.
    List,
    /// It printed its help.
    Help,
    /// It read a part of the command line.
    Known,
    /// It read the command line.
    Full,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Message {
    Hello {},
    Prevented {
        prevented: Prevented,
    },
    Parser {
        how: How,
        parser: Box<ParserSchema>,
        modules: Vec<PathBuf>,
    },
    Trouble {
        message: String,
    },
    End {
        how: EndedHow,
        #[serde(default)]
        modules: Vec<PathBuf>,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        error: Option<Raised>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EndedHow {
    Parsed,
    Returned,
    Exit,
    Error,
}

/// An exception that ended the script.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Raised {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) file: Option<String>,
    pub(super) line: Option<u32>,
    pub(super) module: Option<String>,
}

#[derive(Default)]
struct Heard {
    is_python: bool,
    best: Option<(How, ParserSchema)>,
    modules: Vec<PathBuf>,
    prevented: Vec<Prevented>,
    trouble: Option<String>,
    end: Option<(EndedHow, Option<String>, Option<Raised>)>,
}

/// Runs a script until it reads its command line, and returns what its real parser accepts.
///
/// Nothing is written, no process started and nobody talked to on the way, as far as Python and the kernel can tell; the
/// script's processes are gone when this returns.
///
/// # Errors
/// Why no parser was seen. Each names what the script was not let do.
pub fn ask(
    request: &Request<'_>,
    environment: Vec<(OsString, OsString)>,
) -> Result<Probed, ProbeError> {
    let script = request
        .script
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let (word, mark) = (random_word(), random_word());
    let order = json!({
        "word": word,
        "script": request.script.to_string_lossy(),
        "args": request.args,
        "roots": request.roots.iter().map(|root| root.to_string_lossy()).collect::<Vec<_>>(),
    });
    let command = [
        request.python.as_os_str().to_owned(),
        "-B".into(),
        "-c".into(),
        SHIM.into(),
    ];
    let guest = Guest {
        command: &command,
        working_dir: request.working_dir,
        environment: without_secrets(environment),
        order: &order.to_string(),
        mark: &mark,
        limit: Duration::from_secs(request.limit_secs.into()),
    };
    let mut heard = Heard::default();
    let ended = guest::host(&guest, |line| heard.take(line, &word)).map_err(|source| {
        ProbeError::NotStarted {
            python: request.python.to_path_buf(),
            source,
        }
    })?;
    heard.judge(request, script, ended)
}

impl Heard {
    fn take(&mut self, line: &str, word: &str) -> Next {
        // Whoever does not know the word is not the shim.
        let Some(message) = line
            .strip_prefix(word)
            .and_then(|json| serde_json::from_str(json).ok())
        else {
            return Next::Listen;
        };
        match message {
            Message::Hello {} => self.is_python = true,
            Message::Prevented { prevented } if self.prevented.len() < MAX_PREVENTED => {
                self.prevented.push(prevented);
            }
            Message::Prevented { .. } => {}
            Message::Trouble { message } => self.trouble = Some(message),
            Message::Parser {
                how,
                parser,
                modules,
            } => {
                if self.best.as_ref().is_none_or(|(best, _)| how >= *best) {
                    self.best = Some((how, *parser));
                }
                self.modules = modules;
                if how == How::Known {
                    return Next::ListenFor(AFTER_KNOWN);
                }
            }
            Message::End {
                how,
                modules,
                message,
                error,
            } => {
                self.modules = modules;
                self.end = Some((how, message, error));
            }
        }
        Next::Listen
    }

    fn judge(
        self,
        request: &Request<'_>,
        script: String,
        ended: Ended,
    ) -> Result<Probed, ProbeError> {
        let prevented = self.prevented;
        let raised = self
            .end
            .as_ref()
            .is_some_and(|(how, ..)| *how == EndedHow::Error);
        if let Some((how, parser)) = self.best
            // What broke off before its command line was read may have had more to define.
            && (how >= How::Help || !raised)
        {
            let modules = self
                .modules
                .into_iter()
                .filter(|path| path != request.script);
            return Ok(Probed {
                parser,
                how,
                modules: modules.collect(),
                prevented,
            });
        }
        if !self.is_python {
            return Err(ProbeError::NotPython {
                python: request.python.to_path_buf(),
                output: last_line(&ended.output),
            });
        }
        if let Some(message) = self.trouble {
            return Err(ProbeError::Unreadable { script, message });
        }
        Err(match (ended.ending, self.end) {
            (Ending::TimedOut, _) => ProbeError::TimedOut {
                script,
                secs: request.limit_secs,
                prevented,
            },
            (Ending::TooMuch, _) => ProbeError::TooMuch { script },
            (_, Some((_, _, Some(error)))) => ProbeError::Raised {
                script,
                python: request.python.to_path_buf(),
                error: Box::new(error),
                prevented,
            },
            (_, Some((EndedHow::Exit, message, _))) => {
                let message = message.unwrap_or_else(|| last_line(&ended.output));
                ProbeError::Exited {
                    script,
                    message,
                    prevented,
                }
            }
            (_, Some(_)) => ProbeError::NoParser { script },
            (Ending::Left(code), None) => ProbeError::Vanished {
                script,
                code,
                prevented,
            },
        })
    }
}

fn last_line(output: &str) -> String {
    let line = output
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty());
    line.unwrap_or_default().chars().take(500).collect()
}

fn random_word() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The environment with the values of secrets hidden: the variables stay, since scripts ask whether they are there. A
/// default taken from one would be shown and stored.
fn without_secrets(environment: Vec<(OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let hide = |(name, value): (OsString, OsString)| {
        let shown = value
            .to_str()
            .map(|value| redact::variable(&name.to_string_lossy(), value, &[]));
        (name, shown.map_or(value, OsString::from))
    };
    environment.into_iter().map(hide).collect()
}
