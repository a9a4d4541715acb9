# Needs Python 3.11 or 3.12, git and make; everything else is installed below this folder.
PYTHON ?= python3
ifneq ($(origin PYTHON),file)
# A Python that was named is also the one the environments are made with.
export UV_PYTHON := $(PYTHON)
endif
UV_VERSION := 0.13.9
# Every run starts several processes, and an environment may forbid Python to keep what it compiled for the next of them.
export UV_COMPILE_BYTECODE := 1
VIS_HOME ?= $(CURDIR)/.vis
export VIS_HOME

# A uv on the PATH is used; else one is installed in a corner of its own.
UV := $(or $(shell command -v uv 2>/dev/null),.vis/tools/bin/uv)
# Relative, because make cannot name a file in a folder with a space.
RUN := .venv/bin
COMPILE := $(RUN)/python -m compileall -q orchestration expectations signals_service

.PHONY: up down status logs test bench check format install install-dev chromium node
.DEFAULT_GOAL := help

help: ## Dit overzicht
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F':.*?## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.vis/tools/bin/uv:
	@echo "uv installeren ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 of nieuwer is nodig (zet PYTHON=...)"; exit 1; }
	@$(PYTHON) -m venv .vis/tools || { echo "De module venv ontbreekt (Debian, Ubuntu: apt install python3-venv)"; exit 1; }
	@.vis/tools/bin/pip install --quiet --quiet --disable-pip-version-check uv==$(UV_VERSION)

install: $(UV)
	@echo "Pakketten installeren (de eerste keer een paar minuten) ..."
	@$(UV) sync --frozen --quiet --no-dev --inexact
	@$(UV) sync --frozen --quiet --project superset
	@$(COMPILE)

install-dev: $(UV)
	@$(UV) sync --frozen --quiet
	@$(UV) sync --frozen --quiet --project superset
	@$(COMPILE)

up: install ## Bouw, laad de gekozen gemeente en start alles; nog een keer mag altijd
	@$(RUN)/vis up

down: ## Stop alle diensten
	@if [ -x $(RUN)/vis ]; then $(RUN)/vis down; else echo "Er is niets geïnstalleerd."; fi

status: ## Gezondheid per dienst
	@$(RUN)/vis status

logs: ## Volg de logboeken
	@$(RUN)/vis logs

chromium:
	@tests/install-chromium.sh

node:
	@tests/install-node.sh

# Two, also on a larger machine: each has a PostgreSQL of its own, and one of them a whole platform.
WORKERS ?= 2

test: install-dev chromium node ## Alle tests, met een echte database en een echte browser
	@$(RUN)/pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder

bench: install-dev ## De metingen: verhoudingen, naast elkaar gemeten in één run
	@$(RUN)/python -m tests.bench

format: install-dev ## Zet de opmaak recht
	@$(RUN)/ruff format . && $(RUN)/ruff check --fix .

check: install-dev ## Opmaak, stijl, types, lagen, definities: zonder diensten
	@$(RUN)/python -m tests.check
