"""What a tag is called as a file: tags have slashes, spaces and any script; names of files do not."""

import hashlib
import re
from typing import Optional

_LONGEST = 200
_KEPT = 180
_UNSAFE = re.compile(rb"[^A-Za-z0-9_.-]|^\.")
_ESCAPE = re.compile(rb"%([0-9A-F]{2})")


def file_name(tag: str) -> str:
    """The name of a tag's file without its suffix: other bytes than ``A-Za-z0-9_.-``, and a point in front, are ``%XX``."""
    if not tag:
        return "%"
    safe = _UNSAFE.sub(lambda match: b"%%%02X" % match.group()[0], tag.encode("utf-8", "replace"))
    name = safe.decode("ascii")
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(tag.encode("utf-8", "replace")).hexdigest()
    return name[:_KEPT] + "%~" + digest[:16]


def is_shortened(name: str) -> bool:
    """Whether the whole tag stands in the first line of the file, because it is too long for its name."""
    return "%~" in name


def tag_of(name: str) -> Optional[str]:
    """The tag that a file is named after; None if its name does not say it."""
    if name == "%":
        return ""
    if is_shortened(name):
        return None
    data = _ESCAPE.sub(lambda match: bytes([int(match.group(1), 16)]), name.encode("utf-8", "replace"))
    return data.decode("utf-8", "replace")
