"""A list with a shape, and how its items are found by name or by value.

::

    t[3], t[-1]            the item at that place of the flat list
    t[0, 1], t[:, 2], t[1:]  by axes
    t["exp_*"]             by name, as file names are matched
    t[{"model.lr": 0.1}]   by values
"""

import math
from fnmatch import fnmatchcase
from itertools import product
from typing import Any, Callable, Dict, Generic, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, TypeVar, Union

T = TypeVar("T")

_MISSING = object()
_ALTERNATIVES = (list, tuple, set, frozenset)


class Tensor(Generic[T]):
    """Items in row-major order with a shape; ``len`` and iteration are those of the flat list.

    Args:
        data: the items, last axis fastest.
        shape: lengths of the axes; one axis if it is left out. Its product is the number of items, else `ValueError`.

    ``t[query]`` with a text (names, with ``*``, ``?``, ``[…]``, the whole name, upper and lower case differ) or a dict
    returns exactly the matches: the item itself if there is one, else a `Tensor`, which keeps its axes if the matches are a
    full grid and is flat if they are not. No match is an `IndexError`. `select` always returns a `Tensor`, `grid` the
    smallest grid that contains the matches.

    In a dict, all pairs must match: a dotted key or a dict inside leads into sections; a list, tuple or set stands for
    alternatives (or for a value equal to it); a function is asked. ``1`` is ``1.0`` but not ``True``; a missing key never
    matches. On results, ``config.…`` and ``result.…`` lead into those.

    >>> t = Tensor([{"name": "a", "lr": 1}, {"name": "b", "lr": 2}])
    >>> t["a"], t[{"lr": [1, 2]}].shape, t[-1]["name"]
    ({'name': 'a', 'lr': 1}, (2,), 'b')
    """

    __slots__ = ("_items", "_shape")
    # Equal ones may change.
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, data: Iterable[T], shape: Optional[Sequence[int]] = None) -> None:
        self._items: List[T] = list(data)
        self._shape: Tuple[int, ...] = (len(self._items),) if shape is None else tuple(int(length) for length in shape)
        if any(length < 0 for length in self._shape) or math.prod(self._shape) != len(self._items):
            raise ValueError(f"the shape {self._shape} has {math.prod(self._shape)} places, and there are {len(self._items)} items")

    @property
    def shape(self) -> Tuple[int, ...]:
        """The lengths of the axes."""
        return self._shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._shape)

    def tolist(self) -> List[Any]:
        """The items in nested lists, one level for each axis; ``list(t)`` is flat."""
        nested: List[Any] = list(self._items)
        for length in reversed(self._shape[1:]):
            count = len(nested) // length if length else math.prod(self._shape[:-1])
            nested = [nested[i * length : (i + 1) * length] for i in range(count)]
        return nested

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __repr__(self) -> str:
        return f"Tensor(shape={self._shape}, len={len(self._items)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tensor):
            return NotImplemented
        return self._shape == other._shape and self._items == other._items

    # Whether one item or several come back depends on the query, as documented, so no static type can say it.
    def __getitem__(self, query: Any) -> Any:
        if isinstance(query, (str, Mapping)):
            found = self._matches(query)
            if not found:
                raise IndexError(self._nothing(query))
            return self._items[found[0]] if len(found) == 1 else self._of(found)
        if isinstance(query, slice):
            return self._along((query,))
        if isinstance(query, tuple):
            return self._along(query)
        index = _integer(query)
        if index is None:
            raise TypeError(f"a tensor is indexed by numbers, slices, a name or a dict of values, not by `{type(query).__name__}`")
        if not -len(self._items) <= index < len(self._items):
            raise IndexError(f"item {index} of a tensor that has {len(self._items)}")
        return self._items[index]

    def select(self, query: "Query") -> "Tensor[T]":
        """All matches as a `Tensor`, also one or none: for loops that must not depend on how many there are."""
        return self._of(self._matches(query))

    def grid(self, query: "Query") -> "Tensor[T]":
        """The smallest grid that contains the matches, with as many axes as this tensor; other items may be in it.

        Raises:
            IndexError: nothing matches.
        """
        found = self._matches(query)
        if not found:
            raise IndexError(self._nothing(query))
        return self._box(self._bounds(found))

    def _along(self, keys: Tuple[Any, ...]) -> Any:
        if len(keys) > self.ndim:
            raise IndexError(f"{len(keys)} indices for a tensor with {self.ndim} axes, shape {self._shape}")
        chosen: List[Sequence[int]] = []
        shape: List[int] = []
        for axis, length in enumerate(self._shape):
            key = keys[axis] if axis < len(keys) else slice(None)
            if isinstance(key, slice):
                places = range(length)[key]
                chosen.append(places)
                shape.append(len(places))
                continue
            index = _integer(key)
            if index is None:
                raise TypeError(f"axis {axis} is indexed by a number or a slice, not by `{type(key).__name__}`")
            if not -length <= index < length:
                raise IndexError(f"index {index} on axis {axis}, which has {length}")
            chosen.append((index % length,))
        items = [self._items[self._flat(place)] for place in product(*chosen)]
        return Tensor(items, shape) if shape else items[0]

    def _flat(self, place: Sequence[int]) -> int:
        flat = 0
        for index, length in zip(place, self._shape):
            flat = flat * length + index
        return flat

    def _place(self, flat: int) -> Tuple[int, ...]:
        place: List[int] = []
        for length in reversed(self._shape):
            flat, index = divmod(flat, length)
            place.append(index)
        return tuple(reversed(place))

    def _bounds(self, found: Sequence[int]) -> List[List[int]]:
        """For each axis the indices that matches have."""
        seen: List[Dict[int, None]] = [{} for _ in self._shape]
        for flat in found:
            for axis, index in enumerate(self._place(flat)):
                seen[axis][index] = None
        return [sorted(axis) for axis in seen]

    def _box(self, bounds: Sequence[Sequence[int]]) -> "Tensor[T]":
        return Tensor([self._items[self._flat(place)] for place in product(*bounds)], [len(axis) for axis in bounds])

    def _of(self, found: Sequence[int]) -> "Tensor[T]":
        bounds = self._bounds(found)
        if found and math.prod(len(axis) for axis in bounds) == len(found):
            return self._box(bounds)
        return Tensor([self._items[flat] for flat in found])

    def _matches(self, query: "Query") -> List[int]:
        if isinstance(query, str):
            return [i for i, item in enumerate(self._items) if _has_name(item, query)]
        if not isinstance(query, Mapping):
            raise TypeError(f"a query is a name or a dict of values, not `{type(query).__name__}`")
        return [i for i, item in enumerate(self._items) if _fits(item, query)]

    def _nothing(self, query: "Query") -> str:
        """Says that nothing matches, and what there is instead."""
        if isinstance(query, str):
            return f"no item has a name like {query!r}: {_some(name for item in self._items if (name := _name_of(item)) is not None)}"
        for key, wanted in query.items():
            if not any(_fits(item, {key: wanted}) for item in self._items):
                values = [value for item in self._items if (value := _get(item, key)) is not _MISSING]
                there = _some(values) if values else "none of them has it"
                return f"no item has `{key}` = {wanted!r}: {there}"
        return f"each of {', '.join(f'`{key}`' for key in query)} matches some items of {len(self._items)}, but none matches all of them"


