"""The program ``runyard`` as a helper: one process per Python process, asked in JSON lines (docs/ENGINE.md).

::

    calling threads ── requests ──> runyard engine ── answers, events ──> reader thread ── a queue per request
                                                                                       └── the handler of a submission

It is started at the first request and again if it has ended since; a fork begins without one.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from shutil import which
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

from . import _environment
from ._config import Config
from ._errors import EngineError, EngineMissing
from ._merge import merge

PROTOCOL = 1
# Requests that change nothing: asked again if the program ends meanwhile.
_REPEATABLE = frozenset({"compose", "merge", "sweep", "identify"})
# What a handler of events gets when there will be no more of them.
GONE: Dict[str, Any] = {"event": "gone"}

Handler = Callable[[Dict[str, Any]], None]


def find_program(what: str) -> str:
    """Path of the program: ``RUNYARD_BIN``, else beside the interpreter, else on PATH.

    Raises:
        EngineMissing: it is nowhere; `what` needs it.
    """
    named = _environment.text(_environment.BIN)
    if named:
        found = which(named)
        if found is None:
            raise EngineMissing(what, named)
        return os.path.abspath(found)
    found = which("runyard", path=os.path.dirname(sys.executable)) or which("runyard")
    if found is None:
        raise EngineMissing(what)
    return os.path.abspath(found)


class _Ended(Exception):
    """The program ended before it answered."""


class _Pending:
    def __init__(self, handler: Optional[Handler]) -> None:
        self.answer: "SimpleQueue[Optional[Dict[str, Any]]]" = SimpleQueue()
        self.handler = handler


class Engine:
    """One running program. Threads may ask at the same time."""

    def __init__(self, program: str) -> None:
        # A session of its own: Ctrl-C is ours to pass on.
        self._process = subprocess.Popen(
            [program, "engine"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._pending: Dict[int, _Pending] = {}
        self._handlers: Dict[str, Handler] = {}
        self._hello: "SimpleQueue[Optional[Dict[str, Any]]]" = SimpleQueue()
        self.is_alive = True
        threading.Thread(target=self._read, name="runyard-engine", daemon=True).start()
        hello = self._hello.get()
        if hello is None or hello.get("protocol") != PROTOCOL:
            self.close()
            said = "it ended at once" if hello is None else f"it speaks protocol {hello.get('protocol')}, and this package {PROTOCOL}"
            raise EngineError(
                f"the program `{program}` does not fit this package: {said}", "install both together: pip install -U runyard"
            )

    def ask(self, method: str, params: Mapping[str, Any], handler: Optional[Handler] = None) -> Any:
        """The result of one request; `handler` gets the events of the sweep that it makes, on the reader's thread.

        Raises:
            EngineError: it was refused.
            _Ended: there is no answer.
        """
        pending = _Pending(handler)
        line = json.dumps({"id": 0, "method": method, "params": params}, check_circular=False)
        with self._lock:
            number = next(self._numbers)
            self._pending[number] = pending
            text = line.replace('{"id": 0', f'{{"id": {number}', 1).encode() + b"\n"
            try:
                while text:
                    text = text[self._input.write(text) :]
            except (OSError, ValueError):
                raise _Ended from None
        answer = pending.answer.get()
        if answer is None:
            raise _Ended
        error = answer.get("error")
        if error is not None:
            raise EngineError(str(error.get("message")), str(error.get("hint") or ""), str(error.get("code")))
        return answer.get("result")

    def close(self) -> None:
        """Tells it to end. Its runs go on."""
        for pipe in (self._input, self._output) if not self.is_alive else (self._input,):
            try:
                pipe.close()
            except OSError:
                pass

    def forsake(self) -> None:
        """Closes what a fork has inherited, and waits for nobody: it is the parent's."""
        for pipe in (self._input, self._output):
            pipe.close()
        self._process.returncode = 0

    def _read(self) -> None:
        held = b""
        descriptor = self._output.fileno()
        try:
            while True:
                piece = os.read(descriptor, 1 << 16)
                if not piece:
                    break
                *lines, held = (held + piece).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))
        except (OSError, ValueError):
            # What it says cannot be understood: as good as gone.
            pass
        self.is_alive = False
        self._hello.put(None)
        self._process.wait()
        with self._lock:
            pending, handlers = list(self._pending.values()), list(self._handlers.values())
        for one in pending:
            one.answer.put(None)
        for handler in handlers:
            handler(GONE)

    def _take(self, message: Dict[str, Any]) -> None:
        if "event" in message:
            handler = self._handlers.get(message.get("sweep", ""))
            if handler is not None:
                handler(message)
            if message["event"] == "end":
                self._handlers.pop(message.get("sweep", ""), None)
        elif "id" in message:
            pending = self._pending.pop(message["id"], None)
            if pending is None:
                return
            # Here, so that no event comes before its handler is known.
            if pending.handler is not None and isinstance(message.get("result"), dict):
                self._handlers[message["result"]["sweep"]] = pending.handler
            pending.answer.put(message)
        else:
            self._hello.put(message)


