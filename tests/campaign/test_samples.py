"""A sample of each kind of trial of the campaign (``make campaign``)."""

import pytest

from tests.campaign import flips, inputs, kills, power, programs, races

SAMPLES = {flips: 15, power: 3, inputs: 8, programs: 1}  # tests/runtime/test_durable.py has more power cuts


@pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: kind.__name__.rpartition(".")[2])
def test_a_sample_finds_no_fault(kind, tmp_path):
    faults = [fault for number in range(SAMPLES[kind]) if (fault := kind.trial(number, tmp_path / "trials"))]
    assert faults == []


def test_writers_a_pruner_and_a_reader_find_no_fault(tmp_path):
    assert races.trial(0, tmp_path, seconds=1.0) == ""


def test_a_killed_study_goes_on(tmp_path):
    assert kills.trial(0, tmp_path, executors=("threads",)) == ""


def test_every_key_of_the_configuration_takes_part():
    assert len(inputs.keys()) > 150
    assert len({tuple(inputs.arguments_of(number)) for number in range(50)}) > 40
