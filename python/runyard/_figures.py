"""What is kept of a figure: an image, a form that can be turned and zoomed, and the object itself.

Everything is made at once, on the calling thread. A figure is changed, or closed, right after it was logged, so it would have to be frozen
first; `pickle` does that in 4 ms where drawing takes 60 (CPU; `benchmarks/logger.py`). But matplotlib is not safe in threads: it draws
with global settings, which a script changes with `rc_context` and styles, so that a copy drawn later might look different, or fail.
And drawing is Python code, which would take the same time from the training loop through the interpreter's lock. Only the writing is
left to the thread.
"""

import io
import json
import pickle
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

from ._errors import RunyardError
from ._warn import warn_once

# Points, segments and polygons; above it, an SVG is larger and slower than an image.
_MAX_SVG_MARKS = 5_000
_MAX_SVG_BYTES = 1024 * 1024
MAX_INTERACTIVE_BYTES = 8 * 1024 * 1024
"""A larger interactive form would freeze a browser."""


class Rendered(NamedTuple):
    """A figure as the contents of files."""

    static: Optional[bytes]
    suffix: str
    """``svg`` or ``png``."""
    interactive: Optional[bytes]
    """Plotly JSON."""
    pickled: Optional[bytes]
    note: Optional[str]
    """Why it is not interactive although that was asked for, or cannot be loaded again."""


def render(figure: object, interactive: bool) -> Rendered:
    """Renders a figure of matplotlib or Plotly, or what has one (axes, a grid of seaborn).

    Args:
        figure: The figure; it is not changed.
        interactive: Whether the viewer should be able to zoom, pan and rotate it; Plotly's always can.

    Raises:
        RunyardError: It is no figure.
    """
    if hasattr(figure, "to_plotly_json") and hasattr(figure, "to_json"):
        return _render_plotly(figure)
    found = _figure_of(figure)
    if found is None:
        raise RunyardError(f"a `{type(figure).__name__}` is no figure", "figures of matplotlib and Plotly are known")
    notes: List[str] = []
    static, suffix = _draw(found)
    data = _interactive(found, notes) if interactive else None
    return Rendered(static, suffix, data, _pickled(found, notes), "; ".join(notes) or None)


def _render_plotly(figure: Any) -> Rendered:
    data = str(figure.to_json()).encode("utf-8")
    note = None
    if len(data) > MAX_INTERACTIVE_BYTES:
        note = f"large: {len(data) / 1e6:.1f} MB"
    return Rendered(None, "", data, None, note)


def _figure_of(value: Any) -> Optional[Any]:
    from matplotlib.figure import Figure

    for _ in range(3):
        if isinstance(value, Figure):
            return value
        value = getattr(value, "figure", None)
        if value is None:
            return None
    return None


def _draw(figure: Any) -> Tuple[bytes, str]:
    """As SVG, which is sharp at every size, unless there is too much in it."""
    if _marks(figure) <= _MAX_SVG_MARKS:
        data = _saved(figure, "svg", metadata={"Date": None, "Creator": None})
        if len(data) <= _MAX_SVG_BYTES:
            return data, "svg"
    return _saved(figure, "png", dpi=max(float(figure.dpi), 144.0)), "png"


def _saved(figure: Any, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, **options)
    return buffer.getvalue()


def _marks(figure: Any) -> int:
    """How much there is to draw."""
    from matplotlib.collections import Collection
    from matplotlib.lines import Line2D

    count = 0
    for artist in figure.findobj(lambda each: isinstance(each, (Collection, Line2D))):
        if isinstance(artist, Line2D):
            points = len(artist.get_xdata(orig=False))
            has_marker = artist.get_marker() not in ("None", "", " ", None)
            # A line is one element, and is simplified as it is drawn.
            count += points if has_marker else points // 20
        else:
            values = artist.get_array()
            cells = int(values.size) if values is not None else 0
            count += max(len(artist.get_paths()) if cells == 0 else cells, len(artist.get_offsets()))
    return count


def _interactive(figure: Any, notes: List[str]) -> Optional[bytes]:
    """Plotly JSON, if all of the figure can be told in it."""
    from ._plotly import convert

    try:
        draw: Callable[[], None] = getattr(figure, "draw_without_rendering", None) or figure.canvas.draw
        draw()
        converted = convert(figure)
    except Exception as error:  # noqa: BLE001 - an unforeseen figure stays an image
        notes.append(f"shown as an image: {type(error).__name__}: {error}")
        return None
    if converted.unsupported:
        notes.append("shown as an image: " + ", ".join(sorted(converted.unsupported)) + " cannot be made interactive")
        return None
    data = json.dumps(converted.figure, allow_nan=False, separators=(",", ":")).encode("utf-8")
    if len(data) > MAX_INTERACTIVE_BYTES:
        notes.append(f"shown as an image: {len(data) / 1e6:.1f} MB are too much to be interactive")
        return None
    return data


class _Pickler(pickle.Pickler):
    """Leaves out that pyplot knows the figure: loading it must not open a window, or need one."""

    def reducer_override(self, value: Any) -> Any:
        from matplotlib.figure import Figure

        if not isinstance(value, Figure):
            return NotImplemented
        reduced = value.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        if not isinstance(reduced, tuple) or len(reduced) < 3 or not isinstance(reduced[2], dict):
            return NotImplemented
        state = {key: item for key, item in reduced[2].items() if key != "_restore_to_pylab"}
        return (*reduced[:2], state, *reduced[3:])


def _pickled(figure: Any, notes: List[str]) -> Optional[bytes]:
    buffer = io.BytesIO()
    try:
        # A protocol that every supported Python reads.
        _Pickler(buffer, protocol=4).dump(figure)
    except Exception as error:  # noqa: BLE001 - a lambda in a formatter, an open file
        notes.append(f"cannot be loaded again: {error}")
        warn_once("figure pickle", f"a figure can be looked at but not loaded again: {error}")
        return None
    return buffer.getvalue()
