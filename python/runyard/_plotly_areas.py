"""Outlines: patches, areas, contours, segments, arrows. All of them are paths that are drawn as lines or filled."""

from typing import Any, Dict, List, Optional, Tuple

from ._plotly import POINT, Json, colour, is_transparent
from ._plotly_axes import Plane

_DASHES = {"solid": "solid", "-": "solid", "dashed": "dash", "--": "dash", "dotted": "dot", ":": "dot", "dashdot": "dashdot", "-.": "dashdot"}
_LINES = (1, 2, 79)  # codes of a path that has no curves: move, line, close

# How an outline is drawn: face, edge, width in points, dashes.
_Style = Tuple[str, str, float, str]


def add_patch(plane: Plane, patch: Any) -> None:
    """A patch that is no bar: a polygon, a wedge, an arrow, a span, a box."""
    if patch.get_hatch():
        plane.page.refuse("hatching")
    face = colour(patch.get_facecolor()) if patch.get_fill() else "rgba(0,0,0,0)"
    edge = colour(patch.get_edgecolor())
    width = float(patch.get_linewidth())
    dash = _DASHES.get(patch.get_linestyle(), "dash") if isinstance(patch.get_linestyle(), str) else "dash"
    data = plane.axes.transData
    has_x, has_y = patch.get_data_transform().contains_branch_seperately(data)
    if has_x != has_y and type(patch).__name__ in ("Rectangle", "Polygon"):
        _span(plane, patch, has_x, (face, edge, width, dash))
        return
    if patch.get_data_transform() == data:
        outlines = _outlines(plane, patch.get_patch_transform().transform_path(patch.get_path()), data)
    else:
        outlines = _outlines(plane, patch.get_path(), patch.get_transform())
    _trace(plane, patch, outlines, (face, edge, width, dash))


def _span(plane: Plane, patch: Any, has_x: bool, style: _Style) -> None:
    """`axvspan`, `axhspan`: an area that is as long as the axes."""
    vertices = patch.get_patch_transform().transform(patch.get_path().vertices)
    xs, ys = [float(point[0]) for point in vertices], [float(point[1]) for point in vertices]
    x = plane.xs([min(xs), max(xs)]) if has_x else [min(xs), max(xs)]
    y = [min(ys), max(ys)] if has_x else plane.ys([min(ys), max(ys)])
    face, edge, width, dash = style
    shape: Json = {"type": "rect", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], "fillcolor": face, "layer": "below"}
    shape["xref"] = plane.x if has_x else f"{plane.x} domain"
    shape["yref"] = f"{plane.y} domain" if has_x else plane.y
    shape["line"] = {"color": edge, "width": round(width * POINT, 3) if not edge.endswith(",0)") else 0, "dash": dash}
    plane.page.shapes.append(shape)
    if id(patch) in plane.names:
        plane.trace(patch, {"type": "scatter", "mode": "lines", "x": [None], "y": [None], "fill": "toself", "fillcolor": face, "line": {"width": 0}})


def add_collection(plane: Plane, collection: Any) -> None:
    """Many paths at once; those that look alike are one trace."""
    if collection.get_hatch():
        plane.page.refuse("hatching")
    groups: Dict[_Style, List[Any]] = {}
    faces, edges = collection.get_facecolor(), collection.get_edgecolor()
    widths, dashes = collection.get_linewidth(), collection.get_linestyle()
    for index, outlines in enumerate(_paths(plane, collection)):
        face = colour(faces[index % len(faces)]) if len(faces) else "rgba(0,0,0,0)"
        edge = colour(edges[index % len(edges)]) if len(edges) else "rgba(0,0,0,0)"
        width = float(widths[index % len(widths)]) if len(widths) else 0.0
        pattern = dashes[index % len(dashes)][1] if len(dashes) else None
        groups.setdefault((face, edge, width, "dash" if pattern else "solid"), []).extend(outlines)
    for index, (style, outlines) in enumerate(groups.items()):
        trace = _trace(plane, collection if index == 0 else None, outlines, style)
        if trace is not None and index:
            trace["name"] = ""


def _paths(plane: Plane, collection: Any) -> List[List[Any]]:
    """The outlines of each path of a collection, in data coordinates."""
    from matplotlib.transforms import Affine2D

    transform, data = collection.get_transform(), plane.axes.transData
    paths, offsets = collection.get_paths(), collection.get_offsets()
    own = collection.get_transforms()
    shifts = collection.get_offset_transform().transform(offsets) if len(offsets) else []
    is_shifted = any(float(shift[0]) or float(shift[1]) for shift in shifts)
    found: List[List[Any]] = []
    for index in range(max(len(paths), len(shifts)) if len(paths) else 0):
        path = paths[index % len(paths)]
        if len(own):
            path = path.transformed(Affine2D(own[index % len(own)]))
        if is_shifted:
            shift = shifts[index % len(shifts)]
            found.append(_outlines(plane, path, transform + Affine2D().translate(float(shift[0]), float(shift[1]))))
        else:
            found.append(_outlines(plane, path, data if transform == data else transform))
    return found


def _outlines(plane: Plane, path: Any, transform: Any) -> List[Any]:
    """The polygons of a path in data coordinates. Straight ones in the data keep their very numbers; curves are followed as finely as they are drawn."""
    has_curves = path.codes is not None and any(code not in _LINES for code in path.codes)
    if transform == plane.axes.transData and not has_curves:
        return list(path.to_polygons(closed_only=False))
    return [plane.to_data(polygon) for polygon in transform.transform_path(path).to_polygons(closed_only=False)]


def _trace(plane: Plane, artist: Any, outlines: List[Any], style: _Style) -> Optional[Json]:
    """One trace for outlines; a gap parts one from the next."""
    face, edge, width, dash = style
    is_filled = not is_transparent(_plain(face))
    has_edge = width > 0 and not is_transparent(_plain(edge))
    if not outlines or not (is_filled or has_edge):
        return None
    xs: List[Any] = []
    ys: List[Any] = []
    for outline in outlines:
        if xs:
            xs.append(None)
            ys.append(None)
        xs.extend(plane.xs(outline[:, 0]))
        ys.extend(plane.ys(outline[:, 1]))
    trace: Json = {"type": "scatter", "mode": "lines", "x": xs, "y": ys, "line": {"color": edge, "width": round(width * POINT, 3) if has_edge else 0, "dash": dash}}
    if is_filled:
        trace.update(fill="toself", fillcolor=face, hoverinfo="name")
    return plane.trace(artist, trace)


def _plain(css: str) -> Tuple[float, ...]:
    parts = [float(part) for part in css[5:-1].split(",")]
    return (*(part / 255 for part in parts[:3]), parts[3])
