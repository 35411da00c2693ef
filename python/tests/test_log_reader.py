"""A LogReader finds what was recorded, reads nothing twice, and reads what other versions and pyexp wrote."""

import json
import os
import pickle
import time
from pathlib import Path
from typing import Any, List

import pytest

from runyard import Logger, LogReader


def append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        LogReader(tmp_path / "nowhere")


def test_an_empty_log_has_nothing(tmp_path: Path) -> None:
    Logger(tmp_path).close()
    reader = LogReader(tmp_path)
    assert reader.is_run and reader.runs == ["."] and reader.path == tmp_path
    assert reader.iterations == reader.scalar_tags == reader.text_tags == reader.figure_tags == []
    assert reader.load_scalars("x") == [] and reader.load_text("x") == [] and reader.figure_iterations("x") == []
    assert reader.artifacts == [] and reader.latest == {}
    with pytest.raises(FileNotFoundError, match="`x` at iteration 1"):
        reader.load_figure("x", 1)


def test_runs_of_every_kind_are_found_below_a_folder(tmp_path: Path) -> None:
    for place in ("a/b", "a/b/inner", "_runyard_/train/tasks/t-1/runs/1", "out/exp_2026/.runyard/run_0001", "old"):
        (tmp_path / place).mkdir(parents=True)
    Logger(tmp_path / "a" / "b").close()
    Logger(tmp_path / "a" / "b" / "inner").close()
    (tmp_path / "_runyard_/train/tasks/t-1/runs/1/run.json").write_text("{}")
    (tmp_path / "out/exp_2026/.runyard/run_0001/run.json").write_text("{}")
    (tmp_path / "old" / ".pyexp").touch()
    append(tmp_path / "by_hand" / "metrics.jsonl", '{"step": 1, "x": 2}\n')
    # No results: removed tasks, hidden folders, and what lies within a log.
    (tmp_path / "_runyard_/train/experiment.json").write_text("{}")
    append(tmp_path / "_runyard_/train/trash/1/t-2/runs/1/run.json", "{}")
    append(tmp_path / ".git/run.json", "{}")
    append(tmp_path / "a/b/artifacts/run.json", "{}")
    os.symlink(tmp_path, tmp_path / "a" / "round")
    reader = LogReader(tmp_path)
    assert not reader.is_run
    assert reader.runs == ["_runyard_/train/tasks/t-1/runs/1", "a/b", "a/b/inner", "by_hand", "old", "out/exp_2026/.runyard/run_0001"]
    assert reader.get_run("by_hand").load_scalars("x") == [(1, 2)]
    assert reader.get_run("by_hand") is reader.get_run("by_hand")
    with pytest.raises(FileNotFoundError, match="nothing"):
        reader.get_run("nothing")
    for ask in (lambda: reader.iterations, lambda: reader.scalar_tags, lambda: reader.text_tags, lambda: reader.load_scalars("x"), lambda: reader.figure_tags):
        with pytest.raises(ValueError, match="get_run"):
            ask()


def test_a_second_look_reads_only_what_is_new(tmp_path: Path) -> None:
    with Logger(tmp_path) as logger:
        for it in range(500):
            logger.add_scalar("x", it, it)
            logger.add_text("t", "text" * 10, it)
    reader = LogReader(tmp_path)

    def read() -> int:
        assert len(reader.load_scalars("x")) == len(reader.load_text("t")) and reader.scalar_tags == ["x"]
        return reader._scalars.file.bytes_read + reader._texts.bytes_read()

    first = read()
    assert first == (tmp_path / "metrics.jsonl").stat().st_size + (tmp_path / "text" / "t.jsonl").stat().st_size
    assert read() == first
    append(tmp_path / "metrics.jsonl", '{"step": 500, "x": 1}\n')
    append(tmp_path / "text" / "t.jsonl", '{"step": 500, "text": "new"}\n')
    assert read() == first + len('{"step": 500, "x": 1}\n') + len('{"step": 500, "text": "new"}\n')
    assert reader.load_text("t")[-1] == (500, "new")


