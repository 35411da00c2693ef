//! Overrides on the merged tree.

use crate::config::merge::described;
use crate::config::overrides::{Mode, Override, OverrideError, OverrideErrorKind, typed};
use crate::config::{Key, Value, leaf_keys};

use super::merged::{Branch, Slot};
use super::origin::SetBy;

/// Applies overrides in order.
pub(super) fn apply(root: &mut Slot, overrides: &[Override]) -> Result<(), OverrideError> {
    for given in overrides {
        let parts = given.key.parts();
        match given.mode {
            Mode::Set => set(root, given, &parts)?,
            Mode::Add => add(root, given, &parts)?,
            Mode::Remove => remove(root, given, &parts)?,
        }
    }
    Ok(())
}

fn fail(given: &Override, kind: OverrideErrorKind) -> OverrideError {
    OverrideError {
        key: Some(given.key.clone()),
        typed: given.typed.clone(),
        kind,
    }
}

/// No file has the key; or something stands above it that has no keys.
fn unknown(root: &Slot, given: &Override, parts: &[String]) -> OverrideError {
    let mut slot = root;
    for (index, part) in parts.iter().enumerate() {
        let Some(next) = slot.child(part) else {
            let at = Key::of_parts(&parts[..index]);
            match &slot.branch {
                Branch::Leaf(Value::List(items)) if index > 0 => {
                    let length = items.len();
                    return fail(given, OverrideErrorKind::NoItem { at, length });
                }
                Branch::Leaf(value) if index > 0 => {
                    let found = described(value);
                    return fail(given, OverrideErrorKind::NotASection { at, found });
                }
                _ => break,
            }
        };
        slot = next;
    }
    let value = root.value();
    let keys = leaf_keys(&value);
    let nearest = crate::grid::nearest(given.key.as_str(), keys.iter().map(Key::as_str));
    let key = given.key.clone();
    fail(given, OverrideErrorKind::UnknownKey { key, nearest })
}

fn leaf(value: Value, by: &SetBy) -> Branch {
    match value {
        Value::Map(entries) => Branch::Section(
            entries
                .into_iter()
                .map(|(name, value)| {
                    let mut slot = Slot::vacant(by.clone());
                    slot.replace(leaf(value, by), by.clone());
                    (name, slot)
                })
                .collect(),
        ),
        other => Branch::Leaf(other),
    }
}

fn by(given: &Override) -> SetBy {
    SetBy::Flag {
        flag: given.typed.clone(),
    }
}

fn set(root: &mut Slot, given: &Override, parts: &[String]) -> Result<(), OverrideError> {
    let mut depth = 0;
    let mut probe = &*root;
    while let Some(next) = parts.get(depth).and_then(|part| probe.child(part)) {
        probe = next;
        depth += 1;
    }
    let inside = &parts[depth..];
    let value = if inside.is_empty() {
        typed(given, Some(&probe.value()))?
    } else {
        // An item of a list: the list is set anew with it.
        let Branch::Leaf(list @ Value::List(_)) = &probe.branch else {
            return Err(unknown(root, given, parts));
        };
        let mut list = list.clone();
        let item = item(&mut list, inside).ok_or_else(|| unknown(root, given, parts))?;
        *item = typed(given, Some(item))?;
        list
    };
    let by = by(given);
    let mut slot = root;
    for part in &parts[..depth] {
        slot = slot.open(part, &by);
    }
    slot.replace(leaf(value, &by), by);
    Ok(())
}

/// The value at a path of indexes, and of keys of the maps between them.
fn item<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    let Some((part, rest)) = path.split_first() else {
        return Some(value);
    };
    let below = match value {
        Value::List(items) => items.get_mut(part.parse::<usize>().ok()?)?,
        Value::Map(entries) => &mut entries.iter_mut().find(|(name, _)| name == part)?.1,
        _ => return None,
    };
    item(below, rest)
}

fn add(root: &mut Slot, given: &Override, parts: &[String]) -> Result<(), OverrideError> {
    let by = by(given);
    let value = typed(given, None)?;
    let mut slot = root;
    for (index, part) in parts.iter().enumerate() {
        if let (Branch::Leaf(found), true) = (&slot.branch, index > 0)
            && *found != Value::Null
        {
            let at = Key::of_parts(&parts[..index]);
            let found = described(found);
            return Err(fail(given, OverrideErrorKind::NotASection { at, found }));
        }
        slot = slot.open(part, &by);
    }
    slot.replace(leaf(value, &by), by);
    Ok(())
}

fn remove(root: &mut Slot, given: &Override, parts: &[String]) -> Result<(), OverrideError> {
    let missing = unknown(root, given, parts);
    let (last, above) = parts.split_last().ok_or_else(|| missing.clone())?;
    let mut slot = root;
    for part in above {
        slot = match &mut slot.branch {
            Branch::Section(entries) => match entries.iter_mut().find(|(name, _)| name == part) {
                Some((_, below)) => below,
                None => return Err(missing),
            },
            Branch::Vacant | Branch::Leaf(_) => return Err(missing),
        };
    }
    let Branch::Section(entries) = &mut slot.branch else {
        return Err(missing);
    };
    let before = entries.len();
    entries.retain(|(name, _)| name != last);
    if entries.len() == before {
        return Err(missing);
    }
    Ok(())
}
