"""A warm interpreter: imports modules once, then forks for each run. Python 3.9 or newer, standard library only.

It is told what to do through the socket that is its standard input, one JSON object per line, and answers in the same way:

    {"modules": [...], "path": DIR}   -> {"ready": true} | {"refused": {"module", "why"}}
    {"run": {...}} + four descriptors -> {"started": PID} | {"failed": TEXT} | {"stale": FILE} | {"refused": ...}
    {"status": PID}                    -> {"exited": CODE} | {"killed": SIGNAL} | {"running": true} | {"gone": true}
    {"reap": PID}                      -> {"reaped": true}

The fourth descriptor of a run says when it may begin: it is readable when the run's record knows the process. If it is closed
before, its supervisor is dead, and the run ends without having begun: nobody would know of it.

It ends when the socket is closed. It never takes a run's exit code away: it looks without reaping, and reaps when it is told
that the code is known. If it dies before, the run becomes its supervisor's own child, which then waits for it itself.
"""
import contextlib
import gc
import io
import itertools
import json
import os
import signal
import socket
import sys

OWN = "<runyard>"
SETTLE_SECS = 5


class Refused(Exception):
    def __init__(self, module, why):
        super().__init__(module, why)
        self.answer = {"refused": {"module": module, "why": why}}


class Door:
    """The socket to the supervisor."""

    def __init__(self):
        self.socket = socket.socket(fileno=os.dup(0))
        self.text, self.descriptors = b"", []
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.close(null)

    def tell(self, answer):
        self.socket.sendall(json.dumps(answer).encode() + b"\n")

    def listen(self):
        """The next order; None when the supervisor is gone. Descriptors wait until a run takes them."""
        while b"\n" not in self.text:
            piece, new, _, _ = socket.recv_fds(self.socket, 65536, 4)
            self.descriptors += new
            if not piece:
                return None
            self.text += piece
        line, self.text = self.text.split(b"\n", 1)
        return json.loads(line)

    def take_descriptors(self):
        taken, self.descriptors = self.descriptors, []
        return taken


def threads():
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        import threading
        return threading.active_count()


def settle():
    """Forks for nothing: libraries that keep idle workers (OpenBLAS) end them before a fork and start them when needed."""
    import time
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    until = time.monotonic() + SETTLE_SECS
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            break
        time.sleep(0.0005)


def accelerator():
    """What says that a GPU runtime is initialised, which no fork survives; None if nothing does."""
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is not None:
        try:
            if cuda.is_initialized():
                return "CUDA is initialised (`torch.cuda.is_initialized()`)"
        except Exception:
            pass
    # cuInit opens the first, the ROCm runtime the second; reading properties of devices (NVML) opens neither.
    for number in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        try:
            target = os.readlink("/proc/self/fd/" + number)
        except OSError:
            continue
        if target == "/dev/nvidia-uvm":
            return "CUDA is initialised (`/dev/nvidia-uvm` is open)"
        if target == "/dev/kfd":
            return "ROCm is initialised (`/dev/kfd` is open)"
    return None


def check(module):
    """Refuses what cannot be forked, naming the module that brought it."""
    if threads() > 1:
        settle()
        left = threads()
        if left > 1:
            raise Refused(module, "leaves %d threads running when it is imported%s" % (left - 1, names_of_threads()))
    found = accelerator()
    if found is not None:
        raise Refused(module, "is imported and " + found)


def names_of_threads():
    threading = sys.modules.get("threading")
    if threading is None:
        return ""
    names = sorted(thread.name for thread in threading.enumerate() if thread is not threading.main_thread())
    return " (%s)" % ", ".join("`%s`" % name for name in names[:5]) if names else ""


def warm(modules):
    import importlib
    for module in modules:
        try:
            importlib.import_module(module)
        except BaseException as error:
            # All of it is in the log of the run that waits for us.
            import traceback
            traceback.print_exc()
            sys.stderr.flush()
            text = str(error).strip().splitlines()
            last = "%s: %s" % (type(error).__name__, text[0]) if text else type(error).__name__
            raise Refused(module, "could not be imported: %s" % last)
        check(module)


def files(modules):
    """What tells that something imported has changed: the sources, and of what was installed the folders of the packages,
    which every installation renews; a thousand files would take longer to look at than the fork."""
    import sysconfig
    installed = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")} - {None}
    found = {}
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str):
            continue
        parent = next((folder for folder in installed if path.startswith(folder + os.sep)), None)
        if parent is None or name in modules:
            found[path] = stamp(path)
        if parent is not None:
            found[parent] = stamp(parent)
    return found


def stamp(path):
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)


def changed(known):
    return next((path for path, was in known.items() if stamp(path) != was), None)


def silence():
    """What happens between runs is in nobody's log."""
    sys.stdout.flush()
    sys.stderr.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)


