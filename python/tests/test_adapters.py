"""Adapters: the logging module, Keras, Lightning, Transformers, the viewer. Frameworks that are not installed have stand-ins (`stand_ins/`)."""

import importlib.util
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

import pytest

from runyard import Logger, LogReader, RunyardError, viewer
from runyard.integrations.logging_handler import RunyardHandler

STAND_INS = Path(__file__).parent / "stand_ins"


@pytest.fixture
def frameworks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Frameworks that are installed are the real ones; stand-ins come last on the path."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [*sys.path, str(STAND_INS)])
    yield
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("keras", "lightning", "transformers") or name.startswith("runyard.integrations."):
            del sys.modules[name]


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    logger = logging.Logger("train", logging.DEBUG)
    yield logger
    for handler in logger.handlers:
        handler.close()


def test_messages_become_texts_and_each_is_kept(log: logging.Logger, tmp_path: Path) -> None:
    handler = RunyardHandler(Logger(tmp_path), level=logging.INFO)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    log.addHandler(handler)
    log.debug("too little")
    log.info("epoch %d", 3)
    log.warning("two\nlines")
    try:
        raise ValueError("what")
    except ValueError:
        log.exception("failed")
    handler.flush()
    texts = LogReader(tmp_path).load_text("log")
    assert texts[:2] == [(0, "INFO epoch 3"), (1, "WARNING two\nlines")]
    assert texts[2][0] == 2 and texts[2][1].startswith("ERROR failed\nTraceback") and texts[2][1].endswith("ValueError: what")


def test_messages_of_a_second_process_go_on_behind_those_of_the_first(log: logging.Logger, tmp_path: Path) -> None:
    for text in ("first", "second"):
        handler = RunyardHandler(Logger(tmp_path), "messages")
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.info(text)
        handler.flush()
        log.removeHandler(handler)
    assert LogReader(tmp_path).load_text("messages") == [(0, "first"), (1, "second")]


def test_a_message_that_cannot_be_made_or_logs_itself_breaks_nothing(log: logging.Logger, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Chatty:
        def __str__(self) -> str:
            log.info("while I am printed")
            return "chatty"

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("on fire")

    handler = RunyardHandler(Logger(tmp_path))
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.info("%s", Chatty())
    log.info("%s", Broken())
    log.info("%d", "no number")
    log.info("good")
    handler.flush()
    assert [text for _, text in LogReader(tmp_path).load_text("log")] == ["chatty", "good"]
    assert "is not recorded" in capsys.readouterr().err


def test_messages_of_many_threads_are_all_kept(log: logging.Logger, tmp_path: Path) -> None:
    handler = RunyardHandler(Logger(tmp_path))
    log.addHandler(handler)
    threads = [threading.Thread(target=lambda: [log.info("message") for _ in range(100)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.flush()
    assert len(LogReader(tmp_path).load_text("log")) == 400


def test_keras_epochs_and_batches_are_recorded(frameworks: None, tmp_path: Path) -> None:
    from runyard.integrations.keras import RunyardCallback

    callback = RunyardCallback(Logger(tmp_path), batches=2)
    callback.set_params({"epochs": 2})
    for epoch in range(2):
        for batch in range(3):
            callback.on_train_batch_end(batch, {"loss": batch})
        callback.on_epoch_end(epoch, {"loss": 1 / (epoch + 1), "val_loss": 2.0})
    callback.on_epoch_end(2, None)
    callback.on_train_end()
    reader = LogReader(tmp_path)
    assert reader.load_scalars("loss") == [(0, 1.0), (1, 0.5)] and reader.load_scalars("val_loss") == [(0, 2.0), (1, 2.0)]
    assert reader.load_scalars("batch/loss") == [(0, 0), (2, 2), (4, 1)]


def test_lightning_metrics_and_parameters_are_recorded_on_the_first_process(frameworks: None, tmp_path: Path) -> None:
    from runyard.integrations import lightning

    logger: Any = lightning.RunyardLogger(Logger(tmp_path))
    assert logger.name == "runyard" and logger.save_dir == str(tmp_path) and isinstance(logger.experiment, Logger)
    logger.log_hyperparams({"lr": 0.1, "model": Path("m")})
    logger.log_metrics({"loss": 0.5}, 3)
    rank = lightning.rank_zero_only.rank
    lightning.rank_zero_only.rank = 1
    try:
        logger.log_metrics({"loss": 9.0}, 4)
    finally:
        lightning.rank_zero_only.rank = rank
    logger.finalize("success")
    reader = LogReader(tmp_path)
    assert reader.load_scalars("loss") == [(3, 0.5)]
    assert reader.load_tables("hparams")[0][1]["rows"] == [["lr", 0.1], ["model", "m"]]


def test_transformers_logs_are_recorded_on_the_first_process(frameworks: None, tmp_path: Path) -> None:
    from runyard.integrations.transformers import RunyardCallback

    callback = RunyardCallback(Logger(tmp_path))
    callback.on_log(None, SimpleNamespace(global_step=5, is_world_process_zero=True), None, logs={"loss": 0.5, "note": "text"})
    callback.on_log(None, SimpleNamespace(global_step=6, is_world_process_zero=False), None, logs={"loss": 9.0})
    callback.on_log(None, SimpleNamespace(global_step=7, is_world_process_zero=True), None)
    callback.on_train_end(None, None, None)
    reader = LogReader(tmp_path)
    assert reader.load_scalars("loss") == [(5, 0.5)] and reader.load_text("note") == [(5, "text")]


def program(folder: Path, text: str) -> Path:
    path = folder / "runyard"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def test_the_viewer_starts_the_program(tmp_path: Path) -> None:
    os.environ["RUNYARD_BIN"] = str(program(tmp_path, f'printf "%s\\n" "$@" > "{tmp_path}/said"\nexit 3\n'))
    done = subprocess.run([sys.executable, "-m", "runyard.viewer", "a b", "--port", "8765"], timeout=60)
    assert done.returncode == 3
    assert (tmp_path / "said").read_text().splitlines() == ["see", "--port", "8765", "--", "a b"]
    assert viewer.run(Path("--odd"), open_browser=False) == 3
    assert (tmp_path / "said").read_text().splitlines() == ["see", "--no-browser", "--", "--odd"]


def test_the_viewer_is_there_without_an_import_of_its_own() -> None:
    code = "import runyard, sys; assert 'runyard.viewer' not in sys.modules; assert callable(runyard.viewer.run)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_viewer_without_the_program_names_the_remedy(tmp_path: Path) -> None:
    os.environ["RUNYARD_BIN"] = str(tmp_path / "nowhere")
    with pytest.raises(RunyardError, match="pip install runyard"):
        viewer.run(tmp_path)
    done = subprocess.run([sys.executable, "-m", "runyard.viewer", str(tmp_path)], timeout=60, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "pip install runyard" in done.stderr and "Traceback" not in done.stderr


def test_the_real_program_says_what_it_can_show(tmp_path: Path) -> None:
    binary = os.environ.get("RUNYARD_BIN")
    if not binary:
        pytest.skip("RUNYARD_BIN names no program")
    done = subprocess.run([sys.executable, "-m", "runyard.viewer", str(tmp_path), "--no-browser"], timeout=60, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and str(tmp_path) in done.stderr, done.stderr


def test_no_adapter_is_imported_before_it_is_asked_for() -> None:
    code = "import runyard, runyard.integrations, sys; assert not {'keras', 'lightning', 'transformers', 'torch', 'logging'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert importlib.util.find_spec("runyard.integrations.keras") is not None
