//! The value of an expression.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::config::Value;

use super::arithmetic::{self, Problem, shown};
use super::ast::{Comparison, Expression, Name, Node, NodeKind};
use super::error::{ExprError, ExprErrorKind};
use super::parse::error;

type Evaluated<'a> = Result<Cow<'a, Value>, ExprError>;

impl Expression {
    /// The value with `lookup` as the keys' values. A key without one is null, and a bare word that may be a text is one.
    ///
    /// # Errors
    /// [`ExprError`] where an operation cannot take what it gets.
    pub fn eval(&self, lookup: impl Fn(&str) -> Option<Value>) -> Result<Value, ExprError> {
        let values: Vec<Option<Value>> = self.names().map(lookup).collect();
        let get = |index: usize| values.get(index).and_then(Option::as_ref);
        self.eval_indexed(&get).map(Cow::into_owned)
    }

    /// True if it holds. Null does not.
    ///
    /// # Errors
    /// As [`Self::eval`], and if the result is neither true nor false.
    pub fn holds(&self, lookup: impl Fn(&str) -> Option<Value>) -> Result<bool, ExprError> {
        let values: Vec<Option<Value>> = self.names().map(lookup).collect();
        self.holds_indexed(&|index: usize| values.get(index).and_then(Option::as_ref))
    }

    /// [`Self::holds`] with the values in the order of [`Self::names`].
    pub(crate) fn holds_indexed<'a>(
        &'a self,
        get: &dyn Fn(usize) -> Option<&'a Value>,
    ) -> Result<bool, ExprError> {
        match self.eval_indexed(get)?.as_ref() {
            Value::Bool(holds) => Ok(*holds),
            Value::Null => Ok(false),
            other => {
                let kind = ExprErrorKind::NotACondition {
                    found: shown(other),
                };
                Err(error(kind, self.root.at.start, self.root.at.end))
            }
        }
    }

    fn eval_indexed<'a>(&'a self, get: &dyn Fn(usize) -> Option<&'a Value>) -> Evaluated<'a> {
        Evaluation {
            names: &self.names,
            get,
        }
        .value(&self.root)
    }
}

struct Evaluation<'a, 'g> {
    names: &'a [Name],
    get: &'g dyn Fn(usize) -> Option<&'a Value>,
}

impl<'a> Evaluation<'a, '_> {
    fn value(&self, node: &'a Node) -> Evaluated<'a> {
        let at = |problem: Problem| error(problem.0, node.at.start, node.at.end);
        match &node.kind {
            NodeKind::Literal(value) => Ok(Cow::Borrowed(value)),
            NodeKind::Name(index, may_be_text) => Ok(match (self.get)(*index) {
                Some(value) => Cow::Borrowed(value),
                None if *may_be_text => Cow::Owned(Value::Text(self.names[*index].key.clone())),
                None => Cow::Owned(Value::Null),
            }),
            NodeKind::List(items) => {
                let items = items.iter().map(|item| Ok(self.value(item)?.into_owned()));
                Ok(Cow::Owned(Value::List(items.collect::<Result<_, _>>()?)))
            }
            NodeKind::Not(inner) => Ok(truth(self.condition(inner, "`not`")?.map(|holds| !holds))),
            NodeKind::And(left, right) => Ok(match self.condition(left, "`and`")? {
                Some(false) => truth(Some(false)),
                left => match (left, self.condition(right, "`and`")?) {
                    (_, Some(false)) => truth(Some(false)),
                    (Some(true), Some(true)) => truth(Some(true)),
                    _ => truth(None),
                },
            }),
            NodeKind::Or(left, right) => Ok(match self.condition(left, "`or`")? {
                Some(true) => truth(Some(true)),
                left => match (left, self.condition(right, "`or`")?) {
                    (_, Some(true)) => truth(Some(true)),
                    (Some(false), Some(false)) => truth(Some(false)),
                    _ => truth(None),
                },
            }),
            NodeKind::Negate(inner) => {
                let value = self.value(inner)?;
                arithmetic::negated(&value)
                    .map(Cow::Owned)
                    .ok_or_else(|| at(Problem::operand("`-`", "a number", &value)))
            }
            NodeKind::Arithmetic(operation, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                arithmetic::compute(*operation, &left, &right)
                    .map(Cow::Owned)
                    .map_err(at)
            }
            NodeKind::Call(function, arguments) => {
                let arguments = arguments.iter().map(|argument| self.value(argument));
                let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
                function.call(&arguments).map(Cow::Owned).map_err(at)
            }
            NodeKind::Compare(first, rest) => self.compare(first, rest),
        }
    }

    /// True, false, or neither: null.
    fn condition(&self, node: &'a Node, operation: &str) -> Result<Option<bool>, ExprError> {
        match self.value(node)?.as_ref() {
            Value::Bool(holds) => Ok(Some(*holds)),
            Value::Null => Ok(None),
            other => {
                let problem = Problem::operand(operation, "true or false", other);
                Err(error(problem.0, node.at.start, node.at.end))
            }
        }
    }

    fn compare(&self, first: &'a Node, rest: &'a [(Comparison, Node)]) -> Evaluated<'a> {
        let mut left = self.value(first)?;
        let mut left_node = first;
        for (comparison, node) in rest {
            let right = self.value(node)?;
            let at = |problem: Problem| error(problem.0, left_node.at.start, node.at.end);
            if !compared(*comparison, &left, &right).map_err(at)? {
                return Ok(truth(Some(false)));
            }
            (left, left_node) = (right, node);
        }
        Ok(truth(Some(true)))
    }
}

fn truth(holds: Option<bool>) -> Cow<'static, Value> {
    Cow::Owned(holds.map_or(Value::Null, Value::Bool))
}

/// Comparisons with null are false, but for equality and membership, where null equals itself alone.
fn compared(comparison: Comparison, left: &Value, right: &Value) -> Result<bool, Problem> {
    let ordered =
        |fits: fn(Ordering) -> bool| Ok(arithmetic::order(left, right)?.is_some_and(fits));
    let is_in = || match right {
        Value::Null => Ok(false),
        whole => arithmetic::contains(whole, left)
            .ok_or_else(|| Problem::operand("`in`", "a list, or two texts", whole)),
    };
    let fits = || match (left, right) {
        (Value::Text(text), Value::Text(pattern)) => Ok(super::glob::matches(pattern, text)),
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        (Value::Text(_), other) | (other, _) => Err(Problem::operand("`~`", "texts", other)),
    };
    match comparison {
        Comparison::Equal => Ok(arithmetic::equal(left, right)),
        Comparison::Unequal => Ok(!arithmetic::equal(left, right)),
        Comparison::Less => ordered(Ordering::is_lt),
        Comparison::LessOrEqual => ordered(Ordering::is_le),
        Comparison::Greater => ordered(Ordering::is_gt),
        Comparison::GreaterOrEqual => ordered(Ordering::is_ge),
        Comparison::In => is_in(),
        Comparison::NotIn => is_in().map(|is_in| !is_in),
        Comparison::Matches => fits(),
        Comparison::DoesNotMatch => fits().map(|fits| !fits),
    }
}
