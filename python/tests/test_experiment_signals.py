"""Ctrl-C, killed programs, cancelled runs: what goes on, what is stopped, and what is there afterwards."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from scripts import CEILING, Ended, Project, point, program, script, wait_for  # noqa: F401

pytestmark = pytest.mark.usefixtures("program")


@pytest.mark.parametrize("executor", ["subprocess", "fork", "inline"])
def test_ctrl_c_cancels_and_keeps_what_was_done(tmp_path: Path, executor: str) -> None:
    project = Project(tmp_path, configs=[point("a"), point("b", "wait"), point("c")])
    process = project.start("--executor", executor, "-j", "1")
    wait_for(lambda: "b" in (tmp_path / "calls.txt").read_text() if (tmp_path / "calls.txt").exists() else False, "the call of b")
    os.kill(process.pid, signal.SIGINT)
    ended = Ended(process)
    assert ended.code == 130 and "cancelling" in ended.err and "Traceback" not in ended.err
    assert project.calls == ["a", "b"] and not (tmp_path / "report.json").exists()
    (tmp_path / "go").touch()
    project.run("--continue")
    assert [status for _, status, _ in project.reported] == ["cached", "completed", "completed"] and sorted(project.calls) == ["b", "c"]


def test_a_second_ctrl_c_kills_what_does_not_end(tmp_path: Path) -> None:
    text = script(
        """
        import signal
        @experiment
        def train(config):
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            note("deaf")
            time.sleep(3600)
        if __name__ == "__main__":
            train.run(configs=[{"x": 1}], report=len)
        """
    )
    project = Project(tmp_path, text)
    (tmp_path / "_runyard_").mkdir()
    (tmp_path / "_runyard_" / "settings.toml").write_text("grace_period_secs = 3600\n")
    process = project.start()
    wait_for(lambda: (tmp_path / "calls.txt").exists(), "the call")
    os.kill(process.pid, signal.SIGINT)
    wait_for(lambda: project.records(project.points()[0])[0]["status"] == "terminating", "the request to end")
    os.kill(process.pid, signal.SIGINT)
    ended = Ended(process)
    assert ended.code == 130 and "they are killed" in ended.err


def test_runs_outlive_their_program_and_are_taken_up(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[point("a", "wait"), point("b", "wait")])
    process = project.start("-j", "2")
    wait_for(lambda: (tmp_path / "calls.txt").exists() and len((tmp_path / "calls.txt").read_text().split()) == 2, "both calls")
    os.kill(process.pid, signal.SIGKILL)
    Ended(process)
    (tmp_path / "go").touch()
    wait_for(lambda: len(list(tmp_path.glob("out/**/result.pkl"))) == 2, "both results")
    assert len(project.calls) == 2
    project.run("--continue")
    assert project.calls == [] and [status for _, status, _ in project.reported] == ["cached", "cached"]


def test_calls_inside_a_killed_program_fail(tmp_path: Path) -> None:
    project = Project(tmp_path, configs=[point("a", "wait")])
    process = project.start("--executor", "inline")
    wait_for(lambda: (tmp_path / "calls.txt").exists(), "the call")
    os.kill(process.pid, signal.SIGKILL)
    Ended(process)
    (folder,) = project.points()
    wait_for(lambda: (folder / "log.out").exists() and "gone" in (folder / "log.out").read_text(), "the end of its run")
    (tmp_path / "go").touch()
    project.run("--continue")
    assert project.reported == [["a", "completed", {"twice": 2}]]


@pytest.mark.parametrize("executor", ["subprocess", "inline"])
def test_a_run_that_is_cancelled_from_outside_ends_its_call_alone(tmp_path: Path, program: str, executor: str) -> None:
    project = Project(tmp_path, configs=[point("a", "wait"), point("b")])
    process = project.start("--executor", executor, "-j", "1")
    wait_for(lambda: (tmp_path / "calls.txt").exists(), "the call")
    listed = subprocess.run([program, "ls", "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=CEILING)
    (name,) = [task["id"]["task"] for task in json.loads(listed.stdout)["tasks"] if task["status"] == "running"]
    done = subprocess.run([program, "cancel", name], cwd=tmp_path, capture_output=True, text=True, timeout=CEILING)
    assert done.returncode == 0, done.stderr
    ended = Ended(process)
    assert ended.code == 1 and "cancelled" in ended.err.lower()
    assert [[name, status] for name, status, _ in project.reported] == [["a", "cancelled"], ["b", "completed"]]


def test_a_call_in_a_thread_is_stopped_alone(tmp_path: Path, program: str) -> None:
    text = script(
        """
        from runyard import Executor
        class Mine(Executor):
            def run(self, fn, config, result_path):
                return fn(config)
        @experiment
        def train(config):
            note(config.name)
            while not (HERE / "go").exists():
                time.sleep(0.02)
            return 1
        if __name__ == "__main__":
            train.run(configs=[{"name": "a"}, {"name": "b"}], executor=Mine(), jobs=2, report=lambda results: write(seen(results)))
        """
    )
    project = Project(tmp_path, text)
    process = project.start()
    wait_for(lambda: (tmp_path / "calls.txt").exists() and len((tmp_path / "calls.txt").read_text().split()) == 2, "both calls")
    listed = subprocess.run([program, "ls", "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=CEILING)
    (name,) = [task["id"]["task"] for task in json.loads(listed.stdout)["tasks"] if ["name", "a"] in task["varied"]]
    done = subprocess.run([program, "cancel", name], cwd=tmp_path, capture_output=True, text=True, timeout=CEILING)
    assert done.returncode == 0, done.stderr
    (folder,) = project.points("a-*")
    wait_for(lambda: (folder / "error.json").exists(), "the end of the call of a")
    assert json.loads((folder / "error.json").read_text())["type"] == "Stopped"
    (tmp_path / "go").touch()
    assert Ended(process).code == 1
    assert [[name, status] for name, status, _ in project.reported] == [["a", "cancelled"], ["b", "completed"]]


def test_a_helper_that_has_died_is_started_again(tmp_path: Path) -> None:
    text = script(
        """
        import signal
        from runyard import _engine, load_config
        (HERE / "a.yaml").write_text("a: {b: 1}\\nc.d: 2\\n")
        (HERE / "b.yaml").write_text("imports: a.yaml\\na.b: 3\\n")
        loaded = load_config(HERE / "b.yaml", overrides=["+e=[1, 2]"])
        assert loaded == {"a": {"b": 3}, "c": {"d": 2}, "e": [1, 2]}, loaded
        assert loaded.c.d == 2 and load_config([str(HERE / "a.yaml"), "b.yaml"], overrides={"a.b": 4}).a.b == 4
        first = _engine._engine._process.pid
        os.kill(first, signal.SIGKILL)
        assert load_config("a.yaml").a.b == 1 and _engine._engine._process.pid != first
        # A fork has a helper of its own, and its parent's goes on.
        second, child = _engine._engine._process.pid, os.fork()
        if child == 0:
            os._exit(0 if load_config("a.yaml").a.b == 1 and _engine._engine._process.pid != second else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert load_config("a.yaml").a.b == 1 and _engine._engine._process.pid == second
        try:
            load_config("a.yaml", overrides=["a.b.c=1"])
        except Exception as error:
            print(type(error).__name__, error)
        (HERE / "c.yaml").write_text("x: 1\\ny: [1\\n")
        try:
            load_config("c.yaml")
        except Exception as error:
            print(type(error).__name__, error)
        """
    )
    project = Project(tmp_path, text)
    out = project.run().out
    assert out.count("EngineError") == 2 and "a.b.c" in out and "c.yaml" in out and "line" in out
