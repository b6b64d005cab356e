# make demo    set up, then open the browser on the demo dataset (a screenshot without a display)
# make test    set up, then check style, types, floors and behaviour, in JupyterLab too
#              (what opens a page is skipped without Chromium, and fails where CI is set)
# make test-consumers  load what is exported with monai, torchio, nnunetv2, voxelmorph
# make bench   set up, then print every speed figure as a ratio against a peer
# make format  let ruff put the code in order

PYTHON ?= python3
BIN := .venv/bin
XVFB := xvfb-run -a -s "-screen 0 1600x1000x24"
SCREENSHOT := screenshots/demo.png

.PHONY: demo test test-consumers bench setup format clean

demo: setup
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" != Linux ]; then \
		$(BIN)/napari-medload demo; \
	else \
		$(XVFB) $(BIN)/napari-medload demo --screenshot $(SCREENSHOT); \
	fi

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(XVFB) $(BIN)/pytest

# of its own: these packages pin what ours leaves open, and torch is large
test-consumers:
	@PYTHON=$(PYTHON) sh .ci/consumers
	MEDLOAD_CONSUMERS=1 .venv-consumers/bin/python -m pytest tests/consumers

bench: setup
	$(XVFB) $(BIN)/python -m tests.benchmarks

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: .venv/.installed

.venv/.installed: pyproject.toml .ci/system
	@echo "looking for what this system lacks"
	@PYTHON=$(PYTHON) sh .ci/system
	@echo "making an environment in .venv"
	$(PYTHON) -m venv .venv
	@echo "installing napari and what else is needed into .venv: a few minutes, the first time only"
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[all]" --group dev
	@touch $@

clean:
	rm -rf .venv .venv-consumers screenshots
