"""What every test finds: no run around it, nothing said yet, the package and its subprocesses from this tree."""

import os
from pathlib import Path
from typing import Iterator

import pytest

from runyard import _warn

PACKAGE = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def outside_of_a_run() -> Iterator[None]:
    """Removes what a run would find in its environment; puts environment and folder back afterwards."""
    before, folder = dict(os.environ), os.getcwd()
    for name in list(os.environ):
        if name.startswith(("RUNYARD_", "EXPERIMENT_")) and name != "RUNYARD_BIN":
            del os.environ[name]
    # Programs that a test starts import this package, wherever they run.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(PACKAGE), *filter(None, [before.get("PYTHONPATH")])])
    _warn.forget()
    yield
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(before)
