"""A callback for the Trainer of Transformers."""

from typing import Any, Mapping, Optional

from transformers import TrainerCallback

from .._logger import Logger
from .._values import to_scalar

__all__ = ["RunyardCallback"]


class RunyardCallback(TrainerCallback):  # type: ignore[misc]
    """Records what a Trainer logs, on the first process.

    Args:
        logger: Where to; None: the folder of the Runyard run.

    ::

        Trainer(model, args, callbacks=[RunyardCallback()])
    """

    def __init__(self, logger: Optional[Logger] = None) -> None:
        self._logger = logger if logger is not None else Logger()

    def on_log(self, args: Any, state: Any, control: Any, logs: Optional[Mapping[str, Any]] = None, **_: Any) -> None:
        """Records the numbers of a step; what is no number becomes a text."""
        if not getattr(state, "is_world_process_zero", True):
            return
        step = getattr(state, "global_step", None)
        for name, value in (logs or {}).items():
            if to_scalar(value) is not None:
                self._logger.add_scalar(name, value, step)
            else:
                self._logger.add_text(name, value, step)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Waits until everything is on disk."""
        self._logger.flush(30.0)
