"""Compiled programs between processes: found whatever was traced before, the same bits, and never a reason to fail."""

import json
import os

import pytest

from optbench.runtime.compilation_cache import SWITCH, digest_of, entries
from tests import forks
from tests.commands import environment_of_a_user
from tests.conftest import ROOT

PROGRAM = """
import hashlib, json, sys
if "tensorflow-first" in sys.argv:
    import tensorflow as tf
    tf.constant(1.0)
from optbench.runtime.tensorflow_import import import_tensorflow
import_tensorflow()
from optbench.training import xla
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of, trained

curves = {}
for optimizer in sys.argv[1].split(","):
    runs = runs_of(make_problem("iris", "softmax", steps=9, points=3), make_setting(optimizer), seeds=[0, 1, 2])
    found = trained(runs)
    text = b"".join(found[run.run_id][0].tobytes() for run in runs)
    curves[optimizer] = hashlib.sha256(text).hexdigest()
print(json.dumps({"curves": curves, "why": xla.why_without_cache()}))
"""


def start(folder, optimizers, *arguments):
    """A process that trains a few runs with each optimizer and keeps compiled programs in a folder."""
    env = environment_of_a_user() | {SWITCH: str(folder), "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return forks.start_code(PROGRAM, optimizers, *arguments, cwd=ROOT, env=env)


def result(process):
    """What it printed."""
    done = process.wait()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def two_at_once(tmp_path_factory):
    """A folder that two processes filled at the same time, and what they made; each traced in another order."""
    folder = tmp_path_factory.mktemp("programs")
    made = [result(p) for p in [start(folder, "sgd,adam"), start(folder, "adam,sgd")]]
    return folder, made


def test_two_processes_at_once_keep_each_program_once(two_at_once):
    folder, made = two_at_once
    assert made[0]["curves"] == made[1]["curves"]
    names = [path.name.rpartition("-")[0].partition("-")[2] for path in entries(folder)]
    assert len(set(names)) == 6  # steps of sgd, steps of adam and metrics, each as a trace and as machine code


def test_a_program_is_found_whatever_was_traced_before_and_makes_the_same_bits(two_at_once):
    folder, made = two_at_once
    before = {path: path.read_bytes() for path in entries(folder)}
    times = {path: path.stat().st_mtime for path in before}
    for path, time in times.items():
        os.utime(path, (time - 1000, time - 500))
    again = result(start(folder, "momentum,adam"))
    assert again["curves"]["adam"] == made[0]["curves"]["adam"]
    new = [path for path in entries(folder) if path not in before]
    assert len(new) == 2  # momentum's steps as a trace and as machine code: the rest was there
    off = result(start("off", "adam"))
    assert off["curves"]["adam"] == made[0]["curves"]["adam"]


def test_damaged_entries_change_nothing(two_at_once, tmp_path):
    folder, made = two_at_once
    (key,) = {path.parent.name for path in entries(folder)}
    copies = tmp_path / key
    copies.mkdir()
    for number, path in enumerate(entries(folder)):
        content = bytearray(path.read_bytes())
        content[len(content) // (2 + number)] ^= 1 << (number % 8)
        (copies / path.name).write_bytes(content[: -100 * (number % 2) or None])  # every other one is truncated too
    damaged = [path.read_bytes() for path in entries(tmp_path)]
    assert len(damaged) >= 6
    curves = result(start(tmp_path, "sgd,adam,momentum"))["curves"]
    assert {name: curves[name] for name in made[0]["curves"]} == made[0]["curves"]
    assert [path for path in entries(tmp_path) if not path.name.endswith(digest_of(path))] == []
    assert all(path.read_bytes() not in damaged for path in entries(tmp_path))


def test_where_tensorflow_was_used_before_the_cache_is_left_out_and_that_is_said(tmp_path):
    found = result(start(tmp_path, "sgd", "tensorflow-first"))
    assert found["why"] == "TensorFlow was used before optbench in this process: compiled programs are not kept."
    assert entries(tmp_path) == []
