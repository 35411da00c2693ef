"""From a submission to the last event: what runs, what ended how, and Ctrl-C.

The main thread waits on one inbox: events of the engine, runs that want to be called here, Ctrl-C.
"""

import contextlib
import json
import signal
import sys
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from . import _engine, _results
from ._batch import Interrupted, Options, Point
from ._config import Config
from ._errors import EngineError
from ._executors import InlineExecutor, SubprocessExecutor
from ._progress import Progress
from ._stand_in import Desk, Stopped, Visit, stop


# How often the log is looked at that `-s` shows, and the line with the time that is left is drawn anew, seconds.
_LOOK, _REDRAW = 0.1, 1.0
_PIECE = 1 << 20

Submit = Callable[[Optional[List[str]], Dict[str, Any]], Dict[str, Any]]


class Follower:
    """Follows one submission. A context manager: Ctrl-C cancels while it is entered."""

    def __init__(
        self, options: Options, points: Sequence[Point], function: Callable[[Config], Any], progress: Progress
    ) -> None:
        self._options, self._function, self._progress = options, function, progress
        self._points = {point.index: point for point in points}
        self._open = set(self._points)
        self._inbox: "SimpleQueue[Tuple[str, Any]]" = SimpleQueue()
        self._outputs: Dict[int, _Output] = {}
        self._interrupts = self._stops = 0
        self._is_submitted = False
        self._visit: Optional[Visit] = None
        self._around = contextlib.ExitStack()
        self._thread = threading.get_ident()

    def __enter__(self) -> "Follower":
        if threading.current_thread() is threading.main_thread():
            before = signal.signal(signal.SIGINT, self._on_signal)
            self._around.callback(signal.signal, signal.SIGINT, before)
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.close()
        self._around.close()

    def take_event(self, event: Dict[str, Any]) -> None:
        """Puts an event into the inbox; called by the engine's reader."""
        self._inbox.put(("event", event))

    def follow(self, submit: Submit) -> None:
        """Submits, and waits for the end of every point.

        Raises:
            Interrupted: by Ctrl-C.
        """
        command, settings = self._command()
        submitted = submit(command, settings)
        self._is_submitted = True
        sweep = submitted["sweep"]
        address = submitted.get("address")
        if address and not self._options.is_shown:
            self._progress.say(f"runyard: {_count(len(self._points), 'point')} at {address}")
        slots, limit = submitted.get("slots"), self._options.limit
        if slots and limit and min(limit, len(self._points)) > slots:
            self._progress.say(f"runyard: {limit} may run at a time, and the project has {_count(slots, 'slot')}: `slots` in its settings.toml")
        self._progress.draw()
        is_over = False
        while not is_over:
            kind, item = self._next()
            if kind == "visit":
                self._receive(item)
            elif kind == "interrupt":
                self._cancel(sweep)
            elif kind == "event":
                is_over = self._take(item)
            self._show()
        for output in self._outputs.values():
            output.show()
        if self._interrupts:
            raise Interrupted

    def _command(self) -> Tuple[Optional[List[str]], Dict[str, Any]]:
        """What the tasks execute, None for the script, and the engine's executor."""
        executor = self._options.executor
        if not self._options.is_inside and isinstance(executor, SubprocessExecutor):
            return None, executor.settings()
        desk = self._around.enter_context(Desk(lambda visit: self._inbox.put(("visit", visit))))
        program = _engine.find_program(f"the executor {executor!r}")
        return [program, "stand-in", desk.path], {"kind": "subprocess"}

    def _next(self) -> Tuple[str, Any]:
        timeout = _LOOK if self._outputs else _REDRAW
        try:
            return self._inbox.get(timeout=timeout)
        except Empty:
            return "tick", None

    def _show(self) -> None:
        # A log is a file that others write, and a file tells nobody that it has grown.
        for output in self._outputs.values():
            output.show()
        self._progress.draw()

    # Events

    def _take(self, event: Dict[str, Any]) -> bool:
        """Whether that was the last."""
        if event["event"] == "end":
            for index in list(self._open):
                self._end(self._points[index], "lost", {"reason": "nothing was heard of its end"})
            return True
        if event["event"] == "gone":
            self._progress.say("runyard: the program has ended; what was submitted goes on, and --continue takes its results")
            for index in list(self._open):
                self._end(self._points[index], "lost", {"reason": "the program `runyard` ended while it ran"})
            return True
        if event["event"] == "problem":
            self._progress.say(f"runyard: {_message(event.get('error'))}")
            return False
        point = self._points.get(event.get("index", -1)) if event["event"] == "task" else None
        if point is None or point.index not in self._open:
            return False
        status = event["status"]
        if event.get("is_final"):
            self._end(point, status, event)
        elif status == "running":
            self._progress.started(point.index, point.name)
            if self._options.is_shown and not self._options.is_inside and event.get("log"):
                prefix = "" if self._options.limit == 1 else f"[{point.name}] "
                output = self._outputs.get(point.index)
                if output is None or output.path != event["log"]:
                    self._outputs[point.index] = _Output(event["log"], prefix)
        else:
            self._progress.waits(point.index)
        return False

    def _end(self, point: Point, status: str, event: Dict[str, Any]) -> None:
        self._open.discard(point.index)
        output = self._outputs.pop(point.index, None)
        if output is None and self._options.is_shown and not self._options.is_inside and event.get("log"):
            # It was over before it was seen to run.
            output = _Output(event["log"], "" if self._options.limit == 1 else f"[{point.name}] ")
        if output is not None:
            output.show()
        began, ended = event.get("started_at_ms"), event.get("ended_at_ms")
        point.elapsed = (ended - began) / 1000 if began is not None and ended is not None else None
        reason = event.get("reason") or ""
        if status == "completed":
            self._complete(point)
        elif status == "failed":
            error = _results.read_error(point.folder) if began is not None else None
            if error is None:
                point.fail("failed", "RunFailed", _ending(event.get("run_dir")) or reason or "the run failed")
            else:
                point.fail("failed", error.get("type", ""), error.get("message", ""), error.get("traceback", ""))
            # Whatever stands there is none of this run.
            with contextlib.suppress(OSError):
                (point.folder / _results.RESULT).unlink()
        else:
            point.fail(status, status.capitalize(), reason or f"it is {status}")
        failure = None if point.error is None else f"{point.error['type']}: {point.error['message']}".splitlines()[0]
        self._progress.ended(point.index, point.name, failure, point.elapsed)

    def _complete(self, point: Point) -> None:
        try:
            if not point.take_result("completed"):
                point.fail("failed", "NoResult", "the process ended with exit status 0 and left no result")
        except _results.Unreadable as trouble:
            point.fail("failed", "Unreadable", f"what the function returned cannot be read here: {trouble}")

    # Calls inside this program

    def _receive(self, visit: Visit) -> None:
        is_alone = self._options.limit == 1
        if isinstance(self._options.executor, InlineExecutor):
            self._perform(visit, is_alone)
            return
        threading.Thread(target=self._perform, args=(visit, is_alone), name="runyard-call", daemon=True).start()

    def _perform(self, visit: Visit, is_alone: bool) -> None:
        thread = threading.get_ident()
        is_main = threading.current_thread() is threading.main_thread()

        def on_gone() -> None:
            if not is_main:
                stop(thread)
                return
            self._stops += 1
            signal.pthread_kill(thread, signal.SIGINT)

        code = 1
        try:
            if is_main:
                self._visit = visit
            visit.watch(on_gone)
            code = visit.perform(self._options.executor, self._function, is_alone, self._options.is_shown)
        except (Stopped, KeyboardInterrupt):
            # In the moment between the call and here.
            code = 130
        except Exception as error:
            # Not the call's fault: a folder that cannot be written, say.
            print(f"runyard: {error}", file=sys.stderr)
        finally:
            self._visit = None if is_main else self._visit
            visit.answer(code)

    # Ctrl-C

    def _on_signal(self, _number: int, _frame: Optional[FrameType]) -> None:
        visit = self._visit
        is_calling = visit is not None and visit.is_calling
        if self._stops:
            self._stops -= 1
            if visit is not None and visit.is_gone and is_calling:
                raise Stopped("the run was cancelled")
            return
        self._inbox.put(("interrupt", None))
        # In the function, or in a submission that does not come to an end.
        if is_calling or (not self._is_submitted and self._inbox.qsize() > 1):
            raise KeyboardInterrupt

    def _cancel(self, sweep: str) -> None:
        self._interrupts += 1
        if self._interrupts > 2:
            raise Interrupted
        again = "Ctrl-C again kills them" if self._interrupts == 1 else "they are killed"
        self._progress.say(f"runyard: cancelling {_count(len(self._open), 'point')}; {again}")
        try:
            _engine.ask("cancelling", "cancel", {"sweep": sweep})
        except EngineError as error:
            self._progress.say(f"runyard: {error}")
            raise Interrupted from None