_lock = threading.Lock()
_engine: Optional[Engine] = None


def ask(what: str, method: str, params: Mapping[str, Any], handler: Optional[Handler] = None) -> Any:
    """Asks the program, which is started if need be.

    Args:
        what: who needs it, for the message if there is no program: ``load_config``.
        handler: gets the events of the sweep that the request makes, on another thread; `GONE` if the program ends.
    """
    for attempt in (1, 2):
        engine = _running(what)
        try:
            return engine.ask(method, params, handler)
        except _Ended:
            if attempt == 2 or method not in _REPEATABLE:
                raise EngineError(
                    f"the program `runyard` ended while it was asked to {method}", "what was submitted goes on: see `runyard ls`"
                ) from None
    raise AssertionError("two attempts end in an answer or an error")


def _running(what: str) -> Engine:
    global _engine
    with _lock:
        if _engine is None or not _engine.is_alive:
            _engine = Engine(find_program(what))
            atexit.register(_engine.close)
        return _engine


def close() -> None:
    """Lets the program go, if there is one; the next request starts another."""
    global _engine
    with _lock:
        engine, _engine = _engine, None
    if engine is not None:
        atexit.unregister(engine.close)
        engine.close()


def _after_fork() -> None:
    global _engine, _lock
    _lock = threading.Lock()
    if _engine is not None:
        _engine.forsake()
        atexit.unregister(_engine.close)
        _engine = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _variables() -> Dict[str, str]:
    """The environment, without what is no text: bytes that are no UTF-8 cannot stand in JSON."""

    def is_text(value: str) -> bool:
        try:
            value.encode()
        except UnicodeEncodeError:
            return False
        return True

    return {name: value for name, value in os.environ.items() if is_text(name) and is_text(value)}


Paths = Union[str, "os.PathLike[str]"]


def load_config(
    path: Union[Paths, Sequence[Paths]], *, overrides: Union[Sequence[str], Mapping[str, Any]] = ()
) -> Config:
    """The config that files make together, as ``runyard run`` would: imports, dotted keys, ``$VAR``, references.

    Args:
        path: a YAML, TOML or JSON file, or several, of which later ones count more; none give an empty config.
        overrides: texts as on the command line (``"model.lr=0.1"``), or a dict that is merged in at the end.

    Raises:
        FileNotFoundError: there is no such file.
        EngineError: something is wrong in a file; its line is named.
        EngineMissing: there is no program `runyard`.
    """
    paths = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    files: List[str] = []
    for one in paths:
        file = Path(one).expanduser().absolute()
        if not file.is_file():
            raise FileNotFoundError(f"there is no config file `{one}`")
        files.append(str(file))
    words = [] if isinstance(overrides, Mapping) else list(overrides)
    if not files and not words:
        composed: Dict[str, Any] = {}
    else:
        # The variables of this moment: the program may have been started long ago.
        params = {"files": files, "overrides": words, "cwd": os.getcwd(), "variables": _variables()}
        composed = ask("load_config", "compose", params)["config"]
    return Config(merge(composed, overrides) if isinstance(overrides, Mapping) else composed)
