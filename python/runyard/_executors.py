"""What carries out the calls of an experiment.

| name | how | parallel |
|---|---|---|
| ``subprocess`` | a new interpreter for each call | yes |
| ``fork`` | forks of an interpreter that has imported what the script imports | yes |
| ``inline`` | in the calling program itself, for debugging | no |

A class of one's own is an `Executor` with a ``run``.
"""

import os
import sys
from enum import Enum
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

from ._config import Config
from ._errors import ExperimentError


class ExecutorName(str, Enum):
    """The names that `get_executor` knows; each equals its text: ``ExecutorName.FORK == "fork"``."""

    INLINE = "inline"
    SUBPROCESS = "subprocess"
    FORK = "fork"


inline = ExecutorName.INLINE
subprocess = ExecutorName.SUBPROCESS
fork = ExecutorName.FORK


class Executor:
    """A way to carry out calls, inside the calling program; subclass it and define `run`.

    Each call still is a task with its place in the queue, its folder, log and state like any other. One runs at a time
    unless `jobs` says more; then they run in threads. What they print goes into the run's log when one runs at a time, else
    to where the program prints.

    >>> class Twice(Executor):
    ...     def run(self, fn, config, result_path):
    ...         fn(config)
    ...         return fn(config)
    """

    def run(self, fn: Callable[[Config], Any], config: Config, result_path: Path) -> Any:
        """Carries out one call; an exception is its failure.

        Args:
            fn: the function of the experiment.
            config: its config, with ``out``.
            result_path: where the result is kept. What is returned is written there; who writes it himself (pickled, as
                it is) returns None.
        """
        raise NotImplementedError(f"`{type(self).__name__}` does not define run(fn, config, result_path)")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class InlineExecutor(Executor):
    """Calls in the main thread of the calling program, one after the other.

    What is printed, also by C code, goes into the run's log; with ``-s`` to the terminal, so that ``breakpoint()`` can be
    used. Exceptions and ``sys.exit`` are results and do not end the program; a crash of the interpreter does.
    """

    def run(self, fn: Callable[[Config], Any], config: Config, result_path: Path) -> Any:
        return fn(config)


class SubprocessExecutor(Executor):
    """A new interpreter for each call, in which the script's modules are imported anew."""

    def run(self, fn: Callable[[Config], Any], config: Config, result_path: Path) -> Any:
        raise ExperimentError("the calls of `subprocess` are started by the engine", "use it as executor=…")

    def settings(self) -> Dict[str, Any]:
        """What the engine is told."""
        return {"kind": "subprocess"}


class ForkExecutor(SubprocessExecutor):
    """Forks of an interpreter that has imported modules already: for many short calls with heavy imports.

    Args:
        modules: what it imports first; None for what the script itself imports without a condition.
    """

    def __init__(self, modules: Optional[Sequence[str]] = None) -> None:
        if isinstance(modules, str):
            raise TypeError("modules is a list of names: write [%r]" % modules)
        self.modules = None if modules is None else list(modules)

    def settings(self) -> Dict[str, Any]:
        modules = self.modules
        if modules is None:
            modules = imported_by(getattr(sys.modules.get("__main__"), "__file__", None))
        return {"kind": "fork", "modules": ["_preload", *modules]}

    def __repr__(self) -> str:
        return f"ForkExecutor(modules={self.modules!r})"


def get_executor(executor: Union[str, Executor]) -> Executor:
    """The executor of a name; an instance is returned as it is.

    Raises:
        ValueError: there is no such name.
        TypeError: it is neither a name nor an executor.

    >>> get_executor("fork")
    ForkExecutor(modules=None)
    """
    if isinstance(executor, Executor):
        return executor
    if isinstance(executor, type) and issubclass(executor, Executor):
        raise TypeError(f"an executor is an instance: write {executor.__name__}()")
    if not isinstance(executor, str):
        raise TypeError(f"an executor is a name or an Executor, not a `{type(executor).__name__}`")
    if executor == "ray" or executor.startswith(("ray:", "ray://")):
        raise ExperimentError(f"the executor `{executor}` is not there yet", "use subprocess, fork or inline")
    if executor == inline:
        return InlineExecutor()
    if executor == subprocess:
        return SubprocessExecutor()
    if executor == fork:
        return ForkExecutor()
    raise ValueError(f"there is no executor `{executor}`: there are {', '.join(name.value for name in ExecutorName)}, and instances of Executor")


def imported_by(script: Optional[str]) -> List[str]:
    """The modules that a script imports at its top without a condition, as far as this program has imported them, too."""
    if script is None:
        return []
    import ast

    try:
        with open(script, "rb") as file:
            body = ast.parse(file.read()).body
    except (OSError, SyntaxError, ValueError):
        return []
    names: List[str] = []
    for statement in body:
        if isinstance(statement, ast.Import):
            names += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            names.append(statement.module)
            # `from package import module`; a name that is no module is in `sys.modules` under no such name.
            names += [f"{statement.module}.{alias.name}" for alias in statement.names]
    own = __name__.partition(".")[0]
    wanted = [name for name in names if name in sys.modules and name.partition(".")[0] not in (own, "__future__", "__main__")]
    return list(dict.fromkeys(wanted))


def is_tool(path: str) -> bool:
    """Whether a main program is no script of the caller's but installed: pytest, for instance."""
    real = os.path.realpath(path)
    roots = {os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix)}
    return any(real.startswith(root + os.sep) for root in roots if len(root) > len(os.sep) + 4) or (
        f"{os.sep}site-packages{os.sep}" in real
    )
