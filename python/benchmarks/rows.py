"""What a row costs the training loop, beside `csv.writer` and whatever of tensorboardX, pyruns and EXP is installed.

    python benchmarks/rows.py [--rows 20000] [--repeat 5]

Two figures per row, the best of the repeats: wall time and CPU time of the calling thread, in microseconds. Other load of the
machine shows in the first only. Then the cost of importing, in milliseconds of CPU of a fresh interpreter.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

WIDE = {"loss": 0.123456789, "accuracy": 0.98765, "lr": 1e-3, "grad_norm": 1.25, "epoch": 3}
# EXP and pyruns are slow enough that fewer rows say it.
SLOW = 500


def track(folder: Path) -> Callable[[int], None]:
    import runyard

    return lambda step: runyard.track("loss", 0.1 * step, step=step)


def track_wide(folder: Path) -> Callable[[int], None]:
    import runyard

    return lambda step: runyard.track(WIDE, step=step)


def logger(folder: Path) -> Callable[[int], None]:
    from runyard import Logger

    log = Logger(folder / "log")
    return lambda step: log.add_scalar("loss", 0.1 * step, step)


def save_row(folder: Path) -> Callable[[int], None]:
    from runyard import Experiment

    experiment = Experiment("x", "true", folder)

    def row(step: int) -> None:
        experiment.upd_row(step=step, **WIDE)
        experiment.save_row()

    return row


def csv_flushed(folder: Path) -> Callable[[int], None]:
    file = open(folder / "x.csv", "w", newline="")
    writer = csv.writer(file)

    def row(step: int) -> None:
        writer.writerow([step, *WIDE.values()])
        file.flush()

    return row


def csv_buffered(folder: Path) -> Callable[[int], None]:
    writer = csv.writer(open(folder / "x.csv", "w", newline=""))
    return lambda step: writer.writerow([step, *WIDE.values()])


def tensorboardx(folder: Path) -> Callable[[int], None]:
    from tensorboardX import SummaryWriter  # type: ignore[import-not-found, unused-ignore]

    writer = SummaryWriter(str(folder / "tb"))
    return lambda step: writer.add_scalar("loss", 0.1 * step, step)


def pyruns(folder: Path) -> Callable[[int], None]:
    os.environ["__PYRUNS_CONFIG__"] = str(folder / "config.yaml")
    (folder / "config.yaml").write_text("lr: 1\n")
    (folder / "task_info.json").write_text(json.dumps({"name": "t", "status": "running", "tracks": [{}], "records": [{}]}))
    import pyruns  # type: ignore[import-not-found, unused-ignore]

    return lambda step: pyruns.track("loss", 0.1 * step)


def exp(folder: Path) -> Callable[[int], None]:
    with contextlib.redirect_stdout(io.StringIO()):
        from experiment_manager.core import Experiment  # type: ignore[import-not-found, unused-ignore]

        experiment = Experiment("x", "true", folder)

    def row(step: int) -> None:
        experiment.upd_row(step=step, **WIDE)
        experiment.save_row()

    return row


Case = Tuple[str, Callable[[Path], Callable[[int], None]], bool]
CASES: List[Case] = [
    ("csv.writer, buffered, 6 values", csv_buffered, False),
    ("csv.writer, flushed, 6 values", csv_flushed, False),
    ("runyard.track, 1 value", track, False),
    ("runyard.track, 5 values", track_wide, False),
    ("runyard.Logger.add_scalar", logger, False),
    ("runyard Experiment.save_row, 6 values, in the file", save_row, False),
    ("tensorboardX add_scalar", tensorboardx, False),
    ("pyruns.track, 1 value", pyruns, True),
    ("EXP save_row, 6 values", exp, True),
]


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    before = dict(os.environ)
    os.environ["RUNYARD_RUN_DIR"] = str(folder)
    try:
        yield folder
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


def measure(make: Callable[[Path], Callable[[int], None]], rows: int) -> Tuple[float, float]:
    with scratch() as folder:
        row = make(folder)
        row(0)
        wall, cpu = time.perf_counter(), time.thread_time()
        for step in range(1, rows + 1):
            row(step)
        cpu, wall = time.thread_time() - cpu, time.perf_counter() - wall
        from runyard import flush

        flush()
    return wall / rows * 1e6, cpu / rows * 1e6


def importing(code: str) -> float:
    program = f"import time; start = time.process_time()\n{code}\nprint((time.process_time() - start) * 1000)"
    env = {**os.environ, "PYTHONPATH": sys.path[0]}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}, best of {options.repeat}")
    print(f"{'':52} {'wall us':>9} {'caller CPU us':>14}")
    for name, make, is_slow in CASES:
        rows = min(options.rows, SLOW) if is_slow else options.rows
        try:
            results = [measure(make, rows) for _ in range(options.repeat)]
        except ImportError as error:
            print(f"{name:52} {error.name} is not installed")
            continue
        print(f"{name:52} {min(wall for wall, _ in results):9.2f} {min(cpu for _, cpu in results):14.2f}  ({rows} rows)")
    codes: Dict[str, Any] = {
        "import runyard": "import runyard",
        "from runyard import track": "from runyard import track",
        "from runyard import load_experiment": "from runyard import load_experiment",
        "import typing (of which that is)": "import typing",
    }
    for name, code in codes.items():
        print(f"{name:52} {min(importing(code) for _ in range(options.repeat)):9.2f} ms CPU")


if __name__ == "__main__":
    main()
