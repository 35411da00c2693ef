"""Rows reach their files on a thread of their own; the training loop only puts them into a queue.

::

    RowWriter.add ──► its queue (bounded) ──► the writer thread ──► one append of whole lines ──► x.jsonl, mirror.csv

One daemon thread serves all writers of a process. It sleeps until something comes, waits for `interval` so that rows of
one moment go out together, and writes. A fork starts with empty queues and a thread of its own: what the parent had
queued, the parent writes. At exit, and at the end of children of `multiprocessing`, everything is written.
"""

import atexit
import errno
import fcntl
import json
import os
import queue
import sys
import threading
import time
import weakref
from collections import deque
from pathlib import Path
from typing import Any, Callable, Deque, Dict, List, Mapping, Optional, Tuple, Union

from ._table import Table
from ._values import PLAIN, finite, to_plain
from ._warn import warn_once

Row = Dict[str, object]

# How long a caller waits at most for room in a full queue. After that its rows are dropped until there is some.
_PATIENCE_SECS = 5.0
# How long the end of a process waits at most for a disk that does not answer.
_FAREWELL_SECS = 30.0
_ROWS_PER_WRITE = 4096
_MAX_CALLS = 256
# Readers of metrics pass over longer rows.
_MAX_METRICS_BYTES = 1 << 20
_FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class RowWriter:
    """Appends rows to a JSON Lines file; a daemon thread encodes and writes, the caller only queues.

    Args:
        path: the file; it and its folder are made with the first row.
        mirror: a CSV file that gets the same rows, for pandas; columns `step` and `time` first.
        capacity: rows that may wait; a caller who comes with more is held up, 5 s at most.
        interval: seconds after which a queued row is in the file at the latest, if the disk lets it.

    No method raises, whatever the disk does; what is wrong is said once. Usable from any thread, and after a fork.
    """

    def __init__(
        self, path: Path, *, mirror: Optional[Path] = None, capacity: int = 65_536, interval: float = 0.2
    ) -> None:
        self.path = Path(path)
        self.capacity = capacity
        self.interval = interval
        self._table = Table(mirror, ("step", "time")) if mirror is not None else None
        self._reset()
        _writers.add(self)

    def _reset(self) -> None:
        """As new: nothing queued, nothing held back."""
        self._items: Deque[Union[Row, Callable[[], None]]] = deque()
        self._calls = 0
        self._is_used = False
        self._is_dirty = False
        self._is_hurried = False
        self._is_stuck = False
        self._held: List[bytes] = []
        self._held_rows: List[Row] = []
        self._draining = threading.RLock()
        if self._table is not None:
            self._table.close()

    def add(self, row: Mapping[str, object]) -> None:
        """Queues a row. Its values are taken as they are now: changing them afterwards changes nothing."""
        try:
            for value in row.values():
                if type(value) not in PLAIN:
                    own: Row = {str(key): to_plain(item) for key, item in row.items()}
                    break
            else:
                own = dict(row)
            items = self._items
            if len(items) >= self.capacity and not self._make_room():
                return
            items.append(own)
            if not self._is_dirty:
                self._is_dirty = self._is_used = True
                _courier.wake(self, False)
            elif not self._is_hurried and len(items) * 2 > self.capacity:
                self._is_hurried = True
                _courier.wake(self, True)
        except Exception as error:  # noqa: BLE001 - recording never breaks training
            warn_once(f"row {self.path}", f"a row for `{self.path}` is lost: {error!r}")

    def call(self, work: Callable[[], None]) -> None:
        """Does other work on the writer's thread, behind the rows queued so far. What it raises is said once."""
        try:
            if self._calls >= _MAX_CALLS and not self._make_room():
                return
            self._enqueue(work, False)
        except Exception as error:  # noqa: BLE001
            warn_once(f"call {self.path}", f"work for `{self.path}` is lost: {error!r}")

    def _enqueue(self, work: Callable[[], None], is_urgent: bool) -> None:
        self._calls += 1
        self._items.append(work)
        self._is_dirty = self._is_used = True
        _courier.wake(self, is_urgent)

    def flush(self, timeout: Optional[float] = None) -> bool:
        """Waits until what was queued before is in the files (of the operating system: it survives this process).

        Args:
            timeout: seconds to wait at most; None: as long as it takes.

        Returns False if it could not be written, or not in time.
        """
        return self._drained(timeout) and not self._held and not self._held_rows

    def close(self, timeout: Optional[float] = None) -> None:
        """Flushes and lets go of the files; a later row opens them again."""
        self.flush(timeout)
        if self._table is not None and self._draining.acquire(timeout=_PATIENCE_SECS):
            try:
                self._table.close()
            finally:
                self._draining.release()

    def _drained(self, timeout: Optional[float]) -> bool:
        try:
            if not self._is_used:
                return True
            if _courier.is_here() or not _courier.start():
                self._drain()
                return True
            done = threading.Event()
            self._enqueue(done.set, True)
            return done.wait(timeout)
        except Exception as error:  # noqa: BLE001
            warn_once(f"flush {self.path}", f"`{self.path}` could not be flushed: {error!r}")
            return False

    def _make_room(self) -> bool:
        """Waits for the thread to come through. A disk that hangs costs training this once, not with every row."""
        if not self._is_stuck:
            if self._drained(_PATIENCE_SECS):
                return True
            self._is_stuck = True
        warn_once(f"full {self.path}", f"`{self.path}` cannot be written fast enough: rows are lost")
        return False

    def _drain(self) -> None:
        """Writes what is queued; on the writer's thread, or on any when there is none."""
        with self._draining:
            self._is_dirty = self._is_hurried = False
            batch: List[Row] = []
            for _ in range(len(self._items)):
                try:
                    item = self._items.popleft()
                except IndexError:
                    break
                if isinstance(item, dict):
                    batch.append(item)
                    if len(batch) >= _ROWS_PER_WRITE:
                        self._write(batch)
                        batch = []
                    continue
                self._write(batch)
                batch = []
                self._perform(item)
            self._write(batch)
            self._is_stuck = False
            if self._items and not self._is_dirty:
                self._is_dirty = True
                _courier.wake(self, False)

    def _perform(self, work: Callable[[], None]) -> None:
        self._calls = max(0, self._calls - 1)
        try:
            work()
        except Exception as error:  # noqa: BLE001
            warn_once(f"work {self.path} {type(error).__name__}", f"something for `{self.path}` is lost: {error!r}")

    def _write(self, rows: List[Row]) -> None:
        if not rows and not self._held and not self._held_rows:
            return
        lines = [_encode(row) for row in rows]
        if self._table is None:
            self._held = self._append(self._held + lines)
            return
        if any(len(line) > _MAX_METRICS_BYTES for line in lines):
            warn_once(f"long {self.path}", f"a row of `{self.path}` has more than 1 MiB: it is left out")
            rows = [row for row, line in zip(rows, lines) if len(line) <= _MAX_METRICS_BYTES]
            lines = [line for line in lines if len(line) <= _MAX_METRICS_BYTES]
        self._held = self._append(self._held + lines)
        rows = self._held_rows + rows
        try:
            self._table.append(rows)
            self._held_rows = []
        except Exception as error:  # noqa: BLE001
            self._held_rows = self._kept(rows, error, self._table.path)

    def _append(self, lines: List[bytes]) -> List[bytes]:
        """Appends the lines; returns those that are to be tried again."""
        while lines:
            part = lines[:_ROWS_PER_WRITE]
            try:
                whole = append_lines(self.path, part)
            except Exception as error:  # noqa: BLE001
                return self._kept(lines, error, self.path)
            lines = lines[whole:]
            if whole < len(part):
                return self._kept(lines, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), self.path)
        return []

    def _kept(self, items: List[Any], error: Exception, path: Path) -> List[Any]:
        """What a full disk may still take later; anything else is lost."""
        if isinstance(error, OSError) and error.errno in _FULL_DISK:
            warn_once(f"disk {path}", f"`{path}` cannot be written now: {error.strerror}; training goes on")
            if len(items) > self.capacity:
                warn_once(f"lost {path}", f"rows for `{path}` are lost: the disk stays full")
            return items[-self.capacity :]
        warn_once(f"disk {path}", f"`{path}` cannot be written, its rows are lost: {error}")
        return []


