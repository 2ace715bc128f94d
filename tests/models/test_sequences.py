"""Networks over sequences of ids, computed by hand: the transformer, gated recurrent units, causal convolutions."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, softmax

from optbench.errors import ConfigError
from optbench.models.base import Inputs
from optbench.problem.built import BuiltProblems
from tests.conftest import make_problem, make_setting
from tests.models.test_networks import LENGTH, SYMBOLS, network
from tests.training.helpers import runs_of, trained

IDS = Inputs((LENGTH,), SYMBOLS, "float64", SYMBOLS)
SMALL = {"layers": 1, "heads": 2, "width": 4, "expansion": 2, "stddev": 0.5}


def some_ids(examples=3):
    return np.random.default_rng(0).integers(0, SYMBOLS, (examples, LENGTH))


def outputs_of(model, ids, params=None):
    drawn, state = model.init("key")
    return np.asarray(model.apply(params or drawn, state, tf.constant(ids, tf.int32), False, None)[0])


def normalized(x, gamma, beta):
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta


def attention(x, p):
    """Causal attention with two heads; kernels are (width, heads, size), the last one (heads, size, width)."""
    query, key, value = (
        np.einsum("btw,whs->bhts", x, p[f"{n}/kernel"]) + p[f"{n}/bias"][:, None] for n in ("query", "key", "value")
    )
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1])
    hidden = np.triu(np.ones(scores.shape[-2:], bool), k=1)
    seen = softmax(np.where(hidden, -np.inf, scores), axis=-1) @ value
    return np.einsum("bhts,hsw->btw", seen, p["attention_output/kernel"]) + p["attention_output/bias"]


def test_a_transformer_by_hand():
    model, ids = network("transformer", IDS, **SMALL), some_ids()
    generator = np.random.default_rng(1)
    params = [generator.normal(size=shape) for shape in model.shapes]  # norms and biases are not what they start at
    p = dict(zip(model.names, params, strict=True))

    def of(layer):
        return {name.removeprefix(f"{layer}/"): value for name, value in p.items() if name.startswith(f"{layer}/")}

    x = p["embedding/embeddings"][ids] + p["positions/embeddings"]
    x = x + attention(normalized(x, **of("block_0_attention_norm")), of("block_0_attention"))
    inner = normalized(x, **of("block_0_hidden_norm")) @ p["block_0_hidden/kernel"] + p["block_0_hidden/bias"]
    x = x + np.maximum(inner, 0) @ p["block_0_projection/kernel"] + p["block_0_projection/bias"]
    expected = normalized(x, **of("final_norm")) @ p["output/kernel"] + p["output/bias"]
    np.testing.assert_allclose(outputs_of(model, ids, params), expected, rtol=1e-7, atol=1e-9)


def test_the_parameters_of_a_transformer_by_hand():
    model = network("transformer", Inputs((64,), 65, "float32", 65))
    width, hidden = 64, 4 * 64
    block = 4 * width + 4 * (width * width + width) + width * hidden + hidden + hidden * width + width
    assert model.parameters == 65 * width + 64 * width + 2 * block + 2 * width + width * 65 + 65
    kinds = {name.path: name.kind for name in model.parameter_names}
    assert kinds["positions/embeddings"] == kinds["embedding/embeddings"] == "embedding"
    assert {kind for path, kind in kinds.items() if "attention/" in path} == {"attention"}
    weights = dict(zip(model.names, model.init("key")[0], strict=True))
    assert weights["block_0_attention/query/kernel"].std() == pytest.approx(0.0176, rel=0.05)  # truncated at 2 σ


@pytest.mark.parametrize(
    ("name", "values"), [("transformer", SMALL), ("conv1d", {"filters": 4}), ("gru", {"units": 4})]
)
def test_a_position_does_not_depend_on_those_after_it(name, values):
    model, ids = network(name, IDS, **values), some_ids()
    later = ids.copy()
    later[:, 7] = (later[:, 7] + 1) % SYMBOLS
    before, after = outputs_of(model, ids), outputs_of(model, later)
    np.testing.assert_array_equal(before[:, :7], after[:, :7])
    assert np.all(np.any(before[:, 7] != after[:, 7], axis=-1))


def test_a_gru_by_hand():
    model, ids = network("gru", IDS, units=3, bias=0.25), some_ids()
    (kernel, recurrent, bias, output, shift), _ = model.init("key")
    hidden, expected = np.zeros((len(ids), 3)), []
    for step in range(LENGTH):
        of_input = np.split(np.eye(SYMBOLS)[ids[:, step]] @ kernel + bias[0], 3, axis=1)
        of_state = np.split(hidden @ recurrent + bias[1], 3, axis=1)
        update, reset = (expit(a + b) for a, b in zip(of_input[:2], of_state[:2], strict=True))
        candidate = np.tanh(of_input[2] + reset * of_state[2])
        hidden = update * hidden + (1 - update) * candidate
        expected.append(hidden @ output + shift)
    np.testing.assert_allclose(outputs_of(model, ids), np.stack(expected, axis=1), rtol=1e-9)


def test_a_transformer_learns_a_text_that_repeats_itself(tmp_path):
    """Its loss is far below the entropy of the characters' frequencies, so it attends to those before."""
    (tmp_path / "period.txt").write_text("the cat sat on the mat. " * 100, encoding="utf8")
    nodes = {
        "dataset": {"path": str(tmp_path / "period.txt"), "length": 16},
        "model": {"layers": 1, "heads": 2, "width": 16, "expansion": 2},
    }
    config = make_problem("text", "transformer", nodes=nodes, steps=100, points=2, batch_size=16)
    runs = runs_of(config, make_setting("adam", learning_rate=0.01), seeds=[0, 1])
    targets = BuiltProblems().get(config).dataset.valid.y
    share = np.bincount(targets.ravel()) / targets.size
    entropy = -np.sum(share[share > 0] * np.log(share[share > 0]))
    for _, shown, _ in trained(runs, "graph").values():
        assert np.all(shown.metrics[0]["valid"]["loss"] > entropy)
        assert np.all(shown.metrics[-1]["valid"]["loss"] < entropy / 3)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ConfigError, match=r"must be a multiple of model\.heads\. Received: model\.width=64"):
        network("transformer", IDS, heads=3)


def test_a_gru_refuses_maxout():
    with pytest.raises(ConfigError, match=r"Received: model\.activation=maxout"):
        network("gru", IDS, activation="maxout")


@pytest.mark.parametrize("name", ["transformer", "gru"])
def test_what_is_no_sequence_is_refused(name):
    with pytest.raises(ConfigError, match=f"`model={name}` needs sequences"):
        network(name, Inputs((4,), 3, "float32"))
