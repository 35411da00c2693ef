"""`LogReader`: what a `Logger`, a run of Runyard or a logger of pyexp has recorded in a folder."""

import json
import os
import pickle
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Set, Tuple, Union

from ._errors import RunyardError
from ._log_data import Scalars, Series, Step, Tagged, file_of, histogram_of, table_of, text_of
from ._pyexp_log import MARKER, PyexpLog
from ._records import Row, RowFile

_MARKERS = ("run.json", "logger.json", MARKER, "metrics.jsonl")
# Folders inside a run that hold its records, and no runs.
_CONTENTS = frozenset({"text", "figures", "histograms", "tables", "artifacts"})


class LogReader:
    """Reads what was recorded in a folder, or in the folders below it, also while it is being written.

    Each property reads what is new since the last time, and nothing twice.

    Args:
        dir: A folder of a `Logger`, of a run, or one that has such folders in it.

    Raises:
        FileNotFoundError: There is no such folder.
    """

    def __init__(self, dir: "Union[str, os.PathLike[str]]") -> None:
        self._path = Path(dir)
        if not self._path.is_dir():
            raise FileNotFoundError(f"there is no folder `{self._path}`")
        self._runs: Dict[str, LogReader] = {}
        self._pyexp = PyexpLog(self._path) if (self._path / MARKER).exists() else None
        self._scalars = Scalars(self._path / "metrics.jsonl")
        self._texts = Tagged[str](self._path / "text", ".jsonl", text_of)
        self._figures = Tagged[Row](self._path / "figures", "/index.jsonl", file_of("figure"))
        self._images = Tagged[Row](self._path / "figures", "/index.jsonl", file_of("image"))
        self._histograms = Tagged[Row](self._path / "histograms", ".jsonl", histogram_of)
        self._tables = Tagged[Row](self._path / "tables", ".jsonl", table_of)
        self._artifact_file = RowFile(self._path / "artifacts.jsonl")
        self._artifacts: List[Row] = []

    def __repr__(self) -> str:
        return f"LogReader({str(self._path)!r})"

    @property
    def path(self) -> Path:
        """The folder."""
        return self._path

    @property
    def is_run(self) -> bool:
        """Whether the folder itself holds records, and not only folders below it."""
        return _is_run(self._path)

    @property
    def runs(self) -> List[str]:
        """The folders with records in and below this one, relative to it, sorted; ``["."]`` if it is one itself and the only one."""
        return sorted(_find_runs(self._path))

    def get_run(self, name: str) -> "LogReader":
        """Returns the reader of one of `runs`.

        Raises:
            FileNotFoundError: There is no such run.
        """
        reader = self._runs.get(name)
        if reader is None:
            path = self._path / name
            if not _is_run(path):
                raise FileNotFoundError(f"there is no run `{name}` in `{self._path}`")
            reader = self._runs[name] = LogReader(path)
        return reader

    @property
    def iterations(self) -> List[Step]:
        """All iterations at which something was recorded, ascending."""
        found: Set[Step] = set()
        for series in (self._scalar_series(), self._text_series(), self._figure_series()):
            for each in series.values():
                found.update(each.steps())
        if self._pyexp is None:
            for tagged in (self._images, self._histograms, self._tables):
                for series_of_rows in self._fresh(tagged).values():
                    found.update(series_of_rows.steps())
        return sorted(found)

    @property
    def scalar_tags(self) -> List[str]:
        """The tags of numbers, sorted."""
        return sorted(self._scalar_series())

    @property
    def text_tags(self) -> List[str]:
        """The tags of texts, sorted."""
        return sorted(self._text_series())

    @property
    def figure_tags(self) -> List[str]:
        """The tags of figures, sorted."""
        return sorted(self._figure_series())

    @property
    def image_tags(self) -> List[str]:
        """The tags of images, sorted."""
        return sorted(self._fresh(self._images))

    @property
    def histogram_tags(self) -> List[str]:
        """The tags of histograms, sorted."""
        return sorted(self._fresh(self._histograms))

    @property
    def table_tags(self) -> List[str]:
        """The tags of tables, sorted."""
        return sorted(self._fresh(self._tables))

    @property
    def artifacts(self) -> List[Dict[str, Any]]:
        """The files that were kept: ``name``, ``path`` (absolute), ``bytes``, ``sha256``, ``time`` in seconds since 1970; of one name the newest."""
        self._check_run()
        is_anew, rows = self._artifact_file.read()
        self._artifacts = [*([] if is_anew else self._artifacts), *rows]
        newest = {str(row["name"]): {**row, "path": self._inside(row["path"])} for row in self._artifacts if "name" in row and "path" in row}
        return list(newest.values())

    @property
    def latest(self) -> Dict[str, Any]:
        """The newest value of each tag, also of what was recorded without an iteration."""
        self._check_run()
        if self._pyexp is not None:
            return {tag: series.items()[-1][1] for tag, series in self._scalar_series().items()}
        self._scalars.refresh()
        return dict(self._scalars.latest)

    def load_scalars(self, tag: str) -> List[Tuple[Step, Union[int, float]]]:
        """Returns the iterations and numbers of a tag, in the order of the iterations; an empty list for an unknown one."""
        return _items(self._scalar_series(), tag)

    def load_times(self, tag: str) -> List[Tuple[Step, float]]:
        """Returns the iterations of a scalar and when each was recorded, in seconds since 1970; pyexp recorded no times."""
        times = self._scalars.times
        return [(step, times[step]) for step, _ in self.load_scalars(tag) if step in times]

    def load_text(self, tag: str) -> List[Tuple[Step, str]]:
        """Returns the iterations and texts of a tag; an empty list for an unknown one."""
        return _items(self._text_series(), tag)

    def load_histograms(self, tag: str) -> List[Tuple[Step, Dict[str, Any]]]:
        """Returns the iterations and histograms of a tag: ``edges``, one more than ``counts``."""
        return _items(self._fresh(self._histograms), tag)

    def load_tables(self, tag: str) -> List[Tuple[Step, Dict[str, Any]]]:
        """Returns the iterations and tables of a tag: ``columns`` and ``rows``."""
        return _items(self._fresh(self._tables), tag)

    def figure_iterations(self, tag: str) -> List[Step]:
        """Returns the iterations at which a figure was recorded, ascending."""
        series = self._figure_series().get(tag)
        return series.steps() if series is not None else []

    def image_iterations(self, tag: str) -> List[Step]:
        """Returns the iterations at which an image was recorded, ascending."""
        series = self._fresh(self._images).get(tag)
        return series.steps() if series is not None else []

    def load_figure(self, tag: str, iteration: Step) -> Any:
        """Returns the figure as an object: of matplotlib, or of Plotly if it was one (its JSON without that package).

        A matplotlib figure is unpickled, which runs what its file says: load only what you trust, with the version of matplotlib that
        recorded it.

        Raises:
            FileNotFoundError: There is no such figure.
            RunyardError: It was recorded as an image only, or its file does not fit this matplotlib.
        """
        found = self._found(self._figure_series(), "figure", tag, iteration)
        if isinstance(found, Path):
            return _unpickle(found, tag)
        if isinstance(found.get("pickle"), str):
            return _unpickle(self._file(tag, found["pickle"]), tag)
        if isinstance(found.get("interactive"), str) and not found.get("static"):
            return _plotly_figure(self._file(tag, found["interactive"]).read_text("utf-8"))
        raise RunyardError(f"figure `{tag}` at {iteration} was recorded as an image only", f"figure_file({tag!r}, {iteration}) is that image")

    def figure_file(self, tag: str, iteration: Step, *, interactive: bool = False) -> Path:
        """Returns the file of a figure: SVG or PNG, or Plotly JSON.

        Args:
            tag: The figure's tag.
            iteration: When it was recorded.
            interactive: Whether the Plotly JSON is meant.

        Raises:
            FileNotFoundError: There is no such figure, or no such form of it.
        """
        found = self._found(self._figure_series(), "figure", tag, iteration)
        name = None if isinstance(found, Path) else found.get("interactive" if interactive else "static")
        if not isinstance(name, str):
            raise FileNotFoundError(f"figure `{tag}` at {iteration} has no {'interactive form' if interactive else 'image'}")
        return self._file(tag, name)

    def image_file(self, tag: str, iteration: Step) -> Path:
        """Returns the file of an image.

        Raises:
            FileNotFoundError: There is no such image.
        """
        return self._file(tag, str(self._found(self._fresh(self._images), "image", tag, iteration).get("static")))

    def _found(self, series: Mapping[str, Series[Any]], kind: str, tag: str, iteration: Step) -> Any:
        found = series[tag].get(iteration) if tag in series else None
        if found is None:
            raise FileNotFoundError(f"there is no {kind} `{tag}` at iteration {iteration} in `{self._path}`")
        return found

    def _file(self, tag: str, name: str) -> Path:
        from ._tags import file_name

        path = self._path / "figures" / file_name(tag) / os.path.basename(name)
        if not path.is_file():
            raise FileNotFoundError(f"`{path}` is not there")
        return path

    def _inside(self, path: object) -> Optional[Path]:
        """A recorded path, if it does not lead out of the folder."""
        place = Path(os.path.normpath(self._path / str(path)))
        return place if self._path == place or Path(os.path.normpath(self._path)) in place.parents else None

    def _check_run(self) -> None:
        if not self.is_run:
            raise ValueError(f"`{self._path}` holds no records itself; its runs do: LogReader.get_run(name), with the names in LogReader.runs")

    def _fresh(self, tagged: Tagged[Any]) -> Dict[str, Series[Any]]:
        self._check_run()
        if self._pyexp is not None:
            return {}
        tagged.refresh()
        return tagged.series

    def _scalar_series(self) -> Dict[str, Series[Union[int, float]]]:
        self._check_run()
        if self._pyexp is not None:
            self._pyexp.refresh()
            return self._pyexp.scalars
        self._scalars.refresh()
        return self._scalars.series

    def _text_series(self) -> Dict[str, Series[str]]:
        if self._pyexp is not None:
            self._pyexp.refresh()
            return self._pyexp.texts
        return self._fresh(self._texts)

    def _figure_series(self) -> Mapping[str, Series[Any]]:
        if self._pyexp is not None:
            self._pyexp.refresh()
            return self._pyexp.figures
        return self._fresh(self._figures)


