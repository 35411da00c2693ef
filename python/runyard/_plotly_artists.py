"""What stands in axes of two dimensions: lines, points, bars, images, contours, areas, texts."""

import math
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ._plotly import POINT, Json, colour, colour_scale, html, is_transparent, number, numbers
from ._plotly_areas import add_collection, add_patch
from ._plotly_axes import Plane
from ._plotly_images import add_image, add_mesh
from ._plotly_texts import add_annotation, add_text

_DASHES = {"-": "solid", "--": "dash", ":": "dot", "-.": "dashdot", "solid": "solid", "dashed": "dash", "dotted": "dot", "dashdot": "dashdot"}
_STEPS = {"steps": "vh", "steps-pre": "vh", "steps-mid": "hvh", "steps-post": "hv"}
# The symbol, and its size beside that of the marker.
_MARKERS: Dict[Any, Tuple[str, float]] = {
    "o": ("circle", 1.0),
    ".": ("circle", 0.5),
    ",": ("circle", 0.2),
    "s": ("square", 1.0),
    "D": ("diamond", 1.4),
    "d": ("diamond-tall", 1.2),
    "^": ("triangle-up", 1.0),
    "v": ("triangle-down", 1.0),
    "<": ("triangle-left", 1.0),
    ">": ("triangle-right", 1.0),
    "x": ("x-thin", 1.0),
    "+": ("cross-thin", 1.0),
    "X": ("x", 1.0),
    "P": ("cross", 1.0),
    "*": ("star", 1.2),
    "p": ("pentagon", 1.0),
    "h": ("hexagon", 1.0),
    "H": ("hexagon2", 1.0),
    "8": ("octagon", 1.0),
    "|": ("line-ns", 1.0),
    "_": ("line-ew", 1.0),
    "1": ("y-down", 1.0),
    "2": ("y-up", 1.0),
    "3": ("y-left", 1.0),
    "4": ("y-right", 1.0),
}


def add_artists(plane: Plane) -> None:
    """Adds every visible artist of the axes, from the lowest to the highest."""
    axes = plane.axes
    containers = _containers(axes)
    furniture = {id(part) for part in (axes.patch, axes.xaxis, axes.yaxis, axes.title, axes._left_title, axes._right_title, axes.get_legend())}
    furniture.update(id(spine) for spine in axes.spines.values())
    furniture.update(id(child) for child in getattr(axes, "child_axes", ()))
    done: set[int] = set()
    for artist in sorted(axes.get_children(), key=lambda each: float(each.get_zorder())):
        if id(artist) in furniture or id(artist) in done:
            continue
        container = containers.get(id(artist))
        if container is not None:
            done.update(id(part) for part in container[2])
            _try(plane, container[0], container[1])
        elif artist.get_visible():
            _try(plane, _artist, artist)
    for artist in [*axes.images, *axes.collections]:
        if artist.get_visible():
            add_colour_bar(plane.page, artist)


def _try(plane: Plane, add: Callable[[Plane, Any], None], artist: Any) -> None:
    """What fails has an unforeseen shape: it is named, and the figure stays an image."""
    count = len(plane.page.traces)
    try:
        add(plane, artist)
    except Exception:
        del plane.page.traces[count:]
        plane.page.refuse(type(artist).__name__)


def _containers(axes: Any) -> Dict[int, Tuple[Callable[[Plane, Any], None], Any, List[Any]]]:
    """For each part of a container that is converted as a whole: how, the container, all its parts."""
    from matplotlib.container import BarContainer, ErrorbarContainer

    found: Dict[int, Tuple[Callable[[Plane, Any], None], Any, List[Any]]] = {}
    for container in axes.containers:
        if isinstance(container, BarContainer):
            parts: List[Any] = list(container.patches)
            if all(patch.get_visible() and patch.get_data_transform() == axes.transData for patch in parts):
                found.update((id(part), (_bars, container, parts)) for part in parts)
        elif isinstance(container, ErrorbarContainer):
            line, caps, bars = container.lines
            parts = [part for part in (line, *caps, *bars) if part is not None]
            if parts and all(part.get_visible() for part in parts):
                found.update((id(part), (_error_bars, container, parts)) for part in parts)
    return found


