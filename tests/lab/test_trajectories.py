"""Streams have the numbers that accepted results depend on; a rule moves its own parameters along them."""

import numpy as np
import pytest

from optbench.lab.rules import rule_node
from optbench.lab.streams import GATE_STREAMS, SMALL_STREAMS, certificate_streams, conformance_stream, scale
from optbench.lab.subjects import subject_of
from optbench.lab.trajectories import compile_rule, population_updates, rule_updates
from optbench.optimizers.sgd import sgd


def total(stream):
    return sum(float(np.abs(x).sum()) for tensors in (stream.params, *stream.grads) for x in tensors)


@pytest.mark.parametrize(
    ("streams", "totals"),
    [
        (GATE_STREAMS, {"normal": 4014.3347153966024, "tiny": 35.48220677836892, "spiked": 7962.224615812971}),
        (
            certificate_streams(40),
            {
                "normal": 4052.2096127403693,
                "tiny": 0.09941809960290092,
                "spiked": 14062.840288772206,
                "matrix": 554.5351360623766,
            },
        ),
        ({"conformance": conformance_stream(20)}, {"conformance": 350.37952838238033}),
    ],
)
def test_the_numbers_of_a_stream_never_change(streams, totals):
    assert {name: total(stream) for name, stream in streams.items()} == pytest.approx(totals, rel=1e-10)


@pytest.mark.parametrize("streams", [GATE_STREAMS, certificate_streams(31), SMALL_STREAMS])
def test_every_parameter_has_a_gradient_of_its_shape_in_every_step(streams):
    for params, grads in streams.values():
        assert all([g.shape for g in step] == [p.shape for p in params] for step in grads)


def test_a_short_stream_has_its_spike_in_the_last_step():
    streams = certificate_streams(3)
    factors = [s[0] / n[0] for s, n in zip(streams["spiked"].grads, streams["normal"].grads, strict=True)]
    assert [factor.mean() for factor in factors] == pytest.approx([1, 1, 100])


def test_the_updates_of_sgd_are_the_scaled_gradients():
    stream = conformance_stream(5)
    for i, updates in enumerate(rule_updates(compile_rule(sgd(0.5)), stream, "float64")):
        np.testing.assert_array_equal(updates, [-0.5 * step[i] for step in stream.grads])


@pytest.mark.parametrize("rule", ["adamw", "schedule_free_adamw", "dog"])
def test_a_rule_makes_the_same_updates_alone_and_in_a_population(rule):
    """AdamW's decay depends on the parameters, and the first state of DoG holds those of its lane."""
    subject = subject_of(rule_node(rule))
    numbered = enumerate(GATE_STREAMS.items(), start=1)
    streams = {name: stream._replace(params=scale(stream.params, 1 / n)) for n, (name, stream) in numbered}
    together = population_updates(subject, streams)
    for name, stream in streams.items():
        alone = rule_updates(compile_rule(subject.rule()), stream, "float32")
        for u, v in zip(alone, together[name], strict=True):
            np.testing.assert_allclose(u, v, rtol=1e-3, atol=1e-5 * np.abs(v).max())
