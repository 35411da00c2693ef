"""CSV files that pandas can read at every instant.

::

    Table.append(rows) ── columns stand ──► one write behind the last whole row
                       └─ a new column ───► a new file beside it, then a rename

The header is always the union of all columns so far, in the order in which they came first; older rows have empty cells
behind. Several processes may append to one file: a lock of the file keeps their rows apart, and a file that another has
replaced is noticed by its number.
"""

import csv
import errno
import fcntl
import io
import json
import os
import stat
from pathlib import Path
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

_CHUNK = 1 << 20
_SIMPLE = frozenset({float, str, bool})


class Table:
    """One CSV file, appended to by whole rows.

    Args:
        path: the file; its folder is made with the first row.
        leading: columns that stand first, whether a row has them or not.

    Not for several threads at once. Errors of the disk come as `OSError`; the file then holds whole rows as before.
    """

    def __init__(self, path: Path, leading: Sequence[str]) -> None:
        self.path = Path(os.path.realpath(path))
        self._place = os.fspath(self.path)
        self._leading = tuple(leading)
        self._columns: Dict[str, None] = {}
        self._fd = -1
        self._known: Tuple[int, int] = (-1, -1)  # device and number of the file that is open
        self._end = 0  # behind the last row that was seen whole

    def append(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Writes the rows behind what is there; all of them, or, if it raises, none."""
        if not rows:
            return
        try:
            if self._lock(rows):
                return
            missing = {key: None for row in rows for key in row if key not in self._columns}
            if missing:
                self._widen(missing)
            self._write(self._lines(rows))
        finally:
            self._unlock()

    def close(self) -> None:
        """Lets go of the file; a later row opens it again."""
        # Forgotten first: a fork between the two would close the number a second time, whosever it is by then.
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _lock(self, rows: Sequence[Mapping[str, object]]) -> bool:
        """Opens the file, locked, whole, its columns known. True: it was made, and has the rows already."""
        # Others replace the file only now and then: whoever is late so often has another problem.
        for _ in range(1000):
            if self._fd < 0 and not self._open() and self._create(rows):
                return True
            if self._fd < 0:
                continue
            _flock(self._fd, fcntl.LOCK_EX)
            now = self._at_path()
            if now is not None:
                if now.st_size != self._end or not self._columns:
                    self._look(now)
                return False
            self.close()
        raise OSError(errno.EAGAIN, "the file is replaced all the time", self._place)

    def _unlock(self) -> None:
        if self._fd >= 0:
            _flock(self._fd, fcntl.LOCK_UN)

    def _open(self) -> bool:
        try:
            self._fd = os.open(self._place, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        now = os.fstat(self._fd)
        self._known = (now.st_dev, now.st_ino)
        self._columns = {}
        self._end = 0
        return True

    def _at_path(self) -> Optional[os.stat_result]:
        """What is known of the open file; None if its name leads elsewhere by now."""
        try:
            there = os.stat(self._place)
        except FileNotFoundError:
            return None
        return there if (there.st_dev, there.st_ino) == self._known else None

    def _create(self, rows: Sequence[Mapping[str, object]]) -> bool:
        """Makes the file with its first rows: nobody sees it empty. False if another was quicker."""
        os.makedirs(self.path.parent, exist_ok=True)
        self._columns = dict.fromkeys([*self._leading, *(key for row in rows for key in row)])
        temporary = self._temporary()
        fd = os.open(temporary, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            data = self._header() + self._lines(rows)
            _write_all(fd, data)
            _publish(temporary, self.path)
        except FileExistsError:
            os.close(fd)
            return False
        except BaseException:
            os.close(fd)
            raise
        finally:
            _remove(temporary)
        now = os.fstat(fd)
        self._fd, self._known, self._end = fd, (now.st_dev, now.st_ino), len(data)
        return True

    def _look(self, now: os.stat_result) -> None:
        """Learns what stands in the file and takes off a row that was being written when its writer died."""
        start = self._end if self._columns and now.st_size > self._end else 0
        end = _whole_rows(self._fd, start, now.st_size)
        if end < now.st_size and stat.S_ISREG(now.st_mode):
            os.ftruncate(self._fd, end)
        self._end = end
        if start == 0:
            self._columns = dict.fromkeys(_header_of(self._fd, end))
        if not self._columns:
            self._columns = dict.fromkeys(self._leading)
            self._write(self._header())

    def _widen(self, missing: Mapping[str, None]) -> None:
        """Replaces the file by one that has more columns."""
        before = list(self._columns)
        self._columns.update(dict.fromkeys(missing))
        if not stat.S_ISREG(os.fstat(self._fd).st_mode):
            return
        temporary = self._temporary()
        try:
            fd = os.open(temporary, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except OSError:
            self._columns = dict.fromkeys(before)
            raise
        try:
            os.fchmod(fd, stat.S_IMODE(os.fstat(self._fd).st_mode))
            _flock(fd, fcntl.LOCK_EX)
            size = _copy_wider(self._fd, fd, self._header(), len(missing))
            os.replace(temporary, self.path)
        except BaseException:
            self._columns = dict.fromkeys(before)
            os.close(fd)
            _remove(temporary)
            raise
        now = os.fstat(fd)
        old, self._fd, self._known, self._end = self._fd, fd, (now.st_dev, now.st_ino), size
        os.close(old)

    def _write(self, data: bytes) -> None:
        """Appends, and takes back what came half."""
        try:
            _write_all(self._fd, data)
        except OSError:
            try:
                os.ftruncate(self._fd, self._end)
            except OSError:
                pass
            raise
        self._end += len(data)

    def _header(self) -> bytes:
        return _csv_line(self._columns)

    def _lines(self, rows: Sequence[Mapping[str, object]]) -> bytes:
        return b"".join(_csv_line([row.get(column) for column in self._columns]) for row in rows)

    def _temporary(self) -> Path:
        return self.path.with_name(f".{self.path.name}.{os.getpid()}-{id(self):x}.tmp")


def whole_rows(path: Path) -> bytes:
    """What stands in a CSV file, without a row at its end that is not there yet; nothing if there is no file."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        size = os.fstat(fd).st_size
        with open(fd, "rb", closefd=False) as file:
            return file.read(_whole_rows(fd, 0, size))
    finally:
        os.close(fd)


def cell(value: object) -> str:
    """A value as pandas reads it back: nothing, ``nan``, ``inf``, ``-inf``, numbers, texts; lists and mappings as JSON."""
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    try:
        return str(value)
    except ValueError:
        # More digits than Python is willing to print.
        return hex(value) if isinstance(value, int) else repr(type(value))


def _csv_line(values: Iterable[object]) -> bytes:
    texts = [str(value) if type(value) in _SIMPLE else cell(value) for value in values]
    plain = ",".join(texts)
    if '"' in plain or "\n" in plain or "\r" in plain or plain.count(",") != len(texts) - 1 or not plain:
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerow(texts)
        plain = out.getvalue()[:-2]
    return plain.encode("utf-8", "replace") + b"\n"


def _flock(fd: int, operation: int) -> None:
    try:
        fcntl.flock(fd, operation)
    except OSError:
        pass  # file systems without locks: one writer is still safe there


def _write_all(fd: int, data: bytes) -> None:
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, data[written:])


