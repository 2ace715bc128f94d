"""``python -m tests.benchmarks.sync_share``: the share of a study's time spent waiting for the disk.

The calls of ``fsync`` are timed inside the study, so that the share is a ratio within one run.
"""

import tempfile
import threading
import time
from pathlib import Path

from optbench.runtime import durable
from tests.commands import optbench_command

STUDY = ("-m", "optimizer=sgd,adam,rmsprop", "timing=false", "name=synced", "report.format=[csv]")


class Clock:
    """Adds up the time of calls, on whatever thread."""

    def __init__(self):
        self.seconds, self.calls, self._lock = 0.0, 0, threading.Lock()

    def timed(self, function):
        """The function, with its time added up."""

        def call(*arguments):
            start = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                with self._lock:
                    self.seconds += time.perf_counter() - start
                    self.calls += 1

        return call


def main():
    """Run the study and print the share."""
    clock = Clock()
    durable.sync_file, durable.sync_folder = clock.timed(durable.sync_file), clock.timed(durable.sync_folder)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        start = time.perf_counter()
        done = optbench_command(*STUDY, cwd=folder)
        whole = time.perf_counter() - start
    assert done.returncode == 0, done.stderr
    print(f"{clock.calls} calls, {clock.seconds:.2f} s of {whole:.1f} s: {clock.seconds / whole:.2%}")


if __name__ == "__main__":
    main()