def become(run, descriptors):
    """Makes this process the one of a run; whatever is wrong is an exception that says it."""
    os.setsid()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    for descriptor in descriptors:
        os.close(descriptor)
    try:
        os.chdir(run["directory"])
    except OSError as error:
        if os.path.isdir(run["directory"]):
            raise RuntimeError("the working directory `%s`: %s" % (run["directory"], error.strerror))
        raise RuntimeError("the working directory `%s` does not exist" % run["directory"])
    for name, value in run["environment"]:
        os.environ[name] = value
    apply(run["settings"])
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if "numpy.random" in sys.modules:
        # `random` does the same by itself after a fork.
        sys.modules["numpy.random"].seed()


def apply(settings):
    """The same settings, under the same names, as those of a process that is not forked."""
    if settings.get("cgroup"):
        with setting("enforce"), open(os.path.join(settings["cgroup"], "cgroup.procs"), "w") as procs:
            procs.write("0")
    if settings.get("terminal"):
        import fcntl
        import termios
        with setting("capture"):
            fcntl.ioctl(1, termios.TIOCSCTTY, 0)
    if settings.get("nice") is not None:
        with setting("nice = %d" % settings["nice"]):
            os.setpriority(os.PRIO_PROCESS, 0, settings["nice"])
    if settings.get("umask") is not None:
        os.umask(settings["umask"])
    for limit in settings.get("limits") or ():
        import resource
        value = limit.get("value")
        name = "limits.%s = %s" % (limit["name"], "unlimited" if value is None else value)
        with setting(name):
            value = resource.RLIM_INFINITY if value is None else value
            resource.setrlimit(getattr(resource, "RLIMIT_" + limit["name"].upper()), (value, value))


@contextlib.contextmanager
def setting(name):
    try:
        yield
    except Exception as error:
        raise RuntimeError("`%s` could not be set: %s" % (name, getattr(error, "strerror", None) or error))


def fork(door, run, descriptors):
    """Forks for a run. In the run's process it returns the run, in this one None."""
    heard, told = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(heard)
            door.socket.close()
            become(run, descriptors[:3])
        except BaseException as error:
            os.write(told, (str(error) or type(error).__name__).encode()[:4000])
            os._exit(1)
        wait_for_go(told, descriptors[3])
        return run
    os.close(told)
    said = b""
    while True:
        piece = os.read(heard, 4096)
        if not piece:
            break
        said += piece
    os.close(heard)
    if said == b"+":
        door.tell({"started": pid})
    else:
        os.waitpid(pid, 0)
        door.tell({"failed": said.decode(errors="replace") or "its process was killed before it had begun"})
    return None


def wait_for_go(told, go):
    """Says that this process is the run's, and waits until its record says so; without a record there is no run."""
    try:
        os.write(told, b"+")
        os.close(told)
        if os.read(go, 1):
            os.close(go)
            return
    except BaseException:
        pass
    os._exit(1)


def status(pid):
    try:
        found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    except ChildProcessError:
        return {"gone": True}
    if found is None:
        return {"running": True}
    return {"exited" if found.si_code == os.CLD_EXITED else "killed": found.si_status}


def serve():
    """Answers until the supervisor is gone (None), or this process is the one of a run (the run, and what was imported)."""
    door = Door()
    order = door.listen()
    if order is None:
        return None
    sys.path[0] = order["path"]
    try:
        warm(order["modules"])
    except Refused as refused:
        door.tell(refused.answer)
        return None
    known = files(order["modules"])
    silence()
    child_handler = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # What is here stays here: the collector of a run does not walk, and thereby copy, all of it.
    gc.collect()
    gc.freeze()
    door.tell({"ready": True})
    last = order["modules"][-1] if order["modules"] else "python"
    warm_modules = frozenset(sys.modules)
    while True:
        order = door.listen()
        if order is None:
            return None
        if "status" in order:
            door.tell(status(order["status"]))
        elif "reap" in order:
            try:
                os.waitpid(order["reap"], 0)
            except ChildProcessError:
                pass
            door.tell({"reaped": True})
        elif "run" in order:
            stale = changed(known)
            if stale is not None:
                door.tell({"stale": stale})
                return None
            try:
                check(last)
            except Refused as refused:
                door.tell(refused.answer)
                return None
            descriptors = door.take_descriptors()
            run = fork(door, order["run"], descriptors)
            for descriptor in descriptors if run is None else ():
                os.close(descriptor)
            if run is not None:
                if child_handler is not None:
                    signal.signal(signal.SIGCHLD, child_handler)
                return run, warm_modules


