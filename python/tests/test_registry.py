"""`register` and `build`."""

import collections
from typing import Any, Iterator

import pytest

from runyard import Config, _registry, build, register


class Model:
    def __init__(self, width: int = 1, inner: Any = None) -> None:
        self.width, self.inner = width, inner


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    known = dict(_registry._REGISTERED)
    _registry._REGISTERED.clear()
    register(Model)
    yield
    _registry._REGISTERED.clear()
    _registry._REGISTERED.update(known)


def test_a_config_becomes_what_its_type_names() -> None:
    model = build(Model, Config(type="Model", width=3))
    assert type(model) is Model and model.width == 3


def test_keywords_come_over_the_entries_and_the_config_stays() -> None:
    config = {"type": "Model", "width": 3}
    assert build(Model, config, width=4).width == 4 and build(Model, {"type": "Model"}, 5).width == 5
    assert config == {"type": "Model", "width": 3}


def test_instances_pass_through_if_they_are_of_the_class() -> None:
    model = Model(2)
    assert build(Model, model, width=9) is model and model.width == 2
    with pytest.raises(TypeError, match="`int` gives a `int`, and a `Model` is expected"):
        build(Model, 3)


def test_the_base_class_is_checked_before_anything_is_built() -> None:
    made = []

    @register
    class Other:
        def __init__(self) -> None:
            made.append(self)

    with pytest.raises(TypeError, match="`Other` is no `Model`"):
        build(Model, {"type": "Other"})
    assert made == []


def test_functions_are_registered_too_and_what_they_give_is_checked() -> None:
    @register("wide")
    def make(width: int = 7) -> Any:
        return Model(width) if width else None

    assert build(Model, {"type": "wide"}).width == 7
    with pytest.raises(TypeError, match="`NoneType`"):
        build(Model, {"type": "wide", "width": 0})


def test_what_cannot_be_built_is_said() -> None:
    with pytest.raises(ValueError, match="None"):
        build(Model, None)
    with pytest.raises(KeyError, match="needs `type`; it has width"):
        build(Model, {"width": 1})
    with pytest.raises(KeyError, match="did you mean `Model`.*registered: `Model`"):
        build(Model, {"type": "Modle"})


def test_dicts_inside_are_built_on_request_only() -> None:
    config = {"type": "Model", "inner": {"deep": [{"type": "Model", "width": 2, "inner": {"type": "relu"}}]}}
    assert build(Model, config).inner == config["inner"]
    inner = build(Model, config, nested=True).inner["deep"][0]
    assert type(inner) is Model and inner.width == 2 and inner.inner == {"type": "relu"}


def test_a_name_belongs_to_one_class_which_may_come_again() -> None:
    def define(module: str) -> Any:
        class Model:
            pass

        Model.__module__, Model.__qualname__ = module, "Model"
        return Model

    _registry._REGISTERED.clear()
    register(define("__main__"))
    again = register(define("__mp_main__"))
    assert build(object, {"type": "Model"}).__class__ is again
    with pytest.raises(RuntimeError, match="`Model` is registered already, by __main__.Model"):
        register(define("other"))
    register("OtherModel")(collections.OrderedDict)
    assert build(dict, {"type": "OtherModel", "a": 1}) == {"a": 1}
