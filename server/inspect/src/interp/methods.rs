//! Methods of texts, lists, dicts, sets and paths.

use std::rc::Rc;

use super::machine::{Interp, MAX_TEXT};
use crate::heap::{DictObj, ListObj};
use crate::value::{Args, DictId, DictKey, ListId, Value};

impl Interp<'_> {
    /// Calls a method that the interpreter itself implements.
    pub(crate) fn call_method(
        &mut self,
        receiver: &Value,
        name: &str,
        args: Args,
        line: u32,
        text: &str,
    ) -> Value {
        let result = match receiver {
            Value::Parser(_) | Value::Group(_) | Value::Subparsers(_) | Value::Unknown(_) => {
                return self.parser_method(receiver, name, args, line, text);
            }
            Value::Str(value) => self.str_method(&value.clone(), name, &args),
            Value::List(id) => self.list_method(*id, name, &args),
            Value::Set(id) => self.set_method(*id, receiver, name, &args),
            Value::Dict(id) => self.dict_method(*id, name, &args),
            Value::Tuple(items) => match (name, args.pos.first()) {
                ("index", Some(wanted)) => items
                    .iter()
                    .position(|item| self.equal(item, wanted) == Some(true))
                    .and_then(|at| i128::try_from(at).ok())
                    .map(Value::Int),
                _ => None,
            },
            Value::Here(here) => here.clone().method(name, &args),
            Value::Path(path) => super::stdlib::path_method(&path.clone(), name, &args),
            _ => None,
        };
        result.unwrap_or_else(|| self.call_unknown(&args, line, text))
    }

    fn str_method(&mut self, text: &str, name: &str, args: &Args) -> Option<Value> {
        if name == "format" {
            return self.str_format(text, args).map(Value::str);
        }
        let arg = |at: usize| args.pos.get(at).and_then(Value::as_str);
        let chars_of = |at: usize| match args.pos.get(at) {
            None | Some(Value::None) => Some(None),
            Some(Value::Str(chars)) => Some(Some(chars.to_string())),
            Some(_) => None,
        };
        let strip = |start: bool, end: bool| {
            let set = chars_of(0)?;
            let wanted = |c: char| {
                set.as_ref()
                    .map_or(c.is_whitespace(), |set| set.contains(c))
            };
            let text = if start {
                text.trim_start_matches(wanted)
            } else {
                text
            };
            Some(Value::str(if end {
                text.trim_end_matches(wanted)
            } else {
                text
            }))
        };
        Some(match name {
            "strip" => strip(true, true)?,
            "lstrip" => strip(true, false)?,
            "rstrip" => strip(false, true)?,
            "lower" | "casefold" => Value::str(text.to_lowercase()),
            "upper" => Value::str(text.to_uppercase()),
            "capitalize" => {
                let mut chars = text.chars();
                let first = chars
                    .next()
                    .map(|c| c.to_uppercase().to_string())
                    .unwrap_or_default();
                Value::str(first + &chars.as_str().to_lowercase())
            }
            "title" => Value::str(title_case(text)),
            "replace" if args.pos.len() == 2 => {
                let (old, new) = (arg(0)?, arg(1)?);
                let times = if old.is_empty() {
                    text.len() + 1
                } else {
                    text.matches(old).count()
                };
                if times.saturating_mul(new.len()) > MAX_TEXT {
                    return None;
                }
                Value::str(text.replace(old, new))
            }
            "startswith" => Value::Bool(text.starts_with(arg(0)?)),
            "endswith" => Value::Bool(text.ends_with(arg(0)?)),
            "removeprefix" => Value::str(text.strip_prefix(arg(0)?).unwrap_or(text)),
            "removesuffix" => Value::str(text.strip_suffix(arg(0)?).unwrap_or(text)),
            "find" if args.pos.len() == 1 => {
                let at = text.find(arg(0)?).map(|at| text[..at].chars().count());
                Value::Int(at.map_or(Some(-1), |at| i128::try_from(at).ok())?)
            }
            "count" if args.pos.len() == 1 && !arg(0)?.is_empty() => {
                Value::Int(i128::try_from(text.matches(arg(0)?).count()).ok()?)
            }
            "isdigit" => Value::Bool(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())),
            "isupper" if text.is_ascii() => {
                Value::Bool(text != text.to_lowercase() && text == text.to_uppercase())
            }
            "islower" if text.is_ascii() => {
                Value::Bool(text != text.to_uppercase() && text == text.to_lowercase())
            }
            "zfill" => {
                let width = usize::try_from(args.pos.first()?.as_int()?).ok()?;
                Value::str(format!(
                    "{}{text}",
                    "0".repeat(width.min(100).saturating_sub(text.chars().count()))
                ))
            }
            "join" => {
                let items = self.items_of(args.pos.first()?)?;
                let parts = items
                    .iter()
                    .map(Value::as_str)
                    .collect::<Option<Vec<_>>>()?;
                let length: usize = parts.iter().map(|part| part.len() + text.len()).sum();
                if length > MAX_TEXT {
                    return None;
                }
                Value::str(parts.join(text))
            }
            "split" | "rsplit" | "splitlines" | "partition" | "rpartition" => {
                return self.split(text, name, args);
            }
            _ => return None,
        })
    }

    fn split(&mut self, text: &str, name: &str, args: &Args) -> Option<Value> {
        let separator = match args.get(0, "sep") {
            None | Some(Value::None) => None,
            Some(Value::Str(separator)) if !separator.is_empty() => Some(separator.clone()),
            Some(_) => return None,
        };
        let limit = match args.get(1, "maxsplit") {
            None => None,
            Some(limit) => usize::try_from(limit.as_int()?).ok(),
        };
        let parts: Vec<&str> = match (name, &separator, limit) {
            ("splitlines", None, _) => text.lines().collect(),
            ("split" | "rsplit", None, None) => text.split_whitespace().collect(),
            ("split" | "rsplit", Some(separator), None) => text.split(&**separator).collect(),
            ("split", Some(separator), Some(limit)) => {
                text.splitn(limit + 1, &**separator).collect()
            }
            ("rsplit", Some(separator), Some(limit)) => {
                let mut parts: Vec<&str> = text.rsplitn(limit + 1, &**separator).collect();
                parts.reverse();
                parts
            }
            ("partition" | "rpartition", Some(separator), _) => {
                let found = if name == "partition" {
                    text.split_once(&**separator)
                } else {
                    text.rsplit_once(&**separator)
                };
                let parts = match found {
                    Some((before, after)) => [before, separator, after],
                    None if name == "partition" => [text, "", ""],
                    None => ["", "", text],
                };
                return Some(Value::tuple(parts.into_iter().map(Value::str).collect()));
            }
            _ => return None,
        };
        let items = parts.into_iter().map(Value::str).collect();
        Some(Value::List(self.heap.new_list(items)))
    }

    fn list_method(&mut self, id: ListId, name: &str, args: &Args) -> Option<Value> {
        let doubt = |interp: &mut Self| {
            *interp.heap.list_mut(id) = ListObj {
                items: Vec::new(),
                unknown: Some(Rc::from("[…]")),
            };
            None
        };
        let first = args.pos.first().cloned();
        match (name, first) {
            ("append", Some(item)) => self.heap.list_mut(id).items.push(item),
            ("extend", Some(more)) => match self.items_of(&more) {
                Some(more) => self.heap.list_mut(id).items.extend(more),
                None => return doubt(self),
            },
            ("insert", Some(at)) => {
                let length = self.heap.list(id).items.len();
                let Some(at) = at.as_int().and_then(|at| usize::try_from(at).ok()) else {
                    return doubt(self);
                };
                let item = args.pos.get(1)?.clone();
                self.heap.list_mut(id).items.insert(at.min(length), item);
            }
            ("remove", Some(item)) => {
                let items = self.items_of(&Value::List(id))?;
                match items
                    .iter()
                    .position(|known| self.equal(known, &item) == Some(true))
                {
                    Some(at) => {
                        self.heap.list_mut(id).items.remove(at);
                    }
                    None => return doubt(self),
                }
            }
            ("pop", None) => return self.heap.list_mut(id).items.pop(),
            ("sort", None) => match self
                .items_of(&Value::List(id))
                .and_then(|items| self.sorted(items, args))
            {
                Some(sorted) => self.heap.list_mut(id).items = sorted,
                None => return doubt(self),
            },
            ("reverse", None) => self.heap.list_mut(id).items.reverse(),
            ("clear", None) => *self.heap.list_mut(id) = ListObj::default(),
            ("copy", None) => {
                let copy = self.heap.list(id).clone();
                let new = self.heap.new_list(copy.items);
                self.heap.list_mut(new).unknown = copy.unknown;
                return Some(Value::List(new));
            }
            ("index", Some(item)) => {
                let items = self.items_of(&Value::List(id))?;
                let at = items
                    .iter()
                    .position(|known| self.equal(known, &item) == Some(true))?;
                return i128::try_from(at).ok().map(Value::Int);
            }
            ("count", Some(_)) => return None,
            _ => return doubt(self),
        }
        Some(Value::None)
    }

    fn set_method(
        &mut self,
        id: ListId,
        receiver: &Value,
        name: &str,
        args: &Args,
    ) -> Option<Value> {
        use ruff_python_ast::Operator;
        let other = |interp: &mut Self| {
            let items = interp.items_of(args.pos.first()?)?;
            interp.set_of(items)
        };
        match name {
            "union" => {
                let other = other(self)?;
                self.binary(Operator::BitOr, receiver, &other)
            }
            "intersection" => {
                let other = other(self)?;
                self.binary(Operator::BitAnd, receiver, &other)
            }
            "difference" => {
                let other = other(self)?;
                self.binary(Operator::Sub, receiver, &other)
            }
            "copy" => {
                let items = self.items_of(receiver)?;
                self.set_of(items)
            }
            "add" => {
                let item = args.pos.first()?.clone();
                let known = self
                    .items_of(receiver)?
                    .iter()
                    .any(|other| self.equal(other, &item) == Some(true));
                if !known {
                    self.heap.list_mut(id).items.push(item);
                }
                Some(Value::None)
            }
            _ => {
                self.heap.list_mut(id).unknown = Some(Rc::from("{…}"));
                None
            }
        }
    }

    fn dict_method(&mut self, id: DictId, name: &str, args: &Args) -> Option<Value> {
        let first = args.pos.first();
        let object = self.heap.dict(id).clone();
        let list = |interp: &mut Self, items: Vec<Value>| {
            if object.unknown.is_some() {
                None
            } else {
                Some(Value::List(interp.heap.new_list(items)))
            }
        };
        match name {
            "keys" => list(
                self,
                object
                    .entries
                    .values()
                    .map(|(key, _)| key.clone())
                    .collect(),
            ),
            "values" => list(
                self,
                object
                    .entries
                    .values()
                    .map(|(_, value)| value.clone())
                    .collect(),
            ),
            "items" => {
                let pair =
                    |(key, value): &(Value, Value)| Value::tuple(vec![key.clone(), value.clone()]);
                list(self, object.entries.values().map(pair).collect())
            }
            "get" if object.unknown.is_none() => {
                let key = DictKey::of(first?)?;
                let default = args.pos.get(1).cloned().unwrap_or(Value::None);
                Some(
                    object
                        .entries
                        .get(&key)
                        .map_or(default, |(_, value)| value.clone()),
                )
            }
            "pop" if object.unknown.is_none() => {
                let key = DictKey::of(first?)?;
                let popped = self.heap.dict_mut(id).entries.shift_remove(&key);
                popped
                    .map(|(_, value)| value)
                    .or_else(|| args.pos.get(1).cloned())
            }
            "setdefault" if object.unknown.is_none() => {
                let key = DictKey::of(first?)?;
                let default = args.pos.get(1).cloned().unwrap_or(Value::None);
                let entry = (first?.clone(), default);
                Some(
                    self.heap
                        .dict_mut(id)
                        .entries
                        .entry(key)
                        .or_insert(entry)
                        .1
                        .clone(),
                )
            }
            "update" => {
                match first {
                    None => {}
                    Some(Value::Dict(other)) => {
                        let other = self.heap.dict(*other).clone();
                        let dict = self.heap.dict_mut(id);
                        dict.entries.extend(other.entries);
                        dict.unknown = dict.unknown.take().or(other.unknown);
                    }
                    Some(_) => self.heap.dict_mut(id).unknown = Some(Rc::from("{…}")),
                }
                for (name, value) in &args.kw {
                    let entry = (Value::Str(name.clone()), value.clone());
                    self.heap
                        .dict_mut(id)
                        .entries
                        .insert(DictKey::Str(name.clone()), entry);
                }
                if let Some(text) = &args.open_kw {
                    self.heap.dict_mut(id).unknown = Some(text.clone());
                }
                Some(Value::None)
            }
            "copy" => Some(Value::Dict(self.heap.new_dict(object))),
            "clear" => {
                *self.heap.dict_mut(id) = DictObj::default();
                Some(Value::None)
            }
            _ => None,
        }
    }
}

/// `str.title()`: a letter after anything but a letter is upper case.
fn title_case(text: &str) -> String {
    let mut out = String::new();
    let mut after_letter = false;
    for c in text.chars() {
        if after_letter {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        after_letter = c.is_alphabetic();
    }
    out
}
