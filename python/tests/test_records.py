"""Rows are read from files that grow, tear and are replaced."""

import json
import os
from pathlib import Path
from typing import List

import pytest

from runyard._records import RowFile, to_number

FIXTURES = Path(__file__).parent / "fixtures" / "records"
CASES = sorted(path.stem for path in FIXTURES.glob("*.jsonl"))


def expected(case: str) -> List[object]:
    rows = json.loads((FIXTURES / (case + ".expected.json")).read_text("utf-8"))
    assert isinstance(rows, list)
    return rows


def test_there_are_cases_and_each_has_its_rows() -> None:
    assert len(CASES) >= 10
    assert sorted(path.name[: -len(".expected.json")] for path in FIXTURES.glob("*.expected.json")) == CASES


@pytest.mark.parametrize("case", CASES)
def test_a_file_has_the_rows_that_are_expected_of_it(case: str) -> None:
    is_anew, rows = RowFile(FIXTURES / (case + ".jsonl")).read()
    assert not is_anew
    assert rows == expected(case)
    assert [list(row) for row in rows] == [list(row) for row in expected(case)]  # type: ignore[call-overload]


@pytest.mark.parametrize("case", CASES)
def test_a_file_has_the_same_rows_however_its_bytes_arrive(case: str, tmp_path: Path) -> None:
    data = (FIXTURES / (case + ".jsonl")).read_bytes()
    for piece in (1, 2, 7, 31):
        path = tmp_path / f"{piece}.jsonl"
        file = RowFile(path)
        rows: List[object] = []
        with open(path, "wb", buffering=0) as out:
            for start in range(0, len(data), piece):
                out.write(data[start : start + piece])
                is_anew, new = file.read()
                assert not is_anew
                rows += new
        assert rows == expected(case)


def test_a_row_longer_than_a_piece_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runyard._records._PIECE", 10)
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{"text": "%s"}\n{"b": 2}\n{"torn' % ("x" * 100))
    assert RowFile(path).read() == (False, [{"a": 1}, {"text": "x" * 100}, {"b": 2}])


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\n' * 1000)
    file = RowFile(path)
    file.read()
    before = file.bytes_read
    assert before == path.stat().st_size
    assert file.read() == (False, [])
    assert file.bytes_read == before
    with open(path, "ab") as out:
        out.write(b'{"a": 2}\n')
    assert file.read() == (False, [{"a": 2}])
    assert file.bytes_read == before + 9


def test_a_file_that_was_replaced_or_cut_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    file = RowFile(path)
    assert file.read() == (False, [])
    path.write_bytes(b'{"a": 1}\n{"a": 2}\n')
    assert file.read() == (False, [{"a": 1}, {"a": 2}])
    os.truncate(path, 0)
    with open(path, "ab") as out:
        out.write(b'{"a": 3}\n')
    assert file.read() == (True, [{"a": 3}])
    other = tmp_path / "other"
    other.write_bytes(b'{"a": 4}\n{"a": 5}\n')
    os.replace(other, path)
    assert file.read() == (True, [{"a": 4}, {"a": 5}])
    path.unlink()
    assert file.read() == (True, [])
    assert file.read() == (False, [])


def test_texts_of_non_finite_numbers_are_numbers_and_other_texts_are_none() -> None:
    assert to_number("Infinity") == float("inf")
    assert to_number("-Infinity") == float("-inf")
    number = to_number("NaN")
    assert number is not None and number != number
    assert to_number(True) == 1
    assert to_number(2**70) == 2**70
    for value in ("inf", "1", None, [1], {"a": 1}):
        assert to_number(value) is None
