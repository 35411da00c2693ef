"""Builds parsers from JSON and says what argparse makes of command lines. One JSON object per line, in and out."""
import argparse
import json
import math
import sys
from pathlib import Path


def str2bool(text):
    low = text.lower()
    if low in ("yes", "true", "t", "y", "1"):
        return True
    if low in ("no", "false", "f", "n", "0"):
        return False
    raise argparse.ArgumentTypeError("boolean expected")


TYPES = {"int": int, "float": float, "str": str, "bool": bool, "str2bool": str2bool, "Path": Path}


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise ValueError(message)


def decode(value):
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        if "$int" in value:
            return int(value["$int"])
        if "$float" in value:
            return float(value["$float"])
        if "$suppress" in value:
            return argparse.SUPPRESS
    return value


def encode(value):
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")}
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return {"$int": str(value)}
    return value


def options(arg):
    action = arg.get("action", "store")
    kwargs = {} if arg["positional"] else {"dest": arg["dest"]}
    kwargs["action"] = argparse.BooleanOptionalAction if action == "BooleanOptionalAction" else action
    if arg.get("type"):
        kwargs["type"] = TYPES[arg["type"]]
    for name in ("default", "choices", "const"):
        if name in arg:
            kwargs[name] = decode(arg[name])
    nargs = arg.get("nargs")
    if nargs is not None:
        kwargs["nargs"] = nargs
    if arg.get("required") and not arg["positional"]:
        kwargs["required"] = True
    return kwargs


def build(schema):
    parsers = {(): Parser(prog="p")}
    groups = {}
    required = {group["id"]: group["required"] for group in schema.get("exclusive_groups", [])}

    def add(path):
        parser = parsers[path]
        for arg in schema["args"]:
            if tuple(arg.get("subcommand", ())) != path:
                continue
            place = parser
            if "mx" in arg:
                if arg["mx"] not in groups:
                    groups[arg["mx"]] = parser.add_mutually_exclusive_group(required=required[arg["mx"]])
                place = groups[arg["mx"]]
            names = [arg["dest"]] if arg["positional"] else arg["flags"]
            place.add_argument(*names, **options(arg))
        for sub in schema.get("subcommands", []):
            if tuple(sub.get("at", ())) != path:
                continue
            made = parser.add_subparsers(dest=sub["dest"], required=sub["required"])
            for choice in sub["choices"]:
                parsers[path + (choice["name"],)] = made.add_parser(choice["name"])
                add(path + (choice["name"],))

    add(())
    return parsers[()]


def main():
    for line in sys.stdin:
        case = json.loads(line)
        try:
            namespace = vars(build(case["schema"]).parse_args(case["argv"]))
            answer = {"ok": {name: encode(value) for name, value in namespace.items()}}
        except (Exception, SystemExit) as problem:
            answer = {"error": repr(problem)}
        print(json.dumps(answer), flush=False)


main()
