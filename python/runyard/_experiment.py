"""``@experiment``: a function, the configs it is called with, and a report on what came of it."""

import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, TypeVar, Union, overload

from . import _task
from ._errors import EngineError, EngineMissing, ExperimentError
from ._executors import Executor, get_executor, is_tool
from ._results import Result
from ._tensor import Tensor

if TYPE_CHECKING:
    # Imported by `run()` alone: in a task, and in a script that only defines experiments, they would cost for nothing.
    from ._batch import Batch, Options, Place
    from ._command_line import Flags

F = TypeVar("F", bound=Callable[..., Any])

Configs = Union["Tensor[Any]", Iterable[Mapping[str, Any]]]
ConfigsFunction = Callable[[], Configs]

_known: Dict[str, "ExperimentFunction"] = {}
# Timestamps of the batches of this program, by key, for tasks of other experiments that report on them.
_batches: Dict[str, str] = {}


def find(key: str) -> "Optional[ExperimentFunction]":
    """The experiment of a key, if its module has been executed."""
    return _known.get(key)


class ExperimentFailed(SystemExit):
    """Points of a batch have failed: the program's exit status is 1 unless this is caught.

    Attributes:
        results: all of them.
        report: what the report function returned on them.
    """

    def __init__(self, results: "Tensor[Result]", report: Any) -> None:
        super().__init__(1)
        self.results, self.report = results, report


class ExperimentInterrupted(SystemExit):
    """A batch was ended by Ctrl-C: the exit status is 130; ``results`` has what there was by then."""

    def __init__(self, results: "Tensor[Result]") -> None:
        super().__init__(130)
        self.results = results


