"""Experiments that really run: every executor, every way to fail, what is kept and what is run again."""

import json
import pickle
import shutil
import textwrap
from pathlib import Path
from typing import Any, List

import pytest
from scripts import Ended, Project, point, program, script  # noqa: F401

pytestmark = pytest.mark.usefixtures("program")

EXECUTORS = ["subprocess", "fork", "inline"]


def test_a_batch_has_the_documented_folders(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[point("a"), point("b", x=3)])
    ended = project.run()
    assert project.reported == [["a", "completed", {"twice": 2}], ["b", "completed", {"twice": 6}]]
    assert "value [['a'" in ended.out and "[2/2] passed" in ended.err
    (batch,) = (tmp_path / "out" / "train").iterdir()
    assert (batch / "report").is_dir() and len(batch.name) == 19
    folder = next(batch.glob("b-*"))
    assert len(folder.name) == 2 + 12
    assert pickle.loads((folder / "result.pkl").read_bytes()) == {"format": 1, "result": {"twice": 6}}
    assert json.loads((folder / "result.json").read_text()) == {"format": 1, "result": {"twice": 6}}
    assert (folder / "artifact.txt").read_text() == "b" and not (folder / "error.json").exists()
    assert (folder / "log.out").read_text() == "hello from b\n" and (folder / "logs" / "run_0001.log").read_text() == "hello from b\n"
    run = folder / ".runyard" / "run_0001"
    assert (run / "run.json").is_file() and json.loads((run / "config.json").read_text()) == {"name": "b", "x": 3}


@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_way_to_fail_is_told_and_the_report_sees_it(tmp_path: Path, executor: str) -> None:
    configs = [point("fine"), point("raise", "raise"), point("exit0", "exit", code=0), point("exit3", "exit", code=3), point("lambda", "lambda"), point("chdir", "chdir")]
    if executor != "inline":
        configs += [point("_exit", "_exit", code=5), point("_exit0", "_exit", code=0), point("crash", "crash"), point("kill", "kill")]
    project = Project(tmp_path, configs=configs)
    ended = project.run("--executor", executor, code=1)
    reported = {name: (status, what) for name, status, what in project.reported}
    assert len(reported) == len(configs)
    assert reported.pop("fine") == ("completed", {"twice": 2}) and reported.pop("chdir") == ("completed", {"twice": 2})
    assert {status for status, _ in reported.values()} == {"failed"}
    assert reported["raise"][1] == "ValueError: bad value"
    assert reported["exit0"][1] == "SystemExit: the function ended the program with exit status 0"
    assert reported["exit3"][1].endswith("exit status 3")
    assert "could not be kept" in reported["lambda"][1] and "`function`" in reported["lambda"][1]
    if executor != "inline":
        assert reported["_exit0"][1] == "NoResult: the process ended with exit status 0 and left no result"
        assert reported["_exit"][1] == "RunFailed: the process ended with exit status 5"
        assert reported["crash"][1] == "RunFailed: the process was ended by SIGSEGV" and reported["kill"][1].endswith("by SIGKILL")
    assert f"{len(reported)} of {len(configs)} failed" in ended.err and "ValueError: bad value" in ended.err
    (folder,) = project.points("raise-*")
    error = json.loads((folder / "error.json").read_text())
    assert error["type"] == "ValueError" and error["traceback"].startswith("Traceback") and "_task.py" not in error["traceback"]
    log = (folder / "log.out").read_text()
    assert "hello from raise" in log and "ValueError: bad value" in log and "_task.py" not in log
    # Nothing of a failure counts as a result, and what was fine is not called again.
    project.calls
    project.run("--continue", "--executor", executor, code=1)
    assert sorted(project.calls) == sorted(reported) and dict((n, s) for n, s, _ in project.reported)["fine"] == "cached"


def test_a_crash_says_in_the_log_where_it_was(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[point("crash", "crash")])
    project.run(code=1)
    log = (project.points()[0] / "log.out").read_text()
    assert "Segmentation fault" in log and "exp.py" in log


