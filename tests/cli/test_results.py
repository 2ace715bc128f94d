"""``python -m optbench.results``: its list, and what may be removed."""

import os
import subprocess
import sys

import optbench
from optbench.results.store import Store
from tests.commands import optbench_command
from tests.importing.tables import finals
from tests.study.test_study import job, study


def two_studies(folder, **values):
    for name, optimizer in (("first", "sgd"), ("second", "adam")):
        this = study()
        this.add([job(folder, optimizer, name=name, **values)])
        this.finish()


def results(folder, *arguments):
    return optbench_command(*arguments, module="optbench.results", cwd=folder)


def test_studies_are_listed_with_their_runs_by_status(tmp_path):
    two_studies(tmp_path)
    done = results(tmp_path)
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.split()}
    assert rows["first"] == rows["second"] == ["3", "3", "0", "0", "0", "0"]
    assert "6 runs, 0 of them named by no study" in done.stdout


def test_studies_are_listed_without_the_libraries_that_take_longer_to_import_than_the_list(tmp_path):
    two_studies(tmp_path)
    code = (
        "import sys; from optbench.cli.results import main; main([]);"
        "assert sys.modules.keys().isdisjoint({'pandas', 'pyarrow.compute', 'hydra', 'tensorflow'})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "6 runs" in done.stdout


def test_the_list_starts_no_threads_of_numpy():
    """Waiting for work, they would take as much processor time as the list."""
    code = (
        "import runpy; runpy.run_module('optbench.results', run_name='imported');"
        "from threadpoolctl import threadpool_info; print([pool['num_threads'] for pool in threadpool_info()])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[1]\n"


def test_prune_removes_what_no_study_names_and_nothing_else(tmp_path):
    two_studies(tmp_path)
    before = optbench.load(tmp_path / "results", "second")
    (tmp_path / "results" / "studies" / "first.json").unlink()
    done = results(tmp_path, "prune", "--yes")
    assert done.stdout.splitlines()[1].startswith("Removed: 3 runs that no study names")
    after = optbench.load(tmp_path / "results", "second")
    for old, new in zip(before, after, strict=True):
        assert old.drop(columns="serial", errors="ignore").equals(new.drop(columns="serial", errors="ignore"))
    assert len(Store(tmp_path / "results").runs()) == 3
    assert "Nothing to remove" in results(tmp_path, "prune").stdout


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    done = results(tmp_path, "--results-dir", "nowhere")
    assert done.returncode == 1
    assert done.stderr == "optbench.results: There is no folder nowhere. Name another with --results-dir.\n"


def test_a_folder_with_only_a_readme_is_an_empty_store(tmp_path):
    readme = tmp_path / "results" / "README.md"
    readme.parent.mkdir()
    readme.write_text("# results/\n")
    assert results(tmp_path).stdout.rstrip().endswith("0 runs, 0 of them named by no study; 0.0 MB on disk.")
    assert results(tmp_path, "prune").stdout.startswith("Nothing to remove")
    store = Store(tmp_path / "results")
    store.prepare()
    assert store.runs().empty
    assert store.study_names() == store.quarantined_files() == []
    assert readme.read_text() == "# results/\n"


def test_studies_that_were_trained_elsewhere_are_marked(tmp_path):
    two_studies(tmp_path)
    optbench.from_runs(finals(), "mine", results_dir=tmp_path / "results", reports_dir=tmp_path / "reports")
    done = results(tmp_path)
    rows = {line.split()[0]: line.split(maxsplit=7)[-1].strip() for line in done.stdout.splitlines() if line.strip()}
    assert rows["study"] == "source"
    assert rows["first"] == "optbench"
    assert rows["mine"] == "dataframe"
