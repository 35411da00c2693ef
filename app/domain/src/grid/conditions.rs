//! Conditions and exclusions, made ready to be tested combination by combination.

use crate::config::{Key, Value};
use crate::expr::{ExprError, Expression, equal};

use super::options::{Exclusion, SweepOptions};
use super::plan_error::PlanError;
use super::preview::Dropper;
use super::resolve::Layout;

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Test {
    pub(super) by: Dropper,
    rule: Rule,
    /// The axes that decide it, ascending.
    pub(super) axes: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
enum Rule {
    /// The expression holds (or, with `false`, does not); the names' values come from these places.
    Expression(Expression, Vec<Operand>, bool),
    /// Not all slots have these values.
    Differs(Vec<(usize, Value)>),
}

/// Where the value of a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operand {
    Slot(usize),
    /// The joined name of the variations, where no key is called `name`.
    JoinedName,
    /// No key: a bare word that is a text.
    Word,
}

/// All of them, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tests {
    pub(super) all: Vec<Test>,
    /// The texts of conditions and exclusions, for messages.
    conditions: Vec<String>,
    exclusions: Vec<String>,
}

impl Tests {
    /// Reads every condition; errors name the text and the place.
    pub(super) fn new(
        layout: &Layout,
        options: &SweepOptions,
        errors: &mut Vec<PlanError>,
    ) -> Self {
        let mut tests = Self {
            conditions: options.conditions.clone(),
            exclusions: options.exclude.iter().map(shown).collect(),
            all: Vec::new(),
        };
        for (index, text) in options.conditions.iter().enumerate() {
            let by = Dropper::Condition(index);
            match read(layout, text) {
                Ok(expression) => {
                    for part in expression.conjuncts() {
                        tests
                            .all
                            .push(Test::expression(layout, by.clone(), part, true));
                    }
                }
                Err(error) => errors.push(tests.error(by, error, Vec::new())),
            }
        }
        for (index, exclusion) in options.exclude.iter().enumerate() {
            let by = Dropper::Exclusion(index);
            match exclusion {
                Exclusion::Expression(text) => match read(layout, text) {
                    Ok(expression) => {
                        tests
                            .all
                            .push(Test::expression(layout, by, expression, false));
                    }
                    Err(error) => errors.push(tests.error(by, error, Vec::new())),
                },
                Exclusion::Values(values) => match Test::values(layout, by, &values.0) {
                    Ok(test) => tests.all.push(test),
                    Err(error) => errors.push(error),
                },
            }
        }
        tests
    }

    fn text(&self, by: &Dropper) -> String {
        let (texts, index) = match by {
            Dropper::Condition(index) => (&self.conditions, *index),
            Dropper::Exclusion(index) => (&self.exclusions, *index),
        };
        texts.get(index).cloned().unwrap_or_default()
    }

    fn error(&self, by: Dropper, error: ExprError, point: Vec<(Key, Value)>) -> PlanError {
        PlanError::Expression {
            text: self.text(&by),
            by,
            error: Box::new(error),
            point,
        }
    }

