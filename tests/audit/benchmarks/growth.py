"""Measure how the time of an epoch of chapter 3's network grows with the samples and with the hidden units.

Time that grows like size to the power of p is a straight line of slope p between the
logarithms of both. The slope is fitted to the medians by least squares. Every round
times one epoch at each size, in random order. Nothing more than linear may be hidden in
either direction; fixed costs for each batch push the exponent of the hidden units below
1.
"""

import argparse

import numpy as np
from scipy.stats import linregress

from helpers.datasets import load_mnist
from helpers.numpy_mlp import initialize, train_epoch
from tests.audit.benchmarks.results import (
    SEED,
    keep,
    machine_facts,
    time_rounds,
    verdict,
)
from tools.consoles import spare_signs

INPUTS, CLASSES = 784, 10
BATCH_SIZE, LEARNING_RATE = 512, 0.1
SAMPLES, HIDDEN_FOR_SAMPLES = [3_750, 7_500, 15_000, 30_000, 60_000], 128
HIDDEN, SAMPLES_FOR_HIDDEN = [32, 64, 128, 256, 512, 1_024], 15_000
COLUMNS = {
    "grows": "",
    "samples": ",d",
    "units": ",d",
    "median s": ".4f",
    "min s": ".4f",
    "max s": ".4f",
    "× row above": ".2f",
}


def epoch(x, labels, samples, hidden):
    """Return a function that trains a network of its own for one epoch."""
    rng = np.random.default_rng(SEED)
    network = initialize([INPUTS, hidden, CLASSES], rng)
    return lambda: train_epoch(
        network,
        x[:samples],
        labels[:samples],
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        rng=rng,
    )


def exponent(sizes, seconds):
    """Return the power of the size that the seconds grow with, and its standard error."""
    line = linregress(np.log(sizes), np.log(seconds))
    return line.slope, line.stderr


def rows(grows, series, seconds):
    """Return one row for each size of a series, with its ratio to the size before."""
    table = []
    for number, (samples, hidden) in enumerate(series):
        values = seconds[samples, hidden]
        ratio = np.median(values / seconds[series[number - 1]]) if number else None
        table.append(
            [
                grows,
                samples,
                hidden,
                np.median(values),
                values.min(),
                values.max(),
                ratio,
            ]
        )
    return table


def main():
    """Run the benchmark; return the exit status: 0 when both exponents are as expected, 1 otherwise."""
    parser = argparse.ArgumentParser(
        description="Measure how the time of an epoch grows with samples and units."
    )
    parser.add_argument(
        "--rounds", type=int, default=15, help="timed epochs at each size (default: 15)"
    )
    rounds = max(1, parser.parse_args().rounds)

    mnist = load_mnist()
    x, labels = (
        mnist.x_train.reshape(-1, INPUTS).astype(np.float32) / 255,
        mnist.y_train,
    )
    by_samples = [(samples, HIDDEN_FOR_SAMPLES) for samples in SAMPLES]
    by_hidden = [(SAMPLES_FOR_HIDDEN, hidden) for hidden in HIDDEN]
    seconds = time_rounds(
        {size: epoch(x, labels, *size) for size in {*by_samples, *by_hidden}}, rounds
    )
    medians = {size: np.median(values) for size, values in seconds.items()}
    power_samples, error_samples = exponent(
        SAMPLES, [medians[size] for size in by_samples]
    )
    power_hidden, error_hidden = exponent(HIDDEN, [medians[size] for size in by_hidden])
    reached = keep(
        "growth",
        f"Seconds for one epoch of the NumPy network, {rounds} rounds",
        COLUMNS,
        rows("samples", by_samples, seconds) + rows("units", by_hidden, seconds),
        facts=machine_facts(),
        verdicts=[
            verdict(
                "exponent of the samples",
                power_samples,
                error=error_samples,
                at_least=0.9,
                at_most=1.1,
            ),
            verdict(
                "exponent of the hidden units",
                power_hidden,
                error=error_hidden,
                at_most=1.1,
            ),
        ],
        notes=[
            f"784-units-10, batches of {BATCH_SIZE}, float32. ± is the standard error of the fitted slope."
        ],
    )
    return 0 if reached else 1


if __name__ == "__main__":
    spare_signs()
    raise SystemExit(main())
