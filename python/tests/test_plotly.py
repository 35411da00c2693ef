"""A figure of matplotlib and its Plotly form show the same data, or the figure stays an image and says why."""

import datetime
import json
from typing import Any, Dict, List, Tuple

import pytest

matplotlib = pytest.importorskip("matplotlib")
numpy = pytest.importorskip("numpy")
matplotlib.use("Agg")

from matplotlib.figure import Figure  # noqa: E402

from runyard._plotly import Converted, convert  # noqa: E402

try:
    import plotly.graph_objects as plotly
except ImportError:
    plotly = None

Json = Dict[str, Any]


def converted(figure: Figure) -> Converted:
    figure.draw_without_rendering()
    found = convert(figure)
    text = json.dumps(found.figure, allow_nan=False)
    if not found.unsupported:
        if plotly is not None:
            # Raises for every key or value that Plotly does not know.
            plotly.Figure(json.loads(text))
    return found


def only(figure: Figure) -> Tuple[Json, Json]:
    """The one trace, and the layout."""
    found = converted(figure)
    assert found.unsupported == []
    assert len(found.figure["data"]) == 1, found.figure["data"]
    return found.figure["data"][0], found.figure["layout"]


def traces(figure: Figure) -> List[Json]:
    found = converted(figure)
    assert found.unsupported == []
    data: List[Json] = found.figure["data"]
    return data


def close(found: Any, wanted: Any, tolerance: float = 1e-5) -> bool:
    return len(found) == len(wanted) and bool(numpy.allclose(numpy.asarray(found, float), numpy.asarray(wanted, float), rtol=tolerance))


def test_a_line_keeps_its_points_gaps_and_style() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2, 3], [1.5, float("nan"), -2], color="red", linestyle="--", linewidth=2, marker="s", markersize=6, label="loss <b>")
    axes.set(title="a < b\nc & d", xlabel="step", ylabel="loss", xlim=(0, 4), ylim=(5, -5))
    axes.legend()
    trace, layout = only(figure)
    assert (trace["type"], trace["mode"], trace["x"], trace["y"]) == ("scatter", "lines+markers", [1, 2, 3], [1.5, None, -2])
    assert trace["line"] == {"color": "rgba(255,0,0,1)", "width": 2.667, "dash": "dash"}
    assert trace["marker"]["symbol"] == "square" and trace["marker"]["size"] == 8
    assert trace["name"] == "loss &lt;b&gt;" and trace["showlegend"] and layout["showlegend"]
    assert layout["xaxis"]["range"] == [0, 4] and layout["yaxis"]["range"] == [5, -5]
    assert layout["xaxis"]["title"]["text"] == "step" and layout["yaxis"]["title"]["text"] == "loss"
    assert [note["text"] for note in layout["annotations"]] == ["a &lt; b<br>c &amp; d"]
    assert (layout["width"], layout["height"]) == (614, 461)


def test_masked_values_are_gaps_and_steps_are_steps() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot(numpy.ma.masked_array([1, 2, 3], [False, True, False]), drawstyle="steps-post")
    axes.step([1, 2], [3, 4], where="pre", linestyle="none", marker="o")
    first, second = traces(figure)
    assert first["y"] == [1, None, 3] and first["line"]["shape"] == "hv" and first["mode"] == "lines"
    assert second["mode"] == "markers" and "line" not in second


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_axes_keep_their_scale(scale: str) -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 10], [1, 100])
    axes.set(yscale=scale, ylim=(1, 1000))
    axes.text(2, 100, "here")
    _, layout = only(figure)
    assert layout["yaxis"]["type"] == scale
    assert layout["yaxis"]["range"] == ([0, 3] if scale == "log" else [1, 1000])
    assert layout["annotations"][0]["y"] == (2 if scale == "log" else 100), "annotations take logarithms"


def test_dates_are_dates() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([datetime.datetime(2024, 1, 1, 12), datetime.datetime(2024, 1, 2)], [1, 2])
    trace, layout = only(figure)
    assert layout["xaxis"]["type"] == "date"
    assert trace["x"] == ["2024-01-01 12:00:00.000000", "2024-01-02 00:00:00.000000"]


