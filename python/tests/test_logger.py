"""A Logger loses nothing, never raises, and survives what training does to it."""

import csv
import hashlib
import json
import math
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from runyard import Logger, LogReader
from runyard._records import RowFile
from runyard._tags import file_name, tag_of

WAIT_SECS = 60.0


def rows_of(folder: Path) -> List[Dict[str, Any]]:
    return RowFile(folder / "metrics.jsonl").read()[1]


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_SECS
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def test_scalars_of_one_step_share_a_row(tmp_path: Path) -> None:
    with Logger(tmp_path, interval=60) as logger:
        for it in range(3):
            logger.set_global_it(it)
            logger.add_scalar("loss", 1.0 - it)
            logger.add_scalar("train/acc", it)
        logger.add_scalars({"a": 1, "b": 2}, it=7)
    rows = rows_of(tmp_path)
    assert [{key: value for key, value in row.items() if key != "time"} for row in rows] == [
        {"step": 0, "loss": 1.0, "train/acc": 0},
        {"step": 1, "loss": 0.0, "train/acc": 1},
        {"step": 2, "loss": -1.0, "train/acc": 2},
        {"step": 7, "a": 1, "b": 2},
    ]
    assert all(abs(row["time"] - time.time()) < WAIT_SECS for row in rows)
    assert json.loads((tmp_path / "logger.json").read_text()) == {"format": 1}


def test_of_a_tag_twice_in_one_step_the_last_counts_and_steps_may_alternate(tmp_path: Path) -> None:
    logger = Logger(tmp_path)
    for it in (5, 5, 1, 5, 1):
        logger.add_scalar("x", random.random(), it)
        logger.add_scalar("y", it * 10, it)
    logger.add_scalar("x", 0.25, 5)
    logger.close()
    reader = LogReader(tmp_path)
    assert reader.load_scalars("y") == [(1, 10), (5, 50)]
    assert dict(reader.load_scalars("x"))[5] == 0.25


def test_a_step_with_very_many_tags_has_several_rows(tmp_path: Path) -> None:
    with Logger(tmp_path, interval=60) as logger:
        logger.add_scalars({f"{'t' * 190}/{number}": float(number) for number in range(5000)}, it=1)
    lines = (tmp_path / "metrics.jsonl").read_bytes().splitlines()
    assert len(lines) == 6 and max(map(len, lines)) < 1024 * 1024
    assert len(LogReader(tmp_path).scalar_tags) == 5000


def test_a_row_reaches_its_file_without_a_flush_although_its_step_goes_on(tmp_path: Path) -> None:
    logger = Logger(tmp_path, interval=0.01)
    logger.add_scalar("a", 1, 3)
    wait_until(lambda: (tmp_path / "metrics.jsonl").exists() and len(rows_of(tmp_path)) == 1)
    logger.add_scalar("b", 2, 3)
    wait_until(lambda: len(rows_of(tmp_path)) == 2)
    assert LogReader(tmp_path).load_scalars("b") == [(3, 2)]


