# Set-up, demo and checks of Gatehouse, on Debian 12 with Python from 3.11 on; as root, or with sudo.
# Each step of the set-up is done once: a second run starts at once. ARGS are passed on.

VENV := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
ARGS :=
DEMO_PACKAGES := mosquitto
TEST_PACKAGES := mosquitto mosquitto-clients chromium fonts-noto-cjk mbpoll libmodbus-dev gcc libc6-dev strace iproute2 procps
PACKAGES_DONE := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types imports bench soak setup setup-demo setup-test pins clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: setup-demo ## the whole estate with no hardware; make demo ARGS="--for 60s"
	@exec $(VENV)/bin/gatehouse demo $(ARGS)

test: setup-test ## every test but the long ones
	@exec $(PYTHON_IN_VENV) -m pytest -m "not soak" $(ARGS)

check: format lint types imports ## format, lint, types, import contracts

bench: setup-test ## what is measured, each figure beside its limit; make bench ARGS=--write for docs/figures.md
	@exec $(PYTHON_IN_VENV) -m bench $(ARGS)

soak: setup-test ## the long runs
	@exec $(PYTHON_IN_VENV) -m pytest -m soak --timeout=0 $(ARGS)

pins: setup ## constraints.txt anew; make pins ARGS=--upgrade
	sh scripts/pin.sh $(ARGS)

clean: ## take away what the set-up and the tools made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

format: setup
	$(VENV)/bin/ruff format --check .

lint: setup
	$(VENV)/bin/ruff check .

types: setup
	$(VENV)/bin/mypy

imports: setup
	$(VENV)/bin/lint-imports

setup: $(PACKAGES_DONE)

setup-demo: setup
	@sh scripts/system_packages.sh $(DEMO_PACKAGES) || echo "gatehouse: going on without Mosquitto, with a smaller broker"

setup-test: setup
	@sh scripts/system_packages.sh $(TEST_PACKAGES)

# An interrupted or changed set-up is done again: pip finds what is there already and takes the rest.
$(PACKAGES_DONE): constraints.txt pyproject.toml scripts/make_venv.sh
	@sh scripts/make_venv.sh $(VENV)
	@touch $@
