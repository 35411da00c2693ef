"""An experiment's folder, its runs, their logs, states and rows."""

import csv
import importlib.util
import json
import math
import multiprocessing
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

import runyard
from runyard import Experiment, ExperimentStatus, RunyardError, load_experiment


def wait_until(condition: Callable[[], Any], what: str) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, f"never: {what}"
        time.sleep(0.01)


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def rows_of(path: Path) -> List[Dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def script(text: str) -> List[str]:
    return [sys.executable, "-c", text]


def test_an_experiment_has_a_folder_of_the_documented_layout(tmp_path: Path) -> None:
    experiment = Experiment("group/base", "true", tmp_path, tags=["a"], gpu_ids="0, 1", description="d", cwd=tmp_path)
    folder = experiment.work_dir
    assert re.fullmatch(r"base_\d{4}-\d\d-\d\d__\d\d-\d\d-\d\d", folder.name) and folder.parent == tmp_path / "group"
    names = {"metadata.json", "status.json", "config.json", "logs", "terminal_logs", "metrics", "checkpoints"}
    assert set(os.listdir(folder)) == names
    assert sorted(os.listdir(folder / "logs")) == ["experiment.log", "run_0001.log"]
    assert os.readlink(folder / "terminal_logs") == "logs"
    config = {"name": "group/base", "command": "true", "tags": ["a"], "gpu_ids": [0, 1], "cwd": str(tmp_path), "description": "d"}
    assert read(folder / "config.json") == config
    more = {"timestamp": folder.name[5:], "status": "pending", "pid": None, "current_run_id": "run_0001"}
    assert read(folder / "metadata.json") == {**config, **more}
    assert read(folder / "status.json")["status"] == "pending"
    assert experiment.get_summary() == {
        "name": "group/base", "status": "pending", "timestamp": folder.name[5:], "tags": ["a"], "work_dir": str(folder),
        "total_runs": 1, "current_run": "run_0001", "pid": None, "gpu_ids": [0, 1],
    }  # fmt: skip


@pytest.mark.parametrize("name", ["", "..", "a/../b", "/abs", "a//b", "a/", "new\nline"])
def test_a_name_never_leads_out_of_the_base(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        Experiment(name, "true", tmp_path / "base")


def make_many(base: Path, folders: Any) -> None:
    for _ in range(5):
        folders.put(str(Experiment("x", "true", base).work_dir))


def test_experiments_of_one_second_never_share_a_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    folders = context.SimpleQueue()
    children = [context.Process(target=make_many, args=(tmp_path, folders)) for _ in range(6)]
    for child in children:
        child.start()
    names = [folders.get() for _ in range(30)]
    for child in children:
        child.join(60)
    assert len(set(names)) == 30
    assert all(os.listdir(Path(name) / "logs").count("run_0001.log") == 1 for name in names)


def take_many(folder: Path, start: Any, taken: Any) -> None:
    experiment = load_experiment(folder)
    for _ in range(80):
        start.wait(60)
        taken.put(experiment.start_new_run())


def test_no_two_processes_get_the_same_run(tmp_path: Path) -> None:
    experiment = Experiment("x", "true", tmp_path)
    context = multiprocessing.get_context("fork")
    start, taken = context.Barrier(4), context.SimpleQueue()
    children = [context.Process(target=take_many, args=(experiment.work_dir, start, taken)) for _ in range(4)]
    for child in children:
        child.start()
    ids = sorted(taken.get() for _ in range(320))
    for child in children:
        child.join(60)
    assert ids == [f"run_{number:04d}" for number in range(2, 322)]


def test_a_resumed_experiment_goes_on_under_the_next_number(tmp_path: Path) -> None:
    first = Experiment("x", "true", tmp_path, tags=["t"], gpu_ids=[1], description="d", cwd="/")
    second = Experiment("x", ["echo", "2"], tmp_path, resume=first.timestamp, tags=[])
    assert second.work_dir == first.work_dir and second.current_run_id == "run_0002"
    assert (second.tags, second.gpu_ids, second.description, second.cwd) == ([], [1], "d", "/")
    assert second.start_new_run() == "run_0003" and second.get_all_runs() == ["run_0001", "run_0002", "run_0003"]
    assert second.timestamp == first.timestamp
    with pytest.raises(ValueError, match="nothing|missing"):
        Experiment("x", "true", tmp_path, resume="2000-01-01__00-00-00")
    with pytest.raises(ValueError, match="base_dir"):
        Experiment("x", "true", None)  # type: ignore[arg-type]


def test_a_folder_of_exp_or_of_a_batch_file_is_gone_on_with(tmp_path: Path) -> None:
    old = tmp_path / "x_2025-01-01__00-00-00"
    (old / "terminal_logs").mkdir(parents=True)
    (old / "terminal_logs" / "run_0007.log").write_text("old")
    assert Experiment("x", "true", tmp_path, resume="2025-01-01__00-00-00").current_run_id == "run_0008"
    assert (old / "terminal_logs" / "run_0008.log").exists()
    (old / ".runyard" / "run_0011").mkdir(parents=True)
    assert Experiment("x", "true", tmp_path, resume="2025-01-01__00-00-00").current_run_id == "run_0012"
    assert (old / ".runyard" / "run_0012").is_dir(), "a supervisor takes another number"


def test_a_run_writes_both_streams_in_order_and_ends_with_its_status(tmp_path: Path) -> None:
    code = "import os, sys\nfor n in range(50): os.write(1 + n % 2, b'%d\\n' % n)\nos.write(2, b'x' * 300_000)\nprint(os.getcwd())"
    experiment = Experiment("x", script(code), tmp_path)
    process = experiment.run()
    assert not isinstance(process, int) and process.wait(60) == 0
    lines = experiment.read_log().splitlines()
    assert lines[:50] == [str(n) for n in range(50)] and lines[-1].endswith(str(experiment.work_dir))
    assert experiment.status == "finished" == ExperimentStatus.FINISHED and experiment.pid is None
    line = read(experiment.work_dir / "status.json")
    assert line["outcome"] == {"kind": "succeeded"} and line["exit_code"] == 0 and line["ended_at_ms"] >= line["started_at_ms"]
    log = (experiment.work_dir / "logs" / "experiment.log").read_text()
    assert "run_0001 created" in log and "run_0001 started" in log and "run_0001 ended, exit code 0" in log


def test_a_process_behaves_as_popen_does(tmp_path: Path) -> None:
    experiment = Experiment("x", "echo up; sleep 60 & sleep 60", tmp_path)
    process = experiment.run()
    assert not isinstance(process, int)
    wait_until(lambda: experiment.read_log() == "up\n", "the command is up")
    assert process.poll() is None and process.returncode is None and experiment.status == "running"
    assert experiment.pid == process.pid and os.getpgid(process.pid) == process.pid != os.getpgid(0)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    process.terminate()
    assert process.wait(60) == -signal.SIGTERM == process.poll()
    wait_until(lambda: not group_lives(process.pid), "the whole group has ended")
    assert read(experiment.work_dir / "status.json")["outcome"] == {"kind": "signaled", "signal": 15}
    assert experiment.status == "error"
    process.kill()


def group_lives(group: int) -> bool:
    for entry in os.listdir("/proc"):
        try:
            fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split() if entry.isdigit() else []
        except OSError:
            continue
        if fields and int(fields[2]) == group and fields[0] not in "ZX":
            return True
    return False


def test_a_run_that_ignores_the_request_is_killed_after_the_grace(tmp_path: Path) -> None:
    experiment = Experiment("x", "trap '' TERM; echo up; while :; do sleep 1; done", tmp_path)
    process = experiment.run()
    assert not isinstance(process, int)
    wait_until(lambda: experiment.read_log() == "up\n", "the command is up")
    assert process.end(grace=0.2) == -signal.SIGKILL


def test_a_run_in_the_foreground_prints_and_returns_the_exit_code(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    experiment = Experiment("x", "echo grün; echo err >&2; exit 3", tmp_path)
    assert experiment.run(background=False) == 3
    assert capfd.readouterr().out == "grün\nerr\n" == experiment.read_log()
    assert experiment.status == "error"
    assert experiment.run(background=False) == 3 and experiment.current_run_id == "run_0002", "a second call is a new run"


def test_a_command_that_cannot_start_is_an_error(tmp_path: Path) -> None:
    experiment = Experiment("x", ["no-such-program-here"], tmp_path)
    with pytest.raises(RuntimeError, match="no-such-program-here"):
        experiment.run()
    assert experiment.status == "error"
    assert read(experiment.work_dir / "status.json")["outcome"]["kind"] == "failed_to_start"


def test_the_environment_is_that_of_exp(tmp_path: Path) -> None:
    code = "import os, json; print(json.dumps(dict(os.environ)))"
    os.environ["GONE"] = "1"
    experiment = Experiment("x", script(code), tmp_path, gpu_ids=[0, 2])
    os.chdir(tmp_path)
    process = experiment.run(extra_env={"GONE": None, "MORE": "2"})
    assert not isinstance(process, int) and process.wait(60) == 0
    env = json.loads(experiment.read_log())
    assert env["CUDA_VISIBLE_DEVICES"] == "0,2" and env["MORE"] == "2" and "GONE" not in env
    assert env["EXPERIMENT_WORK_DIR"] == str(experiment.work_dir) and env["EXPERIMENT_RUN_ID"] == "run_0001"
    assert env["EXPERIMENT_NAME"] == "x" and env["PYTHONUNBUFFERED"] == "1"


def test_a_relative_base_is_absolute_for_the_command(tmp_path: Path) -> None:
    os.chdir(tmp_path)
    code = "from runyard import load_experiment; e = load_experiment(strict=True); e.upd_row(a=1); e.save_row()"
    experiment = Experiment("x", script(code), "base", cwd="/")
    assert experiment.run(background=False) == 0, experiment.read_log()
    assert experiment.load_metrics_dict()[0]["a"] == 1


STARTER = """
import os, signal, sys
from runyard import Experiment
experiment = Experiment("x", "sleep 0.5; exit 4", sys.argv[1])
experiment.run()
print(experiment.work_dir, flush=True)
os.killpg(0, signal.SIGKILL)
"""


def test_the_status_is_written_even_if_the_starter_and_its_group_have_died(tmp_path: Path) -> None:
    command = [*script(STARTER), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, start_new_session=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    folder = Path(done.stdout.strip())
    experiment = load_experiment(folder)
    assert experiment.status == "running"
    wait_until(lambda: experiment.status == "error", "the end is recorded")
    assert read(folder / "status.json")["outcome"] == {"kind": "failed", "exit_code": 4}


def test_a_run_whose_processes_were_killed_is_never_left_running(tmp_path: Path) -> None:
    experiment = Experiment("x", "sleep 60", tmp_path)
    process = experiment.run()
    assert not isinstance(process, int)
    watcher = read(experiment.work_dir / "status.json")["watcher"]["pid"]
    os.kill(watcher, signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    assert experiment.status == "running", "the command still runs"
    os.killpg(process.pid, signal.SIGKILL)
    wait_until(lambda: experiment.status == "error", "the loss is noticed")
    assert read(experiment.work_dir / "status.json")["status"] == "running", "the file is as the dead one left it"


def test_what_the_script_says_of_itself_counts(tmp_path: Path) -> None:
    code = "from runyard import load_experiment; load_experiment().set_error('diverged')"
    experiment = Experiment("x", script(code), tmp_path)
    assert experiment.run(background=False) == 0 and experiment.status == "error"
    assert re.search(r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] ERROR: diverged$", experiment.read_log(), re.M)
    experiment.set_running()
    assert experiment.status == "running" and experiment.pid == os.getpid()
    experiment.set_finished()
    assert experiment.status is ExperimentStatus.FINISHED
    experiment.set_status("pending")
    assert experiment.get_summary()["status"] == "pending"


def test_logs_are_appended_and_read_from_their_end(tmp_path: Path) -> None:
    experiment = Experiment("x", "true", tmp_path)
    experiment.get_log_file_path().write_text("".join(f"line {n}\n" for n in range(20_000)))
    experiment.append_log("last\nof all")
    assert [line[22:] for line in experiment.get_log_tail(2).splitlines()] == ["last", "of all"]
    assert experiment.get_log_tail(3).startswith("line 19999\n")
    assert experiment.get_log_tail(0) == "" and experiment.get_log_tail(5, "run_0009") == "" == experiment.read_log("run_0009")


def test_rows_are_in_the_file_when_save_row_returns(tmp_path: Path) -> None:
    experiment = Experiment("x", "true", tmp_path)
    experiment.upd_row(z=1, loss=math.nan)
    experiment.upd_row(z=2, name="a,b", ok=True)
    experiment.save_row()
    text = experiment.get_metrics_file_path().read_text()
    assert re.fullmatch(r'timestamp,run_id,z,loss,name,ok\n\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,run_0001,2,nan,"a,b",True\n', text)
    experiment.upd_row(later="1_000", big=2**70, small=-1.5e-7)
    experiment.save_row()
    rows = experiment.load_metrics_dict()
    assert rows[0]["loss"] != rows[0]["loss"] and rows[0]["ok"] is True and rows[0]["later"] is None
    del rows[1]["timestamp"]
    expected = {"z": None, "loss": None, "name": None, "ok": None, "later": "1_000", "big": 2**70, "small": -1.5e-7}
    assert rows[1] == {"run_id": "run_0001", **expected}
    if importlib.util.find_spec("pandas") is None:
        with pytest.raises(RunyardError, match="pip install pandas"):
            experiment.load_metrics_df()
        return
    import pandas

    assert list(experiment.load_metrics_df()["small"].dropna()) == [-1.5e-7]
    experiment.start_new_run()
    assert isinstance(experiment.load_metrics_df(), pandas.DataFrame) and experiment.load_metrics_dict() == []
    os.chdir(tmp_path)
    assert len(load_experiment().load_metrics_df()) == 0, "an experiment that records nothing has no rows"


def test_odd_rows_are_said_once_and_never_raise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    experiment = Experiment("x", "true", tmp_path, lark_config="https://example.com/base/abc")
    for _ in range(3):
        experiment.save_row()
        experiment.upd_row(a=object(), timestamp=1)
        experiment.save_row(lark=True, lark_config={"a": 1})
    assert len(experiment.load_metrics_dict()) == 3 and experiment.load_metrics_dict()[0]["timestamp_"] == 1
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_threads_and_forks_save_all_their_rows(tmp_path: Path) -> None:
    experiment = Experiment("x", "true", tmp_path)

    def work(who: int) -> None:
        for n in range(200):
            # Rows of a thread of its own; `upd_row` and `save_row` of one object belong to one thread.
            other = load_experiment(experiment.work_dir)
            other._rows = experiment._rows
            other.upd_row(who=who, n=n)
            other.save_row()

    experiment.upd_row(who=-1, n=0)
    experiment.save_row()
    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    children = [multiprocessing.get_context("fork").Process(target=work, args=(n + 10,)) for n in range(3)]
    for each in [*threads, *children]:
        each.start()
    for each in [*threads, *children]:
        each.join(60)
    rows = sorted((int(row["who"]), int(row["n"])) for row in rows_of(experiment.get_metrics_file_path()))
    assert rows == [(-1, 0)] + [(who, n) for who in (0, 1, 2, 10, 11, 12) for n in range(200)]


def test_a_full_disk_is_said_once_and_rows_follow_when_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = Experiment("x", "true", tmp_path)
    path = experiment.get_metrics_file_path()
    path.symlink_to("/dev/full")
    for n in range(10):
        experiment.upd_row(n=n)
        experiment.save_row()
    assert capsys.readouterr().err.count("\n") == 1
    path.unlink()
    # The place that the name led to was the device; now it leads to a disk that has room again.
    rows: Any = experiment._rows
    rows._table.close()
    rows._table.path, rows._table._place = path, str(path)
    experiment.upd_row(n=10)
    experiment.save_row()
    assert [row["n"] for row in experiment.load_metrics_dict()] == list(range(11))


def test_lark_settings_are_for_their_owner_alone(tmp_path: Path) -> None:
    experiment = Experiment("x", "true", tmp_path, lark_config={"app_secret": "s3cret", "none": None})
    holding = [path for path in experiment.work_dir.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]
    assert [path.name for path in holding] == [".lark_config.json"]
    assert stat.S_IMODE(holding[0].stat().st_mode) == 0o600
    assert load_experiment(experiment.work_dir).lark_config == {"app_secret": "s3cret"}
    with pytest.raises(TypeError, match="lark_config"):
        Experiment("x", "true", tmp_path, lark_config=5)  # type: ignore[arg-type]


def test_outside_a_run_nothing_is_recorded_and_that_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.chdir(tmp_path)
    for _ in range(2):
        experiment = load_experiment()
        experiment.upd_row(a=1)
        experiment.save_row()
        experiment.append_log("x")
        experiment.set_running()
        experiment.set_error("x")
        assert experiment.load_metrics_dict() == []
        assert experiment.start_new_run() == "run_0001" and experiment.get_all_runs() == [] and experiment.read_log() == ""
        assert experiment.status == "pending" and experiment.get_summary()["pid"] is None
    assert os.listdir(tmp_path) == [] and capsys.readouterr().err.count("\n") == 1
    with pytest.raises(RunyardError, match="no run of an experiment"):
        load_experiment(strict=True)
    os.environ["EXPERIMENT_WORK_DIR"] = str(tmp_path / "gone")
    with pytest.raises(RunyardError, match="is missing"):
        load_experiment(strict=True)
    load_experiment().save_row()


def test_the_run_id_of_the_environment_counts(tmp_path: Path) -> None:
    experiment = Experiment("x", "true", tmp_path)
    experiment.start_new_run()
    os.environ["EXPERIMENT_WORK_DIR"] = str(experiment.work_dir)
    assert load_experiment().current_run_id == "run_0002"
    os.environ["EXPERIMENT_RUN_ID"] = "run_0001"
    assert load_experiment().current_run_id == "run_0001"


BATCH = """
[scheduler]
base_experiment_dir = "runs"

[[experiments]]
name = "supervised"
command = "{python} train.py"
tags = ["a"]
"""

TRAIN = """
from runyard import load_experiment
exp = load_experiment(strict=True)
exp.set_running()
for epoch in range(3):
    exp.upd_row(epoch=epoch, loss=1 / (epoch + 1))
    exp.save_row()
exp.append_log("done")
exp.set_error("only said")
exp.set_status("finished")
assert exp.status == "running", "the supervisor's word stands"
"""


@pytest.mark.skipif("RUNYARD_BIN" not in os.environ, reason="needs the program")
def test_a_supervised_run_keeps_the_supervisors_word_and_gets_metrics(tmp_path: Path) -> None:
    (tmp_path / "batch.toml").write_text(BATCH.format(python=sys.executable))
    (tmp_path / "train.py").write_text(TRAIN)
    env = {**os.environ, "PYTHONPATH": str(Path(runyard.__file__).parent.parent)}
    command = [os.environ["RUNYARD_BIN"], "run", "batch.toml"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    (folder,) = (tmp_path / "runs").iterdir()
    experiment = load_experiment(folder)
    assert experiment.status == "finished" and experiment.name == "supervised" and experiment.tags == ["a"]
    assert [row["epoch"] for row in experiment.load_metrics_dict()] == [0, 1, 2]
    assert (folder / "checkpoints").is_dir()
    rows = [json.loads(line) for line in (folder / ".runyard" / "run_0001" / "metrics.jsonl").read_text().splitlines()]
    assert [(row["step"], row["epoch"]) for row in rows] == [(0, 0), (1, 1), (2, 2)]
    assert "only said" in experiment.read_log()
