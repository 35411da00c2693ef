"""What a task of a Python experiment executes: ``python _call.py SCRIPT [ARGUMENT …]``. The rest is in `_task`.

It is executed by its path and not as a part of a package, so that the package that submitted is the one that runs, wherever
it lies, and the script's folder is the first that modules are looked for in.
"""

import importlib.util
import os
import sys


def use_own_package() -> None:
    """Makes ``import runyard`` give the package that this file is a part of."""
    here = os.path.dirname(os.path.abspath(__file__))
    known = sys.modules.get("runyard")
    if known is not None and getattr(known, "__path__", None) and os.path.samefile(known.__path__[0], here):
        return
    spec = importlib.util.spec_from_file_location(
        "runyard", os.path.join(here, "__init__.py"), submodule_search_locations=[here]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["runyard"] = package
    spec.loader.exec_module(package)


def main() -> int:
    """Calls the function; the exit status."""
    script = sys.argv[1]
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    use_own_package()
    from runyard._task import Task

    sys.argv = sys.argv[1:]
    return Task.of_environment().carry_out(script)


if __name__ == "__main__":
    sys.exit(main())
