#!/usr/bin/env python3
"""Train a small neural network on scikit-learn's bundled handwritten digits.

An ordinary training script: `python train.py --lr 0.01` works on its own.
"""
import argparse
import os

# Several of these run side by side: one thread each. NumPy reads this at import.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import sys
import time
import traceback
import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from tqdm import tqdm

VALIDATION_SIZE = 360
CLASSES = np.arange(10)

COLORS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}


def paint(text, color, bold=False):
    """Wrap `text` in ANSI colour codes unless NO_COLOR asks for plain text."""
    if os.environ.get("NO_COLOR"):
        return text
    return f"\033[{'1;' if bold else ''}{COLORS[color]}m{text}\033[0m"


def parse_args():
    parser = argparse.ArgumentParser(
        description="Train a multi-layer perceptron on 8x8 images of handwritten digits."
    )

    data = parser.add_argument_group("data")
    data.add_argument("--train-size", type=int, default=1400, help="images to train on, at most 1437")
    data.add_argument(
        "--augment",
        action="store_true",
        help="move half of the batches by one pixel,\neach image in a direction of its own",
    )
    data.add_argument("--noise", type=float, default=0.0, help="standard deviation of noise added to the pixels (0 to 1)")

    model = parser.add_argument_group("model")
    model.add_argument(
        "--hidden", type=int, nargs="+", default=[64, 32], metavar="UNITS", help="sizes of the hidden layers"
    )
    model.add_argument("--activation", choices=["relu", "tanh", "logistic"], default="relu", help="activation function")

    training = parser.add_argument_group("training")
    training.add_argument("--epochs", type=int, default=80, help="passes over the training images")
    training.add_argument(
        "--batch-size",
        type=int,
        default=16,
        help="""images per step;
        has to be at most --train-size""",
    )
    training.add_argument("--lr", type=float, default=1e-3, help="initial learning rate")
    training.add_argument("--optimizer", choices=["adam", "sgd"], default="adam", help="how the weights are updated")
    training.add_argument("--weight-decay", type=float, default=1e-4, help="strength of the L2 penalty")

    parser.add_argument("--seed", type=int, default=0, help="seed of every random choice")
    parser.add_argument("--name", default="digits", help="a text to recognise this run by")
    return parser.parse_args()


def load(args, rng):
    """Return training and validation images, pixels scaled to 0..1."""
    digits = load_digits()
    images = (digits.data / 16.0).astype(np.float32)
    train_x, valid_x, train_y, valid_y = train_test_split(
        images, digits.target, test_size=VALIDATION_SIZE, random_state=0, stratify=digits.target
    )
    train_x, train_y = train_x[: args.train_size], train_y[: args.train_size]
    if args.noise > 0:
        train_x = train_x + rng.normal(0, args.noise, train_x.shape).astype(np.float32)
    return train_x, train_y, valid_x, valid_y


def shifted(images, rng):
    """Move each image by one pixel up, down, left or right."""
    moves = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)])[rng.integers(0, 4, len(images))]
    squares = images.reshape(-1, 8, 8)
    return np.stack([np.roll(s, tuple(m), axis=(0, 1)) for s, m in zip(squares, moves)]).reshape(-1, 64)


def train_epoch(model, x, y, args, rng, bar):
    """One pass in random order; moves the bar by one per step."""
    order = rng.permutation(len(x))
    for start in range(0, len(x), args.batch_size):
        rows = order[start : start + args.batch_size]
        batch = shifted(x[rows], rng) if args.augment and rng.random() < 0.5 else x[rows]
        model.partial_fit(batch, y[rows], classes=CLASSES)
        bar.set_postfix(loss=f"{model.loss_:.4f}", refresh=False)
        bar.update()


def main():
    args = parse_args()
    if args.batch_size > args.train_size:
        raise ValueError(f"--batch-size {args.batch_size} exceeds --train-size {args.train_size}")

    rng = np.random.default_rng(args.seed)
    train_x, train_y, valid_x, valid_y = load(args, rng)
    model = MLPClassifier(
        hidden_layer_sizes=tuple(args.hidden),
        activation=args.activation,
        solver=args.optimizer,
        alpha=args.weight_decay,
        learning_rate_init=args.lr,
        batch_size=args.batch_size,
        random_state=args.seed,
    )

    print(paint(f"{args.name}: ", "cyan", bold=True) + f"{len(train_x)} training and {len(valid_x)} validation images")
    print(f"layers 64-{'-'.join(map(str, args.hidden))}-10, {args.optimizer}, lr {args.lr:g}, seed {args.seed}")

    started = time.monotonic()
    best = 0.0
    steps = -(-len(train_x) // args.batch_size)
    with tqdm(total=args.epochs * steps, unit="step", file=sys.stdout, colour="green") as bar:
        for epoch in range(1, args.epochs + 1):
            bar.set_description(f"epoch {epoch}/{args.epochs}", refresh=False)
            train_epoch(model, train_x, train_y, args, rng, bar)
            accuracy = model.score(valid_x, valid_y)
            better, best = accuracy > best, max(best, accuracy)
            shown = paint(f"{accuracy:.4f}", "green" if better else "yellow", bold=better)
            bar.write(f"epoch {epoch:3}  loss {model.loss_:.4f}  validation accuracy {shown}", file=sys.stdout)

    seconds = time.monotonic() - started
    print(paint(f"best validation accuracy {best:.4f}", "green", bold=True) + f" after {seconds:.1f} s")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    try:
        main()
    except ValueError:
        traceback.print_exc()
        sys.exit(3)
