"""Rows come into their files whole and in order, whatever threads, forks, exits and disks do."""

import csv
import json
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Dict, List

import pytest

from runyard import _writer
from runyard._writer import RowWriter, append_lines


def rows_of(path: Path) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(code: str, *arguments: object, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == status, done.stderr
    return done.stderr


def test_rows_are_in_file_and_mirror_after_a_flush(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path / "a" / "metrics.jsonl", mirror=tmp_path / "a" / "metrics.csv")
    writer.add({"step": 1, "time": 2.5, "loss": math.nan, "name": "grün"})
    writer.add({"step": 2, "time": 3.5, "loss": -math.inf, "big": 2**70, "many": (1, math.inf)})
    assert writer.flush(30)
    text = (tmp_path / "a" / "metrics.jsonl").read_text()
    assert text == (
        '{"step": 1, "time": 2.5, "loss": "NaN", "name": "grün"}\n'
        f'{{"step": 2, "time": 3.5, "loss": "-Infinity", "big": {2**70}, "many": [1, "Infinity"]}}\n'
    )
    mirror = (tmp_path / "a" / "metrics.csv").read_text()
    assert mirror == f'step,time,loss,name,big,many\n1,2.5,nan,grün,,\n2,3.5,-inf,,{2**70},"[1, Infinity]"\n'


def test_a_row_reaches_the_file_without_a_flush(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path / "x.jsonl", interval=0.01)
    writer.add({"n": 1})
    until = time.monotonic() + 30
    while not (tmp_path / "x.jsonl").exists() or not rows_of(tmp_path / "x.jsonl"):
        assert time.monotonic() < until, "the thread never wrote"
        time.sleep(0.005)


def test_values_are_taken_as_they_are_when_they_are_added(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path / "x.jsonl", interval=60)
    value = [1]
    row = {"n": value}
    writer.add(row)
    value.append(2)
    row["m"] = [3]
    assert writer.flush(30)
    assert rows_of(tmp_path / "x.jsonl") == [{"n": [1]}]


def test_rows_and_calls_keep_their_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    writer = RowWriter(tmp_path / "x.jsonl", interval=60)
    seen: List[int] = []
    for n in range(3):
        writer.add({"n": n})
        writer.call(lambda: seen.append(len(rows_of(tmp_path / "x.jsonl"))))
    writer.call(lambda: 1 / 0)
    writer.call(lambda: writer.add({"n": 9}) or writer.flush())
    # What the work records comes behind the first of these.
    assert writer.flush(30) and writer.flush(30)
    assert seen == [1, 2, 3], "a call finds the rows before it written"
    assert rows_of(tmp_path / "x.jsonl")[-1] == {"n": 9}, "work may record, and flush"
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_threads_lose_nothing_and_a_full_queue_holds_them_up(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path / "x.jsonl", mirror=tmp_path / "x.csv", capacity=50)

    def work(thread: int) -> None:
        for n in range(1000):
            writer.add({"thread": thread, "n": n})

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.flush(60)
    rows = rows_of(tmp_path / "x.jsonl")
    for number in range(4):
        assert [row["n"] for row in rows if row["thread"] == number] == list(range(1000))
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 4001


def test_a_disk_that_hangs_costs_the_patience_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_writer, "_PATIENCE_SECS", 0.2)
    writer = RowWriter(tmp_path / "x.jsonl", capacity=4)
    hanging = threading.Event()
    writer.call(lambda: hanging.wait(30) and None)
    started = time.monotonic()
    for n in range(500):
        writer.add({"n": n})
    assert time.monotonic() - started < 10, "not once per row"
    assert "rows are lost" in capsys.readouterr().err
    hanging.set()
    assert writer.flush(30)
    writer.add({"n": "later"})
    assert writer.flush(30)
    assert rows_of(tmp_path / "x.jsonl")[-1] == {"n": "later"}


