//! Paths that start at `__file__`: their place is not known, but how they lie to the script is.

use std::rc::Rc;

use crate::value::{Args, Here, Value};

impl Here {
    /// `__file__` of the file at this path.
    pub(crate) fn file(path: &str) -> Value {
        Value::Here(Rc::new(Self {
            path: Rc::from(path),
            is_path: false,
            text: Rc::from("__file__"),
        }))
    }

    /// The same path with other source text.
    pub(crate) fn with_text(&self, text: Rc<str>) -> Value {
        Value::Here(Rc::new(Self {
            text,
            ..self.clone()
        }))
    }

    fn moved(&self, path: String) -> Value {
        Value::Here(Rc::new(Self {
            path: Rc::from(path),
            ..self.clone()
        }))
    }

    fn as_kind(&self, is_path: bool) -> Value {
        Value::Here(Rc::new(Self {
            is_path,
            ..self.clone()
        }))
    }

    /// The path with more parts; an absolute tail is not asked for.
    pub(crate) fn join(&self, tail: &str) -> Value {
        self.moved(joined(&self.path, tail))
    }

    /// The path with a part given as a value.
    pub(crate) fn join_value(&self, tail: &Value) -> Option<Value> {
        let (Value::Str(tail) | Value::Path(tail)) = tail else {
            return None;
        };
        Some(match (tail.starts_with('/'), self.is_path) {
            (false, _) => self.join(tail),
            (true, true) => Value::Path(tail.clone()),
            (true, false) => Value::Str(tail.clone()),
        })
    }

    /// The last part, if it is a name.
    fn name(&self) -> Option<&str> {
        let name = self.path.rsplit('/').next()?;
        (!matches!(name, "." | "..")).then_some(name)
    }

    fn parent(&self) -> Value {
        self.moved(joined(&self.path, ".."))
    }

    /// An attribute of a `Path`; methods are left to [`Here::method`].
    pub(crate) fn attr(&self, name: &str) -> Option<Value> {
        if !self.is_path {
            return None;
        }
        match name {
            "parent" => Some(self.parent()),
            "parents" => {
                let mut parents = vec![self.parent()];
                while let (Some(Value::Here(last)), true) = (parents.last(), parents.len() < 8) {
                    let next = last.parent();
                    parents.push(next);
                }
                Some(Value::tuple(parents))
            }
            "name" | "stem" | "suffix" => super::stdlib::path_attr(self.name()?, name),
            _ => None,
        }
    }

    /// A method of a `Path`; `None` if the result is not known.
    pub(crate) fn method(&self, name: &str, args: &Args) -> Option<Value> {
        if !self.is_path {
            return None;
        }
        match name {
            "resolve" | "absolute" | "expanduser" => Some(self.as_kind(true)),
            "as_posix" | "__str__" | "__fspath__" => Some(self.as_kind(false)),
            "joinpath" => {
                let mut path = self.as_kind(true);
                for part in &args.pos {
                    let Value::Here(here) = &path else {
                        return None;
                    };
                    path = here.join_value(part)?;
                }
                Some(path)
            }
            _ => None,
        }
    }

    /// A function that is given this path first: `os.path`, `Path`, `str`.
    pub(crate) fn function(&self, name: &str, args: &Args) -> Option<Value> {
        if !args.is_closed() || !args.kw.is_empty() {
            return None;
        }
        let rest = args.pos.get(1..).unwrap_or_default();
        match name {
            "builtins.str" | "os.fspath" => Some(self.as_kind(false)),
            "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" => {
                let mut path = self.as_kind(true);
                for part in rest {
                    let Value::Here(here) = &path else {
                        return None;
                    };
                    path = here.join_value(part)?;
                }
                Some(path)
            }
            "os.path.abspath" | "os.path.realpath" | "os.path.normpath" | "os.path.expanduser" => {
                Some(self.as_kind(false))
            }
            "os.path.dirname" => match self.as_kind(false) {
                Value::Here(here) => Some(here.parent()),
                _ => None,
            },
            "os.path.basename" => self.name().map(Value::str),
            "os.path.splitext" => {
                let name = self.name()?;
                let dot = name.rfind('.').filter(|at| *at > 0).unwrap_or(name.len());
                let head = &self.path[..self.path.len() - name.len() + dot];
                Some(Value::tuple(vec![
                    self.moved(head.to_owned()),
                    Value::str(&name[dot..]),
                ]))
            }
            "os.path.split" => Some(Value::tuple(vec![self.parent(), Value::str(self.name()?)])),
            "os.path.join" => {
                let mut path = self.as_kind(false);
                for part in rest {
                    let Value::Here(here) = &path else {
                        return None;
                    };
                    path = here.join_value(part)?;
                }
                Some(path)
            }
            _ => None,
        }
    }
}

/// A relative path with more parts, `.` and inner `..` taken out.
pub(crate) fn joined(base: &str, tail: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(tail.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}
