//! The interpreter's state: frames, names, fuel, conditions.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;

use domain::schema::{ParserSchema, Warning};
use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextSize};

use crate::heap::{Changes, Heap};
use crate::model::objects::Model;
use crate::source::{Library, SourceModule, Sources};
use crate::value::{FuncId, ModuleId, ParserId, SpaceId, Value};

/// Steps of a whole reading; a step is a statement or an expression node.
const FUEL: u32 = 200_000;
/// Steps that one loop may take before it is treated as undecided.
const LOOP_BUDGET: u32 = 30_000;
/// Python calls inside each other.
pub(crate) const MAX_FRAMES: usize = 60;
/// Expressions inside each other.
const MAX_DEPTH: u32 = 400;

/// Values inside each other that are compared or written.
const MAX_NESTING: u32 = 100;
/// Steps of one comparison, however its values hang together.
const NESTED_STEPS: u32 = 20_000;

/// Items in lists and dicts of a whole reading.
const MAX_CELLS: usize = 2_000_000;
/// Longer texts are not computed with (bytes).
pub(crate) const MAX_TEXT: usize = 20_000;

/// One activation of a function, class body or module.
pub(crate) struct Frame<'a> {
    pub(crate) locals: SpaceId,
    pub(crate) globals: SpaceId,
    pub(crate) module: ModuleId,
    pub(crate) source: &'a SourceModule,
    pub(crate) func: Option<FuncId>,
    /// The first positional argument, for `super()`.
    pub(crate) first: Option<Value>,
    pub(crate) global_names: Vec<Rc<str>>,
    /// Values returned in branches that could not be decided.
    pub(crate) returns: Vec<Value>,
    /// What those branches had changed.
    pub(crate) early: Vec<Changes>,
    /// An undecided `break` or `continue` was met in the current loop.
    pub(crate) loop_doubt: bool,
    /// Values yielded so far.
    pub(crate) yields: Vec<Value>,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(
        locals: SpaceId,
        globals: SpaceId,
        module: ModuleId,
        source: &'a SourceModule,
    ) -> Self {
        Self {
            locals,
            globals,
            module,
            source,
            func: None,
            first: None,
            global_names: Vec::new(),
            returns: Vec::new(),
            early: Vec::new(),
            loop_doubt: false,
            yields: Vec::new(),
        }
    }
}

/// A module whose source was read.
pub(crate) struct ModuleRec<'a> {
    pub(crate) source: &'a SourceModule,
    pub(crate) globals: SpaceId,
    /// Dotted name.
    pub(crate) name: Rc<str>,
    pub(crate) is_package: bool,
}

/// What a `parse_args` call reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reads {
    /// A list in the script.
    Fixed,
    /// Something undecided.
    Undecided,
    /// The command line.
    CommandLine,
}

/// One `parse_args` or `parse_known_args` call.
pub(crate) struct ParseCall {
    pub(crate) parser: ParserId,
    pub(crate) reads: Reads,
    /// `parse_known_args`: unknown arguments are left for someone else.
    pub(crate) partial: bool,
    /// Warnings given until then; later ones are not about this parser.
    pub(crate) warnings: usize,
    /// The parser as it stood then.
    pub(crate) schema: ParserSchema,
}

/// How a statement ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Flow {
    Next,
    Return(Value),
    Break,
    Continue,
    /// `raise`, `sys.exit()`, or no fuel.
    Exit,
}

/// The interpreter.
pub(crate) struct Interp<'a> {
    pub(crate) library: &'a Library,
    pub(crate) sources: &'a dyn Sources,
    pub(crate) heap: Heap<'a>,
    pub(crate) model: Model,
    pub(crate) modules: Vec<ModuleRec<'a>>,
    pub(crate) frames: Vec<Frame<'a>>,
    pub(crate) conditions: Vec<Rc<str>>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) parses: Vec<ParseCall>,
    /// Parsers that came from code out of reach, by the unknown value that stands for them.
    pub(crate) foreign: Vec<(Rc<str>, ParserId)>,
    /// Parsers that `configargparse` keeps by name.
    pub(crate) shared: Vec<(Rc<str>, Value)>,
    /// The line of the last call.
    pub(crate) call_line: u32,
    /// Imports being followed, one inside the other.
    pub(crate) following: u32,
    /// Source text of imported modules so far.
    pub(crate) imported_bytes: usize,
    /// Folders where modules are looked for, relative to the script's (`sys.path`).
    pub(crate) search_path: Vec<String>,
    /// Modules that were looked for and are out of reach.
    pub(crate) missing: HashSet<String>,
    /// The statement or call that is running ends the program (or its `try`).
    pub(crate) exiting: bool,
    pub(crate) fuel: u32,
    /// Steps that a loop may take where the reading stands.
    pub(crate) loop_budget: u32,
    depth: u32,
    /// Values inside each other that are being compared or written, and the steps left for that.
    nesting: Cell<(u32, u32)>,
}

impl<'a> Interp<'a> {
    pub(crate) fn new(library: &'a Library, sources: &'a dyn Sources) -> Self {
        Self {
            library,
            sources,
            heap: Heap::default(),
            model: Model::default(),
            modules: Vec::new(),
            frames: Vec::new(),
            conditions: Vec::new(),
            warnings: Vec::new(),
            parses: Vec::new(),
            foreign: Vec::new(),
            shared: Vec::new(),
            imported_bytes: 0,
            call_line: 1,
            search_path: vec![".".to_owned()],
            missing: HashSet::new(),
            following: 0,
            exiting: false,
            fuel: FUEL,
            loop_budget: LOOP_BUDGET,
            depth: 0,
            nesting: Cell::new((0, 0)),
        }
    }

