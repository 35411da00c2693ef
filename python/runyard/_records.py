"""Reading files of rows (JSON Lines) while they grow."""

import json
import os
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

Row = Dict[str, Any]

# At most so much is read at once, bytes.
_PIECE = 4 * 1024 * 1024


def decode_row(line: bytes) -> Optional[Row]:
    """Returns the object that stands in a line, None if the line holds none. Bare ``NaN`` and infinities become their texts."""
    if not line or line.isspace():
        return None
    try:
        row = _DECODER.decode(line.decode("utf-8").strip(" \t\r\n"))
    except (ValueError, RecursionError):
        return None
    return row if type(row) is dict else None


def _text(constant: str) -> str:
    return constant


_DECODER = json.JSONDecoder(parse_constant=_text)


def to_number(value: object) -> Optional[Union[int, float]]:
    """Returns the number that a value of a row stands for (``"NaN"`` is one), None if it is none."""
    if type(value) is float or type(value) is int:
        return value
    if value is True or value is False:
        return int(value)
    if type(value) is str:
        return _NON_FINITE.get(value)
    return None


_NON_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


class RowFile:
    """A file of rows, each of which is read once.

    A file that was replaced, or became shorter, is read from its beginning again. The bytes behind the last line feed wait for their end.
    """

    def __init__(self, path: Path, decode: Callable[[bytes], Optional[Row]] = decode_row) -> None:
        self.path = path
        self.bytes_read = 0
        self._decode = decode
        self._identity: Optional[Tuple[int, int]] = None
        self._offset = 0

    def read(self) -> Tuple[bool, List[Row]]:
        """Returns whether the file was begun anew, and the rows that are new. A file that is not there has none."""
        try:
            file = open(self.path, "rb", buffering=0)
        except (FileNotFoundError, NotADirectoryError):
            is_anew = self._identity is not None
            self._identity, self._offset = None, 0
            return is_anew, []
        with file:
            status = os.fstat(file.fileno())
            identity = (status.st_dev, status.st_ino)
            is_anew = self._identity is not None and (identity != self._identity or status.st_size < self._offset)
            if is_anew:
                self._offset = 0
            self._identity = identity
            rows: List[Row] = []
            if status.st_size > self._offset:
                self._read_from(file.fileno(), rows)
            return is_anew, rows

    def _read_from(self, descriptor: int, rows: List[Row]) -> None:
        begun: List[bytes] = []
        at = self._offset
        while True:
            piece = os.pread(descriptor, _PIECE, at)
            self.bytes_read += len(piece)
            at += len(piece)
            end = piece.rfind(b"\n")
            if end < 0:
                if not piece:
                    return
                begun.append(piece)
                continue
            begun.append(piece[: end + 1])
            lines = b"".join(begun).split(b"\n")
            begun = [piece[end + 1 :]]
            self._offset = at - len(piece) + end + 1
            for line in lines:
                row = self._decode(line)
                if row is not None:
                    rows.append(row)
