"""What the package shows of itself, and what importing it costs."""

import ast
import doctest
import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, List

import pytest

import runyard

PACKAGE = Path(runyard.__file__).parent


def test_every_public_name_can_be_imported_and_no_other_is_promised() -> None:
    for name in runyard.__all__:
        assert getattr(runyard, name) is not None
    scope: "dict[str, Any]" = {}
    exec("from runyard import *", scope)  # noqa: S102
    assert set(runyard.__all__) <= set(scope) and set(runyard.__all__) <= set(dir(runyard))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        runyard.nothing  # noqa: B018


def test_every_listed_name_stands_in_its_module() -> None:
    for module, names in runyard._MODULES.items():
        for name in names:
            assert getattr(runyard, name).__module__ in {f"runyard.{module}", "builtins"}, name


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        (node.module, alias.asname)
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }
    assert seen == {(module, name) for module, names in runyard._MODULES.items() for name in names}


def test_every_public_name_and_method_has_a_docstring() -> None:
    missing: List[str] = []
    for name in runyard.__all__:
        value = getattr(runyard, name)
        if not (inspect.isclass(value) or callable(value)):
            continue
        if not inspect.getdoc(value):
            missing.append(name)
        if inspect.isclass(value) and value.__module__.startswith("runyard."):
            for member, function in vars(value).items():
                public = not member.startswith("_") and (inspect.isfunction(function) or isinstance(function, property))
                if public and not inspect.getdoc(function):
                    missing.append(f"{name}.{member}")
    assert missing == []


def test_files_of_the_package_are_short() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize("module", ["_script", "_exp", "_config", "_logger", "_merge", "_tensor", "_values", "integrations.logging_handler"])
def test_examples_of_docstrings_run(module: str, tmp_path: Path) -> None:
    os.chdir(tmp_path)
    os.environ["RUNYARD_RUN_DIR"] = str(tmp_path)
    scope = {name: getattr(runyard, name) for name in runyard.__all__}
    loaded = importlib.import_module(f"runyard.{module}")
    failed = doctest.testmod(loaded, extraglobs=scope, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert failed.failed == 0


def modules_after(code: str) -> List[str]:
    code = f"import sys; before = set(sys.modules); {code}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); {code}"],
                          capture_output=True, text=True, timeout=60, check=True)  # fmt: skip
    return done.stdout.split()


def test_importing_the_package_imports_nothing_else() -> None:
    assert modules_after("import runyard") in (["runyard"], ["__future__", "runyard"])


HEAVY = {"numpy", "pandas", "torch", "matplotlib", "yaml", "plotly", "PIL", "multiprocessing", "subprocess", "asyncio", "socket",
         "http", "urllib.request", "ssl", "tempfile", "random", "shutil", "inspect", "logging", "unittest", "xml", "email", "sqlite3", "decimal", "fractions", "dataclasses"}  # fmt: skip


def test_recording_imports_nothing_heavy(tmp_path: Path) -> None:
    code = f"import os, runyard; os.environ['RUNYARD_RUN_DIR'] = {str(tmp_path)!r}; runyard.track('loss', 0.5); runyard.record(a=1)"
    assert HEAVY.isdisjoint(modules_after(code)), HEAVY.intersection(modules_after(code))


def test_an_experiment_of_a_script_imports_nothing_heavy(tmp_path: Path) -> None:
    code = "import runyard; exp = runyard.load_experiment(); exp.upd_row(a=1); exp.save_row()"
    assert HEAVY.isdisjoint(modules_after(code)), HEAVY.intersection(modules_after(code))


def test_nothing_happens_when_the_package_is_imported() -> None:
    code = "import os, threading, runyard; [getattr(runyard, n) for n in runyard.__all__]; assert threading.active_count() == 1"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