class ExperimentFunction:
    """What `experiment` makes of a function; calling it calls the function."""

    __name__: str

    def __init__(
        self,
        function: Callable[..., Any],
        name: Optional[str] = None,
        executor: Union[str, Executor] = "subprocess",
        timestamp: Union[bool, str] = True,
        retry: int = 0,
    ) -> None:
        if not callable(function):
            raise TypeError(f"an experiment is a function, not {function!r}")
        functools.update_wrapper(self, function)
        self.function = function
        self.name = name or str(getattr(function, "__name__", "experiment"))
        self._executor, self._timestamp, self._retry = executor, timestamp, retry
        self._configs: Optional[ConfigsFunction] = None
        self._report: Optional[Callable[..., Any]] = None
        module = getattr(function, "__module__", "__main__")
        qualified = getattr(function, "__qualname__", self.name)
        self.key = f"{'__main__' if module == '__mp_main__' else module}:{qualified}@{self.name}"
        _known[self.key] = self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<experiment {self.name!r}>"

    def __reduce__(self) -> str:
        # By its name in its module, as a function is.
        return str(getattr(self, "__qualname__", self.name))

    def configs(self, function: F) -> F:
        """Decorator: the function that gives the configs, a list of dicts or a `Tensor`."""
        self._configs = function
        return function

    def report(self, function: F) -> F:
        """Decorator: the function that gets the results, a `Tensor` of `Result` in the shape of the configs.

        With a second parameter it gets the folder ``report`` of the batch, too: one without a default, or with None.
        """
        self._report = function
        return function

    def run(
        self,
        configs: Union[ConfigsFunction, Configs, None] = None,
        report: Optional[Callable[..., Any]] = None,
        output_dir: Union[str, "os.PathLike[str]"] = "out",
        executor: Union[str, Executor, None] = None,
        name: Optional[str] = None,
        timestamp: Union[bool, str, None] = None,
        retry: Optional[int] = None,
        jobs: Optional[int] = None,
        argv: Optional[Sequence[str]] = None,
        check: bool = True,
        environment: Optional[Mapping[str, str]] = None,
    ) -> Any:
        """Calls the function with every config that has no result yet, and returns what the report makes of all results.

        The command line counts more than arguments, these more than the decorator.

        Args:
            configs: in place of those of the decorator: a function, a list or a `Tensor`.
            report: in place of that of the decorator.
            output_dir: where the folders stand, from the current one: ``<output_dir>/<name>/<timestamp>/<config>-<hash>/``.
            executor: a name or an `Executor`.
            timestamp: True for a new batch, False for none (results are reused), a text for that batch.
            retry: how often a failed call is repeated.
            jobs: how many run at a time; None leaves it to the queue's slots. The inline executor has one.
            argv: the command line; None for the program's, ``[]`` for none.
            check: whether failures end the program: see Raises.
            environment: variables for the calls, besides those that decide which programs are found.

        Raises:
            ExperimentError: configs or report are missing or wrong; nothing was run.
            EngineMissing: there is no program `runyard`.
            ExperimentFailed: points failed, after the report; a `SystemExit` with status 1.
            ExperimentInterrupted: Ctrl-C cancelled it; a `SystemExit` with status 130.
        """
        task = _task.current
        if task is not None and task.function.key == self.key:
            if task.is_calling:
                raise ExperimentError(f"run() of the experiment `{self.name}` was called inside its own function")
            if task.code is None:
                task.call(self.function)
            raise _task.CallEnded(task.code)
        _refuse_import_by_child()
        from . import _batch, _command_line

        flags = _command_line.read(argv)
        given = {"name": name, "executor": executor, "timestamp": timestamp, "retry": retry, "jobs": jobs}
        options = self._options(flags, output_dir, given)
        options.environment = dict(environment or {})
        reporter = report or self._report
        if reporter is None:
            raise ExperimentError(f"the experiment `{self.name}` has no report", f"decorate a function with @{self.__name__}.report, or give run(report=…)")
        points = _batch.checked(self._evaluated(configs))
        if task is not None:
            return self._look_back(task, options, points, reporter)
        batch = _batch.Batch(self._place(options), options, points)
        return self._carry_out(batch, reporter, check)

    def _options(self, flags: "Flags", output_dir: Any, given: Dict[str, Any]) -> "Options":
        from . import _command_line
        from ._batch import Options

        chosen = flags.executor or given["executor"] or self._executor
        stamp: Union[bool, str] = self._timestamp if given["timestamp"] is None else given["timestamp"]
        if flags.no_timestamp:
            stamp = False
        elif flags.timestamp is not None:
            stamp = flags.timestamp
        elif flags.is_continued:
            stamp = ""
        if flags.report and stamp is True:
            # A new batch has nothing to report on.
            stamp = ""
        retry = next(value for value in (flags.retry, given["retry"], self._retry) if value is not None)
        jobs = flags.jobs or given["jobs"]
        for what, number, least in (("retry", retry, 0), ("jobs", jobs, 1)):
            if number is not None and (not isinstance(number, int) or number < least):
                raise ExperimentError(f"{what} is {number!r}", f"give a number from {least}")
        try:
            how = get_executor(chosen)
        except (ValueError, ExperimentError) as error:
            if flags.executor:
                _command_line.refuse(error)
            raise
        return Options(
            name=flags.name or given["name"] or self.name,
            executor=how,
            output_dir=Path(flags.output_dir or output_dir).expanduser().absolute(),
            timestamp=stamp,
            retry=retry,
            jobs=jobs,
            is_report=flags.report,
            is_rerun=flags.rerun,
            is_shown=flags.show,
            is_typed=flags.timestamp is not None or flags.is_continued,
        )

    def _evaluated(self, configs: Union[ConfigsFunction, Configs, None]) -> Configs:
        found = self._configs if configs is None else configs
        if found is None:
            raise ExperimentError(f"the experiment `{self.name}` has no configs", f"decorate a function with @{self.__name__}.configs, or give run(configs=…)")
        return found() if callable(found) else found

    def _carry_out(self, batch: "Batch", reporter: Callable[..., Any], check: bool) -> Any:
        from . import _command_line
        from ._batch import Interrupted, failures

        try:
            batch.plan()
        except EngineError as error:
            if batch.options.is_typed and not isinstance(error, EngineMissing):
                _command_line.refuse(error)
            raise
        wanting = batch.take_cached()
        if batch.options.is_report:
            batch.take_failures(wanting)
            return _reported(reporter, batch.results(), batch.folder)
        try:
            batch.run(wanting, self.function)
        except Interrupted:
            batch.take_failures([point for point in wanting if point.status == "missing" and point.error is None])
            raise ExperimentInterrupted(batch.results()) from None
        if batch.timestamp:
            _batches[self.key] = batch.timestamp
        results = batch.results()
        failed = failures(results)
        _say(failed, len(results))
        value = _reported(reporter, results, batch.folder)
        if failed and check:
            raise ExperimentFailed(results, value)
        return value

    def _look_back(self, task: "_task.Task", options: "Options", points: "Tensor[Any]", reporter: Callable[..., Any]) -> Any:
        """Inside a task of another experiment: the report on what this one has left, and nothing is run."""
        from ._batch import Batch

        if options.timestamp is not False:
            options.timestamp = task.function.batches.get(self.key, "")
        options.is_report, options.is_rerun = True, False
        return self._carry_out(Batch(self._place(options), options, points), reporter, check=False)

    def _place(self, options: "Options") -> "Place":
        from ._batch import Place

        main = sys.modules.get("__main__")
        script: Optional[str] = getattr(main, "__file__", None)
        module = self.key.partition(":")[0]
        file = getattr(sys.modules.get(module), "__file__", None) if module != "__main__" else None
        function = _task.Function(
            self.key,
            file and os.path.abspath(file),
            path=[os.path.abspath(entry) for entry in sys.path],
            batches=_batches,
        )
        if script is not None and os.path.isfile(script) and not (file is not None and is_tool(script)):
            spec = getattr(main, "__spec__", None)
            function.module = spec.name if spec is not None else None
            script = os.path.abspath(script)
        elif file is not None:
            function.main, script = False, os.path.abspath(file)
        elif options.is_inside or options.is_report:
            script = _prompt()
        else:
            raise ExperimentError(
                f"the experiment `{self.name}` is defined in a notebook or at a prompt, which no other process can execute",
                'run it with executor="inline"',
            )
        return Place(script, sys.argv[1:], self.name, function)


