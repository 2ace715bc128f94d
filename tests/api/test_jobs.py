"""Jobs from Python code: the same as the command line composes; wrong arguments are reported on one line."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import optbench as ob
from optbench.api.jobs import Options, job_specs, new_name, study_command
from optbench.api.optimizers import read_competitors
from optbench.api.problem import experiments_of, read_problems
from optbench.cli.experiments import compose_job
from optbench.config.session_objects import is_session_path
from optbench.errors import ConfigError
from optbench.results.store import Store
from optbench.spec.study_file import IN_PYTHON
from optbench.study.jobs import study_job
from optbench.study.read_job import read_job
from optbench.study.resources import StudyResources

X = np.arange(160.0).reshape(80, 2)
Y = np.arange(80) % 2
FRAME = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "label": np.where(Y, "yes", "no")})


def jobs(optimizers, problem=None, shared=None, **options):
    """The jobs of a comparison, and what keeps the objects of this session alive."""
    competitors = read_competitors(optimizers)
    problems = read_problems(problem, ob.Problem(**(shared or {})))
    return job_specs(problems, competitors, Options("test", **options)), (competitors, problems)


def ids(spec):
    """The run ids of a job."""
    found = study_job(spec, StudyResources())
    return [run.run_id for run in (*found.runs, *found.trials)]


@pytest.mark.parametrize(
    ("arguments", "overrides"),
    [
        (
            {"optimizers": "adam", "shared": {"data": "iris"}},
            ["optimizer=adam", "dataset=iris"],
        ),
        (
            {
                "optimizers": ob.optimizer("adamw", weight_decay=0.02),
                "shared": {"data": {"iris": {"valid_fraction": 0.3}}, "model": {"mlp": {"hidden": [5]}}, "epochs": 3},
                "schedule": {"cosine": {"final_factor": 0.1}},
                "wrappers": ["centralize", {"ema": {"decay": 0.9}}],
                "diagnose": ["basics", {"curvature": {"probes": 2}}],
                "seeds": [3, 4],
            },
            [
                *("optimizer=adamw", "optimizer.weight_decay=0.02", "dataset=iris", "++dataset.valid_fraction=0.3"),
                *("model=mlp", "model.hidden=[5]", "epochs=3", "schedule=cosine", "schedule.final_factor=0.1"),
                *("wrapper=[centralize,ema]", "wrapper.ema.decay=0.9", "seeds=[3,4]"),
                *("diagnose=[basics,curvature]", "diagnose.curvature.probes=2"),
            ],
        ),
        (
            {
                "optimizers": keras.optimizers.Lion,
                "shared": {
                    "data": "diabetes",
                    "loss": {"keras": {"class_name": "Huber", "keywords": {"delta": 2.0}}},
                    "metrics": ["rmse"],
                },
                "tune": "random",
                "trials": 2,
                "search_space": {"learning_rate": (1e-4, 1e-2)},
                "decide_by": "test.rmse.best",
                "patience": 3,
                "time_limit": 60,
            },
            [
                *("optimizer=keras", "optimizer.class_name=Lion", "dataset=diabetes", "loss=keras"),
                *("loss.class_name=Huber", "loss.keywords={delta:2.0}", "metrics=[rmse]", "tune=random"),
                *("tune.trials=2", "+tune.space.learning_rate=[0.0001,0.01]", "decide_by=test.rmse.best"),
                *("patience=3", "time_limit=60"),
            ],
        ),
        (
            {"optimizers": "momentum", "problem": "digits_mlp", "shared": {"epochs": 2}},
            ["experiment=digits_mlp", "optimizer=momentum", "epochs=2"],
        ),
    ],
    ids=["names", "values", "keras and tuning", "experiment"],
)
def test_the_runs_are_those_of_the_command_line(arguments, overrides):
    (spec,), _ = jobs(**arguments)
    expected = read_job(compose_job(overrides))
    assert (spec.problem, spec.setting, spec.seeds, spec.decide_by) == (
        *(expected.problem, expected.setting, expected.seeds, expected.decide_by),
    )
    assert ids(spec) == ids(expected)


def test_the_overrides_of_a_job_compose_the_same_job():
    given = {"data": {"iris": {"limit": 50}}, "class_weight": {"0": 2.0}, "metrics": ["f1_macro"], "batch_size": 16}
    (spec,), _ = jobs(ob.optimizer("adam", b1=0.5), shared=given, wrappers=[{"ema": {"decay": 0.9}}], tune="sobol")
    from optbench.cli.expansion import expand_overrides

    again = read_job(compose_job(expand_overrides(spec.overrides, [], multirun=False)))
    assert (again.problem, again.setting, again.trials) == (spec.problem, spec.setting, spec.trials)


def test_the_command_of_a_study_is_that_of_a_sweep_where_there_is_one():
    specs, _ = jobs(["sgd", "adam"], shared={"data": "iris", "epochs": 3})
    command = study_command(specs, Options("test"))
    assert command == "python -m optbench -m optimizer=sgd,adam dataset=iris model=mlp epochs=3 name=test"
    specs, _held = jobs({"mine": "sgd"}, shared={"data": (X, Y)})
    assert study_command(specs, Options("test")) == IN_PYTHON
    assert specs[0].overrides == ()


def my_rule(learning_rate: float = 0.1):
    """A rule of a module of the user's."""
    from optbench.optimizers.sgd import sgd

    return sgd(learning_rate)


