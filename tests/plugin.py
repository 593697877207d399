"""For every run of pytest, nbval's included: the right packages, no network, watched kernels."""

from pathlib import Path

from tests.rules.watch import refuse_network, watch_test_run
from tools import dependencies

dependencies.require("requirements-dev.txt")
refuse_network()


def pytest_configure(config):
    """Tell nbval where its list of replacements is, and have kernels watched."""
    config.option.nbval_sanitize_with = str(Path(__file__).with_name("sanitize.cfg"))
    watch_test_run(config)
