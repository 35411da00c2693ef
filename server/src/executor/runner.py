"""Calls the function of a `__run__` file. Python 3.6 or newer, standard library only.

    runner.py [--in-place] PACKAGE.MODULE:FUNCTION NAME CODE

Its run folder is named by RUNYARD_RUN_DIR and is the current folder. Modules are found in the run folder, which holds a
copy of the code, then in CODE; with --in-place in CODE only. The function is called as function(name, config); config is
config.json without `__run__`, and what it returns is ignored.
"""
import importlib
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def main(words):
    in_place = words[0] == "--in-place"
    target, name, code = words[1:] if in_place else words
    folder = os.environ["RUNYARD_RUN_DIR"]
    # Nothing beside this file is anybody's module.
    others = [path for path in sys.path if os.path.abspath(path) != HERE]
    sys.path[:] = ([] if in_place else [folder]) + [code] + others
    sys.argv[:] = [target]
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    config.pop("__run__", None)
    module, _, path = target.partition(":")
    function = importlib.import_module(module)
    for part in path.split("."):
        function = getattr(function, part)
    function(name, config)


def report(kind, exception, trace):
    """Shows a traceback that begins in the person's code."""
    own = (__file__, importlib.__file__, "<frozen importlib._bootstrap>")
    while trace is not None and trace.tb_frame.f_code.co_filename in own:
        trace = trace.tb_next
    sys.__excepthook__(kind, exception.with_traceback(trace), trace)


if __name__ == "__main__":
    sys.excepthook = report
    main(sys.argv[1:])
