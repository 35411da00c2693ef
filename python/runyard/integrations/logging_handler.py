"""Messages of the `logging` module as texts of a `Logger`."""

import logging
import threading
from typing import Optional

from .._logger import Logger
from .._tags import file_name
from .._warn import warn_once

__all__ = ["RunyardHandler"]

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class RunyardHandler(logging.Handler):
    """Records each message as a text. Their iterations count the messages: several of one training step are all kept.

    Args:
        logger: Where to; None: the folder of the Runyard run.
        tag: The tag of the texts.
        level: Messages below it are left out.

    Never raises, never logs itself.

    >>> import logging, tempfile
    >>> from runyard import Logger, LogReader
    >>> folder = tempfile.mkdtemp()
    >>> handler = RunyardHandler(Logger(folder))
    >>> handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    >>> logging.getLogger("train").addHandler(handler)
    >>> logging.getLogger("train").warning("loss is %s", "NaN")
    >>> handler.flush()
    >>> LogReader(folder).load_text("log")
    [(0, 'WARNING loss is NaN')]
    """

    def __init__(self, logger: Optional[Logger] = None, tag: str = "log", level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self._logger = logger if logger is not None else Logger()
        self._tag = tag
        self._count: Optional[int] = None
        self._here = threading.local()
        self.setFormatter(logging.Formatter(_FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        """Records a message."""
        # A value whose text is made by code that logs would come back here.
        if getattr(self._here, "is_busy", False):
            return
        self._here.is_busy = True
        try:
            text = self.format(record)
            if self._count is None:
                self._count = self._written()
            self._logger.add_text(self._tag, text, self._count)
            self._count += 1
        except Exception as error:  # noqa: BLE001 - a message never breaks training
            warn_once(f"handler {type(error).__name__}", f"a message of `{record.name}` is not recorded: {type(error).__name__}: {error}")
        finally:
            self._here.is_busy = False

    def flush(self) -> None:
        """Waits until the messages are in their file."""
        logger = getattr(self, "_logger", None)
        if logger is not None:
            logger.flush(5.0)

    def _written(self) -> int:
        """How many messages an earlier process has left."""
        if self._logger.dir is None:
            return 0
        try:
            with open(self._logger.dir / "text" / (file_name(self._tag) + ".jsonl"), "rb") as file:
                return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))
        except OSError:
            return 0
