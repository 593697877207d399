"""What every test needs: the right packages, no network, and figures that open no window and are closed afterwards."""

import dependencies

dependencies.require()   # before anything that is perhaps not there

import matplotlib
import matplotlib.pyplot as plt
import pytest
from watch import refuse_network, watch_test_run

matplotlib.use("Agg")
refuse_network()


def pytest_configure(config):
    watch_test_run(config)


@pytest.fixture(autouse=True)
def no_figure_and_no_setting_is_left_over():
    with plt.rc_context():
        yield
    plt.close("all")
