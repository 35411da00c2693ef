"""What a script asks of its run, and tells about it; inside a run and outside."""

import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

import runyard
from runyard import RunyardError, _environment


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Makes this process the second run of a task; its folder."""
    folder = tmp_path / "tasks" / "t" / "runs" / "2"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("lr: 9\n")
    (folder / "config.json").write_text('{"lr": 0.001, "model": {"layers": [8, {"width": NaN}]}, "big": 123456789012345678901}')
    os.environ[_environment.RUN_DIR] = str(folder)
    os.environ[_environment.CONFIG] = str(folder / "config.yaml")
    os.environ[_environment.TASK_DIR] = str(tmp_path / "tasks" / "t")
    os.environ[_environment.RUN_INDEX] = "2"
    return folder


def rows_of(run: Path) -> List[Dict[str, Any]]:
    assert runyard.flush(30)
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert all(isinstance(row.pop("time"), float) for row in rows)
    return rows


def test_a_run_loads_the_values_of_config_json(run: Path, tmp_path: Path) -> None:
    config = runyard.load()
    assert config.lr == 0.001 and config.model.layers[0] == 8 and math.isnan(config["model"]["layers"][1].width)
    assert config.big == 123456789012345678901
    config.lr = 5
    assert runyard.load().lr == 0.001, "each call returns a mapping of its own"
    (tmp_path / "own.json").write_text('{"lr": 7}')
    assert runyard.read(tmp_path / "own.json").lr == 0.001, "a run's values count, whatever file is named"


def test_a_run_without_the_twin_loads_config_yaml(run: Path) -> None:
    pytest.importorskip("yaml")
    (run / "config.json").unlink()
    assert runyard.load().lr == 9


def test_a_run_knows_its_places(run: Path, tmp_path: Path) -> None:
    assert runyard.run_dir() == run and runyard.get_task_dir() == tmp_path / "tasks" / "t"
    assert runyard.get_run_index() == 2
    assert runyard.artifact_dir() == run / "artifacts" and (run / "artifacts").is_dir()


def test_points_have_steps_of_their_own_or_are_counted(run: Path) -> None:
    runyard.track("loss", 0.5)
    runyard.track("loss", 0.4)
    runyard.track("acc", 0.9)
    runyard.track({"loss": 0.3, "acc": 0.91}, step=10)
    runyard.track(loss=0.2)
    runyard.track_many([{"step": 20, "loss": 1}, {"loss": 2}])
    runyard.track("loss", 3, step=0.5)
    assert rows_of(run) == [
        {"step": 0, "loss": 0.5},
        {"step": 1, "loss": 0.4},
        {"step": 0, "acc": 0.9},
        {"step": 10, "loss": 0.3, "acc": 0.91},
        {"step": 11, "loss": 0.2},
        {"step": 20, "loss": 1},
        {"step": 21, "loss": 2},
        {"step": 0.5, "loss": 3},
    ]
    with open(run / "metrics.csv", newline="") as file:
        assert [row["loss"] for row in csv.DictReader(file)] == ["0.5", "0.4", "", "0.3", "0.2", "1", "2", "3"]


def test_results_have_no_step(run: Path) -> None:
    runyard.record({"best": 1}, acc=0.5)
    runyard.add_monitor({"best": 2}, epoch=3)
    assert rows_of(run) == [{"best": 1, "acc": 0.5}, {"best": 2, "epoch": 3}]


def test_a_metric_with_a_reserved_name_is_kept_under_another(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runyard.record(step=4, time=5)
    runyard.track(time=6)
    runyard.track({"step": 7, "time": 8, "time_": 9})
    assert rows_of(run) == [
        {"step_": 4, "time_": 5},
        {"step": 0, "time_": 6},
        {"step": 7, "time_": 9, "time__": 8},
    ]
    assert capsys.readouterr().err.count("\n") == 3, "once for each new name"


def test_odd_calls_are_said_once_and_never_raise(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        runyard.record(5)  # type: ignore[arg-type]
        runyard.add_monitor([("a", 1)], b=2)  # type: ignore[arg-type]
        runyard.track("a", 1, step="x")  # type: ignore[arg-type]
        runyard.track("n", 1, step=math.nan)
        runyard.track_many(7)  # type: ignore[arg-type]
        runyard.track_many([8])  # type: ignore[list-item]
    runyard.track({1: math.inf, None: object()}, step=2**80)  # type: ignore[dict-item]
    rows = rows_of(run)
    assert rows[:3] == [{"b": 2}, {"step": 0, "a": 1}, {"step": 0, "n": 1}]
    assert rows[-1]["step"] == 2**80 and rows[-1]["1"] == "Infinity" and rows[-1]["None"].startswith("<object")
    assert len(capsys.readouterr().err.splitlines()) == 6


def test_outside_a_run_recording_says_once_that_it_does_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.chdir(tmp_path)
    for _ in range(3):
        runyard.record(a=1)
        runyard.add_monitor({"a": 1})
        runyard.track("a", 1)
        runyard.track_many([{"a": 1}])
    assert runyard.flush() and os.listdir(tmp_path) == []
    assert capsys.readouterr().err.count("\n") == 1
    assert runyard.run_dir() is None and runyard.get_task_dir() is None and runyard.get_run_index() is None
    assert runyard.artifact_dir() == tmp_path / "artifacts"


def test_outside_a_run_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('\ufeff{"lr": 1e-3, "text": "grün", "n": NaN}', encoding="utf-8")
    assert runyard.read(tmp_path / "a.json").lr == 0.001
    assert runyard.load().text == "grün", "load gives what was read before"
    for name, text, message in [
        ("missing.json", None, "No such file"),
        ("bad.json", "{", "line 1"),
        ("list.json", "[1]", "should be a mapping"),
        ("x.ini", "a=1", "no config file"),
        ("latin.json", b'{"a": "\xff"}', "no UTF-8"),
    ]:
        if isinstance(text, str):
            (tmp_path / name).write_text(text)
        elif text is not None:
            (tmp_path / name).write_bytes(text)
        with pytest.raises(RunyardError, match=message):
            runyard.read(tmp_path / name)


def test_toml_is_read_where_python_can(tmp_path: Path) -> None:
    pytest.importorskip("tomllib")
    (tmp_path / "a.toml").write_text("lr = 0.1\nday = 2026-11-21\n[model]\nwidth = 8\n")
    assert runyard.read(tmp_path / "a.toml") == {"lr": 0.1, "day": "2026-11-21", "model": {"width": 8}}


SCALARS = """
a: [1e-3, 1E5, -.5, 1., 0.1, 1_000, 0x1F, 0b101, +1, -3, .inf, 1.5e+3, 1_0.5]
b: [yes, No, ON, true, FALSE, y, n, yEs]
c: [~, null, Null, ]
d: [012, 0o17, 08, 1:30, 1:10:2, 2024-01-01, =, "1", 'yes', text]
e: [01e3, 00., 0_1.5, 1_0e3, 1_, 1._5, ._5, .5e3, -.nan, +.inf, 1e, 1.e3, 0_1, _1, -0, 0x, 0x_1, 0b_1, .INF, .Nan, 1.5e1_0]
1: one
yes: two
empty:
base: &base {x: 1, y: 2}
more: {<<: *base, y: 3}
"""


def test_yaml_means_what_the_documents_say(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "a.yaml").write_text(SCALARS)
    config = runyard.read(tmp_path / "a.yaml")
    assert config.a == [0.001, 1e5, -0.5, 1.0, 0.1, 1000, 31, 5, 1, -3, math.inf, 1500.0, 10.5]
    assert [type(value) for value in config.a[:6]] == [float] * 5 + [int]
    assert config.b == [True, False, True, True, False, "y", "n", "yEs"]
    assert config.c == [None, None, None]
    assert config.d == ["012", "0o17", "08", "1:30", "1:10:2", "2024-01-01", "=", "1", "yes", "text"]
    assert config["1"] == "one" and config["yes"] == "two" and config.empty is None
    assert config.more == {"x": 1, "y": 3}
    for text, message in [("a: 1\na: 2", "stands twice"), ("[a]: 1", "no text"), ("a: !!python/name:os.system", "could not")]:
        (tmp_path / "bad.yaml").write_text(text)
        with pytest.raises(RunyardError, match=message):
            runyard.read(tmp_path / "bad.yaml")


@pytest.mark.skipif("RUNYARD_BIN" not in os.environ, reason="needs the program")
def test_yaml_means_the_same_to_python_and_the_program(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "a.yaml").write_text(SCALARS)
    command = [os.environ["RUNYARD_BIN"], "config", "show", "--json", tmp_path / "a.yaml"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path)
    # What is printed for people and pages marks the floats that JSON has no word for.
    assert runyard.read(tmp_path / "a.yaml") == json.loads(shown.stdout, object_hook=lambda o: float(o["$float"]) if "$float" in o else o)


@pytest.mark.skipif("RUNYARD_BIN" not in os.environ, reason="needs the program")
def test_what_only_the_program_resolves_is_asked_of_it(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "a.yaml").write_text("base: {x: 1, y: 2}\n")
    (tmp_path / "b.yaml").write_text("imports: a.yaml\nx: '{base.x}'\nbase.y: 5\n")
    config = runyard.read(tmp_path / "b.yaml")
    assert config.x == 1 and config.base == {"x": 1, "y": 5}


SCRIPT = """
import json, runyard
print(json.dumps(runyard.load()))
"""


def test_a_script_started_by_hand_loads_the_template_that_is_kept_for_it(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "src").mkdir()
    script = tmp_path / "src" / "train.py"
    script.write_text(SCRIPT)

    def start() -> "subprocess.CompletedProcess[str]":
        return subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    failed = start()
    assert failed.returncode == 1 and "`train.py` was started outside a run" in failed.stderr
    assert "runyard run train.py --config base.yaml" in failed.stderr
    for place, value in [("_pyruns_/train/config_default.yaml", 1), ("_runyard_/train/template.yaml", 2)]:
        path = tmp_path / place
        path.parent.mkdir(parents=True)
        path.write_text(f"lr: {value}\n")
        assert json.loads(start().stdout) == {"lr": value}


TASK = """
import argparse, runyard
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
args = parser.parse_args()
# A call of runyard.load() that stands there would make it a script with a config.
assert getattr(runyard, "load")() == {"lr": args.lr}
assert runyard.get_run_index() == 1
assert runyard.run_dir().parent.parent == runyard.get_task_dir() and (runyard.get_task_dir() / "task.json").is_file()
for step in range(3):
    runyard.track(loss=args.lr * step)
runyard.record(best=args.lr, odd=float("nan"))
"""


@pytest.mark.skipif("RUNYARD_BIN" not in os.environ, reason="needs the program")
def test_a_real_run_knows_its_places_and_its_metrics_are_shown(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TASK)

    def start(*words: str) -> str:
        command = [os.environ["RUNYARD_BIN"], *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    start("run", "train.py", "--python", sys.executable, "lr=0.5")
    (task,) = [path.name for path in (tmp_path / "_runyard_" / "train" / "tasks").iterdir() if path.name.startswith("train")]
    with_header = list(csv.DictReader(start("metrics", task, "--csv").splitlines()))
    assert [(row["step"], row["loss"]) for row in with_header[:3]] == [("0", "0.0"), ("1", "0.5"), ("2", "1.0")], with_header
    assert with_header[3]["best"] == "0.5"
