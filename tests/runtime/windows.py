"""Simulate the restrictions of Windows for optbench's modules, in a process on Linux.

    os, signal      without what only POSIX has
    file names      none with a colon or another reserved character, no device, no dot or space at the end
    files           an open one can be neither replaced, renamed nor removed, nor can a folder that holds one
    folders         cannot be opened, and none is replaced
    links           symbolic ones need a right that users do not have

Libraries keep what they find: those that Windows needs have ways of their own there.
"""

import builtins
import errno
import importlib
import io
import os
import pkgutil
import signal
import sys
from pathlib import Path, PurePosixPath

import optbench

MODULES = ["fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"]
LACKING = {
    "os": {
        *("O_CLOEXEC", "O_DIRECTORY", "O_NOATIME", "O_NOFOLLOW", "O_NONBLOCK", "O_SYNC", "WNOHANG", "chown", "fchdir"),
        *("fchown", "fork", "forkpty", "getegid", "geteuid", "getgid", "getloadavg", "getpgid", "getpgrp", "getuid"),
        *("killpg", "lchown", "mkfifo", "nice", "openpty", "posix_fadvise", "pread", "pwrite", "register_at_fork"),
        *(
            "sched_getaffinity",
            "sendfile",
            "setpgid",
            "setsid",
            "statvfs",
            "sync",
            "sysconf",
            "uname",
            "wait",
            "waitid",
        ),
    },
    "signal": {
        *("SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGSTOP", "SIGUSR1", "SIGUSR2", "alarm"),
        *("pthread_kill", "pthread_sigmask", "setitimer", "sigwait"),
    },
}
RESERVED_CHARACTERS = {*'<>:"|?*', *map(chr, range(32))}
DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(10))}


class Lacking:
    """A module without some of its names, or with others in their place."""

    def __init__(self, module, names=frozenset(), **others):
        self.__dict__.update(others)
        self._module, self._names = module, names

    def __getattr__(self, name):
        if name in self._names:
            raise AttributeError(f"module {self._module.__name__!r} has no attribute {name!r}")
        return getattr(self._module, name)


def modules():
    """All modules of optbench but those that run a command."""
    found = pkgutil.walk_packages(optbench.__path__, "optbench.")
    return [importlib.import_module(module.name) for module in found if not module.name.endswith("__main__")]


def simulate(patch):
    """Let optbench meet what Windows lacks and refuses, as long as a ``MonkeyPatch`` lasts."""
    for module in modules():
        for name, lacking in LACKING.items():
            if vars(module).get(name) is sys.modules[name]:
                patch.setattr(module, name, Lacking(sys.modules[name], lacking))
    patch.setattr("optbench.runtime.system.sys", Lacking(sys, platform="win32"))
    patch.setattr("optbench.runtime.system.PAUSES_S", ())
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM")]
    patch.setattr("optbench.runtime.interrupts.SIGNALS", numbers)
    patch.setattr(os, "mkdir", checked(os.mkdir, check_name))
    for name in ("replace", "rename"):
        patch.setattr(os, name, checked(getattr(os, name), check_move))
    for name in ("unlink", "remove", "rmdir"):
        patch.setattr(os, name, checked(getattr(os, name), check_free))
    patch.setattr(os, "symlink", refuse_link)
    opened = checked(builtins.open, check_opened)
    patch.setattr(builtins, "open", opened)
    patch.setattr(io, "open", opened)


def checked(function, check):
    """A function whose arguments are checked first."""

    def call(*arguments, **options):
        check(*arguments)
        return function(*arguments, **options)

    return call


def check_name(path, *_):
    """Refuse a path that Windows cannot have."""
    parts = PurePosixPath(os.fspath(path)).parts if isinstance(path, str | os.PathLike) else ()
    for part in set(parts) - {"/", ".", ".."}:
        is_device = part.partition(".")[0].rstrip().upper() in DEVICES
        if is_device or RESERVED_CHARACTERS & set(part) or part.endswith((".", " ")):
            raise OSError(errno.EINVAL, "The filename, directory name, or volume label syntax is incorrect", str(path))


def check_opened(path, mode="r", *_):
    """Refuse to write a file of such a name, and to open a folder."""
    if isinstance(path, str | os.PathLike):
        if set(mode) & set("wxa+") and not os.fspath(path).startswith("/dev/"):
            check_name(path)
        if Path(path).is_dir():
            raise PermissionError(errno.EACCES, "Permission denied", str(path))


def check_move(source, target, *_):
    """Refuse to move what is open, to such a name, in place of what is open, or in place of a folder."""
    check_name(target)
    check_free(source)
    check_free(target)
    if Path(target).is_dir():
        raise PermissionError(errno.EACCES, "Access is denied", str(target))


def check_free(path, *_):
    """Refuse to touch a file that this process has open, or a folder that holds one."""
    if not isinstance(path, str | os.PathLike) or not Path(path).is_absolute():  # one of a folder's, as rmtree gives it
        return
    place = Path(path).resolve()
    if any(used == place or place in used.parents for used in used_files()):
        raise PermissionError(errno.EACCES, "The process cannot access the file because it is being used", str(path))


def used_files():
    """The files that this process has open."""
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            yield descriptor.readlink()
        except OSError:  # the one that listed them
            continue


def refuse_link(*_, **__):
    """Refuse a symbolic link."""
    raise OSError(errno.EPERM, "A required privilege is not held by the client")
