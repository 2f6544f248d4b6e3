# The one door: the same checks for a person, for pre-commit and for continuous integration.

VENV ?= .venv
BIN := $(VENV)/bin
# A process a core, up to four: each of them holds a torch.
PYTEST := $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal

.PHONY: help first install quick check lint test

help:  ## say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/:/' | column -t -s :

first: install  ## install, rehearse the main study on real CIFAR-10, and write its report
	$(BIN)/nia-optuna run studies/cifar_cnn.py --quick
	$(BIN)/nia-optuna report cifar_cnn-quick

install: $(BIN)/nia-optuna  ## make a virtual environment with everything in it

$(BIN)/nia-optuna: pyproject.toml
	python3 -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --editable '.[dev]'
	@touch $@

lint: install  ## formatting, lint, types, and the Dockerfile
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile

quick: install  ## the tests that take seconds and need no network
	$(PYTEST) -m "not slow and not network"

check: lint quick  ## what every commit passes

test: lint  ## every check and every test
	$(PYTEST)