class _Output:
    """A log that is shown while it is written."""

    def __init__(self, path: str, prefix: str) -> None:
        self.path, self._prefix = path, prefix
        self._at, self._is_line_begun = 0, False

    def show(self) -> None:
        """Shows what has come since."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self._at)
                while True:
                    piece = file.read(_PIECE)
                    if not piece:
                        return
                    self._at += len(piece)
                    self._write(piece)
        except OSError:
            # It is not there yet, or not any more.
            return

    def _write(self, piece: bytes) -> None:
        if self._prefix:
            text = piece.decode("utf-8", "replace")
            lines = text.splitlines(keepends=True)
            text = "".join(("" if i == 0 and self._is_line_begun else self._prefix) + line for i, line in enumerate(lines))
            self._is_line_begun = not lines[-1].endswith(("\n", "\r"))
            piece = text.encode("utf-8", "replace")
        raw = getattr(sys.stdout, "buffer", None)
        if raw is None:
            sys.stdout.write(piece.decode("utf-8", "replace"))
        else:
            raw.write(piece)
        sys.stdout.flush()


def _ending(run_dir: Optional[str]) -> str:
    """How a process ended that could not say so itself, by the record of its run; empty if that is not how it failed."""
    try:
        outcome = json.loads((Path(run_dir or "") / "run.json").read_bytes())["outcome"]
        if outcome["kind"] == "failed":
            return f"the process ended with exit status {outcome['exit_code']}"
        if outcome["kind"] == "signaled":
            return f"the process was ended by {signal.Signals(outcome['signal']).name}"
    except (OSError, ValueError, KeyError, TypeError):
        # The reason that came with the event has to do.
        pass
    return ""


def _message(error: Any) -> str:
    return str(error.get("message")) if isinstance(error, dict) else str(error)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