def _items(series: Mapping[str, Series[Any]], tag: str) -> List[Tuple[Step, Any]]:
    found = series.get(tag)
    return found.items() if found is not None else []


def _is_run(path: Path) -> bool:
    return any((path / marker).exists() for marker in _MARKERS)


def _find_runs(root: Path) -> Iterable[str]:
    """Folders with records; links are followed, each folder once."""
    waiting = [root]
    seen: Set[str] = set()
    while waiting:
        folder = waiting.pop()
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        is_run = _is_run(folder)
        if is_run:
            yield os.path.relpath(folder, root)
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        is_pyexp = is_run and (folder / MARKER).exists()
        for entry in entries:
            # The folders of stamped runs are hidden; removed tasks are no results.
            is_skipped = entry.name.startswith(".") and entry.name != ".runyard" or entry.name == "trash" and (folder / "experiment.json").exists()
            is_content = is_run and entry.name in _CONTENTS or is_pyexp and entry.name.lstrip("-")[:1].isdigit()
            if not is_skipped and not is_content and entry.is_dir():
                waiting.append(Path(entry.path))


def _unpickle(path: Path, tag: str) -> Any:
    try:
        with open(path, "rb") as file:
            return pickle.load(file)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise RunyardError(f"figure `{tag}` cannot be loaded from `{path}`: {type(error).__name__}: {error}", "it needs the packages that recorded it") from error


def _plotly_figure(text: str) -> Any:
    try:
        from plotly.io import from_json
    except ImportError:
        return json.loads(text)
    return from_json(text)
