"""The example `examples/pyexp_style` does what it says."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from scripts import CEILING, program  # noqa: F401

SCRIPT = Path(__file__).parents[2] / "examples" / "pyexp_style" / "fit.py"

pytestmark = pytest.mark.usefixtures("program")


def launch(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run([sys.executable, "fit.py", *words], cwd=folder, capture_output=True, text=True, timeout=CEILING)
    assert done.returncode == 0, done.stderr
    return done


def test_the_example_reports_the_best_rate_and_goes_on_with_what_it_has(tmp_path: Path) -> None:
    shutil.copy(SCRIPT, tmp_path)
    first = launch(tmp_path)
    assert "best: fit_lr0.5_seed" in first.stdout and first.stderr.count("passed") == 6
    again = launch(tmp_path, "--continue")
    assert again.stdout == first.stdout and again.stderr == ""
    (table,) = tmp_path.glob("out/fit/*/report/table.txt")
    assert table.read_text() == first.stdout
    launch(tmp_path, "--executor", "fork")
    launch(tmp_path, "--executor", "inline")
    rows = {path: path.read_text().splitlines() for path in tmp_path.glob("out/fit/*/*/.runyard/run_0001/metrics.jsonl")}
    assert len(rows) == 18 and {len(lines) for lines in rows.values()} == {60}
    assert json.loads(next(iter(rows.values()))[-1])["step"] == 59
