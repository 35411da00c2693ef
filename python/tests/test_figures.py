"""A figure is kept as it was when it was logged: as an image, in a form that can be turned, and as an object."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runyard import Logger, LogReader, RunyardError

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from matplotlib.figure import Figure  # noqa: E402


def a_figure() -> Figure:
    figure = Figure()
    figure.subplots().plot([1, 2, 3], [4, 5, 7], label="x")
    return figure


def index_of(folder: Path, tag: str) -> "list[dict[str, Any]]":
    return [json.loads(line) for line in (folder / "figures" / tag / "index.jsonl").read_text().splitlines()]


def test_a_figure_is_an_image_and_can_be_loaded_again(tmp_path: Path) -> None:
    figure = a_figure()
    with Logger(tmp_path) as logger:
        logger.set_global_it(3)
        logger.add_figure("val/curve", figure)
        # What happens to it afterwards does not count.
        figure.axes[0].lines[0].set_ydata([0, 0, 0])
        figure.clear()
    reader = LogReader(tmp_path)
    assert reader.figure_tags == ["val/curve"] and reader.figure_iterations("val/curve") == [3]
    svg = reader.figure_file("val/curve", 3)
    assert svg.name == "3.svg" and b"<svg" in svg.read_bytes() and b"<script" not in svg.read_bytes()
    loaded = reader.load_figure("val/curve", 3)
    assert isinstance(loaded, Figure) and list(loaded.axes[0].lines[0].get_ydata()) == [4, 5, 7]
    (row,) = index_of(tmp_path, "val%2Fcurve")
    assert {key: row[key] for key in row if key != "time"} == {"step": 3, "kind": "figure", "static": "3.svg", "pickle": "3.pkl"}
    with pytest.raises(FileNotFoundError, match="no interactive form"):
        reader.figure_file("val/curve", 3, interactive=True)


def test_an_interactive_figure_has_plotly_json_beside_the_image(tmp_path: Path) -> None:
    with Logger(tmp_path) as logger:
        logger.add_figure("curve", a_figure(), 1, interactive=True)
        logger.add_figure("curve", a_figure().axes[0], 2, interactive=True)
    reader = LogReader(tmp_path)
    for it in (1, 2):
        data = json.loads(reader.figure_file("curve", it, interactive=True).read_text())
        assert data["data"][0]["y"] == [4, 5, 7]
        assert reader.figure_file("curve", it).suffix == ".svg"


def test_a_third_argument_that_is_true_means_interactive_as_in_pyexp(tmp_path: Path) -> None:
    with Logger(tmp_path) as logger:
        logger.set_global_it(6)
        logger.add_figure("curve", a_figure(), True)
    assert LogReader(tmp_path).figure_file("curve", 6, interactive=True).exists()


def test_what_cannot_be_interactive_is_an_image_with_a_note(tmp_path: Path) -> None:
    figure = Figure()
    figure.add_subplot(projection="polar").plot([0, 1], [1, 2])
    with Logger(tmp_path) as logger:
        logger.add_figure("polar", figure, 1, interactive=True)
    (row,) = index_of(tmp_path, "polar")
    assert "interactive" not in row and row["static"] == "1.svg"
    assert row["note"] == "shown as an image: axes of projection polar cannot be made interactive"


def test_a_figure_with_very_much_in_it_is_a_png(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    figure = Figure()
    figure.subplots().scatter(numpy.arange(20_000), numpy.arange(20_000))
    lines = Figure()
    lines.subplots().plot(numpy.sin(numpy.arange(50_000)))
    with Logger(tmp_path) as logger:
        logger.add_figure("points", figure, 1, interactive=True)
        logger.add_figure("line", lines, 1)
    reader = LogReader(tmp_path)
    assert reader.figure_file("points", 1).read_bytes().startswith(b"\x89PNG")
    assert len(json.loads(reader.figure_file("points", 1, interactive=True).read_text())["data"][0]["x"]) == 20_000
    assert reader.figure_file("line", 1).stat().st_size <= 1024 * 1024


def test_an_interactive_form_that_would_freeze_a_browser_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runyard._figures.MAX_INTERACTIVE_BYTES", 100)
    with Logger(tmp_path) as logger:
        logger.add_figure("x", a_figure(), 1, interactive=True)
    (row,) = index_of(tmp_path, "x")
    assert "interactive" not in row and "too much to be interactive" in row["note"]


def test_a_figure_that_cannot_be_pickled_is_an_image_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figure = a_figure()
    figure.axes[0].xaxis.set_major_formatter(lambda value, _: f"{value}!")
    with Logger(tmp_path) as logger:
        logger.add_figure("x", figure, 1)
    reader = LogReader(tmp_path)
    assert reader.figure_file("x", 1).exists()
    with pytest.raises(RunyardError, match="recorded as an image only"):
        reader.load_figure("x", 1)
    assert "cannot be loaded again" in index_of(tmp_path, "x")[0]["note"] and "not loaded again" in capsys.readouterr().err


def test_a_figure_twice_in_one_iteration_keeps_both_files_and_the_last_counts(tmp_path: Path) -> None:
    other = Figure()
    other.subplots().plot([9, 9])
    for figure in (a_figure(), other):
        with Logger(tmp_path) as logger:
            logger.add_figure("x", figure, 1, interactive=True)
    names = sorted(path.name for path in (tmp_path / "figures" / "x").iterdir())
    assert names == ["1-2.pkl", "1-2.plotly.json", "1-2.svg", "1.pkl", "1.plotly.json", "1.svg", "index.jsonl"]
    assert list(LogReader(tmp_path).load_figure("x", 1).axes[0].lines[0].get_ydata()) == [9, 9]


def test_a_figure_of_plotly_is_kept_as_it_is(tmp_path: Path) -> None:
    plotly = pytest.importorskip("plotly.graph_objects")
    figure = plotly.Figure(plotly.Scatter(x=[1, 2], y=[3, 4]), {"title": "mine"})
    with Logger(tmp_path) as logger:
        logger.add_figure("p", figure, 1)
    reader = LogReader(tmp_path)
    assert reader.figure_file("p", 1, interactive=True).read_text() == figure.to_json()
    assert reader.load_figure("p", 1) == figure
    (row,) = index_of(tmp_path, "p")
    assert {key: row[key] for key in row if key != "time"} == {"step": 1, "kind": "figure", "interactive": "1.plotly.json"}


def test_logging_a_figure_of_pyplot_changes_nothing_and_loading_it_opens_nothing(tmp_path: Path) -> None:
    program = """
