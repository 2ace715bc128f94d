"""Files survive a power failure: what is synced, and in which order."""

import errno
from pathlib import Path

import pytest

from optbench.results.store import Store
from optbench.runtime import durable
from optbench.runtime.digests import read_verified, write_with_digest
from optbench.runtime.files import check_case_of_name, check_place_of_report, check_writable, write_text
from tests.campaign.power import Written, cuts
from tests.results.test_store import curve_rows, run_rows

CUTS = 60
ENOUGH = 10  # to find that writes do not wait


def test_no_power_cut_loses_or_changes_a_run_that_was_done(tmp_path, monkeypatch):
    written = Written(tmp_path / "store", monkeypatch)
    assert cuts(written, CUTS, 1, tmp_path / "cuts") == []


@pytest.mark.parametrize("forgotten", ["sync_file", "sync_folder"])
def test_the_cuts_find_a_write_that_does_not_wait_for_the_disk(tmp_path, monkeypatch, forgotten):
    written = Written(tmp_path / "store", monkeypatch)
    written.disk.operations = [each for each in written.disk.operations if each.name != forgotten]
    written.done = dict.fromkeys(written.done, len(written.disk.operations) // 2)
    written.named = len(written.disk.operations) // 2
    assert cuts(written, ENOUGH, 1, tmp_path / "cuts")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("step", ["write_bytes", "sync_file", "rename"])
def test_an_error_names_the_file_and_leaves_the_old_one(tmp_path, monkeypatch, number, step):
    path = tmp_path / "file"
    write_with_digest(path, b"old")

    def fail(*arguments):
        raise OSError(number, "what")

    monkeypatch.setattr(durable, step, fail)
    with pytest.raises(OSError, match="file") as caught:
        write_with_digest(path, b"new")
    assert (caught.value.errno, caught.value.filename) == (number, str(path))
    assert read_verified(path) == b"old"
    assert [each for each in tmp_path.iterdir() if each.suffix == ".tmp"] == []


def test_what_was_written_before_a_full_disk_is_read_and_the_rest_is_written_later(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.prepare()
    left, right = [30_000], durable.write_bytes

    def write_bytes(path, content):
        left[0] -= len(content)
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        right(path, content)

    monkeypatch.setattr(durable, "write_bytes", write_bytes)
    done = []

    def write_many():
        for number in range(100):
            store.write_shard(run_rows(f"run{number}"), curve_rows(f"run{number}"))
            done.append(f"run{number}")

    with pytest.raises(OSError, match="No space left"):
        write_many()
    assert len(done) > 0
    assert set(Store(tmp_path).runs()["run_id"]) == set(done)
    left[0] = 10**9
    store.write_shard(run_rows("later"), curve_rows("later"))
    assert Store(tmp_path).finished_run_ids() == {*done, "later"}


def test_a_page_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "page").mkdir()
    with pytest.raises(OSError, match="page") as caught:
        write_text(tmp_path / "page", "text")
    assert caught.value.filename == str(tmp_path / "page")
    assert [each.name for each in tmp_path.iterdir()] == ["page"]


@pytest.mark.parametrize(("folder", "why"), [("x" * 300, "File name too long"), ("a\0b", "null")])
def test_a_folder_that_no_file_system_takes_is_refused(tmp_path, folder, why):
    with pytest.raises(ValueError, match=why):
        check_writable(results_dir=str(tmp_path / folder))


@pytest.mark.parametrize("in_the_way", ["file", "folder"])
def test_what_stands_in_place_of_a_report_is_named_before_training(tmp_path, in_the_way):
    if in_the_way == "file":
        (tmp_path / "mine").write_text("")
    else:
        (tmp_path / "mine" / "index.html").mkdir(parents=True)
    with pytest.raises(ValueError, match=rf"is a {in_the_way}\. Received: name=mine\."):
        check_place_of_report(str(tmp_path), "mine")
    check_place_of_report(str(tmp_path), "other")


def test_two_studies_whose_names_differ_in_case_alone_do_not_share_a_file(tmp_path, monkeypatch):
    """File systems of macOS and Windows find the file of ``Demo`` under the name ``demo``."""
    write_text(tmp_path / "studies" / "Demo.json", "{}")
    check_case_of_name(str(tmp_path), "demo")
    there = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: there(path.with_name(path.name.capitalize())))
    check_case_of_name(str(tmp_path), "Demo")
    check_case_of_name(str(tmp_path), "other")
    with pytest.raises(ValueError, match=r"There is a study `Demo` in .* for the same\. Received: name=demo\."):
        check_case_of_name(str(tmp_path), "demo")
