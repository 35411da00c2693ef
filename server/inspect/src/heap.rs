//! Everything that has identity: namespaces, lists, dicts, functions, classes, instances; and the journal
//! that lets a branch be run, looked at, and taken back.

use std::rc::Rc;

use indexmap::IndexMap;
use ruff_python_ast::{Expr, Parameters, Stmt};

use crate::value::{ClassId, DictId, DictKey, FuncId, InstId, ListId, ModuleId, SpaceId, Value};

/// Names and their values. Lookup of free names goes on in `parent`.
#[derive(Debug, Default)]
pub(crate) struct Space {
    pub(crate) vars: IndexMap<Rc<str>, Value>,
    pub(crate) parent: Option<SpaceId>,
    /// A class body: functions inside do not see its names.
    pub(crate) is_class: bool,
}

/// A list or set; `unknown` says why its contents are not certain.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ListObj {
    pub(crate) items: Vec<Value>,
    pub(crate) unknown: Option<Rc<str>>,
}

/// A dict; `unknown` says why its contents are not certain.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DictObj {
    pub(crate) entries: IndexMap<DictKey, (Value, Value)>,
    pub(crate) unknown: Option<Rc<str>>,
}

/// How a function is reached through an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    Plain,
    Static,
    Class,
    Property,
}

/// The body of a function or lambda.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    Block(&'a [Stmt]),
    Lambda(&'a Expr),
}

/// A function of the script.
#[derive(Clone, Debug)]
pub(crate) struct FuncObj<'a> {
    pub(crate) name: Rc<str>,
    pub(crate) parameters: Option<&'a Parameters>,
    pub(crate) body: Body<'a>,
    pub(crate) defaults: Vec<(Rc<str>, Value)>,
    pub(crate) scope: SpaceId,
    pub(crate) globals: SpaceId,
    pub(crate) module: ModuleId,
    pub(crate) binding: Binding,
    pub(crate) class: Option<ClassId>,
    pub(crate) calls: u32,
}

/// What a class of the script is, by its bases and decorators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ClassKind {
    #[default]
    Plain,
    Enum,
    /// An enum whose members are also texts or numbers, so their `str()` depends on the Python version.
    MixedEnum,
    /// A dataclass or `NamedTuple`: the annotated names are the parameters of its constructor.
    Record,
}

/// An annotated name in a class body.
#[derive(Clone, Debug)]
pub(crate) struct FieldObj<'a> {
    pub(crate) name: Rc<str>,
    pub(crate) annotation: &'a Expr,
    /// Where the annotation's names are looked up.
    pub(crate) module: ModuleId,
    pub(crate) scope: SpaceId,
    pub(crate) default: Option<Value>,
    pub(crate) factory: Option<Value>,
    /// The keywords of `field(…)`.
    pub(crate) options: Rc<Vec<(Rc<str>, Value)>>,
    /// The text below it, behind it or above it.
    pub(crate) doc: Option<Rc<str>>,
    pub(crate) line: u32,
}

impl FieldObj<'_> {
    pub(crate) fn option(&self, name: &str) -> Option<&Value> {
        let found = self.options.iter().find(|(known, _)| &**known == name);
        found.map(|(_, value)| value)
    }
}

/// A class of the script.
#[derive(Clone, Debug)]
pub(crate) struct ClassObj<'a> {
    pub(crate) name: Rc<str>,
    pub(crate) space: SpaceId,
    pub(crate) bases: Vec<Value>,
    pub(crate) kind: ClassKind,
    /// Annotated names in order, for records.
    pub(crate) fields: Vec<FieldObj<'a>>,
}

/// An instance of a class of the script.
#[derive(Clone, Debug)]
pub(crate) struct InstObj {
    pub(crate) class: ClassId,
    pub(crate) space: SpaceId,
    /// The parser or group it is, if its class derives from `ArgumentParser` or a group class.
    pub(crate) receiver: Option<Value>,
}

