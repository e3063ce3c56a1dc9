# make        set up what is missing, run the default configuration, say where the report is
# make test   set up what is missing, then the checks and the whole test suite
# make setup  only the set-up
# make test-slurm   run the smallest example through Slurm on this machine; root, Debian

PYTHON ?= $(shell command -v python3.11 || command -v python3)
CORES ?= all
SHELL := /bin/sh
# Exported so that rules, and the tests that start Snakemake, find the commands of .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

READY := .venv/.ready
READY_DEV := .venv/.ready-dev
SLURM := .venv-slurm

.PHONY: run setup test test-slurm

run: $(READY)
	snakemake --cores $(CORES)
	@echo "affectmix: the report is in results/report.html"
	@for model in results/models/svr__*; do :; done; [ ! -d "$$model" ] || \
	  echo "affectmix: to predict a file: .venv/bin/affectmix predict --model $$model FILE"

setup: $(READY)

$(READY): requirements/torch.txt requirements/lock.txt requirements/models.txt requirements/setup.sh pyproject.toml
	@requirements/setup.sh run '$(PYTHON)'
	@touch $@

$(READY_DEV): $(READY) requirements/dev.txt requirements/storage.txt
	@requirements/setup.sh dev '$(PYTHON)'
	@touch $@

# One thread per process: the tests run side by side, and small matrices gain nothing by more.
# By file, so that a workflow that several tests of a file look at is run once.
test: export OMP_NUM_THREADS := 1
test: $(READY_DEV)
	ruff format --check .
	ruff check .
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint
	python -m pytest -n auto --dist loadfile

# Laid over .venv and not in it: where a Slurm is configured but does not answer, the plugin makes
# every call of Snakemake 10 s slower, also of runs and tests that have nothing to do with it.
$(SLURM)/.ready: $(READY) requirements/cluster.txt
	@.venv/bin/python -m venv --clear --without-pip $(SLURM)
	@cd .venv/lib/python3.11/site-packages && pwd > $(CURDIR)/$(SLURM)/lib/python3.11/site-packages/venv.pth
	@.venv/bin/python -m pip --python $(SLURM)/bin/python install -qq --disable-pip-version-check \
	  -r requirements/cluster.txt -c requirements/lock.txt
	@touch $@

test-slurm: $(SLURM)/.ready
	tests/slurm/cluster.sh $(SLURM)/bin/python tests/slurm/check_runs.py