def test_a_torn_line_is_ended_before_the_next_row(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"n": 1}\n{"n": 2, "te')
    writer = RowWriter(path)
    writer.add({"n": 3})
    assert writer.flush(30)
    assert path.read_text() == '{"n": 1}\n{"n": 2, "te\n{"n": 3}\n'


def test_a_row_of_metrics_that_no_reader_takes_is_left_out_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = RowWriter(tmp_path / "x.jsonl", mirror=tmp_path / "x.csv")
    for text in ("a", "b" * (1 << 20), "c"):
        writer.add({"text": text})
    assert writer.flush(30)
    assert [row["text"] for row in rows_of(tmp_path / "x.jsonl")] == ["a", "c"]
    assert (tmp_path / "x.csv").read_text() == "step,time,text\n,,a\n,,c\n"
    assert "more than 1 MiB" in capsys.readouterr().err


FORK = """
import os, sys
from pathlib import Path
from runyard._writer import RowWriter
writer = RowWriter(Path(sys.argv[1]), mirror=Path(sys.argv[1] + ".csv"), interval=60)
writer.add({"who": "parent", "n": 0})
children = []
for child in range(8):
    writer.add({"who": "parent", "n": child + 1})
    pid = os.fork()
    if pid == 0:
        writer.add({"who": "child", "n": child})
        writer.add({"who": "child", "n": child + 100})
        sys.exit(0)
    children.append(pid)
for pid in children:
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_a_fork_writes_its_own_rows_and_never_its_parent_s(tmp_path: Path) -> None:
    run(FORK, tmp_path / "x.jsonl")
    rows = rows_of(tmp_path / "x.jsonl")
    assert [row["n"] for row in rows if row["who"] == "parent"] == list(range(9))
    assert sorted(row["n"] for row in rows if row["who"] == "child") == [*range(8), *range(100, 108)]
    assert len((tmp_path / "x.jsonl.csv").read_text().splitlines()) == 1 + 9 + 16


BUSY_FORK = """
import os, sys, threading
from pathlib import Path
from runyard._writer import RowWriter
writer = RowWriter(Path(sys.argv[1]), mirror=Path(sys.argv[1] + ".csv"), interval=0)
is_done = False
def work():
    n = 0
    while not is_done:
        writer.add({"who": "parent", "n": n})
        n += 1
threads = [threading.Thread(target=work) for _ in range(3)]
[thread.start() for thread in threads]
for child in range(40):
    pid = os.fork()
    if pid == 0:
        writer.add({"who": "child", "n": child})
        os._exit(0 if writer.flush(20) else 3)
    assert os.waitpid(pid, 0)[1] == 0, child
is_done = True
"""


def test_a_fork_beside_writing_threads_never_hangs(tmp_path: Path) -> None:
    run(BUSY_FORK, tmp_path / "x.jsonl")
    rows = rows_of(tmp_path / "x.jsonl")
    assert [row["n"] for row in rows if row["who"] == "child"] == list(range(40))


CHILDREN = """
import multiprocessing, os, sys
from pathlib import Path
from runyard._writer import RowWriter
writer = RowWriter(Path(sys.argv[1]), interval=60)
def work(n):
    RowWriter(Path(sys.argv[1]), interval=60).add({"n": n}) if sys.argv[2] == "spawn" else writer.add({"n": n})
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[2])
    children = [context.Process(target=work, args=(n,)) for n in range(3)]
    [child.start() for child in children]
    [child.join() for child in children]
    with context.Pool(2) as pool:
        pool.map(work, range(10, 16))
        pool.close()
        pool.join()
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_write_what_they_have_when_they_end(tmp_path: Path, method: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(CHILDREN)
    subprocess.run([sys.executable, script, tmp_path / "x.jsonl", method], check=True, timeout=60)
    assert sorted(row["n"] for row in rows_of(tmp_path / "x.jsonl")) == [0, 1, 2, *range(10, 16)]


@pytest.mark.parametrize(
    ("ending", "status"), [("", 0), ("sys.exit(3)", 3), ("raise ValueError", 1), ("del writer", 0)]
)
def test_what_is_queued_is_written_at_exit(tmp_path: Path, ending: str, status: int) -> None:
    code = f"""
import atexit, sys
from pathlib import Path
from runyard._writer import RowWriter
atexit.register(lambda: late.add({{"n": "late"}}))
writer = late = RowWriter(Path(sys.argv[1]), interval=60)
for n in range(10000):
    writer.add({{"n": n}})
{ending}
"""
    run(code, tmp_path / "x.jsonl", status=status)
    assert [row["n"] for row in rows_of(tmp_path / "x.jsonl")][:10_000] == list(range(10_000))


def test_rows_that_come_after_the_end_are_written_at_once(tmp_path: Path) -> None:
    code = """
import atexit, sys
from pathlib import Path
def late():
    writer.add({"n": "late"})
atexit.register(late)
import runyard._writer
# Registered before the package's own, so it runs after it.
writer = runyard._writer.RowWriter(Path(sys.argv[1]))
writer.add({"n": 1})
"""
    run(code, tmp_path / "x.jsonl")
    assert [row["n"] for row in rows_of(tmp_path / "x.jsonl")] == [1, "late"]


def test_a_signal_handler_may_record(tmp_path: Path) -> None:
    code = """
import os, signal, sys, time
from pathlib import Path
from runyard._writer import RowWriter
writer = RowWriter(Path(sys.argv[1]), interval=0.0)
calls = []
def handler(*_):
    calls.append(1)  # handlers interrupt each other
    writer.add({"who": "handler"})
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
for n in range(20000):
    writer.add({"who": "loop"})
signal.signal(signal.SIGALRM, signal.SIG_IGN)
writer.add({"who": "count", "n": len(calls)})
"""
    run(code, tmp_path / "x.jsonl")
    rows = rows_of(tmp_path / "x.jsonl")
    assert sum(row["who"] == "loop" for row in rows) == 20_000
    assert sum(row["who"] == "handler" for row in rows) == rows[-1]["n"]


def test_a_full_disk_is_said_once_and_rows_are_kept_until_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.jsonl"
    path.symlink_to("/dev/full")
    writer = RowWriter(path, mirror=tmp_path / "x.csv", interval=0)
    for n in range(100):
        writer.add({"n": n})
        assert not writer.flush(30)
    path.unlink()
    writer.add({"n": 100})
    assert writer.flush(30)
    assert [row["n"] for row in rows_of(path)] == list(range(101))
    assert len(list(csv.reader(open(tmp_path / "x.csv")))) == 102
    assert capsys.readouterr().err.count("\n") == 1


def test_what_cannot_be_a_file_is_said_once_and_training_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    writer = RowWriter(tmp_path / "file" / "x.jsonl", mirror=tmp_path / "file" / "x.csv", interval=0)
    for n in range(100):
        writer.add({"n": n})
    writer.flush(30)
    assert capsys.readouterr().err.count("\n") == 2, "one for each file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into every folder")
