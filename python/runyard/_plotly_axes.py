"""Axes with two dimensions: scales, ticks, titles, legends, and which artists they have."""

from typing import Any, Dict, List, Optional, Tuple

from ._plotly import POINT, Json, Page, colour, html, number, numbers, text_annotation


class Plane:
    """Axes of two dimensions in the making."""

    def __init__(self, page: Page, axes: Any, x: str, y: str) -> None:
        self.page = page
        self.axes = axes
        self.x = x
        """Which of Plotly's axes x is: ``x``, ``x2``, …"""
        self.y = y
        self.dates = (_is_date(axes.xaxis), _is_date(axes.yaxis))
        self.names: Dict[int, str] = {}
        """What the legend calls an artist, by its ``id``."""
        self.legend = ""

    def xs(self, values: Any) -> List[Any]:
        return _dates(values) if self.dates[0] else numbers(values)

    def ys(self, values: Any) -> List[Any]:
        return _dates(values) if self.dates[1] else numbers(values)

    def trace(self, artist: Any, values: Json) -> Json:
        """Adds a trace on these axes that stands for an artist."""
        trace: Json = {"xaxis": self.x, "yaxis": self.y, "showlegend": False, **values}
        name = self.names.get(id(artist))
        if name is not None:
            trace.update(name=html(name), showlegend=True, legend=self.legend)
        elif artist is not None:
            label = str(artist.get_label() or "")
            if label and not label.startswith("_"):
                trace["name"] = html(label)
            else:
                # Nothing tells its name.
                trace.setdefault("name", "")
        if trace["type"] == "image":
            del trace["showlegend"]
        self.page.traces.append(trace)
        return trace

    def to_data(self, points: Any) -> Any:
        """Points of the drawing in the coordinates of the data."""
        return self.axes.transData.inverted().transform(points)


def add_axes(page: Page, axes: Any) -> None:
    """Adds axes and what is in them."""
    from ._plotly_artists import add_artists

    x, y = _place(page, axes)
    plane = Plane(page, axes, x, y)
    page.layout.setdefault("plot_bgcolor", colour(axes.get_facecolor()) if axes.axison else "rgba(0,0,0,0)")
    _axis(plane, "x", axes.xaxis, page.layout.setdefault("xaxis" + x[1:], {}))
    _axis(plane, "y", axes.yaxis, page.layout.setdefault("yaxis" + y[1:], {}))
    aspect = axes.get_aspect()
    if aspect != "auto" and axes.get_xscale() == "linear" and axes.get_yscale() == "linear":
        page.layout["yaxis" + y[1:]].update(scaleanchor=x, scaleratio=1.0 if aspect == "equal" else float(aspect))
    _titles(plane)
    _legend(plane)
    add_artists(plane)


def _place(page: Page, axes: Any) -> Tuple[str, str]:
    """Gives the axes a place; a twin uses the axis that it shares."""
    twin = _twin(page, axes)
    page.cartesian += 1
    suffix = "" if page.cartesian == 1 else str(page.cartesian)
    horizontal, vertical = page.fraction(axes)
    x, y = "x" + suffix, "y" + suffix
    layout = page.layout
    known: Dict[int, Tuple[str, str]] = page.__dict__.setdefault("places", {})
    if twin is not None:
        other_x, other_y = known[id(twin)]
        if axes.get_shared_x_axes().joined(axes, twin):
            x = other_x
            layout["yaxis" + suffix] = {"overlaying": other_y, "domain": vertical, "anchor": x}
        else:
            y = other_y
            layout["xaxis" + suffix] = {"overlaying": other_x, "domain": horizontal, "anchor": y}
        known[id(axes)] = (x, y)
        return x, y
    layout["xaxis" + suffix] = {"domain": horizontal, "anchor": y}
    layout["yaxis" + suffix] = {"domain": vertical, "anchor": x}
    for other, (other_x, other_y) in known.items():
        others = [each for each in page.figure.axes if id(each) == other]
        if others and axes.get_shared_x_axes().joined(axes, others[0]):
            layout["xaxis" + suffix].setdefault("matches", layout["xaxis" + other_x[1:]].get("matches", other_x))
        if others and axes.get_shared_y_axes().joined(axes, others[0]):
            layout["yaxis" + suffix].setdefault("matches", layout["yaxis" + other_y[1:]].get("matches", other_y))
    known[id(axes)] = (x, y)
    return x, y


def _twin(page: Page, axes: Any) -> Optional[Any]:
    """The axes placed before on exactly the same spot that share one axis with these."""
    known: Dict[int, Tuple[str, str]] = page.__dict__.get("places", {})
    for other in page.figure.axes:
        if id(other) not in known or page.fraction(other) != page.fraction(axes):
            continue
        if axes.get_shared_x_axes().joined(axes, other) != axes.get_shared_y_axes().joined(axes, other):
            return other
    return None


