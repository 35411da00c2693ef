"""A process that is killed while it records loses nothing that it had flushed, and leaves files that everybody can read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = 200

# Forks writers from a small process and kills each when the files have grown by a random number of bytes. Every tenth
# begins anew; the others go on with what their predecessors left, torn ends and all.
NURSERY = """
import csv, io, json, os, random, signal, sys, time
from pathlib import Path
from runyard._exp_rows import Rows, load
from runyard._writer import RowWriter

base, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
choose = random.Random(seed)
try:
    import pandas
except ImportError:
    pandas = None

def write(folder, start, seed, pipe):
    chance = random.Random(seed)
    writer = RowWriter(folder / "metrics.jsonl", mirror=folder / "metrics.csv", interval=0)
    rows = Rows(folder / "run_0001.csv", "run_0001", None)
    n = start
    while True:
        for _ in range(chance.randrange(1, 20)):
            row = {"n": n, "pad": "x" * chance.randrange(3000), f"c{n % 7 if n % 50 == 0 else 0}": n * 0.1}
            writer.add({"step": n, "time": 1.5, **row})
            rows.save(row)
            n += 1
        assert writer.flush()
        os.write(pipe, b"%d\\n" % (n - 1))

def size_of(folder):
    total = 0
    for name in ("metrics.jsonl", "metrics.csv", "run_0001.csv"):
        try:
            total += os.stat(folder / name).st_size
        except FileNotFoundError:
            pass
    return total

def check(folder, expected):
    seen = []
    with open(folder / "metrics.jsonl", "rb") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                continue  # a torn line
            if line.endswith(b"\\n"):
                seen.append(row["n"])
    assert len(seen) == len(set(seen)), "a row stands there once"
    assert seen == sorted(seen) and expected <= set(seen), ("metrics.jsonl", sorted(expected - set(seen))[:5])
    for name in ("metrics.csv", "run_0001.csv"):
        rows = load(folder / name)
        ns = [row["n"] for row in rows]
        assert ns == sorted(ns) and len(ns) == len(set(ns)) and expected <= set(ns), (name, sorted(expected - set(ns))[:5])
        if pandas is not None:
            frame = pandas.read_csv(folder / name)
            assert len(frame) - len(rows) in (0, 1), "at most a torn row more"
            assert expected <= set(frame["n"].dropna().astype(int)), name

torn = flushed_rows = 0
folder, expected, start = None, set(), 0
for kill in range(kills):
    if kill % 10 == 0:
        folder, expected, start = base / str(kill), set(), 0
        folder.mkdir()
    receiver, sender = os.pipe()
    target = size_of(folder) + choose.randrange(1, 300_000)
    child = os.fork()
    if child == 0:
        os.close(receiver)
        write(folder, start, seed * 1000 + kill, sender)
    os.close(sender)
    until = time.monotonic() + 60
    while size_of(folder) < target:
        assert time.monotonic() < until, "the writer stands still"
        assert os.waitpid(child, os.WNOHANG) == (0, 0), "the writer has ended"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with open(receiver, "rb") as pipe:
        told = pipe.read().split()
    if told:
        expected |= set(range(start, int(told[-1]) + 1))
        flushed_rows += int(told[-1]) + 1 - start
    if kill % 10 == 0 and not told and not (folder / "run_0001.csv").exists():
        start += 1_000_000
        continue
    for name in ("metrics.jsonl", "metrics.csv", "run_0001.csv"):
        path = folder / name
        torn += path.exists() and not path.read_bytes().endswith(b"\\n")
    if all((folder / name).exists() for name in ("metrics.jsonl", "metrics.csv", "run_0001.csv")):
        check(folder, expected)
    start += 1_000_000
print(json.dumps({"torn": torn, "flushed": flushed_rows}))
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_a_writer_killed_at_random_bytes_loses_nothing_that_was_flushed(tmp_path: Path, seed: int) -> None:
    command = [sys.executable, "-c", NURSERY, str(tmp_path), str(KILLS // 2), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    assert json.loads(done.stdout)["flushed"] > 1000, "the kills came before anything was flushed"
