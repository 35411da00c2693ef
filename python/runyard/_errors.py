"""Errors of the package.

::

    RunyardError
    ├── EngineError          the program refused something, or ended
    │   └── EngineMissing    there is no program `runyard`
    └── ExperimentError      an experiment is not put together as it must be (a RuntimeError, too)
"""


class RunyardError(Exception):
    """Something that Runyard was asked for cannot be had; its text names the thing, and the remedy on a second line."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message + ("\n" + hint if hint else ""))
        self.message = message
        self.hint = hint


class EngineError(RunyardError):
    """The program ``runyard`` refused what it was asked for, or ended; ``code`` says which kind in one word."""

    def __init__(self, message: str, hint: str = "", code: str = "internal") -> None:
        super().__init__(message, hint)
        self.code = code


class EngineMissing(EngineError):
    """There is no program ``runyard`` on this machine."""

    def __init__(self, what: str, place: str = "") -> None:
        message = f"{what} needs the program `runyard`, which was not found"
        if place:
            message = f"{what} needs the program `runyard`, and there is none at `{place}`, which RUNYARD_BIN names"
        super().__init__(message, "install it: pip install runyard", "missing")


class ExperimentError(RunyardError, RuntimeError):
    """An experiment, or a config of it, is not put together as it must be; nothing was run."""
