"""A matplotlib figure as Plotly JSON, made from its artists, so that a viewer can zoom, pan and rotate it.

What has no equivalent is named rather than left out: `Converted.unsupported` lists it, and a figure with such a thing is better shown as an image.

A figure has to be drawn before it is converted: positions, legends and many artists are only known then.
"""

import math
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

# A CSS pixel for each point of matplotlib; figures are as wide as on paper at 96 pixels per inch.
PIXELS_PER_INCH = 96.0
POINT = PIXELS_PER_INCH / 72.0

Json = Dict[str, Any]


class Converted(NamedTuple):
    """What became of a figure."""

    figure: Json
    """``{"data": [...], "layout": {...}}`` of plain Python values; non-finite numbers are None."""
    unsupported: List[str]
    """What has no equivalent, each kind once."""


class Page:
    """The Plotly figure in the making."""

    def __init__(self, figure: Any) -> None:
        self.figure = figure
        self.traces: List[Json] = []
        self.layout: Json = {}
        self.annotations: List[Json] = []
        self.shapes: List[Json] = []
        self.unsupported: List[str] = []
        self.cartesian = 0
        self.scenes = 0
        self.legends = 0

    def refuse(self, what: str) -> None:
        if what not in self.unsupported:
            self.unsupported.append(what)

    def fraction(self, axes: Any) -> Tuple[List[float], List[float]]:
        """Where axes stand: ``[left, right], [bottom, top]`` in fractions of the figure."""
        box = axes.bbox.transformed(self.figure.transFigure.inverted())

        def bounded(value: float) -> float:
            return round(min(max(float(value), 0.0), 1.0), 6)

        return [bounded(box.x0), bounded(box.x1)], [bounded(box.y0), bounded(box.y1)]


def convert(figure: Any) -> Converted:
    """Converts a drawn matplotlib figure.

    Never raises for an artist it does not understand; such a one is in ``unsupported``.
    """
    from ._plotly_3d import add_scene
    from ._plotly_axes import add_axes

    page = Page(figure)
    width, height = (float(size) for size in figure.get_size_inches())
    page.layout = {
        "width": round(width * PIXELS_PER_INCH),
        "height": round(height * PIXELS_PER_INCH),
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": colour(figure.get_facecolor()),
        "showlegend": False,
        "hovermode": "closest",
        "barmode": "overlay",
        "font": {"size": 13},
    }
    for axes in _all_axes(figure, page):
        if not axes.get_visible() or getattr(axes, "_colorbar", None) is not None or axes.get_label() == "<colorbar>":
            continue
        if axes.name == "3d":
            add_scene(page, axes)
        elif axes.name == "rectilinear":
            add_axes(page, axes)
        else:
            page.refuse(f"axes of projection {axes.name}")
    _add_texts(page)
    if page.annotations:
        page.layout["annotations"] = page.annotations
    if page.shapes:
        page.layout["shapes"] = page.shapes
    return Converted({"data": page.traces, "layout": page.layout}, page.unsupported)


def _all_axes(figure: Any, page: Page) -> List[Any]:
    found: List[Any] = []
    waiting = list(figure.axes)
    while waiting:
        axes = waiting.pop(0)
        found.append(axes)
        for child in getattr(axes, "child_axes", ()):
            if hasattr(child, "name") and child.name in ("rectilinear", "3d") and type(child).__name__ != "SecondaryAxis":
                waiting.append(child)
            elif child.get_visible():
                page.refuse(type(child).__name__)
    return found


def _add_texts(page: Page) -> None:
    figure = page.figure
    for artist in [getattr(figure, "_suptitle", None), getattr(figure, "_supxlabel", None), getattr(figure, "_supylabel", None)]:
        if artist is not None:
            page.annotations.append(text_in_figure(page, artist))
    special = {id(getattr(figure, name, None)) for name in ("_suptitle", "_supxlabel", "_supylabel")}
    for artist in figure.texts:
        if id(artist) not in special and artist.get_visible() and artist.get_text():
            page.annotations.append(text_in_figure(page, artist))
    page.annotations = [annotation for annotation in page.annotations if annotation.get("text")]
    for artist in [*figure.lines, *figure.patches, *figure.images, *figure.artists]:
        if artist.get_visible():
            page.refuse(f"{type(artist).__name__} of the figure")
    for legend in figure.legends:
        if legend.get_visible():
            page.refuse("legend of the figure")


def text_in_figure(page: Page, artist: Any) -> Json:
    """A text that stands somewhere in the figure, whatever its coordinates mean."""
    x, y = page.figure.transFigure.inverted().transform(artist.get_transform().transform(artist.get_unitless_position()))
    return text_annotation(artist, {"x": number(x), "y": number(y), "xref": "paper", "yref": "paper"})


_ANCHORS = {"center": "middle", "center_baseline": "middle", "baseline": "bottom", "top": "top", "bottom": "bottom"}


def text_annotation(artist: Any, place: Json) -> Json:
    """A text as an annotation without an arrow at a place."""
    angle = float(artist.get_rotation())
    is_upright = angle % 180.0 == 90.0
    annotation: Json = {
        "text": html(artist.get_text()),
        "showarrow": False,
        "font": {"size": round(float(artist.get_fontsize()) * POINT, 2), "color": colour(artist.get_color())},
        # A turned text is anchored by the box that it fills.
        "xanchor": artist.get_horizontalalignment(),
        "yanchor": _ANCHORS.get(artist.get_verticalalignment(), "middle"),
        **place,
    }
    if angle:
        annotation["textangle"] = -angle
        if not is_upright:
            annotation["xanchor"], annotation["yanchor"] = "center", "middle"
    return annotation


def html(text: object) -> str:
    """A text as Plotly shows it unchanged: its pseudo-HTML is escaped, lines are broken."""
    escaped = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\n", "<br>")


def colour(value: Any, alpha: Optional[float] = None) -> str:
    """A colour of matplotlib as CSS."""
    from matplotlib.colors import to_rgba

    red, green, blue, opacity = to_rgba(value, alpha)
    return f"rgba({round(red * 255)},{round(green * 255)},{round(blue * 255)},{round(opacity, 4):g})"


def is_transparent(value: Any) -> bool:
    """Whether nothing is seen of a colour."""
    from matplotlib.colors import to_rgba

    return float(to_rgba(value)[3]) == 0.0


def number(value: Any) -> Optional[float]:
    """A number as JSON has it; None if it is masked or not finite."""
    try:
        plain = float(value)
    except (TypeError, ValueError):
        return None
    return plain if math.isfinite(plain) else None


def numbers(values: Any) -> List[Any]:
    """The numbers of an array of one or two dimensions; None where one is masked or not finite."""
    import numpy

    masked: Any = numpy.ma
    array = masked.filled(masked.asarray(values, dtype=float), float("nan"))
    listed: List[Any] = array.tolist()
    if bool(numpy.isfinite(array).all()):
        return listed
    if array.ndim == 1:
        return [value if math.isfinite(value) else None for value in listed]
    return [[value if math.isfinite(value) else None for value in row] for row in listed]


def colour_scale(cmap: Any, steps: int = 32) -> List[List[Any]]:
    """A colour map as pairs of a fraction and a colour."""
    steps = min(steps, int(cmap.N)) if int(cmap.N) > 1 else 2
    return [[round(i / (steps - 1), 6), colour(cmap(i / (steps - 1)))] for i in range(steps)]