    /// The texts that some tests come from, each once.
    pub(super) fn texts_of(&self, tests: &[&Test]) -> Vec<String> {
        let mut texts = Vec::new();
        for test in tests {
            let text = self.text(&test.by);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    /// The first of all tests that a combination fails.
    pub(super) fn dropper(&self, layout: &Layout, digits: &[u64]) -> Option<Dropper> {
        let fails = |test: &&Test| self.scan(layout, &[test], &[]).passes(digits) != Ok(true);
        self.all.iter().find(fails).map(|test| test.by.clone())
    }

    /// Ready to test combinations; `axes` are those that many combinations of are asked about.
    pub(super) fn scan<'a>(
        &'a self,
        layout: &'a Layout,
        tests: &[&'a Test],
        axes: &[usize],
    ) -> Scan<'a> {
        let mut slots: Vec<usize> = tests.iter().flat_map(|test| test.slots()).collect();
        slots.sort_unstable();
        slots.dedup();
        // Looked up, not made anew, where one axis of those scanned decides: all but derived and shared keys.
        let table = |slot: &usize| match layout.axes_of(*slot).as_slice() {
            [] => Table::Constant,
            [axis] if axes.contains(axis) => {
                let mut digits = vec![0; layout.axes.len()];
                let values = (0..layout.axes[*axis].count).map(|digit| {
                    digits[*axis] = digit;
                    layout.values(&[*slot], &digits).pop().flatten()
                });
                Table::OfAxis(*axis, values.collect())
            }
            _ => Table::Computed,
        };
        let tables = slots.iter().map(table).collect();
        Scan {
            all: self,
            layout,
            tests: tests.to_vec(),
            constants: layout.values(&slots, &vec![0; layout.axes.len()]),
            slots,
            tables,
        }
    }
}

fn shown(exclusion: &Exclusion) -> String {
    match exclusion {
        Exclusion::Expression(text) => text.clone(),
        Exclusion::Values(values) => {
            let pairs: Vec<String> = values
                .0
                .iter()
                .map(|(key, value)| format!("{key}: {value}"))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

fn read(layout: &Layout, text: &str) -> Result<Expression, ExprError> {
    let expression = Expression::parse(text)?;
    let named = layout.naming_axes().next().map(|_| "name");
    let keys = layout.slots.iter().map(|slot| slot.key.as_str());
    expression.check(keys.chain(named))?;
    Ok(expression)
}

impl Test {
    fn expression(layout: &Layout, by: Dropper, expression: Expression, holds: bool) -> Self {
        let operands: Vec<Operand> = expression
            .names()
            .map(|name| {
                let slot = layout
                    .slots
                    .iter()
                    .position(|slot| slot.key.as_str() == name);
                match slot {
                    Some(slot) => Operand::Slot(slot),
                    None if name == "name" && layout.naming_axes().next().is_some() => {
                        Operand::JoinedName
                    }
                    None => Operand::Word,
                }
            })
            .collect();
        let mut test = Self {
            by,
            rule: Rule::Expression(expression, operands, holds),
            axes: Vec::new(),
        };
        test.axes = test.all_axes(layout);
        test
    }

    fn values(layout: &Layout, by: Dropper, values: &[(Key, Value)]) -> Result<Self, PlanError> {
        let slots = values.iter().map(|(key, value)| {
            let slot = layout.slots.iter().position(|slot| slot.key == *key);
            slot.map(|slot| (slot, value.clone()))
                .ok_or_else(|| PlanError::UnknownKey {
                    key: key.clone(),
                    nearest: super::nearest(
                        key.as_str(),
                        layout.slots.iter().map(|slot| slot.key.as_str()),
                    ),
                })
        });
        let mut test = Self {
            by,
            rule: Rule::Differs(slots.collect::<Result<_, _>>()?),
            axes: Vec::new(),
        };
        test.axes = test.all_axes(layout);
        Ok(test)
    }

    fn slots(&self) -> Vec<usize> {
        match &self.rule {
            Rule::Expression(_, operands, _) => operands
                .iter()
                .filter_map(|operand| match operand {
                    Operand::Slot(slot) => Some(*slot),
                    _ => None,
                })
                .collect(),
            Rule::Differs(values) => values.iter().map(|(slot, _)| *slot).collect(),
        }
    }

    fn all_axes(&self, layout: &Layout) -> Vec<usize> {
        let mut axes: Vec<usize> = self
            .slots()
            .iter()
            .flat_map(|slot| layout.axes_of(*slot))
            .collect();
        if matches!(&self.rule, Rule::Expression(_, operands, _) if operands.contains(&Operand::JoinedName))
        {
            axes.extend(layout.naming_axes());
        }
        axes.sort_unstable();
        axes.dedup();
        axes
    }
}

/// The values of one slot during a scan.
enum Table {
    /// The same everywhere.
    Constant,
    /// By the digit of one axis.
    OfAxis(usize, Vec<Option<Value>>),
    /// Made anew for every combination.
    Computed,
}

/// Tests over many combinations.
pub(super) struct Scan<'a> {
    all: &'a Tests,
    layout: &'a Layout,
    tests: Vec<&'a Test>,
    slots: Vec<usize>,
    tables: Vec<Table>,
    constants: Vec<Option<Value>>,
}

impl Scan<'_> {
    /// True if the combination passes every test.
    pub(super) fn passes(&mut self, digits: &[u64]) -> Result<bool, PlanError> {
        for at in 0..self.slots.len() {
            if matches!(self.tables[at], Table::Computed) {
                self.constants[at] = self
                    .layout
                    .values(&[self.slots[at]], digits)
                    .pop()
                    .flatten();
            }
        }
        let value = |slot: usize| -> Option<&Value> {
            let at = self.slots.binary_search(&slot).ok()?;
            match &self.tables[at] {
                Table::OfAxis(axis, values) => {
                    values.get(usize::try_from(digits[*axis]).ok()?)?.as_ref()
                }
                _ => self.constants[at].as_ref(),
            }
        };
        for test in &self.tests {
            let passes = match &test.rule {
                Rule::Differs(values) => !values.iter().all(|(slot, wanted)| match value(*slot) {
                    Some(found) => equal(found, wanted),
                    None => *wanted == Value::Null,
                }),
                Rule::Expression(expression, operands, holds) => {
                    let joined = operands
                        .contains(&Operand::JoinedName)
                        .then(|| self.layout.joined_name(digits).unwrap_or_default());
                    let get = |index: usize| match operands.get(index)? {
                        Operand::Slot(slot) => value(*slot),
                        Operand::JoinedName => joined.as_ref(),
                        Operand::Word => None,
                    };
                    let result = expression.holds_indexed(&get).map_err(|error| {
                        let point = self.slots.iter().filter_map(|slot| {
                            Some((self.layout.slots[*slot].key.clone(), value(*slot)?.clone()))
                        });
                        self.all.error(test.by.clone(), error, point.collect())
                    })?;
                    result == *holds
                }
            };
            if !passes {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
