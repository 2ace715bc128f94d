"""What a program held is free when the program is gone."""

import gc
import subprocess
import sys

import pytest
from tensorflow.python.framework.func_graph import FuncGraph

from tests.conftest import ROOT, make_problem, make_setting
from tests.training.helpers import runs_of, trained

NETWORKS = """
import pathlib
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of, trained

def resident():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])

for number in range(30):
    model, node = (("baseline_cnn", {"hidden": 16 + number}), ("lstm", {"units": 8 + number}),
                   ("mlp", {"hidden": [16 + number]}))[number % 3]
    trained(runs_of(make_problem(model=model, nodes={"model": node}, steps=5), make_setting("adam")), "auto")
    if number in (9, 29):
        print(resident())
"""


SMALLEST = {"resnet18": {"filters": 4, "blocks": [1]}, "lstm": {"units": 8, "layers": 1}}


@pytest.mark.parametrize("network", ["mlp", "baseline_cnn", "resnet18", "lstm"])
def test_no_graph_outlives_its_program(network):
    def graphs():
        gc.collect()
        return {id(o): o for o in gc.get_objects() if isinstance(o, FuncGraph)}

    before = graphs()
    nodes = {"model": SMALLEST.get(network, {})}
    trained(runs_of(make_problem(model=network, nodes=nodes, steps=2), make_setting("momentum"), seeds=[0]))
    assert [graph.name for key, graph in graphs().items() if key not in before] == []


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc, which only Linux has")
def test_after_30_networks_memory_is_within_15_percent_of_its_level_after_10():
    done = subprocess.run([sys.executable, "-c", NETWORKS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    early, late = map(int, done.stdout.split())
    print(f"resident after 10 networks {early / 1024:.0f} MiB, after 30 {late / 1024:.0f} MiB")
    assert late < 1.15 * early