def append_lines(path: Path, lines: List[bytes]) -> int:
    """Appends whole lines by one write, behind a torn line of somebody who died a line break first.

    Returns how many lines are in the file: fewer than given if the disk became full between. Raises `OSError`.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        fd = os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(path.parent, exist_ok=True)
        fd = os.open(path, flags, 0o666)
    try:
        # Another process' write in progress looks like a torn line. Locks of this kind end with the process and are not
        # inherited, so neither a death nor a fork between can leave one behind; closing the file lets go of it.
        _lock(fd)
        size = os.fstat(fd).st_size
        torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
        data = b"".join([b"\n", *lines] if torn else lines)
        written = os.write(fd, data)
    finally:
        os.close(fd)
    if written == len(data):
        return len(lines)
    room, whole = written - int(torn), 0
    while room >= len(lines[whole]):
        room -= len(lines[whole])
        whole += 1
    return whole


def _lock(fd: int) -> None:
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX)
    except OSError:
        pass  # a file system without locks, or no file at all: an empty line may come, which readers pass over


def _encode(row: Row) -> bytes:
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(finite(to_plain(row)), ensure_ascii=False)
    return text.encode("utf-8", "replace") + b"\n"


class _Courier:
    """The thread. It is started with the first row, and again in each fork that writes."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        # A SimpleQueue may be used within signal handlers; locks and events may not. It holds at most a few entries per
        # writer: one when it becomes dirty, one when its queue is half full, one for each of its calls, which are bounded.
        self._inbox: "queue.SimpleQueue[Tuple[Optional[RowWriter], bool]]" = queue.SimpleQueue()
        self._thread: Optional[threading.Thread] = None
        self._starting = threading.Lock()
        self._has_ended = False

    def is_here(self) -> bool:
        return threading.current_thread() is self._thread

    def start(self) -> bool:
        """Makes sure that the thread runs; False if none can, at the end of a process."""
        if self._thread is not None:
            return not self._has_ended
        if self._has_ended:
            return False
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._serve, name="runyard-writer", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    return False
                self._thread = thread
                _watch_child()
        return True

    def wake(self, writer: RowWriter, is_urgent: bool) -> None:
        if self._thread is None and not self.start() or self._has_ended:
            writer._drain()
        else:
            self._inbox.put((writer, is_urgent))

    def end(self) -> None:
        """Writes everything and stops; what comes afterwards is written at once."""
        thread = self._thread
        self._has_ended = True
        if thread is None or thread is threading.current_thread():
            return
        self._inbox.put((None, True))
        thread.join(_FAREWELL_SECS)
        if thread.is_alive():
            warn_once("end", "the last rows are lost: the disk does not answer")
            return
        for writer in list(_writers):
            if writer._items or writer._held or writer._held_rows:
                writer._drain()

    def _serve(self) -> None:
        is_last = False
        while not is_last:
            dirty: Dict[int, RowWriter] = {}
            until = float("inf")
            wait: Optional[float] = None
            while wait is None or wait > 0:
                try:
                    writer, is_urgent = self._inbox.get(timeout=wait)
                except queue.Empty:
                    break
                if writer is not None:
                    dirty[id(writer)] = writer
                    until = min(until, time.monotonic() + writer.interval)
                is_last = is_last or writer is None
                wait = 0.0 if is_urgent else until - time.monotonic()
                if is_urgent:
                    break
            _drain_all(dirty)


def _drain_all(writers: Dict[int, RowWriter]) -> None:
    for writer in writers.values():
        try:
            writer._drain()
        except Exception as error:  # noqa: BLE001 - the thread serves other writers, too
            warn_once(f"drain {writer.path}", f"rows for `{writer.path}` are lost: {error!r}")


def _watch_child() -> None:
    """Children of `multiprocessing` end without `atexit`; they have finalizers instead."""
    process = sys.modules.get("multiprocessing.process")
    util = sys.modules.get("multiprocessing.util")
    if process is not None and util is not None and process.parent_process() is not None:
        # Late, so that other finalizers may still record something.
        util.Finalize(None, _courier.end, exitpriority=-1000)


def _after_fork() -> None:
    # First, and whatever becomes of the rest: the parent's thread is not here.
    _courier._reset()
    for writer in list(_writers):
        try:
            writer._reset()
        except OSError as error:
            warn_once(f"fork {writer.path}", f"`{writer.path}` could not be let go after a fork: {error}")


_writers: "weakref.WeakSet[RowWriter]" = weakref.WeakSet()
_courier = _Courier()
atexit.register(_courier.end)
os.register_at_fork(after_in_child=_after_fork)
