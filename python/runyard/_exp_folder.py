"""The folder of an `Experiment`: who gets which name and number, and files that always hold one whole state.

::

    <base>/<name>_<YYYY-MM-DD__HH-MM-SS>/
      metadata.json  status.json  config.json
      logs/run_0001.log  logs/experiment.log   terminal_logs -> logs
      metrics/run_0001.csv   checkpoints/

The layout is that of `runyard run batch.toml` (docs/BATCHES.md); either goes on in a folder of the other.
"""

import fcntl
import json
import os
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from ._warn import warn_once

# What the supervisor of a run makes in the folder; its numbers are taken, too.
_SUPERVISED = ".runyard"
# Only for the eyes of its owner: it may hold secrets.
_KEPT = ".lark_config.json"


def parts_of_name(name: str) -> str:
    """The name, if it can be that of a folder inside another. Raises `ValueError`."""
    parts = str(name).split("/")
    if any(part in ("", ".", "..") for part in parts) or any(ord(character) < 32 for character in str(name)):
        raise ValueError(f"`{name}` cannot be the name of an experiment: it has to lead to a folder inside `base_dir`")
    return str(name)


def create(base: Path, name: str) -> Path:
    """Makes a folder that nobody else has, named after the second: `mkdir` decides, with `-2`, `-3`, … behind if need be."""
    stamp = time.strftime("%Y-%m-%d__%H-%M-%S")
    first = base / f"{parts_of_name(name)}_{stamp}"
    first.parent.mkdir(parents=True, exist_ok=True)
    folder, number = first, 1
    while True:
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            number += 1
            folder = first.with_name(f"{first.name}-{number}")


def furnish(folder: Path) -> None:
    """Makes what is missing inside; logs are found under both names that EXP's documents have for them."""
    logs, terminal = folder / "logs", folder / "terminal_logs"
    if terminal.exists() and not logs.exists():
        logs.symlink_to("terminal_logs")
    logs.mkdir(exist_ok=True)
    if not terminal.exists():
        try:
            terminal.symlink_to("logs")
        except OSError:
            pass  # no links on this file system
    for name in ("metrics", "checkpoints"):
        (folder / name).mkdir(exist_ok=True)


def claim_run(folder: Path) -> str:
    """Takes the next number of a run, which no other process gets: its log is made."""
    number = max([_number(name) for place in ("logs", "metrics", _SUPERVISED) for name in _names(folder / place)], default=0) + 1
    while True:
        run = f"run_{number:04d}"
        try:
            if (folder / _SUPERVISED).is_dir():
                (folder / _SUPERVISED / run).mkdir()
            os.close(os.open(folder / "logs" / f"{run}.log", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
            return run
        except FileExistsError:
            number += 1


def runs(folder: Path) -> List[str]:
    """The ids of all runs, in order."""
    names = {name[:-4] for name in _names(folder / "logs") if name.endswith(".log") and _number(name)}
    return sorted(names, key=_number)


def _names(folder: Path) -> List[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _number(name: str) -> int:
    digits = name[4:].split(".")[0] if name.startswith("run_") else ""
    return int(digits) if len(digits) >= 4 and digits.isdigit() else 0


def read(folder: Path, name: str) -> Dict[str, Any]:
    """A JSON file of the folder; empty if it is not there, or holds none."""
    try:
        value = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write(folder: Path, name: str, value: object, mode: int = 0o666) -> None:
    """Replaces a JSON file of the folder by one rename: whoever reads finds the old state or the new one."""
    temporary = folder / f".{name}.{os.getpid()}-{threading.get_ident():x}.tmp"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")
        os.replace(temporary, folder / name)
    except BaseException:
        os.unlink(temporary)
        raise


def keep(folder: Path, lark_config: Optional[Dict[str, Any]]) -> None:
    """Keeps what may hold secrets: readable for its owner alone."""
    if lark_config:
        write(folder, _KEPT, lark_config, 0o600)


def kept(folder: Path) -> Optional[Dict[str, Any]]:
    """What `keep` kept."""
    return read(folder, _KEPT) or None


def update(folder: Path, run: str, status: str, pid: Optional[int], **more: object) -> None:
    """Writes how a run stands. Processes that do so at the same time wait for each other."""
    line: Dict[str, object] = {"status": status, "run_id": run, "pid": pid, "outcome": None, **more}
    if pid is not None:
        line["process"] = identity(pid)
    with _locked(folder):
        before = read(folder, "status.json")
        if before.get("run_id") == run:
            line = {"started_at_ms": before.get("started_at_ms"), "ended_at_ms": None, **line}
        write(folder, "status.json", line)
        write(folder, "metadata.json", {**read(folder, "metadata.json"), "status": status, "pid": pid, "current_run_id": run})


def current(folder: Path) -> Dict[str, Any]:
    """How the newest run stands. One whose processes are gone without a word is an error, whatever the file says."""
    line = read(folder, "status.json") or read(folder, "metadata.json")
    if line.get("status") != "running" or (folder / _SUPERVISED).is_dir():
        return line
    processes = [line[key] for key in ("process", "watcher") if isinstance(line.get(key), dict)]
    if processes and not any(is_alive(process) for process in processes):
        return {**line, "status": "error", "pid": None, "outcome": {"kind": "lost"}}
    return line


def say(folder: Path, text: str, log: str = "experiment.log") -> None:
    """Appends lines with the time to a log of the folder."""
    lines = "".join(f"[{time.strftime('%Y-%m-%d %H:%M:%S')}] {line}\n" for line in str(text).splitlines() or [""])
    try:
        with open(folder / "logs" / log, "ab", buffering=0) as file:
            file.write(lines.encode("utf-8", "replace"))
    except OSError as error:
        warn_once(f"log {folder}", f"a log in `{folder}` cannot be written: {error.strerror}")


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def identity(pid: int) -> Dict[str, object]:
    """What tells a process from a later one with the same number."""
    return {"pid": pid, "start": _start_of(pid), "boot": _boot()}


def is_alive(process: Dict[str, Any]) -> bool:
    """Whether the process of an `identity` still runs on this machine, since its start."""
    pid = process.get("pid")
    if not isinstance(pid, int) or process.get("boot") != _boot():
        return False
    if process.get("start") is not None:
        return bool(_start_of(pid) == process["start"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _start_of(pid: int) -> Optional[int]:
    """Ticks between boot and the start of a living process; None where `/proc` does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    # The third field is the state; a zombie has ended.
    return None if fields[0] in "ZX" else int(fields[19])


def _boot() -> Optional[str]:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return sys.platform


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
        except OSError:
            pass  # no locks on this file system
        yield
    finally:
        os.close(fd)
