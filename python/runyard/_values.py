"""Values of a script become what JSON can carry: numbers of every library, texts, lists, mappings.

Nothing is imported for that: what a value can do is asked of the value, so NumPy, PyTorch, JAX, TensorFlow, pandas and
libraries to come are handled alike.
"""

import enum
import math
import os
from typing import Any, Callable, Dict, FrozenSet, Iterable, Mapping, Optional, Union

from ._warn import warn_once

# What needs no look at all. Exact types: subclasses (numpy.float64 is a float) go the long way once.
PLAIN: FrozenSet[type] = frozenset({int, float, str, bool, type(None)})

# Larger arrays are no metrics; a text with their shape stands for them.
MAX_ELEMENTS = 10_000
_MAX_DEPTH = 32
_MAX_TEXT = 10_000
# Python refuses to print longer ones (`sys.set_int_max_str_digits`), so no JSON could hold them.
_MAX_BITS = 4_000 * 3


def to_json(value: object) -> object:
    """The value as JSON can carry it; floats that are not finite become ``"NaN"``, ``"Infinity"``, ``"-Infinity"``.

    Scalars and arrays of one element become numbers, other arrays lists (up to 10,000 elements), paths and bytes texts,
    enums their values, decimals and fractions floats, dates ISO texts, durations seconds. Anything else becomes its
    ``str``, said once per type. Never raises.
    """
    return finite(to_plain(value))


def to_plain(value: object) -> object:
    """Like `to_json`, but floats stay floats, finite or not. The result shares nothing with ``value``."""
    return _plain(value, 0)


def finite(value: object) -> object:
    """Replaces the floats in a plain value that JSON has no word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else non_finite(value)
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return value


def non_finite(value: float) -> str:
    """The text that stands for a float that is not finite."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def to_scalar(value: object) -> Union[int, float, None]:
    """The value as a number; None if it is none. Booleans are 0 and 1."""
    plain = to_plain(value)
    if isinstance(plain, bool):
        return int(plain)
    return plain if isinstance(plain, (int, float)) else None


def _plain(value: object, depth: int) -> object:
    if type(value) in PLAIN:
        if type(value) is int and value.bit_length() > _MAX_BITS:
            return hex(value)
        return value
    if depth >= _MAX_DEPTH:
        return "…"
    try:
        return _converted(value, depth)
    except Exception as error:  # noqa: BLE001 - whatever a foreign object does, training goes on
        return _unknown(value, str(error) or type(error).__name__)


def _converted(value: Any, depth: int) -> object:
    if isinstance(value, enum.Enum):
        return _plain(value.value, depth + 1) if type(value.value) in PLAIN else value.name
    for kind, convert in _BY_TYPE:
        if isinstance(value, kind):
            return convert(value)
    if isinstance(value, Mapping):
        return {_key(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return [_plain(item, depth + 1) for item in sorted(value, key=repr)]
    if hasattr(value, "tolist") or hasattr(value, "numpy"):
        return _array(value, depth)
    for method, convert in _BY_METHOD:
        if hasattr(value, method):
            return _plain(convert(value), depth + 1)
    if hasattr(type(value), "__dataclass_fields__"):
        return {name: _plain(getattr(value, name), depth + 1) for name in type(value).__dataclass_fields__}
    if isinstance(value, Iterable) and hasattr(value, "__len__"):
        return [_plain(item, depth + 1) for item in value]
    return _unknown(value, "")


def _bytes(value: Any) -> str:
    data = bytes(value)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.hex()


_BY_TYPE = (
    (bool, bool),
    (float, float),
    (str, lambda value: str.__str__(value)),
    (int, lambda value: _plain(int(value), 0)),
    ((bytes, bytearray, memoryview), _bytes),
)

_BY_METHOD: Any = (
    ("__fspath__", os.fspath),
    ("isoformat", lambda value: value.isoformat()),
    ("total_seconds", lambda value: value.total_seconds()),
    ("__index__", int),
    ("__float__", float),
)


def _array(value: Any, depth: int) -> object:
    """A scalar or an array of any library."""
    shape = tuple(getattr(value, "shape", ()))
    count = math.prod(int(length) for length in shape)
    if count > MAX_ELEMENTS:
        name = f"{type(value).__name__} of shape {shape}"
        warn_once(f"array {name}", f"a {name} is too large for a value; its shape is recorded instead")
        return name
    if not hasattr(value, "tolist"):
        return _plain(value.numpy(), depth + 1)
    if count == 1 and hasattr(value, "item"):
        return _plain(value.item(), depth + 1)
    return _plain(value.tolist(), depth + 1)


def _key(key: object) -> str:
    return key if type(key) is str else str(_plain(key, _MAX_DEPTH - 1))


def _unknown(value: object, reason: str) -> str:
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    warn_once(
        f"value {name}",
        f"a value of type `{name}` is recorded as its text" + (f" ({reason})" if reason else ""),
    )
    return _text(value, str) or _text(value, repr) or f"<{name}>"


def _text(value: object, convert: Callable[[object], str]) -> Optional[str]:
    try:
        return convert(value)[:_MAX_TEXT]
    except Exception:  # noqa: BLE001
        return None


def renamed(row: Mapping[str, object], reserved: Iterable[str], where: str) -> Dict[str, object]:
    """A copy of the row in which a key that is reserved has ``_`` behind it, which is said once."""
    copy = {_key(key): value for key, value in row.items()}
    for name in reserved:
        if name in copy:
            free = name + "_"
            while free in copy:
                free += "_"
            copy[free] = copy.pop(name)
            warn_once(f"reserved {where} {free}", f"`{name}` is a column of {where} itself; yours is recorded as `{free}`")
    return copy
