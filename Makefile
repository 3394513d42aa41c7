# Set-up, demo and checks of Gatehouse, on Debian 12 with Python from 3.11 on; as root, or with sudo.
# Each step of the set-up is done once: a second run starts at once. ARGS are passed on.

VENV := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
ARGS :=
DEMO_PACKAGES := mosquitto
TEST_PACKAGES := mosquitto mosquitto-clients chromium fonts-noto-cjk fonts-dejavu-core mbpoll libmodbus-dev gcc libc6-dev strace iproute2 procps
TRAIN_VENV := .venv-training
DRAW_PACKAGES := fonts-noto-cjk fonts-noto-cjk-extra fonts-wqy-microhei fonts-wqy-zenhei fonts-lxgw-wenkai fonts-droid-fallback fonts-dejavu-core \
  fonts-dejavu-extra fonts-liberation fonts-lato fonts-open-sans fonts-roboto-unhinted fonts-freefont-ttf fonts-crosextra-carlito \
  fonts-oxygen fonts-clear-sans fonts-manrope fonts-bebas-neue fonts-mplus fonts-dosis fonts-inter fonts-yanone-kaffeesatz \
  fonts-cantarell fonts-urw-base35 fonts-karla fonts-b612 fonts-cabin fonts-jura fonts-league-spartan opencv-doc mate-backgrounds \
  plasma-workspace-wallpapers lomiri-wallpapers-20.04
WORK := .training
PACKAGES_DONE := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types imports bench soak train setup setup-demo setup-test setup-draw setup-train packages-test pins clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: setup-demo ## the whole estate with no hardware; make demo ARGS="--for 60s"
	@exec $(VENV)/bin/gatehouse demo $(ARGS)

test: setup-test ## every test but the long ones; make test ARGS=-n0 for one at a time
	@exec $(PYTHON_IN_VENV) -m pytest -m "not soak" -n 2 --dist worksteal $(ARGS)

check: format lint types imports ## format, lint, types, import contracts

bench: setup-test setup-draw ## what is measured, each figure beside its limit; make bench ARGS=--write for docs/figures.md
	@exec $(PYTHON_IN_VENV) -m bench $(ARGS)

soak: setup-test ## the long runs
	@exec $(PYTHON_IN_VENV) -m pytest -m soak --timeout=0 $(ARGS)

train: setup-train ## the recogniser's weights from nothing: hours on two cores; goes on where it was stopped
	$(TRAIN_VENV)/bin/python -m training.make --work $(WORK) $(ARGS)

pins: setup ## constraints.txt anew; make pins ARGS=--upgrade
	sh scripts/pin.sh $(ARGS)

clean: ## take away what the set-up and the tools made
	rm -rf $(VENV) $(TRAIN_VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

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

setup-test: setup packages-test

packages-test:
	@sh scripts/system_packages.sh $(TEST_PACKAGES)

# Fonts and photographs for drawing plates: what the recogniser is trained and measured on.
setup-draw:
	@sh scripts/system_packages.sh $(DRAW_PACKAGES)

# PyTorch is for training alone: it stands in an environment of its own, and no test needs it.
setup-train: setup-draw
	@sh scripts/make_train_venv.sh $(TRAIN_VENV)

# An interrupted or changed set-up is done again: pip finds what is there already and takes the rest.
$(PACKAGES_DONE): constraints.txt pyproject.toml scripts/make_venv.sh
	@sh scripts/make_venv.sh $(VENV)
	@touch $@
