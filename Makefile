# Triptych: `make help` lists what a person can do. Everything runs in .venv, made when first needed;
# `.venv/bin/triptych` alone lists the commands.
VENV := .venv
BIN := $(VENV)/bin
FITS := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))
PYTHON ?= $(shell for p in python3.11 python3.12 python3.10 python3; do \
	$$p -c '$(FITS)' 2>/dev/null && { command -v $$p; break; }; done)
NETWORK ?= se_resnext_cifar

.DEFAULT_GOAL := help
.PHONY: help bench test test-complete test-exhaustive verify doctor legacy report lint types format clean

help:  ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python 3.10 to 3.12 found; set PYTHON=..." >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	@touch $@

bench: $(VENV)/installed  ## verify the default network and time it in every framework (the main job)
	$(BIN)/python -m benchmarks.run --framework all

test: $(VENV)/installed  ## run the default tests, under ten minutes on two cores
	$(BIN)/python -m pytest parity_tests

verify: $(VENV)/installed  ## prove that the panels realize NETWORK=se_resnext_cifar alike
	$(BIN)/triptych verify $(NETWORK)

doctor: $(VENV)/installed  ## say which panels work here, and what to do about the others
	$(BIN)/triptych doctor

legacy: $(VENV)/installed  ## create the environments of Fluid 1.8.5 and TensorFlow 1.15
	$(BIN)/triptych environments create all

test-complete: legacy  ## run the long half of the tests, historical panels included
	$(BIN)/python -m pytest parity_tests -m complete

test-exhaustive: $(VENV)/installed  ## run every combination of what the other tests sample (hours)
	$(BIN)/python -m pytest parity_tests -m exhaustive

report: $(VENV)/installed  ## render reports/ from its records, the networks, rounding and the README's tables
	$(BIN)/triptych report runs
	$(BIN)/triptych report networks
	$(BIN)/triptych report rounding
	$(BIN)/triptych report handbook --site reports/site
	$(BIN)/python -m reports.readme

lint: $(VENV)/installed  ## check format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/installed  ## check types, strictly
	$(BIN)/mypy

format: $(VENV)/installed  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
