"""The `SummaryWriter` takes what those of tensorboardX and PyTorch take, and keeps what it can."""

import inspect
import json
import os
import time
from pathlib import Path
from typing import Dict, List

import pytest

from runyard import LogReader, tensorboard
from runyard.tensorboardX import SummaryWriter

# The arguments of tensorboardX 2.6.5, in their order; those of torch.utils.tensorboard are a beginning of them, or have a default.
SIGNATURES: Dict[str, List[str]] = {
    "__init__": ["logdir", "comment", "purge_step", "max_queue", "flush_secs", "filename_suffix", "write_to_disk", "log_dir", "comet_config"],
    "add_scalar": ["tag", "scalar_value", "global_step", "walltime", "display_name", "summary_description"],
    "add_scalars": ["main_tag", "tag_scalar_dict", "global_step", "walltime"],
    "add_text": ["tag", "text_string", "global_step", "walltime"],
    "add_figure": ["tag", "figure", "global_step", "close", "walltime"],
    "add_image": ["tag", "img_tensor", "global_step", "walltime", "dataformats"],
    "add_images": ["tag", "img_tensor", "global_step", "walltime", "dataformats"],
    "add_image_with_boxes": ["tag", "img_tensor", "box_tensor", "global_step", "walltime", "dataformats", "labels"],
    "add_histogram": ["tag", "values", "global_step", "bins", "walltime", "max_bins"],
    "add_histogram_raw": ["tag", "min", "max", "num", "sum", "sum_squares", "bucket_limits", "bucket_counts", "global_step", "walltime"],
    "add_hparams": ["hparam_dict", "metric_dict", "name", "global_step"],
    "export_scalars_to_json": ["path"],
    "use_metadata": ["global_step", "walltime"],
    "flush": [],
    "close": [],
}
NOT_KEPT = [
    "add_graph", "add_onnx_graph", "add_openvino_graph", "add_audio", "add_video", "add_embedding", "add_mesh", "add_pr_curve", "add_pr_curve_raw",
    "add_custom_scalars", "add_custom_scalars_marginchart", "add_custom_scalars_multilinechart",
]  # fmt: skip


def test_arguments_stand_where_tensorboard_x_has_them() -> None:
    for name, wanted in SIGNATURES.items():
        found = [each for each in inspect.signature(getattr(SummaryWriter, name)).parameters if each not in ("self", "kwargs")]
        assert found[: len(wanted)] == wanted, name
    assert tensorboard.SummaryWriter is SummaryWriter


def test_everything_that_tensorboard_x_has_is_there() -> None:
    real = pytest.importorskip("tensorboardX").SummaryWriter
    for name, method in inspect.getmembers(real, inspect.isfunction):
        if name.startswith("_"):
            continue
        ours = getattr(SummaryWriter, name, None)
        assert ours is not None, name
        if name in SIGNATURES:
            wanted = [each for each in inspect.signature(method).parameters if each not in ("self", "kwargs")]
            assert [each for each in inspect.signature(ours).parameters if each not in ("self", "kwargs")][: len(wanted)] == wanted, name
        else:
            assert name in NOT_KEPT, name


def test_scalars_and_texts_are_kept_with_their_steps_and_times(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path), flush_secs=1) as writer:
        for step in range(3):
            writer.add_scalar("loss", 1 / (step + 1), step)
            writer.add_scalar("counted", step * 10)
        writer.add_scalars("both", {"a": 1, "b": 2}, 5)
        writer.add_scalar("then", 7, 1, walltime=1000.5)
        writer.add_text("note", "hello", 4)
        with writer.use_metadata(global_step=9):
            writer.add_scalar("inside", 1)
        assert writer.logdir == writer.log_dir == writer.get_logdir() == str(tmp_path)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("loss") == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    assert reader.load_scalars("counted") == [(0, 0), (1, 10), (2, 20)]
    assert reader.load_scalars("both/a") == [(5, 1)] and reader.load_scalars("both/b") == [(5, 2)]
    assert reader.load_scalars("inside") == [(9, 1)]
    assert reader.load_text("note") == [(4, "hello")]
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert {"step": 1, "time": 1000.5, "then": 7} in rows
    writer.export_scalars_to_json(tmp_path / "all.json")
    exported = json.loads((tmp_path / "all.json").read_text())
    assert [point[1:] for point in exported["loss"]] == [[0, 1.0], [1, 0.5], [2, 1 / 3]]
    assert abs(exported["loss"][0][0] - time.time()) < 60