@overload
def experiment(function: Callable[..., Any]) -> ExperimentFunction: ...
@overload
def experiment(
    *,
    name: Optional[str] = ...,
    executor: Union[str, Executor] = ...,
    timestamp: Union[bool, str] = ...,
    retry: int = ...,
) -> Callable[[Callable[..., Any]], ExperimentFunction]: ...


def experiment(
    function: Optional[Callable[..., Any]] = None,
    *,
    name: Optional[str] = None,
    executor: Union[str, Executor] = "subprocess",
    timestamp: Union[bool, str] = True,
    retry: int = 0,
) -> Any:
    """Makes an experiment of a function that takes a config; a decorator, bare or with arguments.

    Args:
        name: of the experiment and its folder; the function's if it is left out.
        executor: ``subprocess``, ``fork``, ``inline`` or an `Executor`.
        timestamp: whether each run of the program is a batch in a folder of its own.
        retry: how often a failed call is repeated.

    >>> @experiment
    ... def train(config):
    ...     return {"loss": config["lr"] * 2}
    >>> @train.configs
    ... def configs():
    ...     return [{"name": "slow", "lr": 0.1}, {"name": "fast", "lr": 1.0}]
    >>> @train.report
    ... def report(results):
    ...     return min(results, key=lambda r: r["loss"]).name
    >>> train({"lr": 1})
    {'loss': 2}

    and at the end of the script ``train.run()``.
    """
    if function is not None:
        return ExperimentFunction(function)
    return lambda decorated: ExperimentFunction(decorated, name, executor, timestamp, retry)


def _reported(reporter: Callable[..., Any], results: "Tensor[Result]", folder: Path) -> Any:
    place = folder / "report"
    place.mkdir(parents=True, exist_ok=True)
    return reporter(results, place) if _takes_folder(reporter) else reporter(results)


def _takes_folder(reporter: Callable[..., Any]) -> bool:
    import inspect

    try:
        parameters = list(inspect.signature(reporter).parameters.values())
    except (TypeError, ValueError):
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(positional) > 1 and positional[1].default in (inspect.Parameter.empty, None)


def _say(failed: List[Any], total: int) -> None:
    if not failed:
        return
    lines = [f"runyard: {len(failed)} of {total} failed:"]
    lines += [f"  {name}: {why}\n    {folder / 'log.out'}" for name, why, folder in failed[:10]]
    if len(failed) > 10:
        lines.append(f"  and {len(failed) - 10} more")
    print("\n".join(lines), file=sys.stderr)


def _prompt() -> str:
    """A file that stands for what was typed at a prompt or in a notebook: the engine knows experiments by their scripts.

    It lies in the project's own folder: the nearest upwards that has one, else the current folder.
    """
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / "_runyard_").is_dir()), here)
    file = root / "_runyard_" / "prompt.py"
    file.parent.mkdir(exist_ok=True)
    if not file.exists():
        file.write_text("# Stands for experiments that were defined at a prompt or in a notebook; nothing executes it.\n")
    return str(file)


def _refuse_import_by_child() -> None:
    """A process of multiprocessing imports the script again: an unguarded ``run()`` there is nobody's wish."""
    process = sys.modules.get("multiprocessing.process")
    if process is not None and getattr(process.current_process(), "_inheriting", False):
        raise ExperimentError(
            "run() was called while a process of multiprocessing imports the script", 'put it under if __name__ == "__main__":'
        )
