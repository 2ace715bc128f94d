"""References: the Gaussian classifier and the optimum, compared with explicit formulas, and invalid problems."""

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from optbench.config.build import check
from optbench.errors import ConfigError
from optbench.problem.built import BuiltProblems
from optbench.problem.references.base import References
from optbench.problem.references.gaussian import features
from optbench.results.store import Store
from optbench.spec.run import ProblemConfig
from tests.conftest import make_problem, raw_node
from tests.study.test_study import job, study


def lines(name, problem: ProblemConfig):
    return References().of([name], problem, BuiltProblems().get(problem))


def with_penalty(problem, strength, name="l2"):
    node = check(raw_node("regularizer", name, strength=strength), "regularizer")
    values = {field: getattr(problem, field) for field in problem.__dataclass_fields__}
    return ProblemConfig(**{**values, "regularizer": node, "names": {**problem.names, "regularizer": name}})


def flat(problem, split="train"):
    dataset = BuiltProblems().get(problem).dataset
    return features(dataset, dataset.splits[split]), np.asarray(dataset.splits[split].y)


@pytest.mark.parametrize("dataset", ["iris", "wine"])
def test_the_gaussian_classifier_is_the_formula(dataset):
    """log of the prior less half the squared distance under the pooled covariance of maximum likelihood."""
    problem = make_problem(dataset, "softmax")
    x, y = flat(problem)
    means = np.stack([x[y == k].mean(axis=0) for k in range(3)])
    covariance = (x - means[y]).T @ (x - means[y]) / len(x)
    priors = np.bincount(y) / len(y)
    found = {line.split: line.value for line in lines("gaussian", problem)}
    assert list(found) == ["train", "valid", "test"]
    for split, value in found.items():
        x, y = flat(problem, split)
        away = x[:, None] - means
        scores = np.log(priors) - np.einsum("nki,ij,nkj->nk", away, np.linalg.inv(covariance), away) / 2
        assert value == np.mean(scores.argmax(axis=1) == y)


def test_the_gaussian_classifier_by_hand():
    """One feature, two classes: 0 at -3 and -1, 1 at 1 and 3, in equal shares; the border is halfway, at 0."""
    from optbench.datasets.base import Dataset, Split
    from optbench.problem.references import gaussian

    train = Split(np.array([[-3.0], [-1.0], [1.0], [3.0]], np.float32), np.array([0, 0, 1, 1], np.int32))
    test = Split(np.array([[-0.1], [0.1], [-9.0], [9.0]], np.float32), np.array([0, 1, 1, 1], np.int32))
    dataset = Dataset(train, None, test, "by hand", "classification", 2)
    problem = make_problem("iris", "softmax")
    built = BuiltProblems().get(problem)._replace(dataset=dataset)
    built = built._replace(data=built.data._replace(evaluated=dataset.splits))
    assert [line.value for line in gaussian.gaussian(problem, built)] == [1.0, 0.75]


def test_the_gaussian_classifier_bears_features_that_never_vary():
    found = {line.split: line.value for line in lines("gaussian", make_problem("digits", "softmax"))}
    assert 0.9 < found["test"] < found["train"] < 1


@pytest.mark.parametrize(("dataset", "strength"), [("noisy_sum", 0.0), ("diabetes", 0.0), ("diabetes", 0.3)])
def test_the_optimum_of_a_linear_regression_is_that_of_the_normal_equations(dataset, strength):
    """Mean of (x w + b - y)² + λ/2 |w|²: (XᵀX / n + λ/2 I') θ = Xᵀy / n, and no penalty on the bias."""
    problem = with_penalty(make_problem(dataset, "softmax", "mse"), strength)
    (line,) = lines("optimum", problem)
    x, y = flat(problem)
    x = np.column_stack([x, np.ones(len(x))])
    penalty = strength / 2 * np.diag([1.0] * (x.shape[1] - 1) + [0.0])
    theta = np.linalg.solve(x.T @ x / len(x) + penalty, x.T @ y.astype(float) / len(x))
    expected = np.mean((x @ theta - y) ** 2) + np.sum(penalty @ theta**2)
    assert line.value == pytest.approx(expected, rel=1e-10)
    assert (line.metric, line.split, line.comparable) == ("regularized_loss", "train", True)


