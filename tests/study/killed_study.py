"""A study that kills itself at a named point: ``python -m tests.study.killed_study FOLDER POINT``."""

import os
import signal
import sys
from pathlib import Path

from optbench.runtime.tensorflow_import import import_tensorflow

import_tensorflow()

from optbench.results import store, study_files  # noqa: E402
from optbench.runtime import digests, durable  # noqa: E402
from optbench.study import study  # noqa: E402
from optbench.sweep import programs  # noqa: E402
from optbench.training import loop  # noqa: E402
from tests.study.test_study import job  # noqa: E402
from tests.study.test_study import study as new_study  # noqa: E402

RATES = (0.1, 0.01, 1e38)  # one of them diverges


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner, name, count):
    """Kill when ``owner.name`` is called for the ``count``-th time, before it does anything."""
    right, calls = getattr(owner, name), []

    def call(*args, **kwargs):
        calls.append(1)
        if len(calls) == count:
            kill()
        return right(*args, **kwargs)

    setattr(owner, name, call)


def after(owner, name, count):
    """The same, once it has done its work."""
    right, calls = getattr(owner, name), []

    def call(*args, **kwargs):
        result = right(*args, **kwargs)
        calls.append(1)
        if len(calls) == count:
            kill()
        return result

    setattr(owner, name, call)


def before_last_digest():
    """Kill when a file has taken the place of another, and the digests of both stand beside it."""
    right = digests._write_digests

    def write(path, new):
        if len(new) == 1 and len(digests.digests_of(path)) == 2:
            kill()
        right(path, new)

    digests._write_digests = write


POINTS = {
    "before the study file": lambda: before(study_files, "write_with_digest", 1),
    "after the study file": lambda: after(study_files, "write_with_digest", 1),
    "before a curves file": lambda: before(store.Store, "_write", 3),
    "between a curves file and its runs file": lambda: after(store.Store, "_write", 3),
    "after a runs file": lambda: after(store.Store, "_write", 4),
    "under a temporary name": lambda: after(durable, "write_bytes", 9),
    "in the middle of a shard": lambda: after(loop.Program, "advance", 9),
    "before merging": lambda: before(store.Store, "merge", 1),
    "after merging, before the parts are removed": lambda: before(store.Store, "remove", 1),
    "while the parts are removed": lambda: before(store, "remove_with_digest", 4),
    "between a digest and its file": lambda: after(digests, "_write_digests", 5),
    "between a file and its last digest": lambda: before_last_digest(),
    "before the report": lambda: before(study, "time_steps", 1),
    "as a shard ends": lambda: before(programs.Programs, "done", 2),
}


def jobs(folder):
    """Six settings of ten seeds: sixty runs."""
    return [job(folder, o, rule={"learning_rate": r}, seeds=10, timing=True) for o in ("sgd", "adam") for r in RATES]


if __name__ == "__main__":
    POINTS[sys.argv[2]]()
    this = new_study()
    this.add(jobs(Path(sys.argv[1])))
    this.finish()
    sys.exit("it was to be killed, and was not")
