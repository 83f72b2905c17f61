# Each target makes what it needs, once: a virtual environment beside this file, by Python version.
#   make test PYTHON=python3.13     with another interpreter

PYTHON ?= python3
TORCH ?= torch==2.13.0
TENSORFLOW ?= tensorflow-cpu
ATHERIS ?= atheris==3.0.0
SECONDS ?= 600
WORKERS ?= --numprocesses=2 --dist=worksteal
ENGINE_TESTS := tests/backends

VERSION := $(shell $(PYTHON) -c 'import sys; sys.version_info >= (3, 11) and print("%d.%d" % sys.version_info[:2])')
ifeq ($(VERSION),)
$(error $(PYTHON) is not Python 3.11 or newer. Name one: make $(MAKECMDGOALS) PYTHON=python3.11)
endif

VENV := .venv-$(VERSION)
BIN := $(VENV)/bin
NATIVE := CMakeLists.txt $(wildcard src/unrolled/kernels/cpp/*/*)
PIP := -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test test-all test-backends test-torch test-tensorflow sanitize kill soak fuzz bench format clean

help:  ## what there is to make
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(VENV)/ready  ## train the five shapes on a real table, in two minutes
	$(BIN)/unrolled demo

test: $(VENV)/ready  ## format, lint, types, tests and docstring examples
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest $(WORKERS) -m "not slow"

test-all: test  ## every test: `make test`, and then those that it leaves out
	$(BIN)/pytest $(WORKERS) -m slow

test-backends: test-torch test-tensorflow  ## architectures and layers on the other two engines

test-torch: $(VENV)-torch/ready
	KERAS_BACKEND=torch OMP_NUM_THREADS=1 $(VENV)-torch/bin/pytest $(ENGINE_TESTS) tests/layers \
	  tests/kernels/test_kernel_on_torch.py tests/test_doctor.py

test-tensorflow: $(VENV)-tensorflow/ready
	KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 $(VENV)-tensorflow/bin/pytest $(ENGINE_TESTS)

sanitize:  ## the C++ under address, undefined and thread sanitizers; needs a C++ compiler
	tests/native/run.sh

kill: $(VENV)/ready  ## a training killed fifty times ends with the same bytes
	$(BIN)/python benchmarks/kills.py --kills 50

soak: $(VENV)/ready  ## memory, threads and open files over two hundred fits
	$(BIN)/python benchmarks/soak.py --fits 200

bench: $(VENV)/ready  ## accuracy on real sets; takes long
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/decoders.py g2p
	$(BIN)/python benchmarks/decoders.py names
	$(BIN)/python benchmarks/sentences.py
	$(BIN)/python benchmarks/forecasts.py etth1
	$(BIN)/python benchmarks/forecasts.py weekly

fuzz: $(VENV)-fuzz/ready  ## coverage-guided fuzzing of the readers and the loader, SECONDS each
	$(VENV)-fuzz/bin/python tests/fuzz/fuzz.py read $(SECONDS)
	$(VENV)-fuzz/bin/python tests/fuzz/fuzz.py load $(SECONDS)
	@test ! -e tests/fuzz/found || { echo "findings are in tests/fuzz/found"; exit 1; }

format: $(VENV)/ready  ## write the source as `make test` wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove every environment and cache
	rm -rf .venv-* build .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/ready: EXTRA := --editable '.[dev]'
$(VENV)-torch/ready: EXTRA := --editable . pytest hypothesis $(TORCH)
$(VENV)-tensorflow/ready: EXTRA := --editable . pytest hypothesis $(TENSORFLOW)
$(VENV)-fuzz/ready: EXTRA := . $(ATHERIS)  # not editable: its loader hides from coverage
$(VENV)-fuzz/ready: $(shell find src -name '*.py')

%/ready: pyproject.toml $(NATIVE)
	$(PYTHON) -m venv --clear $*
	$*/bin/python $(PIP) $(EXTRA)
	touch $@
