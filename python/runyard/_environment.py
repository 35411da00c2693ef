"""What a task finds in its environment; read when it is asked for, so that tests and forks see their own."""

import os
from pathlib import Path
from typing import Optional

# Folder of the run: its config, its log, its metrics.
RUN_DIR = "RUNYARD_RUN_DIR"
# Its config.yaml; config.json beside it holds the same.
CONFIG = "RUNYARD_CONFIG"
# Folder of the task that the run is one of.
TASK_DIR = "RUNYARD_TASK_DIR"
# Number of the run among those of its task, from 1.
RUN_INDEX = "RUNYARD_RUN_INDEX"
# Of a point of a Python experiment: its folder, its index in the submission from 0, the experiment to call.
OUTPUT_DIR = "RUNYARD_OUTPUT_DIR"
POINT = "RUNYARD_POINT"
CALL = "RUNYARD_CALL"
# The program, where it is neither beside the interpreter nor on PATH.
BIN = "RUNYARD_BIN"
# Of a run with a stamped folder, as EXP has them.
WORK_DIR = "EXPERIMENT_WORK_DIR"
EXPERIMENT_NAME = "EXPERIMENT_NAME"
EXPERIMENT_RUN_ID = "EXPERIMENT_RUN_ID"


def text(name: str) -> Optional[str]:
    """The variable's text; None if it is not set, or empty."""
    return os.environ.get(name) or None


def path(name: str) -> Optional[Path]:
    """The variable as an absolute path; None if it is not set, or empty."""
    value = text(name)
    return Path(value).absolute() if value else None


def index(name: str) -> Optional[int]:
    """The variable as a whole number; None if it is not set, or none."""
    value = text(name)
    try:
        return int(value) if value else None
    except ValueError:
        return None


def is_run() -> bool:
    """Whether this process belongs to a run of Runyard."""
    return text(RUN_DIR) is not None
