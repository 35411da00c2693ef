"""Results in the browser: ``python -m runyard.viewer DIR --port N``, or `run`. Both start ``runyard see``, which changes nothing."""

import argparse
import os
import subprocess
import sys
from typing import List, Optional, Sequence, Union

from ._engine import find_program

__all__ = ["main", "run"]


def run(dir: "Union[str, os.PathLike[str]]" = ".", port: Optional[int] = None, *, open_browser: bool = True) -> int:
    """Shows a folder in the browser until Ctrl-C; returns the exit status of the program.

    Args:
        dir: The folder of a project.
        port: Where the page is served; None: at any free port.
        open_browser: Whether to open the browser, too. The address is printed in any case.

    Raises:
        EngineMissing: The program `runyard` is not installed.
    """
    command = _command(os.fspath(dir), port, open_browser)
    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                # The program got it, too, and is leaving.
                continue


def main(arguments: Optional[Sequence[str]] = None) -> None:
    """``python -m runyard.viewer``: this process becomes the program."""
    parser = argparse.ArgumentParser(prog="python -m runyard.viewer", description="Show results in the browser.")
    parser.add_argument("dir", nargs="?", default=".", metavar="DIR", help="the folder of a project (default: this one)")
    parser.add_argument("--port", type=int, metavar="N", help="where the page is served (default: at any free port)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    given = parser.parse_args(arguments)
    command = _command(given.dir, given.port, not given.no_browser)
    sys.stdout.flush()
    os.execv(command[0], command)


def _command(dir: str, port: Optional[int], open_browser: bool) -> List[str]:
    command = [find_program("runyard.viewer"), "see"]
    if port is not None:
        command += ["--port", str(int(port))]
    if not open_browser:
        command.append("--no-browser")
    # A folder may be called like an option.
    return [*command, "--", dir]


if __name__ == "__main__":
    from ._errors import RunyardError

    try:
        main()
    except RunyardError as error:
        sys.exit(f"error: {error}")