def test_failures_end_the_program_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[point("raise", "raise"), point("fine")])
    assert "value [['raise'" in project.run(check=False).out
    caught = textwrap.dedent(
        """
    import exp
    from runyard import ExperimentFailed
    if __name__ == "__main__":
        try:
            exp.train.run()
        except ExperimentFailed as failed:
            print(failed.code, [r.name for r in failed.results], failed.report[0][1])
        """
    )
    assert Project(tmp_path, caught, name="caught.py").run().out == "1 ['raise', 'fine'] failed\n"


def test_a_failed_call_is_repeated_as_often_as_asked(tmp_path: Path) -> None:
    text = script(
        """
    @experiment(retry=2)
    def train(config):
        note(config.name)
        count = len(list(config.out.glob("try*")))
        (config.out / f"try{count}").touch()
        if count < config.needs:
            raise ValueError(f"try {count}")
        return count
    if __name__ == "__main__":
        train.run(configs=[{"name": "late", "needs": 2}, {"name": "never", "needs": 9}], report=lambda results: write(seen(results)))
        """
    )
    project = Project(tmp_path, text)
    project.run(code=1)
    assert project.reported == [["late", "completed", 2], ["never", "failed", "ValueError: try 2"]]
    assert sorted(project.calls) == ["late"] * 3 + ["never"] * 3
    assert [path.name for path in sorted((project.points("late-*")[0] / "logs").iterdir())] == ["run_0001.log", "run_0002.log", "run_0003.log"]
    project.run("--retry", "0", code=1)
    assert sorted(project.calls) == ["late", "never"]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_results_of_a_folder_without_batches_are_reused(tmp_path: Path, executor: str) -> None:
    project = Project(tmp_path, configs=[point("a"), point("b", "raise")])
    project.run("--executor", executor, code=1, timestamp=False)
    assert sorted(project.calls) == ["a", "b"] and sorted(p.name[0] for p in (tmp_path / "out" / "train").iterdir() if p.name != "report") == ["a", "b"]
    project.set([point("a"), point("b", "raise"), point("a", x=2), point("renamed")])
    project.run("--executor", executor, code=1, timestamp=False)
    assert sorted(project.calls) == ["a", "b", "renamed"]
    assert [[n, s] for n, s, _ in project.reported] == [["a", "cached"], ["b", "failed"], ["a", "completed"], ["renamed", "completed"]]


def test_a_call_whose_process_fails_after_it_has_no_result(tmp_path: Path) -> None:
    text = script(
        """
        import atexit
        @experiment(timestamp=False)
        def train(config):
            atexit.register(os._exit, 3)
            return 1
        if __name__ == "__main__":
            train.run(configs=[{"x": 1}], report=lambda results: write(seen(results)))
        """
    )
    project = Project(tmp_path, text)
    project.run(code=1)
    assert project.reported == [["experiment", "failed", "RunFailed: the process ended with exit status 3"]]
    project.run("--report")
    assert project.reported == [["experiment", "missing", "NotRun: it has no result"]]


def test_equal_points_are_called_once(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[point("a"), point("b"), point("a")])
    project.run()
    assert sorted(project.calls) == ["a", "b"] and [[n, s] for n, s, _ in project.reported] == [["a", "completed"], ["b", "completed"], ["a", "cached"]]


@pytest.mark.parametrize("content", [b"", b"\x80", None])
def test_a_result_that_cannot_be_read_is_made_again(tmp_path: Path, content: Any) -> None:
    project = Project(tmp_path, configs=[point("a"), point("b")])
    project.run(timestamp=False)
    path = project.points("a-*")[0] / "result.pkl"
    path.write_bytes(path.read_bytes()[:-3] if content is None else content)
    project.calls
    ended = project.run(timestamp=False)
    assert project.calls == ["a"] and "cannot be read, it is run again" in ended.err
    assert project.reported == [["a", "completed", {"twice": 2}], ["b", "cached", {"twice": 2}]]