def test_histograms_and_parameters_are_kept(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram("h", numpy.arange(10), 1)
        writer.add_histogram("edges", numpy.arange(10), 1, bins=[0, 5, 10])
        writer.add_histogram("few", numpy.arange(10), 1, max_bins=4)
        writer.add_histogram_raw("raw", min=0, max=3, num=3, sum=4.5, sum_squares=8, bucket_limits=[1, 2, 3], bucket_counts=[1, 1, 1], global_step=2)
        writer.add_hparams({"lr": 0.1, "name": "x"}, {"accuracy": 0.9})
    reader = LogReader(tmp_path)
    assert sum(reader.load_histograms("h")[0][1]["counts"]) == 10
    assert reader.load_histograms("edges")[0][1] == {"edges": [0, 5, 10], "counts": [5, 5]}
    assert len(reader.load_histograms("few")[0][1]["counts"]) == 4
    assert reader.load_histograms("raw") == [(2, {"edges": [0, 1, 2, 3], "counts": [1, 1, 1]})]
    assert reader.load_tables("hparams")[0][1]["rows"] == [["lr", 0.1], ["name", "x"]]
    assert reader.latest["accuracy"] == 0.9


def test_images_are_kept(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    pillow = pytest.importorskip("PIL.Image")
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("chw", numpy.zeros((3, 4, 5)), 1)
        writer.add_image("hw", numpy.zeros((4, 5)), 1, dataformats="HW")
        writer.add_images("many", numpy.ones((10, 3, 2, 2)), 1)
        writer.add_image_with_boxes("boxed", numpy.zeros((3, 8, 8)), numpy.array([[1, 2, 6, 5]]), 1)
    reader = LogReader(tmp_path)
    sizes = {tag: pillow.open(reader.image_file(tag, 1)).size for tag in reader.image_tags}
    assert sizes == {"chw": (5, 4), "hw": (5, 4), "many": (16, 4), "boxed": (8, 8)}
    boxed = numpy.asarray(pillow.open(reader.image_file("boxed", 1)))
    assert boxed[2, 1].tolist() == boxed[5, 6].tolist() == [255, 0, 0] and boxed[3, 3].tolist() == [0, 0, 0]


def test_figures_are_kept_and_closed_as_it_is_asked(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as pyplot

    figures = [pyplot.figure() for _ in range(3)]
    with SummaryWriter(tmp_path) as writer:
        writer.add_figure("f", figures[0], 1)
        writer.add_figure("g", figures[1:], 1, close=False)
    assert [pyplot.fignum_exists(figure.number) for figure in figures] == [False, True, True]
    pyplot.close("all")
    assert LogReader(tmp_path).figure_tags == ["f", "g/0", "g/1"]


def test_what_is_not_kept_is_accepted_and_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    writer = SummaryWriter(tmp_path)
    for name in NOT_KEPT:
        for _ in range(2):
            getattr(writer, name)("tag", object(), global_step=1)
    writer.add_histogram_raw("raw", None, None, None, None, None, None, None)  # type: ignore[arg-type]
    writer.add_images("x", object())
    writer.add_hparams(None, None)  # type: ignore[arg-type]
    writer.close()
    said = capsys.readouterr().err.splitlines()
    assert sum("not kept" in line for line in said) == 7, said
    assert sum("is not recorded" in line for line in said) == 3, said


def test_without_a_folder_the_run_s_is_meant_and_outside_of_one_a_new_one(tmp_path: Path) -> None:
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        writer = SummaryWriter(comment="-trial")
        writer.add_scalar("x", 1, 1)
        writer.close()
        assert Path(writer.logdir).parent == Path("runs") and writer.logdir.endswith("-trial")
        os.environ["RUNYARD_RUN_DIR"] = str(tmp_path / "run")
        assert SummaryWriter().logdir == str(tmp_path / "run")
        silent = SummaryWriter("nothing", write_to_disk=False)
        silent.add_scalar("x", 1)
        silent.add_figure("x", None)
        silent.close()
        assert not Path("nothing").exists()
    finally:
        os.chdir(before)
