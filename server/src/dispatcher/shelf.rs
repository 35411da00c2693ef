//! All tasks in their order: oldest sweep first, and the tasks of a sweep by their place in it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use domain::task::TaskId;
use domain::time::Timestamp;

use super::entry::Entry;

/// Orders sweeps by their time; the names tell those of one instant apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SweepKey {
    created_at_ms: Timestamp,
    experiment: Arc<str>,
    sweep: Arc<str>,
}

impl SweepKey {
    fn of(entry: &Entry) -> Self {
        Self {
            created_at_ms: entry.created_at_ms(),
            experiment: Arc::from(entry.id().experiment.as_str()),
            sweep: Arc::from(entry.sweep()),
        }
    }

    fn is_of(&self, entry: &Entry) -> bool {
        self.created_at_ms == entry.created_at_ms()
            && *self.sweep == *entry.sweep()
            && *self.experiment == *entry.id().experiment
    }
}

/// Entries by name, by place and in order.
///
/// A place is a number that is given once: what was taken off leaves its place empty, so a place never means another task.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    places: Vec<Option<Entry>>,
    by_id: HashMap<Arc<TaskId>, usize>,
    sweeps: BTreeMap<SweepKey, BTreeSet<(u64, usize)>>,
    /// The sweep of the task that came last: the next one is mostly of the same.
    last: Option<SweepKey>,
    /// Those who submitted something.
    users: HashSet<Arc<str>>,
    /// What renamed tasks were called before.
    former: HashMap<TaskId, TaskId>,
}

impl Shelf {
    /// Puts a task on that was called `former` before; its place, or `None` if one of this name is there.
    pub(super) fn insert(&mut self, mut entry: Entry, former: &[String]) -> Option<usize> {
        if self.by_id.contains_key(entry.id()) {
            return None;
        }
        let (id, place) = (entry.shared_id(), self.places.len());
        let key = self.key_of(&entry);
        // One name for all tasks of a sweep.
        entry.head_mut().sweep = Arc::clone(&key.sweep);
        match self.users.get(entry.user()) {
            Some(user) => entry.head_mut().user = Arc::clone(user),
            None => drop(self.users.insert(Arc::clone(&entry.head_mut().user))),
        }
        let sweep = self.sweeps.entry(key).or_default();
        sweep.insert((entry.index(), place));
        for name in former {
            let former = TaskId {
                experiment: id.experiment.clone(),
                task: name.clone(),
            };
            self.former.insert(former, (*id).clone());
        }
        self.by_id.insert(id, place);
        self.places.push(Some(entry));
        Some(place)
    }

    fn key_of(&mut self, entry: &Entry) -> SweepKey {
        if let Some(last) = self.last.as_ref().filter(|last| last.is_of(entry)) {
            return last.clone();
        }
        let key = SweepKey::of(entry);
        let known = self.sweeps.get_key_value(&key);
        let key = known.map_or(key, |(known, _)| known.clone());
        self.last = Some(key.clone());
        key
    }

    /// Takes a task off, with its place.
    pub(super) fn remove(&mut self, id: &TaskId) -> Option<(usize, Entry)> {
        let place = self.by_id.remove(id)?;
        let entry = self.places.get_mut(place)?.take()?;
        let key = SweepKey::of(&entry);
        if let Some(sweep) = self.sweeps.get_mut(&key) {
            sweep.remove(&(entry.index(), place));
            if sweep.is_empty() {
                self.sweeps.remove(&key);
            }
        }
        if !self.former.is_empty() {
            self.former.retain(|_, now| now != id);
        }
        Some((place, entry))
    }

    /// The name by which a task is known now that has, or had, this one.
    pub(super) fn resolve(&self, id: &TaskId) -> Option<&TaskId> {
        let known = |id: &TaskId| self.by_id.get_key_value(id).map(|(id, _)| &**id);
        known(id).or_else(|| known(self.former.get(id)?))
    }

    /// The task of this name.
    pub(super) fn get(&self, id: &TaskId) -> Option<&Entry> {
        self.at(self.place(id)?)
    }

    /// [`Self::get`], to change it. Name, sweep and index must stay.
    pub(super) fn get_mut(&mut self, id: &TaskId) -> Option<&mut Entry> {
        let place = self.place(id)?;
        self.places.get_mut(place)?.as_mut()
    }

    /// The place of [`Self::get`].
    pub(super) fn place(&self, id: &TaskId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The task at a place.
    pub(super) fn at(&self, place: usize) -> Option<&Entry> {
        self.places.get(place)?.as_ref()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> + Clone {
        self.sweeps().flatten()
    }

    /// All of them, sweep by sweep.
    pub(super) fn sweeps(
        &self,
    ) -> impl DoubleEndedIterator<Item = impl DoubleEndedIterator<Item = &Entry> + Clone> + Clone
    {
        self.sweeps
            .values()
            .map(|sweep| sweep.iter().filter_map(|(_, place)| self.at(*place)))
    }
}

#[cfg(test)]
mod tests {
    use domain::task::Task;

    use super::*;

    fn entry(sweep: &str, at: i64, index: u64) -> Entry {
        let task = Task {
            id: id(&format!("{sweep}{index}")),
            sweep: sweep.to_owned(),
            index,
            created_at_ms: Timestamp(at),
            ..Task::default()
        };
        Entry::new(Arc::new(task), Vec::new())
    }

    fn id(task: &str) -> TaskId {
        TaskId {
            experiment: "e".to_owned(),
            task: task.to_owned(),
        }
    }

    fn names(shelf: &Shelf) -> Vec<&str> {
        shelf.iter().map(|entry| entry.id().task.as_str()).collect()
    }

    #[test]
    fn what_comes_back_stands_where_it_stood_and_a_place_never_means_another_task() {
        let mut shelf = Shelf::default();
        for (sweep, at, index) in [("b", 2, 1), ("a", 1, 2), ("a", 1, 1), ("b", 2, 2)] {
            shelf.insert(entry(sweep, at, index), &[]).unwrap();
        }
        assert_eq!(names(&shelf), ["a1", "a2", "b1", "b2"]);
        let (place, taken) = shelf.remove(&id("a2")).unwrap();
        assert_eq!((names(&shelf), shelf.len()), (vec!["a1", "b1", "b2"], 3));
        assert!(shelf.insert(taken.clone(), &[]).unwrap() > place);
        assert!(shelf.at(place).is_none());
        assert!(shelf.insert(taken, &[]).is_none(), "one task of a name");
        assert_eq!(names(&shelf), ["a1", "a2", "b1", "b2"]);
    }

    #[test]
    fn a_former_name_leads_to_the_task_unless_another_has_it_now() {
        let mut shelf = Shelf::default();
        let former = ["old".to_owned()];
        shelf.insert(entry("a", 1, 1), &former).unwrap();
        assert_eq!(shelf.resolve(&id("old")), Some(&id("a1")));
        assert!(shelf.get(&id("old")).is_none());
        let other = Task {
            id: id("old"),
            ..Task::default()
        };
        shelf
            .insert(Entry::new(Arc::new(other), Vec::new()), &[])
            .unwrap();
        assert_eq!(shelf.resolve(&id("old")), Some(&id("old")));
        shelf.remove(&id("old")).unwrap();
        assert_eq!(shelf.resolve(&id("old")), Some(&id("a1")));
        shelf.remove(&id("a1")).unwrap();
        assert_eq!(shelf.resolve(&id("old")), None);
    }
}
