//! Imports: modules whose source can be read are run, all others are outside.

use std::rc::Rc;

use ruff_python_ast::{StmtImport, StmtImportFrom};

use super::machine::Interp;
use crate::source::SourceModule;
use crate::value::{ModuleId, Value};

/// More modules than this are not followed.
const MAX_MODULES: usize = 150;

/// Modules of the standard library that scripts import; they are never looked for beside the script.
const STANDARD: &[&str] = &[
    "__future__",
    "abc",
    "argparse",
    "ast",
    "asyncio",
    "base64",
    "bisect",
    "builtins",
    "bz2",
    "collections",
    "concurrent",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "dis",
    "email",
    "enum",
    "errno",
    "fnmatch",
    "fractions",
    "functools",
    "gc",
    "getopt",
    "getpass",
    "glob",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "importlib",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "locale",
    "logging",
    "lzma",
    "math",
    "mimetypes",
    "multiprocessing",
    "numbers",
    "operator",
    "optparse",
    "os",
    "pathlib",
    "pdb",
    "pickle",
    "pkgutil",
    "platform",
    "pprint",
    "queue",
    "random",
    "re",
    "sched",
    "secrets",
    "select",
    "shelve",
    "shlex",
    "shutil",
    "signal",
    "site",
    "socket",
    "sqlite3",
    "ssl",
    "stat",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sys",
    "sysconfig",
    "tarfile",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "token",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "unittest",
    "urllib",
    "uuid",
    "warnings",
    "weakref",
    "xml",
    "zipfile",
    "zlib",
];

/// True for a module of the standard library, by the first part of its name.
pub(crate) fn is_standard(module: &str) -> bool {
    let first = module.split('.').next().unwrap_or(module);
    STANDARD.binary_search(&first).is_ok()
}

impl Interp<'_> {
    pub(crate) fn import(&mut self, stmt: &StmtImport) {
        for alias in &stmt.names {
            let dotted = alias.name.as_str();
            self.note_import(dotted);
            let whole = self.module(dotted);
            let locals = self.here().locals;
            if let Some(name) = &alias.asname {
                let value =
                    whole.map_or_else(|| super::stdlib::extern_value(dotted), Value::Module);
                self.bind(locals, &Rc::from(name.as_str()), value);
            } else {
                let first = dotted.split('.').next().unwrap_or(dotted);
                let value = self
                    .module(first)
                    .map_or_else(|| super::stdlib::extern_value(first), Value::Module);
                self.bind(locals, &Rc::from(first), value);
            }
        }
    }

    pub(crate) fn import_from(&mut self, stmt: &StmtImportFrom) {
        let module = stmt.module.as_ref().map_or("", |module| module.as_str());
        let Some(dotted) = self.absolute(module, stmt.level) else {
            return;
        };
        if stmt.level == 0 {
            self.note_import(&dotted);
        }
        let source = self.module(&dotted);
        let locals = self.here().locals;
        for alias in &stmt.names {
            let name = alias.name.as_str();
            if name == "*" {
                self.import_star(source, &dotted);
                continue;
            }
            let value = match source {
                Some(id) => self
                    .get_attr(&Value::Module(id), name)
                    .unwrap_or_else(|| Value::unknown(name)),
                None => super::stdlib::extern_value(&format!("{dotted}.{name}")),
            };
            let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
            self.bind(locals, &Rc::from(bound), value);
        }
    }

    fn import_star(&mut self, source: Option<ModuleId>, dotted: &str) {
        let locals = self.here().locals;
        let names: Vec<(Rc<str>, Value)> = match source {
            Some(id) => self.heap.spaces[self.modules[id.0].globals.0]
                .vars
                .iter()
                .filter(|(name, _)| !name.starts_with('_'))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            None => super::stdlib::star_names(dotted),
        };
        for (name, value) in names {
            self.bind(locals, &name, value);
        }
    }

    fn note_import(&mut self, dotted: &str) {
        let first = dotted.split('.').next().unwrap_or(dotted);
        if !self.imports.iter().any(|known| known == first) {
            self.imports.push(first.to_owned());
        }
    }

    /// The full name of a module imported from the running one; `None` above the top package.
    fn absolute(&self, module: &str, level: u32) -> Option<String> {
        if level == 0 {
            return Some(module.to_owned());
        }
        let running = &self.modules[self.here().module.0];
        let mut package: Vec<&str> = running.name.split('.').collect();
        let up = if running.is_package { level - 1 } else { level };
        for _ in 0..up {
            package.pop()?;
        }
        if !module.is_empty() {
            package.push(module);
        }
        Some(package.join("."))
    }

    /// A module by its full name, run on first use; `None` if its source is out of reach.
    fn module(&mut self, dotted: &str) -> Option<ModuleId> {
        if dotted.is_empty() || is_standard(dotted) {
            return None;
        }
        if let Some(found) = self
            .modules
            .iter()
            .position(|module| &*module.name == dotted)
        {
            return Some(ModuleId(found));
        }
        if self.modules.len() >= MAX_MODULES || self.fuel == 0 {
            return None;
        }
        // A package's own file runs before its modules.
        let parent = dotted
            .rsplit_once('.')
            .and_then(|(parent, _)| self.module(parent));
        let path = dotted.replace('.', "/");
        let (text, is_package) = match self.sources.read(&format!("{path}/__init__.py")) {
            Some(text) => (text, true),
            None => (self.sources.read(&format!("{path}.py"))?, false),
        };
        let source = self.library.add(SourceModule::parse(&text).ok()?);
        let exiting = self.exiting;
        let id = self.run_module(source, dotted, is_package);
        self.exiting = exiting;
        if let (Some(parent), Some((_, last))) = (parent, dotted.rsplit_once('.')) {
            let globals = self.modules[parent.0].globals;
            self.heap
                .set_var(globals, &Rc::from(last), Value::Module(id));
        }
        Some(id)
    }

    /// `package.name` where `name` is a module inside that was not imported yet.
    pub(crate) fn submodule(&mut self, package: ModuleId, name: &str) -> Option<Value> {
        let record = &self.modules[package.0];
        if !record.is_package {
            return None;
        }
        let dotted = format!("{}.{name}", record.name);
        self.module(&dotted).map(Value::Module)
    }
}
