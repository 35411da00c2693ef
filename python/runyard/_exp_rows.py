"""Rows of an `Experiment`: in the CSV file when they are saved, and read back with their types."""

import csv
import io
import os
import re
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, Deque, Dict, List, Optional

from ._table import Table, whole_rows
from ._values import PLAIN, renamed, to_plain, to_scalar
from ._warn import warn_once
from ._writer import RowWriter

# What a full disk may still take later.
_MAX_HELD = 65_536
# As `str` writes numbers; Python's own reading would take `1_000` and ` 5` for numbers, too.
_INTEGER = re.compile(r"-?[0-9]{1,4000}$")
_NUMBER = re.compile(r"-?(?:[0-9]+\.[0-9]+(?:e[-+]?[0-9]+)?|[0-9]+e[-+]?[0-9]+|inf)$|nan$")
_LEADING = ("timestamp", "run_id")


class Rows:
    """Writes the rows of one run.

    Args:
        path: the CSV file.
        run_id: what stands in its second column.
        metrics: the folder of the supervised run, whose metrics.jsonl gets the same rows; None if there is none.

    Usable from several threads and after a fork; nothing is raised.
    """

    def __init__(self, path: Path, run_id: str, metrics: Optional[Path]) -> None:
        self._path = path
        self._run_id = run_id
        self._writer = None
        if metrics is not None:
            self._writer = RowWriter(metrics / "metrics.jsonl", mirror=metrics / "metrics.csv")
        self._count = 0
        self._second, self._stamp = -1, ""
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._table = Table(self._path, _LEADING)
        self._waiting: Deque[Dict[str, object]] = deque()
        self._writing = threading.Lock()

    def save(self, row: Dict[str, object]) -> None:
        """Writes a row; a row that another thread is about to write is left to that one."""
        if self._pid != os.getpid():
            self._reset()
        try:
            plain = row
            for value in row.values():
                if type(value) not in PLAIN:
                    plain = {str(key): to_plain(item) for key, item in row.items()}
                    break
            self._waiting.append(
                {
                    "timestamp": self._now(),
                    "run_id": self._run_id,
                    **(renamed(plain, _LEADING, "the table") if "timestamp" in plain or "run_id" in plain else plain),
                }
            )
            if self._writer is not None:
                self._writer.add(self._point(plain))
            # A lock that is never waited for: neither a signal handler nor a fork can hang here.
            while self._waiting and self._writing.acquire(blocking=False):
                try:
                    if not self._write():
                        break
                finally:
                    self._writing.release()
        except Exception as error:  # noqa: BLE001 - recording never breaks training
            warn_once(f"rows {self._path}", f"a row for `{self._path}` is lost: {error!r}")

    def _now(self) -> str:
        """Local time, spelled anew once per second."""
        second = int(time.time())
        if second != self._second:
            self._stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(second))
            self._second = second
        return self._stamp

    def _write(self) -> bool:
        rows = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            self._table.append(rows)
            return True
        except OSError as error:
            warn_once(f"rows {self._path}", f"`{self._path}` cannot be written: {error.strerror}; training goes on")
            self._waiting.extendleft(reversed(rows[-_MAX_HELD:]))
            return False

    def _point(self, row: Dict[str, object]) -> Dict[str, object]:
        """The row as one of metrics.jsonl: its own ``step`` if it has one, else it is counted."""
        step = to_scalar(row.get("step"))
        rest = {key: value for key, value in row.items() if key != "step"} if step is not None else row
        if "step" in rest or "time" in rest:
            rest = renamed(rest, ("step", "time"), "metrics")
        point = {"step": self._count if step is None else step, "time": round(time.time(), 3), **rest}
        self._count += 1
        return point


def load(path: Path) -> List[Dict[str, Any]]:
    """The rows of a CSV file, with their types; a torn row at the end is not there yet."""
    whole = whole_rows(path).decode("utf-8", "replace")
    rows = csv.DictReader(io.StringIO(whole, newline=""))
    return [{str(key): _typed(key, value) for key, value in row.items() if key is not None} for row in rows]


def _typed(key: str, text: Optional[str]) -> Any:
    if not text:
        return None
    if key in _LEADING:
        return text
    if text in ("True", "False"):
        return text == "True"
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _NUMBER.match(text) else text


def tail(path: Path, count: int) -> str:
    """The last lines of a file, read from its end."""
    if count <= 0:
        return ""
    data = b""
    try:
        with open(path, "rb") as file:
            at = file.seek(0, os.SEEK_END)
            while at > 0 and data.count(b"\n") <= count:
                size = min(65_536, at)
                at = file.seek(at - size)
                data = file.read(size) + data
    except OSError:
        return ""
    return b"".join(data.splitlines(keepends=True)[-count:]).decode("utf-8", "replace")


