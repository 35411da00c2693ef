"""The examples of the documents run, by hand and by the program."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

needs_examples = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the package stands alone")
needs_program = pytest.mark.skipif("RUNYARD_BIN" not in os.environ, reason="needs the program")


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the example that the test names, where it may write."""
    return Path(shutil.copytree(EXAMPLES / request.param, tmp_path / request.param))


def start(folder: Path, *words: str) -> str:
    # `python` in a batch file is the one that runs the tests.
    env = {**os.environ, "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])}
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def records_of(folder: Path) -> List[Path]:
    return sorted(path for path in folder.rglob("metrics.jsonl") if ".store" not in path.parts)


@needs_examples
@pytest.mark.parametrize("example", ["yaml_load"], indirect=True)
def test_a_script_with_a_config_runs_by_hand(example: Path) -> None:
    pytest.importorskip("yaml")
    assert "epoch 19: loss" in start(example, sys.executable, "train.py")
    assert (example / "artifacts" / "line.txt").is_file() and records_of(example) == []


@needs_examples
@needs_program
@pytest.mark.parametrize("example", ["yaml_load"], indirect=True)
def test_a_script_with_a_config_runs_as_a_sweep(example: Path) -> None:
    words = ["run", "train.py", "--config", "base.yaml", "--python", sys.executable, "lr=0.1 | 0.5", "epochs=3"]
    start(example, os.environ["RUNYARD_BIN"], *words)
    losses = set()
    for path in records_of(example):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        assert [row.get("step") for row in rows] == [0, 1, 2, None] and "final_loss" in rows[-1]
        assert (path.parent / "artifacts" / "line.txt").is_file()
        assert path.with_suffix(".csv").read_text().startswith("step,time,loss,slope")
        losses.add(rows[-1]["final_loss"])
    assert len(losses) == 2, "two runs with values of their own"


@needs_examples
@pytest.mark.parametrize("example", ["exp_style"], indirect=True)
def test_experiments_are_started_from_python(example: Path) -> None:
    lines = start(example, sys.executable, "launch.py").splitlines()
    assert len(lines) == 2 and all("finished, 10 rows" in line for line in lines), lines
    assert len(list(example.glob("runs/lr_*/checkpoints/last.txt"))) == 2
    assert "epoch 9" in start(example, sys.executable, "train.py"), "by hand, too"


@needs_examples
@needs_program
@pytest.mark.parametrize("example", ["exp_style"], indirect=True)
def test_experiments_are_started_from_a_batch_file(example: Path) -> None:
    start(example, os.environ["RUNYARD_BIN"], "run", "batch.toml")
    tables = list(example.glob("runs/*/metrics/run_0001.csv"))
    assert len(tables) == 3 and all(len(table.read_text().splitlines()) == 11 for table in tables)
    assert len(records_of(example)) == 3
    assert len(list(example.glob("runs/*/checkpoints/last.txt"))) == 3


@needs_examples
@pytest.mark.parametrize("example", ["digits"], indirect=True)
def test_a_plain_script_runs_by_hand(example: Path) -> None:
    for module in ("sklearn", "tqdm"):
        pytest.importorskip(module)
    start(example, sys.executable, "train.py", "--epochs", "1")
