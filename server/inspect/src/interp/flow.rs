//! Branches, loops, `try` and `match`.

use std::rc::Rc;

use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtFor, StmtIf, StmtTry, StmtWhile};

use super::assign::assigned_names;
use super::machine::{Flow, Interp};
use crate::heap::{Changes, DictObj, Held, ListObj, Slot};
use crate::value::Value;

/// A loop inside another may take this part of the outer loop's steps before it is treated as undecided.
const INNER_SHARE: u32 = 3;

/// Longer conditions are cut (bytes).
const MAX_CONDITION: usize = 2_000;

/// One way on from a point that could not be decided.
pub(crate) struct Way<'a> {
    /// Source text of the condition under which it is taken; `None` where it is the ordinary way.
    pub(crate) condition: Option<Rc<str>>,
    pub(crate) body: Vec<&'a [Stmt]>,
    /// Names that are unknown inside.
    pub(crate) unknown_names: Vec<Rc<str>>,
}

impl<'a> Interp<'a> {
    pub(crate) fn exec_if(&mut self, stmt: &'a StmtIf) -> Flow {
        let mut clauses: Vec<(Option<&'a Expr>, &'a [Stmt])> = vec![(Some(&stmt.test), &stmt.body)];
        clauses.extend(
            stmt.elif_else_clauses
                .iter()
                .map(|clause| (clause.test.as_ref(), &*clause.body)),
        );
        let mut ways: Vec<Way<'a>> = Vec::new();
        let mut negated: Vec<String> = Vec::new();
        for (test, body) in clauses {
            let truth = test.map_or(Some(true), |test| {
                let value = self.eval(test);
                self.truth(&value)
            });
            match truth {
                Some(false) => {}
                Some(true) if ways.is_empty() => return self.exec_block(body),
                Some(true) => {
                    ways.push(Way {
                        condition: joined(&negated, None),
                        body: vec![body],
                        unknown_names: Vec::new(),
                    });
                    return self.exec_ways(ways, false);
                }
                None => {
                    let text =
                        test.map_or_else(String::new, |test| self.here().source.snippet(test));
                    let condition = joined(&negated, Some(&text));
                    ways.push(Way {
                        condition,
                        body: vec![body],
                        unknown_names: Vec::new(),
                    });
                    negated.push(negation(&text));
                }
            }
        }
        if ways.is_empty() {
            Flow::Next
        } else {
            self.exec_ways(ways, true)
        }
    }

    /// Runs every way from the same state and merges what they leave; `or_none` if none may be taken.
    pub(crate) fn exec_ways(&mut self, ways: Vec<Way<'a>>, or_none: bool) -> Flow {
        let mut outcomes = Vec::new();
        let mut returned = Vec::new();
        let mut looped = false;
        for way in ways {
            let (flow, changes) = self.exec_way(way);
            match flow {
                Flow::Next => outcomes.push(changes),
                Flow::Return(value) => {
                    returned.push(value);
                    self.frame().early.push(changes);
                }
                Flow::Break | Flow::Continue => looped = true,
                Flow::Exit => {}
            }
            if self.fuel == 0 {
                self.exiting = true;
                return Flow::Exit;
            }
        }
        if outcomes.is_empty() && !or_none {
            return if looped {
                self.frame().returns.extend(returned);
                self.frame().loop_doubt = true;
                Flow::Continue
            } else if let Some(value) = self.merged(returned) {
                Flow::Return(value)
            } else {
                self.exiting = true;
                Flow::Exit
            };
        }
        self.frame().loop_doubt |= looped;
        self.frame().returns.extend(returned);
        self.merge_changes(outcomes, or_none);
        Flow::Next
    }

    fn exec_way(&mut self, way: Way<'a>) -> (Flow, Changes) {
        self.heap.begin();
        let conditions = self.conditions.len();
        self.conditions.extend(way.condition);
        for name in way.unknown_names {
            let locals = self.here().locals;
            self.heap
                .set_var(locals, &name, Value::Unknown(name.clone()));
        }
        let mut flow = Flow::Next;
        for body in way.body {
            flow = self.exec_block(body);
            if flow != Flow::Next {
                break;
            }
        }
        self.exiting = false;
        self.conditions.truncate(conditions);
        (flow, self.heap.rewind())
    }