def test_a_torn_row_is_read_when_it_is_whole_and_a_file_begun_anew_replaces_the_old_values(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    append(path, '{"step": 2, "x": 2}\n{"step": 1, "x"')
    reader = LogReader(tmp_path)
    assert reader.load_scalars("x") == [(2, 2)]
    append(path, ': 1}\n')
    assert reader.load_scalars("x") == [(1, 1), (2, 2)], "in the order of the iterations"
    path.write_text('{"step": 7, "y": 1}\n')
    assert reader.scalar_tags == ["y"] and reader.load_scalars("x") == []
    append(tmp_path / "text" / "a.jsonl", '{"step": 1, "text": "old"}\n{"step": 2, "text": "old"}\n')
    assert reader.load_text("a") == [(1, "old"), (2, "old")]
    (tmp_path / "text" / "a.jsonl").write_text('{"step": 3, "text": "new"}\n')
    assert reader.load_text("a") == [(3, "new")]
    (tmp_path / "text" / "a.jsonl").unlink()
    assert reader.text_tags == []


def test_rows_without_a_step_are_the_newest_values_and_no_series(tmp_path: Path) -> None:
    append(tmp_path / "metrics.jsonl", '{"time": 1.5, "best": 0.5}\n{"step": 1, "time": 2.5, "loss": 3}\n{"best": 0.75, "stage": "eval"}\n{"step": "NaN", "x": 1}\n')
    reader = LogReader(tmp_path)
    assert reader.scalar_tags == ["loss"]
    assert reader.latest == {"best": 0.75, "loss": 3, "stage": "eval", "x": 1}
    assert reader.load_times("loss") == [(1, 2.5)]


def test_rows_that_make_no_sense_are_passed_over(tmp_path: Path) -> None:
    append(tmp_path / "text" / "a.jsonl", '{"step": 1, "text": 5}\n{"text": "no step"}\n{"step": 2, "text": "good"}\n')
    append(tmp_path / "histograms" / "a.jsonl", '{"step": 1, "edges": [1], "counts": [1]}\n{"step": 2, "edges": [1, 2], "counts": [1], "non_finite": 3}\n')
    append(tmp_path / "tables" / "a.jsonl", '{"step": 1, "columns": 3}\n{"step": 2, "columns": ["a"], "rows": [[1]]}\n')
    append(tmp_path / "artifacts.jsonl", '{"name": "up", "path": "../up"}\n{"name": 1}\n')
    append(tmp_path / "figures" / "a" / "index.jsonl", '{"step": 1, "kind": "figure", "static": "../../secret.svg"}\n')
    append(tmp_path / "secret.svg", "secret")
    append(tmp_path / "logger.json", "{}")
    reader = LogReader(tmp_path)
    assert reader.load_text("a") == [(2, "good")]
    assert reader.load_histograms("a") == [(2, {"edges": [1, 2], "counts": [1]})]
    assert reader.load_tables("a") == [(2, {"columns": ["a"], "rows": [[1]]})]
    assert [row["path"] for row in reader.artifacts] == [None], "a path that leads out of the folder is none"
    with pytest.raises(FileNotFoundError):
        reader.figure_file("a", 1)


def pyexp_folder(root: Path) -> Path:
    """As pyexp's logger wrote it."""
    folder = root / "pyexp"
    for it, loss in ((0, "1.0"), (1, "NaN"), (10, "0.25")):
        (folder / str(it) / "figures").mkdir(parents=True)
        (folder / str(it) / "scalars.json").write_text('{\n  "train/loss": %s,\n  "lr": 0.1\n}' % loss)
    (folder / "1" / "text.json").write_text(json.dumps({"note": "half way"}, indent=2))
    (folder / "-2").mkdir()
    (folder / "-2" / "scalars.json").write_text('{"lr": 0.2}')
    (folder / "checkpoints").mkdir()
    (folder / ".pyexp").touch()
    (folder / "10" / "figures" / "curve.cpkl").write_bytes(pickle.dumps({"figure": 1}))
    (folder / "10" / "figures" / "curve.meta").write_text('{"interactive": true}')
    return folder


def test_a_folder_of_pyexp_is_read(tmp_path: Path) -> None:
    folder = pyexp_folder(tmp_path)
    reader = LogReader(folder)
    assert LogReader(tmp_path).runs == ["pyexp"]
    assert reader.iterations == [-2, 0, 1, 10]
    assert reader.scalar_tags == ["lr", "train/loss"] and reader.text_tags == ["note"] and reader.figure_tags == ["curve"]
    loss = reader.load_scalars("train/loss")
    assert [step for step, _ in loss] == [0, 1, 10] and loss[0][1] == 1.0 and loss[1][1] != loss[1][1]
    assert reader.load_text("note") == [(1, "half way")]
    assert reader.figure_iterations("curve") == [10]
    assert reader.latest["lr"] == 0.1
    assert reader.image_tags == reader.table_tags == reader.histogram_tags == reader.artifacts == []


def test_a_figure_of_pyexp_is_opened_only_when_somebody_asks_for_it(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "opened",))

    folder = pyexp_folder(tmp_path)
    (folder / "0" / "figures" / "trap.cpkl").write_bytes(pickle.dumps(Trap()))
    reader = LogReader(folder)
    assert reader.figure_tags == ["curve", "trap"] and reader.figure_iterations("trap") == [0] and reader.iterations
    assert not (tmp_path / "opened").exists()
    assert reader.load_figure("curve", 10) == {"figure": 1}
    reader.load_figure("trap", 0)
    assert (tmp_path / "opened").exists()


