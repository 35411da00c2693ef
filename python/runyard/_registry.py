"""Classes that configs name: ``{"type": "Adam", "lr": 0.1}`` becomes ``Adam(lr=0.1)``."""

from difflib import get_close_matches
from typing import Any, Callable, Dict, Mapping, Type, TypeVar, Union, overload

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_REGISTERED: Dict[str, Callable[..., Any]] = {}


@overload
def register(what: F) -> F: ...
@overload
def register(what: str) -> Callable[[F], F]: ...


def register(what: Union[str, Any]) -> Any:
    """Makes a class (or a function that makes something) known to `build` under its name; a decorator.

    ``@register`` takes the name of the class, ``@register("adam")`` another one. The same class may be registered again, as
    when a cell of a notebook is executed twice; another one under a taken name is a `RuntimeError`.

    >>> @register
    ... class Linear:
    ...     def __init__(self, width):
    ...         self.width = width
    >>> build(Linear, {"type": "Linear", "width": 3}).width
    3
    """
    if isinstance(what, str):
        return lambda registered: _put(what, registered)
    if not callable(what) or not hasattr(what, "__name__"):
        raise TypeError(f"a class or a function is registered, not {what!r}")
    return _put(what.__name__, what)


def _put(name: str, what: F) -> F:
    known = _REGISTERED.get(name)
    if known is not None and _place(known) != _place(what):
        raise RuntimeError(f"`{name}` is registered already, by {'.'.join(_place(known))}: give one of them a name, @register({name + '2'!r})")
    _REGISTERED[name] = what
    return what


def _place(what: Callable[..., Any]) -> "tuple[str, str]":
    module = getattr(what, "__module__", "") or ""
    # A script that a task executes is the same as in the process that has started it.
    return ("__main__" if module == "__mp_main__" else module), getattr(what, "__qualname__", repr(what))


def build(base: Type[T], config: Any, *args: Any, nested: bool = False, **kwargs: Any) -> T:
    """What a config names: its ``type`` called with the other entries as keywords.

    Args:
        base: the class that it must be an instance of.
        config: a dict with ``type``, the name of something registered; anything but a dict is taken for an instance and
            returned as it is, without `args` and `kwargs`.
        *args: come before the keywords.
        nested: dicts inside (also in lists) whose ``type`` is registered are built first, whatever they are.
        **kwargs: come over the entries of the same names.

    Raises:
        ValueError: `config` is None.
        KeyError: there is no ``type``, or nothing of that name.
        TypeError: it is no `base`; known before anything is built if a class is registered.
    """
    if config is None:
        raise ValueError(f"there is no config to build a `{_named(base)}` from: it is None")
    if not isinstance(config, Mapping):
        return _checked(base, config, type(config).__name__)
    if "type" not in config:
        raise KeyError(f"a config to build a `{_named(base)}` from needs `type`; it has {', '.join(map(str, config)) or 'no keys'}")
    made = _find(config["type"])
    if isinstance(made, type) and isinstance(base, type) and not issubclass(made, base):
        raise TypeError(f"`{config['type']}` is no `{_named(base)}`")
    entries = {key: _deep(value) if nested else value for key, value in config.items() if key != "type" and key not in kwargs}
    return _checked(base, made(*args, **entries, **kwargs), str(config["type"]))


def _find(name: Any) -> Callable[..., Any]:
    if not isinstance(name, str) and callable(name):
        found: Callable[..., Any] = name
        return found
    if name not in _REGISTERED:
        near = get_close_matches(str(name), _REGISTERED, 1)
        there = ", ".join(f"`{known}`" for known in sorted(_REGISTERED)) or "nothing: is the module imported that registers it?"
        raise KeyError(f"nothing is registered as `{name}`{f', did you mean `{near[0]}`?' if near else ''}; registered: {there}")
    return _REGISTERED[name]


def _deep(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "type" in value and (not isinstance(value["type"], str) or value["type"] in _REGISTERED):
            return build(object, value, nested=True)
        return {key: _deep(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_deep(item) for item in value)
    return value


def _checked(base: Type[T], built: Any, name: str) -> T:
    if isinstance(built, base):
        return built
    raise TypeError(f"`{name}` gives a `{type(built).__name__}`, and a `{_named(base)}` is expected")


def _named(base: Any) -> str:
    return getattr(base, "__name__", None) or str(base)
