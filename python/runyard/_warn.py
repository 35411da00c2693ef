"""What goes wrong beside training is said once per kind, on standard error, and never raised."""

import sys
from typing import Set

_said: Set[str] = set()


def warn_once(kind: str, message: str) -> None:
    """Says ``message`` on standard error the first time that a process comes with this ``kind``.

    Args:
        kind: what counts as the same; a constant of the place, with a type or a path behind it where each is news.
        message: one sentence without a full stop; ``runyard: `` is put in front.

    Never raises: a standard error that is closed, or full, changes nothing for the caller.
    """
    if kind in _said:
        return
    _said.add(kind)
    try:
        print(f"runyard: {message}", file=sys.stderr, flush=True)
    except Exception:  # noqa: BLE001 - there is nowhere left to say it
        pass


def forget() -> None:
    """Lets everything be said again; for tests."""
    _said.clear()
