//! From a script to its schema: runs it, then chooses the parser that reads the command line.

use domain::schema::{ParserSchema, Schema, Warning};

use crate::error::ReadScriptError;
use crate::heap::{Binding, Body};
use crate::interp::machine::{Interp, Reads};
use crate::model::objects::Certainty;
use crate::model::schema::parser_schema;
use crate::source::{Library, SourceModule, Sources};
use crate::value::{Args, FuncId, ParserId, Value};

/// Command line libraries that are recognised by their import, with the name to show.
const OTHER_LIBRARIES: &[&str] = &[
    "click",
    "typer",
    "fire",
    "hydra",
    "absl",
    "tyro",
    "docopt",
    "optparse",
    "plac",
    "cyclopts",
    "defopt",
    "draccus",
    "jsonargparse",
    "pyrallis",
    "sacred",
    "tap",
];

/// The stack of the reading thread; only what is touched is used.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Steps for running functions that the script itself never called.
const FUEL_FOR_UNCALLED: u32 = 100_000;

/// Reads what a script accepts on its command line, without running it.
///
/// `script_name` is only shown in errors. `sources` gives the modules that the script imports.
///
/// # Errors
/// The script is not valid Python, or no `argparse` parser with arguments was found in it.
pub fn read_script(
    source: &str,
    script_name: &str,
    sources: &dyn Sources,
) -> Result<Schema, ReadScriptError> {
    // Deeply nested source needs a deep stack, here and when the syntax tree is dropped.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("inspect".to_owned())
            .stack_size(STACK_BYTES);
        match thread.spawn_scoped(scope, || read_here(source, script_name, sources)) {
            Ok(handle) => handle
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => read_here(source, script_name, sources),
        }
    })
}

fn read_here(
    source: &str,
    script_name: &str,
    sources: &dyn Sources,
) -> Result<Schema, ReadScriptError> {
    let module =
        SourceModule::parse(source).map_err(|(position, message)| ReadScriptError::Syntax {
            script: script_name.to_owned(),
            line: position.line,
            column: position.column,
            message,
        })?;
    let library = Library::default();
    let module = library.add(module);
    let mut interp = Interp::new(&library, sources);
    let file = script_name.rsplit('/').next().unwrap_or(script_name);
    interp.run_module(module, "__main__", file, false);
    let cut_short = interp.fuel == 0 && !found_command_line(&interp);
    if !found_command_line(&interp) {
        interp.fuel += FUEL_FOR_UNCALLED;
        interp.heap.cells = 0;
        run_uncalled(&mut interp);
    }
    choose(interp, cut_short).ok_or_else(|| no_parser(module, script_name))
}

fn no_parser(module: &SourceModule, script_name: &str) -> ReadScriptError {
    let script = script_name.to_owned();
    let imports = imported(&module.body);
    match OTHER_LIBRARIES
        .iter()
        .find(|library| imports.iter().any(|name| name == *library))
    {
        Some(library) => ReadScriptError::OtherLibrary {
            script,
            library: (*library).to_owned(),
        },
        None => ReadScriptError::NoParser { script },
    }
}

/// First parts of the names that top-level statements import.
fn imported(body: &[ruff_python_ast::Stmt]) -> Vec<String> {
    use ruff_python_ast::Stmt;
    let first = |name: &str| name.split('.').next().unwrap_or(name).to_owned();
    let mut names = Vec::new();
    for stmt in body {
        match stmt {
            Stmt::Import(stmt) => names.extend(stmt.names.iter().map(|alias| first(&alias.name))),
            Stmt::ImportFrom(stmt) => names.extend(stmt.module.iter().map(|module| first(module))),
            Stmt::Try(stmt) => names.extend(imported(&stmt.body)),
            Stmt::If(stmt) => names.extend(imported(&stmt.body)),
            Stmt::FunctionDef(stmt) => names.extend(imported(&stmt.body)),
            _ => {}
        }
    }
    names
}

fn found_command_line(interp: &Interp<'_>) -> bool {
    interp
        .parses
        .iter()
        .any(|parse| parse.reads == Reads::CommandLine)
}

/// Runs the functions that the script itself never called and that have to do with parsers: plain functions
/// first, then methods, until one of them reads the command line.
fn run_uncalled(interp: &mut Interp<'_>) {
    for methods in [false, true] {
        for index in 0..interp.heap.funcs.len() {
            let func = &interp.heap.funcs[index];
            let wanted = func.calls == 0
                && func.class.is_some() == methods
                && func.module.0 == 0
                && mentions(interp, index);
            if wanted && !found_command_line(interp) && interp.fuel > 0 {
                run_function(interp, FuncId(index));
            }
        }
    }
}

