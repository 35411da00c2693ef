"""Axes with three dimensions: lines, points, surfaces."""

import math
from typing import Any, Dict, List

from ._plotly import POINT, Json, Page, colour, html, number, numbers
from ._plotly_artists import add_colour_bar, line_style, marker_style, point_style, without_unknown
from ._plotly_axes import place_legend


def add_scene(page: Page, axes: Any) -> None:
    """Adds axes of three dimensions and what is in them."""
    page.scenes += 1
    scene = "scene" if page.scenes == 1 else f"scene{page.scenes}"
    horizontal, vertical = page.fraction(axes)
    layout: Json = {"domain": {"x": horizontal, "y": vertical}, "camera": _camera(axes), "aspectmode": "manual"}
    box = [float(side) for side in getattr(axes, "_box_aspect", (4.0, 4.0, 3.0))]
    longest = max(box)
    layout["aspectratio"] = {name: round(side / longest, 6) for name, side in zip("xyz", box)}
    for name in "xyz":
        axis = getattr(axes, name + "axis")
        low, high = getattr(axes, f"get_{name}lim3d")()
        settings: Json = {"range": [number(low), number(high)], "title": {"text": html(axis.label.get_text())}}
        if axis.get_scale() == "log":
            settings.update(type="log", range=[math.log10(low), math.log10(high)])
        elif axis.get_scale() != "linear":
            page.refuse(f"scale {axis.get_scale()}")
        settings["visible"] = bool(getattr(axes, "_axis3don", True))
        layout[name + "axis"] = settings
    title = axes.title
    if title.get_text():
        place = {"x": sum(horizontal) / 2, "y": vertical[1], "xref": "paper", "yref": "paper", "yanchor": "bottom"}
        font = {"size": round(float(title.get_fontsize()) * POINT, 2), "color": colour(title.get_color())}
        page.annotations.append({"text": html(title.get_text()), "showarrow": False, "font": font, **place})
    _add_artists(page, axes, scene, layout)
    page.layout[scene] = layout


def _camera(axes: Any) -> Json:
    """Where the eye is: matplotlib has angles in degrees."""
    elevation, azimuth = math.radians(float(axes.elev)), math.radians(float(axes.azim))
    distance = 1.9
    return {
        "eye": {
            "x": round(distance * math.cos(elevation) * math.cos(azimuth), 4),
            "y": round(distance * math.cos(elevation) * math.sin(azimuth), 4),
            "z": round(distance * math.sin(elevation), 4),
        },
        "projection": {"type": "orthographic" if getattr(axes, "_focal_length", 1) == float("inf") else "perspective"},
    }


def _add_artists(page: Page, axes: Any, scene: str, layout: Json) -> None:
    furniture = {id(part) for part in (axes.patch, axes.xaxis, axes.yaxis, axes.zaxis, axes.title, axes._left_title, axes._right_title, axes.get_legend())}
    furniture.update(id(spine) for spine in axes.spines.values())
    names: Dict[int, str] = {}
    legend = ""
    if axes.get_legend() is not None and axes.get_legend().get_visible():
        names = {id(artist): label for artist, label in zip(*axes.get_legend_handles_labels())}
        legend = place_legend(page, axes.get_legend())
    for artist in axes.get_children():
        if id(artist) in furniture or not artist.get_visible():
            continue
        count = len(page.traces)
        try:
            _artist(page, artist, layout)
        except Exception:
            del page.traces[count:]
            page.refuse(type(artist).__name__)
        for trace in page.traces[count:]:
            name = names.get(id(artist))
            trace.update(scene=scene, name=html(name or ""), showlegend=name is not None)
            if name is not None:
                trace["legend"] = legend
        if hasattr(artist, "get_clim"):
            add_colour_bar(page, artist, scene)


def _artist(page: Page, artist: Any, layout: Json) -> None:
    from matplotlib.text import Text
    from mpl_toolkits.mplot3d import art3d

    if isinstance(artist, art3d.Line3D):
        _line(page, artist)
    elif isinstance(artist, art3d.Path3DCollection):
        _points(page, artist)
    elif isinstance(artist, art3d.Line3DCollection):
        _segments(page, artist)
    elif isinstance(artist, art3d.Poly3DCollection):
        _faces(page, artist)
    elif isinstance(artist, Text):
        if artist.get_text():
            _text(layout, artist)
    else:
        page.refuse(type(artist).__name__)


