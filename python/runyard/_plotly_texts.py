"""Texts in axes of two dimensions, and arrows to what they are about."""

import math
from typing import Any

from ._plotly import PIXELS_PER_INCH, Json, colour, html, number, text_annotation
from ._plotly_axes import Plane


def add_text(plane: Plane, text: Any) -> None:
    """A text in axes."""
    if text.get_text():
        plane.page.annotations.append(text_annotation(text, _text_place(plane, text, text.get_transform(), text.get_unitless_position())))


def _text_place(plane: Plane, text: Any, transform: Any, position: Any) -> Json:
    """A place in the data if the text moves with it, else one in the figure."""
    if transform == plane.axes.transData:
        return {"x": _on_axis(plane, 0, position[0]), "y": _on_axis(plane, 1, position[1]), "xref": plane.x, "yref": plane.y}
    x, y = plane.page.figure.transFigure.inverted().transform(transform.transform(position))
    return {"x": number(x), "y": number(y), "xref": "paper", "yref": "paper"}


def _on_axis(plane: Plane, axis: int, value: Any) -> Any:
    """A coordinate as annotations have it: on a logarithmic axis, the logarithm."""
    if (plane.axes.get_yscale() if axis else plane.axes.get_xscale()) == "log":
        return math.log10(float(value))
    return (plane.ys if axis else plane.xs)([value])[0]


def add_annotation(plane: Plane, note: Any) -> None:
    """A text with an arrow to a point of the data."""
    if note.arrow_patch is None:
        add_text(plane, note)
        return
    if note.xycoords != "data":
        raise ValueError("an arrow that does not point at data")
    renderer = plane.page.figure.canvas.get_renderer() if hasattr(plane.page.figure.canvas, "get_renderer") else plane.page.figure._get_renderer()
    tip = plane.axes.transData.transform((plane.axes.convert_xunits(note.xy[0]), plane.axes.convert_yunits(note.xy[1])))
    start = note._get_xy_transform(renderer, note.anncoords).transform((note.convert_xunits(note.xyann[0]), note.convert_yunits(note.xyann[1])))
    pixel = PIXELS_PER_INCH / float(plane.page.figure.dpi)
    annotation = text_annotation(note, {})
    annotation.update(
        text=html(note.get_text()) or " ",
        x=_on_axis(plane, 0, plane.axes.convert_xunits(note.xy[0])),
        y=_on_axis(plane, 1, plane.axes.convert_yunits(note.xy[1])),
        xref=plane.x,
        yref=plane.y,
        ax=round(float(start[0] - tip[0]) * pixel, 2),
        ay=round(float(tip[1] - start[1]) * pixel, 2),
        showarrow=True,
        arrowcolor=colour(note.arrow_patch.get_edgecolor()),
        arrowhead=2,
        arrowwidth=1.5,
    )
    plane.page.annotations.append(annotation)
