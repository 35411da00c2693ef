"""`Tensor`: indexing by place, by name and by values."""

import copy
import pickle
from typing import Any, Dict, List

import pytest

from runyard import Config, Tensor, sweep

POINTS = sweep(
    [{"name": "exp"}],
    [{"name": "lr0.1", "m": {"w": 1}, "lr": 0.1}, {"name": "lr1", "m": {"w": 2}, "lr": 1.0}],
)
GRID = sweep(POINTS, [{"name": f"e{ep}", "ep": ep} for ep in (5, 10, 20)])


def named(*names: str) -> List[Dict[str, Any]]:
    return [{"name": name} for name in names]


def names(items: Any) -> List[str]:
    return [item["name"] for item in items]


def test_a_number_is_a_place_of_the_flat_list() -> None:
    t = Tensor(range(6), (1, 2, 3))
    assert (t[0], t[5], t[-1], t[-6]) == (0, 5, 5, 0)
    for index in (6, -7, -8):
        with pytest.raises(IndexError, match="of a tensor that has 6"):
            t[index]


def test_slices_and_tuples_go_by_axes() -> None:
    t = Tensor(range(6), (1, 2, 3))
    assert t[:, 0, :].shape == (1, 3) and list(t[:, 0, :]) == [0, 1, 2]
    assert t[0, 1].shape == (3,) and list(t[0, 1]) == [3, 4, 5]
    assert t[0, 1, -1] == 5 and t[0, 1, 0] == 3
    assert t[1:].shape == (0, 2, 3) and len(t[1:]) == 0
    assert list(t[0, ::-1, ::2]) == [3, 5, 0, 2] and t[0, ::-1, ::2].shape == (2, 2)
    for key in ((0, 0, 0, 0), (0, 5, 0), (0, 0, -4)):
        with pytest.raises(IndexError):
            t[key]


@pytest.mark.parametrize("key", [..., [0, 1], None, 1.0, (0, None), (0, [1])])
def test_other_indices_are_type_errors(key: Any) -> None:
    with pytest.raises(TypeError):
        Tensor(range(6), (1, 2, 3))[key]


def test_the_shape_has_as_many_places_as_there_are_items() -> None:
    assert Tensor([1, 2, 3]).shape == (3,) and Tensor([]).shape == (0,) and Tensor([7], ()).shape == ()
    for shape in ((2, 2), (-1, -3), ()):
        with pytest.raises(ValueError, match="there are 3 items"):
            Tensor([1, 2, 3], shape)


def test_lists_are_nested_by_axes_and_iteration_is_flat() -> None:
    t = Tensor(range(6), (1, 2, 3))
    assert t.tolist() == [[[0, 1, 2], [3, 4, 5]]] and list(t) == [0, 1, 2, 3, 4, 5] and len(t) == 6
    assert Tensor([], (2, 0)).tolist() == [[], []] and Tensor([], (0, 2)).tolist() == []
    assert repr(t) == "Tensor(shape=(1, 2, 3), len=6)"


def test_equal_tensors_have_equal_items_and_shapes() -> None:
    t = Tensor([1, 2], (1, 2))
    assert t == Tensor([1, 2], (1, 2)) and t != Tensor([1, 2]) and t != [1, 2]
    assert pickle.loads(pickle.dumps(t)) == t and copy.deepcopy(t) == t


def test_a_name_finds_exactly_the_matches() -> None:
    assert GRID["exp_lr0.1_*"].shape == (1, 1, 3) and GRID["*_e10"].shape == (1, 2, 1)
    assert GRID["exp_lr0.1_e10"]["ep"] == 10
    t = Tensor(named("a1", "b", "c", "a2"), (2, 2))
    assert names(t["a*"]) == ["a1", "a2"] and t["a*"].shape == (2,)
    assert names(t["[ab]?"]) == ["a1", "a2"]
    for missing in ("exp", "EXP_*", "zz*"):
        with pytest.raises(IndexError, match="no item has a name like"):
            GRID[missing]


