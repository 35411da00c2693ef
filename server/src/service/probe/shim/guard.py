# Keeps a probed script from leaving traces: it may compute and read, but not write, start processes or talk to others.
#
# Three layers. The functions that scripts call most are replaced by ones that do nothing and say that they succeeded
# (files, folders) or failed (processes). What reaches the interpreter another way meets the audit hook, which raises.
# Compiled code that passes by both meets the kernel, where it can (kernel.py). This guards against accidents; code that means harm could do it by running the script anyway.

import builtins
import errno
import io
import os
import shutil
import socket
import subprocess
import sys
import threading

# Files that may be opened for writing: nothing stays of what is written there.
HARMLESS = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/stdout", "/dev/stderr")
HARMLESS_PREFIXES = ("/dev/nvidia", "/dev/dri/", "/dev/kfd", "/dev/fd/", "/proc/self/fd/")
MAKERS = (os.mknod, os.mkfifo) if hasattr(os, "mknod") else ()
WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Compiled code may write past the hook; not more than this into any file.
MAX_FILE_BYTES = 1 << 20
# Told at most.
MAX_REPORTS = 100


class Guard:
    def __init__(self, folder, report):
        self.folder = folder
        self.report = report
        self.told = set()
        # Paths that the script believes to exist.
        self.made = set()
        self.real_open = builtins.open
        self.real_os_open = os.open

    def prevented(self, kind, what, pretended):
        what = text_of(what)
        key = (kind, what, pretended)
        if key in self.told or len(self.told) >= MAX_REPORTS:
            return
        self.told.add(key)
        file, line = self.place()
        self.report({"kind": kind, "what": what[:500], "file": file, "line": line, "pretended": pretended})

    # The innermost line of the script's own code that is being executed.
    def place(self):
        frame = sys._getframe(1)
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith(self.folder + os.sep) and "site-packages" not in name:
                return name[len(self.folder) + 1 :], frame.f_lineno
            frame = frame.f_back
        return None, None

    def remember(self, path):
        self.made.add(os.path.abspath(text_of(path)))

    def believed(self, path):
        return os.path.abspath(text_of(path)) in self.made

    # The functions that pretend.

    def install(self):
        pretend_open = self.open
        builtins.open = io.open = pretend_open
        os.open = self.os_open
        os.mkdir = self.mkdir
        for name in ("remove", "unlink", "rmdir"):
            setattr(os, name, self.remover(getattr(os, name)))
        for name in ("rename", "replace", "link", "symlink"):
            setattr(os, name, self.placer(getattr(os, name)))
        for name in ("truncate", "chmod", "lchmod", "chown", "lchown", "utime", "setxattr", "removexattr", "chflags", "lchflags", "mknod", "mkfifo"):
            if hasattr(os, name):
                setattr(os, name, self.nothing(getattr(os, name)))
        for name in ("copyfile", "copymode", "copystat", "copy", "copy2", "copytree", "move"):
            setattr(shutil, name, self.copier(getattr(shutil, name)))
        shutil.rmtree = self.nothing(shutil.rmtree)
        self.install_processes()
        self.install_in_pathlib()
        # It keeps functions of `os` as they were at its import, and its search for a writable folder writes.
        sys.modules.pop("tempfile", None)
        import tempfile

        tempfile.tempdir = next((d for d in tempfile._candidate_tempdir_list() if os.path.isdir(d) and os.access(d, os.W_OK)), "/tmp")
        self.limit_files()
        take_rights()
        sys.addaudithook(self.hook)

    # Python 3.10 and older: `pathlib` keeps functions of `os` as they were at its import.
    def install_in_pathlib(self):
        accessor = getattr(sys.modules.get("pathlib"), "_NormalAccessor", None)
        if accessor is None:
            return
        for name in ("mkdir", "unlink", "rmdir", "rename", "replace", "link", "link_to", "symlink", "chmod", "lchmod", "utime"):
            function = getattr(os, "link" if name == "link_to" else name, None)
            if hasattr(accessor, name) and function is not None:
                setattr(accessor, name, staticmethod(function))
        accessor.open = staticmethod(io.open if sys.version_info >= (3, 10) else os.open)

    def limit_files(self):
        try:
            import resource
            import signal

            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        except (ImportError, OSError, ValueError):
            pass  # the other layers stay

    def open(self, file, mode="r", *more, **named):
        if isinstance(file, int) or not (isinstance(mode, str) and set("wxa+") & set(mode)) or is_harmless(file):
            return self.real_open(file, mode, *more, **named)
        settings = dict(zip(("buffering", "encoding", "errors", "newline", "closefd", "opener"), more), **named)
        opener = settings.pop("opener", None)
        settings.pop("closefd", None)
        if opener is not None:
            # It is asked for the file, and comes back here by way of `os.open`.
            opened = opener(file, os.O_CREAT | (os.O_RDWR if "+" in mode else os.O_WRONLY))
            return self.real_open(opened, mode.replace("x", "w"), **settings)
        self.prevented("write", file, True)
        if "r" in mode:
            with self.real_open(file, "rb") as existing:
                content = existing.read()
        elif "x" in mode and os.path.lexists(file):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), file)
        else:
            content = b""
        self.remember(file)
        if "+" not in mode:
            return self.real_open(os.devnull, mode.replace("x", "w"), **settings)
        memory = io.BytesIO(content)
        if "b" in mode:
            return memory
        settings.pop("buffering", None)
        return io.TextIOWrapper(memory, **settings)

    def os_open(self, path, flags, mode=0o777, *more, **named):
        if not flags & WRITE_FLAGS or is_harmless(path):
            return self.real_os_open(path, flags, mode, *more, **named)
        if flags & os.O_EXCL and os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        self.prevented("write", path, True)
        self.remember(path)
        return self.real_os_open(os.devnull, os.O_RDWR)

    def mkdir(self, path, *more, **named):
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        self.prevented("write", path, True)
        self.remember(path)

    def remover(self, real):
        def remove(path, *more, **named):
            if not self.believed(path) and not named.get("dir_fd") and not os.path.lexists(path):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            if not self.believed(path):
                self.prevented("write", path, True)

        return named_as(remove, real)

    def placer(self, real):
        def place(src, dst, *more, **named):
            self.prevented("write", dst, True)
            self.remember(dst)

        return named_as(place, real)

    def copier(self, real):
        def copy(src, dst, *more, **named):
            self.prevented("write", dst, True)
            self.remember(dst)
            return dst

        return named_as(copy, real)

    def nothing(self, real):
        def pretend(path, *more, **named):
            if self.believed(path):
                return None
            if not isinstance(path, int) and not os.path.lexists(path) and real not in MAKERS:
                return real(path, *more, **named)  # its own error, or none
            self.prevented("write", path, True)

        return named_as(pretend, real)

    # Processes: as if the command had ended at once, without output, in failure.

    def install_processes(self):
        guard = self
        execute = subprocess.Popen._execute_child
        names = execute.__code__.co_varnames[: execute.__code__.co_argcount]

        def execute_child(self, *more, **named):
            given = dict(zip(names[1:], more), **named)
            guard.prevented("process", words_of(given.get("args")), False)
            self.pid = 1 << 22
            self.returncode = 127
            null = getattr(self, "_devnull", None)
            for ours, theirs in (("p2cwrite", "p2cread"), ("c2pread", "c2pwrite"), ("errread", "errwrite")):
                if given.get(ours, -1) != -1 and given.get(theirs, -1) not in (-1, null):
                    os.close(given[theirs])
            if null is not None:
                os.close(null)
            self._closed_child_pipe_fds = True

        subprocess.Popen._execute_child = execute_child

        def system(command):
            guard.prevented("process", command, False)
            return 127 << 8

        os.system = system
        try:
            import _posixsubprocess

            _posixsubprocess.fork_exec = self.refuser("process", "fork_exec")
        except ImportError:
            pass
        for name in ("fork", "forkpty"):
            if hasattr(os, name):
                setattr(os, name, self.refuser("process", name))

    def refuser(self, kind, what):
        def refuse(*more, **named):
            self.refuse(kind, what)

        return refuse

    def refuse(self, kind, what):
        self.prevented(kind, what, False)
        if kind == "network":
            raise ConnectionRefusedError(errno.ECONNREFUSED, "a probe does not let the script use the network", text_of(what))
        deed = "start processes" if kind == "process" else "write"
        raise PermissionError(errno.EPERM, "a probe does not let the script " + deed, text_of(what))

    # The layer below: https://docs.python.org/3/library/audit_events.html

    def hook(self, event, args):
        handler = HANDLERS.get(event)
        if handler is not None:
            handler(self, args)

    def on_open(self, args):
        path, mode, flags = args
        if isinstance(path, int) or path is None or is_harmless(path):
            return
        writes = isinstance(flags, int) and flags & WRITE_FLAGS
        if writes or (isinstance(mode, str) and set("wxa+") & set(mode)):
            self.refuse("write", path)

    def on_write(self, args):
        # `fd` forms are of files that are open already.
        if args and not isinstance(args[0], int):
            self.refuse("write", args[0])

    def on_process(self, args):
        self.refuse("process", words_of(args[1] if len(args) > 1 and args[1] else args[0] if args else "fork"))

    def on_kill(self, args):
        if len(args) > 1 and args[1] != 0:
            self.refuse("process", "kill %s" % (args[0],))

    def on_address(self, args):
        self.refuse("network", args[1] if len(args) > 1 else "")

    def on_bind(self, args):
        address = args[1] if len(args) > 1 else None
        # Asking for any free port is how scripts find one.
        if not (isinstance(address, tuple) and len(address) > 1 and address[1] == 0):
            self.refuse("network", address)

    def on_name(self, args):
        self.prevented("network", args[0] if args else "", False)
        raise socket.gaierror(socket.EAI_AGAIN, "a probe does not let the script use the network")

    def on_database(self, args):
        if args and text_of(args[0]) not in (":memory:", ""):
            self.refuse("write", args[0])


