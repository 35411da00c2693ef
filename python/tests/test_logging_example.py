"""The example of docs/PYTHON_LOGGING.md runs, by hand and as a run, and its log can be read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runyard import LogReader

pytest.importorskip("matplotlib")
EXAMPLE = Path(__file__).parents[2] / "examples" / "logging_figures" / "train.py"


@pytest.mark.parametrize("kind", ["by hand", "as a run"])
def test_the_example_logs_what_it_says(kind: str, tmp_path: Path) -> None:
    words = [sys.executable, str(EXAMPLE), "--iterations", "21"]
    if kind == "by hand":
        words += ["--dir", str(tmp_path / "logs")]
    else:
        os.environ["RUNYARD_RUN_DIR"] = str(tmp_path / "logs")
    subprocess.run(words, check=True, timeout=300, cwd=tmp_path)
    reader = LogReader(tmp_path / "logs")
    assert reader.scalar_tags == ["train/gradient", "train/loss"]
    loss = [value for _, value in reader.load_scalars("train/loss")]
    assert len(loss) == 21 and loss[-1] < loss[0] / 10
    assert reader.figure_tags == ["fit", "loss surface"] and reader.figure_iterations("fit") == [0, 20]
    assert reader.figure_file("loss surface", 20, interactive=True).exists() and reader.figure_file("fit", 20, interactive=True).exists()
    assert [step for step, _ in reader.load_histograms("errors")] == [0, 20]
    assert len(reader.load_text("log")) == 2 and reader.load_text("summary")[0][0] == 20
    assert len(reader.load_tables("weights")[0][1]["rows"]) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]
