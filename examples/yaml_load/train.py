"""Fit a line by gradient descent; every value comes from a config.

    python train.py                                                     # by hand, with base.yaml
    runyard run train.py --config base.yaml lr='0.1 | 0.5' seed=1:3     # six runs
"""
import random
from pathlib import Path

import runyard

config = runyard.read(Path(__file__).with_name("base.yaml"))
chance = random.Random(config.seed)
xs = [chance.random() for _ in range(config.data.points)]
ys = [2 * x + 1 + chance.gauss(0, config.data.noise) for x in xs]

slope = offset = 0.0
for epoch in range(config.epochs):
    errors = [slope * x + offset - y for x, y in zip(xs, ys)]
    slope -= config.lr * sum(e * x for e, x in zip(errors, xs)) / len(xs)
    offset -= config.lr * sum(errors) / len(xs)
    loss = sum(e * e for e in errors) / len(xs)
    runyard.track({"loss": loss, "slope": slope}, step=epoch)
    print(f"epoch {epoch}: loss {loss:.4f}")

runyard.record(final_loss=loss, slope=slope, offset=offset)
(runyard.artifact_dir() / "line.txt").write_text(f"{slope} {offset}\n")
