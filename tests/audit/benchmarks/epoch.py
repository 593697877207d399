"""Time one epoch of chapter 3's network against its matrix products alone and against other libraries.

All train 784-128-10 (ReLU, softmax cross-entropy, plain SGD) on the 60,000 training
images of MNIST, on the CPU. After a warm-up epoch each, every round times one epoch of
every contender, in random order. Ratios are taken within a round, so that a machine
that is busy for a while slows both sides of a ratio. `make bench` calls this.
"""

import argparse
import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

os.environ.update(
    CUDA_VISIBLE_DEVICES="-1", JAX_PLATFORMS="cpu", KERAS_BACKEND="tensorflow"
)  # before the imports

import numpy as np
from scipy.special import log_softmax

from helpers.datasets import load_mnist
from helpers.numpy_mlp import forward, initialize, minibatches, train_epoch
from helpers.startup import quiet_startup
from tests.audit.benchmarks.results import (
    SEED,
    keep,
    machine_facts,
    time_rounds,
    verdict,
)
from tools.consoles import spare_signs

INPUTS, HIDDEN, CLASSES = 784, 128, 10
BATCH_SIZE, LEARNING_RATE = 512, 0.1
WANTED_SHARE, WANTED_RATIO = (
    0.65,
    2.2,
)  # matrix products / NumPy network, Keras / NumPy network
LOSS_SAMPLES, LOSS_TOLERANCE = 10_000, 0.10
COLUMNS = {
    "contender": "",
    "median": ".3f",
    "min": ".3f",
    "max": ".3f",
    "× NumPy": ".2f",
    "loss": ".3f",
}


class Contender(NamedTuple):
    """What is timed, and a way to see what it has learned."""

    train_epoch: Callable  # without arguments
    logits: (
        Callable | None
    )  # images (n, 784) to logits (n, 10); None where nothing is learned


def matrix_products(x, labels):
    """Only the five products of each batch, which NumPy cannot do without; no shuffling, so batches are slices."""
    weights_1, weights_2 = initialize(
        [INPUTS, HIDDEN, CLASSES], np.random.default_rng(SEED)
    ).weights

    def epoch():
        for start in range(0, len(x), BATCH_SIZE):
            batch = x[start : start + BATCH_SIZE]
            hidden = batch @ weights_1
            error_2 = (
                hidden @ weights_2
            )  # of the right shape, which is all that the time depends on
            hidden.T @ error_2
            error_1 = error_2 @ weights_2.T
            batch.T @ error_1

    return Contender(epoch, None)


def numpy_network(x, labels):
    """The network of chapter 3."""
    rng = np.random.default_rng(SEED)
    network = initialize([INPUTS, HIDDEN, CLASSES], rng)
    return Contender(
        lambda: train_epoch(
            network,
            x,
            labels,
            batch_size=BATCH_SIZE,
            learning_rate=LEARNING_RATE,
            rng=rng,
        ),
        lambda images: forward(network, images)[-1],
    )


def bias_column_network(x, labels):
    """The form of the chapter's source: float64, biases as weights of a column of ones put in front of each layer."""
    rng = np.random.default_rng(SEED)
    weights_1, weights_2 = (
        np.insert(weights, 0, 0, axis=0)
        for weights in initialize(  # row 0: the biases
            [INPUTS, HIDDEN, CLASSES], rng, dtype=np.float64
        ).weights
    )
    x = np.insert(x.astype(np.float64), 0, 1, axis=1)

    def activations(x):
        hidden = np.insert(np.maximum(x @ weights_1, 0), 0, 1, axis=1)
        return hidden, hidden @ weights_2

    def epoch():
        for batch in minibatches(len(x), BATCH_SIZE, rng):
            x_batch = x[batch]
            hidden, logits = activations(x_batch)
            error_2 = np.exp(logits - logits.max(axis=1, keepdims=True))
            error_2 /= error_2.sum(axis=1, keepdims=True)
            error_2[np.arange(len(batch)), labels[batch]] -= 1
            error_2 /= len(batch)
            error_1 = error_2 @ weights_2[1:].T * (hidden[:, 1:] > 0)
            weights_2[...] -= LEARNING_RATE * hidden.T @ error_2
            weights_1[...] -= LEARNING_RATE * x_batch.T @ error_1

    return Contender(
        epoch,
        lambda images: activations(np.insert(images.astype(np.float64), 0, 1, axis=1))[
            1
        ],
    )


