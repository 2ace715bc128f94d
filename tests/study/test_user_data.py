"""Studies of a user's own data: what is printed about them, and that other data or code are other runs."""

import importlib
import sys
from dataclasses import replace

import numpy as np

from optbench.config.build import check
from optbench.config.sources import Sources
from optbench.problem.built import CONTEXT, BuiltProblems
from optbench.spec.run import identify
from tests.conftest import make_problem, make_setting, raw_node
from tests.study.test_study import job, study

ROWS = [f"{i * 7 % 40},{i % 9}.5,same,{'yes' if i % 2 else 'no'}" for i in range(60)]


def write(path, rows=ROWS):
    path.write_text("\n".join(["a,b,<i>c</i>,label", *rows]) + "\n")
    return path


def node(name, **values):
    return raw_node("dataset", name, **values)


def trained(folder, dataset_node):
    this = study()
    this.add([job(folder, seeds=2, dataset="table", dataset_node=dataset_node, steps=3, compile="eager")])
    assert this.finish() == 0
    return this.trained


def test_a_changed_file_is_trained_again_and_the_old_one_is_reused(tmp_path):
    mine = node("table", path=str(write(tmp_path / "t.csv")), target="label")
    assert [trained(tmp_path, mine) for _ in range(2)] == [2, 0]
    write(tmp_path / "t.csv", [*ROWS[:-1], "3,8.5,same,yes"])
    assert trained(tmp_path, mine) == 2
    write(tmp_path / "t.csv")
    assert trained(tmp_path, mine) == 0


def test_how_data_were_read_is_told_once_and_stands_on_the_page(tmp_path, capsys, reports_without_figures):
    mine = node("table", path=str(write(tmp_path / "t.csv")), target="label", drop=["a"])
    few = {"seeds": 1, "steps": 3, "compile": "eager"}
    jobs = [job(tmp_path, optimizer, dataset="table", dataset_node=mine, **few) for optimizer in ("sgd", "adam")]
    this = study(quiet=False)
    for one in jobs:
        this.add([one])
    this.finish()
    told = " ".join(capsys.readouterr().out.split())
    note = "Classification of column `label`: 2 classes (no, yes); its values are text; dataset.task overrides this."
    assert told.count(f"dataset=table: {note}") == 1
    page = (tmp_path / "reports" / "trial" / "index.html").read_text(encoding="utf8")
    assert note in page
    assert "Column `&lt;i&gt;c&lt;/i&gt;` is left out: it is constant, `same`." in page


def run_id(dataset):
    """The id of a run on a data set, as a study makes it."""
    checked = check(dataset, "dataset", CONTEXT["dataset"])
    problem = replace(make_problem("iris", "softmax", batch_size=8), dataset=checked)
    data_digest = BuiltProblems().get(problem).data_digest
    (run,) = identify(problem, make_setting(), [0], Sources(), data_digest)
    assert run.identified
    return run.run_id


FUNCTION = "import numpy as np\ndef load():\n    x = np.arange(80.0).reshape(40, 2)\n    return x, np.arange(40) % 2\n"


def test_a_changed_function_is_another_run(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    found = []
    for text in (FUNCTION, "# reads data\n" + FUNCTION, FUNCTION.replace("return x,", "return x + 1,"), FUNCTION):
        (tmp_path / "my_data.py").write_text(text)
        sys.modules.pop("my_data", None)
        importlib.invalidate_caches()
        found.append(run_id(node("function", load="my_data.load")))
    sys.modules.pop("my_data", None)
    assert found[0] == found[1] == found[3] != found[2]


def test_other_code_that_returns_the_same_data_is_another_run(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    found = []
    for text in (FUNCTION, FUNCTION.replace("np.arange(40) % 2", "1 * (np.arange(40) % 2)")):
        (tmp_path / "my_other_data.py").write_text(text)
        sys.modules.pop("my_other_data", None)
        importlib.invalidate_caches()
        found.append(run_id(node("function", load="my_other_data.load")))
    sys.modules.pop("my_other_data", None)
    assert found[0] != found[1]


def test_the_same_bytes_in_another_shape_are_another_run(tmp_path):
    y, ids = np.arange(60) % 3, []
    for shape in ((60, 4, 2), (60, 8)):
        np.savez(tmp_path / "a.npz", x=np.arange(480.0).reshape(shape), y=y)
        ids.append(run_id(node("arrays", path=str(tmp_path / "a.npz"))))
    assert ids[0] != ids[1]
