# The environment is .venv, made by the targets that need it and made again when its lock file changes.
# `make serve` installs requirements.lock alone; the tools of requirements-dev.lock come on top for the rest.

SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PIP := .venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes
RUNTIME := .venv/runtime.stamp
DEV := .venv/dev.stamp
PEERS := .venv-peers/stamp
BENCH := .venv-bench/stamp

export PORT ?= 8000

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install serve test test-laws test-exhaustive check format openapi docs test-peers accuracy bench test-container lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(DEV) ## make .venv with the service and the development tools

serve: $(RUNTIME) ## run the service on PORT (default 8000)
	@exec .venv/bin/python -m app

test: $(DEV) ## run the tests, then everything in `make check`
	.venv/bin/pytest -n auto --dist worksteal
	@$(MAKE) --no-print-directory check

test-laws: $(DEV) ## every case of the laws over the catalog, of which `make test` takes a sample
	LAWS=all .venv/bin/pytest -n auto --dist worksteal tests/activations

# NumPy's exp, log, sin and others differ from one instruction set to the next: the bounds must hold on all
WITHOUT = NPY_DISABLE_CPU_FEATURES="$$(.venv/bin/python -m tests.exhaustive.features $(1))" \
	LAWS=all .venv/bin/pytest -n auto --dist worksteal tests/activations/test_every_bound.py
test-exhaustive: $(DEV) ## all float16 and bfloat16 inputs, many of float32 and float64; bounds without AVX-512, AVX2
	PYTHONPATH=tests/activations .venv/bin/python -m tests.exhaustive
	$(call WITHOUT,AVX512)
	$(call WITHOUT,AVX2)

check: $(DEV) ## lint, format, types, import layers, freshness of openapi/openapi.json and docs/catalog.md
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python -m openapi.generate --check
	.venv/bin/python -m docs.catalog --check

format: $(DEV) ## format the code and mend what ruff can mend
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

openapi: $(DEV) ## write openapi/openapi.json from the code
	.venv/bin/python -m openapi.generate

docs: $(DEV) ## write docs/catalog.md from the catalog
	.venv/bin/python -m docs.catalog

# tests/conftest.py wants the development tools
TRY := .venv-peers/bin/pytest --confcutdir tests/peers
test-peers: $(PEERS) ## compare with PyTorch, JAX, Keras and ONNX, in .venv-peers
	$(TRY) tests/peers/trial.py tests/peers/onnx_trial.py
	KERAS_BACKEND=jax $(TRY) tests/peers/trial.py -k keras

accuracy: $(PEERS) ## write docs/accuracy.md: this service, PyTorch, JAX and SciPy against the exact results
	PYTHONPATH=tests/activations .venv-peers/bin/python -m benchmarks.accuracy

bench: $(BENCH) ## measure the service and what it is compared with, write benchmarks/README.md; PARTS="small npy": some
	.venv-bench/bin/python -m benchmarks $(PARTS)

test-container: $(DEV) ## build the image and try the container for real (needs Docker, or ../shared/docker/up)
	daemon=$$(tests/container/daemon) && eval "$$daemon" && .venv/bin/pytest -p no:xdist tests/container/trial.py

# torch's builds have a hash each and a version that says which ("2.13.0+cpu"): machines install different ones
WITHOUT_TORCH := --no-allow-unsafe --unsafe-package torch
TORCH := $(shell grep -om1 'torch==[0-9.]*' pyproject.toml)
LOCK = CUSTOM_COMPILE_COMMAND='make lock' .venv/bin/pip-compile $(UPGRADE) pyproject.toml
lock: $(DEV) ## pin the dependencies of pyproject.toml; UPGRADE=--upgrade takes the newest
	$(LOCK) --output-file requirements.lock
	$(LOCK) --output-file requirements-dev.lock --extra dev --constraint requirements.lock
	$(LOCK) --output-file requirements-peers.lock --extra peers --constraint requirements.lock $(WITHOUT_TORCH)
	$(LOCK) --output-file requirements-bench.lock --extra bench --constraint requirements.lock $(WITHOUT_TORCH)

clean: ## remove the environments and every cache
	rm -rf .venv .venv-peers .venv-bench* .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --clear: what an older lock file asked for must not linger; the dev stamp goes with it.
$(RUNTIME): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 is needed: make PYTHON=...")'
	@echo "Making .venv from requirements.lock ..."
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) -r requirements.lock
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Adding the development tools from requirements-dev.lock ..."
	@$(PIP) -r requirements-dev.lock
	@touch $@

$(PEERS) $(BENCH): .venv-%/stamp: requirements-%.lock
	@echo "Making $(@D) from $<, and $(TORCH) ..."
	@$(PYTHON) -m venv --clear $(@D)
	@$(subst .venv,$(@D),$(PIP)) -r $<
	@$(@D)/bin/python -m pip --disable-pip-version-check install --quiet $(TORCH)
	@touch $@
