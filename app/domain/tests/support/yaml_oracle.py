"""Reads YAML documents (JSON strings, one per line) with PyYAML and prints what it sees, with types."""
import json
import math
import sys

import yaml


def encode(value):
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {"$map": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, float):
        return {"$float": "nan" if math.isnan(value) else value.hex()}
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"$int": str(value)}
    return {"$other": type(value).__name__}


for line in sys.stdin:
    try:
        print(json.dumps(encode(yaml.safe_load(json.loads(line)))))
    except yaml.YAMLError as problem:
        print(json.dumps({"$error": str(problem)}))
