"""For every run of pytest: the right packages, no network, watched kernels.

Figures open no window, and are closed after each test and each example in a docstring.
"""

from pathlib import Path

import pytest

from tests.rules.watch import refuse_network, watch_test_run
from tools import dependencies

dependencies.require("requirements-dev.txt")
refuse_network()


def pytest_configure(config):
    """Tell nbval where its list of replacements is, and have kernels watched."""
    import matplotlib  # not before the packages were looked at

    matplotlib.use("Agg")
    config.option.nbval_sanitize_with = str(Path(__file__).with_name("sanitize.cfg"))
    watch_test_run(config)


@pytest.fixture(autouse=True)
def no_figure_and_no_setting_is_left_over():
    """Undo what a test or an example draws or sets."""
    import matplotlib.pyplot as plt

    with plt.rc_context():
        yield
    plt.close("all")