    /// Writes what is common to all outcomes; what differs becomes unknown.
    pub(crate) fn merge_changes(&mut self, outcomes: Vec<Changes>, or_unchanged: bool) {
        let mut slots: Vec<Slot> = Vec::new();
        for (slot, _) in outcomes.iter().flatten() {
            if !slots.contains(slot) {
                slots.push(slot.clone());
            }
        }
        for slot in slots {
            let old = self.heap.held(&slot);
            let mut candidates: Vec<Held> = outcomes
                .iter()
                .map(|changes| {
                    let found = changes.iter().find(|(changed, _)| *changed == slot);
                    found.map_or_else(|| old.clone(), |(_, held)| held.clone())
                })
                .collect();
            if or_unchanged {
                candidates.push(old.clone());
            }
            let merged = self.merge_held(&slot, candidates);
            if merged != old {
                self.heap.write(&slot, merged);
            }
        }
    }

    fn merge_held(&self, slot: &Slot, candidates: Vec<Held>) -> Held {
        let first = candidates[0].clone();
        if candidates.iter().all(|other| *other == first) {
            return first;
        }
        match slot {
            Slot::Var(_, name) => {
                let values: Vec<Value> = candidates
                    .into_iter()
                    .filter_map(|held| match held {
                        Held::Var(value) => value,
                        _ => None,
                    })
                    .collect();
                let merged = self.merged(values).map(|value| match value {
                    Value::Unknown(_) => Value::Unknown(name.clone()),
                    value => value,
                });
                Held::Var(merged)
            }
            Slot::List(_) => Held::List(ListObj {
                items: Vec::new(),
                unknown: Some(Rc::from("[…]")),
            }),
            Slot::Dict(_) => Held::Dict(DictObj {
                unknown: Some(Rc::from("{…}")),
                ..DictObj::default()
            }),
        }
    }

    /// The value all agree on. A parser wins over `None` and over the unknown, because it is used as one.
    pub(crate) fn merged(&self, values: Vec<Value>) -> Option<Value> {
        let mut distinct: Vec<Value> = Vec::new();
        for value in values {
            if !distinct.iter().any(|known| self.same(known, &value)) {
                distinct.push(value);
            }
        }
        if distinct.len() < 2 {
            return distinct.pop();
        }
        let mut receivers = distinct.iter().filter(|value| value.is_receiver());
        if let (Some(only), None) = (receivers.next(), receivers.next()) {
            let others_void = distinct
                .iter()
                .all(|v| v == only || matches!(v, Value::None | Value::Unknown(_)));
            if others_void {
                return Some(only.clone());
            }
        }
        Some(Value::unknown("…"))
    }

    pub(crate) fn exec_for(&mut self, stmt: &'a StmtFor) -> Flow {
        let iterable = self.eval(&stmt.iter);
        let condition = format!(
            "for {} in {}",
            self.text(&*stmt.target),
            self.text(&*stmt.iter)
        );
        let Some(items) = self.items_of(&iterable) else {
            return self.undecided_loop(Some(&stmt.target), &stmt.body, condition);
        };
        let mut items = items.into_iter();
        let flow = self.counted_loop(&stmt.body, |interp| {
            let item = items.next()?;
            interp.assign(&stmt.target, item);
            Some(true)
        });
        match flow {
            None => self.undecided_loop(Some(&stmt.target), &stmt.body, condition),
            Some(Flow::Break) => Flow::Next,
            Some(Flow::Next) => self.exec_block(&stmt.orelse),
            Some(flow) => flow,
        }
    }

    pub(crate) fn exec_while(&mut self, stmt: &'a StmtWhile) -> Flow {
        let condition = format!("while {}", self.text(&*stmt.test));
        let flow = self.counted_loop(&stmt.body, |interp| {
            let value = interp.eval(&stmt.test);
            match interp.truth(&value) {
                Some(true) => Some(true),
                Some(false) => None,
                None => Some(false),
            }
        });
        match flow {
            None => self.undecided_loop(None, &stmt.body, condition),
            Some(Flow::Break) => Flow::Next,
            Some(Flow::Next) => self.exec_block(&stmt.orelse),
            Some(flow) => flow,
        }
    }