def _artist(plane: Plane, artist: Any) -> None:
    from matplotlib.collections import Collection, PathCollection, QuadMesh
    from matplotlib.image import AxesImage, NonUniformImage, PcolorImage
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.text import Annotation, Text

    data = plane.axes.transData
    if isinstance(artist, Line2D):
        _line(plane, artist)
    elif isinstance(artist, Annotation):
        add_annotation(plane, artist)
    elif isinstance(artist, Text):
        add_text(plane, artist)
    elif isinstance(artist, AxesImage) and not isinstance(artist, (NonUniformImage, PcolorImage)):
        add_image(plane, artist)
    elif isinstance(artist, QuadMesh):
        add_mesh(plane, artist)
    elif isinstance(artist, PathCollection) and artist.get_offset_transform() == data:
        _scatter(plane, artist)
    elif isinstance(artist, Collection):
        add_collection(plane, artist)
    elif isinstance(artist, Patch):
        add_patch(plane, artist)
    else:
        plane.page.refuse(type(artist).__name__)


def _line(plane: Plane, line: Any) -> None:
    if line.get_transform() != plane.axes.transData:
        _guide(plane, line)
        return
    xs, ys = plane.xs(line.get_xdata(orig=False)), plane.ys(line.get_ydata(orig=False))
    style = line_style(line)
    marker = marker_style(line)
    every = line.get_markevery()
    if marker is not None and every is not None:
        chosen = _chosen(every, len(xs))
        if chosen is None:
            plane.page.refuse("markevery")
            return
        if style is not None:
            plane.trace(line, {"type": "scatter", "mode": "lines", "x": xs, "y": ys, "line": style})
            plane.trace(None, {"type": "scatter", "mode": "markers", "x": xs[chosen], "y": ys[chosen], "marker": marker, "name": ""})
            return
        xs, ys = xs[chosen], ys[chosen]
    if style is None and marker is None:
        return
    trace: Json = {"type": "scatter", "mode": "+".join(["lines"] * (style is not None) + ["markers"] * (marker is not None)), "x": xs, "y": ys}
    if style is not None:
        trace["line"] = style
    if marker is not None:
        trace["marker"] = marker
    plane.trace(line, trace)


def _chosen(every: Any, count: int) -> Optional[slice]:
    """The points that have a marker, if they are a regular choice."""
    if type(every) is int:
        return slice(0, count, every)
    if isinstance(every, slice):
        return every
    if isinstance(every, tuple) and len(every) == 2 and all(type(part) is int for part in every):
        return slice(every[0], count, every[1])
    return None


def line_style(line: Any) -> Optional[Json]:
    """How a line is drawn; None if it is not."""
    name = line.get_linestyle()
    if name in ("None", "", " ", None) or float(line.get_linewidth()) == 0:
        return None
    # A person's own pattern has no name.
    if name not in _DASHES:
        name = "--"
    if line.is_dashed() and name == "-":
        name = "--"
    style: Json = {"color": colour(line.get_color(), line.get_alpha()), "width": round(float(line.get_linewidth()) * POINT, 3), "dash": _DASHES[name]}
    shape = _STEPS.get(line.get_drawstyle())
    if shape is not None:
        style["shape"] = shape
    return style


def marker_style(line: Any) -> Optional[Json]:
    """How the points of a line are drawn; None if they are not."""
    marker = line.get_marker()
    if marker in ("None", "", " ", None):
        return None
    symbol, scale = _MARKERS.get(marker, ("circle", 1.0)) if isinstance(marker, str) else ("circle", 1.0)
    face, edge = line.get_markerfacecolor(), line.get_markeredgecolor()
    is_open = isinstance(face, str) and face == "none" or is_transparent(face)
    if symbol.startswith(("x-", "cross-", "line-", "y-")):
        symbol, face, is_open = symbol + "-open", edge, False
    elif is_open:
        symbol, face = symbol + "-open", edge
    return {
        "symbol": symbol,
        "size": round(float(line.get_markersize()) * POINT * scale, 3),
        "color": colour(face, line.get_alpha()),
        "line": {"color": colour(edge, line.get_alpha()), "width": round(float(line.get_markeredgewidth()) * POINT, 3)},
    }


