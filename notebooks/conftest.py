"""Tells nbval where its list of replacements is, and watches the kernels that it starts."""

import sys
from pathlib import Path

TESTS = str(Path(__file__).resolve().parent.parent / "tests")


def pytest_configure(config):
    """Point to tests/sanitize.cfg, and have kernels start with tests/watch.py."""
    sys.path.insert(0, TESTS)
    from watch import watch_test_run

    config.option.nbval_sanitize_with = f"{TESTS}/sanitize.cfg"
    watch_test_run(config)
