//! `match`: which case a known value takes.

use std::rc::Rc;

use ruff_python_ast::{
    Pattern, PatternMatchClass, PatternMatchMapping, PatternMatchSequence, Singleton, StmtMatch,
};

use super::flow::Way;
use super::machine::{Flow, Interp};
use crate::value::{Args, DictKey, Value};

/// What a pattern binds.
type Bound = Vec<(Rc<str>, Value)>;

impl<'a> Interp<'a> {
    pub(crate) fn exec_match(&mut self, stmt: &'a StmtMatch) -> Flow {
        let subject = self.eval(&stmt.subject);
        let text = self.text(&*stmt.subject);
        let mut ways: Vec<Way<'a>> = Vec::new();
        for case in &stmt.cases {
            let mut bound = Bound::new();
            let mut fits = self.fits(&subject, &case.pattern, &mut bound);
            if let (Some(true), Some(guard)) = (fits, &case.guard) {
                self.bind_all(&bound);
                let value = self.eval(guard);
                fits = self.truth(&value);
            }
            if fits == Some(false) {
                continue;
            }
            if fits == Some(true) && ways.is_empty() {
                self.bind_all(&bound);
                return self.exec_block(&case.body);
            }
            let condition = format!("match {text}: case {}", self.text(&case.pattern));
            ways.push(Way {
                condition: Some(Rc::from(condition)),
                body: vec![&*case.body],
                unknown_names: bound.into_iter().map(|(name, _)| name).collect(),
            });
            if fits == Some(true) {
                return self.exec_ways(ways, false);
            }
        }
        if ways.is_empty() {
            Flow::Next
        } else {
            self.exec_ways(ways, true)
        }
    }

    fn bind_all(&mut self, bound: &Bound) {
        let locals = self.here().locals;
        for (name, value) in bound {
            self.bind(locals, name, value.clone());
        }
    }

    /// True if a value fits a pattern; `None` if that is not certain. `bound` gets every name of the pattern.
    fn fits(&mut self, value: &Value, pattern: &'a Pattern, bound: &mut Bound) -> Option<bool> {
        if !self.step() {
            return None;
        }
        match pattern {
            Pattern::MatchValue(pattern) => {
                let wanted = self.eval(&pattern.value);
                self.equal(value, &wanted)
            }
            Pattern::MatchSingleton(pattern) => {
                let wanted = match pattern.value {
                    Singleton::None => Value::None,
                    Singleton::True => Value::Bool(true),
                    Singleton::False => Value::Bool(false),
                };
                match value {
                    Value::Unknown(_) => None,
                    value => Some(*value == wanted),
                }
            }
            Pattern::MatchAs(pattern) => {
                let fits = match &pattern.pattern {
                    Some(inner) => self.fits(value, inner, bound),
                    None => Some(true),
                };
                if let Some(name) = &pattern.name {
                    bound.push((Rc::from(name.as_str()), value.clone()));
                }
                fits
            }
            Pattern::MatchOr(pattern) => {
                let mut result = Some(false);
                for pattern in &pattern.patterns {
                    match self.fits(value, pattern, bound) {
                        Some(true) if result == Some(false) => return Some(true),
                        Some(false) => {}
                        _ => result = None,
                    }
                }
                result
            }
            Pattern::MatchSequence(pattern) => self.fits_sequence(value, pattern, bound),
            Pattern::MatchMapping(pattern) => self.fits_mapping(value, pattern, bound),
            Pattern::MatchClass(pattern) => self.fits_class(value, pattern, bound),
            Pattern::MatchStar(pattern) => {
                if let Some(name) = &pattern.name {
                    bound.push((Rc::from(name.as_str()), value.clone()));
                }
                Some(true)
            }
        }
    }

    fn fits_sequence(
        &mut self,
        value: &Value,
        pattern: &'a PatternMatchSequence,
        bound: &mut Bound,
    ) -> Option<bool> {
        let items = match value {
            Value::Tuple(_) | Value::List(_) => self.items_of(value),
            Value::Unknown(_) | Value::Instance(_) | Value::Object(_) | Value::Argv => None,
            _ => Some(Vec::new()),
        };
        let is_sequence = matches!(value, Value::Tuple(_) | Value::List(_));
        let star = pattern
            .patterns
            .iter()
            .position(|pattern| matches!(pattern, Pattern::MatchStar(_)));
        let count = pattern.patterns.len();
        let fixed = count - usize::from(star.is_some());
        let length_fits = match &items {
            None => None,
            Some(_) if !is_sequence => Some(false),
            Some(items) if star.is_some() => Some(items.len() >= fixed),
            Some(items) => Some(items.len() == fixed),
        };
        let items = items.filter(|_| length_fits == Some(true));
        let mut result = length_fits;
        for (at, pattern) in pattern.patterns.iter().enumerate() {
            let item = match (&items, star) {
                (None, _) => Value::unknown("…"),
                (Some(items), Some(star)) if at == star => {
                    let rest = items[star..items.len() - (count - star - 1)].to_vec();
                    Value::List(self.heap.new_list(rest))
                }
                (Some(items), Some(star)) if at > star => items[items.len() - (count - at)].clone(),
                (Some(items), _) => items[at].clone(),
            };
            result = both(result, self.fits(&item, pattern, bound));
        }
        result
    }

