"""Values of every kind become what JSON can carry, and none of them raises."""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import math
import pathlib
from typing import Any, List

import pytest

from runyard._values import renamed, to_json, to_plain, to_scalar


class Colour(enum.Enum):
    RED = "red"
    ODD = object()


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Shape:
    width: int
    path: pathlib.Path


class Tensor:
    """What PyTorch and JAX show of a tensor, without them."""

    def __init__(self, values: Any, shape: "tuple[int, ...]") -> None:
        self.shape = shape
        self._values = values

    def item(self) -> Any:
        if math.prod(self.shape) != 1:
            raise RuntimeError("only one element")
        return self._values

    def tolist(self) -> Any:
        return self._values


class Eager:
    """What TensorFlow shows: no item, but an array behind `numpy`."""

    shape = ()

    def numpy(self) -> Any:
        return 2.5


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


CASES: List[Any] = [
    (1, 1),
    (True, True),
    (None, None),
    (0.5, 0.5),
    (float("nan"), "NaN"),
    (float("inf"), "Infinity"),
    (-math.inf, "-Infinity"),
    ([1, math.nan, {"a": math.inf}], [1, "NaN", {"a": "Infinity"}]),
    (2**80, 2**80),
    (2**20_000, hex(2**20_000)),
    ("grün", "grün"),
    (b"bytes", "bytes"),
    (b"\xff\x00", "ff00"),
    (pathlib.Path("a/b"), "a/b"),
    (Colour.RED, "red"),
    (Colour.ODD, "ODD"),
    (Level.HIGH, 3),
    (decimal.Decimal("0.25"), 0.25),
    (decimal.Decimal("NaN"), "NaN"),
    (fractions.Fraction(1, 4), 0.25),
    (datetime.date(2026, 11, 21), "2026-11-21"),
    (datetime.timedelta(seconds=90), 90.0),
    ((1, 2), [1, 2]),
    ({3, 1, 2}, [1, 2, 3]),
    (collections.deque([1]), [1]),
    (range(3), [0, 1, 2]),
    ({1: {None: 2}}, {"1": {"None": 2}}),
    (Shape(2, pathlib.Path("x")), {"width": 2, "path": "x"}),
    (Tensor(1.5, ()), 1.5),
    (Tensor(math.nan, (1, 1)), "NaN"),
    (Tensor([1, 2], (2,)), [1, 2]),
    (Eager(), 2.5),
]


@pytest.mark.parametrize(("value", "expected"), CASES, ids=lambda value: type(value).__name__)
def test_a_value_becomes_what_json_can_carry(value: Any, expected: Any) -> None:
    got = to_json(value)
    assert got == expected and type(got) is type(expected)
    json.dumps(got, allow_nan=False)


def test_values_of_numpy_and_pandas_become_their_own() -> None:
    numpy = pytest.importorskip("numpy")
    assert to_json(numpy.float32(0.5)) == 0.5 and type(to_json(numpy.float64(0.5))) is float
    assert to_json(numpy.int64(7)) == 7 and to_json(numpy.bool_(True)) is True
    assert to_json(numpy.float64("nan")) == "NaN" and to_json(numpy.array(-numpy.inf)) == "-Infinity"
    assert to_json(numpy.array([3.5])) == 3.5 and to_json(numpy.arange(4).reshape(2, 2)) == [[0, 1], [2, 3]]
    assert to_json(numpy.datetime64("2026-11-21")) == "2026-11-21"
    assert to_json(numpy.array([1 + 2j, 3])) == ["(1+2j)", "(3+0j)"]
    pandas = pytest.importorskip("pandas")
    assert to_json(pandas.Timestamp("2026-11-21")) == "2026-11-21T00:00:00"
    assert to_json(pandas.Series([1, 2])) == [1, 2]


def test_values_of_torch_become_numbers() -> None:
    torch = pytest.importorskip("torch")
    assert to_json(torch.tensor(1.5, requires_grad=True)) == 1.5
    assert to_json(torch.tensor([1.0], dtype=torch.bfloat16)) == 1.0
    assert to_json(torch.zeros(2, 2)) == [[0.0, 0.0], [0.0, 0.0]]


def test_what_nobody_knows_becomes_its_text_and_is_said_once_per_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert to_json(1 + 2j) == to_json(1 + 2j) == "(1+2j)"
    assert to_json(Broken()) == "<test_values.Broken>"
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and "builtins.complex" in said[0] and "Broken" in said[1], said


def test_a_large_array_is_its_shape(capsys: pytest.CaptureFixture[str]) -> None:
    assert to_json(Tensor([], (300, 300))) == "Tensor of shape (300, 300)"
    assert "too large" in capsys.readouterr().err


def test_a_value_that_contains_itself_ends() -> None:
    endless: List[Any] = []
    endless.append(endless)
    assert "…" in json.dumps(to_json(endless), ensure_ascii=False)


def test_a_plain_value_shares_nothing_with_the_original() -> None:
    value = {"a": [1]}
    plain = to_plain(value)
    value["a"].append(2)
    assert plain == {"a": [1]}


def test_a_scalar_is_a_number_or_nothing() -> None:
    assert to_scalar(True) == 1 and to_scalar(Tensor(2, ())) == 2 and to_scalar("2") is None
    assert math.isnan(to_scalar(math.nan) or 0.0)


def test_a_reserved_name_is_kept_under_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert renamed({"time": 1, "time_": 2, "a": 3}, ["time"], "x") == {"time__": 1, "time_": 2, "a": 3}
    assert renamed({"time": 1}, ["time"], "x") == {"time_": 1}
    assert renamed({"time": 1}, ["time"], "x") == {"time_": 1}
    assert capsys.readouterr().err.count("`time`") == 2, "once for each new name"
