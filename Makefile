# All that a laptop and CI need. A bare `make` says what there is.
.DEFAULT_GOAL := help
.PHONY: help run test test-long bench bench-quick bench-long check-infra deploy lint lock clean
PY := .venv/bin/python

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: node .venv/.run node_modules/.package-lock.json ## Run everything on this machine until Ctrl-C; make run ARGS="--port 7072", ARGS=--help
	@exec $(PY) -m local --stop-with-parent $(ARGS)

test: node .venv/.test node_modules/.package-lock.json lint ## Check style and types, then run the tests
	@$(PY) -m pytest -m "not long" --numprocesses auto --maxprocesses 4 --dist loadgroup

test-long: node .venv/.test node_modules/.package-lock.json ## Run the tests that take longer
	@$(PY) -m pytest -m long --timeout 3600

bench: node .venv/.run node_modules/.package-lock.json ## Measure a tick beside other schedulers, side by side; make bench ARGS=--help
	@exec $(PY) -m bench $(ARGS)

bench-quick: node .venv/.run node_modules/.package-lock.json ## Say within minutes whether a tick became slower than bench/figures.json
	@exec $(PY) -m bench --quick $(ARGS)

bench-long: node .venv/.run node_modules/.package-lock.json ## As bench, with those that take minutes a round
	@exec $(PY) -m bench --long $(ARGS)

check-infra: .venv/.test ## Hold infra/ against security policies, Dockerfiles and workflows against their linters
	@$(PY) -m infra.check.all

# Variables of make deploy count when they stand on the command line only: the environment of WSL, say, has a NAME.
given = $(if $(filter command,$(firstword $(origin $2))),$1 '$(subst ','\'',$($2))')

deploy: .venv/.run ## Put it into Azure: make deploy RESOURCE_GROUP=crontable LOCATION=westeurope; ARGS=--check only looks
	@exec $(PY) -m infra.deploy $(call given,--resource-group,RESOURCE_GROUP) $(call given,--location,LOCATION) \
	  $(call given,--name,NAME) $(call given,--subscription,SUBSCRIPTION) \
	  $(if $(PARAMETERS),--parameters $(PARAMETERS)) $(ARGS)

lint: .venv/.test ## Check style and types only
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

lock: .venv/.run ## Pin requirements.in, with all that it pulls in, into requirements.txt
	@rm -rf .local/lock && mkdir -p .local && $(PY) -m venv .local/lock
	@.local/lock/bin/python -m pip install -qq --disable-pip-version-check -r requirements.in
	@{ sed -n '/^#/p' requirements.txt; .local/lock/bin/python -m pip freeze; } > .local/lock/requirements.txt
	@cp .local/lock/requirements.txt requirements.txt && rm -rf .local/lock

clean: ## Remove all that make made: .venv, node_modules, caches and the local data in .local
	rm -rf .venv node_modules .local .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# First of all, one job at a time: who lacks Node should hear it before minutes of installing Python's packages.
.NOTPARALLEL:
.PHONY: node
node:
	@sh local/node.sh

# A stamp is written last, so an installation that was interrupted is taken up again by the next call.
.venv/.run: requirements.txt local/requirements.txt $(PY)
	@sh local/venv.sh local/requirements.txt
	@touch $@

.venv/.test: requirements.txt local/requirements.txt tests/requirements.txt $(PY)
	@sh local/venv.sh tests/requirements.txt
	@touch $@ .venv/.run

# Missing when the Python it points to was removed, too: whoever needs it then calls venv.sh, which makes .venv anew.
$(PY):
	@:

# npm writes this file last.
node_modules/.package-lock.json: package.json package-lock.json .npmrc
	@echo "Installing the packages of package-lock.json into node_modules"
	@npm ci --loglevel=error
	@touch $@