def test_items_without_a_name_match_no_name() -> None:
    assert Tensor([{}, {"name": None}, {"name": 7}])["7"] == {"name": 7}


def test_values_find_exactly_the_matches() -> None:
    assert GRID[{"m.w": 1}].shape == (1, 1, 3) and GRID[{"m": {"w": 1}}] == GRID[{"m.w": 1}]
    t = Tensor([{"k": 1, "i": 0}, {"k": 2, "i": 1}, {"k": 3, "i": 2}, {"k": 1, "i": 3}], (2, 2))
    assert [item["i"] for item in t[{"k": 1}]] == [0, 3] and t[{"k": 1}].shape == (2,)
    assert GRID[{"ep": 10, "lr": 0.1}]["name"] == "exp_lr0.1_e10"
    assert GRID[{}] == GRID
    for query in ({"ep": "10"}, {"name": "exp_*"}, {"nokey": None}, {"ep": 10, "lr": 3}):
        with pytest.raises(IndexError):
            GRID[query]


def test_numbers_are_equal_as_numbers_and_truth_is_no_number() -> None:
    t = Tensor([{"f": 1}, {"f": True}, {"f": 2.0}, {"f": float("nan")}, {"f": None}])
    assert t[{"f": True}] == {"f": True} and t[{"f": 1.0}] == {"f": 1} and t[{"f": 2}] == {"f": 2.0} and t[{"f": None}] == {"f": None}
    assert t[{"f": float("nan")}]["f"] != 1 and len(t.select({"f": float("nan")})) == 1


def test_alternatives_and_functions_in_a_dict() -> None:
    assert GRID[{"ep": [5, 20]}].shape == (1, 2, 2) and GRID[{"ep": {5}, "lr": (0.1, 7)}]["name"] == "exp_lr0.1_e5"
    assert GRID[{"ep": lambda ep: ep > 5}].shape == (1, 2, 2)
    lists = Tensor([{"l": [1, 2]}, {"l": [1]}, {"l": 1}])
    assert list(lists[{"l": [1, 2]}]) == [{"l": [1, 2]}, {"l": 1}]
    assert lists[{"l": [[1]]}] == {"l": [1]}


def test_a_key_with_dots_of_its_own_comes_before_sections() -> None:
    t = Tensor([{"a.b": 1}, {"a": {"b": 2}}])
    assert t[{"a.b": 1}] == {"a.b": 1} and t[{"a.b": 2}] == {"a": {"b": 2}}


def test_select_always_gives_a_tensor_and_grid_the_surrounding_one() -> None:
    t = Tensor(named("a1", "b", "c", "a2"), (2, 2))
    assert names(t.select("b")) == ["b"] and len(t.select("zz")) == 0
    assert t.grid("a*") == t and t.grid("b").shape == (1, 1)
    assert names(t.grid({"name": ["b", "a2"]})) == ["b", "a2"]
    with pytest.raises(IndexError):
        t.grid("zz")


def test_no_match_says_what_there_is() -> None:
    with pytest.raises(IndexError, match=r"no item has `ep` = 7: there are 5, 10, 20"):
        GRID[{"ep": 7}]
    with pytest.raises(IndexError, match="none of them has it"):
        GRID[{"epochs": 7}]
    with pytest.raises(IndexError, match="none matches all of them"):
        Tensor([{"a": 1, "b": 1}, {"a": 2, "b": 2}])[{"a": 1, "b": 2}]


def test_configs_and_arrays_are_compared_without_an_exception() -> None:
    numpy = pytest.importorskip("numpy")
    t = Tensor([Config(a=numpy.array([1, 2])), Config(a=1)])
    assert t[{"a": numpy.int64(1)}] == {"a": 1} and len(t.select({"a": numpy.array([1, 2])})) == 0
    assert Tensor([5, 6])[numpy.int64(1)] == 6
