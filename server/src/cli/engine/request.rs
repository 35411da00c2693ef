//! One line of standard input, taken apart.

use std::path::PathBuf;

use domain::config::{Format, Value, read_tree, to_json};
use domain::protocol::{ApiError, ErrorCode};

/// What is asked.
#[derive(Debug)]
pub(super) struct Request {
    /// What the answer carries, so that the caller knows it again.
    pub(super) id: Value,
    pub(super) method: String,
    pub(super) params: Params,
}

/// A line that is no request, with as much of its id as can be read.
#[derive(Debug)]
pub(super) struct NoRequest {
    pub(super) id: Value,
    pub(super) error: Box<ApiError>,
}

impl Request {
    pub(super) fn read(line: &str) -> Result<Self, NoRequest> {
        let node = read_tree(Format::Json, line).map_err(|error| NoRequest {
            id: leading_id(line),
            error: Box::new(bad(format!(
                "the line is no JSON: column {}: {}",
                error.column, error.message
            ))),
        })?;
        let Value::Map(entries) = node.to_value() else {
            return Err(NoRequest {
                id: Value::Null,
                error: Box::new(bad(
                    "a request is an object with `id`, `method` and `params`",
                )),
            });
        };
        let mut all = Params(entries);
        let id = all.take("id").unwrap_or_default();
        let refuse = |error: ApiError| NoRequest {
            id: id.clone(),
            error: Box::new(error),
        };
        let method = all.text("method").map_err(refuse)?;
        let params = match all.take("params") {
            None | Some(Value::Null) => Params(Vec::new()),
            Some(Value::Map(entries)) => Params(entries),
            Some(_) => return Err(refuse(bad("`params` is no object"))),
        };
        Ok(Self { id, method, params })
    }
}

/// The id of a line that cannot be read otherwise, if it stands in front: whoever asked still learns that it was heard.
fn leading_id(line: &str) -> Value {
    let number = || {
        let rest = line.trim_start().strip_prefix('{')?.trim_start();
        let rest = rest.strip_prefix("\"id\"")?.trim_start();
        let rest = rest.strip_prefix(':')?.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        rest.get(..end)?.parse().ok().map(Value::Int)
    };
    number().unwrap_or_default()
}

/// The parameters of a request. What nobody asks for is no mistake: it may be meant for another version.
#[derive(Debug, Default)]
pub(super) struct Params(Vec<(String, Value)>);

impl Params {
    /// Takes a parameter out; `None` if it is not there.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        let at = self.0.iter().position(|(known, _)| known == key)?;
        Some(self.0.swap_remove(at).1)
    }

    /// A parameter that must be there, whatever it is.
    pub(super) fn value(&mut self, key: &str) -> Result<Value, ApiError> {
        self.take(key)
            .ok_or_else(|| bad(format!("`{key}` is missing")))
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, key: &str) -> Result<String, ApiError> {
        match self.value(key)? {
            Value::Text(text) => Ok(text),
            _ => Err(bad(format!("`{key}` is no text"))),
        }
    }

    /// A text; absent and null are none.
    pub(super) fn maybe_text(&mut self, key: &str) -> Result<Option<String>, ApiError> {
        match self.take(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(bad(format!("`{key}` is no text"))),
        }
    }

    /// A path, absolute whatever the working directory of this process is.
    pub(super) fn path(&mut self, key: &str) -> Result<PathBuf, ApiError> {
        let text = self.text(key)?;
        std::path::absolute(&text).map_err(|error| bad(format!("`{key}` is no path: {error}")))
    }

    /// A number from 0; absent and null are none.
    pub(super) fn maybe_number(&mut self, key: &str) -> Result<Option<u32>, ApiError> {
        match self.take(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Int(number)) => u32::try_from(number).map(Some).map_err(|_| {
                bad(format!(
                    "`{key}` is {number}, and a number from 0 is expected"
                ))
            }),
            Some(_) => Err(bad(format!("`{key}` is no number"))),
        }
    }

    /// A list; absent, it is empty.
    pub(super) fn list(&mut self, key: &str) -> Result<Vec<Value>, ApiError> {
        match self.take(key) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::List(items)) => Ok(items),
            Some(_) => Err(bad(format!("`{key}` is no list"))),
        }
    }

    /// A list of texts; absent, it is empty.
    pub(super) fn texts(&mut self, key: &str) -> Result<Vec<String>, ApiError> {
        let text = |value: Value| match value {
            Value::Text(text) => Ok(text),
            other => Err(bad(format!(
                "`{key}` holds `{}`, and texts are expected",
                to_json(&other)
            ))),
        };
        self.list(key)?.into_iter().map(text).collect()
    }

    /// Parameters inside a parameter that must be there.
    pub(super) fn section(&mut self, key: &str) -> Result<Self, ApiError> {
        section(self.value(key)?).ok_or_else(|| bad(format!("`{key}` is no object")))
    }
}

/// The entries of an object.
pub(super) fn section(value: Value) -> Option<Params> {
    match value {
        Value::Map(entries) => Some(Params(entries)),
        _ => None,
    }
}

/// A request that makes no sense.
pub(super) fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message).with_hint(
        "`docs/ENGINE.md` says what can be asked; package and program should be of one version",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_request_or_says_why_not_and_keeps_its_id() {
        let good = Request::read("{\"id\": 7, \"method\": \"merge\", \"params\": {\"a\": NaN}}");
        let mut good = good.unwrap();
        assert_eq!((good.id, good.method.as_str()), (Value::Int(7), "merge"));
        assert!(matches!(good.params.take("a"), Some(Value::Float(nan)) if nan.is_nan()));
        for (line, id) in [
            ("", Value::Null),
            ("[]", Value::Null),
            ("{\"id\": 8}", Value::Int(8)),
            (
                "{\"id\": \"x\", \"method\": 1}",
                Value::Text("x".to_owned()),
            ),
            (
                "{\"id\": 9, \"method\": \"m\", \"params\": []}",
                Value::Int(9),
            ),
            // Half of a surrogate pair, as Python writes names of files that are no UTF-8.
            ("{\"id\": 10, \"method\": \"\\udc80\"}", Value::Int(10)),
            ("{\"id\": 11, \"method", Value::Int(11)),
        ] {
            assert_eq!(Request::read(line).unwrap_err().id, id, "{line}");
        }
    }
}
