"""The engine and the package answer alike: `merge`, `sweep`, `load_config`, identities."""

import copy
import hashlib
import json
import math
import random
from pathlib import Path
from typing import Any, Dict, List

import pytest
from scripts import program  # noqa: F401

from runyard import EngineError, Tensor, _engine, load_config, merge, sweep

pytestmark = pytest.mark.usefixtures("program")

VALUES: List[Any] = [None, True, False, 0, 1, -7, 10**30, 0.5, -0.0, 1e300, math.inf, "", "a", "1", "é\U0001f600", [], [1, [2, {"k": 3}]], {}, {"x": 1}, {"x.y": 1}]
KEYS = ["a", "b", "a.x", "a.x.y", "b.0", "a.", ".a", "a..b", "**a", "**a.x", "name", "é.b", ""]


def ask(method: str, **params: Any) -> Any:
    return _engine.ask("the test", method, params)


def some_dict(source: random.Random, depth: int = 0) -> Dict[str, Any]:
    made: Dict[str, Any] = {}
    for key in source.sample(KEYS, source.randint(0, 5)):
        made[key] = some_dict(source, depth + 1) if depth < 2 and source.random() < 0.4 else copy.deepcopy(source.choice(VALUES))
    return made


def text(value: Any) -> str:
    # The same order of keys, the same kinds of numbers.
    return json.dumps(value)


def test_merge_is_the_engines() -> None:
    source = random.Random(1)
    for _ in range(300):
        base, update = some_dict(source), some_dict(source)
        try:
            ours = text(merge(base, update))
        except ValueError:
            with pytest.raises(EngineError, match="merges a map"):
                ask("merge", base=base, update=update)
            continue
        assert text(ask("merge", base=base, update=update)["config"]) == ours, (base, update)


def test_sweep_is_the_engines() -> None:
    source = random.Random(2)
    names: List[Any] = [None, "", "e", "é_1", 0, 7, 1.5]
    for _ in range(100):
        lists = []
        for _ in range(2):
            entries = [{k: v for k, v in some_dict(source).items() if not k.startswith("**")} for _ in range(source.randint(0, 3))]
            for entry in entries:
                entry.pop("name", None)
                if source.random() < 0.6:
                    entry["name"] = source.choice(names)
            lists.append(entries)
        ours = sweep(*lists)
        theirs = ask("sweep", configs=lists[0], variations=lists[1])
        assert theirs["shape"] == list(ours.shape) and [text(c) for c in theirs["configs"]] == [text(c) for c in ours], lists


def test_a_sweep_of_a_sweep_keeps_its_shape() -> None:
    grid = sweep([{"name": "e"}], [{"name": "a"}, {"name": "b"}])
    theirs = ask("sweep", configs=list(grid), variations=[{"name": "x"}], shape=list(grid.shape))
    assert Tensor(theirs["configs"], theirs["shape"]) == sweep(grid, [{"name": "x"}])


def test_identities_can_be_computed_in_python() -> None:
    configs = [{"x": 1}, {"x": 1.0}, {"x": True}, {"x": "1"}, {"y": math.nan, "b": [1, {"é": None}], "a": -math.inf}, {"name": "n", "x": 1}, {"m": {"name": "n"}}, {"big": 10**40, "tiny": 5e-324}]
    identities = ask("identify", entry="train.py::train", configs=configs)["identities"]
    for config, identity in zip(configs, identities):
        known = {key: value for key, value in config.items() if key != "name"}
        line = json.dumps({"config": known, "entry": "train.py::train"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(line.encode()).hexdigest() == identity
    assert len(set(identities)) == len(configs) - 1 and identities[0] == identities[5]


def test_files_are_composed_as_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "base.yaml").write_text("model: {hidden_size: 128, num_layers: 2}\nlr: 1e-3\n")
    (tmp_path / "sub" / "exp.yaml").write_text("imports: ../base.yaml\nmodel.hidden_size: 512\nuser: $SOMEBODY\nsame: '{lr}'\n")
    monkeypatch.setenv("SOMEBODY", "me")
    config = load_config(tmp_path / "sub" / "exp.yaml", overrides=["lr=0.5"])
    assert config == {"model": {"hidden_size": 512, "num_layers": 2}, "lr": 0.5, "user": "me", "same": 0.5} and config.model.num_layers == 2
    monkeypatch.setenv("SOMEBODY", "you")
    monkeypatch.chdir(tmp_path)
    assert load_config(["base.yaml", "sub/exp.yaml"], overrides={"model.hidden_size": 1}).user == "you"
    monkeypatch.setenv("ODD", "\udc80")
    assert load_config("base.yaml").lr == 0.001
    (tmp_path / "loop.yaml").write_text("imports: loop.yaml\n")
    with pytest.raises(EngineError, match="import each other") as caught:
        load_config("loop.yaml")
    assert "loop.yaml" in caught.value.message


def test_what_is_refused_has_a_code_and_a_hint() -> None:
    with pytest.raises(EngineError) as caught:
        ask("no such thing")
    assert caught.value.code == "bad_request" and "no such thing" in caught.value.message and caught.value.hint
