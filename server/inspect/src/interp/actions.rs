//! Action classes: what their `__init__` makes of the arguments of `add_argument`.

use std::rc::Rc;

use super::machine::Interp;
use crate::model::objects::{ActionObj, DefaultGroup};
use crate::value::{ActionId, Args, ClassId, GroupId, InstId, ParserId, Value};

/// Parameters of `Action.__init__` after `self`.
pub(crate) const PLAIN: &[&str] = &[
    "option_strings",
    "dest",
    "nargs",
    "const",
    "default",
    "type",
    "choices",
    "required",
    "help",
    "metavar",
];
const CONST: &[&str] = &[
    "option_strings",
    "dest",
    "const",
    "default",
    "required",
    "help",
    "metavar",
];
const FLAG: &[&str] = &["option_strings", "dest", "default", "required", "help"];
const BOOLEAN: &[&str] = &[
    "option_strings",
    "dest",
    "default",
    "type",
    "choices",
    "required",
    "help",
    "metavar",
];

/// The parameters of one of argparse's own action classes, by its dotted name.
fn parameters_of(class: &str) -> Option<&'static [&'static str]> {
    Some(
        match class
            .strip_prefix("argparse.")
            .or_else(|| class.strip_prefix("configargparse."))?
        {
            "Action" | "_StoreAction" | "_AppendAction" | "_ExtendAction" => PLAIN,
            "_StoreConstAction" | "_AppendConstAction" => CONST,
            "_StoreTrueAction" | "_StoreFalseAction" | "_CountAction" => FLAG,
            "BooleanOptionalAction" => BOOLEAN,
            "_HelpAction" => &["option_strings", "dest", "default", "help"],
            "_VersionAction" => &["option_strings", "version", "dest", "default", "help"],
            _ => return None,
        },
    )
}

/// True for `argparse.Action` and what derives from it, by their dotted names.
pub(crate) fn is_action_class(name: &str) -> bool {
    parameters_of(name).is_some()
}

/// argparse's own class of a registered action.
fn class_of_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "store" => "_StoreAction",
        "store_const" => "_StoreConstAction",
        "store_true" => "_StoreTrueAction",
        "store_false" => "_StoreFalseAction",
        "append" => "_AppendAction",
        "append_const" => "_AppendConstAction",
        "extend" => "_ExtendAction",
        "count" => "_CountAction",
        "help" => "_HelpAction",
        "version" => "_VersionAction",
        _ => return None,
    })
}

/// What argparse's own class sets by itself.
fn own_value(class: &str, field: &str) -> Value {
    let class = class.rsplit('.').next().unwrap_or(class);
    match (class, field) {
        ("_StoreTrueAction", "const") | ("_StoreFalseAction", "default") => Value::Bool(true),
        ("_StoreTrueAction", "default") | ("_StoreFalseAction", "const") => Value::Bool(false),
        ("Action" | "_StoreAction" | "_AppendAction" | "_ExtendAction", "nargs") => Value::None,
        (_, "nargs") => Value::Int(0),
        ("_HelpAction" | "_VersionAction", "default" | "dest") => {
            Value::str(crate::value::SUPPRESS)
        }
        (_, "required") => Value::Bool(false),
        _ => Value::None,
    }
}

