"""Images, distributions and tables of many libraries, as what is kept of them."""

import math
import os
import sys
from bisect import bisect_right
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from ._errors import RunyardError
from ._png import encode_png
from ._values import to_json, to_plain

_MAGIC = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"), (b"GIF8", "gif"), (b"RIFF", "webp"))
MAX_ROWS = 10_000
"""Longer tables are cut."""


def image_bytes(image: object, dataformats: Optional[str] = None) -> Tuple[bytes, str]:
    """An image as the bytes of a file, and the file's suffix.

    Args:
        image: An array or tensor of grey values or colours (bytes, or floats from 0 to 1), a Pillow image, the bytes of a PNG, JPEG, GIF or
            WebP file, or a path of one.
        dataformats: How the array's axes are ordered, of the letters ``HWC``; None: by its shape.
    """
    if isinstance(image, (bytes, bytearray, memoryview)):
        return _known(bytes(image), "bytes")
    if isinstance(image, (str, os.PathLike)):
        return _known(Path(image).read_bytes(), f"`{os.fspath(image)}`")
    if hasattr(image, "save") and hasattr(image, "mode"):
        import io

        buffer = io.BytesIO()
        picture: Any = image
        (picture if picture.mode in ("L", "LA", "RGB", "RGBA", "P", "1") else picture.convert("RGBA")).save(buffer, "PNG")
        return buffer.getvalue(), "png"
    return encode_png(_pixels(image, dataformats)), "png"


def _known(data: bytes, name: str) -> Tuple[bytes, str]:
    for magic, suffix in _MAGIC:
        if data.startswith(magic):
            return data, suffix
    raise RunyardError(f"{name} is no image", "PNG, JPEG, GIF and WebP are known")


def to_array(values: object) -> Any:
    """A NumPy array of a value of any library."""
    import numpy

    array: Any = values
    for method in ("detach", "cpu"):
        if hasattr(array, method):
            array = getattr(array, method)()
    if hasattr(array, "dtype") and "bfloat16" in str(array.dtype) and hasattr(array, "float"):
        array = array.float()
    if hasattr(array, "numpy") and not isinstance(array, numpy.ndarray):
        array = array.numpy()
    return numpy.asarray(array)


def _pixels(image: object, dataformats: Optional[str]) -> Any:
    import numpy

    array = to_array(image)
    if dataformats:
        order = dataformats.upper()
        if len(order) != array.ndim or not set(order) <= set("HWC"):
            raise RunyardError(f"an image of shape {array.shape} has no axes `{dataformats}`")
        array = array.transpose([order.index(axis) for axis in "HWC" if axis in order])
    else:
        while array.ndim > 3 and array.shape[0] == 1:
            array = array[0]
        if array.ndim == 3 and array.shape[2] not in (1, 2, 3, 4) and array.shape[0] in (1, 3, 4):
            array = array.transpose(1, 2, 0)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or array.ndim == 3 and array.shape[2] not in (2, 3, 4) or array.size == 0:
        raise RunyardError(f"an array of shape {array.shape} is no image")
    if array.dtype == bool:
        array = array.astype(numpy.uint8) * 255
    elif array.dtype.kind == "f":
        array = (numpy.clip(numpy.nan_to_num(array), 0.0, 1.0) * 255.0 + 0.5).astype(numpy.uint8)
    elif array.dtype != numpy.uint8:
        array = numpy.clip(array, 0, 255).astype(numpy.uint8)
    return numpy.ascontiguousarray(array)


def histogram(values: object, bins: Union[int, Sequence[float]]) -> Dict[str, object]:
    """Counts values in bins: ``edges`` (one more than bins) and ``counts``; non-finite ones are counted apart.

    Args:
        values: Numbers in any array or list.
        bins: How many bins of equal width, or their edges in ascending order.
    """
    if "numpy" in sys.modules or hasattr(values, "numpy"):
        return _histogram_of_array(values, bins)
    flat = [float(value) for value in _flat(values)]
    finite = [value for value in flat if math.isfinite(value)]
    edges = _edges(bins, min(finite, default=0.0), max(finite, default=1.0))
    counts = [0] * (len(edges) - 1)
    for value in finite:
        if edges[0] <= value <= edges[-1]:
            counts[min(bisect_right(edges, value) - 1, len(counts) - 1)] += 1
    return _counted(edges, counts, len(flat) - len(finite))


