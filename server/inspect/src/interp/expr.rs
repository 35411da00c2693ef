//! Expressions.

use std::rc::Rc;

use ruff_python_ast::{
    BoolOp, DictItem, Expr, ExprBoolOp, ExprCall, ExprCompare, ExprFString, ExprIf, FStringPart,
    InterpolatedStringElement, Number, UnaryOp,
};

use super::machine::Interp;
use crate::heap::{Body, DictObj};
use crate::value::{Args, DictKey, Value};

impl<'a> Interp<'a> {
    /// Evaluates an expression; called through `eval`, which keeps the limits.
    pub(crate) fn eval_inner(&mut self, expr: &'a Expr) -> Value {
        match expr {
            Expr::NoneLiteral(_) => Value::None,
            Expr::BooleanLiteral(literal) => Value::Bool(literal.value),
            Expr::StringLiteral(literal) => Value::str(literal.value.to_str()),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(int) => int
                    .to_string()
                    .parse()
                    .map_or_else(|_| self.unknown(expr), Value::Int),
                Number::Float(float) => Value::Float(*float),
                Number::Complex { .. } => self.unknown(expr),
            },
            Expr::Name(name) => self.name(name.id.as_str()),
            Expr::Tuple(tuple) => self
                .sequence(&tuple.elts)
                .map_or_else(|| self.unknown(expr), Value::tuple),
            Expr::List(list) => match self.sequence(&list.elts) {
                Some(items) => Value::List(self.heap.new_list(items)),
                None => self.unknown(expr),
            },
            Expr::Set(set) => match self.sequence(&set.elts) {
                Some(items) => self.set_of(items).unwrap_or_else(|| self.unknown(expr)),
                None => self.unknown(expr),
            },
            Expr::Dict(dict) => self.dict(&dict.items).unwrap_or_else(|| self.unknown(expr)),
            Expr::BinOp(binary) => {
                let left = self.eval(&binary.left);
                let right = self.eval(&binary.right);
                self.binary(binary.op, &left, &right)
                    .unwrap_or_else(|| self.unknown(expr))
            }
            Expr::UnaryOp(unary) => {
                let operand = self.eval(&unary.operand);
                self.unary(unary.op, &operand)
                    .unwrap_or_else(|| self.unknown(expr))
            }
            Expr::BoolOp(bool_op) => self.bool_op(bool_op).unwrap_or_else(|| self.unknown(expr)),
            Expr::Compare(compare) => self
                .compare_chain(compare)
                .map_or_else(|| self.unknown(expr), Value::Bool),
            Expr::If(conditional) => self
                .conditional(conditional)
                .unwrap_or_else(|| self.unknown(expr)),
            Expr::Named(named) => {
                let value = self.eval(&named.value);
                self.assign(&named.target, value.clone());
                value
            }
            Expr::Lambda(lambda) => {
                let parameters = lambda.parameters.as_deref();
                let func = self.make_function(
                    Rc::from("<lambda>"),
                    parameters,
                    Body::Lambda(&lambda.body),
                );
                Value::Func(self.heap.new_func(func))
            }
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => self
                .comprehension(expr)
                .unwrap_or_else(|| self.unknown(expr)),
            Expr::Await(inner) => self.eval(&inner.value),
            Expr::Yield(inner) => {
                let value = inner
                    .value
                    .as_ref()
                    .map_or(Value::None, |value| self.eval(value));
                self.frame().yields.push(value);
                Value::None
            }
            Expr::Call(call) => self.eval_call(call),
            Expr::FString(fstring) => self
                .fstring(fstring)
                .map_or_else(|| self.unknown(expr), Value::str),
            Expr::Attribute(attribute) => {
                let base = self.eval(&attribute.value);
                self.get_attr(&base, attribute.attr.as_str())
                    .unwrap_or_else(|| self.unknown(expr))
            }
            Expr::Subscript(subscript) => {
                let base = self.eval(&subscript.value);
                self.subscript(&base, &subscript.slice)
                    .unwrap_or_else(|| self.unknown(expr))
            }
            Expr::Starred(starred) => self.eval(&starred.value),
            Expr::BytesLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::TString(_)
            | Expr::Slice(_)
            | Expr::YieldFrom(_)
            | Expr::IpyEscapeCommand(_) => self.unknown(expr),
        }
    }

    fn conditional(&mut self, expr: &'a ExprIf) -> Option<Value> {
        let test = self.eval(&expr.test);
        match self.truth(&test) {
            Some(true) => Some(self.eval(&expr.body)),
            Some(false) => Some(self.eval(&expr.orelse)),
            None => {
                let values = vec![self.eval(&expr.body), self.eval(&expr.orelse)];
                self.merged(values).filter(|value| !value.is_unknown())
            }
        }
    }

    fn name(&mut self, name: &str) -> Value {
        if let Some(value) = self.lookup(name) {
            return self.followed(value);
        }
        if super::builtins::is_builtin(name) {
            Value::builtin(name)
        } else {
            Value::unknown(name)
        }
    }

    /// The items of a display; `None` if a `*value` in it is not known.
    fn sequence(&mut self, elements: &'a [Expr]) -> Option<Vec<Value>> {
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            if let Expr::Starred(starred) = element {
                let value = self.eval(&starred.value);
                items.extend(self.items_of(&value)?);
            } else {
                items.push(self.eval_settled(element));
            }
        }
        Some(items)
    }

    /// Like `eval`; a list or dict whose contents are not certain becomes unknown.
    pub(crate) fn eval_settled(&mut self, expr: &'a Expr) -> Value {
        let value = self.eval(expr);
        if self.is_doubtful(&value) {
            self.unknown(expr)
        } else {
            value
        }
    }

    /// True for a container whose contents are not certain.
    pub(crate) fn is_doubtful(&self, value: &Value) -> bool {
        match value {
            Value::List(id) | Value::Set(id) => self.heap.list(*id).unknown.is_some(),
            Value::Dict(id) => self.heap.dict(*id).unknown.is_some(),
            _ => false,
        }
    }

    /// A set without its repeats; `None` if that cannot be told.
    pub(crate) fn set_of(&mut self, items: Vec<Value>) -> Option<Value> {
        let mut seen = Vec::new();
        let mut kept = Vec::new();
        for item in items {
            let key = DictKey::of(&item)?;
            if !seen.contains(&key) {
                seen.push(key);
                kept.push(item);
            }
        }
        Some(Value::Set(self.heap.new_list(kept)))
    }

    fn dict(&mut self, items: &'a [DictItem]) -> Option<Value> {
        let mut object = DictObj::default();
        for item in items {
            let value = self.eval_settled(&item.value);
            match &item.key {
                Some(key) => {
                    let key = self.eval(key);
                    object.entries.insert(DictKey::of(&key)?, (key, value));
                }
                None => match value {
                    Value::Dict(id) => object.entries.extend(self.heap.dict(id).entries.clone()),
                    _ => return None,
                },
            }
        }
        Some(Value::Dict(self.heap.new_dict(object)))
    }

    fn unary(&self, op: UnaryOp, operand: &Value) -> Option<Value> {
        match op {
            UnaryOp::Not => self.truth(operand).map(|truth| Value::Bool(!truth)),
            UnaryOp::USub => match operand {
                Value::Float(value) => Some(Value::Float(-value)),
                _ => Some(Value::Int(operand.as_int()?.checked_neg()?)),
            },
            UnaryOp::UAdd => match operand {
                Value::Float(value) => Some(Value::Float(*value)),
                _ => Some(Value::Int(operand.as_int()?)),
            },
            UnaryOp::Invert => Some(Value::Int(!operand.as_int()?)),
        }
    }

    fn bool_op(&mut self, expr: &'a ExprBoolOp) -> Option<Value> {
        let stop = expr.op == BoolOp::Or;
        let mut doubt = false;
        let mut last = None;
        for operand in &expr.values {
            let value = self.eval(operand);
            match self.truth(&value) {
                Some(truth) if truth == stop => return (!doubt).then_some(value),
                Some(_) => {}
                None => doubt = true,
            }
            last = Some(value);
        }
        if doubt { None } else { last }
    }

    fn compare_chain(&mut self, expr: &'a ExprCompare) -> Option<bool> {
        let mut left = self.eval(&expr.left);
        let mut result = Some(true);
        for (op, right) in expr.ops.iter().zip(&*expr.comparators) {
            let right = self.eval(right);
            match self.compare(*op, &left, &right) {
                Some(false) => return Some(false),
                Some(true) => {}
                None => result = None,
            }
            left = right;
        }
        result
    }

    fn fstring(&mut self, expr: &'a ExprFString) -> Option<String> {
        let mut out = String::new();
        let mut complete = true;
        for part in &expr.value {
            match part {
                FStringPart::Literal(literal) => out.push_str(literal.as_str()),
                FStringPart::FString(fstring) => {
                    for element in &fstring.elements {
                        match self.fstring_element(element) {
                            Some(text) => out.push_str(&text),
                            None => complete = false,
                        }
                    }
                }
            }
        }
        complete.then_some(out)
    }

    fn fstring_element(&mut self, element: &'a InterpolatedStringElement) -> Option<String> {
        let element = match element {
            InterpolatedStringElement::Literal(literal) => return Some(literal.value.to_string()),
            InterpolatedStringElement::Interpolation(element) => element,
        };
        let value = self.eval(&element.expression);
        let mut spec = String::new();
        if let Some(format_spec) = &element.format_spec {
            for part in &format_spec.elements {
                spec.push_str(&self.fstring_element(part)?);
            }
        }
        let mut prefix = String::new();
        let mut conversion = element.conversion.to_char();
        if let Some(debug) = &element.debug_text {
            prefix = format!(
                "{}{}{}",
                debug.leading(),
                debug.expression(),
                debug.trailing()
            );
            if spec.is_empty() && conversion.is_none() {
                conversion = Some('r');
            }
        }
        let value = match conversion {
            None => value,
            Some('r') => Value::str(self.repr(&value)?),
            Some('s') => Value::str(self.str_of(&value)?),
            Some(_) => return None,
        };
        let text = self.format_value(&value, &spec)?;
        Some(prefix + &text)
    }

    fn eval_call(&mut self, call: &'a ExprCall) -> Value {
        let func = self.eval(&call.func);
        let func = match (&func, &*call.func) {
            // `super()` needs to know where it stands.
            (Value::Extern(name), _)
                if &**name == "builtins.super" && call.arguments.args.is_empty() =>
            {
                return self.bare_super().unwrap_or_else(|| self.unknown(call));
            }
            _ => func,
        };
        let args = self.eval_args(call);
        let line = match &*call.func {
            Expr::Attribute(attribute) => self.line(attribute.attr.range.start()),
            _ => self.line(ruff_text_size::Ranged::start(call)),
        };
        let text = self.text(call);
        self.call_line = line;
        match self.call_at(&func, args, line, &text) {
            Value::Unknown(_) => Value::Unknown(text),
            value => value,
        }
    }

    fn eval_args(&mut self, call: &'a ExprCall) -> Args {
        let mut args = Args::default();
        for arg in &call.arguments.args {
            if let Expr::Starred(starred) = arg {
                let value = self.eval(&starred.value);
                match self.items_of(&value) {
                    Some(items) if args.open_pos.is_none() => args.pos.extend(items),
                    _ => args.open_pos = Some(self.text(&*starred.value)),
                }
            } else {
                let value = self.eval_settled(arg);
                if args.open_pos.is_none() {
                    args.pos.push(value);
                }
            }
        }
        for keyword in &call.arguments.keywords {
            if let Some(name) = &keyword.arg {
                let value = self.eval_settled(&keyword.value);
                args.kw.push((Rc::from(name.as_str()), value));
                continue;
            }
            let value = self.eval(&keyword.value);
            match self.keywords_of(&value) {
                Some(pairs) => args.kw.extend(pairs),
                None => args.open_kw = Some(self.text(&keyword.value)),
            }
        }
        args
    }

    /// The items of a dict with text keys.
    pub(crate) fn keywords_of(&self, value: &Value) -> Option<Vec<(Rc<str>, Value)>> {
        let Value::Dict(id) = value else { return None };
        let dict = self.heap.dict(*id);
        if dict.unknown.is_some() {
            return None;
        }
        let pair = |(key, value): &(Value, Value)| match key {
            Value::Str(name) => Some((name.clone(), value.clone())),
            _ => None,
        };
        dict.entries.values().map(pair).collect()
    }
}