def test_a_growing_folder_of_pyexp_is_read_on(tmp_path: Path) -> None:
    folder = pyexp_folder(tmp_path)
    reader = LogReader(folder)
    reader.load_scalars("lr")
    assert reader._pyexp is not None
    before = reader._pyexp.bytes_read
    assert len(reader.load_scalars("lr")) == 4 and reader.scalar_tags
    assert reader._pyexp.bytes_read == before, "what has not changed is not read again"
    (folder / "10" / "scalars.json").write_text('{"lr": 0.0')
    assert dict(reader.load_scalars("lr"))[10] == 0.1, "half a file is what it was before"
    (folder / "10" / "scalars.json").write_text('{"lr": 0.05, "new": 1}')
    assert dict(reader.load_scalars("lr"))[10] == 0.05 and reader.load_scalars("new") == [(10, 1)]


def test_everything_that_a_logger_wrote_is_read(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    with Logger(tmp_path) as logger:
        logger.set_global_it(4)
        logger.add_histogram("h", numpy.array([1.0, 2.0, 2.0, numpy.nan]), bins=2)
        logger.add_histogram("h", [[1, 2], [3, 4]], it=5, bins=[0, 2.5, 5])
        logger.add_histogram("flat", [3.0] * 5, bins=4)
        logger.add_table("t", ["a", "b"], [[1, numpy.float32(0.5)], {"b": float("inf")}])
        logger.add_table("frame", pandas.DataFrame({"x": [1, 2], "y": ["u", None]}))
        logger.add_table("dicts", [{"x": 1}, {"y": 2}])
        logger.add_text("long", "x" * 100_000)
        logger.add_image("grey", numpy.arange(6, dtype=numpy.uint8).reshape(2, 3))
        logger.add_image("chw", numpy.zeros((3, 4, 5)), it=5)
        logger.add_image("cwh", numpy.zeros((3, 4, 5)), it=5, dataformats="CWH")
    reader = LogReader(tmp_path)
    assert reader.load_histograms("h")[0] == (4, {"edges": [1.0, 1.5, 2.0], "counts": [1, 2]})
    assert reader.load_histograms("h")[1] == (5, {"edges": [0.0, 2.5, 5.0], "counts": [2, 2]})
    assert sum(reader.load_histograms("flat")[0][1]["counts"]) == 5
    assert reader.load_tables("t") == [(4, {"columns": ["a", "b"], "rows": [[1, 0.5], [None, "Infinity"]]})]
    assert reader.load_tables("frame")[0][1]["rows"][0] == [1, "u"]
    assert reader.load_tables("dicts")[0][1] == {"columns": ["x", "y"], "rows": [[1, None], [None, 2]]}
    assert reader.load_text("long") == [(4, "x" * 100_000)]
    assert size_of_png(reader.image_file("grey", 4)) == (3, 2)
    assert size_of_png(reader.image_file("chw", 5)) == (5, 4)
    assert size_of_png(reader.image_file("cwh", 5)) == (4, 5)
    assert reader.iterations == [4, 5]


def test_an_image_has_the_very_pixels(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    image = pytest.importorskip("PIL.Image")
    pixels = numpy.random.default_rng(0).integers(0, 256, (7, 5, 4), dtype=numpy.uint8)
    picture = image.fromarray(pixels)
    with Logger(tmp_path) as logger:
        logger.add_image("array", pixels)
        logger.add_image("float", pixels[:, :, :3] / 255.0)
        logger.add_image("pil", picture)
        logger.add_image("two", numpy.stack([pixels[:, :, 0]] * 2, axis=2))
        logger.add_image("array", pixels[:3])
    reader = LogReader(tmp_path)
    first, second = sorted((tmp_path / "figures" / "array").glob("*.png"))
    assert (numpy.asarray(image.open(second)) == pixels).all() and (numpy.asarray(image.open(first)) == pixels[:3]).all()
    assert reader.image_file("array", 0) == first, "of two in one iteration the last counts, both are kept"
    assert (numpy.asarray(image.open(reader.image_file("float", 0))) == pixels[:, :, :3]).all()
    assert (numpy.asarray(image.open(reader.image_file("pil", 0))) == pixels).all()
    assert image.open(reader.image_file("two", 0)).mode == "LA"
    with Logger(tmp_path) as logger:
        logger.add_image("bytes", reader.image_file("pil", 0).read_bytes())
    assert reader.image_file("bytes", 0).read_bytes() == reader.image_file("pil", 0).read_bytes()


def size_of_png(path: Path) -> "tuple[int, int]":
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def test_a_reader_beside_a_writer_sees_ever_more_and_never_something_wrong(tmp_path: Path) -> None:
    logger = Logger(tmp_path, interval=0.001)
    reader = LogReader(tmp_path)
    counts: List[int] = []
    until = time.monotonic() + 60
    it = 0
    while len(set(counts)) < 20:
        assert time.monotonic() < until
        for _ in range(10):
            logger.add_scalar("x", it * 2, it)
            it += 1
        found = reader.load_scalars("x")
        assert found == [(step, step * 2) for step in range(len(found))]
        counts.append(len(found))
        time.sleep(0.001)
    assert counts == sorted(counts)
    logger.close()
    assert len(reader.load_scalars("x")) == it