def _publish(temporary: Path, path: Path) -> None:
    """Gives a whole file its name, which nobody has yet."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # No links here. Two first writers in one instant are then the one case that is not kept apart.
        os.replace(temporary, path)


def _remove(path: Path) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _whole_rows(fd: int, start: int, size: int) -> int:
    """Where the last whole row ends. A line break between quotes ends none, so quotes are counted from ``start`` on."""
    end, at, quotes = start, start, 0
    while at < size:
        chunk = os.pread(fd, min(_CHUNK, size - at), at)
        if not chunk:
            break
        stop = chunk.rfind(b"\n")
        while stop >= 0:
            if (quotes + chunk.count(b'"', 0, stop)) % 2 == 0:
                end = at + stop + 1
                break
            stop = chunk.rfind(b"\n", 0, stop)
        quotes += chunk.count(b'"')
        at += len(chunk)
    return end


def _header_of(fd: int, end: int) -> List[str]:
    size = 4096
    while True:
        data = os.pread(fd, min(size, end), 0)
        text = data.decode("utf-8", "replace")
        rows = csv.reader(io.StringIO(text, newline=""))
        first: Optional[List[str]] = next(rows, None)
        if first is None:
            return []
        if len(data) == end or next(rows, None) is not None:
            return first
        size *= 4


def _copy_wider(source: int, target: int, header: bytes, more: int) -> int:
    """Copies the rows of a file below another header, each with so many empty cells more; returns the length."""
    size = len(header)
    _write_all(target, header)
    commas = b"," * more
    skipping, quotes, at = True, 0, 0
    rest = b""
    while True:
        chunk = os.pread(source, _CHUNK, at)
        if not chunk:
            return size
        at += len(chunk)
        out: List[bytes] = []
        if not skipping and quotes == 0 and not rest and b'"' not in chunk and b"\r" not in chunk:
            out.append(chunk.replace(b"\n", commas + b"\n"))
        else:
            for line in _split(rest + chunk):
                if not line.endswith(b"\n"):
                    rest = line
                    break
                quotes = (quotes + line.count(b'"')) % 2
                is_end = quotes == 0
                if not skipping:
                    out.append(line.rstrip(b"\r\n") + commas + b"\n" if is_end else line)
                skipping = skipping and not is_end
            else:
                rest = b""
        data = b"".join(out)
        _write_all(target, data)
        size += len(data)


def _split(data: bytes) -> List[bytes]:
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return [line for line in lines if line]
