"""How a batch is shown."""

import io
import re
from typing import List

from runyard._progress import Progress, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(text: str) -> List[str]:
    """The lines as a terminal leaves them."""
    return [line.split("\x1b[2K")[-1] for line in re.split(r"\n", text)]


def test_a_terminal_has_one_line_that_counts() -> None:
    terminal = Terminal()
    progress = Progress(4, 1, stream=terminal)
    progress.started(0, "a")
    progress.started(1, "b")
    assert screen(terminal.getvalue())[-1] == "█" * 6 + "░" * 18 + " 1/4 · 2 running · 1 cached · a"
    drawn = len(terminal.getvalue())
    progress.draw()
    assert len(terminal.getvalue()) == drawn, "the same is not drawn twice"
    progress.ended(0, "a", None, 1.0)
    assert re.search(r" 2/4 · 1 running · 1 passed · 1 cached · \d+:\d\d left · b$", screen(terminal.getvalue())[-1])
    progress.ended(1, "b", "ValueError: bad", 2.0)
    lines = screen(terminal.getvalue())
    assert lines[-2] == "[3/4] failed b: ValueError: bad (2.0 s)" and " 3/4 · 1 passed · 1 failed · 1 cached" in lines[-1]
    progress.waits(7)
    progress.close()
    progress.draw()
    assert terminal.getvalue().endswith("left\n")


def test_elsewhere_there_is_a_line_per_point_and_no_escape() -> None:
    stream = io.StringIO()
    progress = Progress(2, 0, stream=stream)
    progress.started(0, "a")
    progress.ended(0, "a", None, 0.25)
    progress.ended(1, "b", "Lost: gone", None)
    progress.close()
    assert stream.getvalue() == "[1/2] passed a (0.2 s)\n[2/2] failed b: Lost: gone\n"


def test_quiet_shows_failures_only() -> None:
    stream = Terminal()
    progress = Progress(2, 0, is_quiet=True, stream=stream)
    progress.ended(0, "a", None, 0.25)
    progress.ended(1, "b", "Lost: gone", None)
    assert stream.getvalue() == "[2/2] failed b: Lost: gone\n"


def test_a_stream_that_is_closed_changes_nothing() -> None:
    stream = io.StringIO()
    stream.close()
    progress = Progress(1, 0, stream=stream)
    progress.ended(0, "a", "x", None)
    progress.close()


def test_durations_are_read_at_a_glance() -> None:
    assert [duration(s) for s in (0.4, 7, 750, 7500, 273_600)] == ["0:00", "0:07", "12:30", "2:05:00", "3 d 4 h"]
