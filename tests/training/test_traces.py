"""Traces on disk: the same graph with the same bits, found only for the same thing, and never a reason to fail."""

import gc
import importlib
import sys
from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import TARGET
from optbench.spec.run import Setting
from optbench.training import traces
from optbench.training.compiled import CompiledFunction
from optbench.training.traces import Trace, as_trace, load, rename_functions, trace_key
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of, trained

X = tf.reshape(tf.range(6.0), (2, 3))


class Pair(NamedTuple):
    a: tf.Tensor
    b: tf.Tensor


def looped(x):
    """A function with a loop, whose body TensorFlow makes a function of its own."""
    _, x = tf.while_loop(lambda i, _: i < 5, lambda i, x: (i + 1, tf.sin(x) + 0.1), (0, x))
    return {"test": {"loss": tf.reduce_sum(x), "accuracy": x[0, 0]}, "all": x}


def trace_of(function, *arguments, known_structure=False):
    """A function's trace, whose original is dropped."""
    concrete = tf.function(function, autograph=False, jit_compile=True).get_concrete_function(*arguments)
    return as_trace(concrete, tf.nest.flatten(arguments), known_structure)


@pytest.fixture
def kept(monkeypatch):
    """Entries by name, in place of a folder."""
    entries = {}

    class Entries:
        read = staticmethod(entries.get)

        @staticmethod
        def write(name, content, program):
            assert program in name
            entries[name] = content

    monkeypatch.setattr(traces, "compilation_cache", Entries)
    monkeypatch.setattr("optbench.training.compiled.compilation_cache", Entries)
    return entries


def test_what_is_loaded_computes_the_same_bits_after_the_original_and_another_copy_are_gone():
    expected = tf.nest.flatten(tf.function(looped, autograph=False, jit_compile=True)(X))
    trace = Trace.from_bytes(trace_of(looped, X).to_bytes())
    first, second = load(trace, [X]), load(trace, [X])
    first(X)
    del first
    gc.collect()
    assert all(np.array_equal(a, b) for a, b in zip(second(X), expected, strict=True))


def test_nested_dicts_and_known_structures_come_back(kept):
    found = CompiledFunction(looped, "xla", "looped", "1")(X)
    again = CompiledFunction(lambda x: pytest.fail("it was traced again"), "xla", "looped", "1")(X)
    assert list(again) == ["test", "all"]
    assert float(again["test"]["accuracy"]) == float(found["all"][0, 0]) != float(found["test"]["loss"])

    def swapped(pair):
        return Pair(pair.b, pair.a + 1)

    known = [CompiledFunction(f, "xla", "swapped", "2", like=lambda pair: pair) for f in (swapped, None)]
    assert all(np.array_equal(f(Pair(X, 2 * X)).b, X + 1) for f in known)
    assert len(kept) == 2


def test_a_function_that_holds_a_tensor_is_not_kept(kept):
    held = tf.constant([1.0, 2.0, 3.0])
    compiled = CompiledFunction(lambda x: {"sum": x + held}, "xla", "held", "3")
    assert np.array_equal(compiled(X)["sum"], X + held)
    assert not kept


def test_a_function_that_fails_is_no_longer_being_compiled(kept, monkeypatch):
    programs = {"find": [], "publish": []}
    for name, found in programs.items():
        monkeypatch.setattr(f"optbench.training.xla.{name}", found.append)
    with pytest.raises(ZeroDivisionError):
        CompiledFunction(lambda x: {"nothing": x / (1 // 0)}, "xla", "fails", "6")(X)
    assert programs["find"] == programs["publish"]
    assert len(programs["find"]) == 1


def test_the_key_names_what_the_caller_names_and_the_arguments(monkeypatch):
    keys = {
        trace_key(name, arguments)
        for name in ("1", "2")
        for arguments in ([X], [X, X], [X[:1]], [tf.cast(X, tf.float64)])
    }
    assert len(keys) == 8
    before = trace_key("1", [X])
    monkeypatch.setattr(traces, "_surroundings", lambda: "another optbench")
    assert trace_key("1", [X]) != before


DAMAGES = [lambda c: c[: len(c) // 2], lambda c: b"{}" + c, lambda c: c[:-1] + b"\0", lambda c: b""]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_trace_is_made_again(kept, damage):
    expected = CompiledFunction(looped, "xla", "looped", "4")(X)
    ((name, content),) = kept.items()
    kept[name] = damage(content)
    found = CompiledFunction(looped, "xla", "looped", "4")(X)
    assert np.array_equal(found["all"], expected["all"])
    assert kept[name] == content


def test_a_graph_that_tensorflow_refuses_is_traced_again(kept):
    expected = CompiledFunction(looped, "xla", "looped", "5")(X)
    ((name, content),) = kept.items()
    trace = Trace.from_bytes(content)
    kept[name] = Trace(trace.graph.replace(b"Sin", b"Sim"), trace.inputs, trace.outputs, trace.structure).to_bytes()
    assert np.array_equal(CompiledFunction(looped, "xla", "looped", "5")(X)["all"], expected["all"])


def test_all_names_of_functions_change_together():
    concrete = tf.function(looped, autograph=False).get_concrete_function(X)
    graph = concrete.graph.as_graph_def()
    old = {function.signature.name for function in graph.library.function}
    rename_functions(graph)
    text = str(graph)
    assert len(old) == 2
    assert all(f'"{name}"' not in text for name in old)


RULE = """
from optbench.optimizers.base import Optimizer

HELD = {held}


def rule(rate: float) -> Optimizer:
    def update(grads, state, params):
        assert HELD
        return [-{factor} * rate * g for g in grads], state

    return Optimizer(lambda params: [], update)
"""


def curve_of_own_rule(tmp_path, monkeypatch, factor, held="1"):
    """The curve of a rule of the user's with another factor in its file."""
    (tmp_path / "traced_rule.py").write_text(RULE.format(factor=factor, held=held))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "traced_rule", raising=False)
    importlib.invalidate_caches()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two files of one second would share it
    node = {TARGET: "traced_rule.rule", "rate": 0.1}
    setting = Setting(node, make_setting().schedule, {"optimizer": "mine", "schedule": "constant"})
    runs = runs_of(make_problem("iris", "softmax", steps=4, points=2), setting, seeds=[0], identify_data=True)
    return trained(runs)[runs[0].run_id][0]


def test_a_rule_whose_code_changed_is_traced_again(kept, tmp_path, monkeypatch):
    first = curve_of_own_rule(tmp_path, monkeypatch, 1.0)
    count = len(kept)
    assert np.array_equal(curve_of_own_rule(tmp_path, monkeypatch, 1.0), first)
    assert len(kept) == count > 0
    assert not np.array_equal(curve_of_own_rule(tmp_path, monkeypatch, 0.5), first)
    assert len(kept) == count + 1  # the steps; the metrics are of the problem


def test_a_rule_that_cannot_be_identified_has_no_trace(kept, tmp_path, monkeypatch):
    curve_of_own_rule(tmp_path, monkeypatch, 1.0, held="object()")
    assert kept == {}


def test_metrics_have_one_trace_however_their_problem_is_trained(kept):
    counts = [0]
    for values in ({"steps": 4}, {"epochs": 1, "batch_size": 16, "order": "fixed"}, {"steps": 4, "loss": "mse"}):
        trained(runs_of(make_problem("iris", "softmax", points=2, **values), make_setting(), seeds=[0]))
        counts.append(len(kept))
    assert np.diff(counts).tolist() == [2, 1, 2]  # the steps, and the metrics where they are others
