"""What a script asks of the run that it is, and tells about it.

Nothing here raises into training: what cannot be recorded is said once, and the script goes on. Outside a run, recording
does nothing, which is said once, too; `read` and `load` then read files.
"""

import math
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, Mapping, Optional, Union

from . import _environment
from ._errors import RunyardError
from ._values import renamed, to_scalar
from ._warn import warn_once

if TYPE_CHECKING:
    from ._config import Config
    from ._writer import RowWriter

PathLike = Union[str, "os.PathLike[str]"]

_writer: Optional["RowWriter"] = None
_writer_dir: Optional[str] = None
# The step that a value without one gets next.
_next_steps: Dict[str, int] = {}
# What `read` read last, outside a run.
_read: Optional[Path] = None


def load() -> "Config":
    """The parameters of this run, as a mapping whose keys are attributes, too.

    Inside a run they are those of its ``config.json``, exactly as the page shows them. When the script is started by hand they
    come from the file that `read` was given before, else from the template that Runyard keeps for the script
    (``_runyard_/<script>/template.yaml``), else from ``_pyruns_/<script>/config_default.yaml``. Each call returns a mapping
    of its own. Raises `RunyardError` if there is none of them.

    >>> config = load()                          # doctest: +SKIP
    >>> config.lr, config.model.width            # doctest: +SKIP
    (0.001, 64)
    """
    return read(_read)


def read(path: Optional[PathLike] = None) -> "Config":
    """The parameters of this run; when the script is started by hand, those of a config file.

    Args:
        path: a ``.json`` file, ``.yaml`` (needs PyYAML) or ``.toml`` (Python 3.11, or tomli). Inside a run it only names the
            template: the run's own values count, whatever stands in the file. None: as `load`.

    Raises `RunyardError` if the file cannot be read. Imports, references and dotted keys are resolved by the program.
    """
    from ._config import Config

    tree = _of_run()
    if tree is None:
        tree = _of_file(_default_file() if path is None else Path(path))
    if not isinstance(tree, dict):
        raise RunyardError(f"the config is a {type(tree).__name__}, and should be a mapping of names to values")
    return Config(tree)


def record(data: Optional[Mapping[str, object]] = None, **values: object) -> None:
    """Records results of this run: of each name the newest value counts.

    Args:
        data: names and values; others may be given as keywords.

    >>> record({"test/accuracy": 0.93}, epochs=20)
    """
    _record(_joined("record", data, values))


def add_monitor(data: Optional[Mapping[str, object]] = None, **values: object) -> None:
    """Records results of this run, as `record` does; the name that Pyruns has for it.

    >>> add_monitor({"loss": 0.5}, epoch=3)
    """
    _record(_joined("add_monitor", data, values))


def track(
    key: Union[str, Mapping[str, object], None] = None,
    value: object = None,
    *,
    step: Union[int, float, None] = None,
    **values: object,
) -> None:
    """Records how values develop: one point per name and step.

    Args:
        key: a name, whose ``value`` follows; or a mapping of names to values.
        value: a number of any library.
        step: where the point stands, usually the number of the batch or epoch. Without it each name counts by itself, from 0.

    >>> track("loss", 0.5, step=10)
    >>> track({"loss": 0.4, "accuracy": 0.9}, step=11)
    >>> track(loss=0.3, accuracy=0.91)
    """
    if isinstance(key, str):
        row: Dict[str, object] = {key: value, **values}
    else:
        row = _joined("track", key, values)
    if row:
        _track(row, step)


def track_many(points: Iterable[Mapping[str, object]]) -> None:
    """Records many points at once; each is a mapping of names to values, with its ``step`` if it has one.

    >>> track_many([{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.4}])
    """
    for point in _points(points):
        row = _joined("track_many", point, {})
        if row:
            _track(row, None)


def flush(timeout: Optional[float] = None) -> bool:
    """Waits until everything recorded so far is in the run's files; they get there by themselves within 0.2 s.

    Args:
        timeout: seconds to wait at most. Returns False if that was too short, or the disk refuses.
    """
    return _writer is None or _writer.flush(timeout)


def run_dir() -> Optional[Path]:
    """The folder of this run: its config, log and metrics. None outside a run."""
    return _environment.path(_environment.RUN_DIR)


