"""Names of studies are kept as they were typed."""

import pytest

from tests.commands import optbench_command


@pytest.mark.parametrize("name", ["45e1234", "1.10", "true", "null", "007", "a-b.c"])
@pytest.mark.parametrize("multirun", [[], ["-m"]])
def test_a_name_that_reads_like_a_value_is_a_name(tmp_path, name, multirun, monkeypatch):
    seen = []
    monkeypatch.setattr("optbench.study.study.RunningStudy.add_specs", lambda self, specs: seen.extend(specs) or [0.0])
    done = optbench_command(*multirun, "optimizer=sgd", "dataset=iris", f"name={name}", cwd=tmp_path)
    assert "Traceback" not in done.stderr
    assert [spec.study.name for spec in seen] == [name]
    assert f"name={name}" in seen[0].overrides
