# Everything works on a machine with Python 3.11, 3.12 or 3.13 and make; .venv is created on the way.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c '$(SUPPORTED)' 2>/dev/null && { echo $$python; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
DOCS := .venv-docs
DIST := .venv-dist
LOWEST := .venv-lowest
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo example showdown table readmes notebooks certificates mutants rehearsal own-data before-after tabular-mlp check test test-heavy test-slurm lint campaign bench bench-peers dist release docs docs-browser docs-links lowest clean

demo: $(VENV)/installed
	$(BIN)/python -m optbench -m optimizer=sgd,adam,rmsprop

example: $(VENV)/installed
	$(BIN)/python -m optbench -m experiment=digits_mlp optimizer=sgd,sgdm,adam,rmsprop name=example

comma := ,
empty :=
RULES = $(subst $(empty) $(empty),$(comma),$(sort $(filter-out keras,$(basename $(notdir $(wildcard conf/optimizer/*.yaml))))))
# 16 seeds are the fewest with which one of 32 rules can be told from all the others.
showdown: $(VENV)/installed-test
	$(BIN)/python -m optbench -m experiment=rules_showdown optimizer=$(RULES) tune=grid tune.trials=8 tune.seeds=2 seeds=16 report.baseline=adam name=showdown
	$(BIN)/python -m tests.rules_table --steps results --write
	$(BIN)/python -m optbench publish showdown --without page trials arrays --points 12

table: $(VENV)/installed-test
	$(BIN)/python -m tests.rules_table --write

readmes: $(VENV)/installed-test
	$(BIN)/python -m tests.folder_readmes

own-data: $(VENV)/installed-test
	$(BIN)/python -m tests.kept_pages own-data

before-after: $(VENV)/installed-test
	$(BIN)/python -m tests.kept_pages before-after

# Needs OPTBENCH_TEST_DATA, a folder with published/tabular_mlp_runs.csv.
tabular-mlp: $(VENV)/installed-test
	$(BIN)/python -m tests.kept_pages tabular-mlp

mutants: $(VENV)/installed-test
	@$(BIN)/python -m tests.mutation

rehearsal: $(VENV)/installed-test
	@$(BIN)/python -m tests.rehearsal

notebooks: $(VENV)/installed-test
	$(BIN)/python -m tests.notebooks

certificates: $(VENV)/installed $(PEERS)/installed
	$(BIN)/python -m optbench.crosscheck --oracles-python $(PEERS)/bin/python --oracles tests.optimizers.rules

# Tests that train nothing: what to run before each commit.
UNTRAINED := --ignore tests/runtime/test_as_on_windows.py tests/analysis tests/config tests/random tests/results tests/runtime \
	tests/schedules tests/spec tests/test_architecture.py tests/test_conf.py tests/test_errors.py tests/cli/test_suites.py

check: lint
	$(BIN)/python -m pytest -m "not heavy" -q -n auto --dist worksteal $(UNTRAINED)

test: $(VENV)/installed-test
	$(BIN)/python -m pytest -m "not heavy" --benchmark-skip -n auto --dist worksteal

test-heavy: $(VENV)/installed-test $(PEERS)/installed
	OPTBENCH_ORACLES=$(PEERS)/bin/python $(BIN)/python -m pytest -m heavy --benchmark-skip

# A SLURM of one node in a temporary folder, as root; needs slurm-wlm and munge, and says so where they are missing.
test-slurm: $(VENV)/installed-test
	$(BIN)/python -m pytest tests/slurm -m heavy -q

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Hours; CAMPAIGN_MINUTES=20 for a short one, which the next one continues.
campaign: $(VENV)/installed-test
	$(BIN)/python -m tests.campaign

bench: $(VENV)/installed-test
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only --benchmark-columns=median,rounds -s

bench-peers: $(VENV)/installed-test $(PEERS)/installed
	OPTBENCH_PEERS=$(PEERS)/bin/python $(BIN)/python -m pytest tests/benchmarks/test_peers.py tests/benchmarks/test_networks.py tests/benchmarks/test_beside_optax.py tests/benchmarks/test_transformer.py --benchmark-only --benchmark-columns=median,rounds -s

# The wheel and the source distribution, checked, and tried in a new environment outside the repository.
dist: $(DIST)/installed
	rm -rf dist
	$(DIST)/bin/python -m build
	$(DIST)/bin/python -m twine check --strict dist/*
	$(DIST)/bin/python -m tests.try_dist dist

# make release VERSION=0.2.0 writes the version; a tag of it publishes, see CONTRIBUTING.md.
release: $(BIN)/python
	@$(BIN)/python -m tests.release $(VERSION)

# The lowest versions that pyproject.toml allows, in an environment of their own: the tests that train nothing, and a run.
# Old versions warn of what newer versions of their own dependencies deprecate.
lowest: $(LOWEST)/installed
	$(LOWEST)/bin/python -m pytest -W ignore::DeprecationWarning -m "not heavy" -q -n auto --dist worksteal $(UNTRAINED)
	cd $(LOWEST) && bin/python -m optbench -m optimizer=sgd,adam epochs=2 seeds=2 name=lowest force=true

docs: $(DOCS)/installed
	$(DOCS)/bin/python -m sphinx --fail-on-warning --keep-going --quiet -b html docs build/docs
	$(DOCS)/bin/python docs/_tools/check_links.py build/docs

# The pages in Chromium, wide and narrow: no error, no request outside, nothing wider than the window.
docs-browser: docs $(VENV)/installed-test
	$(BIN)/python -m tests.site build/docs

docs-links: $(DOCS)/installed
	$(DOCS)/bin/python -m sphinx --quiet -b linkcheck docs build/docs-links

clean:
	rm -rf $(VENV) $(PEERS) $(DOCS) $(DIST) $(LOWEST) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(or $(PYTHON),false) -c '$(SUPPORTED)' 2>/dev/null || { echo "optbench needs Python 3.11, 3.12 or 3.13, which\
	 TensorFlow supports. Found: $(or $(PYTHON),$(shell python3 --version 2>&1)). Install Python 3.13, or name one:\
	 make PYTHON=/path/to/python3.13" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV), about a minute"
	@$(INSTALL) -e .
	@touch $@

$(VENV)/installed-test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV), about a minute"
	@$(INSTALL) -e ".[test]"
	@touch $@ $(VENV)/installed

# The requirements of one extra alone, without those of the package.
$(DOCS)/installed $(DIST)/installed: .venv-%/installed: pyproject.toml constraints.txt
	@echo "installing into .venv-$*"
	@$(PYTHON) -m venv .venv-$*
	@.venv-$*/bin/python -m tests.extra $* > .venv-$*/requirements.txt
	@.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r .venv-$*/requirements.txt
	@touch $@

$(LOWEST)/installed: pyproject.toml
	@echo "installing the lowest versions into $(LOWEST)"
	@$(PYTHON) -m venv $(LOWEST)
	@$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check uv
	@$(LOWEST)/bin/uv pip compile --quiet --resolution lowest-direct pyproject.toml -o $(LOWEST)/lowest.txt
	@$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check -c $(LOWEST)/lowest.txt -e . pytest pytest-benchmark pytest-xdist hypothesis distributed
	@touch $@

$(PEERS)/installed: tests/benchmarks/requirements-peers.txt
	@echo "installing peers into $(PEERS)"
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@
