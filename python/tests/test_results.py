"""What a point leaves behind, and how a report sees it."""

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from runyard import Config, Result, Tensor, _results

ERROR = {"type": "ValueError", "message": "bad", "traceback": "Traceback …\nValueError: bad\n"}


def result(value: Any = None, **config: Any) -> Result:
    return Result(Config(config), Path("out/x"), "completed", result=value)


def test_what_was_returned_is_flat_and_structured() -> None:
    r = result({"accuracy": 0.5, "loss": 1}, name="a", lr=0.1)
    assert (r["accuracy"], r["loss"], r["name"], r["config"].lr) == (0.5, 1, "a", 0.1)
    assert (r.result, r.error, r.name, r.config.lr, r.status, r.out) == ({"accuracy": 0.5, "loss": 1}, None, "a", 0.1, "completed", Path("out/x"))
    assert (r["result"], r["error"], r["out"], r["status"], r["log"]) == (r.result, None, r.out, "completed", "")
    assert "__error__" not in r and r.get("__error__") is None


def test_other_values_are_under_value_and_a_point_without_a_name_has_the_usual_one() -> None:
    assert result(3)["value"] == 3 and result(None)["value"] is None and result([1]).result == [1]
    assert result().name == "experiment"


def test_a_returned_name_or_config_never_hides_the_points_own() -> None:
    r = result({"name": "other", "config": 1, "result": 2}, name="a")
    assert r["name"] == "a" and r["config"] == {"name": "a"} and r.result["name"] == "other"
    assert r["result"] == 2 and r.result == {"name": "other", "config": 1, "result": 2}


def test_a_failure_is_marked_in_both_ways() -> None:
    r = Result(Config(name="a"), Path("x"), "failed", error=ERROR)
    assert r["__error__"] is True and r["type"] == "ValueError" and r["message"] == "bad" and r["traceback"] == ERROR["traceback"]
    assert r.error == "ValueError: bad\nTraceback …\nValueError: bad" and r.result is None
    with pytest.raises(KeyError):
        r["accuracy"]


def test_filters_lead_into_config_and_result() -> None:
    t = Tensor([result({"accuracy": a}, name=f"n{a}", lr=a / 10, m={"w": a}) for a in (1, 2, 3)])
    assert t[{"config.lr": 0.2}].name == "n2" and t[{"result.accuracy": 3}].name == "n3" and t[{"accuracy": 1}].name == "n1"
    assert t[{"config": {"m": {"w": 2}}}].name == "n2" and t["n[12]"].shape == (2,)
    value = Tensor([result(1.5), result(2.5)])
    assert value[{"value": 2.5}].result == 2.5


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r))])
def test_results_are_copied_and_pickled_whole(twin: Any) -> None:
    r = twin(result({"accuracy": 0.5}, name="a"))
    assert r == {"name": "a", "config": {"name": "a"}, "accuracy": 0.5} and r.result == {"accuracy": 0.5} and r.out == Path("out/x")


def test_the_log_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    r = Result(Config(), tmp_path, "completed")
    assert r.log == ""
    (tmp_path / "log.out").write_bytes(b"caf\xc3\xa9 \xff\n")
    assert r.log == "café \ufffd\n"


def test_a_result_is_read_back_and_has_a_twin_in_json_where_that_can_be(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    _results.write_result(tmp_path, {"a": (1, numpy.float32(0.5)), "n": float("nan"), "p": Path("x")})
    is_there, value = _results.read_result(tmp_path)
    assert is_there and value["a"] == (1, 0.5) and isinstance(value["a"][1], numpy.float32)
    assert json.loads((tmp_path / "result.json").read_text()) == {"format": 1, "result": {"a": [1, 0.5], "n": "NaN", "p": "x"}}
    _results.clear(tmp_path)
    _results.write_result(tmp_path, {1, 2})
    assert _results.read_result(tmp_path) == (True, {1, 2}) and not (tmp_path / "result.json").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.pkl"]


def test_what_cannot_be_pickled_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(Exception):
        _results.write_result(tmp_path, lambda: 1)
    assert list(tmp_path.iterdir()) == [] and _results.read_result(tmp_path) == (False, None)


@pytest.mark.parametrize("cut", [0, 1, 10, -1])
def test_a_result_that_is_cut_off_is_unreadable(tmp_path: Path, cut: int) -> None:
    _results.write_result(tmp_path, list(range(100)))
    path = tmp_path / "result.pkl"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(_results.Unreadable):
        _results.read_result(tmp_path)


@pytest.mark.parametrize("held, why", [({"format": 2, "result": 1}, "newer version"), ({"result": 1}, "no result of"), ([1], "no result of")])
def test_only_our_own_form_is_a_result(tmp_path: Path, held: Any, why: str) -> None:
    (tmp_path / "result.pkl").write_bytes(pickle.dumps(held))
    with pytest.raises(_results.Unreadable, match=why):
        _results.read_result(tmp_path)


def test_errors_are_read_back_and_clearing_takes_everything(tmp_path: Path) -> None:
    assert _results.read_error(tmp_path) is None
    _results.write_error(tmp_path, **{"kind": "ValueError", "message": "bad", "traceback": "T"})
    assert _results.read_error(tmp_path) == {"format": 1, "type": "ValueError", "message": "bad", "traceback": "T"}
    _results.write_result(tmp_path, 1)
    (tmp_path / "model.pt").write_text("kept")
    _results.clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt"]
