"""Scripts that tests write and launch, and what they leave. Tests that need the program take `program`."""

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

# Longer than anything takes on a busy machine.
CEILING = 60.0


_started: "List[subprocess.Popen[str]]" = []


@pytest.fixture
def program() -> Iterator[str]:
    """The program; without RUNYARD_BIN the test is skipped, with a wrong one it fails. Afterwards nothing is left of scripts."""
    path = os.environ.get("RUNYARD_BIN")
    if not path:
        pytest.skip("needs the program: set RUNYARD_BIN")
    yield path
    while _started:
        process = _started.pop()
        if process.poll() is None:
            process.kill()
            process.communicate()


HEAD = """
import json, os, sys, time
from pathlib import Path
from runyard import experiment, sweep

HERE = Path(__file__).parent

def note(what):
    with open(HERE / "calls.txt", "a") as file:
        file.write(f"{what}\\n")

def seen(results):
    return [[r.name, r.status, r.result if r.error is None else r.error.splitlines()[0]] for r in results]

def write(value):
    (HERE / "report.json").write_text(json.dumps(value))
    return value
"""



def script(text: str) -> str:
    """The text of a script that begins with `HEAD`."""
    return HEAD + textwrap.dedent(text)


# An experiment whose points say themselves what they do.
TRAIN = (
    HEAD
    + """
@experiment
def train(config):
    note(config.name)
    print("hello from", config.name)
    what = config.get("what")
    if what == "raise":
        raise ValueError("bad value")
    if what == "exit":
        sys.exit(config.code)
    if what == "_exit":
        os._exit(config.code)
    if what == "crash":
        import ctypes
        ctypes.string_at(0)
    if what == "lambda":
        return lambda: 1
    if what == "chdir":
        os.chdir("/")
    if what == "kill":
        os.kill(os.getpid(), 9)
    if what == "wait":
        while not (HERE / "go").exists():
            time.sleep(0.02)
    (config.out / "artifact.txt").write_text(config.name)
    return {"twice": config.x * 2}

@train.configs
def configs():
    return json.loads((HERE / "configs.json").read_text())

@train.report
def report(results, out):
    assert out.is_dir()
    return write(seen(results))

if __name__ == "__main__":
    print("value", train.run(**json.loads(os.environ.get("GIVEN", "{}"))))
"""
)


def point(name: str, what: Optional[str] = None, x: int = 1, **more: Any) -> Dict[str, Any]:
    """A config for `TRAIN`."""
    return {"name": name, "x": x, **({"what": what} if what else {}), **more}


class Project:
    """A folder with a script."""

    def __init__(self, folder: Path, text: str = TRAIN, configs: Any = None, name: str = "exp.py") -> None:
        self.folder, self.script = folder, folder / name
        self.script.write_text(text)
        if configs is not None:
            self.set(configs)

    def set(self, configs: Any) -> None:
        (self.folder / "configs.json").write_text(json.dumps(configs))

    def start(self, *words: str, **given: Any) -> "subprocess.Popen[str]":
        """Starts the script in a session of its own."""
        environment = dict(os.environ, GIVEN=json.dumps(given))
        # Without buffers nothing could be lost in one.
        environment.pop("PYTHONUNBUFFERED", None)
        process = subprocess.Popen(
            [sys.executable, *(words if words[:1] == ("-m",) else (str(self.script), *words))],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        _started.append(process)
        return process

    def run(self, *words: str, code: Optional[int] = 0, **given: Any) -> "Ended":
        """Runs the script to its end, which must be this exit status."""
        ended = Ended(self.start(*words, **given))
        assert code is None or ended.code == code, f"exit status {ended.code}\n{ended.out}\n{ended.err}"
        return ended

    @property
    def reported(self) -> Any:
        """What the report wrote."""
        return json.loads((self.folder / "report.json").read_text())

    @property
    def calls(self) -> List[str]:
        """Names of the points whose function was called, in order; forgotten then."""
        path = self.folder / "calls.txt"
        try:
            lines = path.read_text().split()
        except FileNotFoundError:
            return []
        path.unlink()
        return lines

    def points(self, pattern: str = "*") -> List[Path]:
        """Folders of points of all batches."""
        return sorted(path.parent for path in self.folder.glob(f"out/**/{pattern}/logs"))

    def records(self, folder: Path) -> List[Dict[str, Any]]:
        """The records of all runs of a point."""
        return [json.loads(path.read_text()) for path in sorted(folder.glob(".runyard/run_*/run.json"))]


class Ended:
    """A process that is over."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        try:
            self.out, self.err = process.communicate(timeout=CEILING)
        except subprocess.TimeoutExpired:
            process.kill()
            self.out, self.err = process.communicate()
            raise AssertionError(f"it does not end\n{self.out}\n{self.err}") from None
        self.code = process.returncode


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Waits until something is true, and returns it."""
    until = time.monotonic() + CEILING
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < until, f"never came: {what}"
        time.sleep(0.02)
