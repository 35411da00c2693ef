#!/usr/bin/env bash
# The reading of scripts against their real parsers: `inspect-check.sh SCRIPT…`, or without a script the programs of
# xtask/inspect-requirements.txt. Exit status 1 if anything is wrong.
set -euo pipefail
cd "$(dirname "$0")/.."

runyard=${RUNYARD:-target/debug/runyard}
python=$PWD/target/inspect-venv/bin/python

if [ $# -gt 0 ]; then
    exec "$runyard" inspect --check "$@"
fi
scripts=$(mktemp -d)
trap 'rm -rf "$scripts"' EXIT
# One script per command of the packages, as their installer writes them.
"$python" - "$scripts" << 'PYTHON'
import os, re, sys
from importlib.metadata import entry_points

points = entry_points()
points = points.select(group="console_scripts") if hasattr(points, "select") else points["console_scripts"]
for point in sorted(set(points)):
    module, function = point.value.split("[")[0].strip().split(":")
    if module.split(".")[0] in ("pip", "setuptools"):
        continue
    name = re.sub("[^a-z0-9]+", "_", point.name.lower())
    with open(os.path.join(sys.argv[1], "entry_%s.py" % name), "w") as script:
        script.write("import sys\n\nfrom %s import %s\n\nsys.exit(%s())\n" % (module, function.split(".")[0], function))
packages = next(path for path in sys.path if path.endswith("site-packages"))
for package in os.listdir(packages):
    os.symlink(os.path.join(packages, package), os.path.join(sys.argv[1], package))
PYTHON
"$runyard" inspect --check --python "$python" --time-limit 60 "$scripts"/entry_*.py
