"""A published study is read exactly as it was written, or rejected with one line."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

import optbench as ob
from optbench.errors import ConfigError, StoreError
from optbench.report.publish import PublishOptions, publish
from optbench.results.loading import load_result
from optbench.results.published_folder import NEEDED, SUMS, read_published
from optbench.results.store import Store
from tests.conftest import ROOT
from tests.report.made_up_results import Made, write

MADE = Made("notes", optimizers=("sgd", "adam"), rates=(0.01, 0.1), seeds=6, points=5)
BARE = PublishOptions(without=("page",))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A results folder and the published study, without its page."""
    folder = tmp_path_factory.mktemp("published")
    file = write(folder / "results", MADE)
    result = load_result(Store(folder / "results"), file)
    publish(result, folder / "notes", BARE)
    return folder, result


@pytest.fixture
def copy(published, tmp_path):
    """A copy of the published folder, to be damaged."""
    return shutil.copytree(published[0] / "notes", tmp_path / "notes")


def list_anew(folder):
    """Write SHA256SUMS for the files as they are, as somebody would who alters a file and its digest."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != SUMS]
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(folder).as_posix()}\n" for p in files]
    (folder / SUMS).write_text("".join(lines))


def test_what_is_read_is_what_was_published(published):
    folder, result = published
    read = read_published(folder / "notes")
    assert read.file == result.file
    columns = [name for name in result.runs if not name.startswith("hp.")]
    pd.testing.assert_frame_equal(read.runs[columns], result.runs[columns], check_dtype=False)
    assert list(read.runs["hp.learning_rate"]) == list(result.runs["hp.learning_rate"])
    texts = {"run_id": str, "split": str, "metric": str}
    pd.testing.assert_frame_equal(read.curves.astype(texts), result.curves.astype(texts))
    assert len(read.timings) == len(result.timings)


def test_the_study_of_a_folder_has_the_verdict_and_the_leaderboard_of_the_study(published, monkeypatch):
    folder, _ = published
    monkeypatch.chdir(folder)
    own, read = ob.load_study("notes"), ob.load_study(folder / "notes")
    assert read.verdict == own.verdict
    pd.testing.assert_frame_equal(read.leaderboard, own.leaderboard)


def test_a_text_is_a_path_where_no_study_has_this_name(published):
    folder, _ = published
    assert ob.load_study(str(folder / "notes"), results_dir=folder / "results").name == "notes"
    with pytest.raises(StoreError, match="There is no study `nothing`"):
        ob.load_study("nothing", results_dir=folder / "results")


def test_sha256sum_checks_the_folder(published):
    command = subprocess.run(["sha256sum", "-c", SUMS], cwd=published[0] / "notes", capture_output=True, text=True)
    assert command.returncode == 0
    assert command.stdout.count(": OK") == len((published[0] / "notes" / SUMS).read_text().splitlines())


def test_equal_results_give_equal_bytes(published, tmp_path):
    folder, result = published
    publish(result, tmp_path / "again", BARE)
    files = {path.relative_to(tmp_path / "again"): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert files == {path.relative_to(folder / "notes"): path.read_bytes() for path in (folder / "notes").rglob("*.*")}


@pytest.mark.parametrize("name", [*NEEDED, "README.md", "tables/summary.csv"])
def test_an_altered_file_is_refused_in_one_line(copy, name):
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(StoreError, match=f"{name} is not what was published") as caught:
        read_published(copy)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [*NEEDED, "tables/summary.csv"])
def test_a_missing_file_is_refused_in_one_line(copy, name):
    (copy / name).unlink()
    with pytest.raises(StoreError, match=f"{name} is missing"):
        read_published(copy)


LISTS = {
    "no list": (lambda text: None, "has no SHA256SUMS"),
    "empty": (lambda text: "", "does not list runs.parquet"),
    "cut": (lambda text: text[:-40], r"line \d+ is not"),
    "not text": (lambda text: b"\xff\xfe", "cannot be read"),
    "outside": (lambda text: text + f"{'0' * 64}  ../secret\n", r"line \d+ is not"),
    "absolute": (lambda text: text + f"{'0' * 64}  /etc/hostname\n", r"line \d+ is not"),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_damaged_list_of_digests_is_refused_in_one_line(copy, case):
    change, message = LISTS[case]
    changed = change((copy / SUMS).read_text())
    (copy / SUMS).unlink()
    if changed is not None:
        (copy / SUMS).write_bytes(changed if isinstance(changed, bytes) else changed.encode())
    with pytest.raises(StoreError, match=message):
        read_published(copy)


REWRITTEN = {
    "published.json no JSON": ("published.json", "{", "it has no format"),
    "published.json a list": ("published.json", "[]", "it has no format"),
    "newer": ("published.json", '{"format": 99}', "by a newer optbench"),
    "study.json no study": ("study.json", "{}", "is not a study file"),
    "study.json deep": ("study.json", "[" * 100_000, "is not a study file"),
    "runs no Parquet": ("runs.parquet", "runs", "cannot be read"),
    "curves no Parquet": ("curves.parquet", "", "cannot be read"),
}


@pytest.mark.parametrize("case", REWRITTEN)
def test_a_file_that_was_rewritten_with_its_digest_is_refused_in_one_line(copy, case):
    name, text, message = REWRITTEN[case]
    (copy / name).write_text(text)
    list_anew(copy)
    with pytest.raises(StoreError, match=message) as caught:
        read_published(copy)
    assert "\n" not in str(caught.value)


def test_runs_without_a_configuration_are_refused_in_one_line(copy):
    table = pd.read_parquet(copy / "runs.parquet").assign(config="no JSON")
    table.to_parquet(copy / "runs.parquet")
    list_anew(copy)
    with pytest.raises(StoreError, match="is not a study file"):
        read_published(copy)


def test_a_folder_that_holds_something_else_is_kept(published, tmp_path):
    (tmp_path / "mine.txt").write_text("important")
    with pytest.raises(ConfigError, match="contains something else"):
        publish(published[1], tmp_path, BARE)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_older_folder_of_the_same_study_is_replaced_and_one_of_another_study_is_not(published, copy, tmp_path):
    (copy / "stale.txt").write_text("")
    publish(published[1], copy, BARE)
    assert not (copy / "stale.txt").exists()
    facts = json.loads((copy / "published.json").read_text())
    (copy / "published.json").write_text(json.dumps(facts | {"study": "another"}))
    with pytest.raises(ConfigError, match="contains something else"):
        publish(published[1], copy, BARE)
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


@pytest.mark.parametrize("points", [2, 3, 5, 100])
def test_thinned_curves_keep_their_ends_and_the_verdict(published, tmp_path, points):
    _, result = published
    publish(result, tmp_path / "thin", PublishOptions(without=("page",), points=points))
    thin = read_published(tmp_path / "thin")
    steps = thin.curves.groupby("run_id", observed=True)["step"].agg(["nunique", "min", "max"])
    whole = result.curves.groupby("run_id", observed=True)["step"].agg(["nunique", "min", "max"])
    assert (steps["nunique"] == whole["nunique"].clip(upper=points)).all()
    assert (steps[["min", "max"]] == whole[["min", "max"]]).all(axis=None)
    assert ob.load_study(tmp_path / "thin").leaderboard["median"].tolist() == pytest.approx(
        ob.load_study(published[0] / "notes").leaderboard["median"].tolist()
    )


def test_points_are_refused_where_the_best_of_all_points_decides(published, tmp_path):
    from dataclasses import replace

    from optbench.spec.decide_by import DecideBy

    _, result = published
    by_best = replace(result, file=replace(result.file, decide_by=DecideBy(best=True)))
    for value, points in ((by_best, 3), (result, 1)):
        with pytest.raises(ConfigError, match="`--points`"):
            publish(value, tmp_path / "thin", PublishOptions(points=points))
    assert not any(tmp_path.iterdir())


def test_a_name_in_the_readme_ends_no_block_and_is_no_html(published, tmp_path):
    from dataclasses import replace

    _, result = published
    name = "a <script>\n# b\n```"
    publish(replace(result, file=replace(result.file, name=name, command=name)), tmp_path / "odd", BARE)
    text = (tmp_path / "odd" / "README.md").read_text()
    assert "a &lt;script> # b ```" in text.splitlines()[0]
    assert "    a <script>\n    # b\n    ```" in text


def test_the_committed_showdown_is_whole_and_small():
    folder = ROOT / "results" / "published" / "showdown"
    study = read_published(folder)
    assert len(study.runs) == len(study.file.runs) == 2560
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 2**20


def test_a_link_to_a_folder_stays_and_what_it_names_is_written(published, tmp_path):
    _, result = published
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    for _ in range(2):
        publish(result, link, BARE)
        assert link.is_symlink()
        assert read_published(target).file == result.file
        assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "target"]


@pytest.mark.parametrize("name", [".", "..", "a" * 300, "file/below"])
def test_a_folder_that_cannot_be_written_is_one_line(published, tmp_path, monkeypatch, name):
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    if name.startswith("file"):
        (tmp_path / "inside" / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError, match="Choose another folder with --to"):
        publish(published[1], Path(name), BARE)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["a" * 300, "a\0b"])
def test_a_name_that_no_folder_can_have_is_that_of_no_study(tmp_path, name):
    with pytest.raises(StoreError, match="There is no study"):
        ob.load_study(name, tmp_path)