def _line(page: Page, line: Any) -> None:
    style, marker = line_style(line), marker_style(line)
    xs, ys, zs = line.get_data_3d()
    trace: Json = {"type": "scatter3d", "x": numbers(xs), "y": numbers(ys), "z": numbers(zs)}
    trace["mode"] = "+".join(["lines"] * (style is not None) + ["markers"] * (marker is not None))
    if style is not None:
        style.pop("shape", None)
        trace["line"] = style
    if marker is not None:
        trace["marker"] = _solid(marker)
    if trace["mode"]:
        page.traces.append(trace)


# What a marker of three dimensions can be.
_SYMBOLS = {"circle", "circle-open", "cross", "diamond", "diamond-open", "square", "square-open", "x"}


def _solid(marker: Json) -> Json:
    symbol = str(marker["symbol"]).replace("-thin-open", "").replace("-thin", "")
    marker["symbol"] = symbol if symbol in _SYMBOLS else "circle"
    # The edges of solid markers have one width.
    if isinstance(marker.get("line", {}).get("width"), list):
        marker["line"]["width"] = marker["line"]["width"][0]
    return marker


def _points(page: Page, points: Any) -> None:
    from matplotlib.collections import Collection

    xs, ys, zs = points._offsets3d
    # The class's own colours are sorted and shaded by their depth in this very view.
    faces, edges = Collection.get_facecolor(points), Collection.get_edgecolor(points)
    sizes = getattr(points, "_sizes3d", None)
    marker = _solid(point_style(points, faces, edges, points.get_sizes() if sizes is None else sizes))
    trace: Json = {"type": "scatter3d", "mode": "markers", "x": numbers(xs), "y": numbers(ys), "z": numbers(zs), "marker": marker}
    page.traces.append(without_unknown(trace))


def _segments(page: Page, lines: Any) -> None:
    from matplotlib.collections import Collection

    columns: List[List[Any]] = [[], [], []]
    colours: List[str] = []
    edges = Collection.get_edgecolor(lines)
    for index, segment in enumerate(lines._segments3d):
        shade = colour(edges[index % len(edges)])
        for point in segment:
            for column, value in zip(columns, point):
                column.append(number(value))
            colours.append(shade)
        for column in columns:
            column.append(None)
        colours.append(shade)
    style: Json = {"width": round(float(lines.get_linewidth()[0]) * POINT, 3)}
    style["color"] = colours[0] if len(set(colours)) == 1 else colours
    page.traces.append({"type": "scatter3d", "mode": "lines", "x": columns[0], "y": columns[1], "z": columns[2], "line": style})


def _faces(page: Page, surface: Any) -> None:
    """A surface as triangles in the colours of its faces."""
    from matplotlib.collections import Collection

    vertices: List[List[Any]] = [[], [], []]
    corners: List[List[int]] = [[], [], []]
    colours: List[str] = []
    faces = getattr(surface, "_facecolor3d", None)
    if faces is None:
        faces = Collection.get_facecolor(surface)
    for index, polygon in enumerate(_polygons(surface)):
        start = len(vertices[0])
        points = [point for point in polygon if all(number(value) is not None for value in point)]
        for point in points:
            for column, value in zip(vertices, point):
                column.append(number(value))
        shade = colour(faces[index % len(faces)]) if len(faces) else "rgba(0,0,0,0)"
        for offset in range(1, len(points) - 1):
            for column, corner in zip(corners, (start, start + offset, start + offset + 1)):
                column.append(corner)
            colours.append(shade)
    if not colours:
        return
    trace: Json = {"type": "mesh3d", "x": vertices[0], "y": vertices[1], "z": vertices[2], "i": corners[0], "j": corners[1], "k": corners[2]}
    # The colours have matplotlib's light already.
    trace["lighting"] = {"ambient": 1.0, "diffuse": 0.0, "specular": 0.0}
    if len(set(colours)) == 1:
        trace["color"] = colours[0]
    else:
        trace["facecolor"] = colours
    page.traces.append(trace)


def _polygons(surface: Any) -> List[Any]:
    faces = getattr(surface, "_faces", None)
    if faces is not None:
        import numpy

        hidden: Any = getattr(surface, "_invalid_vertices", False)
        if hidden is False or not numpy.any(hidden):
            return list(faces)
        return [face[~mask] for face, mask in zip(faces, hidden)]
    vec = surface._vec
    return [list(zip(vec[0, part], vec[1, part], vec[2, part])) for part in surface._segslices]


def _text(layout: Json, text: Any) -> None:
    x, y = text.get_unitless_position()
    place: Json = {"x": number(x), "y": number(y), "z": number(getattr(text, "_z", 0.0))}
    font = {"size": round(float(text.get_fontsize()) * POINT, 2), "color": colour(text.get_color())}
    layout.setdefault("annotations", []).append({"text": html(text.get_text()), "showarrow": False, "font": font, **place})
