"""The flags that ``run()`` understands."""

import argparse
import sys
from typing import NoReturn, Optional, Sequence


class Flags(argparse.Namespace):
    """What was given on the command line; None where nothing was."""

    name: Optional[str]
    executor: Optional[str]
    output_dir: Optional[str]
    no_timestamp: bool
    timestamp: Optional[str]
    is_continued: bool
    report: bool
    rerun: bool
    retry: Optional[int]
    show: bool
    jobs: Optional[int]


def is_interactive() -> bool:
    """Whether the main program is a notebook or a prompt, whose arguments are nobody's here."""
    return getattr(sys.modules.get("__main__"), "__file__", None) is None


def read(argv: Optional[Sequence[str]]) -> Flags:
    """Reads the words; None stands for those of the program, which an interactive one has none of.

    Unknown words end the program with status 2, as usual.
    """
    words = argv if argv is not None else [] if is_interactive() else sys.argv[1:]
    return _parser().parse_args(list(words), namespace=Flags())


def refuse(error: Exception) -> NoReturn:
    """Ends the program with status 2: what was typed cannot be done, and the error says why."""
    _parser().error(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Runs the experiment of this script.", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--name", metavar="NAME", help="name of the experiment, and of its folder")
    parser.add_argument("--executor", metavar="NAME", help="subprocess, fork or inline")
    parser.add_argument("--output-dir", metavar="DIR", help="where the folders of experiments stand (out)")
    batch = parser.add_mutually_exclusive_group()
    batch.add_argument("--no-timestamp", action="store_true", help="one folder for all batches; results that are there are reused")
    batch.add_argument("--timestamp", metavar="T", help="go on with the batch T: results that are there are reused")
    batch.add_argument("--continue", action="store_true", dest="is_continued", help="go on with the newest batch")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--report", action="store_true", help="run nothing; report on the results that are there")
    what.add_argument("--rerun", action="store_true", help="run again what has a result")
    parser.add_argument("--retry", type=_at_least(0), metavar="N", help="how often a failed call is repeated")
    parser.add_argument("-s", "--capture=no", action="store_true", dest="show", help="show what the calls print; one at a time unless -j says more")
    parser.add_argument("-j", "--jobs", type=_at_least(1), metavar="N", help="how many run at a time")
    return parser


class _at_least:
    def __init__(self, least: int) -> None:
        self.least = least
        self.__name__ = f"number from {least}"

    def __call__(self, text: str) -> int:
        number = int(text)
        if number < self.least:
            raise ValueError
        return number
