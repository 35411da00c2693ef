#!/usr/bin/env python3
"""Counts steps with a progress bar: no dependencies, done in a moment.

Something to try sweeps on before pointing Runyard at real training.
"""
import argparse
import os
import sys
import time
import traceback

CODES = {"red": 31, "green": 32, "blue": 34}


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10, help="how many steps to make")
    parser.add_argument("--delay", type=float, default=0.1, help="seconds between steps")
    parser.add_argument("--label", default="steps", help="text in front of every line")
    parser.add_argument("--fail-at", type=int, default=None, help="fail when this step is reached")
    parser.add_argument("--color", choices=["red", "green", "blue"], default="green", help="colour of the label")
    parser.add_argument("--shout", action="store_true", help="print in capitals")
    return parser.parse_args()


def paint(text, code):
    return text if os.environ.get("NO_COLOR") else f"\033[{code}m{text}\033[0m"


def bar(done, total, width=30):
    filled = width * done // total if total else width
    return f"{100 * done // total if total else 100:3d}%|{'█' * filled}{' ' * (width - filled)}| {done}/{total}"


def main():
    args = parse_args()
    label = args.label.upper() if args.shout else args.label
    code = CODES[args.color]
    for step in range(1, args.steps + 1):
        if step == args.fail_at:
            print()
            raise RuntimeError(f"asked to fail at step {step}")
        time.sleep(args.delay)
        print(f"\r\033[K{paint(label, code)} step {step}")
        print(f"\r{paint(bar(step, args.steps), code)}", end="", flush=True)
    print(f"\n{paint(label + ' done', f'1;{code}')}")


if __name__ == "__main__":
    # The bar uses a block character, whatever the locale says.
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        main()
    except RuntimeError:
        sys.stdout.flush()
        traceback.print_exc()
        sys.exit(3)