def test_numbers_of_every_kind_are_recorded_and_nothing_raises(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import numpy

    class Tensor:
        shape = ()

        def tolist(self) -> float:
            return 0.5

        def item(self) -> float:
            return 0.5

    class Broken:
        def __float__(self) -> float:
            raise RuntimeError("on fire")

        def __str__(self) -> str:
            raise RuntimeError("on fire")

    values: Dict[str, Any] = {
        "f32": numpy.float32(0.5), "f64": numpy.float64(0.5), "i": numpy.int64(3), "b": True, "zero": numpy.array(2.0), "one": numpy.array([4]),
        "tensor": Tensor(), "nan": math.nan, "inf": numpy.float32("inf"), "minus": -math.inf, "big": 2**80,
    }
    logger = Logger(tmp_path)
    for tag, value in values.items():
        logger.add_scalar(tag, value, 1)
    logger.add_scalar("broken", Broken(), 1)
    logger.add_scalar("text", "high", 1)
    logger.add_scalar("none", None, 1)
    logger.add_scalar("list", [1, 2], 1)
    logger.add_scalar("after", 1, 2)
    assert logger.flush(WAIT_SECS)
    reader = LogReader(tmp_path)
    found = {tag: reader.load_scalars(tag)[0][1] for tag in values}
    assert math.isnan(found.pop("nan"))
    assert found == {"f32": 0.5, "f64": 0.5, "i": 3, "b": 1, "zero": 2.0, "one": 4, "tensor": 0.5, "inf": math.inf, "minus": -math.inf, "big": 2**80}
    assert reader.load_scalars("text") == [] and reader.load_scalars("broken") == [] and reader.load_scalars("none") == []
    assert reader.latest["text"] == "high", "nothing is lost"
    assert reader.load_scalars("after") == [(2, 1)]
    assert "is no number and is not drawn" in capsys.readouterr().err


def test_what_is_no_figure_image_or_histogram_is_said_and_the_rest_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logger = Logger(tmp_path)
    logger.add_figure("a/b", object())
    logger.add_figure("a/b", None, interactive=True)
    logger.add_image("a/b", [[["x"]]])
    logger.add_image("a/b", tmp_path / "nowhere.png")
    logger.add_histogram("a/b", ["x", "y"])
    logger.add_histogram("a/b", [1, 2], bins=[3, 1])
    logger.add_table("a/b", 3)
    logger.add_artifact(tmp_path / "nowhere")
    logger.add_scalars(None)  # type: ignore[arg-type]
    logger.add_text("a/b", "text", it="third")  # type: ignore[arg-type]
    logger.set_global_it(math.nan)
    logger.add_scalar("x", 1)
    assert logger.flush(WAIT_SECS)
    reader = LogReader(tmp_path)
    assert reader.load_text("a/b") == [(0, "text")]
    assert reader.load_scalars("x") == [(0, 1)]
    said = capsys.readouterr().err
    for part in ("(figure)", "(image)", "(histograms)", "(tables)", "(artifact)", "`'third'` is no iteration"):
        assert part in said, said


def test_columns_of_a_row_are_no_tags_and_such_a_tag_is_renamed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logger = Logger(tmp_path)
    logger.add_scalar("step", 5, 1)
    logger.add_scalar("time", 6, 1)
    logger.add_scalar("time", 7, 2)
    logger.close()
    reader = LogReader(tmp_path)
    assert reader.scalar_tags == ["step_", "time_"]
    assert reader.load_scalars("time_") == [(1, 6), (2, 7)]
    assert capsys.readouterr().err.count("`time` is a column already") == 1


def test_iterations_may_be_negative_or_broken(tmp_path: Path) -> None:
    import numpy

    with Logger(tmp_path) as logger:
        for it in (0.5, -3, numpy.int64(2), numpy.float32(1.5)):
            logger.add_scalar("x", 1, it)
            logger.add_text("t", "text", it)
            logger.add_image("i", numpy.zeros((2, 2)), it)
    reader = LogReader(tmp_path)
    assert reader.iterations == [-3, 0.5, 1.5, 2]
    assert [step for step, _ in reader.load_scalars("x")] == [-3, 0.5, 1.5, 2]
    assert [step for step, _ in reader.load_text("t")] == [-3, 0.5, 1.5, 2]
    assert [reader.image_file("i", step).name for step in reader.image_iterations("i")] == ["-3.png", "0.5.png", "1.5.png", "2.png"]


TAGS = ["a/b", "../../up", ".", "..", ".hidden", "", "a b%c", "准确率", "x" * 300, "é" * 100, "CON", "a\nb", "a\0b", "%~", "%2F", "~/x"]


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_of_any_characters_stays_in_the_folder_and_is_found_again(tag: str, tmp_path: Path) -> None:
    import numpy

    folder = tmp_path / "log"
    with Logger(folder) as logger:
        for it in (1, 2):
            logger.add_scalar(tag, it, it)
            logger.add_text(tag, f"text {it}", it)
            logger.add_image(tag, numpy.zeros((2, 2)), it)
    with Logger(folder) as logger:
        logger.add_text(tag, "text 3", 3)
    reader = LogReader(folder)
    assert reader.scalar_tags == reader.text_tags == reader.image_tags == [tag]
    assert reader.load_text(tag) == [(1, "text 1"), (2, "text 2"), (3, "text 3")]
    assert reader.image_file(tag, 2).parent.parent == folder / "figures"
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    assert len(file_name(tag)) <= 200


def test_a_name_of_a_file_says_its_tag() -> None:
    assert file_name("train/loss") == "train%2Floss"
    assert file_name(".x") == "%2Ex"
    assert file_name("") == "%"
    assert file_name("x" * 201) == "x" * 180 + "%~" + hashlib.sha256(b"x" * 201).hexdigest()[:16]
    names = [file_name(tag) for tag in TAGS]
    assert len(set(names)) == len(names)
    for tag, name in zip(TAGS, names):
        assert tag_of(name) == (None if len(tag) > 90 else tag)


PROGRAM = """
import sys
from runyard import Logger
logger = Logger(sys.argv[1], interval=60)
for it in range(1000):
    logger.add_scalar("x", it, it)
    if it % 100 == 0:
        logger.add_text("t", "text", it)
logger.add_scalar("last", 1, 1000)
{end}
"""


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise RuntimeError", "logger.flush(); import os; os._exit(0)"])
def test_a_program_that_ends_has_everything_on_disk(end: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", PROGRAM.format(end=end), str(tmp_path)], timeout=WAIT_SECS, stderr=subprocess.DEVNULL)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("x") == [(it, it) for it in range(1000)]
    assert reader.load_scalars("last") == [(1000, 1)]
    assert len(reader.load_text("t")) == 10


def in_fork(work: Callable[[], None]) -> int:
    """Runs work in a fork; returns its status, 255 if it hung."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    until = time.monotonic() + WAIT_SECS
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return 255


def test_a_logger_made_before_a_fork_works_in_both_and_rows_are_written_once(tmp_path: Path) -> None:
    logger = Logger(tmp_path, interval=60)
    logger.add_scalar("parent", 0, 0)
    logger.add_text("t", "before", 0)

    def child() -> None:
        logger.add_scalar("child", 1, 1)
        logger.add_text("t", "child", 1)
        assert logger.flush(WAIT_SECS)

    assert in_fork(child) == 0
    logger.add_scalar("parent", 2, 2)
    logger.close()
    rows = rows_of(tmp_path)
    assert sorted((row["step"], *(key for key in row if key not in ("step", "time"))) for row in rows) == [(0, "parent"), (1, "child"), (2, "parent")]
    assert LogReader(tmp_path).load_text("t") == [(0, "before"), (1, "child")]


def test_a_fork_beside_threads_that_record_never_hangs(tmp_path: Path) -> None:
    logger = Logger(tmp_path, interval=0.001)
    stop = threading.Event()

    def work(number: int) -> None:
        it = 0
        # A little faster than any training, not as fast as the queue fills.
        while not stop.wait(0.001):
            for _ in range(10):
                logger.add_scalar(f"thread {number}", it, it)
                it += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()

    def child(number: int) -> None:
        # A new column: the mirror is replaced, and the parent lets go of its old file while the next fork comes.
        logger.add_scalar(f"child {number}", 1, 1)
        assert logger.flush(WAIT_SECS)

    try:
        for number in range(20):
            assert in_fork(partial(child, number)) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert logger.flush(WAIT_SECS)
    assert len([row for row in rows_of(tmp_path) if any(key.startswith("child") for key in row)]) == 20


def record_in_process(logger: Logger, number: int) -> None:
    for it in range(50):
        logger.add_scalar(f"p{number}", it, it)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_may_share_a_logger(method: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context(method)
    logger = Logger(tmp_path)
    logger.set_global_it(3)
    processes = [context.Process(target=record_in_process, args=(logger, number)) for number in range(3)]  # type: ignore[attr-defined]
    for process in processes:
        process.start()
    for process in processes:
        process.join(WAIT_SECS)
        assert process.exitcode == 0
    reader = LogReader(tmp_path)
    for number in range(3):
        assert reader.load_scalars(f"p{number}") == [(it, it) for it in range(50)]
    with open(tmp_path / "metrics.csv", newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(rows_of(tmp_path)), "the mirror has all rows, too"
    assert pickle.loads(pickle.dumps(logger)).global_it == 3


def test_threads_lose_nothing(tmp_path: Path) -> None:
    logger = Logger(tmp_path, interval=0.001)

    def work(number: int) -> None:
        for it in range(2000):
            logger.add_scalar(f"t{number}", it, it)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    logger.close()
    reader = LogReader(tmp_path)
    for number in range(4):
        assert reader.load_scalars(f"t{number}") == [(it, it) for it in range(2000)]


def test_a_logger_killed_at_any_moment_has_kept_what_was_flushed(tmp_path: Path) -> None:
    """200 times: killed between any two instructions, and with a part of a row at the end, in one and the same folder."""
    random_bytes = random.Random(7)
    kept: Dict[str, int] = {}
    for life in range(200):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(reading)
                logger = Logger(tmp_path, interval=0.0)
                for it in range(10_000):
                    logger.add_scalar(f"life {life % 10}", life, life * 10_000 + it)
                    logger.add_text("t", "x" * 50, life * 10_000 + it)
                    if it % 3 == 0 and logger.flush(WAIT_SECS):
                        os.write(writing, b"%d\n" % (life * 10_000 + it))
            finally:
                os._exit(1)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            flushed = int(pipe.readline())
            for _ in range(random_bytes.randrange(4)):
                flushed = int(pipe.readline())
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            for line in pipe:
                flushed = int(line)
        kept[f"life {life % 10}"] = flushed
        for name in ("metrics.jsonl", "text/t.jsonl"):
            # What a kill in the middle of a write leaves: some first bytes of a row.
            whole = (tmp_path / name).read_bytes()
            with open(tmp_path / name, "ab") as file:
                row = whole.splitlines(keepends=True)[0]
                file.write(row[: random_bytes.randrange(len(row))])
        if life % 20 == 19:
            reader = LogReader(tmp_path)
            for tag, last in kept.items():
                found = {step for step, _ in reader.load_scalars(tag)}
                assert set(range(last // 10_000 * 10_000, last + 1)) <= found, "flushed rows are there"
            assert reader.load_text("t")[-1][0] >= flushed
            with open(tmp_path / "metrics.csv", newline="", encoding="utf-8") as file:
                table = list(csv.DictReader(file))
            assert {int(line["step"]) for line in table} >= {flushed}


def test_a_folder_that_cannot_be_written_is_said_once_and_training_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    logger = Logger(tmp_path / "file" / "log")
    for it in range(100):
        logger.add_scalar("x", it, it)
        logger.add_text("t", "text", it)
        if it % 10 == 0:
            logger.flush(WAIT_SECS)
    logger.close()
    said = capsys.readouterr().err
    assert "cannot be written" in said
    assert len(said.splitlines()) <= 4, said


def test_inside_a_run_the_run_s_folder_is_meant_and_stays_unmarked(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    os.environ["RUNYARD_RUN_DIR"] = str(tmp_path)
    with Logger() as logger:
        logger.add_scalar("x", 1)
    assert logger.dir == tmp_path
    assert LogReader(tmp_path).load_scalars("x") == [(0, 1)]
    assert not (tmp_path / "logger.json").exists()


def test_outside_of_a_run_a_logger_without_a_folder_says_once_that_it_records_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path.cwd().iterdir())
    for _ in range(2):
        with Logger() as logger:
            logger.add_scalar("x", 1)
            logger.add_text("x", "y")
            logger.add_figure("x", None)
            logger.add_artifact(tmp_path)
    assert logger.dir is None
    assert sorted(Path.cwd().iterdir()) == before
    assert capsys.readouterr().err.count("records nothing outside of a run") == 1


def test_artifacts_are_copies_of_that_moment_inside_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "model.bin"
    model.write_bytes(b"first" * 1000)
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "x.txt").write_text("x")
    folder = tmp_path / "log"
    with Logger(folder) as logger:
        logger.add_artifact(model)
        model.write_bytes(b"second")
        logger.add_artifact(model, "models/best.bin", it=4)
        logger.add_artifact(tmp_path / "data")
        logger.add_artifact(model, "../outside")
        logger.add_artifact(model, "/outside")
    found = {row["name"]: row for row in LogReader(folder).artifacts}
    assert set(found) == {"model.bin", "models/best.bin", "data/deep/x.txt"}
    assert Path(found["model.bin"]["path"]).read_bytes() == b"first" * 1000
    assert found["models/best.bin"]["step"] == 4 and found["models/best.bin"]["bytes"] == 6
    assert found["models/best.bin"]["sha256"] == hashlib.sha256(b"second").hexdigest()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "log", "model.bin"]
    assert "is no name of an artifact" in capsys.readouterr().err


def test_the_mirror_is_read_by_pandas(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    with Logger(tmp_path) as logger:
        logger.add_scalar("loss", 0.5, 0)
        logger.add_scalar("loss", math.nan, 1)
        logger.add_scalar("acc", math.inf, 2)
    frame = pandas.read_csv(tmp_path / "metrics.csv")
    assert list(frame.columns) == ["step", "time", "loss", "acc"]
    assert frame["loss"].isna().tolist() == [False, True, True]
    assert frame["acc"][2] == math.inf
