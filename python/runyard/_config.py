"""A dict whose keys are attributes, too.

What is put into a `Config` belongs to it: plain dicts become `Config`, lists are copied, at every depth. A `Config` that is
put in stays the same object.
"""

import sys
from typing import Any, Dict, Iterable, List, Mapping, Tuple


class Config(Dict[str, Any]):
    """Parameters: ``config.model.lr`` is ``config["model"]["lr"]``, also inside lists.

    Sections are `Config` wherever they came from: construction, assignment, ``update``, ``setdefault``, ``|``, a list of
    them. It is a dict in everything else: equality, order, ``**config``, pickle, ``json.dumps``. Keys that have the name of
    a dict's method (``items``, ``copy``, …) are reached by ``config["items"]`` only.

    >>> config = Config({"model": {"lr": 0.1}, "layers": [{"width": 8}]})
    >>> config.model.lr, config.layers[0].width
    (0.1, 8)
    """

    __slots__ = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.update(*args, **kwargs)

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, _owned(value))

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise _missing(self, name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(dict, name) or hasattr(type(self), name):
            raise AttributeError(f"`{name}` is a method of a config: write config[{name!r}] = … and read it in the same way")
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise _missing(self, name) from None

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *(key for key in self if isinstance(key, str))]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({super().__repr__()})"

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Sets many keys, as ``dict.update`` does."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of `key`, which is set to `default` first if it is missing; a dict comes back as a `Config`."""
        if key not in self:
            self[key] = default
        return self[key]

    def copy(self) -> "Config":
        """A `Config` with sections and lists of its own; other values are shared."""
        copied = type(self)()
        for key, value in self.items():
            dict.__setitem__(copied, key, _copied(value))
        return copied

    def to_dict(self) -> Dict[str, Any]:
        """The same as plain dicts at every depth, for libraries that insist on them (``yaml.safe_dump``)."""
        plain: Dict[str, Any] = copy_plain(self)
        return plain

    def __or__(self, other: Any) -> "Config":  # type: ignore[override]
        if not isinstance(other, Mapping):
            return NotImplemented
        joined = type(self)(self)
        joined.update(other)
        return joined

    def __ror__(self, other: Any) -> "Config":  # type: ignore[override]
        if not isinstance(other, Mapping):
            return NotImplemented
        joined = type(self)(other)
        joined.update(self)
        return joined

    def __ior__(self, other: Any) -> "Config":  # type: ignore[override]
        self.update(other)
        return self

    def __copy__(self) -> "Config":
        return type(self)(self)

    def __reduce__(self) -> Tuple[Any, ...]:
        return (type(self), (), None, None, iter(self.items()))


def _owned(value: Any) -> Any:
    if isinstance(value, Config):
        return value
    if isinstance(value, dict):
        return Config(value)
    # Only these two: a named tuple or a list of somebody's own kind cannot be rebuilt from its items.
    if type(value) is list:
        return [_owned(item) for item in value]
    if type(value) is tuple:
        return tuple([_owned(item) for item in value])
    return value


def _copied(value: Any) -> Any:
    if isinstance(value, Config):
        return value.copy()
    if type(value) is list:
        return [_copied(item) for item in value]
    if type(value) is tuple:
        return tuple([_copied(item) for item in value])
    return _owned(value)


def copy_plain(value: Any) -> Any:
    """A copy of all dicts (as plain ones), lists, tuples and sets in `value`; everything else is shared."""
    if isinstance(value, dict):
        return {key: copy_plain(item) for key, item in value.items()}
    kind = type(value)
    if kind is list:
        return [copy_plain(item) for item in value]
    if kind is tuple:
        return tuple([copy_plain(item) for item in value])
    if kind is set:
        return set(value)
    return value


def _missing(config: Config, name: str) -> AttributeError:
    text = f"config has no key `{name}`"
    if not name.startswith("__"):
        keys: List[str] = [str(key) for key in config]
        text += ": it has " + (", ".join(f"`{key}`" for key in keys[:10]) + (", …" if len(keys) > 10 else "") if keys else "none")
    error = AttributeError(text)
    if sys.version_info >= (3, 10):
        # The interpreter proposes the nearest name.
        error.name, error.obj = name, config
    return error
