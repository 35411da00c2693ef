"""Where an experiment may stand: guarded or not, in a module, beside another one, in a notebook; and ways to carry it out."""

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from scripts import CEILING, Project, program, script, wait_for  # noqa: F401

pytestmark = pytest.mark.usefixtures("program")

REPORT = "report=lambda results: write(seen(results))"


def test_a_script_without_a_guard_runs_its_experiments_once_in_order(tmp_path: Path) -> None:
    text = script(
        """
        @experiment(timestamp=False)
        def first(config):
            note(f"first{config.x}")
            return config.x

        @experiment
        def second(config):
            note(f"second{config.y}")
            return config.y * 10

        known = first.run(configs=[{"x": 1}, {"x": 2}], report=lambda results: [r.result for r in results])
        note("known")
        second.run(configs=[{"y": y} for y in known], report=lambda results: write(seen(results)))
        first.run(configs=[{"x": 1}, {"x": 3}], report=lambda results: write([r.result for r in results]))
        """
    )
    project = Project(tmp_path, text)
    for executor in ("subprocess", "fork"):
        project.run("--executor", executor, "-j", "1")
        calls = project.calls
        # In a task of `second`, `first.run()` is its report on what there is, and the script goes on to the call.
        assert [call for call in calls if call != "known"] == (["first1", "first2"] if executor == "subprocess" else []) + ["second1", "second2"] + (
            ["first3"] if executor == "subprocess" else []
        )
        assert project.reported == [1, 3]


def test_modules_beside_the_script_are_found_from_everywhere(tmp_path: Path) -> None:
    code, elsewhere = tmp_path / "code", tmp_path / "elsewhere"
    code.mkdir()
    elsewhere.mkdir()
    (code / "sibling.py").write_text("VALUE = 7\n")
    text = script(
        """
        import sibling

        @experiment
        def train(config):
            import sibling as again
            return [sibling.VALUE, again.VALUE, os.getcwd(), Path(config.out).name[:10]]

        if __name__ == "__main__":
            train.run(configs=[{}], report=lambda results: write(seen(results)))
        """
    )
    project = Project(code, text)
    for executor in ("subprocess", "fork", "inline"):
        done = subprocess.run(
            [sys.executable, str(project.script), "--executor", executor, "--output-dir", "results"], cwd=elsewhere, capture_output=True, text=True, timeout=CEILING
        )
        assert done.returncode == 0, done.stderr
        assert project.reported == [["experiment", "completed", [7, 7, str(elsewhere), "experiment"]]]
    assert len(list((elsewhere / "results" / "train").iterdir())) == 3


