"""The first module that a warm interpreter imports for the `fork` executor: the package, and the way to the script's modules.

It is imported by this bare name, from the package's folder, which the interpreter has put first on ``sys.path`` because
`_call.py` lies there; that place belongs to the script's folder.
"""

import os
import sys

if __name__ == "_preload":
    _script = os.environ.get("RUNYARD_SCRIPT")
    if _script:
        sys.path[0] = os.path.dirname(os.path.realpath(_script))
    from importlib.util import module_from_spec, spec_from_file_location

    _spec = spec_from_file_location("_runyard_call", os.path.join(os.path.dirname(os.path.abspath(__file__)), "_call.py"))
    assert _spec is not None and _spec.loader is not None
    _call = module_from_spec(_spec)
    _spec.loader.exec_module(_call)
    _call.use_own_package()
    import runyard._experiment
    import runyard._task  # noqa: F401
