# What there is to do here; `make` alone lists it. Every target does the set-up that it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
COMPILE := uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

# uv reads none of pip's settings.
ifneq ($(PIP_CERT),)
export SSL_CERT_FILE ?= $(PIP_CERT)
endif
ifneq ($(PIP_INDEX_URL),)
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

# Bytecode is kept: imports and pytest's rewritten assertions cost seconds without it.
unexport PYTHONDONTWRITEBYTECODE

# An environment that does not run, or that was made in another folder, is made anew.
usable := $(shell $(BIN)/python -c "" 2>/dev/null && grep -sqF "$(CURDIR)/$(VENV)" $(BIN)/activate && echo yes)
ifneq ($(usable),yes)
$(shell rm -rf $(VENV))
endif

.DEFAULT_GOAL := help
.PHONY: help up test fuzz bench check env lock lock-kafka

help:  ## list these
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' Makefile | expand -t 18

up: $(INSTALLED)  ## start everything on this machine, until Ctrl+C (PORTS=free: on any free ports)
	$(if $(filter-out free,$(PORTS)),$(error PORTS can be free, or absent))
	@exec $(BIN)/caregraph up $(if $(PORTS),--free-ports)

test: check  ## run the checks and every test
	$(BIN)/pytest -n 2 --dist worksteal

fuzz: $(INSTALLED)  ## run thousands of random federated graphs through the router (FUZZ: how many)
	FUZZ=$(or $(FUZZ),5000) $(BIN)/pytest tests/router/execution/test_generated.py --timeout 0

bench: $(INSTALLED)  ## measure the router, beside its peers where bench/peers/install has put them
	$(BIN)/python -m bench.measure gateways

judges: $(INSTALLED)  ## let other people's programs judge the router; needs Node and npm (GRAPHS: random graphs, 300)
	$(BIN)/python -m tests.judges $(if $(GRAPHS),--graphs $(GRAPHS))

check: $(INSTALLED)  ## lint, types, walls between packages, schemas
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy .
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/caregraph schema check
	$(BIN)/pytest tests/walls

env: $(INSTALLED)  ## write the secrets that .env lacks, for docker compose
	@$(BIN)/python -m stack.secrets .env

lock: $(INSTALLED)  ## resolve pyproject.toml into requirements/, to the newest versions
	$(BIN)/$(COMPILE) --upgrade requirements/bootstrap.in -o requirements/bootstrap.txt
	$(BIN)/$(COMPILE) --upgrade --all-extras pyproject.toml -o requirements/all.txt
	$(BIN)/$(COMPILE) --upgrade --extra aws -c requirements/all.txt pyproject.toml -o requirements/service.txt

lock-kafka:  ## resolve stack/servers/kafka.pom.xml into kafka.lock; needs Maven
	deploy/lock-kafka

$(INSTALLED): requirements/bootstrap.txt requirements/all.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" \
	  || { echo "CareGraph needs Python 3.11 or newer; name one: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/uv || { echo "1/3 Making $(VENV)"; $(PYTHON) -m venv $(VENV) \
	  && $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt; }
	@echo "2/3 Installing $$(grep -c == requirements/all.txt) packages into $(VENV): the first time a minute or two, mostly downloads"
	@$(BIN)/uv pip sync -q --require-hashes --compile-bytecode requirements/all.txt requirements/bootstrap.txt
	@echo "3/3 Installing CareGraph itself"
	@$(BIN)/uv pip install -q --no-deps --no-build-isolation --editable .
	@touch $@