def _histogram_of_array(values: object, bins: Union[int, Sequence[float]]) -> Dict[str, object]:
    import numpy

    array = to_array(values).ravel()
    if array.dtype.kind not in "fiub":
        array = array.astype(float)
    finite = array[numpy.isfinite(array)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    edges = _edges(bins, low, high)
    counts, _ = numpy.histogram(finite, bins=numpy.asarray(edges))
    return _counted(edges, [int(count) for count in counts], int(array.size - finite.size))


def _edges(bins: Union[int, Sequence[float]], low: float, high: float) -> List[float]:
    if not isinstance(bins, int):
        edges = [float(edge) for edge in bins]
        if len(edges) < 2 or any(not a < b for a, b in zip(edges, edges[1:])):
            raise RunyardError("the edges of a histogram's bins do not ascend")
        return edges
    count = max(1, min(bins, 10_000))
    if low == high:
        # All values are equal: they stand in the middle of one unit.
        width = max(abs(low) * 1e-6, 0.5)
        low, high = low - width, high + width
    step = high / count - low / count
    edges = [low + step * index for index in range(count)] + [high]
    return edges if all(a < b for a, b in zip(edges, edges[1:])) else [low, math.nextafter(high, math.inf) if low == high else high]


def _counted(edges: List[float], counts: List[int], non_finite: int) -> Dict[str, object]:
    found: Dict[str, object] = {"edges": edges, "counts": counts}
    if non_finite:
        found["non_finite"] = non_finite
    return found


def _flat(values: object) -> Iterable[Any]:
    if isinstance(values, Iterable) and not isinstance(values, (str, bytes)):
        for value in values:
            yield from _flat(value)
    else:
        yield values


def table(columns: object, rows: Optional[Iterable[object]]) -> Dict[str, object]:
    """A table as ``columns`` and ``rows`` of JSON values.

    Args:
        columns: Names of the columns; or, without rows, a data frame, a mapping of columns, or a list of mappings.
        rows: Lists of cells, or mappings.
    """
    if rows is not None:
        names = [str(name) for name in _listed(columns)]
        return _cut(names, (_cells(row, names) for row in rows))
    if hasattr(columns, "columns") and hasattr(columns, "itertuples"):
        frame: Any = columns
        return _cut([str(name) for name in frame.columns], (list(row) for row in frame.itertuples(index=False, name=None)))
    if isinstance(columns, Mapping):
        names = [str(name) for name in columns]
        filled = [_listed(column) for column in columns.values()]
        height = max((len(column) for column in filled), default=0)
        return _cut(names, ([column[at] if at < len(column) else None for column in filled] for at in range(height)))
    listed = _listed(columns)
    if all(isinstance(row, Mapping) for row in listed):
        names = list(dict.fromkeys(str(key) for row in listed for key in row))
        return _cut(names, (_cells(row, names) for row in listed))
    raise RunyardError("a table without rows", "give columns and rows, a data frame, or a list of mappings")


def _listed(values: Any) -> List[Any]:
    plain = to_plain(values) if hasattr(values, "tolist") else values
    return list(plain) if isinstance(plain, Iterable) and not isinstance(plain, (str, bytes)) else [plain]


def _cells(row: object, names: List[str]) -> List[object]:
    if isinstance(row, Mapping):
        by_name = {str(key): value for key, value in row.items()}
        return [by_name.get(name) for name in names]
    cells = _listed(row)
    return cells[: len(names)] + [None] * (len(names) - len(cells))


def _cut(names: List[str], rows: Iterable[List[object]]) -> Dict[str, object]:
    kept: List[object] = []
    left_out = 0
    for row in rows:
        if len(kept) < MAX_ROWS:
            kept.append([to_json(cell) for cell in row])
        else:
            left_out += 1
    found: Dict[str, object] = {"columns": names, "rows": kept}
    if left_out:
        found["rows_left_out"] = left_out
    return found