HANDLERS = {"open": Guard.on_open, "os.kill": Guard.on_kill, "os.killpg": Guard.on_kill, "socket.bind": Guard.on_bind, "sqlite3.connect": Guard.on_database}
for names, handler in (
    (("os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "os.lchown", "os.chflags", "os.utime", "os.setxattr", "os.removexattr"), Guard.on_write),
    (("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "pty.spawn"), Guard.on_process),
    (("socket.connect", "socket.sendto", "socket.sendmsg"), Guard.on_address),
    (("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"), Guard.on_name),
):
    for name in names:
        HANDLERS[name] = handler


def is_harmless(path):
    path = text_of(path)
    return path in HARMLESS or path.startswith(HARMLESS_PREFIXES)


def words_of(command):
    if isinstance(command, (str, bytes)) or hasattr(command, "__fspath__"):
        return text_of(command)
    try:
        return " ".join(text_of(word) for word in command)
    except TypeError:
        return text_of(command)


def text_of(x):
    try:
        x = os.fspath(x)
    except TypeError:
        return repr(x)
    return os.fsdecode(x)


# Some code asks `os.supports_dir_fd` and friends with the function itself.
def named_as(function, real):
    for group in (os.supports_dir_fd, os.supports_follow_symlinks, os.supports_effective_ids, os.supports_fd):
        if real in group:
            group.add(function)
    function.__name__ = getattr(real, "__name__", function.__name__)
    return function
