"""Fits a parabola by gradient descent, with every learning rate and every seed, and reports which rate is best.

    python fit.py                   a new batch: six calls, each a task of its own
    python fit.py --continue        nothing is left to do: the report once more
    python fit.py --executor fork   from an interpreter that has imported everything already
"""

import random

from runyard import Config, experiment, sweep, track


@experiment
def fit(config: Config) -> dict:
    """One fit; what it returns is the result of its point."""
    source = random.Random(config.seed)
    points = [(x / 10, (x / 10) ** 2 + source.gauss(0, 0.05)) for x in range(-10, 11)]
    a, b = source.random(), source.random()
    loss = 0.0
    for step in range(config.model.steps):
        errors = [(a * x * x + b - y, x) for x, y in points]
        a -= config.lr * sum(2 * error * x * x for error, x in errors) / len(points)
        b -= config.lr * sum(2 * error for error, _ in errors) / len(points)
        loss = sum(error * error for error, _ in errors) / len(points)
        track(step=step, loss=loss)
    print(f"y = {a:.3f} x² + {b:.3f}, loss {loss:.5f}")
    (config.out / "weights.txt").write_text(f"{a} {b}\n")
    return {"loss": loss, "a": a, "b": b}


@fit.configs
def configs():
    """Three rates by two seeds: a tensor of shape (1, 3, 2)."""
    base = [{"name": "fit", "model": {"kind": "parabola", "steps": 60}}]
    rates = [{"name": f"lr{lr}", "lr": lr} for lr in (0.01, 0.1, 0.5)]
    seeds = [{"name": f"seed{seed}", "seed": seed} for seed in (1, 2)]
    return sweep(sweep(base, rates), seeds)


@fit.report
def report(results, out):
    """A table of the mean losses, also as a file in the batch's folder `report`."""
    lines = ["lr     mean loss"]
    for lr in (0.01, 0.1, 0.5):
        done = [result for result in results.select({"config.lr": lr}) if not result.error]
        lines.append(f"{lr:<6} {sum(result['loss'] for result in done) / max(1, len(done)):.5f}")
    best = min((result for result in results if not result.error), key=lambda result: result["loss"])
    lines.append(f"best: {best.name}, weights in {best.out / 'weights.txt'}")
    (out / "table.txt").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    return best.name


if __name__ == "__main__":
    fit.run()