Query = Union[str, Mapping[str, Any]]


def _integer(value: object) -> Optional[int]:
    index: Optional[Callable[[], int]] = getattr(value, "__index__", None)
    if index is None or isinstance(value, type):
        return None
    try:
        return int(index())
    except TypeError:
        # NumPy's arrays have the method and refuse.
        return None


def _some(values: Iterable[Any]) -> str:
    distinct: List[str] = list(dict.fromkeys(repr(value) for value in values))
    if not distinct:
        return "there are no items"
    return "there are " + ", ".join(distinct[:10]) + (f" and {len(distinct) - 10} more" if len(distinct) > 10 else "")


def _name_of(item: object) -> Optional[str]:
    name = item.get("name") if isinstance(item, Mapping) else getattr(item, "name", None)
    return None if name is None else str(name)


def _has_name(item: object, pattern: str) -> bool:
    name = _name_of(item)
    return name is not None and fnmatchcase(name, pattern)


def _fits(value: object, query: Mapping[str, Any]) -> bool:
    return all(_is(_get(value, key), wanted) for key, wanted in query.items())


def _get(value: object, key: str) -> object:
    """What is under a key, which may lead into sections; a key that has dots itself comes first."""
    if isinstance(value, Mapping):
        if key in value:
            return value[key]
    head, dot, rest = key.partition(".") if isinstance(key, str) else (key, "", "")
    inner: object = _MISSING
    if isinstance(value, Mapping) and head in value:
        inner = value[head]
    elif head in getattr(type(value), "SECTIONS", ()):
        # Results have some of their parts as attributes.
        inner = getattr(value, head)
    if inner is _MISSING or not dot:
        return inner
    return _get(inner, rest)


def _is(value: object, wanted: object) -> bool:
    if value is _MISSING:
        return False
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and _fits(value, wanted)
    if _equal(value, wanted):
        return True
    if isinstance(wanted, _ALTERNATIVES):
        # One level: a list among the alternatives is a value.
        return any(_equal(value, one) if isinstance(one, _ALTERNATIVES) else _is(value, one) for one in wanted)
    return bool(wanted(value)) if callable(wanted) else False


def _equal(value: object, wanted: object) -> bool:
    if value is wanted:
        return True
    if isinstance(value, bool) != isinstance(wanted, bool):
        return False
    if isinstance(value, float) and isinstance(wanted, float) and math.isnan(value):
        return math.isnan(wanted)
    try:
        return bool(value == wanted)
    except Exception:
        # Arrays are equal where they are, not as a whole.
        return False
