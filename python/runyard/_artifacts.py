"""Files that appear whole: written beside their place, then renamed."""

import hashlib
import itertools
import os
from pathlib import Path, PurePosixPath
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from ._errors import RunyardError
from ._writer import append_lines

_PIECE = 1024 * 1024
_numbers = itertools.count()


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file so that it is seen whole or not at all."""
    temporary = _beside(path)
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError:
        _forget(temporary)
        raise


def mark_folder(folder: Path) -> None:
    """Says that a folder is a logger's. A run's folder says what it is by itself."""
    marker = folder / "logger.json"
    if not marker.exists() and not (folder / "run.json").exists():
        write_whole(marker, b'{"format": 1}\n')


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name[:100]}.{os.getpid()}-{next(_numbers)}.tmp")


def _forget(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        pass


def write_named(folder: Path, name: str, parts: Sequence[Tuple[str, str, bytes]]) -> Dict[str, str]:
    """Writes files of one name and several suffixes; if the name is taken, another that begins with it.

    Args:
        folder: Where; made if it is not there.
        name: What they are called.
        parts: For each file: what it is, its suffix, its content.

    Returns:
        The names of the files by what they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not parts:
        return {}
    number = 1
    while True:
        stem = name if number == 1 else f"{name}-{number}"
        if _claim(folder, stem, parts[0]):
            break
        number += 1
    for _, suffix, data in parts[1:]:
        write_whole(folder / f"{stem}.{suffix}", data)
    return {kind: f"{stem}.{suffix}" for kind, suffix, _ in parts}


def _claim(folder: Path, stem: str, part: Tuple[str, str, bytes]) -> bool:
    """Writes the first file, whose name nobody else can get; False if the name is taken."""
    if any((folder / f"{stem}.{suffix}").exists() for suffix in ("svg", "png", "jpg", "gif", "webp", "plotly.json", "pkl")):
        return False
    path = folder / f"{stem}.{part[1]}"
    temporary = _beside(path)
    try:
        temporary.write_bytes(part[2])
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError:
            # No links on this file system.
            os.replace(temporary, path)
        return True
    finally:
        _forget(temporary)


def write_lines(path: Path, lines: List[bytes]) -> None:
    """Appends lines at once."""
    if append_lines(path, lines) != len(lines):
        raise OSError("the disk is full")


def keep(source: Path, name: Optional[str], folder: Path) -> Iterator[Dict[str, object]]:
    """Copies a file, or all files of a folder, under a folder; yields a row for each.

    Raises:
        RunyardError: The name leads out of the folder.
    """
    called = PurePosixPath(name if name is not None else source.name or source.resolve().name)
    if called.is_absolute() or ".." in called.parts or not called.parts:
        raise RunyardError(f"`{called}` is no name of an artifact", "give a name without `..`, relative to the folder of artifacts")
    if not source.is_dir():
        yield _keep_file(source, called, folder)
        return
    for place, folders, files in os.walk(source):
        folders.sort()
        if Path(place).resolve() == folder.resolve():
            # The folder of artifacts is not kept in itself.
            folders.clear()
            continue
        for file in sorted(files):
            path = Path(place) / file
            if path.is_file():
                yield _keep_file(path, called / PurePosixPath(path.relative_to(source).as_posix()), folder)


def _keep_file(source: Path, name: PurePosixPath, folder: Path) -> Dict[str, object]:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(target)
    digest, size = hashlib.sha256(), 0
    try:
        with open(source, "rb") as reader, open(temporary, "wb") as writer:
            while True:
                piece = reader.read(_PIECE)
                if not piece:
                    break
                digest.update(piece)
                size += len(piece)
                writer.write(piece)
        os.replace(temporary, target)
    except OSError:
        _forget(temporary)
        raise
    return {"name": str(name), "path": str(PurePosixPath("artifacts") / name), "bytes": size, "sha256": digest.hexdigest()}
