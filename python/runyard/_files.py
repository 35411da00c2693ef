"""Config files, read without the program: JSON always, YAML through PyYAML and TOML if they are there.

Scalars of YAML mean what docs/CONFIG.md says (``1e-3`` is a number, ``012`` and dates are texts, keys are texts), so that a
script finds the same values when it is started by hand. What only the program can resolve - imports, references, dotted keys -
is asked of it.
"""

import importlib
import json
import re
from pathlib import Path
from typing import Any, List, Tuple

from ._errors import RunyardError

_TRUE = "true True TRUE yes Yes YES on On ON".split()
_FALSE = "false False FALSE no No NO off Off OFF".split()
_NULL = ["", "~", "null", "Null", "NULL"]
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0b[01_]+|0x[0-9a-fA-F_]+)$")
_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|(?:0|[1-9][0-9_]*)[eE][-+]?[0-9]+"
    r"|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))$|\.(?:nan|NaN|NAN)$"
)
# What the program makes of a text: a variable, or another value of the config.
_REFERENCE = re.compile(r"\$[A-Za-z_{$]|\{[A-Za-z_][A-Za-z0-9_.-]*\}|^!P")
_COMPOSING = ("imports", "__default__", "__new_key_policy__", "__run__")


def read_tree(path: Path) -> Any:
    """What stands in a config file. Raises `RunyardError` naming the file and the remedy."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RunyardError(f"config file `{path}` cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RunyardError(f"config file `{path}` is no UTF-8") from None
    suffix = path.suffix.lower()
    try:
        if suffix == ".json":
            return json.loads(text)
        if suffix == ".toml":
            return _texts_of_dates(_toml(path).loads(text))
        if suffix in (".yaml", ".yml"):
            return _yaml(path, text)
    except RunyardError:
        raise
    except Exception as error:  # noqa: BLE001 - each parser has errors of its own
        raise RunyardError(f"config file `{path}` cannot be read: {error}") from None
    raise RunyardError(f"`{path}` is no config file", "config files end in .json, .yaml, .yml or .toml")


def needs_program(tree: Any) -> bool:
    """Whether a file says something that only the program resolves: imports, references, keys with a meaning."""
    if isinstance(tree, str):
        return _REFERENCE.search(tree) is not None
    if isinstance(tree, list):
        return any(needs_program(item) for item in tree)
    if not isinstance(tree, dict):
        return False
    if any(key in tree for key in _COMPOSING):
        return True
    return any(
        "." in str(key) or str(key).startswith(("**", "!replace ")) or needs_program(value) for key, value in tree.items()
    )


def _texts_of_dates(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _texts_of_dates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts_of_dates(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _toml(path: Path) -> Any:
    for name in ("tomllib", "tomli"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise RunyardError(f"`{path}` is TOML, which this Python cannot read", "pip install tomli, or use Python 3.11 or newer")


def _yaml(path: Path, text: str) -> Any:
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        raise RunyardError(
            f"`{path}` is YAML, and PyYAML is not installed", "pip install pyyaml, or write the config as JSON"
        ) from None
    loader = _loader(yaml)(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _loader(yaml: Any) -> Any:
    """PyYAML's safe loader with our table of scalars."""

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        yaml_implicit_resolvers: "dict[Any, List[Tuple[str, Any]]]" = {}

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise yaml.constructor.ConstructorError(None, None, "a key is no text", key.start_mark)
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"`{key.value}` stands twice", key.start_mark)
                seen.add(key.value)
            # Puts what `<<` names in front.
            self.flatten_mapping(node)
            return {key.value: self.construct_object(value, deep=True) for key, value in node.value}

        def replaced(self, node: Any) -> Any:
            raise RunyardError("`!replace` is resolved by the program", "use runyard.load_config(path)")

    for tag, pattern in (
        ("bool", re.compile("(?:" + "|".join(_TRUE + _FALSE) + ")$")),
        ("int", _INTEGER),
        ("float", _FLOAT),
        ("null", re.compile("(?:" + "|".join(re.escape(text) for text in _NULL) + ")$")),
        ("merge", re.compile("<<$")),
    ):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", pattern, None)
    Loader.add_constructor("!replace", Loader.replaced)
    return Loader
