"""A value inside a group applies to the choices that have its key."""

from optbench.cli.foreign_keys import without_foreign_keys
from tests.conftest import CONF


def kept(*jobs, folders=(CONF,)):
    return without_foreign_keys([job.split() for job in jobs], folders)


def test_a_value_is_for_the_choices_that_list_its_key():
    found = kept(
        "optimizer=adam optimizer.class_name=Lion seeds=2", "optimizer=keras optimizer.class_name=Lion seeds=2"
    )
    assert found == [["optimizer=adam", "seeds=2"], ["optimizer=keras", "optimizer.class_name=Lion", "seeds=2"]]


def test_jobs_that_differed_in_such_a_value_alone_are_one():
    jobs = [f"optimizer={rule} optimizer.eps={eps}" for rule in ("sgd", "adam") for eps in (1, 2)]
    assert kept(*jobs) == [
        ["optimizer=sgd"],
        ["optimizer=adam", "optimizer.eps=1"],
        ["optimizer=adam", "optimizer.eps=2"],
    ]


def test_a_key_that_no_choice_lists_stays_and_so_does_one_of_an_unknown_choice():
    for job in ("optimizer=adam optimizer.epps=1", "optimizer=nobody optimizer.eps=1", "optimizer.eps=1"):
        assert kept(job) == [job.split()]


def test_a_users_file_is_read_and_a_composed_one_may_have_any_key(tmp_path):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / "mine.yaml").write_text("_target_: a.b\nstrength: 1\n")
    (tmp_path / "optimizer" / "composed.yaml").write_text("defaults: [adam]\n")
    jobs = [f"optimizer={name} optimizer.strength=1" for name in ("mine", "composed", "sgd")]
    assert kept(*jobs, folders=(CONF, tmp_path)) == [jobs[0].split(), jobs[1].split(), ["optimizer=sgd"]]
