"""A logger for Lightning."""

import argparse
from typing import Any, Dict, Mapping, Optional, Union

from .._logger import Logger
from .._values import to_json

try:
    from lightning.pytorch.loggers.logger import Logger as LightningLogger
    from lightning.pytorch.utilities import rank_zero_only
except ImportError:  # under its former name
    from pytorch_lightning.loggers.logger import Logger as LightningLogger
    from pytorch_lightning.utilities import rank_zero_only

__all__ = ["RunyardLogger"]


class RunyardLogger(LightningLogger):  # type: ignore[misc]
    """Records what a Lightning module logs, on the first process.

    Args:
        logger: Where to; None: the folder of the Runyard run.

    ::

        Trainer(logger=RunyardLogger())
    """

    def __init__(self, logger: Optional[Logger] = None) -> None:
        super().__init__()
        self._own = logger if logger is not None else Logger()

    @property
    def name(self) -> str:
        """What the logger is called."""
        return "runyard"

    @property
    def version(self) -> str:
        """Empty: a run has one log."""
        return ""

    @property
    def save_dir(self) -> Optional[str]:
        """The folder; Lightning puts checkpoints into it."""
        return str(self._own.dir) if self._own.dir is not None else None

    @property
    def experiment(self) -> Logger:
        """The `Logger`, for figures and whatever else is not a number."""
        return self._own

    @rank_zero_only  # type: ignore[untyped-decorator]
    def log_metrics(self, metrics: Mapping[str, Any], step: Optional[int] = None) -> None:
        """Records numbers of a step."""
        self._own.add_scalars(metrics, it=step)

    @rank_zero_only  # type: ignore[untyped-decorator]
    def log_hyperparams(self, params: Union[Mapping[str, Any], argparse.Namespace, None] = None, *_: Any, **__: Any) -> None:
        """Records parameters as a table ``hparams``."""
        values: Mapping[str, Any] = vars(params) if isinstance(params, argparse.Namespace) else params or {}
        flat: Dict[str, object] = {str(name): to_json(value) for name, value in values.items()}
        if flat:
            self._own.add_table("hparams", ["name", "value"], [[name, value] for name, value in flat.items()])

    @rank_zero_only  # type: ignore[untyped-decorator]
    def save(self) -> None:
        """Waits until everything is on disk."""
        self._own.flush(30.0)

    @rank_zero_only  # type: ignore[untyped-decorator]
    def finalize(self, status: str) -> None:
        """Waits until everything is on disk."""
        self._own.flush(30.0)
