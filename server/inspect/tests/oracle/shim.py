"""Runs a script until it parses its command line and prints the real parser in the form of `inspect --json`.

usage: shim.py SCRIPT
"""

import argparse
import enum
import functools
import json
import math
import os
import pathlib
import runpy
import signal
import sys

STANDARD_ACTIONS = {
    argparse._StoreAction: "store",
    argparse._StoreConstAction: "store_const",
    argparse._StoreTrueAction: "store_true",
    argparse._StoreFalseAction: "store_false",
    argparse._AppendAction: "append",
    argparse._AppendConstAction: "append_const",
    argparse._ExtendAction: "extend",
    argparse._CountAction: "count",
    argparse._VersionAction: "version",
    argparse._HelpAction: "help",
    argparse.BooleanOptionalAction: "BooleanOptionalAction",
}
last = None
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def value(x):
    if isinstance(x, enum.Enum):
        return {"$enum": f"{type(x).__name__}.{x.name}", "value": value(x.value)}
    if isinstance(x, str) and x == argparse.SUPPRESS:
        return {"$suppress": True}
    if isinstance(x, float) and not math.isfinite(x):
        return {"$float": "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"}
    if isinstance(x, int) and not isinstance(x, bool) and abs(x) >= 2**63:
        return {"$int": str(x)}
    if x is None or isinstance(x, (bool, int, float, str)):
        return x
    if isinstance(x, pathlib.PurePath):
        return {"$path": str(x)}
    if isinstance(x, (list, tuple, range)):
        return [value(i) for i in x]
    if isinstance(x, (set, frozenset)):
        return {"$set": sorted((value(i) for i in x), key=repr)}
    if isinstance(x, dict):
        if all(isinstance(k, str) for k in x):
            return {k: value(v) for k, v in x.items()}
        return {"$dict": [[value(k), value(v)] for k, v in x.items()]}
    return {"$object": repr(x)}


def callable_name(x):
    if isinstance(x, functools.partial):
        return "partial:" + callable_name(x.func)
    name = getattr(x, "__name__", None) or type(x).__name__
    return "lambda" if name == "<lambda>" else name


def type_name(parser, x):
    x = parser._registry_get("type", x, x)
    if x is None or x is parser._registry_get("type", None) or x is str:
        return None
    return callable_name(x)


def choices(x):
    return None if x is None else [value(i) for i in x]


def argument(parser, action, path, groups):
    cls = type(action)
    exclusive = [i for i, g in enumerate(parser._mutually_exclusive_groups) if any(a is action for a in g._group_actions)]
    mx = None
    if exclusive:
        mx = groups.setdefault((tuple(path), exclusive[0]), (f"g{len(groups) + 1}", parser._mutually_exclusive_groups[exclusive[0]]))[0]
    titled = [
        g.title
        for g in parser._action_groups
        if g is not parser._positionals and g is not parser._optionals and any(a is action for a in g._group_actions)
    ]
    return {
        "dest": action.dest,
        "flags": list(action.option_strings),
        "positional": not action.option_strings,
        "type": type_name(parser, action.type),
        "default": value(action.default),
        "choices": choices(action.choices),
        "nargs": None if action.nargs == 0 and cls in STANDARD_ACTIONS else action.nargs,
        "required": bool(action.required),
        "action": STANDARD_ACTIONS.get(cls, cls.__name__),
        "const": None if cls in (argparse._StoreTrueAction, argparse._StoreFalseAction) else value(action.const),
        "metavar": value(action.metavar),
        "help": value(action.help),
        "group": titled[0] if titled else None,
        "mx": mx,
        "subcommand": list(path),
    }


def walk(parser, path, found, groups):
    subparsers = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            subparsers.append(action)
        elif isinstance(action, argparse._HelpAction) and action.help == "show this help message and exit":
            continue  # argparse added it by itself
        else:
            found["args"].append(argument(parser, action, path, groups))
    for action in subparsers:
        names = {}
        for name, sub in action._name_parser_map.items():
            names.setdefault(id(sub), (name, [], sub))[1].append(name)
        found["subcommands"].append({
            "dest": None if action.dest is argparse.SUPPRESS else action.dest,
            "required": bool(action.required),
            "at": list(path),
            "choices": [{"name": name, "aliases": all_names[1:]} for name, all_names, _ in names.values()],
        })
        for name, _, sub in names.values():
            walk(sub, [*path, name], found, groups)


def snapshot(parser):
    global last
    found = {"args": [], "subcommands": []}
    groups = {}
    walk(parser, [], found, groups)
    found["exclusive_groups"] = [{"id": name, "required": bool(group.required)} for name, group in groups.values()]
    dests = {a["dest"] for a in found["args"]}
    found["set_defaults"] = {k: value(v) for k, v in parser._defaults.items() if k not in dests}
    last = found


def finish():
    json.dump(last, out)
    out.flush()
    os._exit(0)


real_parse_args = argparse.ArgumentParser.parse_args
real_parse_known_args = argparse.ArgumentParser.parse_known_args


def reads_command_line(args):
    return args is None or list(args) == sys.argv[1:]


def parse_args(self, args=None, namespace=None):
    if args is not None and not (list(args) == sys.argv[1:] and sys.argv[1:]):
        return real_parse_args(self, args, namespace)
    snapshot(self)
    finish()


def parse_known_args(self, args=None, namespace=None):
    if args is not None and not (list(args) == sys.argv[1:] and sys.argv[1:]):
        return real_parse_known_args(self, args, namespace)
    snapshot(self)
    required = [(action, action.required) for action in self._actions]
    for action in self._actions:
        action.required = False
    result = real_parse_known_args(self, [], namespace)
    for action, was in required:
        action.required = was
    return result


def main():
    signal.signal(signal.SIGALRM, lambda *_: finish())
    signal.alarm(30)
    script = os.path.abspath(sys.argv[1])
    sys.argv = [script, "--some-argument"]
    sys.path[0] = os.path.dirname(script)
    argparse.ArgumentParser.parse_args = parse_args
    argparse.ArgumentParser.parse_known_args = parse_known_args
    argparse.ArgumentParser.parse_intermixed_args = parse_args
    try:
        runpy.run_path(script, run_name="__main__")
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finish()


main()
