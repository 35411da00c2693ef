//! What a module imports, and whether it reads its values from a config: found in the syntax alone.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged;

/// Packages whose `load()` and `read()` give a script the values of its run.
const CONFIG_PACKAGES: [&str; 2] = ["pyruns", "runyard"];

/// The stack of the reading thread; only what is touched is used.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// What the syntax of a module says. Code that cannot be parsed says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The absolute imports at any depth, dotted: `a.b` for `import a.b`, `a.b` and `a.b.c` for `from a.b import c`.
    pub imports: BTreeSet<String>,
    /// The names of relative imports with their level: `(1, "b")` for `from . import b` and for `from .b import c`.
    pub relative: BTreeSet<(u32, String)>,
    /// The first call of `pyruns.load()`, `pyruns.read()` or their twins in `runyard`.
    pub config_call: Option<ConfigCall>,
}

/// A call that gives a script the values of its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigCall {
    /// As it is written in documents: `pyruns.load`.
    pub function: String,
    /// The file it names, if it does so literally.
    pub path: Option<String>,
    /// From 1.
    pub line: u32,
}

/// Reads the syntax of a module.
pub fn outline(source: &str) -> Outline {
    // Deeply nested source needs a deep stack, here and when the syntax tree is dropped.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        match thread.spawn_scoped(scope, || outline_here(source)) {
            Ok(handle) => handle.join().unwrap_or_default(),
            Err(_) => outline_here(source),
        }
    })
}

fn outline_here(source: &str) -> Outline {
    let Ok(parsed) = parse_module(source) else {
        return Outline::default();
    };
    let body = &parsed.syntax().body;
    let mut imports = Imports::default();
    imports.visit_body(body);
    let mut calls = Calls {
        source,
        packages: &imports.packages,
        functions: &imports.functions,
        found: None,
    };
    calls.visit_body(body);
    Outline {
        config_call: calls.found,
        imports: imports.absolute,
        relative: imports.relative,
    }
}

#[derive(Default)]
struct Imports {
    absolute: BTreeSet<String>,
    relative: BTreeSet<(u32, String)>,
    /// The names under which a config package is known, with the package.
    packages: Vec<(String, &'static str)>,
    /// The names under which its functions are known, with their whole name.
    functions: Vec<(String, String)>,
}

impl<'a> Visitor<'a> for Imports {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.name.as_str();
                    let known = alias.asname.as_ref().map_or(name, |name| name.as_str());
                    self.absolute.insert(name.to_owned());
                    self.packages
                        .extend(package(name).map(|package| (known.to_owned(), package)));
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |name| name.as_str());
                if import.level == 0 {
                    self.absolute.insert(module.to_owned());
                } else if !module.is_empty() {
                    self.relative.insert((import.level, module.to_owned()));
                }
                for alias in &import.names {
                    let name = alias.name.as_str();
                    if import.level > 0 {
                        let inside = if module.is_empty() {
                            name.to_owned()
                        } else {
                            format!("{module}.{name}")
                        };
                        self.relative.insert((import.level, inside));
                        continue;
                    }
                    self.absolute.insert(format!("{module}.{name}"));
                    if let (Some(package), "load" | "read") = (package(module), name) {
                        let known = alias.asname.as_ref().map_or(name, |name| name.as_str());
                        self.functions
                            .push((known.to_owned(), format!("{package}.{name}")));
                    }
                }
            }
            _ => walk_stmt(self, statement),
        }
    }
}

fn package(name: &str) -> Option<&'static str> {
    CONFIG_PACKAGES.into_iter().find(|known| *known == name)
}

struct Calls<'s> {
    source: &'s str,
    packages: &'s [(String, &'static str)],
    functions: &'s [(String, String)],
    found: Option<ConfigCall>,
}

impl<'a> Visitor<'a> for Calls<'_> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let (None, Expr::Call(call)) = (&self.found, expression) {
            self.found = self.function(call).map(|function| ConfigCall {
                path: literal_path(call, &function),
                function,
                line: self.line(call),
            });
        }
        walk_expr(self, expression);
    }
}

impl Calls<'_> {
    fn function(&self, call: &ExprCall) -> Option<String> {
        match &*call.func {
            Expr::Name(name) => self
                .functions
                .iter()
                .find(|(known, _)| known == name.id.as_str())
                .map(|(_, function)| function.clone()),
            Expr::Attribute(attribute) => {
                let Expr::Name(of) = &*attribute.value else {
                    return None;
                };
                let name = attribute.attr.as_str();
                let known = |(known, _): &&(String, &str)| known == of.id.as_str();
                let (_, package) = self.packages.iter().find(known)?;
                matches!(name, "load" | "read").then(|| format!("{package}.{name}"))
            }
            _ => None,
        }
    }

    fn line(&self, call: &ExprCall) -> u32 {
        let start = usize::from(call.range().start()).min(self.source.len());
        let before = self.source.get(..start).unwrap_or_default();
        u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
    }
}

fn literal_path(call: &ExprCall, function: &str) -> Option<String> {
    match call.arguments.args.first() {
        Some(Expr::StringLiteral(text)) if function.ends_with("read") => {
            Some(text.value.to_str().to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(source: &str) -> Option<String> {
        outline(source)
            .config_call
            .map(|call| format!("{} {:?} line {}", call.function, call.path, call.line))
    }

    #[test]
    fn a_call_is_found_under_every_name_it_can_have() {
        for (source, expected) in [
            (
                "import pyruns\nc = pyruns.load()\n",
                Some("pyruns.load None line 2"),
            ),
            (
                "import pyruns as pr\nif 1:\n    c = pr.load().lr\n",
                Some("pyruns.load None line 3"),
            ),
            (
                "from runyard import load as l\nl()\n",
                Some("runyard.load None line 2"),
            ),
            (
                "def f():\n    import runyard\n    runyard.read('a.yaml')\n",
                Some("runyard.read Some(\"a.yaml\") line 3"),
            ),
            ("import pyruns\npyruns.add_monitor()\n", None),
            ("import json\njson.load(f)\n", None),
            ("def load(): pass\nload()\n", None),
            ("import pyruns\npyruns.load(\n", None),
        ] {
            assert_eq!(call(source).as_deref(), expected, "{source}");
        }
    }

    #[test]
    fn imports_are_found_at_any_depth() {
        let found = outline(
            "import a.b\ndef f():\n    from c.d import e\n    from . import g\n    from ..h import i\n",
        );
        let absolute: Vec<&str> = found.imports.iter().map(String::as_str).collect();
        assert_eq!(absolute, ["a.b", "c.d", "c.d.e"]);
        let relative: Vec<(u32, &str)> = found
            .relative
            .iter()
            .map(|(level, name)| (*level, name.as_str()))
            .collect();
        assert_eq!(relative, [(1, "g"), (2, "h"), (2, "h.i")]);
    }
}