def artifact_dir() -> Path:
    """A folder for files of this run, made when it is asked for; ``artifacts`` in the current folder outside a run.

    >>> (artifact_dir() / "weights.txt").write_text("0.5")
    3
    """
    folder = (run_dir() or Path.cwd()) / "artifacts"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        warn_once(f"artifacts {folder}", f"folder `{folder}` cannot be made: {error.strerror}")
    return folder


def get_task_dir() -> Optional[Path]:
    """The folder of the task that this run is one of. None outside a run."""
    return _environment.path(_environment.TASK_DIR)


def get_run_index() -> Optional[int]:
    """The number of this run among those of its task, from 1. None outside a run."""
    return _environment.index(_environment.RUN_INDEX)


def _of_run() -> Any:
    """The tree that the run's config holds; None outside a run."""
    config = _environment.path(_environment.CONFIG)
    if config is None:
        return None
    from ._files import read_tree

    # The same values; no library is needed for them.
    twin = config.with_suffix(".json")
    return read_tree(twin if twin.is_file() else config)


def _of_file(path: Path) -> Any:
    global _read
    from ._files import needs_program, read_tree

    tree = read_tree(path)
    _read = path.absolute()
    if needs_program(tree):
        from . import load_config  # type: ignore[attr-defined, unused-ignore]

        return load_config(path)
    return tree


def _default_file() -> Path:
    """The file that stands for the script's parameters when it is started by hand."""
    script = Path(getattr(sys.modules.get("__main__"), "__file__", None) or "")
    folder = script.absolute().parent
    places = [above / "_runyard_" / script.stem / "template.yaml" for above in (folder, *folder.parents)]
    places += [above / "_pyruns_" / script.stem / "config_default.yaml" for above in (folder, Path.cwd())]
    for place in places:
        if script.stem and place.is_file():
            return place
    name = script.name or "SCRIPT.py"
    raise RunyardError(
        f"`{name}` was started outside a run, and there is no config to load",
        f'start it with `runyard run {name} --config base.yaml`, or name the file: runyard.read("base.yaml")',
    )


def _joined(name: str, data: Optional[Mapping[str, object]], values: Dict[str, object]) -> Dict[str, object]:
    if data is None:
        return values
    if not isinstance(data, Mapping):
        warn_once(
            f"{name} {type(data).__name__}",
            f"`{name}` takes a mapping of names to values, not a `{type(data).__name__}`: nothing was recorded of it",
        )
        return values
    return {**data, **values}


def _points(points: object) -> Iterator[Any]:
    if isinstance(points, Mapping):
        yield points
    elif isinstance(points, Iterable):
        yield from points
    else:
        warn_once("track_many", f"`track_many` takes a list of mappings, not a `{type(points).__name__}`")


def _track(row: Dict[str, object], step: object) -> None:
    writer = _writer_here()
    if writer is None:
        return
    if step is None:
        step = row.pop("step", None)
    if "step" in row or "time" in row:
        row = renamed(row, ("step", "time"), "metrics")
    number = to_scalar(step)
    if step is not None and (number is None or isinstance(number, float) and not math.isfinite(number)):
        warn_once("step", f"a step is a number, not {step!r}: counted instead")
        number = None
    if number is None:
        number = max([_next_steps.get(key, 0) for key in row], default=0)
    following = int(number) + 1
    for key in row:
        _next_steps[key] = following
    writer.add({"step": number, "time": round(time.time(), 3), **row})


def _record(row: Dict[str, object]) -> None:
    writer = _writer_here()
    if row and writer is not None:
        writer.add({"time": round(time.time(), 3), **renamed(row, ("step", "time"), "metrics")})


def _writer_here() -> Optional["RowWriter"]:
    """The writer of this run's metrics: one per process; a fork keeps it, with a queue of its own. None outside a run."""
    global _writer, _writer_dir
    folder = os.environ.get(_environment.RUN_DIR)
    if _writer is not None and folder == _writer_dir:
        return _writer
    if not folder:
        warn_once("outside", "this process is no run of Runyard: what it records is not kept")
        return None
    from ._writer import RowWriter

    place = Path(folder)
    _writer, _writer_dir = RowWriter(place / "metrics.jsonl", mirror=place / "metrics.csv"), folder
    _next_steps.clear()
    return _writer
