"""`Logger`: scalars, texts, figures, images, histograms, tables and files of a training run, in a folder.

::

    add_scalar ──► the row of this step ──► RowWriter ──► metrics.jsonl, metrics.csv
    add_text …  ──────────────────────────► RowWriter ──► text/<tag>.jsonl, histograms/…, tables/…
    add_figure ──► image, Plotly, pickle ──► RowWriter.call ──► figures/<tag>/12.svg …, then its row

Scalars of one step share a row as long as it is open: until the step changes, or the writer's thread comes by.
"""

import json
import os
import threading
import time
import weakref
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from . import _environment as environment
from . import _tags
from ._artifacts import keep, mark_folder, write_lines, write_named
from ._errors import RunyardError
from ._values import PLAIN, to_plain, to_scalar
from ._warn import warn_once
from ._writer import RowWriter

RESERVED = ("step", "time")
"""Keys of a row that are no tags."""
# A wider row is parted, so that none becomes longer than readers take (1 MiB).
_MAX_TAGS = 1000
# What figures and images may wait to be written, bytes; beyond it the caller waits.
_MAX_WAITING = 64 * 1024 * 1024

Step = Union[int, float]


class Logger:
    """Records what a training run shows of itself; never raises, never waits for the disk unless it is hopelessly behind.

    Args:
        dir: The folder; made if it is not there. None: the folder of the Runyard run that this process belongs to. Outside of a run
            nothing is recorded then, which is said once.
        interval: Seconds after which a row is in its file at the latest.

    A folder may have several loggers, also in several processes. A logger can be pickled, and used after a fork.

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with Logger(folder) as logger:
    ...     for it in range(3):
    ...         logger.set_global_it(it)
    ...         logger.add_scalar("train/loss", 1 / (it + 1))
    >>> from runyard import LogReader
    >>> LogReader(folder).load_scalars("train/loss")
    [(0, 1.0), (1, 0.5), (2, 0.3333333333333333)]
    """

    def __init__(self, dir: "Optional[Union[str, os.PathLike[str]]]" = None, *, interval: float = 0.2) -> None:
        self._interval = float(interval)
        self._it: Step = 0
        given = Path(dir) if dir is not None else environment.path(environment.RUN_DIR)
        if given is None:
            warn_once("logger outside", "a Logger without a folder records nothing outside of a run; give it one: Logger(\"logs\")")
        self._dir: Optional[Path] = given.absolute() if given is not None else None
        self._open()

    def _open(self) -> None:
        self._writers: Dict[Tuple[str, str], RowWriter] = {}
        self._tags: Dict[str, str] = {}
        self._waiting = 0
        self._renew()
        _loggers.add(self)
        if self._dir is None:
            return
        self._rows = RowWriter(self._dir / "metrics.jsonl", mirror=self._dir / "metrics.csv", interval=self._interval)
        try:
            self._dir.mkdir(parents=True, exist_ok=True)
            mark_folder(self._dir)
        except OSError as error:
            warn_once(f"logger {self._dir}", f"`{self._dir}` cannot be written: {error.strerror}; nothing is recorded there")

    def _renew(self) -> None:
        """No row is open; after a fork, too: an open one is the parent's."""
        self._lock = threading.RLock()
        self._row: Optional[Dict[str, object]] = None
        self._row_step: Step = 0
        self._is_watched = False

    @property
    def dir(self) -> Optional[Path]:
        """The folder, absolute; None if nothing is recorded."""
        return self._dir

    @property
    def global_it(self) -> Step:
        """The iteration that counts for what comes without one; 0 at first."""
        return self._it

    def set_global_it(self, it: Step) -> None:
        """Sets the iteration of everything that is added without one.

        Args:
            it: A whole number, or a fraction; it may be negative.
        """
        self._it = self._step(it)

    def add_scalar(self, tag: str, value: object, it: Optional[Step] = None) -> None:
        """Records a number.

        Args:
            tag: What it is; slashes make groups. Of the same tag in one iteration the last counts. ``step`` and ``time`` are columns
                already: a tag of such a name gets ``_`` behind it.
            value: A number, or a scalar of NumPy, PyTorch and the like; NaN and infinities count.
            it: The iteration; None: that of `set_global_it`.
        """
        if self._dir is None:
            return
        try:
            step = self._it if it is None else it if type(it) is int else self._step(it)
            if type(value) not in PLAIN or value is None or type(value) is str:
                value = self._number(tag, value)
            if type(tag) is not str or tag in RESERVED:
                tag = self._own(tag)
            with self._lock:
                row = self._row
                if row is not None and step == self._row_step and len(row) < _MAX_TAGS:
                    row[tag] = value
                    return
                self._row = {"step": step, "time": round(time.time(), 3), tag: value}
                self._row_step = step
                is_watched, self._is_watched = self._is_watched, True
            # Not under the lock, which the writer's thread needs to come through.
            if row is not None:
                self._rows.add(row)
            if not is_watched:
                self._rows.call(self._tick)
        except Exception as error:  # noqa: BLE001 - recording never breaks training
            self._lost("scalar", tag, error)

    def add_scalars(self, values: Mapping[str, object], it: Optional[Step] = None) -> None:
        """Records several numbers of one iteration.

        Args:
            values: Numbers by tag.
            it: The iteration; None: that of `set_global_it`.
        """
        try:
            for tag, value in values.items():
                self.add_scalar(tag, value, it)
        except Exception as error:  # noqa: BLE001
            self._lost("scalars", "", error)

    def add_text(self, tag: str, text: object, it: Optional[Step] = None) -> None:
        """Records a text.

        Args:
            tag: What it is.
            text: The text; anything else becomes its ``str``.
            it: The iteration; None: that of `set_global_it`.
        """
        self._append("text", tag, it, lambda: {"text": text if type(text) is str else str(text)})

    def add_histogram(self, tag: str, values: object, it: Optional[Step] = None, *, bins: Union[int, Sequence[float]] = 64) -> None:
        """Records how values are distributed.

        Args:
            tag: What it is.
            values: Numbers in an array, a tensor or lists.
            it: The iteration; None: that of `set_global_it`.
            bins: How many bins of equal width from the smallest to the largest value, or their edges in ascending order.
        """
        from ._media import histogram

        self._append("histograms", tag, it, lambda: histogram(values, bins))

    def add_table(self, tag: str, columns: object, rows: Optional[Iterable[object]] = None, it: Optional[Step] = None) -> None:
        """Records a table; of one with more than 10,000 rows the first.

        Args:
            tag: What it is.
            columns: The names of the columns; or, without rows, a data frame, a mapping of columns, or a list of mappings.
            rows: Lists of cells, or mappings.
            it: The iteration; None: that of `set_global_it`.
        """
        from ._media import table

        self._append("tables", tag, it, lambda: table(columns, rows))

    def add_figure(self, tag: str, fig: object, it: Optional[Step] = None, *, interactive: bool = False) -> None:
        """Records a figure of matplotlib or Plotly. It may be changed or closed afterwards; drawing it takes the time of a ``savefig``.

        Args:
            tag: What it is.
            fig: The figure, or its axes.
            it: The iteration; None: that of `set_global_it`.
            interactive: Whether a matplotlib figure should be kept so that the viewer can zoom, pan and rotate it, too. What cannot be
                told in that form makes it an image, with a note that names it.
        """
        from ._figures import render

        if isinstance(it, bool):
            # As pyexp has it: `add_figure(tag, fig, True)`.
            interactive, it = it, None

        def files() -> Tuple[Dict[str, bytes], Optional[str]]:
            made = render(fig, interactive)
            parts = {"static": (made.suffix, made.static), "interactive": ("plotly.json", made.interactive), "pickle": ("pkl", made.pickled)}
            return {f"{kind} {suffix}": data for kind, (suffix, data) in parts.items() if data is not None}, made.note

        self._add_files("figure", tag, it, files)

    def add_image(self, tag: str, image: object, it: Optional[Step] = None, *, dataformats: Optional[str] = None) -> None:
        """Records an image.

        Args:
            tag: What it is.
            image: An array or tensor of bytes, or of floats from 0 to 1; a Pillow image; the bytes or the path of a PNG, JPEG, GIF or WebP file.
            it: The iteration; None: that of `set_global_it`.
            dataformats: The order of the axes, such as ``"CHW"``; None: height and width first, unless the shape says otherwise.
        """
        from ._media import image_bytes

        def files() -> Tuple[Dict[str, bytes], Optional[str]]:
            data, suffix = image_bytes(image, dataformats)
            return {f"static {suffix}": data}, None

        self._add_files("image", tag, it, files)

    def add_artifact(self, path: "Union[str, os.PathLike[str]]", name: Optional[str] = None, it: Optional[Step] = None) -> None:
        """Keeps a copy of a file, or of all files of a folder, as they are now.

        Args:
            path: The file or folder.
            name: What it is called under ``artifacts/``, with slashes for folders; None: as it is called. A file of that name is replaced.
            it: The iteration; None: none.
        """
        if self._dir is None:
            return
        try:
            for row in keep(Path(path), name, self._dir / "artifacts"):
                self._writer("artifacts", "").add({**({} if it is None else {"step": self._step(it)}), "time": round(time.time(), 3), **row})
        except Exception as error:  # noqa: BLE001
            self._lost("artifact", str(path), error)

    def flush(self, timeout: Optional[float] = None) -> bool:
        """Waits until everything that was added is in its file.

        Args:
            timeout: Seconds to wait at most; None: as long as it takes.

        Returns:
            Whether it is.
        """
        if self._dir is None:
            return True
        until = None if timeout is None else time.monotonic() + timeout
        try:
            with self._lock:
                row, self._row = self._row, None
            if row is not None:
                self._rows.add(row)
            writers = [self._rows, *self._writers.values()]
            return all([writer.flush(None if until is None else max(0.0, until - time.monotonic())) for writer in writers])
        except Exception as error:  # noqa: BLE001
            self._lost("flush", "", error)
            return False

    def close(self) -> None:
        """Flushes and lets go of the files. What is added later opens them again."""
        if self._dir is not None and self.flush():
            for writer in [self._rows, *self._writers.values()]:
                writer.close()

    def __enter__(self) -> "Logger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Logger({str(self._dir)!r})" if self._dir is not None else "Logger()"

    def __getstate__(self) -> Dict[str, Any]:
        return {"dir": self._dir, "interval": self._interval, "it": self._it}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self._dir, self._interval, self._it = state["dir"], state["interval"], state["it"]
        self._open()

    def _step(self, it: object) -> Step:
        if type(it) is int:
            return it
        found = to_scalar(it)
        if found is None or found != found or found in (float("inf"), float("-inf")):
            warn_once("logger step", f"`{it!r}` is no iteration; what came with it is recorded at {self._it}")
            return self._it
        return found

    def _add_at(self, tag: str, value: object, it: Step, moment: Optional[float]) -> None:
        """A scalar of another moment than now, in seconds since 1970, in a row of its own."""
        if moment is None:
            self.add_scalar(tag, value, it)
        elif self._dir is not None:
            try:
                self._rows.add({"step": self._step(it), "time": round(float(moment), 3), self._own(tag): self._number(tag, value)})
            except Exception as error:  # noqa: BLE001
                self._lost("scalar", tag, error)

    def _add_results(self, values: Mapping[str, object]) -> None:
        """Values without an iteration, of which the newest count."""
        if self._dir is not None:
            self._rows.add({"time": round(time.time(), 3), **{self._own(tag): to_plain(value) for tag, value in values.items()}})

    def _number(self, tag: object, value: object) -> object:
        found = to_scalar(value)
        if found is not None:
            return found
        warn_once(f"logger scalar {type(value).__name__}", f"a scalar `{tag}` of type `{type(value).__name__}` is no number and is not drawn")
        return to_plain(value)

    def _own(self, tag: object) -> str:
        name = tag if type(tag) is str else str(tag)
        if name in RESERVED:
            warn_once(f"reserved {name}", f"`{name}` is a column already: the scalar of that name is recorded as `{name}_`")
            name += "_"
        return name

    def _tick(self) -> None:
        """On the writer's thread, soon after a row was opened: the row goes to its file."""
        with self._lock:
            row, self._row, self._is_watched = self._row, None, False
            if row is not None:
                self._rows.add(row)

    def _writer(self, kind: str, tag: str) -> RowWriter:
        """The writer of a kind and tag; a tag too long for the name of its file stands in its first line."""
        found = self._writers.get((kind, tag))
        if found is not None:
            return found
        assert self._dir is not None
        name = _tags.file_name(tag)
        places = {"artifacts": self._dir / "artifacts.jsonl", "figures": self._dir / "figures" / name / "index.jsonl"}
        path = places.get(kind) or self._dir / kind / f"{name}.jsonl"
        found = self._writers.setdefault((kind, tag), RowWriter(path, interval=self._interval))
        if _tags.is_shortened(name) and not path.exists():
            found.add({"tag": tag})
        return found

    def _append(self, kind: str, tag: object, it: Optional[Step], content: Callable[[], Dict[str, object]]) -> None:
        if self._dir is None:
            return
        try:
            step = self._it if it is None else self._step(it)
            self._writer(kind, tag if type(tag) is str else str(tag)).add({"step": step, "time": round(time.time(), 3), **content()})
        except Exception as error:  # noqa: BLE001
            self._lost(kind, tag, error)

    def _add_files(self, kind: str, tag: object, it: Optional[Step], make: Callable[[], Tuple[Dict[str, bytes], Optional[str]]]) -> None:
        if self._dir is None:
            return
        try:
            step = self._it if it is None else self._step(it)
            files, note = make()
            size = sum(len(data) for data in files.values())
            if self._waiting + size > _MAX_WAITING:
                self.flush(30.0)
            self._waiting += size
            row: Dict[str, object] = {"step": step, "time": round(time.time(), 3), "kind": kind, **({"note": note} if note else {})}
            writer = self._writer("figures", tag if type(tag) is str else str(tag))
            writer.call(partial(self._publish, writer, row, files, size))
        except Exception as error:  # noqa: BLE001
            self._lost(kind, tag, error)

    def _publish(self, writer: RowWriter, row: Dict[str, object], files: Dict[str, bytes], size: int) -> None:
        """On the writer's thread: the files, then the row that names them."""
        self._waiting = max(0, self._waiting - size)
        parts: List[Tuple[str, str, bytes]] = []
        for key, data in files.items():
            kind, _, suffix = key.partition(" ")
            parts.append((kind, suffix, data))
        names = write_named(writer.path.parent, _tags.file_name(json.dumps(row["step"])), parts)
        write_lines(writer.path, [json.dumps({**row, **names}, ensure_ascii=False).encode("utf-8", "replace") + b"\n"])

    def _lost(self, kind: str, tag: object, error: Exception) -> None:
        text = str(error) if isinstance(error, (RunyardError, OSError)) else f"{type(error).__name__}: {error}"
        warn_once(f"logger {kind} {type(error).__name__}", f"`{tag}` ({kind}) is not recorded: " + text.replace("\n", "; "))


def _after_fork() -> None:
    for logger in list(_loggers):
        logger._renew()
        logger._waiting = 0


_loggers: "weakref.WeakSet[Logger]" = weakref.WeakSet()
os.register_at_fork(after_in_child=_after_fork)