    /// Runs a module from top to bottom under a name (`__main__` for the script itself).
    pub(crate) fn run_module(
        &mut self,
        source: &'a SourceModule,
        name: &str,
        path: &str,
        is_package: bool,
    ) -> ModuleId {
        let globals = self.heap.new_space(None, false);
        let module = ModuleId(self.modules.len());
        self.modules.push(ModuleRec {
            source,
            globals,
            name: Rc::from(name),
            is_package,
        });
        let doc = source
            .body
            .first()
            .and_then(docstring)
            .unwrap_or(Value::None);
        self.heap
            .set_var(globals, &Rc::from("__name__"), Value::str(name));
        self.heap.set_var(globals, &Rc::from("__doc__"), doc);
        self.heap.set_var(
            globals,
            &Rc::from("__file__"),
            crate::value::Here::file(path),
        );
        self.frames
            .push(Frame::new(globals, globals, module, source));
        self.exec_block(&source.body);
        self.frames.pop();
        if name == "__main__" || self.fuel == 0 {
            self.exiting = false;
        }
        module
    }

    /// Runs something as if it stood at the end of the script.
    pub(crate) fn run_in_main(&mut self, run: impl FnOnce(&mut Self)) {
        let ModuleRec {
            source, globals, ..
        } = self.modules[0];
        self.frames
            .push(Frame::new(globals, globals, ModuleId(0), source));
        run(self);
        self.frames.pop();
        self.exiting = false;
    }

    pub(crate) fn frame(&mut self) -> &mut Frame<'a> {
        self.frames.last_mut().expect("code runs in a frame")
    }

    pub(crate) fn here(&self) -> &Frame<'a> {
        self.frames.last().expect("code runs in a frame")
    }

    /// Spends a step; false if there is none left, which ends the reading.
    pub(crate) fn step(&mut self) -> bool {
        if self.fuel == 0 || self.heap.cells > MAX_CELLS {
            self.fuel = 0;
            self.exiting = true;
            return false;
        }
        self.fuel -= 1;
        true
    }

    /// Evaluates an expression within the limits of fuel and depth.
    pub(crate) fn eval(&mut self, expr: &'a Expr) -> Value {
        if !self.step() || self.depth > MAX_DEPTH {
            return Value::unknown("…");
        }
        self.depth += 1;
        let value = self.eval_inner(expr);
        self.depth -= 1;
        match value {
            Value::Str(text) if text.len() > MAX_TEXT && !expr.is_string_literal_expr() => {
                self.unknown(expr)
            }
            Value::Here(here) if !expr.is_name_expr() => here.with_text(self.text(expr)),
            value => value,
        }
    }

    /// One value deeper; false if that is too deep. [`Interp::leave`] follows.
    pub(crate) fn enter(&mut self) -> bool {
        let (depth, steps) = self.nesting.get();
        let deeper = depth < MAX_NESTING;
        if deeper {
            self.nesting.set((depth + 1, steps));
        }
        deeper
    }

    pub(crate) fn leave(&mut self) {
        let (depth, steps) = self.nesting.get();
        self.nesting.set((depth.saturating_sub(1), steps));
    }

    /// Looks into a value within the limits of depth and work; `None` beyond them.
    pub(crate) fn inside<T>(&self, look: impl FnOnce() -> Option<T>) -> Option<T> {
        let (depth, steps) = self.nesting.get();
        let steps = if depth == 0 { NESTED_STEPS } else { steps };
        if depth >= MAX_NESTING || steps == 0 {
            return None;
        }
        self.nesting.set((depth + 1, steps - 1));
        let found = look();
        let left = self.nesting.get().1;
        self.nesting.set((depth, left));
        found
    }

    /// Source text of a node of the running module.
    pub(crate) fn text(&self, node: impl Ranged) -> Rc<str> {
        Rc::from(self.here().source.snippet(node))
    }

    /// The unknown value of an expression.
    pub(crate) fn unknown(&self, node: impl Ranged) -> Value {
        Value::Unknown(self.text(node))
    }

    pub(crate) fn line(&self, offset: TextSize) -> u32 {
        self.here().source.line_of(offset)
    }

    /// Warns of a line of the running module (0: that of the last call); lines of other modules are named in
    /// the message.
    pub(crate) fn warn(&mut self, line: u32, message: String) {
        let line = if line == 0 { self.call_line } else { line };
        let module = self.here().module;
        let (line, message) = if module.0 == 0 {
            (line, message)
        } else {
            let name = &self.modules[module.0].name;
            (1, format!("in `{name}`, line {line}: {message}"))
        };
        let warning = Warning { line, message };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The conditions in force, joined.
    pub(crate) fn condition(&self) -> Option<Rc<str>> {
        match self.conditions.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            many => Some(Rc::from(many.join(" and "))),
        }
    }

    /// The value of a name; `None` if no scope has it.
    pub(crate) fn lookup(&self, name: &str) -> Option<Value> {
        let frame = self.here();
        let mut space = Some(frame.locals);
        let mut innermost = true;
        while let Some(id) = space {
            let object = &self.heap.spaces[id.0];
            if (innermost || !object.is_class)
                && let Some(value) = object.vars.get(name)
            {
                return Some(value.clone());
            }
            innermost = false;
            space = object.parent;
        }
        self.heap.var(frame.globals, name).cloned()
    }
}

/// The text of a docstring statement.
pub(crate) fn docstring(stmt: &ruff_python_ast::Stmt) -> Option<Value> {
    let literal = stmt.as_expr_stmt()?.value.as_string_literal_expr()?;
    Some(Value::str(literal.value.to_str()))
}
