"""EXP's API: an experiment is a folder with numbered runs, their logs and rows of metrics.

::

    experiment = Experiment("baseline", "python train.py", "runs")      # runs/baseline_2026-11-21__10-15-00/
    experiment.run()                                                    # train.py: exp = load_experiment(); exp.upd_row(…)
    experiment.load_metrics_dict()

`runyard run batch.toml` makes the same folders; a script uses `load_experiment` in both cases.
"""

import enum
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Union

from . import _environment, _exp_folder, _exp_rows
from ._errors import RunyardError
from ._table import whole_rows
from ._warn import warn_once

if TYPE_CHECKING:
    from ._exp_process import ExperimentProcess
    from ._exp_rows import Rows

PathLike = Union[str, "os.PathLike[str]"]
LarkConfig = Union[str, Mapping[str, Any], None]


class ExperimentStatus(str, enum.Enum):
    """How an experiment's newest run stands; equal to the text that files have for it."""

    PENDING = "pending"
    RUNNING = "running"
    FINISHED = "finished"
    ERROR = "error"

    def __str__(self) -> str:
        return self.value


class Experiment:
    """A folder of its own for a command, its runs, their logs and metrics.

    Args:
        name: what the folder begins with; ``/`` makes folders inside ``base_dir``.
        command: a text for ``sh -c``, run as it stands; or a list of words, which no shell reads.
        base_dir: where the folder is made; ``~`` is your home.
        tags: labels.
        gpu_ids: devices that the command may see (``CUDA_VISIBLE_DEVICES``): ``[0, 1]`` or ``"0,1"``.
        cwd: where the command runs; the experiment's folder if it is None.
        resume: ``YYYY-MM-DD__HH-MM-SS`` of a folder of this name: a new run goes on there. What is not given is taken from it.
        description: free text.
        lark_config: a table's address or its settings; kept for its owner's eyes alone, and used by nothing yet.

    Making one takes the number of a run, so `current_run_id` is known before `run`. Raises `ValueError` for a name that leads
    elsewhere, and if there is nothing to resume.

    >>> experiment = Experiment("demo", "echo hello", "runs")
    >>> experiment.run(background=False)
    hello
    0
    """

    def __init__(
        self,
        name: str,
        command: Union[str, Sequence[str]],
        base_dir: PathLike,
        tags: Optional[Sequence[str]] = None,
        gpu_ids: Union[str, Sequence[Union[int, str]], None] = None,
        cwd: Optional[PathLike] = None,
        resume: Optional[str] = None,
        description: Optional[str] = None,
        lark_config: LarkConfig = None,
    ) -> None:
        if base_dir is None:
            raise ValueError("`base_dir` is missing: it says where the folders of experiments are made")
        base = Path(os.path.expanduser(base_dir)).absolute()
        lark = _lark(lark_config)
        if resume is None:
            folder = _exp_folder.create(base, name)
        else:
            folder = base / f"{_exp_folder.parts_of_name(name)}_{resume}"
            if not folder.is_dir():
                raise ValueError(f"there is no experiment to resume: folder `{folder}` is missing")
        _exp_folder.furnish(folder)
        known = _exp_folder.read(folder, "metadata.json")
        from ._exp_process import gpus

        described = {
            "name": str(name),
            "command": command if isinstance(command, str) else [str(word) for word in command],
            "tags": list(tags) if tags is not None else known.get("tags") or [],
            "gpu_ids": gpus(gpu_ids) if gpu_ids is not None else known.get("gpu_ids") or [],
            "cwd": str(Path(os.path.expanduser(cwd)).absolute()) if cwd is not None else known.get("cwd"),
            "description": description if description is not None else known.get("description"),
        }
        stamp = resume or folder.name[len(Path(str(name)).name) + 1 :]
        _exp_folder.write(folder, "config.json", described)
        _exp_folder.write(folder, "metadata.json", {**known, **described, "timestamp": known.get("timestamp") or stamp})
        _exp_folder.keep(folder, {**(_exp_folder.kept(folder) or {}), **lark})
        self._open(folder, _exp_folder.claim_run(folder), is_supervised=False)
        self._stand("pending", None)
        _exp_folder.say(folder, f"{self.current_run_id} {'resumes' if resume else 'created'}: {described['command']}")

    def _open(self, folder: Optional[Path], run: str, *, is_supervised: bool) -> None:
        described = _exp_folder.read(folder, "metadata.json") if folder else {}
        self.work_dir: Path = folder or Path.cwd()
        self.current_run_id = run
        self.name: str = described.get("name") or ""
        self.command: Union[str, List[str]] = described.get("command") or ""
        self.tags: List[str] = described.get("tags") or []
        self.gpu_ids: List[Union[int, str]] = described.get("gpu_ids") or []
        self.cwd: Optional[str] = described.get("cwd")
        self.description: Optional[str] = described.get("description")
        self.timestamp: str = described.get("timestamp") or ""
        self.lark_config = _exp_folder.kept(folder) if folder else None
        self._folder = folder
        self._is_supervised = is_supervised
        self._was_run = False
        self._row: Dict[str, object] = {}
        self._rows: Optional[Rows] = None

    # How it stands

    @property
    def status(self) -> ExperimentStatus:
        """How the newest run stands, as its files say now. One whose processes have vanished is an error."""
        text = _exp_folder.current(self._folder).get("status") if self._folder else None
        return next((status for status in ExperimentStatus if status.value == text), ExperimentStatus.PENDING)

    @property
    def pid(self) -> Optional[int]:
        """The process that runs; None if none does."""
        return _exp_folder.current(self._folder).get("pid") if self._folder else None

    def set_status(self, status: Union[str, ExperimentStatus]) -> None:
        """Writes how this run stands: pending, running, finished, error."""
        self._stand(ExperimentStatus(status).value, os.getpid() if status == "running" else None)

    def set_running(self, pid: Optional[int] = None) -> None:
        """Writes that this run runs, as process ``pid``; this one if it is None."""
        self._stand("running", os.getpid() if pid is None else pid, started_at_ms=_exp_folder.now_ms())

    def set_finished(self) -> None:
        """Writes that this run has ended well."""
        self._stand("finished", None, ended_at_ms=_exp_folder.now_ms())

    def set_error(self, error_msg: Optional[str] = None) -> None:
        """Writes that this run has failed; the message goes to its log."""
        if error_msg:
            self.append_log(f"ERROR: {error_msg}")
        self._stand("error", None, ended_at_ms=_exp_folder.now_ms())

    def _stand(self, status: str, pid: Optional[int], **more: object) -> None:
        # What a supervisor records about a run is the truth; two writers would only disagree.
        if self._folder is None or self._is_supervised:
            return
        try:
            _exp_folder.update(self._folder, self.current_run_id, status, pid, **more)
        except OSError as error:
            warn_once(f"status {self._folder}", f"the status in `{self._folder}` cannot be written: {error.strerror}")

    # Running

    def run(
        self, background: bool = True, extra_env: Optional[Mapping[str, Optional[str]]] = None
    ) -> "Union[ExperimentProcess, int]":
        """Runs the command; its output, both streams in order, is the run's log.

        Args:
            background: return at once, with the process; else wait, print what it prints, and return its exit code.
            extra_env: variables on top of those of this process; None removes one.

        The status is written when the command ends, whether this process still lives or not. A second call makes a new run.
        Raises `RuntimeError` if the command cannot be started.
        """
        from ._exp_process import ExperimentProcess, follow

        if self._folder is None or not self.command:
            raise RuntimeError("this experiment has no command to run")
        if self._was_run:
            self.start_new_run()
        self._was_run = True
        log = self.get_log_file_path()
        start = log.stat().st_size
        cwd = Path(self.cwd) if self.cwd else self._folder
        process = ExperimentProcess(self.command, self._folder, self.current_run_id, cwd, self._environment(extra_env))
        if background:
            return process
        try:
            return follow(process, log, start)
        except BaseException:
            process.end()
            raise

    def _environment(self, extra: Optional[Mapping[str, Optional[str]]]) -> Dict[str, str]:
        env = dict(os.environ)
        if self.gpu_ids:
            env["CUDA_VISIBLE_DEVICES"] = ",".join(str(device) for device in self.gpu_ids)
        env[_environment.WORK_DIR] = str(self.work_dir)
        env[_environment.EXPERIMENT_NAME] = self.name
        env[_environment.EXPERIMENT_RUN_ID] = self.current_run_id
        env.setdefault("PYTHONUNBUFFERED", "1")
        for name, value in (extra or {}).items():
            if value is None:
                env.pop(name, None)
            else:
                env[name] = str(value)
        return env

    def start_new_run(self) -> str:
        """Takes the next number, and returns its id; rows and logs of this object go there from now on."""
        if self._folder is None or self._is_supervised:
            return self.current_run_id
        self.current_run_id = _exp_folder.claim_run(self._folder)
        self._rows = None
        self._row = {}
        self._was_run = False
        self._stand("pending", None)
        return self.current_run_id

    def get_all_runs(self) -> List[str]:
        """The ids of all runs, in order."""
        return _exp_folder.runs(self._folder) if self._folder else []

    def get_summary(self) -> Dict[str, Any]:
        """What it is and how it stands: name, status, timestamp, tags, work_dir, total_runs, current_run, pid, gpu_ids."""
        return {
            "name": self.name,
            "status": self.status.value,
            "timestamp": self.timestamp,
            "tags": list(self.tags),
            "work_dir": str(self.work_dir),
            "total_runs": len(self.get_all_runs()),
            "current_run": self.current_run_id,
            "pid": self.pid,
            "gpu_ids": list(self.gpu_ids),
        }

    # Logs

    def get_log_file_path(self, run_id: Optional[str] = None) -> Path:
        """The log of a run; of this one if ``run_id`` is None."""
        return self.work_dir / "logs" / f"{run_id or self.current_run_id}.log"

    def append_log(self, content: str, run_id: Optional[str] = None) -> None:
        """Appends to a run's log, each line behind ``[YYYY-MM-DD HH:MM:SS]``."""
        if self._folder is not None:
            _exp_folder.say(self._folder, content, f"{run_id or self.current_run_id}.log")

    def read_log(self, run_id: Optional[str] = None) -> str:
        """A run's log; empty if it has none."""
        try:
            return self.get_log_file_path(run_id).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def get_log_tail(self, lines: int = 50, run_id: Optional[str] = None) -> str:
        """The last lines of a run's log, of which only the end is read."""
        return _exp_rows.tail(self.get_log_file_path(run_id), lines)

    # Metrics

    def upd_row(self, **values: object) -> None:
        """Puts values into the row that `save_row` will write; of each name the last one counts.

        >>> load_experiment().upd_row(epoch=1, loss=0.5)
        """
        self._row.update(values)

    def save_row(self, *, lark: bool = False, lark_config: LarkConfig = None) -> None:
        """Writes the row and begins the next one. It is in the file when this returns; nothing is raised.

        Args:
            lark: said once to have no effect in this version; the row is in the file.
            lark_config: the same.
        """
        row, self._row = self._row, {}
        if lark or lark_config is not None:
            warn_once("lark", "rows are not sent to Lark by this version; they are in the metrics of the run")
        if self._folder is None:
            return
        if not row:
            warn_once("empty row", "`save_row` was called without values: no row was written")
            return
        if self._rows is None:
            metrics = _environment.path(_environment.RUN_DIR) if self._is_supervised else None
            self._rows = _exp_rows.Rows(self.get_metrics_file_path(), self.current_run_id, metrics)
        self._rows.save(row)

    def get_metrics_file_path(self) -> Path:
        """The CSV file of this run: ``timestamp``, ``run_id``, then columns in the order in which they came."""
        return self.work_dir / "metrics" / f"{self.current_run_id}.csv"

    def load_metrics_df(self) -> Any:
        """The rows of this run as a pandas DataFrame; without columns if there are none. Needs pandas."""
        try:
            import pandas  # type: ignore[import-untyped, unused-ignore]
        except ImportError:
            raise RunyardError(
                "`load_metrics_df` needs pandas, which is not installed", "pip install pandas, or use load_metrics_dict()"
            ) from None
        data = whole_rows(self.get_metrics_file_path()) if self._folder is not None else b""
        return pandas.read_csv(io.BytesIO(data)) if data else pandas.DataFrame()

    def load_metrics_dict(self) -> List[Dict[str, Any]]:
        """The rows of this run: numbers, booleans and texts as they were, None for an empty cell."""
        return _exp_rows.load(self.get_metrics_file_path()) if self._folder is not None else []


