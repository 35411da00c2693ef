"""`@experiment` as far as it goes without the program: what it refuses before any work, and who is asked first."""

import datetime
import enum
import io
import os
import pickle
from pathlib import Path
from typing import Any, List

import pytest

import runyard
from runyard import EngineError, EngineMissing, ExecutorName, Executor, ExperimentError, Result, Tensor, _batch, _command_line, _engine, _experiment, experiment, get_executor
from runyard._follow import Follower
from runyard._progress import Progress


@experiment
def train(config: Any) -> Any:
    """Trains."""
    return config["lr"] * 2


@train.configs
def some_configs() -> Any:
    return [{"lr": 1}]


@train.report
def some_report(results: Any) -> Any:
    return results


class Color(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 3


@pytest.fixture
def no_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # One that an earlier test started would answer still.
    _engine.close()
    monkeypatch.setenv("RUNYARD_BIN", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    # One that another test has started would answer.
    _engine.close()


def test_an_experiment_is_still_its_function() -> None:
    assert train({"lr": 2}) == 4 and train.__name__ == "train" and train.__doc__ == "Trains." and train.name == "train"
    assert some_configs() == [{"lr": 1}] and pickle.loads(pickle.dumps(train)) is train
    assert experiment(name="other")(lambda config: 1).name == "other" and experiment(name="")(some_report).name == "some_report"


def test_without_the_program_one_error_names_the_command(no_program: None, tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match="pip install runyard") as caught:
        train.run(argv=[])
    assert "`train`" in str(caught.value) and list(tmp_path.iterdir()) == []
    (tmp_path / "a.yaml").write_text("a: 1\n")
    with pytest.raises(EngineMissing, match="load_config needs the program"):
        runyard.load_config("a.yaml")
    os.environ["RUNYARD_BIN"] = "/nowhere/runyard"
    with pytest.raises(EngineMissing, match="/nowhere/runyard.*RUNYARD_BIN"):
        runyard.load_config("a.yaml")


@pytest.mark.parametrize(
    "program, message",
    [
        ("exit 2", "does not fit this package: it ended at once\ninstall both"),
        ("echo '{\"protocol\": 9}'; cat", "speaks protocol 9"),
        ("echo no JSON; cat", "it ended at once"),
        ("echo '{\"protocol\": 1}'; read line", "ended while it was asked to compose"),
        ("echo '{\"protocol\": 1}'; read line; echo '{\"id\": 1, \"error\": {\"code\": \"c\", \"message\": \"m\", \"hint\": \"h\"}}'; cat", "m\nh"),
    ],
)
def test_a_program_that_does_not_answer_as_agreed_is_an_error_and_never_a_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, message: str
) -> None:
    stub = tmp_path / "stub"
    stub.write_text(f"#!/bin/sh\n{program}\n")
    stub.chmod(0o755)
    monkeypatch.setenv("RUNYARD_BIN", str(stub))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("a: 1\n")
    _engine.close()
    with pytest.raises(EngineError) as caught:
        runyard.load_config("a.yaml")
    _engine.close()
    assert message in str(caught.value)


def test_configs_of_no_files_need_no_program(no_program: None) -> None:
    assert runyard.load_config([]) == {} and runyard.load_config([], overrides={"a.b": 1}).a.b == 1
    with pytest.raises(FileNotFoundError, match="gone.yaml"):
        runyard.load_config("gone.yaml")


def test_configs_and_report_are_missed_before_any_work(no_program: None) -> None:
    bare = experiment(lambda config: 1)
    with pytest.raises(ExperimentError, match="has no report.*\n.*report"):
        bare.run(configs=[{}], argv=[])
    with pytest.raises(RuntimeError, match="has no configs.*\n.*configs"):
        bare.run(report=print, argv=[])


@pytest.mark.parametrize(
    "configs, message",
    [
        ([{"a": 1}, {"name": "x", "m": {"s": {1, 2}}}], r"config 1 \('x'\): `m.s` is a value of type `set`\n.*sorted"),
        ([{"out": 1}], "config 0 has the key `out`"),
        ([{"l": [1, object()]}], r"`l.1` is a value of type `object`"),
        ([{"f": print}], "its name"),
        ([{"d": datetime.date(2020, 1, 1)}], "isoformat"),
        ([{"e": Color.RED}], r"\.value"),
        ([{"m": {1: 2}}], r"`m.1` is a key of type `int`\n.*'1'"),
        ([{"t": "\ud800"}], "surrogate"),
        ([{"n": 10**5000}], "thousands of digits"),
        ([[1]], "config 0 is a `list`"),
        ({"a": 1}, "one dict"),
        (7, "the configs are 7"),
    ],
)
def test_a_config_that_cannot_reach_a_function_is_named_before_anything_runs(no_program: None, configs: Any, message: str) -> None:
    with pytest.raises(ExperimentError, match=message):
        train.run(configs=configs, argv=[])


def test_values_that_json_knows_in_another_form_are_carried() -> None:
    numpy = pytest.importorskip("numpy")
    checked = _batch.checked(
        [{"t": (1, (2,)), "p": Path("a/b"), "n": [numpy.float32(0.5), numpy.int64(3), numpy.array(2), numpy.bool_(True), numpy.str_("s")], "l": Level.HIGH, "x": None}]
    )
    assert checked[0] == {"t": [1, [2]], "p": "a/b", "n": [0.5, 3, 2, True, "s"], "l": 3, "x": None}
    assert [type(value) for value in checked[0]["n"]] == [float, int, int, bool, str] and type(checked[0]["l"]) is int
    loop: List[Any] = []
    loop.append(loop)
    with pytest.raises(ExperimentError, match="nested too deeply"):
        _batch.checked([{"loop": loop}])


def test_the_shape_of_the_configs_is_kept() -> None:
    assert _batch.checked(Tensor([{}] * 4, (2, 2))).shape == (2, 2) and _batch.checked(iter([{}, {}])).shape == (2,) and _batch.checked([]).shape == (0,)


def options(argv: List[str], **given: Any) -> _batch.Options:
    decorated = experiment(name="decorated", executor="fork", timestamp=False, retry=1)(lambda config: 1)
    all_given = {"name": None, "executor": None, "timestamp": None, "retry": None, "jobs": None, **given}
    return decorated._options(_command_line.read(argv), "out", all_given)


def test_the_command_line_counts_more_than_arguments_and_these_more_than_the_decorator() -> None:
    plain = options([])
    assert (plain.name, repr(plain.executor), plain.timestamp, plain.retry, plain.jobs) == ("decorated", "ForkExecutor(modules=None)", False, 1, None)
    given = {"name": "given", "executor": "inline", "timestamp": "T1", "retry": 2, "jobs": 3}
    ours = options([], **given)
    assert (ours.name, repr(ours.executor), ours.timestamp, ours.retry, ours.jobs) == ("given", "InlineExecutor()", "T1", 2, 3)
    argv = ["--name", "typed", "--executor", "subprocess", "--timestamp", "T2", "--retry", "0", "-j", "5", "--output-dir", "/o"]
    typed = options(argv, **given)
    assert (typed.name, repr(typed.executor), typed.timestamp, typed.retry, typed.jobs, typed.output_dir) == ("typed", "SubprocessExecutor()", "T2", 0, 5, Path("/o"))
    assert options(["--no-timestamp"], timestamp=True).timestamp is False and options(["--continue"]).timestamp == ""
    assert options([], name="").name == "decorated" and options([], timestamp=True).timestamp is True


def test_a_report_on_batches_is_on_the_newest() -> None:
    assert options(["--report"], timestamp=True).timestamp == "" and options(["--report"]).timestamp is False
    assert options(["--report", "--timestamp", "T"]).timestamp == "T"


@pytest.mark.parametrize(
    "argv",
    [["--unknown"], ["--no-timestamp", "--timestamp", "T"], ["--continue", "--timestamp", "T"], ["--report", "--rerun"], ["-j", "0"], ["--retry", "-1"], ["--retry", "x"]],
)
def test_words_that_make_no_sense_end_with_status_2(argv: List[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        train.run(argv=argv)
    assert caught.value.code == 2


@pytest.mark.parametrize("given", [{"jobs": 0}, {"retry": -1}, {"jobs": 1.5}])
def test_arguments_that_make_no_sense_are_errors(given: Any) -> None:
    with pytest.raises(ExperimentError, match="give a number from"):
        train.run(argv=[], **given)


def test_how_many_run_at_a_time() -> None:
    class Mine(Executor):
        pass

    assert options([]).limit is None and options(["-j", "3"]).limit == 3 and options(["-s"]).limit == 1 and options(["-s", "-j", "2"]).limit == 2
    assert options(["-j", "3"], executor="inline").limit == 1 and options([], executor=Mine()).limit == 1 and options(["-j", "3"], executor=Mine()).limit == 3


def test_executors_by_name_and_instance() -> None:
    mine = Executor()
    assert get_executor(mine) is mine
    assert [type(get_executor(name)).__name__ for name in ExecutorName] == ["InlineExecutor", "SubprocessExecutor", "ForkExecutor"]
    assert (runyard.inline, runyard.subprocess, runyard.fork) == ("inline", "subprocess", "fork")
    with pytest.raises(ValueError, match="there are inline, subprocess, fork"):
        get_executor("thread")
    for name in ("ray", "ray:auto", "ray://host:1"):
        with pytest.raises(ExperimentError, match="not there yet"):
            get_executor(name)
    with pytest.raises(TypeError, match=r"write InlineExecutor\(\)"):
        get_executor(runyard.InlineExecutor)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        get_executor(None)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError):
        mine.run(print, runyard.Config(), Path())


def test_a_report_gets_the_folder_if_it_has_a_place_for_it(tmp_path: Path) -> None:
    results: "Tensor[Result]" = Tensor([])
    for reporter in (lambda r, out: out, lambda r, out=None: out, lambda r, out, more=1: out):
        assert _experiment._reported(reporter, results, tmp_path) == tmp_path / "report"
    for reporter in (lambda r: None, lambda r, verbose=False: None, lambda *r: None, lambda r, *, out=None: out, len):
        assert not _experiment._takes_folder(reporter)
    assert (tmp_path / "report").is_dir()


def test_modules_for_a_warm_interpreter_are_those_that_the_script_imports_without_a_condition(tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text(
        "from __future__ import annotations\nimport os.path, json as j\nfrom concurrent import futures\nfrom pathlib import Path\nimport runyard\n"
        "import not_imported_here\ntry:\n    import csv\nexcept ImportError: pass\nif 1:\n    import ast\n"
    )
    import concurrent.futures  # noqa: F401

    from runyard._executors import imported_by

    assert imported_by(str(script)) == ["os.path", "json", "concurrent", "concurrent.futures", "pathlib"]
    assert imported_by(str(tmp_path / "gone.py")) == [] and imported_by(None) == []


@pytest.mark.parametrize("slots, is_told", [(2, True), (4, False)])
def test_fewer_slots_than_jobs_are_told(slots: int, is_told: bool) -> None:
    stream = io.StringIO()
    points = [_batch.Point(index, {}, name=f"p{index}") for index in range(5)]
    with Follower(options(["-j", "4"]), points, train.function, Progress(5, 0, stream=stream)) as follower:

        def submit(command: Any, settings: Any) -> Any:
            follower.take_event({"event": "end", "sweep": "s"})
            return {"sweep": "s", "slots": slots}

        follower.follow(submit)
    assert (f"4 may run at a time, and the project has {slots} slots" in stream.getvalue()) is is_told
    assert [point.status for point in points] == ["lost"] * 5 and points[0].error is not None
