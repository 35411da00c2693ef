"""Trains a small network by hand and logs how it goes: numbers, texts, figures that can be turned.

    python examples/logging_figures/train.py --dir logs     # by hand: into logs/
    runyard examples/logging_figures/train.py               # as a run: into the run's folder

Needs numpy and matplotlib.
"""

import argparse
import logging
import os

import numpy
from matplotlib.figure import Figure

from runyard import Logger
from runyard.integrations.logging_handler import RunyardHandler


def surface(weights, inputs, targets):
    """The loss around the weights, in two of their directions."""
    figure = Figure(figsize=(5, 4))
    axes = figure.add_subplot(projection="3d")
    steps = numpy.linspace(-1.0, 1.0, 21)
    x, y = numpy.meshgrid(steps, steps)
    direction = numpy.eye(len(weights))
    loss = [numpy.mean((inputs @ (weights + a * direction[0] + b * direction[1]) - targets) ** 2) for a, b in zip(x.flat, y.flat)]
    axes.plot_surface(x, y, numpy.reshape(loss, x.shape), cmap="viridis")
    axes.set(xlabel="first weight", ylabel="second weight", zlabel="loss", title="Loss around the weights")
    return figure


def fit(predictions, targets):
    """What was predicted beside what was wanted."""
    figure = Figure(figsize=(5, 4))
    axes = figure.subplots()
    axes.scatter(targets, predictions, s=12, label="examples")
    axes.axline((0, 0), slope=1, color="black", linestyle=":")
    axes.set(xlabel="target", ylabel="prediction", title="Fit")
    axes.legend()
    return figure


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.05, help="learning rate")
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dir", default=None, help="folder of the log; inside a run, the run's own")
    args = parser.parse_args()

    random = numpy.random.default_rng(args.seed)
    inputs = random.normal(size=(200, 4))
    targets = inputs @ numpy.array([1.0, -2.0, 0.5, 3.0]) + random.normal(scale=0.1, size=200)
    weights = numpy.zeros(4)

    directory = args.dir if args.dir or "RUNYARD_RUN_DIR" in os.environ else "logs"
    with Logger(directory) as logger:
        log = logging.getLogger("train")
        log.setLevel(logging.INFO)
        log.addHandler(RunyardHandler(logger))
        for it in range(args.iterations):
            logger.set_global_it(it)
            errors = inputs @ weights - targets
            gradient = 2 * inputs.T @ errors / len(errors)
            weights -= args.lr * gradient
            logger.add_scalar("train/loss", numpy.mean(errors**2))
            logger.add_scalar("train/gradient", numpy.linalg.norm(gradient))
            if it % 20 == 0 or it == args.iterations - 1:
                logger.add_figure("loss surface", surface(weights, inputs, targets), interactive=True)
                logger.add_figure("fit", fit(inputs @ weights, targets), interactive=True)
                logger.add_histogram("errors", errors, bins=20)
                log.info("iteration %d: loss %.4f", it, numpy.mean(errors**2))
        logger.add_table("weights", ["weight", "value"], list(enumerate(weights)))
        logger.add_text("summary", f"loss {numpy.mean(errors**2):.4f} after {args.iterations} iterations")
        print(f"loss {numpy.mean(errors**2):.4f}, logged in {logger.dir}")


if __name__ == "__main__":
    main()
