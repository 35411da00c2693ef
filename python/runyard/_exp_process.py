"""A command that an `Experiment` started: in a session of its own, writing into its log by itself, watched until its end."""

import codecs
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Union

_WATCH = Path(__file__).with_name("_exp_watch.py")


class ExperimentProcess:
    """The running command, as `subprocess.Popen` shows one.

    `pid` is that of the command, which leads its process group; `returncode` is None until it has ended, then its exit code,
    or the negated number of the signal that ended it. Output goes to the log alone, so `stdout` and `stderr` are None. The
    command and its record outlive this object, and this process.
    """

    stdin = stdout = stderr = None

    def __init__(self, command: Union[str, Sequence[str]], folder: Path, run: str, cwd: Path, env: Dict[str, str]) -> None:
        self.args = command
        self.returncode: Optional[int] = None
        self._lock = threading.Lock()
        self._rest = b""
        words = ["sh", "-c", command] if isinstance(command, str) else [str(word) for word in command]
        self._pipe, end = os.pipe()
        try:
            with open(folder / "logs" / f"{run}.log", "ab") as log:
                self._watcher = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(_WATCH), str(folder), run, str(end), *words],
                    cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[end], start_new_session=True,
                )  # fmt: skip
        except BaseException:
            os.close(self._pipe)
            raise
        finally:
            os.close(end)
        first = self._next(None)
        if first is None or "pid" not in first:
            self._finish(1)
            raise RuntimeError(f"`{words[0]}` could not be started: {(first or {}).get('error', 'its watcher ended')}")
        self.pid: int = first["pid"]

    def poll(self) -> Optional[int]:
        """The return code; None while the command runs."""
        return self._wait(0.0)

    def wait(self, timeout: Optional[float] = None) -> int:
        """Waits for the end, and returns the return code.

        Args:
            timeout: seconds to wait at most; then `subprocess.TimeoutExpired` is raised.
        """
        code = self._wait(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Sends a signal to the command and everything in its process group; nothing if it has ended."""
        if self.poll() is None:
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                pass

    def terminate(self) -> None:
        """Asks the command, and its group, to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the command, and its group, at once."""
        self.send_signal(signal.SIGKILL)

    def end(self, grace: float = 5.0) -> int:
        """Terminates, kills what has not ended after ``grace`` seconds, and returns the return code."""
        self.terminate()
        try:
            return self.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.wait()

    def __enter__(self) -> "ExperimentProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()

    def _wait(self, timeout: Optional[float]) -> Optional[int]:
        until = None if timeout is None else time.monotonic() + timeout
        if not self._lock.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
            return self.returncode
        try:
            if self.returncode is None:
                rest = None if until is None else max(0.0, until - time.monotonic())
                if select.select([self._pipe], [], [], rest)[0]:
                    last = self._next(rest)
                    # A watcher that ended without a word was killed, and nobody knows how the command ended.
                    self._finish(last["exit"] if last else -signal.SIGKILL)
            return self.returncode
        finally:
            self._lock.release()

    def _next(self, timeout: Optional[float]) -> Optional[Dict[str, Any]]:
        while b"\n" not in self._rest:
            data = os.read(self._pipe, 4096)
            if not data:
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        message: Dict[str, Any] = json.loads(line)
        return message

    def _finish(self, code: int) -> None:
        self.returncode = code
        os.close(self._pipe)
        self._watcher.wait()


def follow(process: ExperimentProcess, log: Path, start: int) -> int:
    """Copies what the command writes to standard output until its end; returns its return code.

    The log is looked at every 50 ms: the standard library cannot be told of a file's growth, and a pipe would end the command
    with this process.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with open(log, "rb") as file:
        file.seek(start)
        while True:
            code = process._wait(0.05)
            text = decoder.decode(file.read(), final=code is not None)
            if text:
                sys.stdout.write(text)
                sys.stdout.flush()
            if code is not None:
                return code


def gpus(ids: Union[str, Sequence[Any], None]) -> List[Union[int, str]]:
    """Devices of a list or a text such as ``"0,1"``; numbers become numbers, other ids stay texts."""
    words = ids.split(",") if isinstance(ids, str) else list(ids or [])
    texts = [str(word).strip() for word in words]
    return [int(text) if text.isdigit() else text for text in texts if text]