    /// Runs a loop whose rounds are certain; `next` prepares a round (`None`: no more, `false`: undecided).
    /// `None` if it turned out not to be certain, or too long; then nothing has happened.
    fn counted_loop(
        &mut self,
        body: &'a [Stmt],
        mut next: impl FnMut(&mut Self) -> Option<bool>,
    ) -> Option<Flow> {
        let mark = self.model.mark();
        let warnings = self.warnings.len();
        let parses = self.parses.len();
        let budget = self.loop_budget;
        let floor = self.fuel.saturating_sub(budget);
        self.loop_budget = budget / INNER_SHARE;
        let outer_doubt = std::mem::replace(&mut self.frame().loop_doubt, false);
        self.heap.begin();
        let mut certain = true;
        let mut end = Flow::Next;
        loop {
            match next(self) {
                None => break,
                Some(false) => {
                    certain = false;
                    break;
                }
                Some(true) => {}
            }
            end = self.exec_block(body);
            if self.frame().loop_doubt || self.fuel < floor {
                certain = false;
                break;
            }
            if !matches!(end, Flow::Next | Flow::Continue) {
                break;
            }
            end = Flow::Next;
        }
        self.loop_budget = budget;
        self.frame().loop_doubt = outer_doubt;
        if certain {
            self.heap.keep();
            return Some(end);
        }
        self.heap.rewind();
        self.model.rewind(mark);
        self.warnings.truncate(warnings);
        self.parses.truncate(parses);
        self.exiting = self.fuel == 0;
        None
    }

    /// One round under the loop's own text as condition, with every name the loop assigns unknown.
    fn undecided_loop(
        &mut self,
        target: Option<&'a Expr>,
        body: &'a [Stmt],
        condition: String,
    ) -> Flow {
        let outer_doubt = self.frame().loop_doubt;
        self.heap.begin();
        for name in assigned_names(target, body) {
            let locals = self.here().locals;
            self.bind(locals, &name, Value::Unknown(name.clone()));
        }
        self.conditions.push(Rc::from(condition));
        let budget = self.loop_budget;
        self.loop_budget = budget / INNER_SHARE;
        let flow = self.exec_block(body);
        self.loop_budget = budget;
        self.conditions.pop();
        self.exiting = self.fuel == 0;
        let changes = self.heap.rewind();
        if let Flow::Return(value) = flow {
            self.frame().returns.push(value);
            self.frame().early.push(changes);
        } else {
            self.merge_changes(vec![changes], true);
        }
        self.frame().loop_doubt = outer_doubt;
        if self.exiting { Flow::Exit } else { Flow::Next }
    }

    pub(crate) fn exec_try(&mut self, stmt: &'a StmtTry) -> Flow {
        let flow = if stmt.handlers.is_empty() || stmt.body.iter().all(is_safe) {
            match self.exec_block(&stmt.body) {
                Flow::Next => self.exec_block(&stmt.orelse),
                flow => flow,
            }
        } else {
            let mut ways = vec![Way {
                condition: None,
                body: vec![&stmt.body, &stmt.orelse],
                unknown_names: Vec::new(),
            }];
            for handler in &stmt.handlers {
                let ExceptHandler::ExceptHandler(handler) = handler;
                let what = handler
                    .type_
                    .as_ref()
                    .map_or_else(String::new, |t| format!(" {}", self.text(&**t)));
                ways.push(Way {
                    condition: Some(Rc::from(format!("except{what}"))),
                    body: vec![&handler.body],
                    unknown_names: handler
                        .name
                        .iter()
                        .map(|name| Rc::from(name.as_str()))
                        .collect(),
                });
            }
            self.exec_ways(ways, false)
        };
        if stmt.finalbody.is_empty() {
            return flow;
        }
        let exiting = std::mem::replace(&mut self.exiting, false);
        let last = self.exec_block(&stmt.finalbody);
        self.exiting |= exiting;
        if last == Flow::Next { flow } else { last }
    }
}

/// Statements that cannot fail in a way a handler would see.
fn is_safe(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Pass(_) | Stmt::FunctionDef(_) | Stmt::ClassDef(_) => true,
        Stmt::Import(stmt) => stmt
            .names
            .iter()
            .all(|alias| super::import::is_standard(&alias.name)),
        Stmt::ImportFrom(stmt) => {
            stmt.level == 0
                && stmt
                    .module
                    .as_ref()
                    .is_some_and(|module| super::import::is_standard(module))
        }
        Stmt::Assign(stmt) => stmt.value.is_literal_expr(),
        _ => false,
    }
}

fn negation(text: &str) -> String {
    let simple = text
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '(' | ')'));
    match text.strip_prefix("not ") {
        Some(rest) if !rest.contains(" or ") && !rest.contains(" and ") => rest.to_owned(),
        _ if simple => format!("not {text}"),
        _ => format!("not ({text})"),
    }
}

fn joined(negated: &[String], last: Option<&str>) -> Option<Rc<str>> {
    let mut text = String::new();
    for part in negated.iter().map(String::as_str).chain(last) {
        if !text.is_empty() {
            text += " and ";
        }
        if text.len() > MAX_CONDITION {
            text += "…";
            break;
        }
        text += part;
    }
    (!text.is_empty()).then(|| Rc::from(text))
}
