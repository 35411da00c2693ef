"""What a folder of records holds, kept in memory and read on as the files grow."""

from pathlib import Path
from typing import Any, Callable, Dict, Generic, Iterator, List, Optional, Tuple, TypeVar, Union

from . import _tags
from ._records import Row, RowFile, to_number

Step = Union[int, float]
Value = TypeVar("Value")

_WHEN = frozenset({"step", "time"})


class Series(Generic[Value]):
    """Values by iteration; of several in one iteration the last counts."""

    def __init__(self) -> None:
        self._values: Dict[Step, Value] = {}
        self._newest: Step = float("-inf")
        self._is_sorted = True

    def put(self, step: Step, value: Value) -> None:
        if step > self._newest:
            self._newest = step
        elif step not in self._values:
            self._is_sorted = False
        self._values[step] = value

    def items(self) -> List[Tuple[Step, Value]]:
        """Iterations and values, in the order of the iterations."""
        self._sort()
        return list(self._values.items())

    def steps(self) -> List[Step]:
        self._sort()
        return list(self._values)

    def get(self, step: Step) -> Optional[Value]:
        return self._values.get(step)

    def _sort(self) -> None:
        if not self._is_sorted:
            self._values = dict(sorted(self._values.items()))
            self._is_sorted = True


class Scalars:
    """The numbers of `metrics.jsonl`."""

    def __init__(self, path: Path) -> None:
        self.file = RowFile(path)
        self._begin()

    def _begin(self) -> None:
        self.series: Dict[str, Series[Union[int, float]]] = {}
        self.times: Dict[Step, float] = {}
        self.latest: Dict[str, Any] = {}

    def refresh(self) -> None:
        is_anew, rows = self.file.read()
        if is_anew:
            self._begin()
        for row in rows:
            self._take(row)

    def _take(self, row: Row) -> None:
        step = to_number(row.get("step"))
        if step is not None and step != step:
            step = None
        if step is not None:
            moment = to_number(row.get("time"))
            if moment is not None:
                self.times[step] = float(moment)
        for tag, value in row.items():
            if tag in _WHEN:
                continue
            self.latest[tag] = value
            number = value if type(value) is float else to_number(value)
            if step is None or number is None:
                continue
            series = self.series.get(tag)
            if series is None:
                series = self.series[tag] = Series()
            series.put(step, number)


class Tagged(Generic[Value]):
    """The files of one kind, one for each tag: `text/*.jsonl`, `figures/*/index.jsonl`, …"""

    def __init__(self, folder: Path, name: str, value: Callable[[Row], Optional[Value]]) -> None:
        self._folder = folder
        self._name = name
        self._value = value
        self._files: Dict[str, RowFile] = {}
        self._tags: Dict[str, str] = {}
        self.series: Dict[str, Series[Value]] = {}

    def bytes_read(self) -> int:
        return sum(file.bytes_read for file in self._files.values())

    def refresh(self) -> None:
        """Looks for new tags, and reads what is new of all."""
        present = set()
        for key, path in self._paths():
            present.add(key)
            if key not in self._files:
                self._files[key] = RowFile(path)
            self._read(key)
        for key in [key for key in self._files if key not in present]:
            del self._files[key]
            self.series.pop(self._tags.pop(key, ""), None)

    def _paths(self) -> Iterator[Tuple[str, Path]]:
        try:
            entries = sorted(self._folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            if "/" in self._name:
                path = entry / self._name.split("/")[1]
                if path.is_file():
                    yield entry.name, path
            elif entry.name.endswith(".jsonl"):
                yield entry.name[: -len(".jsonl")], entry

    def _read(self, key: str) -> None:
        is_anew, rows = self._files[key].read()
        if is_anew:
            self.series.pop(self._tags.pop(key, ""), None)
        for row in rows:
            if key not in self._tags:
                named = row.get("tag")
                tag = _tags.tag_of(key)
                self._tags[key] = tag if tag is not None else named if isinstance(named, str) else key
            step = to_number(row.get("step"))
            value = self._value(row)
            if step is not None and step == step and value is not None:
                self.series.setdefault(self._tags[key], Series()).put(step, value)


def text_of(row: Row) -> Optional[str]:
    value = row.get("text")
    return value if isinstance(value, str) else None


def histogram_of(row: Row) -> Optional[Row]:
    edges, counts = row.get("edges"), row.get("counts")
    if isinstance(edges, list) and isinstance(counts, list) and len(edges) == len(counts) + 1:
        return {"edges": edges, "counts": counts}
    return None


def table_of(row: Row) -> Optional[Row]:
    columns, rows = row.get("columns"), row.get("rows")
    if isinstance(columns, list) and isinstance(rows, list):
        return {"columns": columns, "rows": rows}
    return None


def file_of(kind: str) -> Callable[[Row], Optional[Row]]:
    """Rows of the index of figures that are of one kind."""

    def of(row: Row) -> Optional[Row]:
        return row if row.get("kind", "figure") == kind else None

    return of
