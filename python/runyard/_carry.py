"""Values that reach another process as JSON: what is carried as it is, what as something like it, and what not at all."""

import os
from typing import Any, Mapping

# Deeper than any config, and what the engine takes.
_MAX_DEPTH = 100
# Python refuses to print longer integers.
_MAX_BITS = 12_000


class NotCarried(ValueError):
    """A value that JSON has nothing for; `key` is its place, `remedy` what to write instead."""

    def __init__(self, key: str, what: str, remedy: str) -> None:
        super().__init__(f"{f'`{key}` is' if key else 'it is'} {what}")
        self.key, self.remedy = key, remedy


def carried(value: Any, key: str = "", depth: int = 0) -> Any:
    """`value` made of dicts, lists, texts, numbers, booleans and None alone; numbers may be NaN or infinite.

    Tuples become lists, paths texts, scalars of NumPy and torch numbers. Raises `NotCarried` for anything else.
    """
    # Most are these, and their kinds have no subclasses to look for.
    kind = type(value)
    if value is None or kind in (bool, float):
        return value
    if isinstance(value, str):
        return _text(str(value) if kind is str else str.__str__(getattr(value, "value", value)), key)
    if isinstance(value, int):
        if value.bit_length() > _MAX_BITS:
            raise NotCarried(key, "an integer with thousands of digits", "write it as a text")
        return int(value)
    if isinstance(value, float):
        return float(value)
    if depth > _MAX_DEPTH:
        raise NotCarried(key, "nested too deeply, perhaps in itself", "make it flat")
    if isinstance(value, Mapping):
        return {_key(name, key): carried(item, f"{key}.{name}" if key else str(name), depth + 1) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [carried(item, f"{key}.{i}" if key else str(i), depth + 1) for i, item in enumerate(value)]
    if isinstance(value, os.PathLike):
        path = os.fspath(value)
        return _text(path if isinstance(path, str) else os.fsdecode(path), key)
    # Scalars of NumPy, torch, jax, and arrays without axes.
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        item = value.item()
        if type(item) is not kind:
            return carried(item, key, depth + 1)
    raise NotCarried(key, f"a value of type `{_kind(kind)}`", _remedy(value))


def _key(name: Any, key: str) -> str:
    if not isinstance(name, str):
        place = f"{key}.{name}" if key else str(name)
        raise NotCarried(place, f"a key of type `{type(name).__name__}`", f"keys are texts: write {str(name)!r}")
    return _text(name, key)


def _text(text: str, key: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotCarried(key, "a text with half of a character (a surrogate)", "write the whole character") from None
    return text


def _remedy(value: Any) -> str:
    if isinstance(value, (set, frozenset)):
        return "a set has no order: write sorted(…)"
    if hasattr(value, "tolist"):
        return "write .tolist()"
    if hasattr(value, "isoformat"):
        return "write .isoformat()"
    if isinstance(value, (bytes, bytearray)):
        return "write .hex() or a path"
    if hasattr(value, "value") and hasattr(value, "name"):
        return "write .value or .name"
    if callable(value):
        return "give its name, and look it up in the function (register, build)"
    return "give texts and numbers, and make the object in the function (register, build)"


def _kind(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
