# The kernel's part of the guard, where it has Landlock (Linux 5.13 or newer): what compiled code would do past Python.

import ctypes
import os
import struct
import sys

LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
PR_SET_NO_NEW_PRIVS = 38
# linux/landlock.h
EXECUTE, WRITE_FILE, TRUNCATE = 1 << 0, 1 << 1, 1 << 14
REMOVE_DIR, REMOVE_FILE, MAKE_REG, REFER = 1 << 4, 1 << 5, 1 << 8, 1 << 13
MAKE_ALL = 0b1111111 << 6
CONNECT_TCP = 1 << 1
SCOPE_SIGNAL = 1 << 1


# Takes the right to write, to execute and to connect from this process and all that come from it. True if it is gone.
def take_rights():
    if not sys.platform.startswith("linux"):
        return False
    try:
        syscall = ctypes.CDLL(None, use_errno=True).syscall
        version = syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
        if version < 1:
            return False
        rights = EXECUTE | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_ALL
        rights |= (REFER if version >= 2 else 0) | (TRUNCATE if version >= 3 else 0)
        fields = [rights] + ([CONNECT_TCP] if version >= 4 else []) + ([SCOPE_SIGNAL] if version >= 6 else [])
        attributes = struct.pack("=%dQ" % len(fields), *fields)
        ruleset = syscall(LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
        if ruleset < 0:
            return False
        # Devices (null, graphics cards) and memory that programs share there: nothing of it stays.
        for path, allowed in (("/dev", WRITE_FILE | TRUNCATE), ("/dev/shm", WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE)):
            if os.path.isdir(path):
                folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
                rule = struct.pack("=Qi", allowed & rights, folder)
                syscall(LANDLOCK_ADD_RULE, ruleset, 1, rule, 0)
                os.close(folder)
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        is_done = syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0
        os.close(ruleset)
        return is_done
    except (OSError, AttributeError, ValueError):
        return False
