"""A callback for Keras."""

from typing import Any, Mapping, Optional

from .._logger import Logger

try:
    from keras.callbacks import Callback
except ImportError:  # Keras as a part of TensorFlow
    from tensorflow.keras.callbacks import Callback

__all__ = ["RunyardCallback"]


class RunyardCallback(Callback):  # type: ignore[misc]
    """Records what Keras reports: after each epoch under its own names, and, if asked, of batches under ``batch/``.

    Args:
        logger: Where to; None: the folder of the Runyard run.
        batches: Record every so many batches; None: epochs only.

    ::

        model.fit(x, y, callbacks=[RunyardCallback()])
    """

    def __init__(self, logger: Optional[Logger] = None, *, batches: Optional[int] = None) -> None:
        super().__init__()
        self._logger = logger if logger is not None else Logger()
        self._batches = batches
        self._batch = 0

    def on_epoch_end(self, epoch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        """Records an epoch."""
        self._logger.add_scalars(logs or {}, it=epoch)

    def on_train_batch_end(self, batch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        """Records a batch if it is one of every so many."""
        if self._batches and self._batch % self._batches == 0:
            self._logger.add_scalars({f"batch/{name}": value for name, value in (logs or {}).items()}, it=self._batch)
        self._batch += 1

    def on_train_end(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        """Waits until everything is on disk."""
        self._logger.flush(30.0)
