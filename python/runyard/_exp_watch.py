"""Waits for the command of an `Experiment`, and writes how it ended; a program of its own, started by path.

Whoever started the experiment may end before it: what becomes of the command is written all the same. The command has a
session of its own, so signals meant for it do not reach this process.

    python _exp_watch.py FOLDER RUN PIPE WORD…
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple


def main(arguments: List[str]) -> None:
    """Starts the command, says so through the pipe, waits, writes the end, says that, too."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from runyard import _exp_folder

    folder, run, pipe = Path(arguments[0]), arguments[1], int(arguments[2])
    os.set_inheritable(pipe, False)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        pid = _start(arguments[3:])
    except OSError as error:
        _exp_folder.update(folder, run, "error", None, outcome={"kind": "failed_to_start", "reason": str(error)})
        _exp_folder.say(folder, f"{run} could not be started: {error}")
        _tell(pipe, {"error": str(error)})
        return
    _exp_folder.update(
        folder, run, "running", pid, started_at_ms=_exp_folder.now_ms(), watcher=_exp_folder.identity(os.getpid())
    )
    _exp_folder.say(folder, f"{run} started, process {pid}")
    _tell(pipe, {"pid": pid})
    code = _code(os.waitpid(pid, 0)[1])
    status, outcome = _end(code)
    line = _exp_folder.read(folder, "status.json")
    if line.get("run_id") != run:
        status = ""  # another run has begun in the meantime: its state is the newer one
    elif line.get("status") == "error":
        status = "error"  # the script said so itself
    if status:
        _exp_folder.update(folder, run, status, None, outcome=outcome, ended_at_ms=_exp_folder.now_ms(), exit_code=code)
    _exp_folder.say(folder, f"{run} ended, exit code {code}" if code >= 0 else f"{run} ended by signal {-code}")
    _tell(pipe, {"exit": code})


def _start(words: List[str]) -> int:
    # Python ignores these; the command shall not inherit that.
    defaults = [signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]
    try:
        return os.posix_spawnp(words[0], words, os.environ, setsid=True, setsigdef=defaults)
    except NotImplementedError:
        return os.posix_spawnp(words[0], words, os.environ, setpgroup=0, setsigdef=defaults)


def _code(status: int) -> int:
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _end(code: int) -> Tuple[str, Dict[str, Any]]:
    if code == 0:
        return "finished", {"kind": "succeeded"}
    return "error", {"kind": "failed", "exit_code": code} if code > 0 else {"kind": "signaled", "signal": -code}


def _tell(pipe: int, message: Dict[str, Any]) -> None:
    try:
        os.write(pipe, json.dumps(message).encode() + b"\n")
    except OSError:
        pass  # whoever started it has ended


if __name__ == "__main__":
    main(sys.argv[1:])
