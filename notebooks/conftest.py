"""Looks for missing packages, tells nbval where its list of replacements is, and watches the kernels that it starts."""

import sys
from pathlib import Path

TESTS = str(Path(__file__).resolve().parent.parent / "tests")
sys.path.insert(0, TESTS)

import dependencies  # noqa: E402
from watch import watch_test_run  # noqa: E402

dependencies.require()


def pytest_configure(config):
    """Point to tests/sanitize.cfg, and have kernels start with tests/watch.py."""
    config.option.nbval_sanitize_with = f"{TESTS}/sanitize.cfg"
    watch_test_run(config)