def _guide(plane: Plane, line: Any) -> None:
    """`axhline`, `axvline`, `axline`: lines that are as long as the axes."""
    style = line_style(line)
    if style is None:
        return
    has_x, has_y = line.get_transform().contains_branch_seperately(plane.axes.transData)
    xs, ys = line.get_xdata(orig=False), line.get_ydata(orig=False)
    if has_x == has_y or len(xs) != 2:
        points = plane.to_data(line.get_transform().transform(list(zip([0.0, 1.0], [0.0, 1.0]))))
        if type(line).__name__ not in ("AxLine", "_AxLine"):
            points = plane.to_data(line.get_transform().transform(list(zip(xs, ys))))
        plane.trace(line, {"type": "scatter", "mode": "lines", "x": plane.xs(points[:, 0]), "y": plane.ys(points[:, 1]), "line": style})
        return
    style.pop("shape", None)
    shape: Json = {"type": "line", "line": style, "layer": "above"}
    shape["xref"] = plane.x if has_x else f"{plane.x} domain"
    shape["yref"] = plane.y if has_y else f"{plane.y} domain"
    shape["x0"], shape["x1"] = plane.xs(xs) if has_x else numbers(xs)
    shape["y0"], shape["y1"] = plane.ys(ys) if has_y else numbers(ys)
    plane.page.shapes.append(shape)
    if id(line) in plane.names:
        # A shape stands in no legend; a trace without points does.
        plane.trace(line, {"type": "scatter", "mode": "lines", "x": [None], "y": [None], "line": style})


def _bars(plane: Plane, container: Any) -> None:
    patches = container.patches
    if not patches:
        return
    is_horizontal = getattr(container, "orientation", None) == "horizontal"
    places = [(patch.get_y() + patch.get_height() / 2, patch.get_height(), patch.get_width(), patch.get_x()) for patch in patches]
    if not is_horizontal:
        places = [(patch.get_x() + patch.get_width() / 2, patch.get_width(), patch.get_height(), patch.get_y()) for patch in patches]
    along, across = (plane.ys, plane.xs) if is_horizontal else (plane.xs, plane.ys)
    days = 86_400_000.0 if plane.dates[1 if is_horizontal else 0] else 1.0
    centres, lengths = along([place[0] for place in places]), numbers([place[2] for place in places])
    trace: Json = {"type": "bar", "orientation": "h" if is_horizontal else "v", "width": numbers([place[1] * days for place in places])}
    trace.update({"x": lengths, "y": centres} if is_horizontal else {"x": centres, "y": lengths})
    if any(place[3] != 0 for place in places):
        trace["base"] = across([place[3] for place in places])
    widths = [float(patch.get_linewidth()) * POINT if not is_transparent(patch.get_edgecolor()) else 0.0 for patch in patches]
    trace["marker"] = {
        "color": _one_or_all([colour(patch.get_facecolor()) for patch in patches]),
        "line": {"color": _one_or_all([colour(patch.get_edgecolor()) for patch in patches]), "width": _one_or_all([round(width, 3) for width in widths])},
    }
    plane.trace(container, trace)


def _error_bars(plane: Plane, container: Any) -> None:
    line, caps, bars = container.lines
    bars = list(bars)
    segments = [[segment for segment in bar.get_segments()] for bar in bars]
    kinds = ["x"] * bool(container.has_xerr) + ["y"] * bool(container.has_yerr)
    if len(kinds) != len(bars):
        raise ValueError("limits of errors")
    first = segments[0]
    if line is not None:
        values = (line.get_xdata(orig=False), line.get_ydata(orig=False))
    else:
        middles = [[(segment[0][axis] + segment[1][axis]) / 2 for segment in first] for axis in (0, 1)]
        values = (middles[0], middles[1])
    if any(len(each) != len(values[0]) for each in segments):
        raise ValueError("errors of some points only")
    trace: Json = {"type": "scatter", "mode": "none", "x": plane.xs(values[0]), "y": plane.ys(values[1])}
    if line is not None:
        style, marker = line_style(line), marker_style(line)
        trace["mode"] = "+".join(["lines"] * (style is not None) + ["markers"] * (marker is not None)) or "none"
        trace.update({key: value for key, value in (("line", style), ("marker", marker)) if value is not None})
    for kind, bar, each in zip(kinds, bars, segments):
        axis = 0 if kind == "x" else 1
        trace["error_" + kind] = {
            "type": "data",
            "symmetric": False,
            "array": numbers([segment[-1][axis] - value for segment, value in zip(each, values[axis])]),
            "arrayminus": numbers([value - segment[0][axis] for segment, value in zip(each, values[axis])]),
            "color": colour(bar.get_color()[0]),
            "thickness": round(float(bar.get_linewidth()[0]) * POINT, 3),
            "width": round(float(caps[0].get_markersize()) / 2 * POINT, 3) if caps else 0,
        }
    plane.trace(container, trace)


def _scatter(plane: Plane, points: Any) -> None:
    offsets = points.get_offsets()
    trace: Json = {"type": "scatter", "mode": "markers", "x": plane.xs(offsets[:, 0]), "y": plane.ys(offsets[:, 1])}
    trace["marker"] = point_style(points, points.get_facecolor(), points.get_edgecolor(), points.get_sizes())
    plane.trace(points, without_unknown(trace))


