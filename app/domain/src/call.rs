//! Points of Python experiments: a function of a script, called with one config in a folder of its own.
//!
//! ```text
//! out/<experiment>/<timestamp>/<config>-<hash>/    the point's folder: what its names are made of stands here
//! ```

use serde::{Deserialize, Serialize};

use crate::config::{Key, Value, leaves};
use crate::identity::{Identity, IdentityRule};
use crate::schema::parameters::python_str;

/// The key of a config that names its point. It is no part of the point's identity.
pub const NAME_KEY: &str = "name";

/// The key under which a function finds its folder: no config may have it.
pub const OUT_KEY: &str = "out";

/// What a point is called whose config has no name.
const UNNAMED: &str = "experiment";

/// How many digits of the identity stand in a folder's name.
const HASH_DIGITS: usize = 12;

/// The longest name of a folder before its hash, bytes: with hash and endings it stays below what file systems take.
const MAX_NAME_BYTES: usize = 200;

/// The most keys that are shown as varied.
const MAX_VARIED: usize = 32;

/// The longest value of such a key, characters.
const MAX_VARIED_CHARS: usize = 200;

/// One point of a Python experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The experiment in the script whose function is called.
    pub function: String,
    /// Its index in the submission as its author counts, from 0: some of the points may have been done before.
    pub point: u64,
    /// Where its results and the folders of its runs stand; absolute.
    pub folder: String,
}

/// Why a config cannot be a point's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It is no map.
    #[error("config {index} is {found}, and a map of keys to values is expected")]
    NotAMap {
        /// Which, from 0.
        index: usize,
        /// With its article: `a list`.
        found: &'static str,
    },
    /// It has a key that belongs to us.
    #[error("config {index} has the key `{OUT_KEY}`")]
    Reserved {
        /// Which, from 0.
        index: usize,
    },
}

impl CallError {
    /// The same about the config at another place.
    #[must_use]
    pub fn at(self, index: usize) -> Self {
        match self {
            Self::NotAMap { found, .. } => Self::NotAMap { index, found },
            Self::Reserved { .. } => Self::Reserved { index },
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotAMap { .. } => "give each point a map",
            Self::Reserved { .. } => {
                "give it another name: `out` is the folder that the function finds there"
            }
        }
    }
}

/// Says whether these can be the configs of points.
///
/// # Errors
/// The first one that cannot.
pub fn check(configs: &[Value]) -> Result<(), CallError> {
    for (index, config) in configs.iter().enumerate() {
        let Value::Map(entries) = config else {
            let found = crate::config::described(config);
            return Err(CallError::NotAMap { index, found });
        };
        if entries.iter().any(|(key, _)| key == OUT_KEY) {
            return Err(CallError::Reserved { index });
        }
    }
    Ok(())
}

/// What is run by the points of a function, for their identities: `train.py::main`.
pub fn entry(script: &str, function: &str) -> String {
    format!("{script}::{function}")
}

/// The rule of such points; `ignore` are the keys that the project says make no difference.
pub fn identity_rule(entry: String, mut ignore: Vec<Key>, code: Option<String>) -> IdentityRule {
    ignore.push(Key::new(NAME_KEY));
    ignore.sort();
    ignore.dedup();
    IdentityRule {
        entry,
        ignore,
        code,
    }
}

/// What the point of this config is called.
pub fn name_of(config: &Value) -> String {
    let Value::Map(entries) = config else {
        return UNNAMED.to_owned();
    };
    let name = entries.iter().find(|(key, _)| key == NAME_KEY);
    match name {
        None | Some((_, Value::Null | Value::Bool(false) | Value::Map(_) | Value::List(_))) => {
            UNNAMED.to_owned()
        }
        Some((_, Value::Text(text))) if text.is_empty() => UNNAMED.to_owned(),
        Some((_, name)) => python_str(name),
    }
}

/// The name of a point's folder.
pub fn folder_name(name: &str, identity: &Identity) -> String {
    let hash = identity.as_str().get(..HASH_DIGITS).unwrap_or_default();
    format!("{}-{hash}", safe_name(name))
}

/// A text as one component of a path that every system takes: what cannot stand there becomes `_`. Never empty, never `.` or
/// `..`, never hidden, at most 200 bytes.
pub fn safe_name(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        let c = if c.is_control() || r#"/\:*?"<>|"#.contains(c) {
            '_'
        } else {
            c
        };
        // Hidden folders are passed over by programs that list results.
        let c = if name.is_empty() && c == '.' { '_' } else { c };
        if name.len() + c.len_utf8() > MAX_NAME_BYTES {
            break;
        }
        name.push(c);
    }
    // Some systems drop these silently.
    while name.ends_with(['.', ' ']) {
        name.pop();
    }
    if name.is_empty() {
        "_".to_owned()
    } else {
        name
    }
}

