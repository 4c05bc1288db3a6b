# Everything starts from here; each target makes the environment (.venv) by itself.
.DEFAULT_GOAL := help
.PHONY: help run demo-reset serve test thorough screenshots quick check format lock translations

PYTHON := .venv/bin/python
PYTEST := .venv/bin/pytest
# One for each processor: with more, what must come about within a minute sometimes does not.
PROCESSES := 2

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run:  ## the demonstration school on http://127.0.0.1:8000 (stop with Ctrl-C)
	@scripts/bootstrap.sh demo
	@exec ./beeldpoort run

demo-reset:  ## throw the demonstration school away; the next `make run` makes it anew
	rm -rf var/demo

serve:  ## your own installation: starts empty and prints how to make the first administrator
	@scripts/bootstrap.sh
	@exec ./beeldpoort serve

test:  ## all tests, on SQLite and (where a server answers) on PostgreSQL
	@scripts/bootstrap.sh demo test
	@$(PYTEST) -n $(PROCESSES)

thorough:  ## and the longest ones too: more days, more deaths, every screen on a desk
	@scripts/bootstrap.sh demo test
	@BEELDPOORT_THOROUGH=1 $(PYTEST) -n $(PROCESSES)

screenshots:  ## a picture of every screen, on a phone and a desk, in screenshots/index.html
	@scripts/bootstrap.sh demo test
	BEELDPOORT_THOROUGH=1 BEELDPOORT_SCREENSHOTS=1 $(PYTEST) -q tests/screens

quick:  ## the tests that are quick (under 90 s): no browser, nothing slow, SQLite alone
	@scripts/bootstrap.sh demo test
	@$(PYTEST) -n 2 -q -m "not slow and not browser and not postgres"

check:  ## format, lint, types, import directions, dependencies, tests
	@scripts/bootstrap.sh demo test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/deptry .
	$(PYTEST) -n $(PROCESSES)

format:  ## put the code in its format
	@scripts/bootstrap.sh demo test
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock:  ## choose the versions anew from pyproject.toml (needs uv); see docs/decisions/0002
	scripts/lock.sh

translations:  ## bring translations/nl in step with the texts; fill in what came in empty
	@scripts/bootstrap.sh demo test
	scripts/translations.sh