def build(input_shape, classes):
    """A model of a module of the user's."""
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(classes)])


def test_functions_of_modules_are_named_by_their_path_and_others_by_their_content():
    (one, two), _held = jobs([my_rule, ob.optimizer(lambda: my_rule(0.5))], shared={"data": (X, Y), "model": build})
    assert one.setting.optimizer == {"_target_": "tests.api.test_jobs.my_rule", "learning_rate": 0.1}
    assert one.setting.names["optimizer"] == "my_rule"
    assert one.problem.model["build"] == "tests.api.test_jobs.build"
    assert one.problem.names["model"] == "build"
    assert is_session_path(two.setting.optimizer["_target_"])
    assert is_session_path(one.problem.dataset["load"])


def test_labels_name_optimizers_and_their_trials():
    specs, _ = jobs(
        {"slow": "sgd", "fast": ob.optimizer("sgd", learning_rate=0.5)}, shared={"data": "iris"}, tune="sobol"
    )
    assert [spec.label for spec in specs] == ["slow", "fast"]
    assert {trial.names["optimizer"] for trial in specs[1].trials} == {"fast"}


DATA = {
    "arrays": {"data": (X, Y)},
    "lists": {"data": (X.tolist(), Y.tolist())},
    "a table": {"data": FRAME, "target": "label"},
    "tf.data": {"data": tf.data.Dataset.from_tensor_slices((X, Y)).batch(7)},
    "a dict of splits": {"data": {"train": (X, Y), "test": (X[:10], Y[:10])}},
    "splits": {"data": (X, Y), "validation_data": (X[:8], Y[:8]), "test_data": (X[:10], Y[:10])},
    "a function": {"data": lambda: (X, Y)},
}


@pytest.mark.parametrize("given", DATA.values(), ids=DATA)
def test_whatever_holds_data_becomes_a_data_set(given):
    (first,), _one = jobs("sgd", shared=given, seeds=1)
    (second,), _two = jobs("sgd", shared=given, seeds=1)
    found = study_job(first, StudyResources())
    assert found.runs[0].identified
    assert found.runs[0].run_id == ids(second)[0]


def test_other_data_are_other_runs():
    (first,), _one = jobs("sgd", shared={"data": (X, Y)}, seeds=1)
    (second,), _two = jobs("sgd", shared={"data": (X + 1, Y)}, seeds=1)
    assert ids(first) != ids(second)


def test_problems_of_a_list_and_of_a_suite_come_one_after_the_other():
    listed = [ob.Problem(data=(X, Y), name="mine", steps=7), "digits_mlp", ob.Problem(data="iris", batch_size=8)]
    specs, _held = jobs(["sgd", "adam"], listed, {"epochs": 3})
    assert [spec.problem.names["dataset"] for spec in specs] == ["mine", "mine", "digits", "digits", "iris", "iris"]
    assert [spec.problem.budget.steps for spec in specs[::2]] == [7, None, None]
    assert [spec.problem.budget.epochs for spec in specs[::2]] == [0, 3, 3]
    assert [spec.problem.batch_size for spec in specs[::2]] == [32, 32, 8]
    assert len(experiments_of("suite_small")) > 3


