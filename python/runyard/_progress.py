"""How a batch is shown while it runs: one line that is drawn again on a terminal, a line per point elsewhere."""

import os
import shutil
import sys
import threading
import time
from typing import Dict, Optional, TextIO

_CELLS = 24


class Progress:
    """Counts and shows; on standard error, or on the stream given. It never raises.

    Args:
        total: points of the batch.
        cached: how many of them have a result already.
        is_quiet: nothing but failures is shown.
    """

    def __init__(self, total: int, cached: int, *, is_quiet: bool = False, stream: Optional[TextIO] = None) -> None:
        self._total, self._cached, self._is_quiet = total, cached, is_quiet
        self._stream = stream if stream is not None else sys.stderr
        self._is_terminal = not is_quiet and _is_terminal(self._stream)
        self._passed = self._failed = 0
        self._running: Dict[int, str] = {}
        self._began = time.monotonic()
        self._is_drawn, self._drawn = False, ""
        self._lock = threading.Lock()

    @property
    def done(self) -> int:
        """Points that need no more waiting."""
        return self._cached + self._passed + self._failed

    def say(self, text: str) -> None:
        """A line of its own, above the bar."""
        with self._lock:
            self._wipe()
            self._write(text + "\n")
        self.draw()

    def started(self, index: int, name: str) -> None:
        """A run of a point has begun."""
        self._running[index] = name
        self.draw()

    def waits(self, index: int) -> None:
        """A point waits again: it is tried once more."""
        self._running.pop(index, None)
        self.draw()

    def ended(self, index: int, name: str, failure: Optional[str], elapsed: Optional[float]) -> None:
        """A point has its end; `failure` says what went wrong in one line."""
        self._running.pop(index, None)
        if failure is None:
            self._passed += 1
        else:
            self._failed += 1
        took = "" if elapsed is None else f" ({elapsed:.1f} s)"
        if failure is not None:
            self.say(f"[{self.done}/{self._total}] failed {name}: {failure}{took}")
        elif self._is_terminal or self._is_quiet:
            self.draw()
        else:
            self.say(f"[{self.done}/{self._total}] passed {name}{took}")

    def draw(self) -> None:
        """Draws the line as it is now, if there is a terminal to draw it on."""
        if not self._is_terminal:
            return
        with self._lock:
            line = self._line()
            if self._is_drawn and line == self._drawn:
                return
            self._wipe()
            self._write(line)
            self._is_drawn, self._drawn = True, line

    def close(self) -> None:
        """Leaves the last line where it is."""
        with self._lock:
            if self._is_drawn:
                self._write("\n")
            self._is_drawn = False
            self._is_terminal = False

    def _line(self) -> str:
        filled = _CELLS * self.done // max(1, self._total)
        parts = [f"{'█' * filled}{'░' * (_CELLS - filled)} {self.done}/{self._total}"]
        counts = (("running", len(self._running)), ("passed", self._passed), ("failed", self._failed), ("cached", self._cached))
        parts += [f"{count} {word}" for word, count in counts if count]
        left = self.remaining()
        if left is not None:
            parts.append(f"{duration(left)} left")
        if self._running:
            parts.append(next(iter(self._running.values())))
        line, width = " · ".join(parts), shutil.get_terminal_size().columns - 1
        return line if len(line) <= width else line[: max(0, width - 1)] + "…"

    def remaining(self) -> Optional[float]:
        """Seconds until the end at the pace so far; None as long as nothing has ended."""
        ended = self._passed + self._failed
        if not ended or self.done >= self._total:
            return None
        return (time.monotonic() - self._began) / ended * (self._total - self.done)

    def _wipe(self) -> None:
        if self._is_drawn:
            self._write("\r\x1b[2K")
            self._is_drawn = False

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except UnicodeEncodeError:
            self._stream.write(text.encode("ascii", "replace").decode())
        except (OSError, ValueError):
            # Nobody looks any more.
            pass


def duration(seconds: float) -> str:
    """``0:07``, ``12:30``, ``2:05:00``, ``3 d 4 h``."""
    whole = int(seconds + 0.5)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty() and os.environ.get("TERM") != "dumb"
    except (AttributeError, ValueError):
        return False
