"""Reads one-key YAML documents (JSON strings, one per line) with PyYAML and prints each value with its type."""
import json
import math
import sys

import yaml


def encode(value):
    if isinstance(value, float):
        return {"$float": "nan" if math.isnan(value) else value if math.isfinite(value) else repr(value)}
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"$int": str(value)}
    return {"$other": type(value).__name__}


for line in sys.stdin:
    try:
        print(json.dumps(encode(yaml.safe_load(json.loads(line))["k"])))
    except yaml.YAMLError as problem:
        # `=`: a tag that the reader has no constructor for.
        print(json.dumps({"$bad": str(problem)}))
    except ValueError as problem:
        # A text that looks like a number to the resolver and not to `int` or `float`.
        print(json.dumps({"$bad": str(problem)}))