impl Interp<'_> {
    /// argparse's own action class that a class of the script derives from.
    pub(crate) fn action_base(&self, class: ClassId) -> Option<Rc<str>> {
        self.linearization(class).iter().find_map(|class| {
            let bases = &self.heap.classes[class.0].bases;
            bases.iter().find_map(|base| match base {
                Value::Extern(name) if is_action_class(name) => Some(name.clone()),
                _ => None,
            })
        })
    }

    /// Runs an action class's `__init__` as `add_argument` does, and takes over what it left.
    pub(crate) fn init_action(&mut self, class: ClassId, action: &mut ActionObj, given: &Args) {
        let Some(base) = self.action_base(class).filter(|_| given.is_closed()) else {
            return;
        };
        let instance = self.heap.new_instance(class);
        let call = self.action_arguments(action, given);
        let exiting = self.exiting;
        match self.class_lookup(class, "__init__") {
            Some(Value::Func(init)) => {
                let bound = Value::Bound(Rc::new((Value::Instance(instance), init)));
                self.call(&bound, call);
            }
            _ => self.init_base_action(instance, &base, &call),
        }
        self.exiting = exiting;
        self.take_over(instance, action);
    }

    fn action_arguments(&mut self, action: &ActionObj, given: &Args) -> Args {
        let flags = action.flags.iter().cloned().map(Value::Str).collect();
        let flags = Value::List(self.heap.new_list(flags));
        let mut kw: Vec<(Rc<str>, Value)> = vec![
            (Rc::from("option_strings"), flags),
            (Rc::from("dest"), Value::Str(action.dest.clone())),
        ];
        let others = given
            .kw
            .iter()
            .filter(|(name, _)| !matches!(&**name, "action" | "dest" | "required"));
        kw.extend(others.cloned());
        let has = |name: &str| given.keyword(name).is_some();
        if !has("default") && action.default != Value::None {
            kw.push((Rc::from("default"), action.default.clone()));
        }
        if has("required") || action.positional {
            kw.push((Rc::from("required"), action.required.clone()));
        }
        Args {
            kw,
            ..Args::default()
        }
    }

    /// `argparse.Action.__init__(instance, …)` and those of the classes below it.
    pub(crate) fn init_base_action(&mut self, instance: InstId, base: &str, args: &Args) {
        let Some(parameters) = parameters_of(base) else {
            return;
        };
        for field in PLAIN {
            let position = parameters.iter().position(|name| name == field);
            let given = match position {
                Some(position) => args.get(position, field),
                None => None,
            };
            let value = match (given, &args.open_kw) {
                (Some(value), _) => Some(value.clone()),
                (None, Some(text)) if position.is_some() => Some(Value::Unknown(text.clone())),
                (None, _) => Some(own_value(base, field)),
            };
            if let Some(value) = value {
                self.set_attr(&Value::Instance(instance), field, value);
            }
        }
    }

    /// Adds an action through an override of `_add_action`, if the script's class has one.
    pub(crate) fn place_action(
        &mut self,
        parser: ParserId,
        group: Option<GroupId>,
        action: ActionObj,
    ) -> Value {
        let instance = match group {
            Some(group) => self.model.groups[group.0].instance,
            None => self.model.parser(parser).instance,
        };
        let hook = instance.and_then(|id| self.own_method(id, "_add_action"));
        let hook = match (hook, group) {
            (None, None) => self
                .default_group(parser)
                .and_then(|id| self.own_method(id, "_add_action")),
            (hook, _) => hook,
        };
        match hook {
            None => Value::Action(self.model.add_action(parser, group, action)),
            Some(hook) => {
                let action = Value::Action(self.model.free_action(action));
                self.call(&hook, Args::positional(vec![action]))
            }
        }
    }

    /// A method that the script's class has, bound to its instance.
    fn own_method(&self, id: InstId, name: &str) -> Option<Value> {
        let class = self.heap.instances[id.0].class;
        match self.class_lookup(class, name) {
            Some(Value::Func(func)) => Some(Value::Bound(Rc::new((Value::Instance(id), func)))),
            _ => None,
        }
    }

    /// The group for the arguments in no group: argparse makes it with `add_argument_group` too.
    fn default_group(&mut self, parser: ParserId) -> Option<InstId> {
        if self.model.parser(parser).default_group == DefaultGroup::Unasked {
            self.model.parser_mut(parser).default_group = DefaultGroup::Plain;
            if let Some(instance) = self.made_default_group(parser) {
                self.model.parser_mut(parser).default_group = DefaultGroup::Own(instance);
            }
        }
        match self.model.parser(parser).default_group {
            DefaultGroup::Own(instance) => Some(instance),
            DefaultGroup::Unasked | DefaultGroup::Plain => None,
        }
    }

    fn made_default_group(&mut self, parser: ParserId) -> Option<InstId> {
        let instance = self.model.parser(parser).instance?;
        let make = self.own_method(instance, "add_argument_group")?;
        let made = self.call(&make, Args::positional(vec![Value::str("options")]));
        let Some(Value::Group(group)) = self.as_receiver(&made) else {
            return None;
        };
        self.model.groups[group.0].title = None;
        self.model.groups[group.0].instance
    }

    /// The action that a value is: one that `add_argument` made, or an instance of an action class.
    pub(crate) fn action_object(&self, value: &Value) -> Option<ActionObj> {
        match value {
            Value::Action(id) => Some(self.model.actions[id.0].clone()),
            Value::Instance(id) => {
                let class = self.heap.instances[id.0].class;
                self.action_base(class)?;
                let mut action = ActionObj::help();
                action.line = self.call_line;
                action.action = Value::Class(class);
                self.take_over(*id, &mut action);
                action.positional = action.flags.is_empty();
                Some(action)
            }
            _ => None,
        }
    }

    /// `isinstance(action, class)` for an action that `add_argument` made.
    pub(crate) fn is_action_instance(&self, id: ActionId, class: &Value) -> Option<bool> {
        let own = &self.model.actions[id.0].action;
        let base = match own {
            Value::Class(own) => self.action_base(*own)?,
            named => Rc::from(class_of_name(named.as_str()?)?),
        };
        match (own, class) {
            (Value::Class(own), Value::Class(class)) => {
                Some(self.linearization(*own).contains(class))
            }
            (_, Value::Class(_)) => Some(false),
            (_, Value::Extern(class)) => {
                let class = class.strip_prefix("argparse.")?;
                let base = base.rsplit('.').next().unwrap_or(&base);
                let above = match base {
                    "_StoreTrueAction" | "_StoreFalseAction" => "_StoreConstAction",
                    "_ExtendAction" => "_AppendAction",
                    _ => "Action",
                };
                Some(class == "Action" || class == base || class == above)
            }
            _ => None,
        }
    }

    /// Reads the fields that the instance has now.
    fn take_over(&self, instance: InstId, action: &mut ActionObj) {
        let space = self.heap.instances[instance.0].space;
        let field = |interp: &Self, name: &str| interp.heap.var(space, name).cloned();
        if field(self, "dest").is_none() {
            return;
        }
        for (name, place) in [
            ("nargs", &mut action.nargs),
            ("const", &mut action.const_value),
            ("default", &mut action.default),
            ("type", &mut action.type_fn),
            ("choices", &mut action.choices),
            ("required", &mut action.required),
            ("help", &mut action.help),
            ("metavar", &mut action.metavar),
        ] {
            if let Some(value) = field(self, name) {
                *place = value;
            }
        }
        if let Some(Value::Str(dest)) = field(self, "dest") {
            action.dest = dest;
        }
        let flags = field(self, "option_strings").and_then(|flags| self.items_of(&flags));
        let texts = flags.map(|flags| {
            let texts = flags.iter().filter_map(|flag| match flag {
                Value::Str(flag) => Some(flag.clone()),
                _ => None,
            });
            texts.collect::<Vec<_>>()
        });
        if let Some(flags) = texts.filter(|flags| !flags.is_empty()) {
            action.flags = flags;
        }
    }
}
