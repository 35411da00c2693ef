"""The inside of a task: finds the function that it is to call, calls it, keeps what came of it.

The script is executed under the name ``__mp_main__``, as multiprocessing does, so that what stands under
``if __name__ == "__main__"`` is left out; it is ``__main__`` for whoever asks ``sys.modules``. If that does not define the
experiment, its module is imported, and at last the script is executed as ``__main__``, where its ``run()`` makes the call.
"""

import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from types import CodeType, MappingProxyType, ModuleType
from typing import Any, Callable, Mapping, Optional, Sequence

from . import _environment, _results
from ._config import Config

# What the submission says about the function, as JSON.
FUNCTION = "RUNYARD_FUNCTION"
# The script, for the warm interpreter, which starts before it knows a command.
SCRIPT = "RUNYARD_SCRIPT"
# Folders of this package do not belong into a traceback.
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep

# The task that this process is; None everywhere else.
current: "Optional[Task]" = None


class CallEnded(SystemExit):
    """The call has been made: the rest of the script is not executed."""


class Function:
    """Where the function of an experiment is found.

    Attributes:
        key: module and qualified name of the function; the script's own is ``__main__``.
        file: of its module.
        main: whether the script is to be executed: it is the caller's own, and no tool's like pytest.
        module: name of the script as a module, if it was started by ``python -m``.
        path: where the caller looks for modules.
        batches: timestamps of the batches that the caller has made before, by the key of their experiment.
    """

    def __init__(
        self,
        key: str,
        file: Optional[str] = None,
        main: bool = True,
        module: Optional[str] = None,
        path: Sequence[str] = (),
        batches: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.key, self.file, self.main, self.module = key, file, main, module
        self.path, self.batches = list(path), dict(batches)

    def to_text(self) -> str:
        """As JSON, which `Function(**…)` takes back."""
        return json.dumps(self.__dict__, sort_keys=True)


class Task:
    """The one call of this process.

    Attributes:
        folder: the point's; `run_dir` that of the run.
        code: exit status of the process, once the call has been made.
    """

    def __init__(self, function: Function, run_dir: Path, folder: Path) -> None:
        self.function, self.run_dir, self.folder = function, run_dir, folder
        self.code: Optional[int] = None
        self.is_calling = False

    @classmethod
    def of_environment(cls) -> "Task":
        """The task that the environment describes."""
        return cls(
            Function(**json.loads(os.environ[FUNCTION])),
            Path(os.environ[_environment.RUN_DIR]),
            Path(os.environ[_environment.OUTPUT_DIR]),
        )

    def carry_out(self, script: str) -> int:
        """Finds the function and calls it; the exit status of the process."""
        global current
        import faulthandler

        # A crash in native code says in the log where it was.
        faulthandler.enable()
        _results.clear(self.folder)
        current = self
        if self.function.module is not None and self.function.path:
            # A module that was started by its name has the folder there that it was started from.
            sys.path[0] = self.function.path[0]
        sys.path.extend(entry for entry in self.function.path if entry not in sys.path)
        try:
            self._look(script)
        except BaseException as error:
            if self.code is None:
                self.code = failed(self.folder, error)
        if self.code is None:
            message = f"`{os.path.basename(script)}` has no experiment `{self.function.key.partition(':')[2]}` any more"
            _results.write_error(self.folder, "ExperimentError", message)
            print(message, file=sys.stderr)
            self.code = 1
        return self.code

    def call(self, function: Callable[[Config], Any]) -> None:
        """Calls the function once, and keeps what comes of it."""
        config = Config(json.loads((self.run_dir / "config.json").read_bytes()))
        config["out"] = self.folder
        self.is_calling = True
        self.code = carry_out(self.folder, lambda: function(config))
        self.is_calling = False

    def _look(self, script: str) -> None:
        if self.function.main:
            _execute(script, self.function.module, "__mp_main__")
        self._try()
        module = self.function.key.partition(":")[0]
        if self.code is None and module != "__main__":
            _import(module, self.function.file)
            self._try()
        if self.code is None and self.function.main:
            _execute(script, self.function.module, "__main__")
            self._try()

    def _try(self) -> None:
        from . import _experiment

        experiment = _experiment.find(self.function.key)
        if self.code is None and experiment is not None:
            self.call(experiment.function)


def carry_out(folder: Path, work: Callable[[], Any]) -> int:
    """Does the work and keeps its value or its error in the folder; the exit status that tells which."""
    try:
        value = work()
    except BaseException as error:
        return failed(folder, error)
    try:
        _results.write_result(folder, value)
    except Exception as error:
        kind = type(value).__name__
        message = f"the value that the function returned (a `{kind}`) could not be kept: {error}"
        _results.write_error(folder, type(error).__name__, message, _shown(error))
        print(f"{type(error).__name__}: {message}", file=sys.stderr)
        return 1
    return 0


def failed(folder: Path, error: BaseException) -> int:
    """Keeps and shows an exception that nobody caught; the exit status."""
    code = 1
    message, text = str(error), _shown(error)
    if isinstance(error, SystemExit):
        # The interpreter's own meaning of it. Success is told by a result, so 0 is a failure as well.
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        message = f"the function ended the program with exit status {code}"
        if code == 1 and not isinstance(error.code, int):
            message += f": {error.code}"
        code = code % 256 or 1
    elif isinstance(error, KeyboardInterrupt):
        code, message = 130, message or "it was interrupted"
    _results.write_error(folder, type(error).__name__, message, text)
    try:
        sys.stdout.flush()
        sys.stderr.write(text)
        sys.stderr.flush()
    except Exception:
        # It stands in the file.
        pass
    return code


def _shown(error: BaseException) -> str:
    """The traceback, beginning in the caller's code."""
    import traceback

    trace = error.__traceback__
    while trace is not None and os.path.abspath(trace.tb_frame.f_code.co_filename).startswith(_HERE):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))


def _execute(script: str, name: Optional[str], run_name: str) -> None:
    """Executes the script as a module of that name, in place of the program's own."""
    module = ModuleType(run_name)
    module.__file__ = script
    if name is not None:
        spec = importlib.util.find_spec(name)
        if spec is not None:
            module.__spec__, module.__package__ = spec, spec.parent
    sys.modules["__main__"] = module
    sys.modules[run_name] = module
    try:
        exec(_code(script), module.__dict__)
    except CallEnded:
        pass
    except SystemExit:
        # A script without a guard that ends itself; what it has defined is there.
        if run_name == "__main__":
            raise


def _code(script: str) -> CodeType:
    from importlib.machinery import SourceFileLoader

    code = SourceFileLoader("__main__", script).source_to_code(Path(script).read_bytes(), script)
    return code


def _import(name: str, file: Optional[str]) -> None:
    """Imports the function's module: by its name, or from its file if the name leads nowhere here."""
    try:
        importlib.import_module(name)
        return
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(error.name + ".")) or file is None:
            raise
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"`{file}` is no module", path=file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