def main_module(script):
    """A `__main__` as the interpreter makes it for a script."""
    import importlib.machinery
    import types
    module = types.ModuleType("__main__")
    module.__dict__.update(
        __file__=script,
        __cached__=None,
        __builtins__=sys.modules["builtins"],
        __loader__=importlib.machinery.SourceFileLoader("__main__", script),
        __package__=None,
        __spec__=None,
    )
    if sys.version_info < (3, 14):
        module.__dict__["__annotations__"] = {}
    return module


def prepare(run):
    """The script's code and its module; ends like the interpreter if there is no such script."""
    script, words = run["script"], run["arguments"]
    sys.argv = [script] + words
    if hasattr(sys, "orig_argv"):
        sys.orig_argv = [sys.executable, script] + words
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    module = main_module(script)
    sys.modules["__main__"] = module
    try:
        with open("/proc/self/comm", "w") as comm:
            comm.write(os.path.basename(script)[:15])
    except OSError:
        pass
    try:
        with io.open_code(os.path.abspath(script)) as file:
            return file.read(), module.__dict__
    except OSError as error:
        sys.stderr.write("%s: can't open file %r: [Errno %d] %s\n" % (sys.executable, script, error.errno, error.strerror))
        sys.stderr.flush()
        raise SystemExit(2)


def report(error):
    """Shows an exception that nobody caught, without what lies below the script."""
    trace = without_own(error.__traceback__)
    error.__traceback__ = trace
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    try:
        sys.excepthook(type(error), error, trace)
    except SystemExit:
        raise
    except BaseException as other:
        # As if it had been raised with nothing around it.
        other.__context__ = None
        print("Error in sys.excepthook:", file=sys.stderr)
        other.__traceback__ = without_own(other.__traceback__)
        sys.__excepthook__(type(other), other, other.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(error), error, trace)


def without_own(trace):
    while trace is not None and trace.tb_frame.f_code.co_filename == OWN:
        trace = trace.tb_next
    return trace


def exit_code(end):
    """What the interpreter makes of `SystemExit`."""
    code = end.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF if -(2**63) <= code < 2**63 else 255
    sys.stdout.flush()
    print(code, file=sys.stderr)
    return 1


def execute(run, warm_modules):
    """Runs the script to its end; its exit code, or None for an interrupt that nobody caught."""
    try:
        try:
            source, namespace = prepare(run)
            exec(compile(source, run["script"], "exec", dont_inherit=True), namespace)
            code = 0
        except SystemExit:
            raise
        except BaseException as error:
            code = None if isinstance(error, KeyboardInterrupt) else 1
            report(error)
    except SystemExit as end:
        code = exit_code(end)
    finish(warm_modules)
    return code


def finish(warm_modules):
    """What the interpreter does at its end, except for what was there before the run: tearing that down costs more than the
    fork, and nothing of it can hold anything of the run that `atexit` does not know."""
    if "threading" in sys.modules:
        try:
            sys.modules["threading"]._shutdown()
        except BaseException as error:
            print("Exception ignored in: threading._shutdown", file=sys.stderr)
            error.__traceback__ = without_own(error.__traceback__)
            sys.__excepthook__(type(error), error, error.__traceback__)
    import atexit
    try:
        atexit._run_exitfuncs()
    except BaseException:
        # It has been shown.
        pass
    for stream in (sys.stdout, sys.stderr):
        flush(stream)
    if threads() > 1:
        # Daemon threads go on to the very end; what they use must not be taken from them.
        for thing in gc.get_objects():
            if isinstance(thing, io.IOBase):
                flush(thing)
        return
    # Files that nobody closed are written when they are dropped.
    sys.last_type = sys.last_value = sys.last_traceback = sys.last_exc = None
    clear(sys.modules.get("__main__"))
    # The run's own are the last; a look at each of the others would copy the page it is on.
    for name in list(itertools.takewhile(lambda name: name not in warm_modules, reversed(sys.modules))):
        clear(sys.modules.get(name))
    gc.collect()


def clear(module):
    """Drops what a module holds, as the interpreter does: private names first."""
    names = getattr(module, "__dict__", None)
    if not isinstance(names, dict):
        return
    for is_private in (True, False):
        for name in list(names):
            is_dropped = name[:1] == "_" and name[1:2] != "_" if is_private else name != "__builtins__"
            if isinstance(name, str) and is_dropped:
                names[name] = None


def flush(stream):
    try:
        if stream is not None and not stream.closed:
            stream.flush()
        return True
    except Exception:
        return False


def leave(code):
    is_written = [flush(stream) for stream in (sys.stdout, sys.stderr)]
    if code is None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    # The interpreter says 120 if the last words could not be written.
    os._exit(code if all(is_written) or code else 120)


RUN = serve()
if RUN is None:
    # Nothing here is anybody's to clean up: what modules registered for the end belongs to the runs.
    os._exit(0)
leave(execute(*RUN))
