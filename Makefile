# The user's two commands are `make demo` and `make test`; everything they do is in dev.py, which Windows calls directly.
PYTHON ?= python3

.PHONY: demo test lint prove bench lock clean
demo test lint prove bench lock:
	@$(PYTHON) dev.py $@

clean:
	rm -rf .venv records build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
