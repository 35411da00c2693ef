//! Imports: modules whose source can be read are run, all others are outside.

use std::rc::Rc;

use ruff_python_ast::{StmtImport, StmtImportFrom};

use super::machine::{Interp, ModuleRec};
use crate::source::SourceModule;
use crate::value::{Import, ModuleId, Value};

/// More modules than this are not followed.
const MAX_MODULES: usize = 100;

/// More source text than this is not followed (bytes, all modules together).
const MAX_IMPORTED_BYTES: usize = 1_500_000;

/// Steps that the statements of one imported module may take.
const MODULE_FUEL: u32 = 30_000;

/// Folders that a script may add to `sys.path`.
const MAX_SEARCH_FOLDERS: usize = 12;

/// Imports that lead to each other, one inside the other.
const MAX_FOLLOWING: u32 = 40;

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
    "gettext",
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

impl<'a> Interp<'a> {
    pub(crate) fn import(&mut self, stmt: &StmtImport) {
        for alias in &stmt.names {
            let dotted = alias.name.as_str();
            let first = dotted.split('.').next().unwrap_or(dotted);
            let (bound, import) = match &alias.asname {
                Some(name) => (name.as_str(), Import::Module(dotted.to_owned())),
                None => (first, Import::Top(dotted.to_owned())),
            };
            self.bind_import(bound, import);
        }
    }

    pub(crate) fn import_from(&mut self, stmt: &StmtImportFrom) {
        let module = stmt.module.as_ref().map_or("", |module| module.as_str());
        let Some(dotted) = self.absolute(module, stmt.level) else {
            return;
        };
        for alias in &stmt.names {
            let name = alias.name.as_str();
            if name == "*" {
                let source = self.module(&dotted);
                self.import_star(source, &dotted);
                continue;
            }
            let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
            self.bind_import(bound, Import::Name(dotted.clone(), name.to_owned()));
        }
    }

    /// Binds an import. Only modules that may be in reach wait for their first use: most are never needed
    /// for the command line, and running them would take the steps that the script itself needs.
    fn bind_import(&mut self, bound: &str, import: Import) {
        let (Import::Module(dotted) | Import::Top(dotted) | Import::Name(dotted, _)) = &import;
        let standard = is_standard(dotted);
        let value = Value::Import(Rc::new(import));
        let value = if standard {
            self.followed(value)
        } else {
            value
        };
        let locals = self.here().locals;
        self.bind(locals, &Rc::from(bound), value);
    }

    /// The value of an import, which is followed now; any other value as it is.
    pub(crate) fn followed(&mut self, value: Value) -> Value {
        let Value::Import(import) = &value else {
            return value;
        };
        if self.following >= MAX_FOLLOWING {
            return Value::unknown("…");
        }
        self.following += 1;
        let followed = self.follow(import);
        self.following -= 1;
        followed
    }

    fn follow(&mut self, import: &Import) -> Value {
        let outside = |dotted: &str| super::stdlib::extern_value(dotted);
        match import {
            Import::Module(dotted) => self
                .module(dotted)
                .map_or_else(|| outside(dotted), Value::Module),
            Import::Top(dotted) => {
                let first = dotted.split('.').next().unwrap_or(dotted);
                let whole = self.module(dotted);
                let top = self.module(first);
                match (top, whole) {
                    (Some(top), _) => Value::Module(top),
                    (None, Some(_)) => self.namespace_package(dotted),
                    (None, None) => outside(first),
                }
            }
            Import::Name(dotted, name) => {
                let whole = format!("{dotted}.{name}");
                match self.module(dotted) {
                    Some(id) => {
                        let there = self.heap.var(self.modules[id.0].globals, name);
                        // `from . import name` in a package's own file stands for the module inside.
                        let itself =
                            matches!(there, Some(Value::Import(other)) if **other == *import);
                        let found = if itself {
                            self.submodule(id, name)
                        } else {
                            self.get_attr(&Value::Module(id), name)
                        };
                        found.unwrap_or_else(|| Value::unknown(name))
                    }
                    None => self
                        .module(&whole)
                        .map_or_else(|| outside(&whole), Value::Module),
                }
            }
        }
    }

