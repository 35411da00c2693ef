//! Assignment targets.

use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt, StmtAugAssign};

use super::machine::Interp;
use crate::value::{DictKey, SpaceId, Value};

impl<'a> Interp<'a> {
    /// Assigns to a name, attribute, item or pattern of them.
    pub(crate) fn assign(&mut self, target: &'a Expr, value: Value) {
        match target {
            Expr::Name(name) => {
                let locals = self.here().locals;
                self.bind(locals, &Rc::from(name.id.as_str()), value);
            }
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, &value),
            Expr::List(list) => self.unpack(&list.elts, &value),
            Expr::Starred(starred) => self.assign(&starred.value, value),
            Expr::Attribute(attribute) => {
                let base = self.eval(&attribute.value);
                self.set_attr(&base, attribute.attr.as_str(), value);
            }
            Expr::Subscript(subscript) => {
                let base = self.eval(&subscript.value);
                let key = self.eval(&subscript.slice);
                self.set_item(&base, key, value);
            }
            _ => {}
        }
    }

    /// Binds a name in the running scope, minding `global` and `nonlocal`.
    pub(crate) fn bind(&mut self, locals: SpaceId, name: &Rc<str>, value: Value) {
        let frame = self.here();
        let space = if frame.global_names.contains(name) {
            frame.globals
        } else {
            locals
        };
        self.heap.set_var(space, name, value);
    }

    fn unpack(&mut self, targets: &'a [Expr], value: &Value) {
        let star = targets.iter().position(Expr::is_starred_expr);
        let items = self.items_of(value);
        match (items, star) {
            (Some(items), None) if items.len() == targets.len() => {
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item);
                }
            }
            (Some(items), Some(star)) if items.len() + 1 >= targets.len() => {
                let after = targets.len() - star - 1;
                let middle = items[star..items.len() - after].to_vec();
                let middle = Value::List(self.heap.new_list(middle));
                for (i, target) in targets.iter().enumerate() {
                    let item = match i.cmp(&star) {
                        std::cmp::Ordering::Less => items[i].clone(),
                        std::cmp::Ordering::Equal => middle.clone(),
                        std::cmp::Ordering::Greater => {
                            items[items.len() - (targets.len() - i)].clone()
                        }
                    };
                    self.assign(target, item);
                }
            }
            _ => {
                for target in targets {
                    let text = self.unknown(target);
                    self.assign(target, text);
                }
            }
        }
    }

    pub(crate) fn augmented(&mut self, stmt: &'a StmtAugAssign) {
        let old = self.eval(&stmt.target);
        let operand = self.eval(&stmt.value);
        if let (Value::List(id), ruff_python_ast::Operator::Add) = (&old, stmt.op) {
            let items = self.items_of(&operand);
            let text = self.text(&*stmt.value);
            let list = self.heap.list_mut(*id);
            match items {
                Some(items) => list.items.extend(items),
                None => list.unknown = Some(text),
            }
            return;
        }
        let value = self.binary(stmt.op, &old, &operand).unwrap_or_else(|| {
            let text = format!(
                "{} {} {}",
                self.text(&*stmt.target),
                stmt.op.as_str(),
                self.text(&*stmt.value)
            );
            Value::unknown(text)
        });
        self.assign(&stmt.target, value);
    }

    pub(crate) fn delete(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => {
                let locals = self.here().locals;
                self.heap.delete_var(locals, &Rc::from(name.id.as_str()));
            }
            Expr::Subscript(subscript) => {
                let base = self.eval(&subscript.value);
                let key = self.eval(&subscript.slice);
                if let Value::Dict(id) = base {
                    let key = DictKey::of(&key);
                    let dict = self.heap.dict_mut(id);
                    match key {
                        Some(key) => {
                            dict.entries.shift_remove(&key);
                        }
                        None => dict.unknown = Some(Rc::from("{…}")),
                    }
                } else if let Value::List(id) = base {
                    self.heap.list_mut(id).unknown = Some(Rc::from("[…]"));
                }
            }
            _ => {}
        }
    }

    fn set_item(&mut self, base: &Value, key: Value, value: Value) {
        match base {
            Value::Dict(id) => {
                let place = DictKey::of(&key);
                let dict = self.heap.dict_mut(*id);
                match place {
                    Some(place) => {
                        dict.entries.insert(place, (key, value));
                    }
                    None => dict.unknown = Some(Rc::from("{…}")),
                }
            }
            Value::List(id) => {
                let length = i128::try_from(self.heap.list(*id).items.len()).unwrap_or(0);
                let index = key.as_int().map(|i| if i < 0 { i + length } else { i });
                let list = self.heap.list_mut(*id);
                match index
                    .and_then(|i| usize::try_from(i).ok())
                    .and_then(|i| list.items.get_mut(i))
                {
                    Some(item) => *item = value,
                    None => list.unknown = Some(Rc::from("[…]")),
                }
            }
            _ => {}
        }
    }
}

/// Every name that statements assign, functions and classes inside not entered.
pub(crate) fn assigned_names(target: Option<&Expr>, body: &[Stmt]) -> Vec<Rc<str>> {
    let mut names = Vec::new();
    if let Some(target) = target {
        target_names(target, &mut names);
    }
    block_names(body, &mut names);
    names
}

fn target_names(target: &Expr, names: &mut Vec<Rc<str>>) {
    match target {
        Expr::Name(name) => names.push(Rc::from(name.id.as_str())),
        Expr::Tuple(tuple) => tuple
            .elts
            .iter()
            .for_each(|target| target_names(target, names)),
        Expr::List(list) => list
            .elts
            .iter()
            .for_each(|target| target_names(target, names)),
        Expr::Starred(starred) => target_names(&starred.value, names),
        _ => {}
    }
}

fn block_names(body: &[Stmt], names: &mut Vec<Rc<str>>) {
    for stmt in body {
        match stmt {
            Stmt::Assign(stmt) => stmt
                .targets
                .iter()
                .for_each(|target| target_names(target, names)),
            Stmt::AugAssign(stmt) => target_names(&stmt.target, names),
            Stmt::AnnAssign(stmt) => target_names(&stmt.target, names),
            Stmt::For(stmt) => {
                target_names(&stmt.target, names);
                block_names(&stmt.body, names);
            }
            Stmt::While(stmt) => block_names(&stmt.body, names),
            Stmt::If(stmt) => {
                block_names(&stmt.body, names);
                stmt.elif_else_clauses
                    .iter()
                    .for_each(|clause| block_names(&clause.body, names));
            }
            Stmt::With(stmt) => {
                stmt.items
                    .iter()
                    .filter_map(|item| item.optional_vars.as_deref())
                    .for_each(|t| target_names(t, names));
                block_names(&stmt.body, names);
            }
            Stmt::Try(stmt) => {
                block_names(&stmt.body, names);
                for handler in &stmt.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    block_names(&handler.body, names);
                }
                block_names(&stmt.orelse, names);
                block_names(&stmt.finalbody, names);
            }
            Stmt::Match(stmt) => {
                for case in &stmt.cases {
                    super::matching::pattern_names(&case.pattern, names);
                    block_names(&case.body, names);
                }
            }
            _ => {}
        }
    }
}
