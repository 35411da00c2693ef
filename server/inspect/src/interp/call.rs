//! Calls: functions of the script, bound methods, partials, and what comes from outside.

use std::rc::Rc;

use super::machine::{Flow, Frame, Interp, MAX_FRAMES};
use crate::heap::{Body, DictObj, FuncObj, Slot};
use crate::value::{Args, DictKey, FuncId, SpaceId, Value};

/// Activations of one function inside each other.
const MAX_RECURSION: usize = 4;

impl<'a> Interp<'a> {
    /// Calls a value where the line does not matter.
    pub(crate) fn call(&mut self, func: &Value, args: Args) -> Value {
        self.call_at(func, args, 0, "…")
    }

    /// Calls a value; `line` and `text` are those of the call.
    pub(crate) fn call_at(&mut self, func: &Value, args: Args, line: u32, text: &str) -> Value {
        match func {
            Value::Func(id) => self.call_function(*id, args),
            Value::Bound(bound) => {
                let mut args = args;
                args.pos.insert(0, bound.0.clone());
                self.call_function(bound.1, args)
            }
            Value::Class(id) => self.instantiate(*id, args, line, text),
            Value::Generic(generic) => self.call_at(&generic.0, args, line, text),
            Value::Partial(partial) => {
                let mut all = Args {
                    pos: partial.pos.clone(),
                    kw: partial.kw.clone(),
                    ..Args::default()
                };
                all.pos.extend(args.pos);
                for (name, value) in args.kw {
                    all.kw.retain(|(known, _)| *known != name);
                    all.kw.push((name, value));
                }
                (all.open_pos, all.open_kw) = (args.open_pos, args.open_kw);
                self.call_at(&partial.func, all, line, text)
            }
            Value::Method(method) => self.call_method(&method.0, &method.1, args, line, text),
            Value::Extern(name) => self.call_extern(name, args, line, text),
            Value::Instance(_) => match self.get_attr(func, "__call__") {
                Some(method @ Value::Bound(_)) => self.call_at(&method, args, line, text),
                _ => self.call_unknown(&args, line, text),
            },
            _ => self.call_unknown(&args, line, text),
        }
    }

    /// A call of something out of reach. It may add arguments to a parser that it is given.
    pub(crate) fn call_unknown(&mut self, args: &Args, line: u32, text: &str) -> Value {
        let values = args
            .pos
            .iter()
            .chain(args.kw.iter().map(|(_, value)| value));
        let mut parsers = values.filter_map(|value| self.as_receiver(value));
        if let Some(receiver) = parsers.next() {
            let more = parsers.next().is_some();
            self.warn(
                line,
                format!("`{text}` may add arguments that cannot be read here"),
            );
            // Such functions give the parser back, or nothing that is used as a parser.
            if !more && matches!(receiver, Value::Parser(_)) {
                return receiver;
            }
        }
        Value::unknown(text)
    }

