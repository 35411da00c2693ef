"""The same without a batch file: start the runs from Python, wait, and read their rows."""
import sys
from pathlib import Path

from runyard import Experiment

here = Path(__file__).parent
experiments = [
    Experiment(f"lr_{lr}", [sys.executable, "train.py", "--lr", str(lr)], here / "runs", cwd=here, tags=["launch"])
    for lr in (0.1, 0.5)
]
for process in [experiment.run() for experiment in experiments]:
    process.wait()

for experiment in experiments:
    rows = experiment.load_metrics_dict()
    print(f"{experiment.name}: {experiment.status}, {len(rows)} rows, last loss {rows[-1]['loss']:.4f}")
