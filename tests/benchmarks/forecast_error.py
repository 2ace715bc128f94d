"""``python -m tests.benchmarks.forecast_error [NAME ...]``: how well the end of a study's training is predicted.

Each study trains in this process, with what a forecast says recorded after each stretch. It prints by how much the
length of all training that was foretold differs from what it became: once the first shards had ended, and once a share
of the time had passed. Then it asks with ``dry_run`` what the same study would cost once more, foretold from its rows.
With ``--processor`` the clock is the processor time of this process, which other work on the machine does not change.
"""

import argparse
import re
import tempfile
import time
from pathlib import Path

from optbench.runtime.machine import cores
from optbench.sweep.forecast import Forecast
from tests.commands import optbench_command

SHARES = (0.1, 0.2, 0.3, 0.5)
TUNED = ("optimizer=sgd,adam", "dataset=digits", "model=mlp", "epochs=20", "seeds=16", "tune.trials=16")
STUDIES = {
    "dense": ("optimizer=sgd,adam,rmsprop", "dataset=digits", "model=mlp", "epochs=20", "seeds=64"),
    "cnn": ("optimizer=sgd,adam", "dataset=digits", "model=baseline_cnn", "epochs=5", "seeds=6"),
    "mixed": ("optimizer=sgd,adam", "dataset=digits", "model=mlp,baseline_cnn", "epochs=5", "seeds=8"),
    "sobol": ("tune=sobol", *TUNED),
    "halving": ("tune=halving", *TUNED),
}


class Recorded:
    """What forecasts said, and when."""

    def __init__(self, clock):
        self.clock, self.begun, self.last, self.told, self.ended = clock, None, 0.0, [], []

    def watch(self, monkeyed):
        """Let every forecast tell this recording."""
        whole = begin, advanced, finished = monkeyed.__init__, monkeyed.advanced, monkeyed.finished

        def __init__(forecast, works, *arguments, **named):
            begin(forecast, works, *arguments, **named, clock=self.clock)
            if works and self.begun is None:
                self.begun = self.clock()

        def told(forecast, key, steps):
            advanced(forecast, key, steps)
            self.last = self.clock()
            self.told.append((self.last - self.begun, forecast.seconds_left()))

        def ended(forecast, *arguments):
            finished(forecast, *arguments)
            self.ended.append((self.clock() - self.begun, forecast.seconds_left()))

        monkeyed.__init__, monkeyed.advanced, monkeyed.finished = __init__, told, ended
        return whole

    @property
    def seconds(self):
        """How long training took, with what lies between its phases."""
        return self.last - self.begun

    @property
    def error_after_first_shards(self):
        """The same once as many shards ended as are trained at once."""
        at, left = self.ended[cores() - 1]
        return (at + left) / self.seconds - 1.0

    def error_at(self, share):
        """How much longer than it became the study was foretold to be, as a share; None where nothing was said."""
        known = [(at, left) for at, left in self.told if at >= share * self.seconds and left is not None]
        return (known[0][0] + known[0][1]) / self.seconds - 1.0 if known else None


def main():
    """Print the errors of each study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(STUDIES))
    parser.add_argument("--processor", action="store_true", help="processor time in place of wall time")
    given = parser.parse_args()
    for name in given.names:
        recorded = Recorded(time.process_time if given.processor else time.monotonic)
        whole = recorded.watch(Forecast)
        with tempfile.TemporaryDirectory() as folder:
            command = ("-m", *STUDIES[name], "name=foretold", "timing=false", "report.format=[csv]")
            done = optbench_command(*command, cwd=Path(folder))
            Forecast.__init__, Forecast.advanced, Forecast.finished = whole
            assert done.returncode == 0, done.stderr
            dry = optbench_command(*command, "force=true", "dry_run=true", cwd=Path(folder))
        errors = {share: recorded.error_at(share) for share in SHARES}
        told = ", ".join(f"{share:.0%}: {'nothing' if e is None else f'{e:+.0%}'}" for share, e in errors.items())
        again = re.search(r"workers?: (about .*)\.", dry.stdout)
        first = f"after the first shards {recorded.error_after_first_shards:+.0%}"
        print(f"{name}: {recorded.seconds:.1f} s; {first}; after {told}; once more {again and again[1]}", flush=True)


if __name__ == "__main__":
    main()