    fn fits_mapping(
        &mut self,
        value: &Value,
        pattern: &'a PatternMatchMapping,
        bound: &mut Bound,
    ) -> Option<bool> {
        let dict = match value {
            Value::Dict(id) => {
                let dict = self.heap.dict(*id).clone();
                dict.unknown.is_none().then_some(dict)
            }
            _ => None,
        };
        let mut result = match value {
            Value::Dict(_) => dict.as_ref().map(|_| true),
            Value::Unknown(_) | Value::Instance(_) | Value::Object(_) => None,
            _ => Some(false),
        };
        for (key, pattern) in pattern.keys.iter().zip(&pattern.patterns) {
            let key = self.eval(key);
            let known = dict.as_ref().zip(DictKey::of(&key));
            let entry = known.map(|(dict, key)| dict.entries.get(&key));
            result = both(result, entry.map(|entry| entry.is_some()));
            let found = entry.flatten().map(|(_, value)| value.clone());
            let item = found.unwrap_or_else(|| Value::unknown("…"));
            result = both(result, self.fits(&item, pattern, bound));
        }
        if let Some(rest) = &pattern.rest {
            bound.push((Rc::from(rest.as_str()), Value::unknown(rest.as_str())));
        }
        result
    }

    /// `Class(…)`: only a bare class, or a builtin one with the value itself, is decided.
    fn fits_class(
        &mut self,
        value: &Value,
        pattern: &'a PatternMatchClass,
        bound: &mut Bound,
    ) -> Option<bool> {
        let class = self.eval(&pattern.cls);
        let check = Args::positional(vec![value.clone(), class.clone()]);
        let mut result = match self.call_builtin("isinstance", &check) {
            Some(Value::Bool(fits)) => Some(fits),
            _ => None,
        };
        let own = class
            .extern_name()
            .is_some_and(|name| name.starts_with("builtins."));
        for inner in &pattern.arguments.patterns {
            let item = if own {
                value.clone()
            } else {
                Value::unknown("…")
            };
            result = both(result, self.fits(&item, inner, bound));
        }
        for keyword in &pattern.arguments.keywords {
            let item = self
                .get_attr(value, keyword.attr.as_str())
                .unwrap_or_else(|| Value::unknown(keyword.attr.as_str()));
            result = both(result, self.fits(&item, &keyword.pattern, bound));
        }
        result
    }
}

/// Both must hold; what is certainly false stays so.
fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Names that a `match` may bind, for loops that are not followed.
pub(crate) fn pattern_names(pattern: &Pattern, names: &mut Vec<Rc<str>>) {
    match pattern {
        Pattern::MatchAs(pattern) => {
            if let Some(inner) = &pattern.pattern {
                pattern_names(inner, names);
            }
            names.extend(pattern.name.iter().map(|name| Rc::from(name.as_str())));
        }
        Pattern::MatchStar(pattern) => {
            names.extend(pattern.name.iter().map(|name| Rc::from(name.as_str())));
        }
        Pattern::MatchOr(pattern) => each_name(&pattern.patterns, names),
        Pattern::MatchSequence(pattern) => each_name(&pattern.patterns, names),
        Pattern::MatchMapping(pattern) => {
            each_name(&pattern.patterns, names);
            names.extend(pattern.rest.iter().map(|name| Rc::from(name.as_str())));
        }
        Pattern::MatchClass(pattern) => {
            each_name(&pattern.arguments.patterns, names);
            for keyword in &pattern.arguments.keywords {
                pattern_names(&keyword.pattern, names);
            }
        }
        Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
    }
}

fn each_name(patterns: &[Pattern], names: &mut Vec<Rc<str>>) {
    for pattern in patterns {
        pattern_names(pattern, names);
    }
}
