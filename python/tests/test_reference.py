"""Every row of `reference.md`: what pyexp answers and what we do."""

import copy
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from runyard import Config, Tensor, build, merge, register, sweep

ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in (Path(__file__).parent / "reference.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and not line.startswith(("| # ", "|---"))
]


@register("Model")
class Model:
    def __init__(self, width: int) -> None:
        self.width = width


def leaf(points: Any) -> int:
    points[0]["m"]["k"] = 99
    return int(points[1]["m"]["k"])


def unchanged(act: Any, value: Dict[str, Any]) -> bool:
    was = copy.deepcopy(value)
    act(value)
    return value == was


def updated(config: Config, new: Dict[str, Any]) -> Config:
    config.update(new)
    return config


def names(points: Any) -> List[Any]:
    return [point["name"] for point in points]


def shape(points: Any) -> Tuple[int, ...]:
    found: Tuple[int, ...] = points.shape
    return found


def test_the_table_has_its_rows() -> None:
    assert len(ROWS) > 50 and all(len(row) == 5 for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_answer_is_the_one_in_the_table(row: List[str]) -> None:
    lrs = [{"name": "lr0.1", "lr": 0.1, "m": {"w": 1}}, {"name": "lr1", "lr": 1.0, "m": {"w": 2}}]
    t = sweep(sweep([{"name": "exp"}], lrs), [{"name": f"e{ep}", "ep": ep} for ep in (5, 10, 20)])
    try:
        answer = repr(eval(row[1].strip("`"), {**globals(), "t": t}))
    except Exception as error:
        answer = type(error).__name__
    assert f"`{answer}`" == row[3]
    # A row that differs says why, and one without a reason agrees: theirs is written by hand, so only errors can be compared.
    if row[2].endswith("Error") and not row[4]:
        assert row[2] == answer
