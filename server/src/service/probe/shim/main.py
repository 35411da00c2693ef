# Runs a script until it reads its command line, tells what its parser accepts, and leaves before any work.
#
# Standard input is one end of a private socket: the first line that comes is the order, and each line that goes back
# begins with the order's secret word, so that nothing the script prints can be taken for an answer.

import argparse
import fcntl
import importlib.machinery
import json
import types


class Channel:
    def __init__(self):
        try:
            # High up, out of the way of scripts that close what they did not open.
            self.fd = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 700)
        except OSError:
            self.fd = os.dup(0)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.close(null)
        received = b""
        while not received.endswith(b"\n"):
            piece = os.read(self.fd, 65536)
            if not piece:
                os._exit(3)
            received += piece
        self.order = json.loads(received)
        self.word = self.order["word"]
        self.lock = threading.RLock()

    def send(self, event, **message):
        message["event"] = event
        line = (self.word + json.dumps(message) + "\n").encode()
        with self.lock:
            try:
                while line:
                    line = line[os.write(self.fd, line) :]
            except OSError:
                os._exit(3)


# Words of the command line that still know that they are: `parse_args(sys.argv[1:])` reads it, `parse_args([])` does not.
class Argv(list):
    def __getitem__(self, at):
        found = list.__getitem__(self, at)
        return Argv(found) if isinstance(at, slice) else found

    def __add__(self, other):
        return Argv(list.__add__(self, other))

    def __radd__(self, other):
        return Argv(list.__add__(list(other), self))

    def copy(self):
        return Argv(self)


def is_command_line(args):
    if args is None or isinstance(args, Argv):
        return True
    try:
        return len(sys.argv) > 1 and list(args) == list(sys.argv[1:])
    except TypeError:
        return False


def is_copy(parser):
    return any(cls.__module__ in ARGPARSES[1:] for cls in type(parser).__mro__)