def test_bars_keep_places_heights_bases_and_colours() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.bar(["a", "b"], [3, 1], label="one", color=["red", "blue"])
    left.bar(["a", "b"], [1, 2], bottom=[3, 1], width=0.5, label="two")
    left.legend()
    right.barh([0, 1], [2, -1], left=5)
    one, two, three = traces(figure)
    assert (one["x"], one["y"], one["width"], one["orientation"]) == ([0, 1], [3, 1], [0.8, 0.8], "v")
    assert one["marker"]["color"] == ["rgba(255,0,0,1)", "rgba(0,0,255,1)"] and one["name"] == "one"
    assert two["base"] == [3, 1] and two["width"] == [0.5, 0.5] and two["name"] == "two"
    assert (three["x"], three["y"], three["base"], three["orientation"]) == ([2, -1], [0, 1], [5, 5], "h")
    layout = converted(figure).figure["layout"]
    assert layout["xaxis"]["tickvals"] == [0, 1] and layout["xaxis"]["ticktext"] == ["a", "b"]
    assert three["xaxis"] == "x2" and three["yaxis"] == "y2"


def test_a_histogram_of_pyplot_keeps_counts_and_edges() -> None:
    figure = Figure()
    counts, edges, _ = figure.subplots().hist([1, 2, 2, 3, 3, 3], bins=3)
    trace, _ = only(figure)
    assert trace["type"] == "bar" and trace["y"] == counts.tolist()
    assert close([x - width / 2 for x, width in zip(trace["x"], trace["width"])], edges[:-1])


def test_error_bars_keep_their_lengths() -> None:
    figure = Figure()
    figure.subplots().errorbar([1, 2], [10, 20], yerr=[[1, 2], [3, 4]], xerr=0.5, fmt="o", capsize=4)
    trace, _ = only(figure)
    assert close(trace["error_y"]["array"], [3, 4]) and close(trace["error_y"]["arrayminus"], [1, 2])
    assert close(trace["error_x"]["array"], [0.5, 0.5])
    assert trace["mode"] == "markers"


def test_scatter_keeps_places_sizes_and_values() -> None:
    figure = Figure()
    axes = figure.subplots()
    points = axes.scatter([1, 2, 3], [4, 5, 6], s=[36, 144, 36], c=[0.1, float("nan"), 0.9], cmap="viridis", vmin=0, vmax=1, marker="^")
    figure.colorbar(points, label="value")
    scatter, bar = traces(figure)
    marker = scatter["marker"]
    assert (scatter["x"], scatter["y"], marker["symbol"]) == ([1, None, 3], [4, None, 6], "triangle-up"), "matplotlib does not draw a point without a value"
    assert marker["size"] == [8, 16, 8] and marker["color"] == [0.1, 0, 0.9] and (marker["cmin"], marker["cmax"]) == (0, 1)
    assert marker["colorscale"][0] == [0, "rgba(68,1,84,1)"]
    assert bar["marker"]["colorbar"]["title"]["text"] == "value" and bar["x"] == [None]


def test_scatter_in_given_colours_keeps_them() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.scatter([1, 2], [1, 2], c=["red", "blue"])
    axes.scatter([1, 2], [1, 2], facecolors="none", edgecolors="green")
    filled, hollow = traces(figure)
    assert filled["marker"]["color"] == ["rgba(255,0,0,1)", "rgba(0,0,255,1)"]
    assert hollow["marker"]["symbol"] == "circle-open" and hollow["marker"]["color"] == "rgba(0,128,0,1)"


@pytest.mark.parametrize("origin", ["upper", "lower"])
def test_an_image_of_values_is_a_heat_map_with_its_values_in_place(origin: str) -> None:
    figure = Figure()
    image = figure.subplots().imshow([[1.0, 2.0, 3.0], [4.0, float("nan"), 6.0]], origin=origin, extent=(0, 6, 10, 14), cmap="gray")  # type: ignore[arg-type]
    trace, layout = only(figure)
    assert trace["type"] == "heatmap" and trace["z"] == [[1, 2, 3], [4, None, 6]]
    assert (trace["x0"], trace["dx"]) == (1, 2)
    assert (trace["y0"], trace["dy"]) == ((13, -2) if origin == "upper" else (11, 2))
    assert (trace["zmin"], trace["zmax"]) == image.get_clim()
    assert layout["yaxis"]["scaleanchor"] == "x" and layout["yaxis"]["scaleratio"] == 1


def test_an_image_of_colours_is_a_picture() -> None:
    import base64
    import io

    pillow = pytest.importorskip("PIL.Image")
    figure = Figure()
    pixels = numpy.random.default_rng(0).integers(0, 256, (3, 4, 3), dtype=numpy.uint8)
    figure.subplots().imshow(pixels)
    trace, layout = only(figure)
    assert trace["type"] == "image" and (trace["x0"], trace["dx"], trace["y0"], trace["dy"]) == (0, 1, 0, 1)
    picture = pillow.open(io.BytesIO(base64.b64decode(trace["source"].split(",")[1])))
    assert (numpy.asarray(picture)[:, :, :3] == pixels).all()
    assert layout["yaxis"]["range"] == [2.5, -0.5]


