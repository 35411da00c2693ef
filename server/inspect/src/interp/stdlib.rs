//! What the standard library's names and functions give, as far as they do not depend on the machine.

use std::rc::Rc;

use super::machine::Interp;
use super::parsers::{is_parser_class, parser_kind};
use crate::model::objects::{Certainty, ParserKind};
use crate::value::{Args, Partial, SUPPRESS, Value};

/// The value of a dotted name from outside: a constant, or the name itself.
pub(crate) fn extern_value(dotted: &str) -> Value {
    let text = |text: &str| Value::str(text);
    match dotted {
        "argparse.SUPPRESS" | "configargparse.SUPPRESS" => text(SUPPRESS),
        "argparse.OPTIONAL" | "configargparse.OPTIONAL" => text("?"),
        "argparse.ZERO_OR_MORE" | "configargparse.ZERO_OR_MORE" => text("*"),
        "argparse.ONE_OR_MORE" | "configargparse.ONE_OR_MORE" => text("+"),
        "argparse.REMAINDER" | "configargparse.REMAINDER" => text("..."),
        "argparse.PARSER" | "configargparse.PARSER" => text("A..."),
        "sys.argv" => Value::Argv,
        "sys.maxsize" => Value::Int(i128::from(i64::MAX)),
        "sys.float_info.epsilon" => Value::Float(f64::EPSILON),
        "sys.float_info.max" => Value::Float(f64::MAX),
        "sys.float_info.min" => Value::Float(f64::MIN_POSITIVE),
        "math.pi" | "numpy.pi" => Value::Float(std::f64::consts::PI),
        "math.e" | "numpy.e" => Value::Float(std::f64::consts::E),
        "math.tau" => Value::Float(std::f64::consts::TAU),
        "math.inf" | "numpy.inf" | "numpy.Inf" => Value::Float(f64::INFINITY),
        "math.nan" | "numpy.nan" => Value::Float(f64::NAN),
        "os.sep" | "os.path.sep" => text("/"),
        "os.pathsep" | "os.path.pathsep" => text(":"),
        "os.linesep" => text("\n"),
        "os.curdir" | "os.path.curdir" => text("."),
        "os.pardir" | "os.path.pardir" => text(".."),
        "os.extsep" => text("."),
        "string.ascii_letters" => text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        "string.ascii_lowercase" => text("abcdefghijklmnopqrstuvwxyz"),
        "string.ascii_uppercase" => text("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        "string.digits" => text("0123456789"),
        "logging.NOTSET" => Value::Int(0),
        "logging.DEBUG" => Value::Int(10),
        "logging.INFO" => Value::Int(20),
        "logging.WARNING" | "logging.WARN" => Value::Int(30),
        "logging.ERROR" => Value::Int(40),
        "logging.CRITICAL" | "logging.FATAL" => Value::Int(50),
        _ => Value::Extern(Rc::from(dotted)),
    }
}

/// The public names of `argparse`.
pub(crate) fn argparse_names() -> &'static [&'static str] {
    &[
        "ArgumentParser",
        "ArgumentError",
        "ArgumentTypeError",
        "BooleanOptionalAction",
        "FileType",
        "HelpFormatter",
        "ArgumentDefaultsHelpFormatter",
        "RawDescriptionHelpFormatter",
        "RawTextHelpFormatter",
        "MetavarTypeHelpFormatter",
        "Namespace",
        "Action",
        "ONE_OR_MORE",
        "OPTIONAL",
        "PARSER",
        "REMAINDER",
        "SUPPRESS",
        "ZERO_OR_MORE",
    ]
}

/// What `from module import *` brings, for the modules where it matters.
pub(crate) fn star_names(module: &str) -> Vec<(Rc<str>, Value)> {
    let names: &[&str] = match module {
        "argparse" => argparse_names(),
        "math" => &["pi", "e", "tau", "inf", "nan", "sqrt", "log", "exp"],
        "pathlib" => &["Path", "PurePath"],
        "enum" => &["Enum", "IntEnum", "auto"],
        "dataclasses" => &["dataclass", "field", "fields", "asdict", "MISSING"],
        "typing" => &[
            "Annotated",
            "Any",
            "ClassVar",
            "Dict",
            "Iterable",
            "List",
            "Literal",
            "Mapping",
            "NamedTuple",
            "Optional",
            "Sequence",
            "Set",
            "Tuple",
            "Type",
            "Union",
        ],
        "os.path" => &["join", "dirname", "abspath", "basename", "expanduser"],
        _ => &[],
    };
    names
        .iter()
        .map(|name| (Rc::from(*name), extern_value(&format!("{module}.{name}"))))
        .collect()
}

