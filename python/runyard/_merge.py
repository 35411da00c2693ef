"""Configs put together: `merge` for two, `sweep` for all combinations.

The engine (`runyard engine`: `merge`, `sweep`) has the same rules; the tests compare both.
"""

from typing import Any, Dict, Iterable, List, Mapping, Tuple

from ._config import copy_plain
from ._tensor import Tensor


def merge(base: Mapping[str, Any], update: Mapping[str, Any]) -> Dict[str, Any]:
    """`base` with the entries of `update`, in their order, as a new plain dict that shares no dict and no list with them.

    - ``"a.b": value`` sets one value inside sections, which are made where they are missing or no dicts.
    - ``"**a": {…}`` merges its entries one level into ``a``.
    - Any other key replaces the whole value, dicts and lists included.

    Only keys of `update` itself are read so: dots and stars deeper inside are data.

    Raises:
        TypeError: a key is no text, or an argument is no mapping.
        ValueError: the value of a ``**`` key is no dict.

    >>> merge({"mlp": {"width": 32, "depth": 2}}, {"mlp.width": 64})
    {'mlp': {'width': 64, 'depth': 2}}
    """
    for what, value in (("base", base), ("update", update)):
        if not isinstance(value, Mapping):
            raise TypeError(f"the {what} to merge is {_kind(value)}, and a dict is expected")
    merged: Dict[str, Any] = copy_plain(dict(base))
    for key, value in update.items():
        if not isinstance(key, str):
            raise TypeError(f"the key {key!r} is {_kind(key)}, and keys are texts: write {str(key)!r}")
        if not key.startswith("**"):
            section, last = _section(merged, key)
            section[last] = copy_plain(value)
            continue
        if not isinstance(value, Mapping):
            raise ValueError(
                f"`{key}` merges a dict into `{key[2:]}`, and its value is {_kind(value)}\n"
                f"write `{key[2:]}` without stars to replace the value"
            )
        section, last = _section(merged, key[2:])
        inner = section.get(last)
        if not isinstance(inner, dict):
            inner = section[last] = {}
        for name, item in value.items():
            inner[name] = copy_plain(item)
    return merged


def sweep(configs: Iterable[Mapping[str, Any]], variations: Iterable[Mapping[str, Any]]) -> "Tensor[Dict[str, Any]]":
    """Every config with every variation merged into it: a `Tensor` with one more axis than `configs`.

    Names are joined: ``exp`` with ``lr0.1`` is ``exp_lr0.1``. A variation without a name (or with an empty one) leaves the
    config's; ``name: None`` in a variation takes it away. Nothing is shared between the results, and the arguments are not
    changed.

    Args:
        configs: a list, or the `Tensor` of an earlier sweep, whose shape is kept.
        variations: what `merge` takes as its update, one entry for each step along the new axis.

    >>> lrs = [{"name": "slow", "lr": 0.1}, {"name": "fast", "lr": 1.0}]
    >>> [config["name"] for config in sweep([{"name": "exp"}], lrs)]
    ['exp_slow', 'exp_fast']
    """
    if isinstance(configs, Mapping) or isinstance(variations, Mapping):
        raise TypeError("configs and variations are lists of dicts, and this is one dict: write [{…}]")
    bases: List[Mapping[str, Any]] = list(configs)
    steps: List[Mapping[str, Any]] = list(variations)
    shape = configs.shape if isinstance(configs, Tensor) else (len(bases),)
    return Tensor([_named(base, step) for base in bases for step in steps], (*shape, len(steps)))


def _named(base: Mapping[str, Any], step: Mapping[str, Any]) -> Dict[str, Any]:
    merged = merge(base, step)
    if "name" not in step:
        return merged
    old, new = base.get("name"), step["name"]
    if old and new:
        merged["name"] = f"{old}_{new}"
    return merged


def _section(root: Dict[str, Any], dotted: str) -> Tuple[Dict[str, Any], str]:
    """The dict that holds the last part of `dotted`; missing ones are made."""
    *parts, last = dotted.split(".")
    section = root
    for part in parts:
        inner = section.get(part)
        if not isinstance(inner, dict):
            inner = section[part] = {}
        section = inner
    return section, last


def _kind(value: object) -> str:
    return "None" if value is None else f"a value of type `{type(value).__name__}`"