WRONG = {
    "a rule": ({"optimizers": "admw"}, r"`optimizer=admw` does not exist\. Did you mean `adam"),
    "a hyperparameter": ({"optimizers": ["adam"], "schedule": "cosin"}, r"`schedule=cosin` does not exist\."),
    "no rule": ({"optimizers": []}, r"`optimizers` must contain at least one optimizer\."),
    "a number": ({"optimizers": 3}, r"`optimizers` must be a name, .* Received: int 3\."),
    "twice": ({"optimizers": ["adam", "adam"]}, r"`optimizers` must differ\. Received: adam and adam,"),
    "a label": ({"optimizers": {3: "adam"}}, r"A label of `optimizers` must be a string\. Received: 3\."),
    "a function that fails": ({"optimizers": [lambda: 1 / 0]}, r"`optimizer` cannot be made\. Received: .*Zero"),
    "a function of something else": ({"optimizers": [lambda: 3]}, r".*Received: int 3 from "),
    "no data": ({"data": None}, r"`data` is needed: "),
    "a data set": ({"data": "digitz"}, r"`dataset=digitz` does not exist\. Did you mean `digits`\?"),
    "data": ({"data": 3}, r"`data` must be \(x, y\), a DataFrame.*Received: int 3\."),
    "no target": ({"data": FRAME}, r"`dataset.target` must name the column to predict\."),
    "lengths": ({"data": (X, Y[:3])}, r".*must be equally long\. Received: 80 and 3 examples\."),
    "splits of a name": ({"data": "iris", "test_data": (X, Y)}, r"`test_data` belongs to data in memory\."),
    "a model": ({"model": 3}, r"`model` must be a name, .* or a function\. Received: int 3\."),
    "a model object": ({"model": keras.Sequential()}, r"`model` must be a function that returns a keras\.Model"),
    "a loss": ({"loss": "mze"}, r"`loss=mze` does not exist\."),
    "a loss object": ({"loss": keras.losses.Huber(2.0)}, r"`loss` must be a class of Keras, not an object: .* Huber"),
    "metrics": ({"metrics": 3}, r"`metrics` must be 'auto' or a list of names and functions\. Received: int 3\."),
    "a metric": ({"metrics": ["f2"]}, r"`metrics=\[f2\]` does not exist\."),
    "what decides": ({"decide_by": "a.b.c.d"}, r"`decide_by` must be metric, split\.metric"),
    "seeds": ({"seeds": 0}, r"`seeds` must be a count of at least 1"),
    "a time limit": ({"time_limit": 0}, r"`time_limit` must be greater than 0\. Received: time_limit=0\."),
    "no time": ({"time_limit": float("nan")}, r"`time_limit` must be greater than 0\. Received: time_limit=nan\."),
    "a limit in words": ({"time_limit": "1h"}, r"`time_limit` must be a number or null\. Received: time_limit=1h\."),
    "epochs": ({"epochs": -1}, r"`epochs` must be at least 1\. Received: epochs=-1\."),
    "tune": ({"tune": 3}, r"`tune` must be the name of a method, such as 'sobol', or None\. Received: int 3\."),
    "a method": ({"tune": "sobl"}, r"`tune=sobl` does not exist\. Did you mean `sobol`\?"),
    "a space": ({"tune": "sobol", "search_space": 3}, r"`search_space` must be \{hyperparameter: \(low, high\)\}\."),
    "a range": ({"tune": "sobol", "search_space": {"learning_rate": (1, 0)}}, r"`tune\.space\.learning_rate` must be"),
    "an experiment": ({"problem": "digit_mlp", "data": None}, r"`problem=digit_mlp` does not exist\."),
    "both": ({"problem": "digits_mlp"}, r"`data` is a part of `problem`\. Received: both\."),
    "a problem": ({"problem": 3, "data": None}, r"`problem` must be an ob\.Problem"),
    "progress": ({"progress": "loud"}, r"`progress` must be 'auto', True or False\."),
    "a name": ({"name": ""}, r"`name` of a study must be a string\."),
    "wrappers": ({"wrappers": 3}, r"`wrappers` must be a list of names\. Received: int 3\."),
    "a regularizer": ({"regularizer": "l3"}, r"`regularizer=l3` does not exist\."),
    "class weights": ({"data": "diabetes", "class_weight": "balanced"}, r"`loss\.class_weight` is about classes\."),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument_is_one_line_and_nothing_is_written(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f"^{message}") as error:
        ob.compare(**{"optimizers": ["sgd"], "data": "iris", "progress": False, **arguments})
    assert isinstance(error.value, ConfigError)
    assert error.value.__suppress_context__ or error.value.__cause__ is None
    assert not list(tmp_path.iterdir())


def test_an_unknown_hyperparameter_is_named_at_once():
    with pytest.raises(ConfigError, match=r"^`optimizer\.weight_dekay` does not exist\. Did you mean `weight_decay`\?"):
        ob.optimizer("adamw", weight_dekay=0.1)
    assert repr(ob.optimizer("adamw", weight_decay=0.1)) == "optimizer('adamw', weight_decay=0.1)"


def test_two_studies_of_one_second_have_different_names(tmp_path, monkeypatch):
    monkeypatch.setattr("time.strftime", lambda _: "now")
    assert new_name(tmp_path) == "now"
    monkeypatch.setattr(Store, "study_names", lambda self: ["now", "now-2"])
    assert new_name(tmp_path) == "now-3"


def test_a_class_of_keras_stands_for_a_loss_and_a_class_or_an_object_for_a_schedule():
    decay = keras.optimizers.schedules.CosineDecay
    (spec,), _ = jobs(
        "sgd", shared={"data": "diabetes", "loss": keras.losses.LogCosh}, schedule=decay(0.1, 50, alpha=0.2)
    )
    assert spec.problem.loss["class_name"] == "LogCosh"
    assert spec.setting.schedule["keywords"] == {"initial_learning_rate": 0.1, "decay_steps": 50, "alpha": 0.2}
    (spec,), _ = jobs("sgd", shared={"data": "iris"}, schedule=decay)
    assert (spec.setting.schedule["class_name"], spec.setting.schedule["keywords"]) == ("CosineDecay", None)
