"""Separate processes that start with TensorFlow imported: a server imports it once, and each process is a fork of it.

Such a process has its own environment, streams, signals and exit code, and TensorFlow reads its options in it as in any
other. It is not for tests of what the import itself does.
"""

import atexit
import multiprocessing
import multiprocessing.forkserver as forkserver
import os
import runpy
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NamedTuple

PRELOADED = [
    "optbench.sweep.preload",
    *("pandas", "pyarrow.parquet", "hydra", "sklearn.datasets", "scipy.stats"),
    *("optbench.cli.main", "optbench.study.study", "optbench.sweep.programs", "optbench.report.contents"),
]


class Done(NamedTuple):
    """A process that ended."""

    returncode: int  # negative: the signal that ended it
    stdout: str
    stderr: str


class Fork:
    """A process that runs."""

    def __init__(self, target, arguments, cwd, env):
        self._folder = tempfile.TemporaryDirectory()
        self._streams = [Path(self._folder.name, name) for name in ("out", "err")]
        for stream in self._streams:
            stream.touch()
        settings = (target, arguments, str(cwd), dict(env), self._streams)
        self._process = context().Process(target=_in_fork, args=settings)
        self._process.start()

    @property
    def is_alive(self):
        """Whether it has not ended."""
        return self._process.is_alive()

    def send(self, number):
        """Send it a signal."""
        os.kill(self._process.pid, number)

    def wait(self, timeout=300):
        """Wait for its end."""
        self._process.join(timeout)
        if self._process.is_alive():
            self._process.kill()
            raise TimeoutError(f"it did not end within {timeout} s")
        with self._folder:
            return Done(self._process.exitcode, *(stream.read_text() for stream in self._streams))


def context():
    """The multiprocessing context whose server has imported TensorFlow; new processes where only Linux may fork."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(PRELOADED)
    forkserver.ensure_running()
    return found


def start_module(module, *arguments, cwd, env):
    """Start ``python -m module arguments`` in a fork."""
    return Fork(_as_module, (module, arguments), cwd, env)


def start_code(code, *arguments, cwd, env):
    """Start ``python -c code arguments`` in a fork."""
    return Fork(_as_code, (code, arguments), cwd, env)


def _in_fork(target, arguments, cwd, env, streams):
    """Become a process of the given environment, and run."""
    for number, stream in enumerate(streams, start=1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_APPEND), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell ignore it
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # what nohup started ignores it
    os.environ.clear()
    os.environ.update({"TF_CPP_MIN_LOG_LEVEL": "3"} | env)  # the import that would see to it is over
    os.chdir(cwd)
    paths = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:] = [cwd, *paths, *(path for path in sys.path if path not in (cwd, *paths, ""))]
    try:
        target(*arguments)
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        raise SystemExit(1) from None
    finally:
        sys.stdout.flush()
        atexit._run_exitfuncs()  # which multiprocessing leaves out


def _as_module(module, arguments):
    sys.argv = [module, *map(str, arguments)]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _as_code(code, arguments):
    sys.argv = ["-c", *map(str, arguments)]
    exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
