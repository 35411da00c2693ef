"""Runyard in a script: parameters, metrics, experiments. Standard library only.

Every name is imported when it is first used, so that ``import runyard`` costs a training script next to nothing.
"""

from __future__ import annotations

# Type checkers take this for true; `typing` itself would be most of what this module costs.
TYPE_CHECKING = False

__version__ = "0.1.0"

# Which module has which names; `__all__` and the lazy import below follow from it.
_MODULES = {
    "_config": ("Config",),
    "_engine": ("load_config",),
    "_errors": ("EngineError", "EngineMissing", "ExperimentError", "RunyardError"),
    "_executors": (
        "Executor",
        "ExecutorName",
        "ForkExecutor",
        "InlineExecutor",
        "SubprocessExecutor",
        "fork",
        "get_executor",
        "inline",
        "subprocess",
    ),
    "_exp": ("Experiment", "ExperimentStatus", "load_experiment"),
    "_experiment": ("ExperimentFailed", "ExperimentFunction", "ExperimentInterrupted", "experiment"),
    "_log_reader": ("LogReader",),
    "_logger": ("Logger",),
    "_merge": ("merge", "sweep"),
    "_registry": ("build", "register"),
    "_results": ("Result",),
    "_script": (
        "add_monitor",
        "artifact_dir",
        "flush",
        "get_run_index",
        "get_task_dir",
        "load",
        "read",
        "record",
        "run_dir",
        "track",
        "track_many",
    ),
    "_tensor": ("Tensor",),
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["__version__", *_PLACES]  # noqa: PLE0604

if TYPE_CHECKING:
    from typing import Any, List

    from ._config import Config as Config
    from ._engine import load_config as load_config
    from ._errors import EngineError as EngineError
    from ._errors import EngineMissing as EngineMissing
    from ._errors import ExperimentError as ExperimentError
    from ._errors import RunyardError as RunyardError
    from ._executors import Executor as Executor
    from ._executors import ExecutorName as ExecutorName
    from ._executors import ForkExecutor as ForkExecutor
    from ._executors import InlineExecutor as InlineExecutor
    from ._executors import SubprocessExecutor as SubprocessExecutor
    from ._executors import fork as fork
    from ._executors import get_executor as get_executor
    from ._executors import inline as inline
    from ._executors import subprocess as subprocess
    from ._exp import Experiment as Experiment
    from ._exp import ExperimentStatus as ExperimentStatus
    from ._exp import load_experiment as load_experiment
    from ._experiment import ExperimentFailed as ExperimentFailed
    from ._experiment import ExperimentFunction as ExperimentFunction
    from ._experiment import ExperimentInterrupted as ExperimentInterrupted
    from ._experiment import experiment as experiment
    from ._log_reader import LogReader as LogReader
    from ._logger import Logger as Logger
    from ._merge import merge as merge
    from ._merge import sweep as sweep
    from ._registry import build as build
    from ._registry import register as register
    from ._results import Result as Result
    from ._script import add_monitor as add_monitor
    from ._script import artifact_dir as artifact_dir
    from ._script import flush as flush
    from ._script import get_run_index as get_run_index
    from ._script import get_task_dir as get_task_dir
    from ._script import load as load
    from ._script import read as read
    from ._script import record as record
    from ._script import run_dir as run_dir
    from ._script import track as track
    from ._script import track_many as track_many
    from ._tensor import Tensor as Tensor


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "viewer":
        # `runyard.viewer.run(...)` is written without importing it, as pyexp's.
        return import_module(".viewer", __name__)
    module = _PLACES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module("." + module, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted([*globals(), *_PLACES])