/// For each config, the leaves in which the configs differ: a bounded number of keys, with values that fit into a list.
pub fn varied(configs: &[&Value]) -> Vec<Vec<(Key, Value)>> {
    use std::collections::HashMap;
    struct Seen<'a> {
        first: &'a Value,
        count: usize,
        differs: bool,
        fits: bool,
    }
    let mut order: Vec<Key> = Vec::new();
    let mut seen: HashMap<Key, Seen<'_>> = HashMap::new();
    for config in configs {
        for (key, value) in leaves(config) {
            let known = seen.entry(key.clone()).or_insert_with(|| {
                order.push(key);
                Seen {
                    first: value,
                    count: 0,
                    differs: false,
                    fits: true,
                }
            });
            known.count += 1;
            known.differs |= !is_same(known.first, value);
            known.fits &= value.to_string().chars().count() <= MAX_VARIED_CHARS;
        }
    }
    let keys: Vec<Key> = order
        .into_iter()
        .filter(|key| {
            let known = &seen[key];
            known.fits && (known.differs || known.count < configs.len())
        })
        .take(MAX_VARIED)
        .collect();
    configs
        .iter()
        .map(|config| {
            let mut own: HashMap<Key, &Value> = leaves(config).into_iter().collect();
            keys.iter()
                .filter_map(|key| own.remove(key).map(|value| (key.clone(), value.clone())))
                .collect()
        })
        .collect()
}

/// Equality for which `NaN` is itself: a value that all points share does not vary.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b).is_eq(),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml::from_yaml;

    #[test]
    fn a_folder_has_a_safe_name_whatever_the_config_says() {
        for (text, name) in [
            ("exp_lr0.1", "exp_lr0.1"),
            ("../../x", "_._.._x"),
            ("..", "_"),
            (".", "_"),
            ("", "_"),
            (".git", "_git"),
            ("a/b\\c:d*e?f\"g<h>i|j\nk\0", "a_b_c_d_e_f_g_h_i_j_k_"),
            ("试验 1 ", "试验 1"),
            (" . ", ""),
        ] {
            let safe = safe_name(text);
            if name.is_empty() {
                assert!(!safe.trim().is_empty() && !safe.contains('/'), "{safe:?}");
            } else {
                assert_eq!(safe, name, "{text:?}");
            }
        }
        let long = safe_name(&"é".repeat(300));
        assert_eq!(long.len(), MAX_NAME_BYTES, "cut between characters");
    }

    #[test]
    fn a_name_makes_no_other_work_and_a_nested_one_does() {
        let rule = identity_rule(entry("a.py", "main"), vec![], None);
        let of = |text: &str| rule.of(&from_yaml(text).unwrap());
        assert_eq!(of("{name: a, x: 1}"), of("{x: 1, name: b}"));
        assert_eq!(of("{name: a, x: 1}"), of("{x: 1}"));
        assert_ne!(of("{m: {name: a}}"), of("{m: {name: b}}"));
        assert_ne!(of("{x: 1}"), of("{x: 1.0}"));
        let other = identity_rule(entry("a.py", "eval"), vec![], None);
        assert_ne!(of("{x: 1}"), other.of(&from_yaml("{x: 1}").unwrap()));
    }

    #[test]
    fn a_point_is_named_by_its_config_or_not_at_all() {
        for (config, name) in [
            ("{name: a/b}", "a/b"),
            ("{name: 1}", "1"),
            ("{name: null}", "experiment"),
            ("{name: ''}", "experiment"),
            ("{x: 1}", "experiment"),
            ("{name: [1]}", "experiment"),
        ] {
            assert_eq!(name_of(&from_yaml(config).unwrap()), name, "{config}");
        }
    }

    #[test]
    fn a_config_with_our_key_is_refused_and_named() {
        let configs: Vec<Value> = ["{x: 1}", "{out: 2}"]
            .map(|text| from_yaml(text).unwrap())
            .to_vec();
        let error = check(&configs).unwrap_err();
        assert_eq!(error.to_string(), "config 1 has the key `out`");
        let error = check(&[Value::Int(1)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "config 0 is an integer, and a map of keys to values is expected"
        );
    }

    #[test]
    fn only_what_differs_is_varied() {
        let configs: Vec<Value> = [
            "{name: a, lr: 0.1, seed: 1, m: {w: 1}, nan: .nan}".to_owned(),
            "{name: b, lr: 0.1, seed: 2, m: {w: 1, d: 3}, nan: .nan}".to_owned(),
            format!(
                "{{name: c, lr: 0.1, seed: 2, m: {{w: 1}}, nan: .nan, text: {}}}",
                "x".repeat(300)
            ),
        ]
        .map(|text| from_yaml(&text).unwrap())
        .to_vec();
        let all: Vec<&Value> = configs.iter().collect();
        let shown: Vec<String> = varied(&all)
            .iter()
            .map(|pairs| {
                let pairs = pairs.iter().map(|(key, value)| format!("{key}={value}"));
                pairs.collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(
            shown,
            ["name=a seed=1", "name=b seed=2 m.d=3", "name=c seed=2"]
        );
        assert_eq!(
            varied(&[&configs[0]]),
            [vec![]],
            "one point alone varies in nothing"
        );
    }
}