    /// The parser or group that a value is; an instance of a parser subclass is one.
    pub(crate) fn as_receiver(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Parser(_) | Value::Group(_) | Value::Subparsers(_) => Some(value.clone()),
            Value::Instance(id) => self.heap.instances[id.0].receiver.clone(),
            _ => None,
        }
    }

    fn call_function(&mut self, id: FuncId, args: Args) -> Value {
        let func = self.heap.funcs[id.0].clone();
        let running = self
            .frames
            .iter()
            .filter(|frame| frame.func == Some(id))
            .count();
        if self.frames.len() >= MAX_FRAMES || running >= MAX_RECURSION || !self.step() {
            return Value::unknown(format!("{}(…)", func.name));
        }
        self.heap.funcs[id.0].calls += 1;
        let locals = self.heap.new_space(Some(func.scope), false);
        let first = args.pos.first().cloned();
        if !self.bind_parameters(&func, args, locals) {
            return Value::unknown(format!("{}(…)", func.name));
        }
        let source = self.modules[func.module.0].source;
        let mut frame = Frame::new(locals, func.globals, func.module, source);
        (frame.func, frame.first) = (Some(id), first);
        self.frames.push(frame);
        let value = match func.body {
            Body::Lambda(expr) => self.eval(expr),
            Body::Block(body) => {
                let flow = self.exec_block(body);
                self.finish(flow)
            }
        };
        let frame = self.frames.pop().expect("a frame was pushed");
        self.merge_early(frame, locals);
        value
    }

    /// The value of a call from how its body ended.
    fn finish(&mut self, flow: Flow) -> Value {
        let frame = self.frame();
        let mut values = std::mem::take(&mut frame.returns);
        let yields = std::mem::take(&mut frame.yields);
        match flow {
            Flow::Return(value) => values.push(value),
            Flow::Exit => {
                // Where some branches returned, only the rest ends the program.
                self.exiting = values.is_empty() || self.fuel == 0;
            }
            Flow::Next | Flow::Break | Flow::Continue => values.push(Value::None),
        }
        if !yields.is_empty() {
            return match yields.as_slice() {
                // A context manager's single `yield`.
                [only] => only.clone(),
                _ => Value::unknown("…"),
            };
        }
        self.merged(values).unwrap_or(Value::None)
    }

    /// What branches that returned early had changed outside of the function.
    fn merge_early(&mut self, frame: Frame<'a>, locals: SpaceId) {
        for changes in frame.early {
            let outer: Vec<_> = changes
                .into_iter()
                .filter(|(slot, _)| !matches!(slot, Slot::Var(space, _) if *space == locals))
                .collect();
            if !outer.is_empty() {
                self.merge_changes(vec![outer], true);
            }
        }
    }

    /// Fills a function's namespace; false if the arguments do not fit.
    fn bind_parameters(&mut self, func: &FuncObj<'a>, args: Args, locals: SpaceId) -> bool {
        let Some(parameters) = func.parameters else {
            return args.pos.is_empty() && args.kw.is_empty();
        };
        let mut kw = args.kw;
        let positional: Vec<&str> = parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .map(|p| p.name().as_str())
            .collect();
        let mut pos = args.pos.into_iter();
        let mut bound: Vec<(Rc<str>, Value)> = Vec::new();
        for name in &positional {
            let Some(value) = pos.next() else { break };
            bound.push((Rc::from(*name), value));
        }
        let rest: Vec<Value> = pos.collect();
        match &parameters.vararg {
            Some(vararg) => {
                let value = match &args.open_pos {
                    Some(text) => Value::Unknown(text.clone()),
                    None => Value::tuple(rest),
                };
                bound.push((Rc::from(vararg.name.as_str()), value));
            }
            None if !rest.is_empty() => return false,
            None => {}
        }
        let keyword_only: Vec<&str> = parameters
            .kwonlyargs
            .iter()
            .map(|p| p.name().as_str())
            .collect();
        for name in positional.iter().chain(&keyword_only) {
            if bound.iter().any(|(known, _)| &**known == *name) {
                continue;
            }
            let given = kw.iter().position(|(known, _)| &**known == *name);
            let open = args
                .open_kw
                .as_ref()
                .or(args.open_pos.as_ref().filter(|_| positional.contains(name)));
            let default = || {
                func.defaults
                    .iter()
                    .find(|(known, _)| &**known == *name)
                    .map(|(_, value)| value.clone())
            };
            let value = match (given, open) {
                (Some(at), _) => kw.remove(at).1,
                (None, Some(text)) => Value::Unknown(text.clone()),
                (None, None) => default().unwrap_or_else(|| Value::unknown(*name)),
            };
            bound.push((Rc::from(*name), value));
        }
        if let Some(kwarg) = &parameters.kwarg {
            let mut object = DictObj {
                unknown: args.open_kw.clone(),
                ..DictObj::default()
            };
            for (name, value) in kw.drain(..) {
                object
                    .entries
                    .insert(DictKey::Str(name.clone()), (Value::Str(name), value));
            }
            let dict = self.heap.new_dict(object);
            bound.push((Rc::from(kwarg.name.as_str()), Value::Dict(dict)));
        }
        for (name, value) in bound {
            self.heap.set_var(locals, &name, value);
        }
        kw.is_empty()
    }
}