/// One thing that can be changed and taken back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Slot {
    Var(SpaceId, Rc<str>),
    List(ListId),
    Dict(DictId),
}

/// What a slot holds; `None` for a name that is not there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Held {
    Var(Option<Value>),
    List(ListObj),
    Dict(DictObj),
}

/// The slots a branch has changed, with what they hold at its end.
pub(crate) type Changes = Vec<(Slot, Held)>;

#[derive(Debug, Default)]
struct Journal {
    /// Slots and what they held before.
    undo: Vec<(Slot, Held)>,
    /// Objects from these numbers on were born inside the branch.
    spaces: usize,
    lists: usize,
    dicts: usize,
}

impl Journal {
    /// Spares copies of a list that grows in a loop; missing one only costs time.
    fn noted_lately(&self, slot: &Slot) -> bool {
        self.undo
            .iter()
            .rev()
            .take(32)
            .any(|(noted, _)| noted == slot)
    }
}

/// The store.
#[derive(Debug, Default)]
pub(crate) struct Heap<'a> {
    pub(crate) spaces: Vec<Space>,
    lists: Vec<ListObj>,
    dicts: Vec<DictObj>,
    pub(crate) funcs: Vec<FuncObj<'a>>,
    pub(crate) classes: Vec<ClassObj<'a>>,
    pub(crate) instances: Vec<InstObj>,
    journals: Vec<Journal>,
    /// Items of all lists and dicts ever made: a measure of memory.
    pub(crate) cells: usize,
}

impl<'a> Heap<'a> {
    pub(crate) fn new_space(&mut self, parent: Option<SpaceId>, is_class: bool) -> SpaceId {
        self.spaces.push(Space {
            vars: IndexMap::new(),
            parent,
            is_class,
        });
        SpaceId(self.spaces.len() - 1)
    }

    pub(crate) fn new_list(&mut self, items: Vec<Value>) -> ListId {
        self.cells += items.len();
        self.lists.push(ListObj {
            items,
            unknown: None,
        });
        ListId(self.lists.len() - 1)
    }

    pub(crate) fn new_dict(&mut self, object: DictObj) -> DictId {
        self.cells += object.entries.len();
        self.dicts.push(object);
        DictId(self.dicts.len() - 1)
    }

    pub(crate) fn new_func(&mut self, func: FuncObj<'a>) -> FuncId {
        self.funcs.push(func);
        FuncId(self.funcs.len() - 1)
    }

    pub(crate) fn new_class(&mut self, class: ClassObj<'a>) -> ClassId {
        self.classes.push(class);
        ClassId(self.classes.len() - 1)
    }

    pub(crate) fn new_instance(&mut self, class: ClassId) -> InstId {
        let space = self.new_space(None, false);
        self.instances.push(InstObj {
            class,
            space,
            receiver: None,
        });
        InstId(self.instances.len() - 1)
    }

    pub(crate) fn var(&self, space: SpaceId, name: &str) -> Option<&Value> {
        self.spaces[space.0].vars.get(name)
    }

    pub(crate) fn list(&self, id: ListId) -> &ListObj {
        &self.lists[id.0]
    }

    pub(crate) fn dict(&self, id: DictId) -> &DictObj {
        &self.dicts[id.0]
    }

    pub(crate) fn set_var(&mut self, space: SpaceId, name: &Rc<str>, value: Value) {
        self.note_var(space, name);
        self.spaces[space.0].vars.insert(name.clone(), value);
    }

    pub(crate) fn delete_var(&mut self, space: SpaceId, name: &Rc<str>) {
        self.note_var(space, name);
        self.spaces[space.0].vars.shift_remove(name);
    }

    /// The list, to be changed.
    pub(crate) fn list_mut(&mut self, id: ListId) -> &mut ListObj {
        if let Some(journal) = self
            .journals
            .last_mut()
            .filter(|j| id.0 < j.lists && !j.noted_lately(&Slot::List(id)))
        {
            journal
                .undo
                .push((Slot::List(id), Held::List(self.lists[id.0].clone())));
        }
        &mut self.lists[id.0]
    }