import sys, matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from runyard import Logger, LogReader
figure, axes = plt.subplots()
axes.plot([1, 2])
before = (list(figure.get_size_inches()), figure.dpi, axes.get_xlim(), type(figure.canvas), dict(matplotlib.rcParams))
with Logger(sys.argv[1]) as logger:
    logger.add_figure("x", figure, 1, interactive=True)
assert before == (list(figure.get_size_inches()), figure.dpi, axes.get_xlim(), type(figure.canvas), dict(matplotlib.rcParams))
assert plt.get_fignums() == [1]
loaded = LogReader(sys.argv[1]).load_figure("x", 1)
assert plt.get_fignums() == [1], "pyplot does not know what was loaded"
loaded.savefig(sys.argv[1] + "/again.svg")
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=120)


def test_nothing_is_imported_for_figures_until_there_is_one(tmp_path: Path) -> None:
    program = """
import sys
from runyard import Logger, LogReader
with Logger(sys.argv[1]) as logger:
    logger.add_scalar("x", 1)
    logger.add_histogram("h", [1.0, 2.0])
assert LogReader(sys.argv[1]).figure_tags == []
assert not {"numpy", "matplotlib", "plotly", "pandas", "torch"} & set(sys.modules), sys.modules
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=60)


def test_the_bytes_that_wait_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runyard._logger._MAX_WAITING", 100_000)
    logger = Logger(tmp_path, interval=60)
    most = 0
    for it in range(20):
        logger.add_image("noise", os.urandom(0) + b"\x89PNG\r\n\x1a\n" + bytes(40_000), it)
        most = max(most, logger._waiting)
    assert most <= 100_000
    logger.close()
    assert len(LogReader(tmp_path).image_iterations("noise")) == 20
