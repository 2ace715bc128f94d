"""Invalid command lines: one line with what was received and what to write, and exit code 1 or 2.

Each is stopped before anything is trained or written.
"""

import pytest

from tests.commands import optbench_command

RATE = "optimizer.learning_rate"
HUGE = "9" * 400
TOO_LARGE = {
    "seeds": (["seeds=99999999999"], ["The plan of 99,999,999,999 runs would take", "seeds=99999999999"]),
    "epochs": (["epochs=1e30"], ["`epochs` must be a number below 2^63", "Received: epochs=1e30."]),
    "epochs in a count": (["epochs=2e9"], ["must have at most 2,147,483,647 steps", "Received: epochs=2e9"]),
    "steps": (["steps=1e25"], ["`steps` must be a number below 2^63", "Received: steps=1e25."]),
    "steps in memory": (["steps=2e9", "eval.points=2"], ["The batches of 2,000,000,000 steps", "would take about"]),
    "trials": (["tune=random", "tune.trials=1e12"], ["The plan of 1,000,000,000,000 runs would take"]),
    "sobol": (["tune=sobol", "tune.trials=1e9"], ["The plan of 1,000,000,000 runs would take"]),
    "examples": (["dataset=noisy_sum", "model=mlp", "dataset.examples=1e14"], ["The examples would take about 2.4 PB"]),
    "hidden": (["model.hidden=[100000000000]"], ["The weights of the model mlp would take about"]),
    "digits of an integer": ([f"epochs={HUGE}"], ["`epochs` must be a number below 2^63"]),
    "digits of a rate": ([f"{RATE}={HUGE}"], [f"`{RATE}` must be a number below 2^63"]),
    "digits of seeds": ([f"seeds={HUGE}"], ["`seeds` must be a number below 2^63"]),
    "interval": (["wrapper=[lookahead]", "wrapper.lookahead.every=5000000000"], ["must be at most 2147483647"]),
}
NOT_HELD = {
    "infinite": ([f"{RATE}=1e39"], [f"{RATE}=1e39, which is inf in float32.", "3.4028235e+38", "precision=float64"]),
    "zero": ([f"{RATE}=1e-46"], [f"{RATE}=1e-46, which is 0 in float32.", "1.1754944e-38"]),
    "one": (["optimizer=adam", "optimizer.b2=0.99999999"], ["0.99999999, which is 1 in float32.", "0.99999994"]),
    "no eps": (["optimizer=adam", "optimizer.eps=1e-46"], ["optimizer.eps=1e-46, which is 0 in float32."]),
    "wrapper": (["wrapper=[clip_by_value]", "wrapper.clip_by_value.limit=1e39"], ["which is inf in float32"]),
    "double": ([f"{RATE}=1e-310", "precision=float64"], ["which is 0 in float64.", "2.2250738585072014e-308"]),
    "trial": (
        ["tune=grid", "tune.trials=2", "tune.space.learning_rate=[0.1,1e39]"],
        ["1e+39, which is inf in float32"],
    ),
}
WRONG = {
    "metric of published": (
        ["published=[{label: a, metric: foo, split: test, value: 0.5, source: b}]"],
        ["`published[0].metric=foo` does not exist."],
    ),
    "accuracy of published": (
        ["published=[{label: a, metric: accuracy, split: test, value: 7, source: b}]"],
        ["`published[0].value` must be from 0 to 1. Received: published[0].value=7."],
    ),
    "no format": (["report.format=[]"], ["`report.format` must name at least one of html, md, csv, tex."]),
    "baseline": (["report.baseline=nosuch"], ["`report.baseline` must be one of sgd.", "report.baseline=nosuch"]),
    "baseline of a search": (
        ["report.baseline=nosuch", "tune=grid", "tune.trials=2"],
        ["`report.baseline` must be one of sgd"],
    ),
    "metric of trials": (
        ["tune=grid", "tune.trials=2", "tune.metric=foo"],
        ["`tune.metric` must be a metric that is recorded", "Received: tune.metric=foo."],
    ),
    "wrapper twice": (["wrapper=[sam,sam]"], ["`wrapper` must name each wrapper once. Received: wrapper=[sam,sam]."]),
    "diagnosis twice": (["diagnose=[basics,basics]"], ["`diagnose` must name each diagnosis once."]),
    "wrapper twice in a sweep": (["-m", "wrapper=[],[sam,sam]"], ["`wrapper` must name each wrapper once."]),
    "group twice": (
        ["-m", "optimizer=sgd", "optimizer=adam"],
        ["`optimizer` must be given once. Received: optimizer=sgd and optimizer=adam.", "-m optimizer=sgd,adam"],
    ),
    "path": (["optimizer=../optimizer/sgd"], ["`optimizer` takes the name of a file", "Write optimizer=sgd;"]),
    "absolute path": (["dataset=/tmp/iris"], ["`dataset` takes the name of a file of conf/dataset, not a path."]),
    "no folder of reports": (["reports_dir=''"], ["`reports_dir` must be a folder. Received: reports_dir=''."]),
    "no folder of results": (["results_dir=''"], ["`results_dir` must be a folder."]),
}
GRAMMAR = {
    "no values": ([f"{RATE}=range(0,0)", "-m"], [f"`{RATE}` must have a value.", f"{RATE}=range(0,0), which has none"]),
    "list": (["optimizer=[sgd]"], ["`optimizer` takes one name", "Received: optimizer=[sgd]. Write optimizer=sgd."]),
    "deleted": (["~optimizer"], ["`optimizer` cannot be deleted. Received: ~optimizer. Write optimizer=NAME."]),
    "null": (
        ["regularizer=null"],
        ["`regularizer` takes one name", "Received: regularizer=null. Write regularizer=none."],
    ),
    "group of keys": (["batches=[]"], ["`batches` is a group of keys: batches.order. Received: batches=[]."]),
    "emoji": (["data_dir=🚀"], ["has characters that need quotes. Write 'data_dir=\"🚀\"'."]),
    "config path": (["--config-path", "/nope"], ["`--config-path` must be a folder that exists. Received:", "/nope."]),
    "config dir": (["--config-dir", "/nope"], ["`--config-dir` must be a folder that exists."]),
    "function without values": ([f"{RATE}=choice()", "-m"], ["cannot be read: empty choice is not legal."]),
    "glob without matches": (
        ["optimizer=glob(z*)", "-m"],
        ["`optimizer` must have a value. Received: optimizer=glob(z*), which matches no choice."],
    ),
    "glob without -m": (["optimizer=glob(s*)"], ["a sweep needs -m"]),
    "no key": (["=1"], ["`=1` has no key. Write key=value or group=choice."]),
    "signs": ([f"{RATE}=a(b"], [f"`{RATE}=a(b` cannot be read. Write key=value or group=choice"]),
    "package": (["optimizer@foo=sgd"], ["`optimizer@foo` is not a group of the configuration."]),
    "node in a list": (
        ["wrapper=[{_target_: mine.rule}]"],
        ["`wrapper` takes a list of names", "Received: wrapper=[{'_target_': 'mine.rule'}]. Write wrapper=[NAME]"],
    ),
    "variable": (
        [f"{RATE}=${{oc.env:NO_SUCH_VARIABLE}}"],
        [f"`{RATE}` needs the environment variable NO_SUCH_VARIABLE, which is not set.", "{oc.env:NO_SUCH_VARIABLE,"],
    ),
    "reference": ([f"{RATE}=${{nosuch}}"], [f"`{RATE}` refers to `nosuch`, which does not exist."]),
    "reference to itself": ([f"{RATE}=${{{RATE}}}"], [f"`{RATE}` refers to itself."]),
    "half a reference": ([f"{RATE}=${{oc.decode:'['}}"], ["a reference in it is not complete."]),
    "fraction of an epoch": (["epochs=1.5"], ["`epochs` must be a whole number. Received: epochs=1.5."]),
}
CASES = {**TOO_LARGE, **NOT_HELD, **WRONG, **GRAMMAR}


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_in_one_line(tmp_path, case):
    arguments, parts = CASES[case]
    given = {argument.partition("=")[0] for argument in arguments}
    small = [each for each in ("dataset=iris", "name=x") if each.partition("=")[0] not in given]
    done = optbench_command(*arguments, *small, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert done.stderr.startswith("optbench: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert len(done.stderr) < 500
    for part in parts:
        assert part in done.stderr
    assert not list(tmp_path.rglob("*.parquet"))
    assert not (tmp_path / "reports").exists()


@pytest.fixture
def specs(monkeypatch):
    seen = []

    def train(self, specs):
        seen.extend(specs)
        return [0.0] * len(specs)

    monkeypatch.setattr(
        "optbench.study.study.RunningStudy.add_specs", lambda self, specs: seen.extend(specs) or [0.0] * len(specs)
    )
    return seen


def test_a_count_may_be_written_as_a_power_of_ten(tmp_path, specs):
    optbench_command("epochs=1e3", "seeds=1e1", "name=x", cwd=tmp_path)
    assert specs[0].problem.budget.epochs == 1000
    assert type(specs[0].problem.budget.epochs) is int
    assert len(specs[0].seeds) == 10


def test_values_of_a_wrapper_are_for_the_jobs_that_have_it(tmp_path, specs):
    value = "wrapper.clip_by_global_norm.max_norm=5"
    optbench_command("-m", "wrapper=[],[clip_by_global_norm]", value, "name=x", cwd=tmp_path)
    assert [[node.get("max_norm") for node in spec.setting.wrapper["wrappers"]] for spec in specs] == [[], [5.0]]


def test_the_version_is_that_of_optbench(tmp_path):
    from importlib import metadata

    done = optbench_command("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"optbench {metadata.version('optbench')}\n")


def test_an_emoji_is_a_name_and_the_same_choice_twice_is_no_mistake(tmp_path, specs):
    done = optbench_command("name=🚀", "optimizer=sgd", "optimizer=sgd", cwd=tmp_path)
    assert done.stderr == ""
    assert specs[0].study.name == "🚀"
