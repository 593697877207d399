"""Tells nbval where its list of replacements is, whatever folder pytest is started from."""

from pathlib import Path


def pytest_configure(config):
    """Point to tests/sanitize.cfg."""
    config.option.nbval_sanitize_with = str(Path(__file__).parent.parent / "tests" / "sanitize.cfg")
