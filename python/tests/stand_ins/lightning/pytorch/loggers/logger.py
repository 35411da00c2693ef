"""The base class of loggers."""

from abc import ABC, abstractmethod


class Logger(ABC):
    """What Lightning calls."""

    @property
    @abstractmethod
    def name(self):
        """The name."""

    @property
    @abstractmethod
    def version(self):
        """The version."""

    @abstractmethod
    def log_metrics(self, metrics, step=None):
        """Records numbers."""

    @abstractmethod
    def log_hyperparams(self, params, *args, **kwargs):
        """Records parameters."""

    def save(self):
        pass

    def finalize(self, status):
        self.save()
