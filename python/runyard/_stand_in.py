"""Calls inside the calling program: each has a task whose process only stands in for it (``runyard stand-in SOCKET``).

::

    stand-in ── {"point", "run_dir", "output_dir", "config"} + descriptors 1 and 2 ──> Desk ── Visit
             <── {"exit": code} ─────────────────────────────────────────────────────────────┘

The stand-in's end before the answer is a cancelled run: the call is stopped.
"""

import array
import contextlib
import ctypes
import json
import os
import shutil
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

from . import _environment, _results, _task
from ._config import Config
from ._executors import Executor

_MAX_LINE = 1 << 20


class Stopped(BaseException):
    """The run was cancelled; raised inside the call."""


class Visit:
    """A run that waits for its call."""

    def __init__(self, connection: socket.socket, said: Dict[str, Any], descriptors: List[int]) -> None:
        self._connection, self._descriptors = connection, descriptors
        self.point = int(said["point"])
        self.run_dir, self.folder = Path(said["run_dir"]), Path(said["output_dir"])
        self.config_path = Path(said["config"])
        self.environment = {
            _environment.RUN_DIR: said["run_dir"],
            _environment.CONFIG: str(self.run_dir / "config.yaml"),
            _environment.OUTPUT_DIR: said["output_dir"],
            _environment.POINT: str(self.point),
        }
        self.environment.update(_task_of(self.run_dir))
        # Only while the caller's own code runs may it be interrupted.
        self.is_calling = False
        self.is_gone = self._is_answered = False

    def watch(self, on_gone: Callable[[], None]) -> None:
        """Calls back, on another thread, when the run is cancelled before it has its answer."""

        def wait() -> None:
            try:
                is_over = not self._connection.recv(1)
            except OSError:
                return
            if is_over and not self._is_answered:
                self.is_gone = True
                on_gone()

        threading.Thread(target=wait, name="runyard-visit", daemon=True).start()

    def answer(self, code: int) -> None:
        """Ends the run with this exit status."""
        self._is_answered = True
        try:
            self._connection.sendall(json.dumps({"exit": code}).encode() + b"\n")
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            # Nobody waits any more.
            pass
        self._connection.close()
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = []

    def perform(self, executor: Executor, function: Callable[[Config], Any], is_alone: bool, is_shown: bool) -> int:
        """Makes the call; the exit status. Alone, it has the program's environment and descriptors for itself."""
        _results.clear(self.folder)
        config = Config(json.loads(self.config_path.read_bytes()))
        config["out"] = self.folder
        path = self.folder / _results.RESULT
        with contextlib.ExitStack() as around:
            if is_alone:
                around.enter_context(_environment_of(self))
                if not is_shown and len(self._descriptors) == 2:
                    around.enter_context(_output_to(self._descriptors))

            def work() -> Any:
                self.is_calling = True
                try:
                    if self.is_gone:
                        raise Stopped("the run was cancelled before its call")
                    value = executor.run(function, config, path)
                finally:
                    self.is_calling = False
                if value is None and path.exists():
                    return _written_by_hand(self.folder)
                return value

            return _task.carry_out(self.folder, work)


def _written_by_hand(folder: Path) -> Any:
    """What an executor has written itself, as it is or in our form."""
    import pickle

    try:
        return _results.read_result(folder)[1]
    except _results.Unreadable:
        return pickle.loads((folder / _results.RESULT).read_bytes())


class Desk:
    """Where stand-ins come to: a socket that nobody else can reach. A context manager."""

    def __init__(self, receive: Callable[[Visit], None]) -> None:
        # A folder of its own, readable by nobody else, and a path that is short enough for a socket's.
        self._folder = tempfile.mkdtemp(prefix="runyard-")
        self.path = os.path.join(self._folder, "calls")
        self._receive = receive
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(self.path)
        self._socket.listen(64)
        self._owner = os.getpid()

    def __enter__(self) -> "Desk":
        threading.Thread(target=self._accept, name="runyard-desk", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if os.getpid() != self._owner:
            return
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._welcome, args=(connection,), name="runyard-visit", daemon=True).start()

    def _welcome(self, connection: socket.socket) -> None:
        descriptors: List[int] = []
        try:
            text = b""
            while not text.endswith(b"\n") and len(text) < _MAX_LINE:
                piece, new = _receive(connection)
                descriptors += new
                if not piece:
                    raise ValueError("it ended before it said who it is")
                text += piece
            visit = Visit(connection, json.loads(text), descriptors)
        except (OSError, ValueError, KeyError, TypeError):
            connection.close()
            for descriptor in descriptors:
                os.close(descriptor)
            return
        self._receive(visit)


def _receive(connection: socket.socket) -> "tuple[bytes, List[int]]":
    numbers = array.array("i")
    text, ancillary, _, _ = connection.recvmsg(1 << 16, socket.CMSG_LEN(2 * numbers.itemsize))
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
    for number in numbers:
        os.set_inheritable(number, False)
    return text, list(numbers)


def _task_of(run_dir: Path) -> Dict[str, str]:
    """The variables that name the run's task and its number: by its record, and where its project is around it."""
    try:
        record = json.loads((run_dir / "run.json").read_bytes())
        found = {_environment.RUN_INDEX: str(record["number"])}
        place = Path("_runyard_", record["task"]["experiment"], "tasks", record["task"]["task"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    for folder in run_dir.parents:
        if (folder / place / "task.json").is_file():
            found[_environment.TASK_DIR] = str(folder / place)
            break
    return found


@contextlib.contextmanager
def _environment_of(visit: Visit) -> Iterator[None]:
    """The variables that a task finds, for the time of the call."""
    wanted = visit.environment
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _output_to(descriptors: List[int]) -> Iterator[None]:
    """Everything that the process prints, by C code and its children, too, goes to these two for a while."""
    _flush()
    kept = [os.dup(number) for number in (1, 2)]
    streams = sys.stdout, sys.stderr
    opened: List[Any] = []
    try:
        for number, descriptor in zip((1, 2), descriptors):
            os.dup2(descriptor, number)
        # Streams that do not end in these descriptors (a notebook's, a test's) are replaced; others need flushing only.
        for name, number in (("stdout", 1), ("stderr", 2)):
            if _descriptor(getattr(sys, name)) != number:
                stream = os.fdopen(os.dup(number), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
                opened.append(stream)
                setattr(sys, name, stream)
        yield
    finally:
        _flush()
        sys.stdout, sys.stderr = streams
        for number, descriptor in zip((1, 2), kept):
            os.dup2(descriptor, number)
            os.close(descriptor)
        for stream in opened:
            stream.close()


def _descriptor(stream: Any) -> Optional[int]:
    try:
        return int(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return None


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    with contextlib.suppress(Exception):
        # What C code has printed waits in a buffer of its own.
        ctypes.CDLL(None).fflush(None)


def stop(thread: int) -> None:
    """Raises `Stopped` in a thread that is not the main one, as soon as it executes Python again."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Stopped))
