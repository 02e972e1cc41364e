# Each target makes the environment it needs first; nothing but make and Python 3.11 or newer is asked of the machine.
# A stamp is written after a complete installation, so a half-made environment is made again from the start.

VENV := .venv
BIN := $(VENV)/bin
# More than cores: most of the tests' time goes by waiting for a server, a process or a host's turn.
# Work is stolen: the slow tests of the last modules would else wait for one worker.
WORKERS ?= 4

.PHONY: help demo test faults check bench soak image-check env system-deps format clean

help:
	@echo "make demo         harvest the bundled sample publisher on this machine and print what was read"
	@echo "make test         run the tests (WORKERS=N: so many at once)"
	@echo "make faults       the table of faults: each with the tests that prove it, and whether it held"
	@echo "make check        formatting, lint, types, imports between rooms, declared dependencies"
	@echo "make bench        our speed beside the floor or peer of each figure, in the same run"
	@echo "make soak         at length: kills, a second run, memory, a server that crashes, a fleet, digests, followers, harvesters (2 hours)"
	@echo "make image-check  the steps of deploy/Containerfile in a bare Debian root, and a harvest in it (as root)"
	@echo "make env          only make the environment with all tools in $(VENV)"
	@echo "make system-deps  install what the system has to give (as root, on Debian and its kin)"
	@echo "make format       rewrite the code in the project's format"
	@echo "make clean        remove the environment and all caches"

demo: $(VENV)/.base
	@$(BIN)/harvester demo

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal

faults: $(VENV)/.dev
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal --faults tests

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

bench: $(VENV)/.bench
	@$(BIN)/python tests/bench/all.py

soak: $(VENV)/.dev
	@$(BIN)/python tests/soak/all.py

image-check:
	@python3 .ci/image-check

env: $(VENV)/.dev

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

system-deps:
	@sh .ci/system-deps tests

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find harvester storage tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.base: pyproject.toml constraints.txt
	@sh .ci/environment $(VENV)
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@sh .ci/environment $(VENV) dev
	@touch $@

$(VENV)/.bench: $(VENV)/.base
	@sh .ci/environment $(VENV) bench
	@touch $@
