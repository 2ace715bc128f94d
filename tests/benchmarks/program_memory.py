"""``python -m tests.benchmarks.program_memory [--programs 500] [--executor threads]``: memory of many programs.

Trains one shard of each of many different programs, networks of different widths, one after the other. It prints the
resident memory of whoever trains, this process or its worker, each time that --early programs more were trained.
"""

import argparse
from pathlib import Path

from optbench.problem.built import BuiltProblems
from optbench.sweep import processes
from optbench.sweep.execute import Launch
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.sweep.threads import Threads
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of

EXECUTORS = {"threads": Threads, "processes": processes.Processes}


def resident_mib(pid):
    """The resident memory of a process in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def shard_of(number, built_problems):
    """One run of a network that no other number has."""
    nodes = {"model": {"hidden": [8 + number]}}
    runs = runs_of(
        make_problem("iris", "mlp", nodes=nodes, steps=5), make_setting("adam"), seeds=[0], identify_data=True
    )
    (shard,) = cut_shards(runs, built_problems, "xla", workers=1)
    return shard


def main():
    """Print the memory after the first programs and after all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=500)
    parser.add_argument("--early", type=int, default=50)
    parser.add_argument("--executor", choices=EXECUTORS, default="processes")
    parser.add_argument("--most", type=int, default=processes.MOST_PROGRAMS, help="programs of one worker process")
    given = parser.parse_args()
    processes.MOST_PROGRAMS = given.most
    pids = []
    started = processes.Worker._started
    processes.Worker._started = lambda worker: pids.append((process := started(worker)).pid) or process
    built_problems, levels = BuiltProblems(), []
    executor = EXECUTORS[given.executor](Launch(built_problems, Programs(built_problems), 1))
    for number in range(given.programs):
        tables = executor.train(shard_of(number, built_problems), lambda steps: None, lambda: False)
        assert set(tables.runs["status"]) == {"done"}, tables.runs["status_detail"].iloc[0]
        levels.append(resident_mib(pids[-1] if pids else "self"))
        if (number + 1) % given.early == 0:
            said = f"now {levels[-1]:.0f} MiB, at most {max(levels):.0f} MiB"
            print(f"{number + 1} programs in {len(pids) or 1} processes: {said}", flush=True)
    executor.close()
    print(f"ratio of the largest levels {max(levels) / max(levels[: given.early]):.3f}")


if __name__ == "__main__":
    main()
