"""Writing PNG files with the standard library."""

import struct
import zlib
from typing import Any

_KINDS = {1: 0, 2: 4, 3: 2, 4: 6}


def encode_png(pixels: Any, level: int = 6) -> bytes:
    """Encodes an array of bytes as PNG.

    Args:
        pixels: A contiguous NumPy array of ``uint8``, height x width, or height x width x channels (grey, grey and alpha, RGB, RGBA).
        level: How hard to compress, 0 to 9.
    """
    height, width = int(pixels.shape[0]), int(pixels.shape[1])
    channels = 1 if len(pixels.shape) == 2 else int(pixels.shape[2])
    if channels not in _KINDS or height < 1 or width < 1:
        raise ValueError(f"an image of shape {tuple(pixels.shape)}")
    data = pixels.tobytes()
    stride = width * channels
    # Each row is preceded by its filter: none.
    rows = b"".join(b"\0" + data[start : start + stride] for start in range(0, len(data), stride))
    head = struct.pack(">IIBBBBB", width, height, 8, _KINDS[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, level)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
