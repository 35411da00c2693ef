//! Statements.

use std::rc::Rc;

use ruff_python_ast::{Decorator, Parameters, Stmt, StmtFunctionDef};

use super::machine::{Flow, Interp};
use crate::heap::{Binding, Body, FuncObj};
use crate::value::{Args, Value};

impl<'a> Interp<'a> {
    /// Runs statements until one of them leaves the block.
    pub(crate) fn exec_block(&mut self, body: &'a [Stmt]) -> Flow {
        for stmt in body {
            if !self.step() {
                return Flow::Exit;
            }
            let flow = self.exec(stmt);
            if self.exiting {
                return Flow::Exit;
            }
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    fn exec(&mut self, stmt: &'a Stmt) -> Flow {
        match stmt {
            Stmt::Expr(stmt) => {
                self.eval(&stmt.value);
            }
            Stmt::Assign(stmt) => {
                let value = self.eval(&stmt.value);
                for target in &stmt.targets {
                    self.assign(target, value.clone());
                }
            }
            Stmt::AnnAssign(stmt) => {
                if let Some(value) = &stmt.value {
                    let value = self.eval(value);
                    self.assign(&stmt.target, value);
                }
            }
            Stmt::AugAssign(stmt) => self.augmented(stmt),
            Stmt::FunctionDef(stmt) => self.define_function(stmt),
            Stmt::ClassDef(stmt) => self.define_class(stmt),
            Stmt::Return(stmt) => {
                let value = stmt
                    .value
                    .as_ref()
                    .map_or(Value::None, |value| self.eval(value));
                return Flow::Return(value);
            }
            Stmt::If(stmt) => return self.exec_if(stmt),
            Stmt::For(stmt) => return self.exec_for(stmt),
            Stmt::While(stmt) => return self.exec_while(stmt),
            Stmt::Try(stmt) => return self.exec_try(stmt),
            Stmt::With(stmt) => {
                for item in &stmt.items {
                    let value = self.eval(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.assign(target, value);
                    }
                }
                return self.exec_block(&stmt.body);
            }
            Stmt::Match(stmt) => return self.exec_match(stmt),
            Stmt::Import(stmt) => self.import(stmt),
            Stmt::ImportFrom(stmt) => self.import_from(stmt),
            Stmt::Global(stmt) => {
                let names: Vec<Rc<str>> = stmt
                    .names
                    .iter()
                    .map(|name| Rc::from(name.as_str()))
                    .collect();
                self.frame().global_names.extend(names);
            }
            Stmt::Delete(stmt) => {
                for target in &stmt.targets {
                    self.delete(target);
                }
            }
            Stmt::Assert(stmt) => {
                self.eval(&stmt.test);
            }
            Stmt::Raise(_) => return Flow::Exit,
            Stmt::Break(_) => return Flow::Break,
            Stmt::Continue(_) => return Flow::Continue,
            Stmt::Pass(_) | Stmt::TypeAlias(_) | Stmt::Nonlocal(_) | Stmt::IpyEscapeCommand(_) => {}
        }
        Flow::Next
    }

    fn define_function(&mut self, stmt: &'a StmtFunctionDef) {
        let name: Rc<str> = Rc::from(stmt.name.as_str());
        let func = self.make_function(
            name.clone(),
            Some(&stmt.parameters),
            Body::Block(&stmt.body),
        );
        let value = self.decorate(func, &stmt.decorator_list);
        let locals = self.here().locals;
        self.bind(locals, &name, value);
    }

    /// A function value closed over the running scope.
    pub(crate) fn make_function(
        &mut self,
        name: Rc<str>,
        parameters: Option<&'a Parameters>,
        body: Body<'a>,
    ) -> FuncObj<'a> {
        let mut defaults = Vec::new();
        if let Some(parameters) = parameters {
            for parameter in parameters.iter_non_variadic_params() {
                if let Some(default) = &parameter.default {
                    defaults.push((Rc::from(parameter.name().as_str()), self.eval(default)));
                }
            }
        }
        let frame = self.here();
        let mut scope = frame.locals;
        while self.heap.spaces[scope.0].is_class {
            scope = self.heap.spaces[scope.0].parent.unwrap_or(frame.globals);
        }
        FuncObj {
            name,
            parameters,
            body,
            defaults,
            scope,
            globals: frame.globals,
            module: frame.module,
            binding: Binding::Plain,
            class: None,
            calls: 0,
        }
    }

    fn decorate(&mut self, mut func: FuncObj<'a>, decorators: &'a [Decorator]) -> Value {
        let mut wrappers = Vec::new();
        for decorator in decorators.iter().rev() {
            let value = self.eval(&decorator.expression);
            match value.extern_name() {
                Some("builtins.staticmethod" | "abc.abstractstaticmethod") => {
                    func.binding = Binding::Static;
                }
                Some("builtins.classmethod" | "abc.abstractclassmethod") => {
                    func.binding = Binding::Class;
                }
                Some("builtins.property" | "functools.cached_property") => {
                    func.binding = Binding::Property;
                }
                _ => wrappers.push(value),
            }
        }
        let mut result = Value::Func(self.heap.new_func(func));
        for wrapper in wrappers {
            result = self.wrap(&wrapper, result);
        }
        result
    }

    /// Applies a decorator. One from out of reach is taken to keep the function's behaviour.
    fn wrap(&mut self, wrapper: &Value, inner: Value) -> Value {
        let renames = match wrapper {
            Value::Partial(partial) if partial.func.extern_name() == Some("functools.wraps") => {
                partial.pos.first()
            }
            _ => None,
        };
        if let (Some(original), Value::Func(id)) = (renames, &inner) {
            if let Some(name) = crate::model::literal::callable_name(&self.heap, original) {
                self.heap.funcs[id.0].name = Rc::from(name);
            }
            return inner;
        }
        if !matches!(wrapper, Value::Func(_) | Value::Bound(_)) {
            return inner;
        }
        let result = self.call(wrapper, Args::positional(vec![inner.clone()]));
        if matches!(result, Value::Func(_) | Value::Bound(_) | Value::Partial(_)) {
            result
        } else {
            inner
        }
    }
}