@pytest.mark.parametrize("executor", ["subprocess", "fork"])
def test_a_rerun_replaces_results_and_never_reuses_one_after_a_crash(tmp_path: Path, executor: str) -> None:
    text = script(
        """
    @experiment(timestamp=False)
    def train(config):
        if (HERE / "crash").exists():
            os._exit(0 if config.x else 1)
        return len(list(config.out.glob("logs/*")))
    if __name__ == "__main__":
        train.run(configs=[{"name": "a", "x": 0}, {"name": "b", "x": 1}], report=lambda results: write(seen(results)))
        """
    )
    project = Project(tmp_path, text)
    project.run("--executor", executor)
    project.run("--executor", executor, "--rerun")
    assert project.reported == [["a", "completed", 2], ["b", "completed", 2]]
    (tmp_path / "crash").touch()
    project.run("--executor", executor, "--rerun", code=1)
    assert [status for _, status, _ in project.reported] == ["failed", "failed"]
    project.run("--report")
    assert [status for _, status, _ in project.reported] == ["missing", "missing"]


def test_batches_are_gone_on_with_by_name_or_the_newest(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[point("a")])
    project.run()
    project.run()
    first, second = sorted(path.name for path in (tmp_path / "out" / "train").iterdir())
    assert project.calls == ["a", "a"]
    project.set([point("a"), point("b")])
    project.run("--timestamp", first)
    assert project.calls == ["b"] and (tmp_path / "out" / "train" / first / "report").is_dir() and len(project.points("b-*")) == 1
    project.run("--continue")
    assert project.calls == ["b"] and second in str(project.points("b-*")[1])
    project.run("--timestamp", "mine", timestamp=False)
    assert sorted(project.calls) == ["a", "b"] and (tmp_path / "out" / "train" / "mine").is_dir()
    said = project.run("--timestamp", "a/b", code=2).err
    assert "`a/b` cannot be a timestamp" in said and "Traceback" not in said and project.calls == []
    said = project.run("--executor", "threads", code=2).err
    assert "there is no executor `threads`" in said and "Traceback" not in said and project.calls == []


def test_a_first_batch_cannot_be_gone_on_with(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[point("a")])
    said = project.run("--continue", code=2).err
    assert str(tmp_path / "out" / "train") in said and "Traceback" not in said
    assert project.calls == []


def test_batches_of_one_second_have_folders_of_their_own(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[point("a")])
    processes = [project.start() for _ in range(3)]
    assert [Ended(process).code for process in processes] == [0, 0, 0]
    assert len(project.calls) == 3 and len(list((tmp_path / "out" / "train").iterdir())) == 3


def test_a_report_alone_runs_nothing_and_sees_what_there_is(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[point("a"), point("b", "raise")])
    project.run(code=1)
    project.set([point("a"), point("b", "raise"), point("new")])
    assert len(project.calls) == 2
    project.run("--report")
    assert project.reported == [["a", "cached", {"twice": 2}], ["b", "failed", "ValueError: bad value"], ["new", "missing", "NotRun: it has no result"]]
    assert project.calls == [] and len(list((tmp_path / "out" / "train").iterdir())) == 1


def most_at_a_time(project: Project) -> int:
    """By the runs' own records."""
    spans = [(record["started_at_ms"], record["ended_at_ms"]) for folder in project.points() for record in project.records(folder)]
    assert len(spans) == 4
    return max(sum(1 for other in spans if other[0] <= span[0] < other[1]) for span in spans)


@pytest.mark.parametrize("executor", ["subprocess", "fork", "mine"])
def test_as_many_run_at_a_time_as_asked(tmp_path: Path, executor: str) -> None:
    text = script(
        """
    import threading
    from runyard import Executor
    class Mine(Executor):
        def run(self, fn, config, result_path):
            return fn(config)
    @experiment
    def train(config):
        # Two that run at the same time meet here; one alone never does.
        mine, other = HERE / config.name, HERE / {"a": "b", "b": "a", "c": "d", "d": "c"}[config.name]
        mine.touch()
        until = time.monotonic() + config.patience
        while not other.exists() and time.monotonic() < until:
            time.sleep(0.01)
        return other.exists()
    if __name__ == "__main__":
        words = sys.argv[1:]
        alone = words == ["-j", "1"]
        configs = [{"name": name, "patience": 0.1 if alone else 60} for name in "abcd"]
        train.run(configs=configs, report=lambda results: write(seen(results)), executor=Mine() if EXECUTOR == "mine" else EXECUTOR)
        """
    )
    project = Project(tmp_path, text.replace("EXECUTOR", repr(executor)))
    project.run("-j", "2")
    assert [result for _, _, result in project.reported] == [True] * 4 and most_at_a_time(project) == 2
    shutil.rmtree(tmp_path / "out")
    for name in "abcd":
        (tmp_path / name).unlink()
    project.run("-j", "1")
    assert [result for _, _, result in project.reported] == [False, True, False, True] and most_at_a_time(project) == 1


