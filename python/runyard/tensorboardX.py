"""A `SummaryWriter` as tensorboardX and PyTorch have it, that records as a `Logger` does.

Existing code needs one changed import::

    from runyard.tensorboardX import SummaryWriter     # was: from tensorboardX import SummaryWriter
    from runyard.tensorboard import SummaryWriter      # was: from torch.utils.tensorboard import SummaryWriter
"""

import contextlib
import datetime
import json
import os
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from . import _environment as environment
from ._logger import Logger, Step
from ._values import to_json
from ._warn import warn_once

__all__ = ["SummaryWriter"]


class SummaryWriter:
    """Records what TensorBoard's writers are given, in the format of a `Logger`; never raises.

    Args:
        logdir: The folder. None: that of the Runyard run, or, outside of one, ``runs/<time>_<host><comment>``.
        comment: Put behind the name of such a folder.
        log_dir: The same as ``logdir``, as PyTorch calls it.
        write_to_disk: If False, nothing is recorded.

    The other arguments are accepted and change nothing: rows are in their files after 0.2 s. Graphs, audio, video, embeddings, meshes,
    precision-recall curves and layouts are not kept, which is said once for each kind.

    Of values without a ``global_step`` each gets the next whole number of its tag.
    """

    def __init__(
        self,
        logdir: "Optional[Union[str, os.PathLike[str]]]" = None,
        comment: Optional[str] = "",
        purge_step: Optional[int] = None,
        max_queue: Optional[int] = 10,
        flush_secs: Optional[int] = 120,
        filename_suffix: Optional[str] = "",
        write_to_disk: Optional[bool] = True,
        log_dir: "Optional[Union[str, os.PathLike[str]]]" = None,
        comet_config: Optional[Mapping[str, object]] = None,
        **kwargs: object,
    ) -> None:
        folder = logdir or log_dir or environment.path(environment.RUN_DIR)
        if folder is None:
            now = datetime.datetime.now().strftime("%b%d_%H-%M-%S")
            folder = Path("runs") / f"{now}_{socket.gethostname()}{comment or ''}"
        self.logdir = os.fspath(folder)
        self._logger: Optional[Logger] = Logger(folder) if write_to_disk is not False else None
        self._counts: Dict[str, int] = {}
        self._step: Optional[Step] = None

    @property
    def log_dir(self) -> str:
        """The folder, as PyTorch calls it."""
        return self.logdir

    def get_logdir(self) -> str:
        """Returns the folder."""
        return self.logdir

    def add_scalar(
        self,
        tag: str,
        scalar_value: object,
        global_step: Optional[Step] = None,
        walltime: Optional[float] = None,
        display_name: Optional[str] = "",
        summary_description: Optional[str] = "",
        **kwargs: object,
    ) -> None:
        """Records a number; with a ``walltime``, in seconds since 1970, as of then."""
        if self._logger is not None:
            self._logger._add_at(tag, scalar_value, self._next(tag, global_step), walltime)

    def add_scalars(self, main_tag: str, tag_scalar_dict: Mapping[str, object], global_step: Optional[Step] = None, walltime: Optional[float] = None) -> None:
        """Records numbers under ``main_tag/<their key>``."""

        def add() -> None:
            for key, value in tag_scalar_dict.items():
                self.add_scalar(f"{main_tag}/{key}", value, global_step, walltime)

        self._try("scalars", main_tag, add)

    def add_text(self, tag: str, text_string: str, global_step: Optional[Step] = None, walltime: Optional[float] = None) -> None:
        """Records a text."""
        if self._logger is not None:
            self._logger.add_text(tag, text_string, self._next("text " + str(tag), global_step))

    def add_figure(self, tag: str, figure: Any, global_step: Optional[Step] = None, close: Optional[bool] = True, walltime: Optional[float] = None) -> None:
        """Records a figure, or several under ``tag/<number>``, and closes them unless ``close`` is False."""
        if self._logger is None:
            return
        many = isinstance(figure, (list, tuple))
        for number, each in enumerate(figure if many else [figure]):
            name = f"{tag}/{number}" if many else tag
            self._logger.add_figure(name, each, self._next("figure " + str(name), global_step))
            if close and "matplotlib.pyplot" in sys.modules:
                self._try("figure", tag, partial(sys.modules["matplotlib.pyplot"].close, each))

    def add_image(self, tag: str, img_tensor: Any, global_step: Optional[Step] = None, walltime: Optional[float] = None, dataformats: Optional[str] = "CHW") -> None:
        """Records an image; ``dataformats`` is the order of its axes."""
        if self._logger is not None:
            order = dataformats if dataformats and len(getattr(img_tensor, "shape", ())) == len(dataformats) else None
            self._logger.add_image(tag, img_tensor, self._next("image " + str(tag), global_step), dataformats=order)

    def add_images(self, tag: str, img_tensor: Any, global_step: Optional[Step] = None, walltime: Optional[float] = None, dataformats: Optional[str] = "NCHW") -> None:
        """Records several images as one, eight in a row."""
        self._try("images", tag, lambda: self.add_image(tag, _grid(img_tensor, dataformats or "NCHW"), global_step, walltime, "HWC"))

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Optional[Step] = None,
        walltime: Optional[float] = None,
        dataformats: Optional[str] = "CHW",
        labels: Optional[List[str]] = None,
        **kwargs: object,
    ) -> None:
        """Records an image with boxes drawn on it, each ``[left, top, right, bottom]`` in pixels; their labels are not drawn."""
        self._try("image", tag, lambda: self.add_image(tag, _boxed(img_tensor, box_tensor, dataformats or "CHW"), global_step, walltime, "HWC"))

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Optional[Step] = None,
        bins: Union[str, int, Sequence[float], None] = "tensorflow",
        walltime: Optional[float] = None,
        max_bins: Optional[int] = None,
    ) -> None:
        """Records how values are distributed; named kinds of bins are 64 of equal width."""
        if self._logger is not None:
            chosen = max_bins or 64 if bins is None or isinstance(bins, str) else bins
            self._logger.add_histogram(tag, values, self._next("histogram " + str(tag), global_step), bins=chosen)

    def add_histogram_raw(
        self,
        tag: str,
        min: float,
        max: float,
        num: int,
        sum: float,
        sum_squares: float,
        bucket_limits: Sequence[float],
        bucket_counts: Sequence[int],
        global_step: Optional[Step] = None,
        walltime: Optional[float] = None,
    ) -> None:
        """Records counts per bin; ``bucket_limits`` are the bins' right edges."""

        def add() -> None:
            if self._logger is not None:
                limits = [float(limit) for limit in bucket_limits]
                edges = [float(min) if float(min) < limits[0] else limits[0] - 1.0, *limits]
                content: Dict[str, object] = {"edges": edges, "counts": to_json([int(count) for count in bucket_counts])}
                self._logger._append("histograms", tag, self._next("histogram " + str(tag), global_step), lambda: content)

        self._try("histogram", tag, add)

    def add_hparams(
        self, hparam_dict: Mapping[str, object], metric_dict: Mapping[str, object], name: Optional[str] = None, global_step: Optional[Step] = None, run_name: Optional[str] = None, **kwargs: object
    ) -> None:
        """Records parameters as a table ``hparams``, and results, of which the newest values count."""

        def add() -> None:
            if self._logger is not None:
                self._logger.add_table(name or "hparams", ["name", "value"], [[key, to_json(value)] for key, value in hparam_dict.items()], global_step)
                self._logger._add_results(metric_dict)

        self._try("hparams", name or "hparams", add)

    def export_scalars_to_json(self, path: "Union[str, os.PathLike[str]]") -> None:
        """Writes all scalars as ``{tag: [[seconds since 1970, step, value], …]}``."""
        from ._log_reader import LogReader

        def export() -> None:
            if self._logger is not None:
                self._logger.flush()
                reader = LogReader(self.logdir)
                found = {tag: [[dict(reader.load_times(tag)).get(step), step, to_json(value)] for step, value in reader.load_scalars(tag)] for tag in reader.scalar_tags}
                Path(path).write_text(json.dumps(found), encoding="utf-8")

        self._try("export", str(path), export)

    @contextlib.contextmanager
    def use_metadata(self, *, global_step: Optional[Step] = None, walltime: Optional[float] = None) -> Iterator[None]:
        """Within the block, what comes without a ``global_step`` has this one."""
        before, self._step = self._step, global_step
        try:
            yield
        finally:
            self._step = before

    def flush(self) -> None:
        """Waits until everything is in its file."""
        if self._logger is not None:
            self._logger.flush()

    def close(self) -> None:
        """Flushes; what comes later is recorded all the same."""
        if self._logger is not None:
            self._logger.close()

    def __enter__(self) -> "SummaryWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add_graph(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("graphs")

    def add_onnx_graph(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("graphs")

    def add_openvino_graph(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("graphs")

    def add_audio(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("audio")

    def add_video(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("video")

    def add_embedding(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("embeddings")

    def add_mesh(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("meshes")

    def add_pr_curve(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("precision-recall curves")

    def add_pr_curve_raw(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("precision-recall curves")

    def add_custom_scalars(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("layouts of charts")

    def add_custom_scalars_marginchart(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("layouts of charts")

    def add_custom_scalars_multilinechart(self, *_: object, **__: object) -> None:
        """Not kept; said once."""
        _not_kept("layouts of charts")

    def _next(self, tag: str, step: Optional[Step]) -> Step:
        if step is not None:
            return step
        if self._step is not None:
            return self._step
        count = self._counts.get(tag, 0)
        self._counts[tag] = count + 1
        return count

    @staticmethod
    def _try(kind: str, tag: object, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - recording never breaks training
            warn_once(f"writer {kind} {type(error).__name__}", f"`{tag}` ({kind}) is not recorded: {type(error).__name__}: {error}")


def _not_kept(what: str) -> None:
    warn_once(f"writer {what}", f"{what} are not kept; the rest is")


def _grid(images: Any, dataformats: str) -> Any:
    """Several images as one, at most eight in a row."""
    import numpy

    from ._media import to_array

    array = to_array(images)
    order = dataformats.upper()
    array = array.transpose([order.index(axis) for axis in "NHWC" if axis in order])
    if array.ndim == 3:
        array = array[:, :, :, None]
    count, height, width, channels = array.shape
    columns = min(count, 8)
    rows = -(-count // columns)
    grid = numpy.zeros((rows * height, columns * width, channels), array.dtype)
    for index in range(count):
        row, column = divmod(index, columns)
        grid[row * height : (row + 1) * height, column * width : (column + 1) * width] = array[index]
    return grid


def _boxed(image: Any, boxes: Any, dataformats: str) -> Any:
    """An image with red frames on it."""
    import numpy

    from ._media import _pixels, to_array

    array = _pixels(image, dataformats)
    if array.ndim == 2:
        array = numpy.stack([array] * 3, axis=2)
    array = array.copy()
    height, width = array.shape[:2]
    red = numpy.array([255, 0, 0, 255], numpy.uint8)[: array.shape[2]]
    for left, top, right, bottom in to_array(boxes).reshape(-1, 4):
        x0, x1 = (int(min(max(side, 0), width - 1)) for side in (left, right))
        y0, y1 = (int(min(max(side, 0), height - 1)) for side in (top, bottom))
        array[[y0, y1], x0 : x1 + 1] = red
        array[y0 : y1 + 1, [x0, x1]] = red
    return array
