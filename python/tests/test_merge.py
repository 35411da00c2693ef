"""`merge` and `sweep`; the rules that are shared with the engine stand in `reference.md`, read by `test_reference.py`."""

import copy
from typing import Any, Dict, List

import pytest

from runyard import Config, Tensor, merge, sweep


def test_nothing_is_shared_with_the_arguments() -> None:
    base: Dict[str, Any] = {"l": [1, {"x": 1}], "d": {"e": {"f": 1}}}
    update: Dict[str, Any] = {"m": {"k": [1]}, "d.g": {"h": [2]}, "**d": {"s": {"t": 1}}}
    was = copy.deepcopy((base, update))
    merged = merge(base, update)
    merged["l"][1]["x"] = 9
    merged["l"].append(2)
    merged["d"]["e"]["f"] = 9
    merged["m"]["k"].append(2)
    merged["d"]["g"]["h"].append(3)
    merged["d"]["s"]["t"] = 2
    assert (base, update) == was


def test_a_dotted_key_after_its_section_leaves_the_update_alone() -> None:
    update: Dict[str, Any] = {"m": {"k": 1}, "m.k": 7}
    assert merge({}, update) == {"m": {"k": 7}} and update == {"m": {"k": 1}, "m.k": 7}


def test_configs_go_in_and_plain_dicts_come_out() -> None:
    merged = merge(Config(a={"b": 1}), Config({"c": {"d": 2}}))
    assert merged == {"a": {"b": 1}, "c": {"d": 2}} and type(merged) is dict and type(merged["a"]) is dict and type(merged["c"]) is dict


@pytest.mark.parametrize("base, update", [([], {}), ({}, [1]), (None, {}), ({}, "a=1")])
def test_only_dicts_are_merged(base: Any, update: Any) -> None:
    with pytest.raises(TypeError, match="a dict is expected"):
        merge(base, update)


def test_points_of_a_sweep_share_nothing() -> None:
    variation: Dict[str, Any] = {"name": "v", "m": {"k": 1}}
    points = sweep([{"name": "a"}, {"name": "b"}], [variation])
    points[0]["m"]["k"] = 99
    assert points[1]["m"]["k"] == 1 and variation["m"]["k"] == 1


def test_a_sweep_adds_one_axis_and_joins_the_names() -> None:
    seeds = [{"name": f"s{seed}", "seed": seed} for seed in range(3)]
    points = sweep(sweep([{"name": "exp"}], [{"name": "a"}, {"name": "b"}]), seeds)
    assert points.shape == (1, 2, 3)
    assert [point["name"] for point in points] == ["exp_a_s0", "exp_a_s1", "exp_a_s2", "exp_b_s0", "exp_b_s1", "exp_b_s2"]
    assert points[0, 1, 2] == {"name": "exp_b_s2", "seed": 2}


@pytest.mark.parametrize(
    "old, step, name",
    [
        ({"name": "e"}, {"name": "v"}, "e_v"),
        ({}, {"name": "v"}, "v"),
        ({"name": "e"}, {}, "e"),
        ({"name": "e"}, {"name": None}, None),
        ({"name": "e"}, {"name": ""}, ""),
        ({"name": "e"}, {"name": 1}, "e_1"),
        ({"name": "e"}, {"name": 0}, 0),
        ({"name": ""}, {"name": "v"}, "v"),
        ({"name": 7}, {"name": "v"}, "7_v"),
    ],
)
def test_names_are_joined_where_both_have_one(old: Dict[str, Any], step: Dict[str, Any], name: Any) -> None:
    assert sweep([old], [step])[0]["name"] == name


def test_a_point_without_any_name_has_none() -> None:
    assert "name" not in sweep([{}], [{"lr": 1}])[0]


@pytest.mark.parametrize("configs, variations, shape", [([{}], [], (1, 0)), ([], [{}], (0, 1)), ([], [], (0, 0))])
def test_empty_axes_have_shapes(configs: List[Any], variations: List[Any], shape: Any) -> None:
    assert sweep(configs, variations).shape == shape


def test_variations_may_be_a_tensor_or_a_generator() -> None:
    grid = sweep([{"name": "p"}], [{"name": "a"}, {"name": "b"}])
    assert [point["name"] for point in sweep([{"name": "e"}], grid)] == ["e_p_a", "e_p_b"]
    assert sweep([{}], Tensor([{}, {}, {}, {}], (2, 2))).shape == (1, 4)
    assert sweep([{}], ({"lr": lr} for lr in (1, 2))).shape == (1, 2)


def test_one_dict_in_place_of_a_list_is_said_so() -> None:
    with pytest.raises(TypeError, match="lists of dicts"):
        sweep({"a": 1}, [{}])  # type: ignore[arg-type]
