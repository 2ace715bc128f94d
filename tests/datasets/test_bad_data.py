"""Invalid user data: each error is one line that says what is required, what was received, and what to do."""

import pytest

from optbench.errors import ConfigError
from tests.datasets.bad_arrays import ARRAYS
from tests.datasets.bad_files import FILES
from tests.datasets.bad_functions import FUNCTIONS
from tests.datasets.bad_tables import TABLES

CASES = {**TABLES, **ARRAYS, **FUNCTIONS, **FILES}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_one_line(case, tmp_path, monkeypatch):
    build, message = CASES[case]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        build(tmp_path)
    said = str(caught.value)
    assert message in said
    assert "\n" not in said
    assert said.endswith((".", "..."))
    assert "Received: " in said or "does not exist" in said or "cannot be imported" in said