impl Interp<'_> {
    /// Calls something from outside.
    pub(crate) fn call_extern(&mut self, name: &str, args: Args, line: u32, text: &str) -> Value {
        if let Some(kind) = parser_kind(name) {
            return self.new_parser(kind, &args);
        }
        match name {
            "tyro.cli" => return self.tyro_cli(&args, line, text),
            "simple_parsing.parse" | "simple_parsing.parsing.parse" => {
                return self.simple_parse(&args, line, text);
            }
            "configargparse.get_argument_parser"
            | "configargparse.get_arg_parser"
            | "configargparse.getArgumentParser"
            | "configargparse.getArgParser"
            | "configargparse.getParser" => return self.shared_parser(&args),
            _ => {}
        }
        if let Some(class) = name
            .strip_suffix(".__init__")
            .filter(|class| is_parser_class(class))
        {
            let mut args = args;
            if let Some(Value::Parser(parser)) =
                args.pos.first().and_then(|first| self.as_receiver(first))
            {
                args.pos.remove(0);
                self.init_parser(parser, &args);
            }
            debug_assert!(
                !class.is_empty(),
                "a suffix was stripped from a longer name"
            );
            return Value::None;
        }
        if let (Some(base), Some(Value::Instance(instance))) = (
            name.strip_suffix(".__init__")
                .filter(|base| super::actions::is_action_class(base)),
            args.pos.first().cloned(),
        ) {
            let mut args = args;
            args.pos.remove(0);
            self.init_base_action(instance, base, &args);
            return Value::None;
        }
        let of_here = match args.pos.first() {
            Some(Value::Here(here)) => here.function(name, &args),
            _ => None,
        };
        if let Some(value) = of_here {
            return value;
        }
        let result = match name.strip_prefix("builtins.") {
            Some(builtin) => self.call_builtin(builtin, &args),
            None => self.call_standard(name, &args),
        };
        if let Some(value) = result {
            return value;
        }
        let harmless = name.starts_with("builtins.")
            || name.starts_with("argcomplete.")
            || name.starts_with("logging.");
        if harmless {
            Value::unknown(text)
        } else {
            self.call_unknown(&args, line, text)
        }
    }

    /// Functions that change the state of the program.
    fn call_effect(&mut self, name: &str, args: &Args) -> Option<Value> {
        match name {
            "sys.exit" | "os._exit" => self.exiting = true,
            "sys.path.append" | "site.addsitedir" => {
                self.add_search_folder(args.pos.first()?, false);
            }
            "sys.path.insert" => self.add_search_folder(args.pos.get(1)?, true),
            "sys.path.extend" => {
                for folder in self.items_of(args.pos.first()?)? {
                    self.add_search_folder(&folder, false);
                }
            }
            "random.shuffle" => {
                if let Some(Value::List(id)) = args.pos.first() {
                    self.heap.list_mut(*id).unknown = Some(Rc::from("random.shuffle(…)"));
                }
            }
            _ => return None,
        }
        Some(Value::None)
    }

    fn call_standard(&mut self, name: &str, args: &Args) -> Option<Value> {
        if let Some(value) = self.call_effect(name, args) {
            return Some(value);
        }
        match name {
            "functools.partial" | "functools.wraps" => {
                let (func, pos) = match name {
                    "functools.wraps" => (Value::Extern(Rc::from(name)), args.pos.clone()),
                    _ => (args.pos.first()?.clone(), args.pos[1..].to_vec()),
                };
                return args.is_closed().then(|| {
                    Value::Partial(Rc::new(Partial {
                        func,
                        pos,
                        kw: args.kw.clone(),
                    }))
                });
            }
            "inspect.getfullargspec" => return self.argument_names(args.pos.first()?),
            "enum.auto" | "argparse.FileType" => return Some(Value::Object(Rc::from(name))),
            "asyncio.run" | "typing.cast" | "copy.copy" | "copy.deepcopy" | "enum.unique" => {
                let value = if name == "typing.cast" {
                    args.pos.get(1)
                } else {
                    args.pos.first()
                };
                return value.map(|value| self.copied(value));
            }
            name if super::fields::is_field_function(name) => {
                return super::fields::field_spec(name, args);
            }
            "tyro.conf.arg" => {
                return args
                    .is_closed()
                    .then(|| Value::FieldSpec(Rc::new(args.kw.clone())));
            }
            "dataclasses.fields" => return self.fields_of(args.pos.first()?),
            "typing.get_type_hints" => return self.type_hints(args.pos.first()?),
            "dataclasses.asdict" => return self.as_dict(args.pos.first()?),
            "dataclasses.is_dataclass" => return self.is_dataclass(args.pos.first()?),
            "typing.get_origin" => return self.get_attr(args.pos.first()?, "__origin__"),
            "typing.get_args" => return self.get_attr(args.pos.first()?, "__args__"),
            "collections.OrderedDict" => return self.call_builtin("dict", args),
            "operator.attrgetter" | "operator.itemgetter" => return None,
            _ => {}
        }
        if !args.is_closed() {
            return None;
        }
        if let Some(function) = name
            .strip_prefix("os.path.")
            .or_else(|| name.strip_prefix("posixpath."))
        {
            return os_path(function, &args.pos);
        }
        if let Some(function) = name.strip_prefix("math.") {
            return math(function, &args.pos);
        }
        match name {
            "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" | "pathlib.PurePosixPath" => {
                let mut path = String::new();
                for part in &args.pos {
                    let (Value::Str(part) | Value::Path(part)) = part else {
                        return None;
                    };
                    path = join_path(&path, part);
                }
                Some(Value::Path(Rc::from(normal_path(&path))))
            }
            // Without a translation in force it gives its text back.
            "gettext.gettext" | "gettext.ngettext" => args.pos.first().cloned(),
            "textwrap.dedent" => args
                .pos
                .first()?
                .as_str()
                .map(|text| Value::str(dedent(text))),
            "inspect.cleandoc" => args
                .pos
                .first()?
                .as_str()
                .map(|text| Value::str(clean_doc(text))),
            "os.fspath" => match args.pos.first()? {
                Value::Str(path) | Value::Path(path) => Some(Value::Str(path.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// `copy.deepcopy` and the like: containers are copied, a parser is not followed through a copy.
    fn copied(&mut self, value: &Value) -> Value {
        match value {
            Value::List(id) => {
                let object = self.heap.list(*id).clone();
                let copy = self.heap.new_list(object.items);
                self.heap.list_mut(copy).unknown = object.unknown;
                Value::List(copy)
            }
            Value::Dict(id) => {
                let object = self.heap.dict(*id).clone();
                Value::Dict(self.heap.new_dict(object))
            }
            other => other.clone(),
        }
    }

    /// `inspect.getfullargspec(f)`: only its first item, the names of the parameters, is known.
    fn argument_names(&mut self, func: &Value) -> Option<Value> {
        let Value::Func(id) = func else { return None };
        let parameters = self.heap.funcs[id.0].parameters?;
        let all = parameters.posonlyargs.iter().chain(&parameters.args);
        let names = all
            .map(|parameter| Value::str(parameter.name().as_str()))
            .collect();
        let names = Value::List(self.heap.new_list(names));
        Some(Value::tuple(vec![
            names,
            Value::unknown("getfullargspec(…)"),
        ]))
    }

    /// `configargparse.get_argument_parser(name)`: the same parser for the same name.
    fn shared_parser(&mut self, args: &Args) -> Value {
        let name = match args.get(0, "name") {
            Some(Value::Str(name)) => name.clone(),
            _ => Rc::from("default"),
        };
        let known = self.shared.iter().find(|(known, _)| *known == name);
        if let Some((_, parser)) = known {
            return parser.clone();
        }
        let mut rest = args.clone();
        rest.pos.clear();
        let parser = self.new_parser(ParserKind::Argparse, &rest);
        self.shared.push((name, parser.clone()));
        parser
    }

    /// A parser that stands for a function's parameter, in files that never call the function.
    pub(crate) fn parameter_parser(&mut self) -> Value {
        let parser = crate::model::objects::ParserObj::new(Certainty::Parameter);
        Value::Parser(self.model.new_parser(parser))
    }
}

/// `os.path.join` and `/`: an absolute tail replaces what stands before.
pub(crate) fn join_path(base: &str, tail: &str) -> String {
    if tail.starts_with('/') || base.is_empty() {
        return tail.to_owned();
    }
    if tail.is_empty() {
        return base.to_owned();
    }
    let separator = if base.ends_with('/') { "" } else { "/" };
    // `Path(".") / "x"` is `x`; `os.path.join(".", "x")` keeps the dot and does not come here.
    format!("{base}{separator}{tail}")
}

/// The text of a `Path`: no empty or `.` parts, no trailing slash.
pub(crate) fn normal_path(path: &str) -> String {
    let absolute = path.starts_with('/');
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    match (absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

fn os_path(function: &str, pos: &[Value]) -> Option<Value> {
    let text = |value: &Value| match value {
        Value::Str(text) | Value::Path(text) => Some(text.to_string()),
        _ => None,
    };
    let parts = pos.iter().map(text).collect::<Option<Vec<_>>>()?;
    let first = parts.first()?;
    Some(match function {
        "join" => {
            let mut path = first.clone();
            for part in &parts[1..] {
                if part.is_empty() && !path.is_empty() && !path.ends_with('/') {
                    path.push('/');
                } else {
                    path = join_path(&path, part);
                }
            }
            Value::str(path)
        }
        "basename" => Value::str(first.rsplit('/').next().unwrap_or(first)),
        "dirname" => Value::str(
            first
                .rsplit_once('/')
                .map_or("", |(head, _)| if head.is_empty() { "/" } else { head }),
        ),
        "splitext" => {
            let name_at = first.rfind('/').map_or(0, |at| at + 1);
            let stem_at =
                name_at + first[name_at..].len() - first[name_at..].trim_start_matches('.').len();
            let at = first[stem_at..]
                .rfind('.')
                .map_or(first.len(), |at| at + stem_at);
            Value::tuple(vec![Value::str(&first[..at]), Value::str(&first[at..])])
        }
        _ => return None,
    })
}

fn math(function: &str, pos: &[Value]) -> Option<Value> {
    let x = pos.first()?.as_float()?;
    Some(match function {
        "sqrt" if x >= 0.0 && pos.len() == 1 => Value::Float(x.sqrt()),
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        "floor" | "ceil" | "trunc" if x.abs() < 1e18 => Value::Int(match function {
            "floor" => x.floor() as i128,
            "ceil" => x.ceil() as i128,
            _ => x.trunc() as i128,
        }),
        _ => return None,
    })
}

/// Attributes of a path that are values.
pub(crate) fn path_attr(path: &str, name: &str) -> Option<Value> {
    let file = path.rsplit('/').next().unwrap_or(path);
    let dot = file.rfind('.').filter(|at| *at > 0 && *at + 1 < file.len());
    Some(match name {
        "name" => Value::str(file),
        "stem" => Value::str(dot.map_or(file, |at| &file[..at])),
        "suffix" => Value::str(dot.map_or("", |at| &file[at..])),
        "parent" if path != "." && !path.ends_with("..") => {
            let parent = path
                .rsplit_once('/')
                .map_or(".", |(head, _)| if head.is_empty() { "/" } else { head });
            Value::Path(Rc::from(parent))
        }
        _ => return None,
    })
}

pub(crate) fn path_method(path: &str, name: &str, args: &Args) -> Option<Value> {
    match name {
        "joinpath" => {
            let mut joined = path.to_owned();
            for part in &args.pos {
                let (Value::Str(part) | Value::Path(part)) = part else {
                    return None;
                };
                joined = join_path(&joined, part);
            }
            Some(Value::Path(Rc::from(normal_path(&joined))))
        }
        "as_posix" | "__str__" | "__fspath__" => Some(Value::str(path)),
        "with_suffix" => {
            let suffix = args.pos.first()?.as_str()?;
            let old = path_attr(path, "suffix")?;
            let stem = path.strip_suffix(old.as_str()?)?;
            Some(Value::Path(Rc::from(format!("{stem}{suffix}"))))
        }
        _ => None,
    }
}

/// `textwrap.dedent`: takes away the common indentation; lines of blanks become empty.
fn dedent(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let indent_of = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let solid = |line: &&&str| !line.trim_matches([' ', '\t']).is_empty();
    let mut margin: Option<&str> = None;
    for line in lines.iter().filter(solid) {
        let indent = &line[..indent_of(line)];
        margin = Some(match margin {
            None => indent,
            Some(known) => {
                let common = known
                    .bytes()
                    .zip(indent.bytes())
                    .take_while(|(a, b)| a == b)
                    .count();
                &known[..common]
            }
        });
    }
    let margin = margin.unwrap_or("");
    let stripped = lines.iter().map(|line| {
        if solid(&line) {
            line.strip_prefix(margin).unwrap_or(line)
        } else {
            ""
        }
    });
    stripped.collect::<Vec<_>>().join("\n")
}

/// `inspect.cleandoc`.
fn clean_doc(text: &str) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let margin = lines
        .iter()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| indent(line))
        .min()
        .unwrap_or(0);
    for (i, line) in lines.iter_mut().enumerate() {
        *line = if i == 0 {
            line.trim_start()
        } else {
            line.get(margin..).unwrap_or("")
        };
    }
    lines.join("\n").trim_matches('\n').to_owned()
}
