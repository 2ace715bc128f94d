"""What XLA is asked for beside its defaults: that a loop over steps copies nothing of what it carries."""

import os
import re

import pytest

from tests import forks
from tests.conftest import ROOT

PROGRAM = """
import os, sys
from dataclasses import replace
import tensorflow as tf
from optbench.problem.built import BuiltProblems
from optbench.sweep.plan import cut_shards
from optbench.sweep.programs import Programs
from optbench.training.loop import lanes_of
from optbench.training.train import warm_up
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of

built_problems, width, before = BuiltProblems(), int(sys.argv[1]), os.environ.get("XLA_FLAGS")
runs = runs_of(make_problem(nodes={"model": {"hidden": [7]}}), make_setting("adam"), seeds=range(width))
(shard,) = cut_shards(runs, built_problems, "xla", workers=1)
program = Programs(built_problems).get(replace(shard.program, lanes=width))
lanes = lanes_of(program, shard.runs, shard.floats)
warm_up(program, lanes)
assert os.environ.get("XLA_FLAGS") == before

batches = tf.zeros([program.stretch, width, 32], tf.int32)
inputs = program.begin(lanes), lanes.floats, lanes.keys, batches, tf.constant(0), program.structure.built.data.train
advance = tf.function(program._advance_lanes, jit_compile=True, autograph=False)
print(advance.experimental_get_compiler_ir(*inputs)(stage="optimized_hlo"))
"""


def copied_in_a_step(lanes, **environment):
    """The tensors that XLA copies in each step of the digits network with Adam, as types: ``f32[8,64,7]``."""
    env = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"} | environment
    done = forks.start_code(PROGRAM, lanes, cwd=ROOT, env=env).wait()
    assert done.returncode == 0, done.stderr
    body = re.search(r"^%[^\n]*while_body.*?^}", done.stdout, re.DOTALL | re.MULTILINE).group()
    assert " dot(" in body  # it is the step
    return set(re.findall(r"= (\S+)\{\S* copy\(", body))


@pytest.mark.parametrize("lanes", [1, 8])
def test_a_step_copies_nothing(lanes):
    assert copied_in_a_step(lanes) == set()


def test_a_step_copies_nothing_where_the_user_asks_xla_for_something_else():
    assert copied_in_a_step(8, XLA_FLAGS="--xla_cpu_enable_fast_min_max=true") == set()


def test_what_the_user_asks_of_xla_wins():
    assert "f32[8,64,7]" in copied_in_a_step(8, XLA_FLAGS="--xla_cpu_copy_insertion_use_region_analysis=false")
