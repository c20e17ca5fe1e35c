# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?= python3
VENV := .venv/lock-$(shell sha256sum requirements/dev.txt | cut -c1-12)
# Python, mypy and pytest find the collection by this link.
LINK := .build/ansible_collections/saiello/kafka_connect
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kafka-connect-operator
COLLECTIONS := $(CACHE)/collections-$(shell sha256sum requirements/collections.txt | cut -c1-12)
STAGED = $$(python -c 'from testbed import collection; print(collection.staged())')
PYTEST := python -m pytest

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
# What ansible-core and its tools leave behind stays in the checkout.
export ANSIBLE_HOME := $(CURDIR)/.build/ansible

.PHONY: help
help: ## List what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile
	@echo '  One test alone: make e2e T=tests/e2e/test_FILE.py::test_NAME (likewise units, manifests, testbed, connect)'

.PHONY: prerequisites
prerequisites:
	@$(PYTHON) -c 'import sys; sys.tracebacklimit = 0; from testbed import prerequisites; prerequisites.check()'

.PHONY: venv
venv: $(VENV) ## Install the locked Python tools into .venv
$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@echo 'Installing the Python tools into .venv (about half a minute) ...' >&2
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@touch $@

$(LINK): $(VENV)
	@mkdir -p $(@D)
	@ln -sfn ../../.. $@

# Kept between checkouts, so it may well be older than this one's tools.
$(COLLECTIONS): | $(VENV)
	@echo 'Fetching kubernetes.core ...' >&2
	@python requirements/fetch_collections.py $@

.PHONY: demo up status down
demo: prerequisites $(VENV) ## Show what the operator does on a real stack; KEEP=1 leaves it up
	@python -m testbed demo
up: prerequisites $(VENV) ## Start a real stack and leave it running
	@python -m testbed up
status: $(VENV) ## Tell what of the stack runs
	@python -m testbed status
down: $(VENV) ## Stop the stack
	@python -m testbed down

.PHONY: test
test: ## Run every check and every test
	@$(MAKE) prerequisites
	@for check in lint sanity cores published units manifests molecule testbed connect e2e; do \
	  echo "== $$check"; $(MAKE) $$check; \
	done

.PHONY: test-quick
test-quick: lint units ## Run the checks that take less than two minutes: lint and unit tests

.PHONY: lint
lint: $(LINK) $(COLLECTIONS) ## Check format, types, YAML, Ansible content, changelog and documentation
	@ruff check --quiet --output-format concise .
	@ruff format --quiet --check --diff .
	@mypy --python-version 3.10 --package ansible_collections.saiello.kafka_connect.plugins
	@mypy $(wildcard testbed tests benchmarks requirements docs)
	@yamllint --strict .
	@ANSIBLE_COLLECTIONS_PATH=$(STAGED):$(COLLECTIONS) ansible-lint -q
	@antsibull-changelog lint
	@HOME=$(CURDIR)/.build antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .

.PHONY: sanity
sanity: $(VENV) ## Run ansible-test sanity on the installed collection
	@.ci/sanity

.PHONY: cores
cores: $(LINK) ## Run ansible-test sanity and the units of the plugins with the oldest and the newest ansible-core
	@.ci/cores

.PHONY: published
published: $(LINK) ## Check the tarball of the collection: what is in it, whether it installs and works, and what Ansible Galaxy thinks of it
	@.ci/published
	@$(PYTEST) $(or $(T),tests/published)

.PHONY: units manifests connect e2e testbed
units: $(LINK) ## Run the unit tests
	@$(PYTEST) $(or $(T),tests/unit)
manifests: $(LINK) $(COLLECTIONS) ## Run the tests of the manifests at a real API server
	@FETCHED_COLLECTIONS=$(COLLECTIONS) $(PYTEST) $(or $(T),tests/manifests)
testbed: $(LINK) ## Run the tests of the testbed itself
	@$(PYTEST) $(or $(T),tests/testbed)
connect: $(LINK) ## Run the tests of the modules at a real Connect
	@$(PYTEST) $(or $(T),tests/connect)
e2e: $(LINK) ## Run the tests of the operator on the real stack, on several beside each other where the machine allows it
	@python -c 'from testbed import build; build.build()'
	@PYTEST_ADDOPTS="$(if $(T),,$$(python -m testbed.apart --lanes)) $${PYTEST_ADDOPTS:-}" $(PYTEST) $(or $(T),tests/e2e)

.PHONY: molecule
molecule: $(LINK) $(COLLECTIONS) ## Run the molecule scenario on the real stack
	@ANSIBLE_COLLECTIONS_PATH=$(STAGED):$(COLLECTIONS) molecule test

.PHONY: bench
bench: $(LINK) ## Measure, print a table and write JSON
	@python -m benchmarks

.PHONY: docs
docs: $(LINK) ## Write the reference of the modules from their documentation
	@python -m docs.reference

.PHONY: schemas
schemas: $(VENV) ## Write anew what the collection knows of the CRDs
	@python -m testbed.schemas

.PHONY: build
build: $(VENV) ## Build the collection into dist/
	@rm -f dist/*.tar.gz
	@ansible-galaxy collection build --output-path dist

.PHONY: clean
clean: ## Remove what was built in this checkout; the cache of the user stays
	@if [ -d .build/testbed ] && [ -x .venv/bin/python ]; then python -m testbed down; fi
	@rm -rf .ansible .build .hypothesis .mypy_cache .pytest_cache .ruff_cache .venv dist