    /// The top of a package whose folders have no `__init__.py`: modules that hold nothing but each other.
    fn namespace_package(&mut self, dotted: &str) -> Value {
        let mut inner = self.module(dotted);
        let mut name = dotted;
        while let Some((parent, last)) = name.rsplit_once('.') {
            let id = self.module(parent).unwrap_or_else(|| {
                let globals = self.heap.new_space(None, false);
                let source = self.here().source;
                let name = Rc::from(parent);
                let is_package = true;
                self.modules.push(ModuleRec {
                    source,
                    globals,
                    name,
                    is_package,
                });
                ModuleId(self.modules.len() - 1)
            });
            if let Some(inner) = inner {
                let globals = self.modules[id.0].globals;
                self.heap
                    .set_var(globals, &Rc::from(last), Value::Module(inner));
            }
            inner = Some(id);
            name = parent;
        }
        inner.map_or_else(|| Value::unknown(dotted), Value::Module)
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
        let enough = self.modules.len() >= MAX_MODULES
            || self.imported_bytes >= MAX_IMPORTED_BYTES
            || self.fuel == 0;
        if enough || self.missing.contains(dotted) {
            return None;
        }
        // A package's own file runs before its modules.
        let parent = dotted
            .rsplit_once('.')
            .and_then(|(parent, _)| self.module(parent));
        let found = self.source_of(dotted).and_then(|(text, path, is_package)| {
            self.imported_bytes += text.len();
            let source = SourceModule::parse(&text).ok()?;
            Some((source, path, is_package))
        });
        let Some((source, path, is_package)) = found else {
            self.missing.insert(dotted.to_owned());
            return None;
        };
        let source = self.library.add(source);
        let id = self.run_import(source, dotted, &path, is_package);
        if let (Some(parent), Some((_, last))) = (parent, dotted.rsplit_once('.')) {
            let globals = self.modules[parent.0].globals;
            self.heap
                .set_var(globals, &Rc::from(last), Value::Module(id));
        }
        Some(id)
    }

    /// A module's text, its path, and whether it is a package.
    fn source_of(&self, dotted: &str) -> Option<(String, String, bool)> {
        let module = dotted.replace('.', "/");
        for folder in &self.search_path {
            for (tail, is_package) in [("/__init__.py", true), (".py", false)] {
                let path = super::here::joined(folder, &format!("{module}{tail}"));
                if let Some(text) = self.sources.read(&path) {
                    return Some((text, path, is_package));
                }
            }
        }
        None
    }

    /// `sys.path.append(folder)` and `.insert(0, folder)`; folders whose place is not known are left out.
    pub(crate) fn add_search_folder(&mut self, folder: &Value, first: bool) {
        let folder = match folder {
            Value::Here(here) => here.path.to_string(),
            Value::Str(path) | Value::Path(path) if !path.starts_with('/') => {
                super::here::joined(".", path)
            }
            _ => return,
        };
        if self.search_path.contains(&folder) || self.search_path.len() >= MAX_SEARCH_FOLDERS {
            return;
        }
        let at = if first { 0 } else { self.search_path.len() };
        self.search_path.insert(at, folder);
        self.missing.clear();
    }

    /// Runs an imported module on its own: free of the conditions of the importing place, and with a share of
    /// the steps that are left.
    fn run_import(
        &mut self,
        source: &'a SourceModule,
        dotted: &str,
        path: &str,
        is_package: bool,
    ) -> ModuleId {
        let exiting = self.exiting;
        let conditions = std::mem::take(&mut self.conditions);
        let before = self.fuel;
        let share = (before / 2).min(MODULE_FUEL);
        self.fuel = share;
        let id = self.run_module(source, dotted, path, is_package);
        self.fuel = before - (share - self.fuel.min(share));
        self.conditions = conditions;
        self.exiting = exiting;
        id
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