def load_experiment(work_dir: Optional[PathLike] = None, *, strict: bool = False) -> Experiment:
    """The experiment that this process is a run of.

    Args:
        work_dir: the folder of any experiment instead, to look at it; its newest run then.
        strict: raise `RunyardError` if there is none. Otherwise that is said once, and what comes back records nothing, so a
            script also works when it is started by hand.

    >>> experiment = load_experiment()
    >>> experiment.upd_row(epoch=1, loss=0.5)
    >>> experiment.save_row()
    """
    folder = Path(work_dir).absolute() if work_dir is not None else _environment.path(_environment.WORK_DIR)
    experiment: Experiment = object.__new__(Experiment)
    if folder is not None and folder.is_dir():
        known = _exp_folder.read(folder, "metadata.json")
        run = _environment.text(_environment.EXPERIMENT_RUN_ID) if work_dir is None else None
        runs = _exp_folder.runs(folder)
        run = run or known.get("current_run_id") or (runs[-1] if runs else "run_0001")
        own = _environment.path(_environment.RUN_DIR)
        is_supervised = work_dir is None and own is not None and _is_inside(own, folder)
        if work_dir is None:
            try:
                _exp_folder.furnish(folder)
            except OSError as error:
                warn_once(f"furnish {folder}", f"folder `{folder}` cannot be written: {error.strerror}")
        experiment._open(folder, run, is_supervised=is_supervised)
        return experiment
    message = f"folder `{folder}` of the experiment is missing" if folder else "this process is no run of an experiment"
    if strict:
        raise RunyardError(message, "start it with Experiment(…).run() or `runyard run batch.toml`")
    warn_once("no experiment", message + ": what it records is not kept")
    experiment._open(None, "run_0001", is_supervised=False)
    return experiment


def _is_inside(path: Path, folder: Path) -> bool:
    return os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)


def _lark(config: LarkConfig) -> Dict[str, Any]:
    if config is None:
        return {}
    if isinstance(config, str):
        return {"url": config}
    if isinstance(config, Mapping):
        return {str(key): value for key, value in config.items() if value is not None}
    raise TypeError(f"`lark_config` is a mapping or an address, not a `{type(config).__name__}`")
