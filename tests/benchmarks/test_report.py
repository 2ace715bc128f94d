"""The cost of a report of many runs: time, memory, bytes, and the time until a browser shows it.

    make bench

The results are made up; the page is built in a process of its own, so that its peak of memory is its own.
"""

import re
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.commands import environment_of_a_user
from tests.report.made_up_results import METRICS, MORE_METRICS, Made, write

RULES = ("sgd", "sgdm", "adagrad", "rmsprop", "adam")
FULL = {"points": 100, "metrics": tuple(METRICS + MORE_METRICS)}
MADE = {
    "usual": Made("usual", optimizers=(*RULES, "adadelta"), seeds=10),
    "many": Made("many", tuple(f"set{i}_mlp" for i in range(10)), RULES, tuple(np.logspace(-4, 0.5, 20)), 10, **FULL),
    "one": Made("one", optimizers=RULES, rates=tuple(np.logspace(-4, 0.5, 50)), seeds=40, **FULL),
}
BUILD = r"""
import re, sys
from pathlib import Path
from optbench.report.page import build
build(Path("results"), Path("reports"), [sys.argv[1]])
peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())  # of this program alone
print(f"peak {int(peak.group(1)) / 2**20:.3f} GiB")
"""


@pytest.mark.benchmark(group="report")
@pytest.mark.parametrize("name", MADE)
def test_a_report_is_built_and_opened(benchmark, tmp_path, chromium, name):
    pytest.importorskip("playwright", reason="playwright, which opens the page, is not installed")
    write(tmp_path / "results", MADE[name])

    def built():
        command, clock = [sys.executable, "-c", BUILD, name], time.perf_counter()
        done = subprocess.run(
            command, cwd=tmp_path, env=environment_of_a_user(), capture_output=True, text=True, check=True
        )
        return time.perf_counter() - clock, float(re.search(r"peak ([\d.]+) GiB", done.stdout).group(1))

    seconds, peak = benchmark.pedantic(built, rounds=1)
    page = tmp_path / "reports" / name / "index.html"
    opened = seconds_to_open(page, chromium)
    figures = {"seconds": seconds, "peak_gib": peak, "mib": page.stat().st_size / 2**20, "seconds_to_open": opened}
    benchmark.extra_info |= {key: round(value, 3) for key, value in figures.items()}
    print(f"\n{benchmark.name}: " + ", ".join(f"{key} {value}" for key, value in benchmark.extra_info.items()))


def seconds_to_open(page, chromium):
    """From asking for the page to its load event and the first frame after it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab, clock = browser.new_page(), time.perf_counter()
        tab.goto(page.as_uri())
        tab.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        seconds = time.perf_counter() - clock
        browser.close()
    return seconds
