//! Derived values: what they refer to must be there, fit, and not come back to them.

use crate::config::interpolate::references;
use crate::config::{Key, Value};
use crate::schema::parameters::ScalarKind;

use super::nearest;
use super::plan_error::PlanError;
use super::resolve::Layout;

/// Everything that is wrong with derived values.
pub(super) fn check(layout: &Layout) -> Vec<PlanError> {
    let mut errors = Vec::new();
    for slot in 0..layout.slots.len() {
        for text in layout.derived_texts(slot) {
            check_text(layout, slot, &text, &mut errors);
        }
    }
    if let Some(keys) = cycle(layout) {
        errors.push(PlanError::DerivedCycle { keys });
    }
    errors
}

fn check_text(layout: &Layout, slot: usize, text: &str, errors: &mut Vec<PlanError>) {
    let key = &layout.slots[slot].key;
    let all = references(text);
    let whole = matches!(all.as_slice(), [one] if text == format!("{{{one}}}"));
    for reference in &all {
        let meant = layout.slots_of(reference);
        // The names of control keys are known to the composition, not to the grid.
        if meant.is_empty() && reference.as_str().starts_with("__") && layout.slots[slot].config {
            continue;
        }
        if meant.is_empty() {
            let keys = layout.slots.iter().map(|slot| slot.key.as_str());
            errors.push(PlanError::UnknownReference {
                key: key.clone(),
                reference: reference.clone(),
                nearest: nearest(reference.as_str(), keys),
            });
        }
        let unset = |slot: &usize| {
            let dense = layout.sources[*slot]
                .iter()
                .any(|(axis, column)| layout.axes[*axis].columns[*column].source.is_dense());
            layout.slots[*slot].base.is_none() && !dense
        };
        if !meant.is_empty() && meant.iter().all(unset) {
            errors.push(PlanError::UnsetReference {
                key: key.clone(),
                reference: reference.clone(),
            });
        }
    }
    let wanted = layout.slots[slot].scalar;
    let fits = match wanted {
        ScalarKind::Text | ScalarKind::Any => true,
        _ if !whole => all.is_empty(),
        _ => all
            .iter()
            .flat_map(|reference| layout.slots_of(reference))
            .all(|from| {
                let from = &layout.slots[from];
                fits(from.scalar, wanted) || from.config && from.scalar == ScalarKind::Any
            }),
    };
    if !fits {
        errors.push(PlanError::DerivedKind {
            key: key.clone(),
            text: text.to_owned(),
            wanted: kind_in_words(wanted).to_owned(),
        });
    }
}

fn fits(from: ScalarKind, wanted: ScalarKind) -> bool {
    let is_whole = |kind| matches!(kind, ScalarKind::Int | ScalarKind::Count);
    from == wanted || is_whole(from) && (is_whole(wanted) || wanted == ScalarKind::Float)
}

fn kind_in_words(kind: ScalarKind) -> &'static str {
    match kind {
        ScalarKind::Int | ScalarKind::Count => "an integer",
        ScalarKind::Float => "a number",
        ScalarKind::Bool => "true or false",
        ScalarKind::Text | ScalarKind::Any => "a text",
    }
}

/// Keys that need each other in a circle, the first one again at the end.
fn cycle(layout: &Layout) -> Option<Vec<Key>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; layout.slots.len()];
    for start in 0..layout.slots.len() {
        // The way down, each with the next of its needs to look at: long chains must not use up the stack.
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        if state[start] != State::New {
            continue;
        }
        state[start] = State::Open;
        while let Some((slot, next)) = way.last_mut() {
            let Some(needed) = layout.needs[*slot].get(*next).copied() else {
                state[*slot] = State::Done;
                way.pop();
                continue;
            };
            *next += 1;
            match state[needed] {
                State::Done => {}
                State::New => {
                    state[needed] = State::Open;
                    way.push((needed, 0));
                }
                State::Open => {
                    let from = way.iter().position(|(slot, _)| *slot == needed)?;
                    let slots = way[from..].iter().map(|(slot, _)| *slot).chain([needed]);
                    return Some(slots.map(|slot| layout.slots[slot].key.clone()).collect());
                }
            }
        }
    }
    None
}

/// True if an unquoted text of a field is made from other keys' values, or would be but for a backslash.
pub(super) fn is_derived(text: &str, config: bool) -> bool {
    if config {
        return crate::config::interpolate::escape(text) != text;
    }
    let plain = text.replace('$', "$$").replace("\\{", "{");
    !references(&plain).is_empty()
}

/// True if a text is one reference and nothing else: its value keeps its kind.
pub(super) fn is_reference(text: &str, config: bool) -> bool {
    let is_one = text.starts_with('{') && text.ends_with('}') && !text[1..].contains('{');
    is_one && is_derived(text, config) && references(text).len() == 1
}

/// The value with its texts as they would be typed where references are read.
pub(super) fn literal(value: &Value) -> Value {
    super::point::escaped(value)
}
