"""Runyard in a script: parameters, metrics, experiments. Standard library only.

Every name is imported when it is first used, so that ``import runyard`` costs a training script next to nothing.
"""

from typing import TYPE_CHECKING, Any, List

__version__ = "0.1.0"

# Which module has which names; `__all__` and the lazy import below follow from it.
_MODULES = {
    "_config": ("Config",),
    "_errors": ("RunyardError",),
    "_log_reader": ("LogReader",),
    "_logger": ("Logger",),
    "_merge": ("merge", "sweep"),
    "_registry": ("build", "register"),
    "_tensor": ("Tensor",),
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["__version__", *_PLACES]  # noqa: PLE0604

if TYPE_CHECKING:
    from ._config import Config as Config
    from ._errors import RunyardError as RunyardError
    from ._log_reader import LogReader as LogReader
    from ._logger import Logger as Logger
    from ._merge import merge as merge
    from ._merge import sweep as sweep
    from ._registry import build as build
    from ._registry import register as register
    from ._tensor import Tensor as Tensor


def __getattr__(name: str) -> Any:
    module = _PLACES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module("." + module, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted([*globals(), *_PLACES])