def test_a_function_may_stand_in_an_imported_module(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(
        textwrap.dedent(
            """
            from runyard import experiment
            class Score:
                def __init__(self, value): self.value = value
            @experiment
            def train(config):
                return Score(config.x)
            """
        )
    )
    for guard in ("if True:", 'if __name__ == "__main__":'):
        text = script(f"{guard}\n    from work import train\n    train.run(configs=[{{'x': 3}}], report=lambda results: write([r.result.value for r in results]))\n")
        project = Project(tmp_path, text)
        for executor in ("subprocess", "fork"):
            project.run("--executor", executor)
            assert project.reported == [3]
            (tmp_path / "report.json").unlink()


def test_a_script_may_be_a_module_of_a_package(tmp_path: Path) -> None:
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("VALUE = 5\n")
    text = script(
        f"""
        from . import part

        @experiment
        def train(config):
            return [part.VALUE, __package__]

        if __name__ == "__main__":
            train.run(configs=[{{}}], {REPORT})
        """
    )
    Project(package, text, name="exp.py")
    project = Project(tmp_path, "", name="unused.py")
    project.run("-m", "pack.exp")
    assert json.loads((package / "report.json").read_text()) == [["experiment", "completed", [5, "pack"]]]


def test_a_function_that_exists_under_the_guard_only_is_found(tmp_path: Path) -> None:
    text = script(
        f"""
        if __name__ == "__main__":
            def make(factor):
                @experiment(name=f"by{{factor}}")
                def train(config):
                    return config.x * factor
                return train
            two, three = make(2), make(3)
            two.run(configs=[{{"x": 1}}], report=len)
            three.run(configs=[{{"x": 1}}], {REPORT})
        """
    )
    project = Project(tmp_path, text)
    project.run()
    assert project.reported == [["experiment", "completed", 3]]


def test_one_function_may_be_two_experiments_and_names_may_be_given(tmp_path: Path) -> None:
    text = script(
        f"""
        def train(config):
            return config.x
        one, two = experiment(name="one")(train), experiment(name="two")(train)
        if __name__ == "__main__":
            one.run(configs=[{{"x": 1}}], report=len)
            two.run(configs=[{{"x": 2}}], name="three", {REPORT})
        """
    )
    project = Project(tmp_path, text)
    project.run()
    assert project.reported == [["experiment", "completed", 2]] and sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one", "three"]
    project.run("--name", "typed")
    assert len(list((tmp_path / "out" / "typed").iterdir())) == 2


def test_what_is_wrong_in_the_script_of_a_task_is_its_error(tmp_path: Path) -> None:
    text = script(
        f"""
        if (HERE / "broken").exists():
            import not_there
        @experiment
        def train(config):
            return 1
        if __name__ == "__main__":
            (HERE / "broken").touch()
            train.run(configs=[{{}}], {REPORT})
        """
    )
    project = Project(tmp_path, text)
    project.run(code=1)
    assert project.reported == [["experiment", "failed", "ModuleNotFoundError: No module named 'not_there'"]]


def test_processes_of_multiprocessing_do_not_run_the_experiment_again(tmp_path: Path) -> None:
    text = script(
        """
        import multiprocessing
        def double(x):
            return 2 * x
        @experiment
        def train(config):
            note("called")
            with multiprocessing.get_context(config.way).Pool(2) as pool:
                return pool.map(double, [1, 2])
        if __name__ == "__main__":
            train.run(configs=[{"name": way, "way": way} for way in ("fork", "spawn")], report=lambda results: write(seen(results)))
        """
    )
    project = Project(tmp_path, text)
    for executor in ("subprocess", "fork"):
        project.run("--executor", executor)
        assert project.reported == [["fork", "completed", [2, 4]], ["spawn", "completed", [2, 4]]] and len(project.calls) == 2


def test_a_notebook_or_a_prompt_says_which_executor_it_needs(tmp_path: Path) -> None:
    text = (
        "import os\nfrom runyard import *\n@experiment\ndef train(config):\n    print('in the log')\n    return config.x\n"
        "for executor in ('subprocess', 'fork'):\n    try:\n        train.run(configs=[{'x': 1}], report=len, executor=executor)\n"
        "    except ExperimentError as error:\n        print('inline' in error.hint, os.path.exists('_runyard_'))\n"
        "print(train.run(configs=[{'x': 1}], report=lambda results: [results[0].result, results[0].log], executor='inline'))\n"
    )
    for words, given in ((["-c", text], ""), (["-"], text)):
        folder = tmp_path / words[0].strip("-")
        folder.mkdir(exist_ok=True)
        shutil.rmtree(folder / "_runyard_", ignore_errors=True)
        done = subprocess.run([sys.executable, *words], input=given, cwd=folder, capture_output=True, text=True, timeout=CEILING)
        assert done.stdout == "True False\nTrue False\n[1, 'in the log\\n']\n", done.stderr


def test_a_main_program_that_is_a_tool_is_not_executed_again(tmp_path: Path) -> None:
    test = script(
        """
        @experiment
        def train(config):
            return config.x + 1
        def test_it():
            assert train.run(configs=[{"x": 1}], report=lambda results: results[0].result, argv=[]) == 2
        """
    )
    Project(tmp_path, test, name="test_inner.py")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_inner.py"], cwd=tmp_path, capture_output=True, text=True, timeout=CEILING)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "_runyard_").is_dir()


def test_inline_shares_the_program_and_logs_what_everything_prints(tmp_path: Path) -> None:
    text = script(
        """
        import ctypes, subprocess, runyard
        seen_by_all = []
        @experiment(executor="inline")
        def train(config):
            seen_by_all.append(config.x)
            print("python")
            print("error", file=sys.stderr)
            ctypes.CDLL(None).puts(b"C code")
            os.write(1, b"descriptor\\n")
            subprocess.run(["echo", "child"])
            assert os.environ["RUNYARD_OUTPUT_DIR"] == str(config.out)
            assert runyard.get_run_index() == 1 and (runyard.get_task_dir() / "task.json").is_file() and runyard.run_dir().parent.parent == config.out
            return len(seen_by_all)
        if __name__ == "__main__":
            train.run(configs=[{"x": 1}, {"x": 2}], report=lambda results: write([[r.result, sorted(r.log.split())] for r in results]))
            print("after", seen_by_all, "RUNYARD_OUTPUT_DIR" in os.environ)
        """
    )
    project = Project(tmp_path, text)
    ended = project.run()
    words = sorted(["python", "error", "C", "code", "descriptor", "child"])
    assert project.reported == [[1, words], [2, words]] and ended.out == "after [1, 2] False\n"


def test_an_executor_of_ones_own_returns_the_value_or_writes_it(tmp_path: Path) -> None:
    text = script(
        """
        import pickle
        from runyard import Executor
        class Mine(Executor):
            def run(self, fn, config, result_path):
                print("through mine")
                if config.x == 1:
                    return fn(config) + 100
                if config.x == 2:
                    result_path.write_bytes(pickle.dumps(fn(config) + 200))
                    return None
                if config.x == 3:
                    raise OSError("no machine")
                return None
        @experiment
        def train(config):
            return config.x
        if __name__ == "__main__":
            train.run(configs=[{"x": x} for x in (1, 2, 3, 4)], executor=Mine(), check=False, report=lambda results: write([seen(results), results[0].log]))
        """
    )
    project = Project(tmp_path, text)
    project.run()
    results, log = project.reported
    assert [result for _, _, result in results] == [101, 202, "OSError: no machine", None] and log == "through mine\n"


def test_a_fork_has_what_the_script_imports_and_runs_are_apart(tmp_path: Path) -> None:
    (tmp_path / "heavy.py").write_text("import os\nMADE_BY = os.getpid()\nSTATE = []\n")
    text = script(
        """
        import heavy
        @experiment(executor="fork")
        def train(config):
            heavy.STATE.append(1)
            return [heavy.MADE_BY != os.getpid(), len(heavy.STATE), heavy.MADE_BY]
        if __name__ == "__main__":
            train.run("configs" and [{"x": x} for x in range(3)], jobs=1, report=lambda results: write([r.result for r in results]))
        """
    )
    project = Project(tmp_path, text)
    project.run()
    assert [result[:2] for result in project.reported] == [[True, 1]] * 3 and len({made for _, _, made in project.reported}) == 1


def test_variables_are_given_to_the_calls(tmp_path: Path) -> None:
    text = script(
        """
        @experiment
        def train(config):
            return os.environ.get("MODE")
        if __name__ == "__main__":
            train.run(configs=[{"x": x} for x in range(4)], jobs=4, environment={"MODE": "off line"}, report=lambda results: write([r.result for r in results]))
        """
    )
    project = Project(tmp_path, text)
    project.run()
    assert project.reported == ["off line"] * 4


def test_a_point_that_is_run_again_from_elsewhere_has_its_new_result(tmp_path: Path, program: str) -> None:
    text = script(
        """
        @experiment
        def train(config):
            return len((HERE / "data.txt").read_text())
        if __name__ == "__main__":
            train.run(configs=[{"name": "a"}], report=lambda results: write(seen(results)))
        """
    )
    project = Project(tmp_path, text)
    project.run(code=1)
    (tmp_path / "data.txt").write_text("seven..")
    listed = subprocess.run([program, "ls", "--json"], cwd=tmp_path, capture_output=True, text=True, timeout=CEILING)
    task = json.loads(listed.stdout)["tasks"][0]["id"]["task"]
    again = subprocess.run([program, "rerun", task], cwd=tmp_path, capture_output=True, text=True, timeout=CEILING)
    assert again.returncode == 0, again.stderr
    wait_for(lambda: list(tmp_path.glob("out/**/result.pkl")), "the result")
    project.run("--report")
    assert project.reported == [["a", "cached", 7]]
    assert [record["number"] for record in project.records(project.points()[0])] == [1, 2]
