"""Errors of the package.

::

    RunyardError
"""


class RunyardError(Exception):
    """Something that Runyard was asked for cannot be had; its text names the thing, and the remedy on a second line."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message + ("\n" + hint if hint else ""))
        self.message = message
        self.hint = hint
