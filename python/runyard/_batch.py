"""One call of ``run()``: the points are planned, those without a result are submitted and followed, all results collected."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from . import _engine, _results
from ._carry import NotCarried, carried
from ._config import Config
from ._errors import ExperimentError
from ._executors import Executor, InlineExecutor, SubprocessExecutor
from ._progress import Progress
from ._results import Result
from ._task import FUNCTION, SCRIPT, Function
from ._tensor import Tensor

OUT = "out"


class Interrupted(Exception):
    """It was ended by Ctrl-C; the points that ended before have their results."""


@dataclass
class Options:
    """What decorator, arguments and command line come to, in this order."""

    name: str
    executor: Executor
    output_dir: Path
    # True: a new batch. False: no level of batches. A text: that batch. "" : the newest one.
    timestamp: Union[bool, str]
    retry: int = 0
    jobs: Optional[int] = None
    is_report: bool = False
    is_rerun: bool = False
    is_shown: bool = False
    # The batch was named on the command line: a wrong one is wrong typing.
    is_typed: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_inside(self) -> bool:
        """Whether the calls are made in this program."""
        executor = self.executor
        return not (isinstance(executor, SubprocessExecutor) and type(executor).run is SubprocessExecutor.run)

    @property
    def limit(self) -> Optional[int]:
        """How many may run at a time; None leaves it to the queue."""
        if isinstance(self.executor, InlineExecutor):
            return 1
        return self.jobs or (1 if self.is_inside or self.is_shown else None)


@dataclass
class Place:
    """Whose program the tasks execute, and where they find the function."""

    script: str
    arguments: List[str]
    # What the experiment is called in the script: a part of its points' identities.
    name: str
    function: Function


@dataclass
class Point:
    """One config, and what became of it."""

    index: int
    config: Dict[str, Any]
    identity: str = ""
    name: str = ""
    folder: Path = Path()
    status: str = "missing"
    result: Any = None
    error: Optional[Dict[str, str]] = None
    elapsed: Optional[float] = None
    # The point with the same folder that is run in its place.
    twin: "Optional[Point]" = None

    def take_result(self, status: str) -> bool:
        """Reads the result if there is one. Raises `_results.Unreadable`."""
        is_there, value = _results.read_result(self.folder)
        if is_there:
            self.status, self.result, self.error = status, value, None
        return is_there

    def fail(self, status: str, kind: str, message: str, traceback: str = "") -> None:
        """It has no result, and why."""
        self.status, self.result = status, None
        self.error = {"type": kind, "message": message, "traceback": traceback}

    def to_result(self) -> Result:
        """As a report sees it."""
        if self.twin is not None:
            self.result, self.error, self.elapsed = self.twin.result, self.twin.error, self.twin.elapsed
            self.status = "cached" if self.twin.status == "completed" else self.twin.status
        return Result(
            Config(self.config), self.folder, self.status, result=self.result, error=self.error, elapsed=self.elapsed
        )


def checked(configs: Any) -> "Tensor[Dict[str, Any]]":
    """The configs as they reach a function, with their shape.

    Raises:
        ExperimentError: something in one of them cannot; it and its key are named.
    """
    if isinstance(configs, Mapping):
        raise ExperimentError("the configs are one dict", "give a list of dicts: [{…}]")
    try:
        items = list(configs)
    except TypeError:
        raise ExperimentError(f"the configs are {configs!r}", "give a list of dicts, or a Tensor") from None
    plain = [_checked(index, config) for index, config in enumerate(items)]
    return Tensor(plain, configs.shape if isinstance(configs, Tensor) else None)


def _checked(index: int, config: Any) -> Dict[str, Any]:
    if not isinstance(config, Mapping):
        raise ExperimentError(f"config {index} is a `{type(config).__name__}`", "each config is a dict")
    called = f"config {index}" + (f" ({config['name']!r})" if isinstance(config.get("name"), str) else "")
    if OUT in config:
        raise ExperimentError(
            f"{called} has the key `{OUT}`", "give it another name: `config.out` is the folder that the function finds there"
        )
    try:
        plain: Dict[str, Any] = carried(config)
    except NotCarried as error:
        raise ExperimentError(f"{called}: {error}", error.remedy) from None
    return plain


class Batch:
    """The points of one call of ``run()``."""

    def __init__(self, place: Place, options: Options, configs: "Tensor[Dict[str, Any]]") -> None:
        self.place, self.options, self.shape = place, options, configs.shape
        self.points = [Point(index, config) for index, config in enumerate(configs)]
        self.folder = Path()
        self.timestamp: Optional[str] = None

    @property
    def what(self) -> str:
        """Who needs the program, for messages."""
        return f"the experiment `{self.options.name}`"

    def plan(self) -> None:
        """Asks the engine where each point has its place; the folder of a new batch is made."""
        params = {
            "script": self.place.script,
            "experiment": self.options.name,
            "function": self.place.name,
            "output_dir": str(self.options.output_dir),
            "timestamp": _mode(self.options.timestamp),
            "configs": [point.config for point in self.points],
        }
        planned = _engine.ask(self.what, "plan", params)
        self.folder, self.timestamp = Path(planned["folder"]), planned.get("timestamp")
        first: Dict[Path, Point] = {}
        for point, at in zip(self.points, planned["points"]):
            point.identity, point.name, point.folder = at["identity"], at["name"], Path(at["folder"])
            twin = first.setdefault(point.folder, point)
            point.twin = twin if twin is not point else None

    def take_cached(self) -> List[Point]:
        """Takes the results that are there, unless they are to be made anew; the points that have none."""
        wanting = []
        for point in self.points:
            if point.twin is not None:
                continue
            try:
                if not self.options.is_rerun and point.take_result("cached"):
                    continue
            except _results.Unreadable as trouble:
                note = "it counts as missing" if self.options.is_report else "it is run again"
                print(f"runyard: the result in `{point.folder}` cannot be read, {note}: {trouble}", file=sys.stderr)
            wanting.append(point)
        return wanting

    def take_failures(self, wanting: Sequence[Point]) -> None:
        """What a report says of points that have no result and are not run."""
        for point in wanting:
            error = _results.read_error(point.folder)
            if error is None:
                point.fail("missing", "NotRun", "it has no result")
            else:
                point.fail("failed", error.get("type", ""), error.get("message", ""), error.get("traceback", ""))

    def run(self, wanting: Sequence[Point], function: Callable[[Config], Any]) -> None:
        """Runs the points to their ends."""
        from ._follow import Follower

        if not wanting:
            return
        own = sum(1 for point in self.points if point.twin is None)
        progress = Progress(own, own - len(wanting), is_quiet=self.options.is_shown)
        follower = Follower(self.options, wanting, function, progress)
        with follower:
            follower.follow(lambda command, settings: self._submit(wanting, command, settings, follower))

    def _submit(
        self,
        wanting: Sequence[Point],
        command: Optional[List[str]],
        executor: Dict[str, Any],
        follower: Any,
    ) -> Dict[str, Any]:
        if command is None:
            here = os.path.dirname(os.path.abspath(__file__))
            command = [sys.executable, os.path.join(here, "_call.py"), self.place.script, *self.place.arguments]
        environment = dict(self.options.environment)
        environment[FUNCTION], environment[SCRIPT] = self.place.function.to_text(), self.place.script
        params = {
            "script": self.place.script,
            "experiment": self.options.name,
            "function": self.place.name,
            "command": command,
            "working_dir": os.getcwd(),
            "environment": [[name, str(value)] for name, value in environment.items()],
            "python": sys.executable,
            "executor": executor,
            "limit": self.options.limit,
            "retries": self.options.retry,
            "points": [
                {
                    "config": point.config,
                    "identity": point.identity,
                    "name": point.name,
                    "folder": str(point.folder),
                    "index": point.index,
                }
                for point in wanting
            ],
        }
        submitted: Dict[str, Any] = _engine.ask(self.what, "submit", params, follower.take_event)
        return submitted

    def results(self) -> "Tensor[Result]":
        """Every point as a report sees it, in the shape of the configs."""
        return Tensor([point.to_result() for point in self.points], self.shape)


def _mode(timestamp: Union[bool, str]) -> Dict[str, str]:
    if isinstance(timestamp, bool):
        return {"mode": "new" if timestamp else "none"}
    return {"mode": "at", "value": timestamp} if timestamp else {"mode": "latest"}


def failures(results: "Tensor[Result]") -> List[Tuple[str, str, Path]]:
    """Name, first line of the reason and folder of each point that has no result."""
    return [(result.name, result.error.splitlines()[0], result.out) for result in results if result.error]
