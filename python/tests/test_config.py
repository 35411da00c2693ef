"""`Config`: a dict whose keys are attributes."""

import copy
import json
import pickle

import pytest

from runyard import Config


def test_sections_are_configs_however_they_come_in() -> None:
    config = Config({"a": {"b": {"c": 1}}})
    config.update({"u": {"v": 1}}, k={"w": 2})
    config.setdefault("s", {"t": 3})
    config["i"] = {"j": 4}
    config.x = {"y": 5}
    config |= {"o": {"p": 6}}
    assert (config.a.b.c, config.u.v, config.k.w, config.s.t, config.i.j, config.x.y, config.o.p) == (1, 1, 2, 3, 4, 5, 6)
    assert isinstance(config | {"z": {"q": 1}}, Config) and isinstance({"z": {"q": 1}} | config, Config)
    assert ({"z": {"q": 1}} | config).z.q == 1
    assert Config.fromkeys(["a"], {"b": 1}).a.b == 1
    assert isinstance(config.setdefault("new", {"n": 1}), Config) and config.setdefault("new", 2).n == 1


def test_sections_in_lists_and_tuples_are_configs() -> None:
    config = Config(layers=[{"width": 1}, [{"width": 2}]], pair=({"x": 3}, 4))
    assert config.layers[0].width == 1 and config.layers[1][0].width == 2 and config.pair[0].x == 3
    assert isinstance(config.pair, tuple)


def test_what_is_put_in_belongs_to_the_config_and_a_config_stays_itself() -> None:
    inner, items = Config(x=1), [{"y": 1}]
    config = Config(inner=inner, items_=items)
    assert config.inner is inner
    config.items_[0].y = 2
    config.items_.append(3)
    assert items == [{"y": 1}]


def test_a_copy_is_a_config_with_sections_and_lists_of_its_own() -> None:
    config = Config({"a": {"b": [1, {"c": 2}]}})
    copied = config.copy()
    assert type(copied) is Config and copied == config
    copied.a.b[1].c = 3
    copied.a.b.append(4)
    assert config == {"a": {"b": [1, {"c": 2}]}}


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda config: pickle.loads(pickle.dumps(config))])
def test_copies_and_pickles_stay_configs_at_every_depth(twin) -> None:
    config = twin(Config({"a": {"b": [{"c": 1}]}, "n": None}))
    assert type(config) is Config and type(config.a) is Config and config.a.b[0].c == 1 and config == {"a": {"b": [{"c": 1}]}, "n": None}


def test_it_is_a_dict_in_everything_else() -> None:
    config = Config({"b": 1, "a": {"c": 2}})
    assert config == {"b": 1, "a": {"c": 2}} and isinstance(config, dict) and list(config) == ["b", "a"]
    assert json.dumps(config) == '{"b": 1, "a": {"c": 2}}'
    assert dict(**config) == config and repr(config) == "Config({'b': 1, 'a': Config({'c': 2})})"
    plain = config.to_dict()
    assert plain == config and type(plain) is dict and type(plain["a"]) is dict


def test_a_missing_attribute_is_an_attribute_error_that_says_what_there_is() -> None:
    config = Config(lr=1)
    assert getattr(config, "rate", None) is None and not hasattr(config, "rate")
    with pytest.raises(AttributeError, match="no key `rate`: it has `lr`"):
        config.rate
    with pytest.raises(AttributeError, match="no key `rate`"):
        del config.rate
    with pytest.raises(KeyError):
        config["rate"]
    del config.lr
    assert config == {}
    assert "lr" in dir(Config(lr=1))


def test_a_key_with_the_name_of_a_method_is_never_lost_silently() -> None:
    config = Config({"items": 1})
    assert config["items"] == 1 and callable(config.items)
    with pytest.raises(AttributeError, match=r"config\['values'\]"):
        config.values = [1]
