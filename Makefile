# `make demo` sets everything up and runs the product; `make test` sets everything up and passes the tests.

PORT ?= 8000
export PORT
# Debian's python3 comes without ensurepip, which venv needs: one that has it is taken before a newer one that has not.
PYTHON := $(shell for needs in ensurepip venv; do for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c "import sys, $$needs; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" \
	2>/dev/null && echo $$p && break 2; done; done)
PY := .venv/bin/python
# torch's wheel on PyPI is the CUDA build, gigabytes of it; PyTorch's own index has the small one.
TORCH_INDEX := https://download.pytorch.org/whl/cpu
PIP := $(PY) -m pip --disable-pip-version-check -q install -c requirements.lock
export HF_HUB_OFFLINE = 1
# Processes that keep no bytecode compile the product and the tests anew, each of them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test types tests reset lock

demo: .venv/installed
	@$(PY) manage.py demo

# Tests wait for a browser or a database now and then: mypy takes what they leave of two cores.
test: .venv/installed-test
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .
	@$(MAKE) --no-print-directory -j 2 types tests

types: .venv/installed-test
	@$(PY) -m mypy copilot helpdesk labeling

# Three on two cores, since each waits for a browser, a worker or a database now and then (5 min 40 s; two took a minute
# more). With more than one thread each, numpy and torch would only wait for each other.
tests: .venv/installed-test
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 3 --dist worksteal $(PYTEST)

reset:
	@if [ -x $(PY) ]; then $(PY) manage.py reset_demo; fi

lock: .venv/installed-test  ## Write down the versions that are installed now.
	@$(PY) -m pip freeze --exclude-editable | sed '/^pip==/d; s/+cpu$$//' > requirements.lock

# Python's venv writes `activate` last: what was killed half-way is made anew.
.venv/bin/activate:
	@if [ -z "$(PYTHON)" ]; then \
		echo "error: no Python from 3.11 to 3.13 was found (python3 is $$(python3 --version 2>/dev/null || echo missing))."; \
		echo "Install one, for instance with 'apt install python3.11 python3.11-venv', and run make again."; exit 1; fi
	@echo "Making .venv with $$($(PYTHON) --version) ..."
	@rm -rf .venv
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "error: the virtual environment can't be made in $$PWD/.venv."; \
		echo "Check that the folder is writable and that Python's venv is there ('apt install python3-venv')."; exit 1; }

.venv/installed: pyproject.toml requirements.lock | .venv/bin/activate
	@echo "Installing packages (some minutes the first time) ..."
	@$(PY) -c 'import urllib.request as u; u.urlopen("$(TORCH_INDEX)/torch/", timeout=3)' 2>/dev/null \
		&& $(PIP) torch==2.13.0 --index-url $(TORCH_INDEX) || $(PIP) torch==2.13.0
	@$(PIP) -e .
	@touch $@

.venv/installed-test: .venv/installed
	@echo "Installing what only tests need ..."
	@$(PIP) -e '.[test]'
	@touch $@
