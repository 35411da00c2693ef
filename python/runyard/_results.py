"""What a point of an experiment has left: its files, and how a report sees them.

::

    <point's folder>/result.pkl    {"format": 1, "result": …}; of success only
                     result.json   the same where it can be JSON
                     error.json    {"format": 1, "type", "message", "traceback"}; of a failed call only
                     log.out       the newest run's log
"""

import io
import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Tuple

from ._carry import NotCarried, carried
from ._config import Config
from ._values import finite

FORMAT = 1
RESULT, RESULT_JSON, ERROR, LOG = "result.pkl", "result.json", "error.json", "log.out"


class Unreadable(Exception):
    """A result that is there and cannot be read; its text says why."""


class Result(Dict[str, Any]):
    """One point of an experiment, as a report sees it.

    As a dict it has ``name``, ``config``, and what the function returned: the entries of a dict, anything else under
    ``value``. A returned entry called ``name`` or ``config`` is found in `result` only. A point that failed has ``__error__``
    (True), ``type``, ``message`` and ``traceback`` instead.

    Attributes:
        config: what the function was called with, without ``out``.
        name: the config's name, else ``experiment``.
        out: the folder that the function found as ``config.out``.
        result: what the function returned; None if it failed.
        error: ``Type: message`` and the traceback; None if all went well.
        status: ``completed``, ``cached`` (taken from an earlier run), ``failed``, ``cancelled``, ``lost`` or ``missing``.
        elapsed: seconds that the last run took; None if nothing ran.

    >>> r = Result(Config(lr=1), Path("out/x"), "completed", result={"accuracy": 0.5})
    >>> r["accuracy"], r.result, r.error, r.config.lr
    (0.5, {'accuracy': 0.5}, None, 1)
    """

    # Where a filter's dotted key may lead besides keys: `result.accuracy`.
    SECTIONS = ("result",)

    def __init__(
        self,
        config: Config,
        out: Path,
        status: str,
        *,
        result: Any = None,
        error: Optional[Mapping[str, str]] = None,
        elapsed: Optional[float] = None,
    ) -> None:
        self.config, self.out, self.status, self.elapsed = config, out, status, elapsed
        self.name = str(config.get("name") or "experiment")
        self.result = None if error else result
        self.error: Optional[str] = None
        super().__init__(name=self.name, config=config)
        if error:
            failure = {key: str(error.get(key) or "") for key in ("type", "message", "traceback")}
            self.error = f"{failure['type']}: {failure['message']}\n{failure['traceback']}".rstrip("\n")
            self.update(failure, __error__=True)
            return
        returned = result if isinstance(result, Mapping) else {"value": result}
        for key, value in returned.items():
            self.setdefault(key, value)

    @property
    def log(self) -> str:
        """What the newest run printed, both streams in the order of writing; read each time."""
        try:
            return (self.out / LOG).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def __missing__(self, key: str) -> Any:
        # The structured parts by key, too, unless the function returned something of that name.
        if key in ("result", "error", "log", "out", "status", "elapsed"):
            return getattr(self, key)
        raise KeyError(key)

    def __repr__(self) -> str:
        what = self.error.splitlines()[0] if self.error else repr(self.result)
        return f"Result({self.name!r}, {self.status}, {what})"

    def __reduce__(self) -> Tuple[Any, ...]:
        return (_restored, (dict(self), dict(self.__dict__)))


def _restored(items: Dict[str, Any], attributes: Dict[str, Any]) -> Result:
    result = Result.__new__(Result)
    dict.update(result, items)
    result.__dict__.update(attributes)
    return result


def clear(folder: Path) -> None:
    """Removes what an earlier run has left as its result."""
    for name in (RESULT, RESULT_JSON, ERROR):
        try:
            (folder / name).unlink()
        except FileNotFoundError:
            pass


def write_result(folder: Path, value: Any) -> None:
    """Keeps what a function returned. Raises what pickle raises if that cannot be kept; nothing is left then."""
    write_whole(folder / RESULT, pickle.dumps({"format": FORMAT, "result": value}, protocol=4))
    try:
        text = json.dumps({"format": FORMAT, "result": finite(carried(value))}, allow_nan=False)
    except (NotCarried, ValueError, RecursionError):
        # Python reads the other one.
        return
    write_whole(folder / RESULT_JSON, text.encode())


def write_error(folder: Path, kind: str, message: str, traceback: str = "") -> None:
    """Keeps why a call failed."""
    error = {"format": FORMAT, "type": kind, "message": message, "traceback": traceback}
    write_whole(folder / ERROR, json.dumps(error).encode())


def read_result(folder: Path) -> Tuple[bool, Any]:
    """Whether there is a result, and it.

    Raises:
        Unreadable: it is cut off, of a newer version, or its classes are not there.
    """
    try:
        text = (folder / RESULT).read_bytes()
    except FileNotFoundError:
        return False, None
    except OSError as error:
        raise Unreadable(str(error)) from None
    try:
        held = _Unpickler(io.BytesIO(text)).load()
    except Exception as error:
        raise Unreadable(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__) from None
    if not isinstance(held, dict) or held.get("format") != FORMAT or "result" not in held:
        version = held.get("format") if isinstance(held, dict) else None
        raise Unreadable("a newer version wrote it" if isinstance(version, int) and version > FORMAT else "it is no result of this package")
    return True, held["result"]


def read_error(folder: Path) -> Optional[Dict[str, str]]:
    """Why the last call failed, if it could say so."""
    try:
        error = json.loads((folder / ERROR).read_bytes())
    except (OSError, ValueError):
        return None
    return error if isinstance(error, dict) and error.get("format") == FORMAT else None


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        # A task executes the script as `__mp_main__`; what it calls so is the program's own module.
        if module == "__mp_main__" and module not in sys.modules:
            module = "__main__"
        return super().find_class(module, name)


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file that is either there as a whole or as it was: a temporary one, synced, then renamed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        try:
            temporary.unlink()
        except OSError:
            pass
        raise
