"""Measure how the time of an epoch grows with the samples and the hidden units.

Time that grows like size to the power of p is a straight line of slope p between the
logarithms of both. The slope is fitted to the medians by least squares. Every round
times one epoch at each size, in random order. Nothing more than linear may be hidden in
either direction; fixed costs for each batch push the exponent of the hidden units below
1.
"""

import numpy as np
from scipy.stats import linregress

from tests.audit.benchmarks.epoch import BATCH_SIZE, numpy_network, training_images
from tests.audit.benchmarks.results import (
    SECONDS,
    command_line,
    report,
    summary,
    time_rounds,
    verdict,
)

SAMPLES, HIDDEN_FOR_SAMPLES = [3_750, 7_500, 15_000, 30_000, 60_000], 128
HIDDEN, SAMPLES_FOR_HIDDEN = [32, 64, 128, 256, 512, 1_024], 15_000
SIZES = {"samples": ",d", "units": ",d"}
COLUMNS = {"grows": "", **SIZES, **SECONDS, "× row above": ".2f"}
NOTE = (
    f"784-units-10, batches of {BATCH_SIZE}, float32. "
    "± is the standard error of the fitted slope."
)


def exponent(sizes, seconds):
    """Return the exponent with which the seconds grow, and its standard error."""
    line = linregress(np.log(sizes), np.log(seconds))
    return line.slope, line.stderr


def rows(grows, series, seconds):
    """Return one row for each size of a series, with its ratio to the size before."""
    before = [None, *(seconds[size] for size in series)]
    return [
        [grows, *size, *summary(seconds[size], others)]
        for size, others in zip(series, before, strict=False)
    ]


def main():
    """Run the benchmark; return 0 when both exponents are as expected, else 1."""
    words = "Measure how the time of an epoch grows with samples and units."
    rounds = command_line(words, rounds=15).parse_args().rounds

    x, labels = training_images()
    by_samples = [(samples, HIDDEN_FOR_SAMPLES) for samples in SAMPLES]
    by_hidden = [(SAMPLES_FOR_HIDDEN, hidden) for hidden in HIDDEN]
    epochs = {
        (n, hidden): numpy_network(x[:n], labels[:n], hidden).train_epoch
        for n, hidden in {*by_samples, *by_hidden}
    }
    seconds = time_rounds(epochs, rounds)
    medians = {size: np.median(values) for size, values in seconds.items()}
    power, error = exponent(SAMPLES, [medians[size] for size in by_samples])
    power_2, error_2 = exponent(HIDDEN, [medians[size] for size in by_hidden])
    bounds = {"at_least": 0.9, "at_most": 1.1}
    goals = [
        verdict("exponent of the samples", power, error=error, **bounds),
        verdict("exponent of the hidden units", power_2, error=error_2, at_most=1.1),
    ]
    table = rows("samples", by_samples, seconds) + rows("units", by_hidden, seconds)
    title = f"Seconds for one epoch of the NumPy network, {rounds} rounds"
    return report("growth", title, COLUMNS, table, goals, [NOTE])


if __name__ == "__main__":
    raise SystemExit(main())
