# Before any other import: the script's folder is the working directory, and its modules must not shadow ours.
import sys

MODULES_BEFORE = set(sys.modules)
if not getattr(sys.flags, "safe_path", False):
    del sys.path[0]
sys.dont_write_bytecode = True