def test_the_optimum_of_softmax_regression_is_scikit_learns():
    strength = 0.01
    problem = with_penalty(make_problem("iris", "softmax"), strength)
    (line,) = lines("optimum", problem)
    x, y = flat(problem)
    other = LogisticRegression(C=1 / (strength * len(x)), tol=1e-10, max_iter=10_000).fit(x, y)
    chances = other.predict_proba(x)[np.arange(len(y)), y]
    assert line.value == pytest.approx(-np.log(chances).mean() + strength / 2 * np.sum(other.coef_**2), abs=1e-9)
    assert float(line.note.rpartition(" ")[2]) < 1e-8


def test_without_a_penalty_the_optimum_is_that_of_the_loss():
    (line,) = lines("optimum", make_problem("noisy_sum", "mlp", "mse", nodes={"model": {"hidden": []}}))
    assert line.metric == "loss"
    assert line.value == pytest.approx(0.05**2 / 3, rel=0.1)  # the variance of the noise


def test_an_optimum_of_other_examples_than_the_curves_is_not_comparable():
    problem = make_problem("iris", "softmax", batch_size=20, drop_last=True)
    assert not lines("optimum", with_penalty(problem, 0.01))[0].comparable


@pytest.mark.parametrize(
    ("name", "parts", "message"),
    [
        (
            "gaussian",
            ("diabetes", "softmax", "mse"),
            r"one class each\. Received: dataset=diabetes",
        ),
        ("optimum", ("iris", "mlp", "cross_entropy"), r"Received: model=mlp loss=cross_entropy regularizer=none"),
        ("optimum", ("noisy_sum", "softmax", "asymmetric"), r"Received: model=softmax loss=asymmetric"),
        ("optimum", ("none", "point", "beale"), r"Received: model=point loss=beale"),
    ],
)
def test_a_reference_that_does_not_fit_is_refused(name, parts, message):
    with pytest.raises(ConfigError, match=rf"`reference=\[{name}\]` needs .*{message}"):
        lines(name, make_problem(*parts))


def test_a_penalty_with_edges_has_no_optimum_here():
    with pytest.raises(ConfigError, match="regularizer=l1"):
        lines("optimum", with_penalty(make_problem("iris", "softmax"), 0.1, "l1"))


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (["optimum"], r"`reference=\[optimum\]` needs a problem that is convex"),
        (
            ["gauss"],
            r"`reference` must be a list, each member one of gaussian, optimum\. Received: reference=\[",
        ),
        ("gaussian", r"`reference` must be a list"),
    ],
)
def test_a_wrong_reference_is_one_line_before_anything_is_trained(tmp_path, reference, message):
    with pytest.raises(ConfigError, match=message) as caught:
        study().add([job(tmp_path, model="mlp", reference=reference)])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "results").exists()


def test_references_are_no_part_of_a_runs_identity_and_stand_in_the_study_file(tmp_path, drawn_reports):
    trained = []
    for reference in ([], ["gaussian", "optimum"]):
        this = study()
        this.add([job(tmp_path, reference=reference), job(tmp_path, "adam", reference=reference)])
        assert this.finish() == 0
        trained.append(this.trained)
    assert trained == [6, 0]
    found = json.loads((tmp_path / "results" / "studies" / "trial.json").read_text())["references"]["iris_softmax"]
    assert [line["reference"] for line in found] == ["gaussian"] * 3 + ["optimum"]
    store = Store(tmp_path / "results")
    curves = store.curves(store.runs(), "loss")
    assert curves[curves["split"] == "train"]["value"].min() > found[-1]["value"]
    page = (tmp_path / "reports" / "trial" / "index.html").read_text()
    assert page.count(">Gaussian classifier<") >= 4  # a row, and a dashed line for each split
    assert "Distance to the optimum" in page
