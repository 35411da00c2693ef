"""Folders that the logger of pyexp wrote: a folder for each iteration, with JSON files of everything in it."""

import json
import os
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from ._log_data import Series, Step
from ._records import to_number

MARKER = ".pyexp"


class PyexpLog:
    """What `<it>/scalars.json`, `<it>/text.json` and `<it>/figures/` hold. Files are read again only if they have changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: Dict[Path, Tuple[int, int]] = {}
        self._values: Dict[Path, Dict[str, Any]] = {}
        self.bytes_read = 0
        self.scalars: Dict[str, Series[Any]] = {}
        self.texts: Dict[str, Series[str]] = {}
        self.figures: Dict[str, Series[Path]] = {}

    def refresh(self) -> None:
        self.scalars, self.texts, self.figures = {}, {}, {}
        for step, folder in self._iterations():
            for tag, value in self._read(folder / "scalars.json").items():
                number = to_number(value)
                if number is not None:
                    self.scalars.setdefault(tag, Series()).put(step, number)
            for tag, value in self._read(folder / "text.json").items():
                self.texts.setdefault(tag, Series()).put(step, value if isinstance(value, str) else str(value))
            for path in self._figure_files(folder / "figures"):
                self.figures.setdefault(path.name[: -len(".cpkl")], Series()).put(step, path)

    def _iterations(self) -> List[Tuple[Step, Path]]:
        """Folders that are called like numbers; pyexp wrote negative and broken ones, too, and did not read them."""
        found: List[Tuple[Step, Path]] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                step = _step(entry.name)
                if step is not None and entry.is_dir():
                    found.append((step, Path(entry.path)))
        return sorted(found)

    def _read(self, path: Path) -> Dict[str, Any]:
        """A file's object. One that is being written is what it was before."""
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self._values.pop(path, None)
            return {}
        mark = (status.st_mtime_ns, status.st_size)
        if self._seen.get(path) != mark:
            data = path.read_bytes()
            self.bytes_read += len(data)
            try:
                value = json.loads(data)
            except ValueError:
                return self._values.get(path, {})
            self._seen[path] = mark
            self._values[path] = value if isinstance(value, dict) else {}
        return self._values.get(path, {})

    @staticmethod
    def _figure_files(folder: Path) -> List[Path]:
        try:
            return [path for path in folder.iterdir() if path.name.endswith(".cpkl")]
        except (FileNotFoundError, NotADirectoryError):
            return []


def _step(name: str) -> Optional[Step]:
    digits = name[1:] if name.startswith("-") else name
    if digits.isascii() and digits.isdigit():
        return int(name)
    whole, point, rest = digits.partition(".")
    if point and whole.isascii() and whole.isdigit() and rest.isascii() and rest.isdigit():
        return float(name)
    return None
