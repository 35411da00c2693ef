"""CSV files hold whole rows at every instant, whoever appends to them and whenever writers die."""

import csv
import io
import math
import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any, Dict, List

import pytest

from runyard._table import Table


def rows_of(path: Path) -> List[Dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_columns_stand_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    table = Table(tmp_path / "new" / "x.csv", ["step", "time"])
    table.append([{"step": 1, "b": 2.5}])
    table.append([{"step": 2, "a": None, "b": math.nan}, {"z": -math.inf}])
    assert (tmp_path / "new" / "x.csv").read_text() == "step,time,b,a,z\n1,,2.5,,\n2,,nan,,\n,,,,-inf\n"
    assert os.listdir(tmp_path / "new") == ["x.csv"], "no temporary file stays"


def test_rows_are_appended_in_place_while_columns_stand(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    table = Table(path, ["a"])
    table.append([{"a": 0}])
    number = path.stat().st_ino
    for value in range(1, 100):
        table.append([{"a": value}])
    assert path.stat().st_ino == number
    table.append([{"b": 1}])
    assert path.stat().st_ino != number
    assert [row["a"] for row in rows_of(path)] == [*map(str, range(100)), ""]


def test_texts_come_back_as_they_were(tmp_path: Path) -> None:
    texts = ["a,b", 'say "x"', "two\nlines", "\r\n", "", " grün ", "nan", "\n\n", "日本"]
    table = Table(tmp_path / "x.csv", ["text"])
    for text in texts:
        table.append([{"text": text}])
    table.append([{"text": "end", "more": "x\ny"}])
    assert [row["text"] for row in rows_of(tmp_path / "x.csv")] == [*texts, "end"]
    table.append([{"text": ["l", 1], 'odd "name",\n': 1}])
    assert rows_of(tmp_path / "x.csv")[-1] == {"text": '["l", 1]', "more": "", 'odd "name",\n': "1"}


@pytest.mark.parametrize("text", ["plain", 'quoted, "and"\nbroken'])
def test_a_file_cut_at_any_byte_keeps_all_whole_rows(tmp_path: Path, text: str) -> None:
    whole = tmp_path / "whole.csv"
    Table(whole, ["n", "text"]).append([{"n": n, "text": text} for n in range(4)])
    data = whole.read_bytes()
    ends = []
    for n in range(1, 5):
        Table(tmp_path / f"{n}.csv", ["n", "text"]).append([{"n": n, "text": text} for n in range(n)])
        ends.append(len((tmp_path / f"{n}.csv").read_bytes()))
    for cut in range(len(data) + 1):
        path = tmp_path / "cut.csv"
        path.write_bytes(data[:cut])
        Table(path, ["n", "text"]).append([{"n": 9, "text": text, "new": 1}])
        kept = sum(end <= cut for end in ends)
        assert [row["n"] for row in rows_of(path)] == [*map(str, range(kept)), "9"], cut
        assert rows_of(path)[-1] == {"n": "9", "text": text, "new": "1"}, cut


def test_a_number_that_python_does_not_print_costs_no_row(tmp_path: Path) -> None:
    table = Table(tmp_path / "x.csv", ["n"])
    table.append([{"n": 1}, {"n": 2**20_000}, {"n": 3}])
    assert [row["n"] for row in rows_of(tmp_path / "x.csv")] == ["1", hex(2**20_000), "3"]


@pytest.mark.parametrize("is_linked", [False, True])
def test_a_file_that_somebody_replaced_or_removed_is_noticed(tmp_path: Path, is_linked: bool) -> None:
    path = tmp_path / "x.csv"
    table = Table(path, ["n"])
    table.append([{"n": 1}])
    if is_linked:
        os.link(path, tmp_path / "copy.csv")
    (tmp_path / "new").write_text("n,m\n5,6\n")
    os.replace(tmp_path / "new", path)
    table.append([{"n": 2}])
    assert rows_of(path) == [{"n": "5", "m": "6"}, {"n": "2", "m": ""}]
    path.unlink()
    table.append([{"n": 3}])
    assert rows_of(path) == [{"n": "3"}]


def test_another_program_s_file_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"acc,loss\r\n1,2\r\n3,4\r\n")
    table = Table(path, ["timestamp", "run_id"])
    table.append([{"timestamp": "t", "run_id": "r", "loss": 5}])
    assert rows_of(path)[1:] == [
        {"acc": "3", "loss": "4", "timestamp": "", "run_id": ""},
        {"acc": "", "loss": "5", "timestamp": "t", "run_id": "r"},
    ]
    path.write_bytes(b"")
    table.append([{"loss": 6}])
    assert rows_of(path) == [{"timestamp": "", "run_id": "", "loss": "6"}]


def test_a_long_file_gets_a_column_without_losing_a_row(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    table = Table(path, ["n", "text"])
    # More than one chunk, with and without quotes, so that chunks end within rows.
    count = 60_000
    table.append([{"n": n, "text": "x" * 20 if n < count // 2 else 'a\n"b",' * 3} for n in range(count)])
    table.append([{"n": count, "new": 1}])
    rows = rows_of(path)
    assert [row["n"] for row in rows] == [str(n) for n in range(count + 1)]
    assert {row["text"] for row in rows[:-1]} == {"x" * 20, 'a\n"b",' * 3}
    assert {row["new"] for row in rows[:-1]} == {""} and rows[-1]["new"] == "1"


def append_many(path: Path, writer: int) -> None:
    table = Table(path, ["writer", "n"])
    for n in range(100):
        table.append([{"writer": writer, "n": n, f"c{writer}_{n // 25}": n}])


def test_processes_that_append_to_one_file_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=append_many, args=(path, writer)) for writer in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    rows = rows_of(path)
    assert sorted((int(row["writer"]), int(row["n"])) for row in rows) == [(w, n) for w in range(4) for n in range(100)]
    assert all(row[f"c{row['writer']}_{int(row['n']) // 25}"] == row["n"] for row in rows)


def test_pandas_reads_the_file_at_every_instant(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "x.csv"
    is_done = threading.Event()
    seen: List[int] = []
    failures: List[BaseException] = []

    def read() -> None:
        while not is_done.is_set():
            try:
                frame = pandas.read_csv(io.BytesIO(path.read_bytes())) if path.exists() else None
                if frame is not None:
                    seen.append(len(frame))
                    assert list(frame["n"]) == list(range(len(frame)))
            except BaseException as error:  # noqa: BLE001
                failures.append(error)
                return

    reader = threading.Thread(target=read)
    reader.start()
    table = Table(path, ["n"])
    for n in range(2000):
        table.append([{"n": n, f"c{n // 100}": n * 0.1, "text": "a,b"}])
    is_done.set()
    reader.join()
    assert not failures, failures
    assert seen == sorted(seen) and len(set(seen)) > 1


def test_a_device_is_never_replaced(tmp_path: Path) -> None:
    link = tmp_path / "x.csv"
    link.symlink_to("/dev/full")
    table = Table(link, ["n"])
    for row in ({"n": 1}, {"n": 1, "new": 2}):
        with pytest.raises(OSError, match="No space"):
            table.append([row])
    assert not Path("/dev/full").is_file()


def limited(path: Path, answer: Any) -> None:
    import resource

    table = Table(path, ["n", "text"])
    table.append([{"n": 0, "text": "x"}])
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))
    try:
        table.append([{"n": 1, "text": "y" * 100}])
    except OSError as error:
        answer.send((error.errno, path.read_text()))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    table.append([{"n": 2, "text": "z"}])


def test_a_row_that_found_no_room_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=limited, args=(path, sender))
    child.start()
    child.join(30)
    assert receiver.poll(0), "the row had no room"
    assert receiver.recv()[1] == "n,text\n0,x\n", "at no instant is half of it seen afterwards"
    assert [row["n"] for row in rows_of(path)] == ["0", "2"]
