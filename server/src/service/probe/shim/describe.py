# A real parser as the JSON of a schema.

import enum
import functools
import itertools
import math
import os

STANDARD_ACTIONS = {
    "_StoreAction": "store",
    "_StoreConstAction": "store_const",
    "_StoreTrueAction": "store_true",
    "_StoreFalseAction": "store_false",
    "_AppendAction": "append",
    "_AppendConstAction": "append_const",
    "_ExtendAction": "extend",
    "_CountAction": "count",
    "_VersionAction": "version",
    "_HelpAction": "help",
    "BooleanOptionalAction": "BooleanOptionalAction",
}
# argparse and libraries that carry a copy of it.
ARGPARSES = ("argparse", "tyro._argparse", "tyro._backends._argparse")
SUPPRESS = "==SUPPRESS=="
MAX_ITEMS = 1000
MAX_TEXT = 100000
MAX_DEPTH = 8


def value(x, depth=0):
    if depth > MAX_DEPTH:
        return source(x)
    if isinstance(x, enum.Enum):
        return {"$enum": "%s.%s" % (type(x).__name__, x.name), "value": value(x.value, depth + 1)}
    if x is None or isinstance(x, bool):
        return x
    if isinstance(x, str):
        if x == SUPPRESS:
            return {"$suppress": True}
        return text(x) if len(x) <= MAX_TEXT else source(x)
    if isinstance(x, float):
        # As text: a JSON reader may be off by the last bit.
        return {"$float": "NaN" if math.isnan(x) else float.__repr__(x) if math.isfinite(x) else "Infinity" if x > 0 else "-Infinity"}
    if isinstance(x, int):
        return int(x) if abs(x) < 2**63 else {"$int": int.__repr__(x)}
    if is_path(x):
        return {"$path": text(os.fspath(x))}
    if isinstance(x, (list, tuple, range, set, frozenset)) and len(x) <= MAX_ITEMS:
        items = [value(item, depth + 1) for item in x]
        return {"$set": sorted(items, key=repr)} if isinstance(x, (set, frozenset)) else items
    if isinstance(x, dict) and len(x) <= MAX_ITEMS:
        if all(type(key) is str and not key.startswith("$") for key in x):
            return {text(key): value(item, depth + 1) for key, item in x.items()}
        return {"$dict": [[value(key, depth + 1), value(item, depth + 1)] for key, item in x.items()]}
    return source(x)


def is_path(x):
    return any(cls.__module__.startswith("pathlib") and cls.__name__ == "PurePath" for cls in type(x).__mro__)


# What has no literal form.
def source(x):
    try:
        words = repr(x)
    except Exception:
        words = "<%s>" % type(x).__name__
    return {"$expr": text(words[:500])}


# JSON has no lone surrogates.
def text(x):
    return str.__str__(x).encode("utf-8", "backslashreplace").decode("utf-8")


def words(x):
    return None if x is None else text(x) if isinstance(x, str) else text(str(x))


def callable_name(x):
    if isinstance(x, functools.partial):
        return "partial:" + callable_name(x.func)
    name = getattr(x, "__name__", None)
    if not isinstance(name, str):
        name = type(x).__name__
    return "lambda" if name == "<lambda>" else name


def type_name(parser, x):
    x = parser._registry_get("type", x, x)
    if x is None or x is parser._registry_get("type", None) or x is str:
        return None
    return text(callable_name(x))


def choices(x):
    if x is None:
        return None
    try:
        items = list(itertools.islice(iter(x), MAX_ITEMS + 1))
    except Exception:
        return source(x)
    return [value(item) for item in items] if len(items) <= MAX_ITEMS else source(x)


def action_name(action):
    cls = type(action)
    standard = STANDARD_ACTIONS.get(cls.__name__) if cls.__module__ in ARGPARSES else None
    return standard or text(cls.__name__)


def nargs(action, name):
    x = action.nargs
    if x is None or (x == 0 and name in STANDARD_ACTIONS.values()):
        return None
    if type(x) is int and x >= 0 or x in ("?", "*", "+", "...", "A..."):
        return x
    return source(x)


def title_of(parser, action):
    for group in parser._action_groups:
        if group is not parser._positionals and group is not parser._optionals and any(a is action for a in group._group_actions):
            return words(group.title)
    return None


class Description:
    def __init__(self, parser):
        self.args = []
        self.subcommands = []
        self.exclusive = {}
        self.walk(parser, [])
        dests = {argument["dest"] for argument in self.args}
        prefix = getattr(parser, "prefix_chars", "-")
        described = words(parser.description)
        self.json = {
            "args": self.args,
            "subcommands": self.subcommands,
            "exclusive_groups": [{"id": name, "required": bool(group.required)} for name, group in self.exclusive.values()],
            "set_defaults": [[text(str(dest)), value(x)] for dest, x in parser._defaults.items() if dest not in dests],
            "description": None if described == SUPPRESS else described,
            "prefix_chars": None if prefix == "-" else words(prefix),
            "fromfile_prefix_chars": words(getattr(parser, "fromfile_prefix_chars", None)),
        }

    def walk(self, parser, path):
        if len(path) > MAX_DEPTH:
            return
        subparsers = []
        seen_help = False
        for action in parser._actions:
            name = action_name(action)
            if hasattr(action, "_name_parser_map"):
                subparsers.append(action)
            elif name == "help" and parser.add_help and not seen_help:
                seen_help = True  # argparse added it by itself
            else:
                self.args.append(self.argument(parser, action, name, path))
        for action in subparsers:
            self.add_subparsers(action, path)

    def add_subparsers(self, action, path):
        names = {}
        for name, parser in action._name_parser_map.items():
            names.setdefault(id(parser), (text(str(name)), [], parser))[1].append(text(str(name)))
        helps = {str(choice.dest): words(choice.help) for choice in getattr(action, "_choices_actions", ())}
        self.subcommands.append(
            {
                "dest": None if action.dest == SUPPRESS else words(action.dest),
                "required": bool(action.required),
                "at": list(path),
                "choices": [{"name": name, "aliases": all_names[1:], "help": helps.get(name)} for name, all_names, _ in names.values()],
            }
        )
        for name, _, parser in names.values():
            self.walk(parser, path + [name])

    def argument(self, parser, action, name, path):
        return {
            "dest": words(action.dest),
            "flags": [words(flag) for flag in action.option_strings],
            "positional": not action.option_strings,
            "type": type_name(parser, action.type),
            "default": value(action.default),
            "choices": choices(action.choices),
            "nargs": nargs(action, name),
            "required": bool(action.required),
            "action": name,
            "const": None if name in ("store_true", "store_false") else value(action.const),
            "metavar": value(action.metavar),
            "help": words(action.help),
            "group": title_of(parser, action),
            "mx": self.exclusive_id(parser, action, path),
            "subcommand": list(path),
            "origin": "probe",
        }

    def exclusive_id(self, parser, action, path):
        for at, group in enumerate(parser._mutually_exclusive_groups):
            if any(member is action for member in group._group_actions):
                return self.exclusive.setdefault((tuple(path), at), ("g%d" % (len(self.exclusive) + 1), group))[0]
        return None