def scikit_learn(x, labels):
    """MLPClassifier; partial_fit is one pass over the data in mini-batches, without fit's verdict on convergence."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        (HIDDEN,),
        solver="sgd",
        batch_size=BATCH_SIZE,
        learning_rate_init=LEARNING_RATE,
        momentum=0,
        alpha=0,
        shuffle=True,
        random_state=np.random.RandomState(SEED),
    )  # each call shuffles anew
    return Contender(
        lambda: model.partial_fit(x, labels, classes=np.arange(CLASSES)),
        lambda images: np.log(model.predict_proba(images)),
    )


def keras_tensorflow(x, labels):
    """A Keras model, compiled by TensorFlow."""
    with quiet_startup():
        import keras

    keras.utils.set_random_seed(SEED)
    model = keras.Sequential(
        [
            keras.Input((INPUTS,)),
            keras.layers.Dense(
                HIDDEN, activation="relu", kernel_initializer="he_normal"
            ),
            keras.layers.Dense(CLASSES, kernel_initializer="he_normal"),
        ]
    )
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return Contender(
        lambda: model.fit(
            x, labels, epochs=1, batch_size=BATCH_SIZE, shuffle=True, verbose=0
        ),
        lambda images: model.predict(images, verbose=0),
    )


def pytorch(x, labels):
    """A PyTorch model in a plain, eager loop."""
    import torch
    from torch import nn

    torch.manual_seed(SEED)
    model = nn.Sequential(
        nn.Linear(INPUTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES)
    )
    for layer in (model[0], model[2]):
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    x, labels = torch.from_numpy(x), torch.from_numpy(labels)

    def epoch():
        for batch in torch.randperm(len(x)).split(BATCH_SIZE):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), labels[batch]).backward()
            optimizer.step()

    return Contender(
        epoch, lambda images: model(torch.from_numpy(images)).detach().numpy()
    )


def jax_jit(x, labels):
    """A JAX step, compiled as a whole."""
    import jax
    from jax import numpy as jnp

    rng = np.random.default_rng(SEED)
    network = initialize([INPUTS, HIDDEN, CLASSES], rng)
    parameters = [
        jnp.asarray(array)
        for pair in zip(network.weights, network.biases, strict=True)
        for array in pair
    ]
    x, labels = jnp.asarray(x), jnp.asarray(labels)

    def logits(parameters, x):
        weights_1, bias_1, weights_2, bias_2 = parameters
        return jax.nn.relu(x @ weights_1 + bias_1) @ weights_2 + bias_2

    def loss(parameters, x, labels):
        return -jnp.mean(
            jax.nn.log_softmax(logits(parameters, x))[jnp.arange(len(labels)), labels]
        )

    @jax.jit
    def step(parameters, x, labels, batch):
        value, slopes = jax.value_and_grad(loss)(parameters, x[batch], labels[batch])
        return [
            array - LEARNING_RATE * slope
            for array, slope in zip(parameters, slopes, strict=True)
        ], value

    def epoch():
        nonlocal parameters
        for batch in minibatches(len(x), BATCH_SIZE, rng):
            parameters, _ = step(parameters, x, labels, batch)
        jax.block_until_ready(parameters)

    return Contender(epoch, lambda images: np.asarray(logits(parameters, images)))


PRODUCTS, NETWORK, KERAS = (
    "matrix products alone",
    "NumPy network",
    "Keras (TensorFlow)",
)
CONTENDERS = {
    PRODUCTS: matrix_products,
    NETWORK: numpy_network,
    "float64, bias as a column": bias_column_network,
    "scikit-learn": scikit_learn,
    KERAS: keras_tensorflow,
    "PyTorch": pytorch,
    "JAX": jax_jit,
}
MISSING = [
    name
    for name, package in (("PyTorch", "torch"), ("JAX", "jax"))
    if find_spec(package) is None
]


def training_loss(contender, images, labels):
    """Return the mean cross-entropy, computed in float64 and in the same way for all."""
    return -log_softmax(contender.logits(images).astype(np.float64), axis=1)[
        np.arange(len(labels)), labels
    ].mean()


def rows(seconds, ratios, losses):
    """Return one row for each contender, the missing ones too."""
    return [
        [
            name,
            np.median(seconds[name]),
            seconds[name].min(),
            seconds[name].max(),
            ratios[name],
            losses.get(name),
        ]
        if name in seconds
        else [f"{name}, not installed", *[None] * 5]
        for name in CONTENDERS
    ]


def main():
    """Run the benchmark; return the exit status: 0 when both ratios are reached, 1 otherwise."""
    parser = argparse.ArgumentParser(
        description="Time one epoch of chapter 3's network against other libraries."
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=15,
        help="timed epochs of each contender (default: 15)",
    )
    rounds = max(1, parser.parse_args().rounds)

    mnist = load_mnist()
    x, labels = (
        mnist.x_train.reshape(-1, INPUTS).astype(np.float32) / 255,
        mnist.y_train.astype(np.int64),
    )
    contenders = {
        name: make(x, labels)
        for name, make in CONTENDERS.items()
        if name not in MISSING
    }
    seconds = time_rounds(
        {name: contender.train_epoch for name, contender in contenders.items()}, rounds
    )
    ratios = {
        name: np.median(values / seconds[NETWORK]) for name, values in seconds.items()
    }
    losses = {
        name: training_loss(contender, x[:LOSS_SAMPLES], labels[:LOSS_SAMPLES])
        for name, contender in contenders.items()
        if contender.logits
    }
    spread = max(losses.values()) / min(losses.values()) - 1
    same = (
        "all did the same work"
        if spread <= LOSS_TOLERANCE
        else "NOT all did the same work, do not compare them"
    )
    reached = keep(
        "epoch",
        f"Seconds for one epoch, {rounds} rounds; loss after {rounds + 1} epochs",
        COLUMNS,
        rows(seconds, ratios, losses),
        facts=machine_facts(),
        notes=[f"Losses differ by up to {spread:.0%}: {same}."],
        verdicts=[
            verdict(
                "matrix products' share of the NumPy epoch",
                ratios[PRODUCTS],
                at_least=WANTED_SHARE,
            ),
            verdict("Keras / NumPy network", ratios[KERAS], at_least=WANTED_RATIO),
        ],
    )
    return 0 if reached else 1


if __name__ == "__main__":
    spare_signs()
    raise SystemExit(main())