    /// The dict, to be changed.
    pub(crate) fn dict_mut(&mut self, id: DictId) -> &mut DictObj {
        if let Some(journal) = self
            .journals
            .last_mut()
            .filter(|j| id.0 < j.dicts && !j.noted_lately(&Slot::Dict(id)))
        {
            journal
                .undo
                .push((Slot::Dict(id), Held::Dict(self.dicts[id.0].clone())));
        }
        &mut self.dicts[id.0]
    }

    fn note_var(&mut self, space: SpaceId, name: &Rc<str>) {
        if let Some(journal) = self
            .journals
            .last_mut()
            .filter(|journal| space.0 < journal.spaces)
        {
            let old = self.spaces[space.0].vars.get(name).cloned();
            journal
                .undo
                .push((Slot::Var(space, name.clone()), Held::Var(old)));
        }
    }

    /// Starts a branch.
    pub(crate) fn begin(&mut self) {
        self.journals.push(Journal {
            undo: Vec::new(),
            spaces: self.spaces.len(),
            lists: self.lists.len(),
            dicts: self.dicts.len(),
        });
    }

    /// Ends the innermost branch: takes everything back and says what it had changed.
    pub(crate) fn rewind(&mut self) -> Changes {
        let journal = self.journals.pop().expect("`rewind` follows `begin`");
        let mut changes: Changes = Vec::new();
        for (slot, _) in &journal.undo {
            if !changes.iter().any(|(seen, _)| seen == slot) {
                changes.push((slot.clone(), self.held(slot)));
            }
        }
        for (slot, old) in journal.undo.into_iter().rev() {
            self.put_back(&slot, old);
        }
        changes
    }

    /// Ends the innermost branch and keeps what it did.
    pub(crate) fn keep(&mut self) {
        let journal = self.journals.pop().expect("`keep` follows `begin`");
        if let Some(outer) = self.journals.last_mut() {
            outer
                .undo
                .extend(journal.undo.into_iter().filter(|(slot, _)| match slot {
                    Slot::Var(space, _) => space.0 < outer.spaces,
                    Slot::List(id) => id.0 < outer.lists,
                    Slot::Dict(id) => id.0 < outer.dicts,
                }));
        }
    }

    pub(crate) fn held(&self, slot: &Slot) -> Held {
        match slot {
            Slot::Var(space, name) => Held::Var(self.spaces[space.0].vars.get(name).cloned()),
            Slot::List(id) => Held::List(self.lists[id.0].clone()),
            Slot::Dict(id) => Held::Dict(self.dicts[id.0].clone()),
        }
    }

    fn put_back(&mut self, slot: &Slot, held: Held) {
        match (slot, held) {
            (Slot::Var(space, name), Held::Var(Some(value))) => {
                self.spaces[space.0].vars.insert(name.clone(), value);
            }
            (Slot::Var(space, name), _) => {
                self.spaces[space.0].vars.shift_remove(name);
            }
            (Slot::List(id), Held::List(object)) => self.lists[id.0] = object,
            (Slot::Dict(id), Held::Dict(object)) => self.dicts[id.0] = object,
            _ => {}
        }
    }

    /// Writes a merged state, to be taken back by the branch around.
    pub(crate) fn write(&mut self, slot: &Slot, held: Held) {
        match (slot, held) {
            (Slot::Var(space, name), Held::Var(Some(value))) => self.set_var(*space, name, value),
            (Slot::Var(space, name), _) => self.delete_var(*space, name),
            (Slot::List(id), Held::List(object)) => *self.list_mut(*id) = object,
            (Slot::Dict(id), Held::Dict(object)) => *self.dict_mut(*id) = object,
            _ => {}
        }
    }
}