def without_unknown(trace: Json) -> Json:
    """Points whose colour is a value that is not finite are not drawn, as in matplotlib."""
    marker = trace["marker"]
    if isinstance(marker.get("color"), list):
        for index, value in enumerate(marker["color"]):
            if value is None:
                trace["x"][index] = None
                marker["color"][index] = marker["cmin"]
    return trace


def point_style(points: Any, faces: Any, edges: Any, sizes: Any) -> Json:
    """How the points of a scatter plot are drawn; values that are colours keep their values."""
    from matplotlib.colors import Normalize

    symbol, scale = _symbol(points)
    widths = [float(width) * POINT for width in points.get_linewidth()]
    marker: Json = {"symbol": symbol, "opacity": 1, "size": _one_or_all([round(math.sqrt(float(size)) * POINT * scale, 3) for size in sizes])}
    values = points.get_array()
    if len(faces) == 0:
        marker["symbol"] = symbol + "-open"
        marker["color"] = _one_or_all([colour(each) for each in edges])
    elif values is not None and type(points.norm) is Normalize:
        low, high = points.get_clim()
        marker.update(color=numbers(values), cmin=number(low), cmax=number(high), colorscale=colour_scale(points.get_cmap()), showscale=False)
        if points.get_alpha() is not None and not isinstance(points.get_alpha(), Sequence):
            marker["opacity"] = number(points.get_alpha())
    else:
        marker["color"] = _one_or_all([colour(each) for each in faces])
    if len(edges) and values is None:
        marker["line"] = {"color": _one_or_all([colour(each) for each in edges]), "width": _one_or_all([round(width, 3) for width in widths])}
    return marker


def _symbol(points: Any) -> Tuple[str, float]:
    """Which marker a scatter plot has: matplotlib keeps its outline only."""
    import numpy
    from matplotlib.markers import MarkerStyle

    outline = points.get_paths()[0].vertices if points.get_paths() else None
    for marker, found in _MARKERS.items():
        style = MarkerStyle(marker)
        vertices = style.get_path().transformed(style.get_transform()).vertices
        if outline is not None and vertices.shape == outline.shape and numpy.allclose(vertices, outline):
            return (found[0] + "-open" if found[0].startswith(("x-", "cross-", "line-", "y-")) else found[0]), found[1]
    return "circle", 1.0


def _one_or_all(values: List[Any]) -> Any:
    """One value for all points if they are equal."""
    return values[0] if values and all(value == values[0] for value in values) else values


def add_colour_bar(page: Any, mappable: Any, scene: str = "") -> None:
    """The colour bar of an artist, carried by a trace without points, in a scene or on the plane."""
    bar = getattr(mappable, "colorbar", None)
    if bar is None or not bar.ax.get_visible():
        return
    from matplotlib.colors import Normalize

    low, high = (float(limit) for limit in mappable.get_clim())
    horizontal, vertical = page.fraction(bar.ax)
    is_upright = bar.orientation == "vertical"
    if type(mappable.norm) is not Normalize and type(mappable.norm).__name__ not in ("NoNorm", "BoundaryNorm"):
        page.refuse(f"colour bar with {type(mappable.norm).__name__}")
        return
    span = vertical if is_upright else horizontal
    thick = horizontal if is_upright else vertical
    scale: Json = {
        "orientation": "v" if is_upright else "h",
        "x": horizontal[0] if is_upright else sum(horizontal) / 2,
        "y": sum(vertical) / 2 if is_upright else vertical[1],
        "xanchor": "left" if is_upright else "center",
        "yanchor": "middle" if is_upright else "top",
        "len": span[1] - span[0],
        "lenmode": "fraction",
        "thickness": (thick[1] - thick[0]),
        "thicknessmode": "fraction",
        "xpad": 0,
        "ypad": 0,
        "outlinewidth": 1,
        "title": {"text": html(bar.ax.get_ylabel() or bar.ax.get_xlabel()), "side": "right" if is_upright else "bottom"},
    }
    marker: Json = {"color": [low], "cmin": low, "cmax": high, "colorscale": colour_scale(mappable.get_cmap()), "showscale": True, "colorbar": scale}
    trace: Json = {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "marker": marker, "hoverinfo": "skip", "showlegend": False, "name": ""}
    if scene:
        trace.update(type="scatter3d", z=[None], scene=scene)
    page.traces.append(trace)