def test_a_mesh_keeps_its_edges() -> None:
    figure = Figure()
    figure.subplots().pcolormesh([0, 1, 10], [0, 2, 3], [[1, 2], [3, 4]])
    trace, _ = only(figure)
    assert (trace["x"], trace["y"], trace["z"]) == ([0, 1, 10], [0, 2, 3], [[1, 2], [3, 4]])


def test_contours_are_the_lines_and_areas_of_their_levels() -> None:
    x, y = numpy.meshgrid(numpy.linspace(-2, 2, 21), numpy.linspace(-2, 2, 21))
    figure = Figure()
    left, right = figure.subplots(1, 2)
    lines = left.contour(x, y, numpy.hypot(x, y), levels=[0.5, 1.0])
    right.contourf(x, y, numpy.hypot(x, y), levels=[0.5, 1.0, 1.5])
    found = traces(figure)
    assert len(found) == 4
    for trace, level in zip(found[:2], lines.levels):
        radius = [numpy.hypot(a, b) for a, b in zip(trace["x"], trace["y"]) if a is not None]
        assert numpy.allclose(radius, level, atol=0.02) and "fill" not in trace
    ring = found[2]
    radius = [numpy.hypot(a, b) for a, b in zip(ring["x"], ring["y"]) if a is not None]
    assert ring["fill"] == "toself" and min(radius) > 0.45 and max(radius) < 1.05 and None in ring["x"], "a ring has two outlines"


def test_areas_and_segments_keep_their_corners() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.fill_between([0, 1, 2], [1, 2, 3], [0, 0, 0], alpha=0.5, label="area")
    axes.hlines([1, 2], 0, [3, 4], colors="red")
    axes.legend()
    area, segments = traces(figure)
    assert area["fill"] == "toself" and area["fillcolor"].endswith(",0.5)") and area["name"] == "area" and area["showlegend"]
    assert {(x, y) for x, y in zip(area["x"], area["y"])} == {(0, 0), (0, 1), (1, 2), (2, 3), (2, 0), (1, 0)}
    assert (segments["x"], segments["y"]) == ([0, 3, None, 0, 4], [1, 1, None, 2, 2])


def test_guides_and_spans_reach_across_the_axes() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 10], [0, 10])
    axes.axhline(5, color="k", linestyle=":")
    axes.axvspan(2, 3, color="green", alpha=0.2)
    layout = converted(figure).figure["layout"]
    by_kind = {shape["type"]: shape for shape in layout["shapes"]}
    line, span = by_kind["line"], by_kind["rect"]
    assert (line["xref"], line["x0"], line["x1"], line["yref"], line["y0"], line["y1"]) == ("x domain", 0, 1, "y", 5, 5)
    assert (span["xref"], span["x0"], span["x1"], span["yref"], span["y0"], span["y1"]) == ("x", 2, 3, "y domain", 0, 1)


def test_a_circle_is_round_in_the_data_and_a_pie_has_its_wedges() -> None:
    from matplotlib.patches import Circle

    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.add_patch(Circle((1, 2), 0.5))
    left.set(xlim=(0, 4), ylim=(0, 4), aspect="equal")
    right.pie([1, 3], labels=["a", "b"])
    found = traces(figure)
    assert numpy.allclose([numpy.hypot(x - 1, y - 2) for x, y in zip(found[0]["x"], found[0]["y"])], 0.5, atol=0.01)
    assert len(found) == 3
    assert [note["text"] for note in converted(figure).figure["layout"]["annotations"]] == ["a", "b"]


def test_subplots_stand_where_they_stood_and_share_what_they_shared() -> None:
    figure = Figure()
    grid = figure.subplots(2, 2, sharex="col")
    for axes in grid.flat:
        axes.plot([1, 2], [3, 4])
    found = converted(figure)
    layout = found.figure["layout"]
    assert [trace["xaxis"] for trace in found.figure["data"]] == ["x", "x2", "x3", "x4"]
    assert layout["xaxis3"]["matches"] == "x" and layout["xaxis4"]["matches"] == "x2" and "matches" not in layout["yaxis3"]
    for axes, number in zip(grid.flat, ("", "2", "3", "4")):
        box = axes.get_position()
        assert close(layout["xaxis" + number]["domain"], [box.x0, box.x1]) and close(layout["yaxis" + number]["domain"], [box.y0, box.y1])
    assert layout["xaxis"]["showticklabels"] is False, "inner ticks have no texts"


def test_twin_axes_lie_over_the_first() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2], [1, 2])
    axes.twinx().plot([1, 2], [100, 200])
    first, second = traces(figure)
    layout = converted(figure).figure["layout"]
    assert (second["xaxis"], second["yaxis"]) == ("x", "y2")
    assert layout["yaxis2"]["overlaying"] == "y" and layout["yaxis2"]["side"] == "right"


