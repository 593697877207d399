"""What every test needs: figures that open no window, and none left over for the next test."""

import matplotlib
import matplotlib.pyplot as plt
import pytest

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_is_left_over():
    yield
    plt.close("all")