def test_what_is_printed_is_shown_on_request(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[point("a"), point("b")])
    assert "hello" not in project.run().out
    assert project.run("-s").out.startswith("hello from a\nhello from b\nvalue")
    assert "[b] hello from b\n" in project.run("-s", "-j", "2").out
    assert project.run("-s", "--executor", "inline").out.startswith("hello from a\nhello from b\nvalue")


def test_classes_of_the_script_come_back_as_themselves(tmp_path: Path) -> None:
    text = script(
        """
    import dataclasses, enum
    @dataclasses.dataclass
    class Score:
        value: float
    class Kind(enum.Enum):
        GOOD = 1
    @experiment
    def train(config):
        return {"score": Score(config.x), "kind": Kind.GOOD, "set": {1, 2}}
    if __name__ == "__main__":
        train.run(configs=[{"x": 0.5}], report=lambda results: write([results[0]["score"] == Score(0.5), results[0]["kind"] is Kind.GOOD, results[0]["set"] == {1, 2}]))
        """
    )
    project = Project(tmp_path, text)
    for executor in EXECUTORS:
        project.run("--executor", executor)
        assert project.reported == [True, True, True]


def test_a_function_gets_the_config_as_it_was_checked(tmp_path: Path) -> None:
    text = script(
        """
    @experiment
    def train(config):
        assert config.out.is_absolute() and config.m.l[0].k == 1
        return {key: value for key, value in config.items() if key != "out"}
    if __name__ == "__main__":
        config = {"m": {"l": ({"k": 1},)}, "nan": float("nan"), "inf": -float("inf"), "big": 10**40, "p": Path("x/y"), "t": "caf\\u00e9 \\U0001f600\\n", "tiny": 5e-324, "one": 1.0, "e": {}, "z": []}
        same = lambda results: [json.dumps(r.result) == json.dumps(r.config) for r in results] + [results[0].result]
        train.run(configs=[config], report=lambda results: write(same(results)), executor=sys.argv.pop())
        """
    )
    project = Project(tmp_path, text)
    for executor in EXECUTORS:
        project.run(executor)
        is_same, config = project.reported
        assert is_same and config["big"] == 10**40 and str(config["nan"]) == "nan" and config["inf"] == -float("inf")
        assert config["t"] == "café \U0001f600\n" and config["one"] == 1.0 and isinstance(config["one"], float) and config["tiny"] == 5e-324


def test_a_script_that_goes_on_after_its_call_makes_it_once(tmp_path: Path) -> None:
    text = script(
        """
        @experiment
        def train(config):
            note("called")
            if config.x:
                train.run()
            return 1
        @train.configs
        def configs():
            return [{"name": "a", "x": 0}, {"name": "deep", "x": 1}]
        @train.report
        def report(results):
            return write(seen(results))
        for _ in range(2):
            try:
                train.run(timestamp=False)
            except SystemExit:
                pass
        """
    )
    project = Project(tmp_path, text)
    project.run()
    assert project.reported == [["a", "cached", 1], ["deep", "failed", "ExperimentError: run() of the experiment `train` was called inside its own function"]]
    # `a` once, `deep` in both batches.
    assert project.calls == ["called"] * 3


def test_no_configs_are_an_empty_report(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[])
    project.run()
    assert project.reported == []


def test_names_cannot_leave_their_folder(tmp_path: Path) -> None:
    names: List[Any] = ["a/b", "../../x", "..", "", None, "x" * 500, "caf\u00e9", 7]
    project = Project(tmp_path, configs=[{"name": name, "x": i, "what": "chdir"} for i, name in enumerate(names)])
    text = project.script.read_text().replace("write_text(config.name)", "touch()")
    project.script.write_text(text)
    project.run()
    assert [result["twice"] for _, _, result in project.reported] == [2 * i for i in range(len(names))]
    (batch,) = (tmp_path / "out" / "train").iterdir()
    assert len([path for path in batch.iterdir() if path.name != "report"]) == len(names)
