"""Images and meshes: values keep their values, colours become a picture."""

import base64
from typing import Any, List

from ._plotly import Json, colour_scale, number, numbers
from ._plotly_axes import Plane
from ._png import encode_png


def add_image(plane: Plane, image: Any) -> None:
    """`imshow`: an array of values as a heat map, one of colours as a picture."""
    import numpy

    left, right, bottom, top = (float(limit) for limit in image.get_extent())
    array = image.get_array()
    rows, columns = array.shape[:2]
    if image.origin == "upper":
        bottom, top = top, bottom
    # Row 0 begins at `bottom` now.
    dx, dy = (right - left) / columns, (top - bottom) / rows
    if array.ndim == 2 and _is_linear(image):
        plane.trace(image, {"x0": left + dx / 2, "dx": dx, "y0": bottom + dy / 2, "dy": dy, **_heat(image, array)})
        return
    pixels = image.to_rgba(array, bytes=True, norm=True)
    if dy < 0:
        # A picture's rows go down the screen, so its first is the last of the array where y grows upwards.
        pixels, bottom, dy = pixels[::-1], top, -dy
    if dx < 0:
        pixels, left, dx = pixels[:, ::-1], right, -dx
    source = "data:image/png;base64," + base64.b64encode(encode_png(numpy.ascontiguousarray(pixels))).decode("ascii")
    plane.trace(image, {"type": "image", "source": source, "x0": left + dx / 2, "dx": dx, "y0": bottom + dy / 2, "dy": dy})


def add_mesh(plane: Plane, mesh: Any) -> None:
    """`pcolormesh`, `hist2d`: cells of any width if their edges are straight, else their outlines."""
    import numpy

    from ._plotly_areas import add_collection

    corners = mesh.get_coordinates() if hasattr(mesh, "get_coordinates") else mesh._coordinates
    array = mesh.get_array()
    is_straight = bool(numpy.array_equal(corners[:, :, 0], numpy.broadcast_to(corners[:1, :, 0], corners.shape[:2])))
    is_straight = is_straight and bool(numpy.array_equal(corners[:, :, 1], numpy.broadcast_to(corners[:, :1, 1], corners.shape[:2])))
    is_flat = array is not None and array.size == (corners.shape[0] - 1) * (corners.shape[1] - 1)
    if not (is_straight and is_flat and _is_linear(mesh)):
        if is_flat:
            add_collection(plane, mesh)
        else:
            plane.page.refuse("shaded mesh")
        return
    values = array.reshape(corners.shape[0] - 1, corners.shape[1] - 1)
    plane.trace(mesh, {"x": plane.xs(corners[0, :, 0]), "y": plane.ys(corners[:, 0, 1]), **_heat(mesh, values)})


def _heat(mappable: Any, values: Any) -> Json:
    low, high = mappable.get_clim()
    trace: Json = {"type": "heatmap", "z": _rounded(values), "zmin": number(low), "zmax": number(high)}
    trace.update(colorscale=colour_scale(mappable.get_cmap(), 64), showscale=False, zsmooth=False)
    alpha = mappable.get_alpha()
    if isinstance(alpha, (int, float)):
        trace["opacity"] = float(alpha)
    return trace


def _rounded(values: Any) -> List[Any]:
    """Single precision says more than a colour shows, in half the digits."""
    import numpy

    masked: Any = numpy.ma
    array = masked.filled(masked.asarray(values, dtype=float), float("nan"))
    if array.size > 4096:
        with numpy.errstate(all="ignore"):
            digits = 5 - numpy.floor(numpy.log10(numpy.nanmax(numpy.abs(array)))) if bool((array != 0).any()) else 0
        if numpy.isfinite(digits):
            array = numpy.round(array, int(digits))
    return numbers(array)


def _is_linear(mappable: Any) -> bool:
    from matplotlib.colors import Normalize

    return type(mappable.norm) is Normalize