def test_a_read_only_folder_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o500)
    writer = RowWriter(tmp_path / "x.jsonl", interval=0)
    writer.add({"n": 1})
    writer.flush(30)
    tmp_path.chmod(0o700)
    assert capsys.readouterr().err.count("\n") == 1


def limited(path: Path, answer: Any) -> None:
    import resource

    lines = [b'{"n": %d}\n' % n for n in range(10)]
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (34, hard))
    answer.send(append_lines(path, lines))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    append_lines(path, lines[3:])


def test_a_disk_that_becomes_full_within_a_write_loses_no_row(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=limited, args=(tmp_path / "x.jsonl", sender))
    child.start()
    assert receiver.poll(30) and receiver.recv() == 3, "three whole lines of nine bytes fit into 34"
    child.join(30)
    whole = [line for line in (tmp_path / "x.jsonl").read_text().splitlines() if line.endswith("}")]
    assert [json.loads(line)["n"] for line in whole] == list(range(10))


def test_an_idle_writer_costs_nothing(tmp_path: Path) -> None:
    code = """
import sys, threading, time
from pathlib import Path
from runyard._writer import RowWriter
assert threading.active_count() == 1
writer = RowWriter(Path(sys.argv[1]))
assert threading.active_count() == 1, "no thread before the first row"
writer.add({"n": 1})
writer.flush()
before = time.process_time()
time.sleep(1.0)
assert time.process_time() - before < 0.02
"""
    run(code, tmp_path / "x.jsonl")


def test_a_killed_process_loses_nothing_that_was_flushed(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from runyard._writer import RowWriter
writer = RowWriter(Path(sys.argv[1]))
for n in range(100):
    writer.add({"n": n})
writer.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""
    run(code, tmp_path / "x.jsonl", status=-signal.SIGKILL)
    assert [row["n"] for row in rows_of(tmp_path / "x.jsonl")] == list(range(100))
