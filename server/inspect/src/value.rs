//! What the interpreter computes with: Python values, the objects argparse makes, and the unknown.

use std::rc::Rc;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub(crate) struct $name(pub(crate) usize);
        )*
    };
}

ids! {
    /// A namespace: module globals, function locals, attributes of a class or an instance.
    SpaceId,
    /// A list or set.
    ListId,
    /// A dict.
    DictId,
    /// A function.
    FuncId,
    /// A class of the script.
    ClassId,
    /// An instance of a class of the script.
    InstId,
    /// A module whose source was read.
    ModuleId,
    /// An `ArgumentParser`.
    ParserId,
    /// An argument group or a mutually exclusive group.
    GroupId,
    /// What `add_subparsers` returns.
    SubsId,
    /// What `add_argument` returns.
    ActionId,
}

/// A Python value as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(Rc<str>),
    Tuple(Rc<[Value]>),
    List(ListId),
    Set(ListId),
    Dict(DictId),
    /// `pathlib.Path`.
    Path(Rc<str>),
    /// A path made from `__file__`: where it is depends on where the project lies.
    Here(Rc<Here>),
    /// An enum member.
    Member(Rc<Member>),
    Func(FuncId),
    /// A function with its first argument.
    Bound(Rc<(Value, FuncId)>),
    /// A method of a value that is not of the script's making: receiver and name.
    Method(Rc<(Value, Rc<str>)>),
    Class(ClassId),
    Instance(InstId),
    Module(ModuleId),
    /// An import that is followed when it is first used.
    Import(Rc<Import>),
    /// Something from outside by its dotted name; builtins are `builtins.NAME`.
    Extern(Rc<str>),
    /// An instance of an outside class, by the class's dotted name.
    Object(Rc<str>),
    /// `functools.partial`: function, arguments, keywords.
    Partial(Rc<Partial>),
    /// `List[int]`, `Optional[int]`, `int | None`: what stands before the brackets, and the parts inside.
    Generic(Rc<(Value, Vec<Value>)>),
    /// What `dataclasses.field(…)` and its like gave, with their keywords.
    FieldSpec(Rc<Vec<(Rc<str>, Value)>>),
    /// A field of a dataclass, as `dataclasses.fields` gives it: the class and the place among its fields.
    Field(ClassId, usize),
    /// `super()`: the instance or class, and the class after which the search starts.
    Super(Rc<(Value, ClassId)>),
    Parser(ParserId),
    Group(GroupId),
    Subparsers(SubsId),
    Action(ActionId),
    /// `sys.argv` or a slice of it.
    Argv,
    /// What could not be decided, with source text. The allocation is its identity.
    Unknown(Rc<str>),
}

/// A path that is known from the script's folder on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Here {
    /// Relative to the script's folder, `.` for the folder itself; it may start with `..`.
    pub(crate) path: Rc<str>,
    /// A `pathlib.Path`, not a text.
    pub(crate) is_path: bool,
    /// Source text.
    pub(crate) text: Rc<str>,
}

/// A member of an enum class of the script.
#[derive(Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) class: ClassId,
    pub(crate) class_name: Rc<str>,
    pub(crate) name: Rc<str>,
    pub(crate) value: Value,
}

/// What an import statement bound to a name.
#[derive(Debug, PartialEq)]
pub(crate) enum Import {
    /// `import a.b as c`: the module itself.
    Module(String),
    /// `import a.b`: the package `a`, with `a.b` in it.
    Top(String),
    /// `from a.b import name`.
    Name(String, String),
}

/// The parts of a `functools.partial`.
#[derive(Debug, PartialEq)]
pub(crate) struct Partial {
    pub(crate) func: Value,
    pub(crate) pos: Vec<Value>,
    pub(crate) kw: Vec<(Rc<str>, Value)>,
}

/// argparse's SUPPRESS is a text, and is compared by it.
pub(crate) const SUPPRESS: &str = "==SUPPRESS==";

impl Value {
    pub(crate) fn str(text: impl AsRef<str>) -> Self {
        Self::Str(Rc::from(text.as_ref()))
    }

    pub(crate) fn unknown(text: impl AsRef<str>) -> Self {
        Self::Unknown(Rc::from(text.as_ref()))
    }

    pub(crate) fn builtin(name: &str) -> Self {
        Self::Extern(Rc::from(format!("builtins.{name}")))
    }

    pub(crate) fn tuple(items: Vec<Self>) -> Self {
        Self::Tuple(Rc::from(items))
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// An integer; Python's booleans are integers.
    pub(crate) fn as_int(&self) -> Option<i128> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Bool(value) => Some(i128::from(*value)),
            _ => None,
        }
    }

    /// Any number as a float.
    pub(crate) fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            _ => self.as_int().map(|value| value as f64),
        }
    }

    /// True for what holds arguments: a parser or one of its groups.
    pub(crate) fn is_receiver(&self) -> bool {
        matches!(self, Self::Parser(_) | Self::Group(_) | Self::Subparsers(_))
    }

    /// The dotted name, if it is something from outside.
    pub(crate) fn extern_name(&self) -> Option<&str> {
        match self {
            Self::Extern(name) => Some(name),
            _ => None,
        }
    }
}

/// The arguments of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    pub(crate) pos: Vec<Value>,
    pub(crate) kw: Vec<(Rc<str>, Value)>,
    /// Source text of a `*value` that could not be decided: more positional arguments may follow.
    pub(crate) open_pos: Option<Rc<str>>,
    /// Source text of a `**value` that could not be decided: any other keyword may be there.
    pub(crate) open_kw: Option<Rc<str>>,
}

impl Args {
    pub(crate) fn positional(pos: Vec<Value>) -> Self {
        Self {
            pos,
            ..Self::default()
        }
    }

    pub(crate) fn keyword(&self, name: &str) -> Option<&Value> {
        self.kw
            .iter()
            .rev()
            .find(|(key, _)| &**key == name)
            .map(|(_, value)| value)
    }

    /// The argument at this position or of this name.
    pub(crate) fn get(&self, position: usize, name: &str) -> Option<&Value> {
        self.pos.get(position).or_else(|| self.keyword(name))
    }

    /// True if every argument is there to see.
    pub(crate) fn is_closed(&self) -> bool {
        self.open_pos.is_none() && self.open_kw.is_none()
    }
}

/// A key of a dict: equal exactly when Python's keys are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum DictKey {
    Str(Rc<str>),
    Int(i128),
    Other(String),
}

impl DictKey {
    /// `None` for what cannot be told from other keys.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::float_cmp,
        reason = "integral floats are the same key as integers"
    )]
    pub(crate) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Str(text) => Self::Str(text.clone()),
            Value::Int(_) | Value::Bool(_) => Self::Int(value.as_int()?),
            Value::Float(float) if float.trunc() == *float && float.abs() < 1e18 => {
                Self::Int(*float as i128)
            }
            Value::Unknown(_) | Value::List(_) | Value::Set(_) | Value::Dict(_) => return None,
            Value::Tuple(items) => {
                let keys = items.iter().map(Self::of).collect::<Option<Vec<_>>>()?;
                Self::Other(format!("{keys:?}"))
            }
            Value::Member(member) => Self::Other(format!("{}.{}", member.class.0, member.name)),
            Value::None => Self::Other("None".to_owned()),
            Value::Path(path) => Self::Other(format!("Path {path}")),
            other => Self::Other(format!("{other:?}")),
        })
    }
}