fn mentions(interp: &Interp<'_>, index: usize) -> bool {
    let func = &interp.heap.funcs[index];
    let Body::Block(body) = func.body else {
        return false;
    };
    let (Some(first), Some(last)) = (body.first(), body.last()) else {
        return false;
    };
    let start = ruff_text_size::Ranged::start(first).to_usize();
    let end = ruff_text_size::Ranged::end(last).to_usize();
    let text = interp.modules[func.module.0]
        .source
        .text
        .get(start..end)
        .unwrap_or_default();
    text.contains("ArgumentParser") || text.contains("add_argument") || text.contains("parse_args")
}

fn run_function(interp: &mut Interp<'_>, id: FuncId) {
    let func = interp.heap.funcs[id.0].clone();
    let mut args = Args::default();
    let parameters = func
        .parameters
        .map(|parameters| &parameters.args[..])
        .unwrap_or_default();
    let takes_self = parameters
        .first()
        .is_some_and(|first| !is_parser_name(first.name()));
    if let Some(class) = func.class.filter(|_| takes_self) {
        match func.binding {
            Binding::Static => {}
            Binding::Class => args.pos.push(Value::Class(class)),
            Binding::Plain | Binding::Property => {
                args.pos
                    .push(Value::Instance(interp.heap.new_instance(class)));
            }
        }
    }
    for parameter in parameters.iter().skip(args.pos.len()) {
        let name = parameter.name().as_str();
        let has_default = parameter.default.is_some();
        let is_parser = is_parser_name(name);
        let value = if is_parser && !has_default {
            interp.parameter_parser()
        } else if has_default {
            break;
        } else {
            Value::unknown(name)
        };
        args.pos.push(value);
    }
    interp.run_in_main(|interp| {
        interp.call(&Value::Func(id), args);
    });
}

fn is_void(schema: &ParserSchema) -> bool {
    schema.args.is_empty() && schema.subcommands.is_empty()
}

/// Parameters that hold a parser by custom.
fn is_parser_name(name: &str) -> bool {
    matches!(
        name,
        "parser" | "arg_parser" | "argparser" | "parent_parser"
    )
}

/// The parser of the schema and its alternatives; `cut_short` if the steps ended before the command line was read.
fn choose(interp: Interp<'_>, cut_short: bool) -> Option<Schema> {
    let parsers = 0..interp.model.parsers.len();
    let mut candidates: Vec<(ParserId, ParserSchema)> = Vec::new();
    for id in parsers.map(ParserId) {
        let parser = interp.model.parser(id);
        let last = interp.parses.iter().rev().find(|parse| parse.parser == id);
        // An empty parser only counts if a warning says what could not be read.
        let unread = last.is_some() && !interp.warnings.is_empty();
        let is_empty = interp.model.is_empty(id) && !unread;
        if is_empty || parser.certainty == Certainty::Foreign {
            continue;
        }
        let schema = match last {
            Some(parse) => parse.schema.clone(),
            None if parser.is_part => continue,
            None => parser_schema(&interp.heap, &interp.model, id),
        };
        candidates.push((id, schema));
    }
    if candidates.iter().any(|(_, schema)| !is_void(schema)) {
        candidates.retain(|(_, schema)| !is_void(schema));
    }
    let rank = |id: ParserId| {
        let of = interp
            .parses
            .iter()
            .enumerate()
            .filter(|(_, parse)| parse.parser == id);
        // A full reading of the command line beats a partial one, a later reading an earlier one.
        of.map(|(at, parse)| (parse.reads, !parse.partial, at))
            .max()
    };
    let certainty = |id: ParserId| interp.model.parser(id).certainty == Certainty::Made;
    let best = candidates
        .iter()
        .enumerate()
        .max_by_key(|(at, (id, schema))| {
            (
                rank(*id),
                certainty(*id),
                schema.args.len(),
                std::cmp::Reverse(*at),
            )
        })
        .map(|(at, _)| at)?;
    let (id, parser) = candidates.remove(best);
    let read = interp.parses.iter().rev().find(|parse| parse.parser == id);
    let known = read.map_or(usize::MAX, |parse| parse.warnings);
    let mut warnings: Vec<Warning> = interp.warnings.into_iter().take(known).collect();
    if cut_short {
        let message = "the script is too long to be followed to its end; arguments may be missing";
        warnings.push(Warning {
            line: 1,
            message: message.to_owned(),
        });
    }
    let alternatives = candidates.into_iter().map(|(_, schema)| schema).collect();
    Some(Schema {
        parser,
        alternatives,
        warnings,
    })
}