def test_own_ticks_are_kept() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1])
    axes.set_xticks([0, 1], ["low", "high"])
    _, layout = only(figure)
    assert layout["xaxis"]["tickvals"] == [0, 1] and layout["xaxis"]["ticktext"] == ["low", "high"]


def test_an_arrow_points_at_its_data() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 10], [0, 10])
    axes.annotate("peak", (5, 5), xytext=(30, 60), textcoords="offset pixels", arrowprops={"arrowstyle": "->"})
    _, layout = only(figure)
    note = layout["annotations"][0]
    assert (note["x"], note["y"], note["text"], note["showarrow"]) == (5, 5, "peak", True)
    assert close([note["ax"], note["ay"]], [30 * 96 / 100, -60 * 96 / 100])


def test_lines_points_and_surfaces_of_three_dimensions_can_be_turned() -> None:
    pytest.importorskip("mpl_toolkits.mplot3d")
    figure = Figure()
    axes: Any = figure.add_subplot(projection="3d", elev=30, azim=0)
    axes.plot([0, 1], [2, 3], [4, 5], label="line")
    axes.scatter([1, 2], [3, 4], [5, 6], c=[0.0, 1.0], s=36, depthshade=True)
    x, y = numpy.meshgrid(numpy.arange(3.0), numpy.arange(4.0))
    axes.plot_surface(x, y, x + y, rstride=1, cstride=1, color="red", shade=False)
    axes.plot_wireframe(x, y, x * y)
    axes.set(xlabel="a", zlim=(-1, 9), title="three")
    axes.legend()
    found = traces(figure)
    layout = converted(figure).figure["layout"]
    by_kind = {(trace["type"], trace.get("mode")): trace for trace in found}
    surface = by_kind["mesh3d", None]
    line = next(trace for trace in found if trace["name"] == "line")
    assert (line["x"], line["y"], line["z"], line["scene"]) == ([0, 1], [2, 3], [4, 5], "scene")
    points = by_kind["scatter3d", "markers"]
    assert (points["x"], points["y"], points["z"]) == ([1, 2], [3, 4], [5, 6]) and points["marker"]["size"] == 8
    assert {(a, b, c) for a, b, c in zip(surface["x"], surface["y"], surface["z"])} == {(a, b, a + b) for a in range(3) for b in range(4)}
    assert len(surface["i"]) == 2 * 3 * 2 and surface["color"] == "rgba(255,0,0,1)", "two triangles for each of 2 x 3 faces"
    wire = next(trace for trace in found if trace["type"] == "scatter3d" and None in trace["x"])
    assert {(a, b, c) for a, b, c in zip(wire["x"], wire["y"], wire["z"]) if a is not None} == {(a, b, a * b) for a in range(3) for b in range(4)}
    scene = layout["scene"]
    assert scene["zaxis"]["range"] == [-1, 9] and scene["xaxis"]["title"]["text"] == "a"
    eye = scene["camera"]["eye"]
    assert eye["y"] == 0 and close([eye["z"] / eye["x"]], [numpy.tan(numpy.radians(30))], 1e-3)


def polar(figure: Figure) -> None:
    figure.add_subplot(projection="polar").plot([0, 1], [1, 2])


def table(figure: Figure) -> None:
    figure.subplots().table([["1"]])


def hatched(figure: Figure) -> None:
    figure.subplots().add_patch(matplotlib.patches.Circle((0, 0), 1, hatch="/"))


def symlog(figure: Figure) -> None:
    figure.subplots().set_yscale("symlog")


def secondary(figure: Figure) -> None:
    figure.subplots().secondary_yaxis("right")


class Strange(matplotlib.artist.Artist):  # type: ignore[misc]
    """An artist that nobody knows."""


def strange(figure: Figure) -> None:
    figure.subplots().add_artist(Strange())


@pytest.mark.parametrize(
    ("draw", "what"),
    [(polar, "polar"), (table, "Table"), (hatched, "hatching"), (symlog, "symlog"), (secondary, "SecondaryAxis"), (strange, "Strange")],
)
def test_what_has_no_equivalent_is_named(draw: Any, what: str) -> None:
    figure = Figure()
    draw(figure)
    assert any(what in each for each in converted(figure).unsupported)


def test_invisible_artists_are_left_out() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2], [1, 2], visible=False)
    axes.add_artist(Strange()).set_visible(False)
    axes.bar([1], [1])[0].set_visible(False)
    found = converted(figure)
    assert found.figure["data"] == [] and found.unsupported == []
