"""The command lines of optbench, run in this process or in a separate one.

A process takes seconds to import TensorFlow. It is needed only where its start is tested: what it imports, what it
writes past Python. For its environment or its signals, a fork of a process that has imported TensorFlow will do.
"""

import contextlib
import importlib
import io
import os
import subprocess
import sys
import warnings
from pathlib import Path

from hydra.core.global_hydra import GlobalHydra

from optbench.runtime.tensorflow_import import OURS
from tests import forks
from tests.forks import Done

MAINS = {  # of each module that users run
    "optbench": "optbench.cli.main",
    "optbench.report": "optbench.cli.report",
    "optbench.results": "optbench.cli.results",
    "optbench.weights": "optbench.cli.weights",
    "optbench.crosscheck": "optbench.cli.crosscheck",
    "optbench.conformance": "optbench.cli.conformance",
    "optbench.regression": "optbench.cli.regression.main",
}


def environment_of_a_user():
    """The environment without what :mod:`optbench.runtime.tensorflow_import` put into ours."""
    return {k: v for k, v in os.environ.items() if k not in ("TF_CPP_MIN_LOG_LEVEL", OURS)}


def optbench_process(*arguments, cwd, module="optbench", timeout=300, **environment):
    """Run a command line as a user does, in a process of its own."""
    env = environment_of_a_user() | environment
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def optbench_fork(*arguments, cwd, module="optbench", **environment):
    """Run a command line in a process of its own that starts with TensorFlow imported."""
    return forks.start_module(module, *arguments, cwd=cwd, env=environment_of_a_user() | environment).wait()


def optbench_command(*arguments, cwd, module="optbench", **environment):
    """Run a command line in this process; its exit code, output and errors, as a process of its own would have them."""
    main = importlib.import_module(MAINS[module]).main
    out, err = io.StringIO(), io.StringIO()
    GlobalHydra.instance().clear()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.chdir(cwd))
        stack.enter_context(as_it_was(sys, "argv", [module, *map(str, arguments)]))
        stack.enter_context(as_it_was(sys, "path", ["", *sys.path]))
        stack.enter_context(environment_as_it_was(environment))
        stack.enter_context(without_new_modules(cwd))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("default")  # as Python has it outside of tests
        code = exit_code(main)
    return Done(code, out.getvalue(), err.getvalue())


def exit_code_of(*words):
    """The exit code of ``python -m optbench`` with these words, run in this process and this folder."""
    main = importlib.import_module(MAINS["optbench"]).main
    with environment_as_it_was({}), as_it_was(sys, "path", ["", *sys.path]):
        return exit_code(lambda: main(words))


def exit_code(main):
    """Call the function of a command; the exit code that its process would have."""
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


@contextlib.contextmanager
def as_it_was(place, name, value):
    """Another value of an attribute, for a while."""
    before = getattr(place, name)
    setattr(place, name, value)
    try:
        yield
    finally:
        setattr(place, name, before)


@contextlib.contextmanager
def environment_as_it_was(values):
    """The environment with further values, and afterwards as it was."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def without_new_modules(folder):
    """Forget afterwards what was imported from a folder: another test has other modules of the same names."""
    before = set(sys.modules)
    try:
        yield
    finally:
        paths = {name: path_of(sys.modules[name]) for name in set(sys.modules) - before}  # all before any is removed
        for name, path in paths.items():
            if path.startswith(str(folder)) or (path and not Path(path).is_absolute()):
                del sys.modules[name]
        importlib.invalidate_caches()


def path_of(module):
    """The file or the folder of a module; empty where it has none."""
    return str(getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), ""))