def _axis(plane: Plane, letter: str, axis: Any, layout: Json) -> None:
    axes = plane.axes
    scale = axis.get_scale()
    # From the left, or the bottom; an axis that is turned round has the greater one first.
    low, high = (float(limit) for limit in (axes.get_xlim() if letter == "x" else axes.get_ylim()))
    layout.setdefault("zeroline", False)
    if scale == "log":
        import math

        layout.update(type="log", range=[math.log10(low), math.log10(high)])
    elif plane.dates[0 if letter == "x" else 1]:
        layout.update(type="date", range=_dates([low, high]))
    else:
        layout.update(type="linear", range=[low, high])
        if scale != "linear":
            plane.page.refuse(f"scale {scale}")
    label = axis.label
    if label.get_text():
        layout["title"] = {"text": html(label.get_text()), "font": {"size": round(float(label.get_fontsize()) * POINT, 2)}, "standoff": 4}
    layout["side"] = axis.get_label_position()
    layout["showgrid"] = any(line.get_visible() for line in axis.get_gridlines()[:1])
    layout["gridcolor"] = "rgba(176,176,176,0.6)"
    spine = axes.spines["bottom" if letter == "x" else "left"]
    opposite = axes.spines["top" if letter == "x" else "right"]
    if not axes.axison or not axis.get_visible():
        layout["visible"] = False
    elif axes.get_frame_on() and (spine.get_visible() or opposite.get_visible()):
        layout.update(showline=True, linecolor=colour(spine.get_edgecolor()), mirror=spine.get_visible() and opposite.get_visible())
    _ticks(axis, layout)


def _ticks(axis: Any, layout: Json) -> None:
    """Ticks that a person chose, or that stand for categories; Plotly makes the others itself and follows a zoom with them."""
    from matplotlib import ticker

    if not any(tick.label1.get_visible() or tick.label2.get_visible() for tick in axis.get_major_ticks()[:1]):
        layout["showticklabels"] = False
    locator, formatter = axis.get_major_locator(), axis.get_major_formatter()
    if isinstance(locator, ticker.NullLocator):
        layout.update(ticks="", showticklabels=False)
        return
    is_own = isinstance(formatter, (ticker.FixedFormatter, ticker.FuncFormatter, ticker.StrMethodFormatter, ticker.FormatStrFormatter))
    is_category = type(formatter).__name__ == "StrCategoryFormatter"
    layout["ticks"] = "outside"
    # A twin has ticks of its own.
    layout["tickmode"] = "auto"
    if not (is_own or is_category or isinstance(locator, ticker.FixedLocator)):
        return
    places = [float(place) for place in axis.get_majorticklocs()]
    low, high = sorted(float(limit) for limit in axis.get_view_interval())
    texts = formatter.format_ticks(places)
    inside = [(place, text) for place, text in zip(places, texts) if is_category or low <= place <= high]
    is_date = layout["type"] == "date"
    layout.update(
        tickmode="array",
        tickvals=_dates([place for place, _ in inside]) if is_date else [place for place, _ in inside],
        ticktext=[html(text) for _, text in inside],
    )


def _titles(plane: Plane) -> None:
    axes, (horizontal, vertical) = plane.axes, plane.page.fraction(plane.axes)
    places = {"left": horizontal[0], "center": sum(horizontal) / 2, "right": horizontal[1]}
    for name, artist in (("left", axes._left_title), ("center", axes.title), ("right", axes._right_title)):
        if artist.get_text() and artist.get_visible():
            x, y = plane.page.figure.transFigure.inverted().transform(artist.get_transform().transform(artist.get_position()))
            place = {"x": places[name], "y": min(max(number(y) or vertical[1], 0.0), 1.0), "xref": "paper", "yref": "paper"}
            plane.page.annotations.append({**text_annotation(artist, place), "yanchor": "bottom"})


def _legend(plane: Plane) -> None:
    """Finds which artists a legend names, and puts it where matplotlib has it."""
    axes = plane.axes
    legend = axes.get_legend()
    if legend is None or not legend.get_visible():
        return
    page = plane.page
    plane.legend = place_legend(page, legend)
    texts = [text.get_text() for text in legend.get_texts()]
    handles, labels = axes.get_legend_handles_labels()
    by_label = dict(zip(labels, handles))
    if not any(text in by_label for text in texts):
        # `legend(["a", "b"])`: the artists in order, whatever they are called.
        in_containers = {id(part) for container in axes.containers for part in _parts(container)}
        free = [artist for artist in [*axes.lines, *axes.patches, *axes.collections] if id(artist) not in in_containers]
        by_label = dict(zip(texts, [*free, *axes.containers]))
    for text in texts:
        if text in by_label:
            plane.names[id(by_label[text])] = text
        else:
            page.refuse("legend with own entries")


def place_legend(page: Page, legend: Any) -> str:
    """Puts a legend where matplotlib has it; returns what Plotly calls it."""
    page.legends += 1
    name = "legend" if page.legends == 1 else f"legend{page.legends}"
    box = legend.get_window_extent().transformed(page.figure.transFigure.inverted())
    page.layout["showlegend"] = True
    page.layout[name] = {
        "x": round(min(max(float(box.x0), -1.0), 2.0), 4),
        "y": round(min(max(float(box.y1), -1.0), 2.0), 4),
        "xanchor": "left",
        "yanchor": "top",
        "bgcolor": "rgba(255,255,255,0.8)",
        "bordercolor": "rgba(204,204,204,0.8)",
        "borderwidth": 1,
        "title": {"text": html(legend.get_title().get_text())},
    }
    return name


def _parts(container: Any) -> List[Any]:
    parts: List[Any] = []
    for child in container:
        parts.extend(child if isinstance(child, (tuple, list)) else [child])
    return parts


def _is_date(axis: Any) -> bool:
    converter = axis.get_converter() if hasattr(axis, "get_converter") else axis.converter
    return "Date" in type(converter).__name__


def _dates(values: Any) -> List[Any]:
    """Days since 1970 as texts of dates."""
    from matplotlib.dates import num2date

    found: List[Any] = []
    for value in numbers(values):
        found.append(None if value is None else num2date(value).strftime("%Y-%m-%d %H:%M:%S.%f"))
    return found