class Probe:
    def __init__(self, channel):
        self.channel = channel
        order = channel.order
        self.script = order["script"]
        self.folder = os.path.dirname(self.script)
        self.roots = tuple(root.rstrip(os.sep) + os.sep for root in order["roots"])
        self.parsers = []
        # Calls that are going on: (parser, is the command line read, is it read to the end).
        self.calls = []
        self.depth = 0
        self.has_parsed = False

    # Sends what a parser accepts. `how`: "full" the command line was read, "known" a part of it, "help" the help was
    # printed, "list" other words were read, "made" the parser was only made.
    def snapshot(self, parser, how):
        try:
            description = Description(parser).json
        except Exception as error:
            self.channel.send("trouble", message="the parser could not be read: %s: %s" % (type(error).__name__, error))
            return
        self.has_parsed = True
        self.channel.send("parser", how=how, parser=description, modules=self.modules())

    def modules(self):
        found = []
        for module in list(sys.modules.values()):
            name = getattr(module, "__file__", None)
            if isinstance(name, str) and name.startswith(self.roots) and "site-packages" not in name and name.endswith(".py"):
                found.append(text(os.path.abspath(name)))
        return sorted(set(found))[:2000]

    def finish(self, how, **more):
        if not self.has_parsed:
            self.snapshot_of_made()
        self.channel.send("end", how=how, modules=self.modules(), **more)
        os._exit(0)

    def snapshot_of_made(self):
        inner = {id(p) for parser in self.parsers for action in parser._actions for p in getattr(action, "_name_parser_map", {}).values()}
        outer = [parser for parser in self.parsers if id(parser) not in inner and len(parser._actions) > 1]
        if outer:
            self.snapshot(max(outer, key=lambda parser: len(parser._actions)), "made")

    # Makes the parsers of a module, argparse or a copy of it, tell of themselves.
    def install(self, module):
        probe = self
        cls = module.ArgumentParser
        real = {name: getattr(cls, name) for name in ("__init__", "parse_args", "parse_known_args", "parse_intermixed_args", "parse_known_intermixed_args", "print_help") if hasattr(cls, name)}

        def init(self, *args, **named):
            real["__init__"](self, *args, **named)
            probe.parsers.append(self)

        def parse_args(self, args=None, namespace=None, **named):
            with Call(probe, self, is_command_line(args), True):
                return real["parse_args"](self, args, namespace, **named)

        def parse_known_args(self, args=None, namespace=None, **named):
            return probe.parse(self, args, lambda: real["parse_known_args"](self, args, namespace, **named))

        def parse_intermixed_args(self, args=None, namespace=None, **named):
            # Inside, positionals are changed for a while: what is there at the beginning counts.
            with Call(probe, self, is_command_line(args), True):
                return probe.parse(self, args, lambda: real["parse_intermixed_args"](self, args, namespace, **named))

        def parse_known_intermixed_args(self, args=None, namespace=None, **named):
            return probe.parse(self, args, lambda: real["parse_known_intermixed_args"](self, args, namespace, **named))

        def print_help(self, *args, **named):
            if not probe.has_parsed and not probe.depth:
                probe.snapshot(self, "help")
            return real["print_help"](self, *args, **named)

        def init_subclass(cls, **named):
            super(module.ArgumentParser, cls).__init_subclass__(**named)
            probe.wrap_overrides(cls)

        for function in (parse_args, parse_known_args, parse_intermixed_args, parse_known_intermixed_args, print_help):
            if function.__name__ in real:
                setattr(cls, function.__name__, functools.wraps(real[function.__name__])(function))
        cls.__init__ = functools.wraps(real["__init__"])(init)
        cls.__init_subclass__ = classmethod(init_subclass)

    # An override may hand other words to the real method than it was given, so its own are looked at.
    def wrap_overrides(self, cls):
        for name, is_full in (("parse_args", True), ("parse_known_args", False), ("parse_intermixed_args", True), ("parse_args_into_dataclasses", True)):
            real = cls.__dict__.get(name)
            if isinstance(real, types.FunctionType):
                setattr(cls, name, self.wrapped(real, is_full))

    def wrapped(probe, real, is_full):
        @functools.wraps(real)
        def override(self, *more, **named):
            args = more[0] if more else named.get("args")
            full = is_full and not named.get("return_remaining_strings")
            with Call(probe, self, is_command_line(args), full):
                return real(self, *more, **named)

        return override

    def parse(self, parser, args, go_on):
        mine = [call for call in self.calls if call.parser is parser]
        reads = is_command_line(args) or any(call.reads for call in mine)
        is_full = any(call.is_full for call in mine)
        if is_copy(parser) and list(args or sys.argv[1:]) == list(sys.argv[1:]):
            reads = is_full = True  # a library's own parser has no other use, and gets a list of its making
        if self.depth or threading.current_thread() is not threading.main_thread():
            return go_on()  # a sub-parser at work, or a parser of a library
        if not reads:
            if not self.has_parsed:
                self.snapshot(parser, "list")
                self.has_parsed = False
            return self.inside(go_on)
        if is_full:
            self.snapshot(parser, "full")
            self.finish("parsed")
        self.snapshot(parser, "known")
        result = self.inside(go_on, parser)
        if isinstance(result, tuple) and len(result) == 2 and type(result[1]) is list:
            # What is left is still the command line, for the parser that reads it next.
            return result[0], Argv(result[1])
        return result

    def inside(self, go_on, lenient=None):
        holders = [] if lenient is None else list(lenient._actions) + list(lenient._mutually_exclusive_groups)
        required = [(holder, holder.required) for holder in holders]
        for holder, _ in required:
            holder.required = False
        self.depth += 1
        try:
            return go_on()
        finally:
            self.depth -= 1
            for holder, was in required:
                holder.required = was

    def run(self):
        with guard.real_open(self.script, "rb") as file:
            content = file.read()
        main = types.ModuleType("__main__")
        main.__file__ = self.script
        main.__builtins__ = builtins
        main.__loader__ = importlib.machinery.SourceFileLoader("__main__", self.script)
        main.__cached__ = None
        sys.modules["__main__"] = main
        sys.argv = Argv([self.script] + self.channel.order["args"])
        if hasattr(sys, "orig_argv"):
            sys.orig_argv = [sys.executable] + sys.argv
        if not getattr(sys.flags, "safe_path", False):
            sys.path.insert(0, self.folder)
        try:
            exec(compile(content, self.script, "exec", dont_inherit=True), main.__dict__)
        except SystemExit as error:
            code = error.code
            self.finish("exit", message=text(code)[:2000] if isinstance(code, str) else None)
        except BaseException as error:
            self.finish("error", error=self.account(error))
        self.finish("returned")

    def account(self, error):
        try:
            message = str(error)
        except Exception:
            message = ""
        file, line = None, None
        step = error.__traceback__
        while step is not None:
            name = step.tb_frame.f_code.co_filename
            if name.startswith(self.folder + os.sep) and "site-packages" not in name:
                file, line = name, step.tb_lineno
            step = step.tb_next
        if isinstance(error, SyntaxError) and isinstance(error.filename, str) and error.filename.startswith(self.folder):
            file, line = error.filename, error.lineno
        return {
            "type": type(error).__name__,
            "message": text(message)[:2000],
            "file": None if file is None else text(file[len(self.folder) + 1 :]),
            "line": line,
            "module": error.name if isinstance(error, ModuleNotFoundError) else None,
        }


class Call:
    def __init__(self, probe, parser, reads, is_full):
        self.probe, self.parser, self.reads, self.is_full = probe, parser, reads, is_full

    def __enter__(self):
        self.probe.calls.append(self)

    def __exit__(self, *_):
        self.probe.calls.remove(self)


# Copies of argparse that are imported later.
class Finder:
    def find_spec(name, path=None, target=None):
        if name not in ARGPARSES:
            return None
        specs = (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not Finder)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                probe.install(module)

            spec.loader.exec_module = exec_module
        return spec

    find_spec = staticmethod(find_spec)


# The script's own modules come before ours, as in a run of its own.
def forget_shadowed(folder, before):
    for name in set(sys.modules) - before:
        top = os.path.join(folder, name.split(".")[0])
        if os.path.isfile(top + ".py") or os.path.isfile(os.path.join(top, "__init__.py")):
            del sys.modules[name]


# tyro parses by itself unless it is told to leave it to its copy of argparse.
os.environ["PYTHON_TYRO_BACKEND"] = "argparse"
channel = Channel()
probe = Probe(channel)
guard = Guard(probe.folder, lambda found: channel.send("prevented", prevented=found))
channel.send("hello", version=".".join(map(str, sys.version_info[:3])))
probe.install(argparse)
sys.meta_path.insert(0, Finder)
guard.install()
forget_shadowed(probe.folder, MODULES_BEFORE)
probe.run()
