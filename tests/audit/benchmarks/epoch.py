"""Time one epoch of chapter 3's network against its products and other libraries.

All train 784-128-10 (ReLU, softmax cross-entropy, plain SGD) on the 60,000 training
images of MNIST, on the CPU. After a warm-up epoch each, every round times one epoch of
every contender, in random order. Ratios are taken within a round, so that a machine
that is busy for a while slows both sides of a ratio. `make bench` calls this.
"""

import os
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax

from helpers.datasets import load_mnist
from helpers.numpy_mlp import forward, initialize, minibatches, train_epoch
from helpers.startup import quiet_startup
from tests.audit.benchmarks.results import (
    ON_CPU,
    SECONDS,
    SEED,
    command_line,
    report,
    summary,
    time_rounds,
    verdict,
)

INPUTS, HIDDEN, CLASSES = 784, 128, 10
LAYERS = [INPUTS, HIDDEN, CLASSES]
BATCH_SIZE, LEARNING_RATE = 512, 0.1
# products on shuffled batches / NumPy network, Keras / NumPy network
WANTED_SHARE, WANTED_RATIO = 0.75, 2.2
LOSS_SAMPLES, LOSS_TOLERANCE = 10_000, 0.10
COLUMNS = {"contender": "", **SECONDS, "× NumPy": ".2f", "loss": ".3f"}


class Contender(NamedTuple):
    """What is timed, and a way to see what it has learned."""

    train_epoch: Callable  # without arguments
    # images (n, 784) to logits (n, 10); None where nothing is learned
    logits: Callable | None


def training_images():
    """Return MNIST's training images as float32 rows in [0, 1], and their labels."""
    mnist = load_mnist()
    x = mnist.x_train.reshape(-1, INPUTS).astype(np.float32) / 255
    return x, mnist.y_train.astype(np.int64)


def batches_in_order(n, batch_size, rng):
    """Yield slices where `minibatches` yields positions: x[slice] copies nothing."""
    for start in range(0, n, batch_size):
        yield slice(start, start + batch_size)


def matrix_products(x, labels, batches=batches_in_order):
    """Only the five products of each batch."""
    rng = np.random.default_rng(SEED)
    weights_1, weights_2 = initialize(LAYERS, rng).weights

    def epoch():
        for positions in batches(len(x), BATCH_SIZE, rng):
            batch = x[positions]
            hidden = batch @ weights_1
            # of the right shape, which is all that the time depends on
            error_2 = hidden @ weights_2
            hidden.T @ error_2
            error_1 = error_2 @ weights_2.T
            batch.T @ error_1

    return Contender(epoch, None)


def numpy_network(x, labels, hidden=HIDDEN):
    """The network of chapter 3."""
    rng = np.random.default_rng(SEED)
    network = initialize([INPUTS, hidden, CLASSES], rng)
    how = {"batch_size": BATCH_SIZE, "learning_rate": LEARNING_RATE, "rng": rng}
    return Contender(
        lambda: train_epoch(network, x, labels, **how),
        lambda images: forward(network, images)[-1],
    )


def bias_column_network(x, labels):
    """The form of the chapter's source: float64, with biases in the weights."""
    rng = np.random.default_rng(SEED)
    weights = initialize(LAYERS, rng, dtype=np.float64).weights
    weights_1, weights_2 = (np.insert(w, 0, 0, axis=0) for w in weights)  # the biases

    def after_ones(x):
        return np.insert(x, 0, 1, axis=1)

    def activations(x):
        hidden = after_ones(np.maximum(x @ weights_1, 0))
        return hidden, hidden @ weights_2

    x = after_ones(x.astype(np.float64))

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
        epoch, lambda images: activations(after_ones(images.astype(np.float64)))[1]
    )


def scikit_learn(x, labels):
    """MLPClassifier, by partial_fit: one pass over the data, no test of convergence."""
    from sklearn.neural_network import MLPClassifier

    random_state = np.random.RandomState(SEED)  # so that each call shuffles differently
    sgd = {"solver": "sgd", "batch_size": BATCH_SIZE, "momentum": 0, "alpha": 0}
    model = MLPClassifier(
        (HIDDEN,), learning_rate_init=LEARNING_RATE, random_state=random_state, **sgd
    )
    return Contender(
        lambda: model.partial_fit(x, labels, classes=np.arange(CLASSES)),
        lambda images: np.log(model.predict_proba(images)),
    )


def keras_tensorflow(x, labels):
    """A Keras model, compiled by TensorFlow."""
    with quiet_startup():
        import keras

    keras.utils.set_random_seed(SEED)
    dense = partial(keras.layers.Dense, kernel_initializer="he_normal")
    model = keras.Sequential(
        [keras.Input((INPUTS,)), dense(HIDDEN, activation="relu"), dense(CLASSES)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(LEARNING_RATE), loss)
    return Contender(
        lambda: model.fit(x, labels, batch_size=BATCH_SIZE, verbose=0),
        lambda images: model.predict(images, verbose=0),
    )


def pytorch(x, labels):
    """A PyTorch model in a plain, eager loop."""
    import torch
    from torch import nn

    torch.manual_seed(SEED)
    layers = nn.Linear(INPUTS, HIDDEN), nn.Linear(HIDDEN, CLASSES)
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
    model = nn.Sequential(layers[0], nn.ReLU(), layers[1])
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
    network = initialize(LAYERS, rng)
    parameters = [jnp.asarray(array) for array in network.weights + network.biases]
    x, labels = jnp.asarray(x), jnp.asarray(labels)

    def logits(parameters, x):
        weights_1, weights_2, bias_1, bias_2 = parameters
        return jax.nn.relu(x @ weights_1 + bias_1) @ weights_2 + bias_2

    def loss(parameters, x, labels):
        log_shares = jax.nn.log_softmax(logits(parameters, x))
        return -jnp.mean(log_shares[jnp.arange(len(labels)), labels])

    @jax.jit
    def step(parameters, x, labels, batch):
        slopes = jax.grad(loss)(parameters, x[batch], labels[batch])
        pairs = zip(parameters, slopes, strict=True)
        return [array - LEARNING_RATE * slope for array, slope in pairs]

    def epoch():
        nonlocal parameters
        for batch in minibatches(len(x), BATCH_SIZE, rng):
            parameters = step(parameters, x, labels, batch)
        jax.block_until_ready(parameters)

    return Contender(epoch, lambda images: np.asarray(logits(parameters, images)))


# the least that an epoch with shuffling needs, and the network that does it all
FLOOR, NETWORK = "products on shuffled batches", "NumPy network"
KERAS = "Keras (TensorFlow)"
CONTENDERS = {
    "matrix products alone": matrix_products,
    FLOOR: partial(matrix_products, batches=minibatches),
    NETWORK: numpy_network,
    "float64, bias as a column": bias_column_network,
    "scikit-learn": scikit_learn,
    KERAS: keras_tensorflow,
    "PyTorch": pytorch,
    "JAX": jax_jit,
}
PACKAGES = {"PyTorch": "torch", "JAX": "jax"}  # which the course does without


def training_loss(contender, images, labels):
    """Return the mean cross-entropy, computed in float64 for all."""
    log_shares = log_softmax(contender.logits(images).astype(np.float64), axis=1)
    return -log_shares[np.arange(len(labels)), labels].mean()


def rows(seconds, losses):
    """Return one row for each contender, the missing ones too."""
    return [
        [name, *summary(seconds[name], seconds[NETWORK]), losses.get(name)]
        if name in seconds
        else [f"{name}, not installed", *[None] * 5]
        for name in CONTENDERS
    ]


def main():
    """Run the benchmark; return 0 when both ratios are reached, else 1."""
    words = "Time one epoch of chapter 3's network against other libraries."
    rounds = command_line(words, rounds=15).parse_args().rounds
    os.environ.update(ON_CPU)

    x, labels = training_images()
    missing = {name for name, package in PACKAGES.items() if find_spec(package) is None}
    there = [name for name in CONTENDERS if name not in missing]
    contenders = {name: CONTENDERS[name](x, labels) for name in there}
    epochs = {name: contender.train_epoch for name, contender in contenders.items()}
    seconds = time_rounds(epochs, rounds)
    losses = {
        name: training_loss(contender, x[:LOSS_SAMPLES], labels[:LOSS_SAMPLES])
        for name, contender in contenders.items()
        if contender.logits
    }
    spread = max(losses.values()) / min(losses.values()) - 1
    same = "all did the same work"
    if spread > LOSS_TOLERANCE:
        same = "NOT all did the same work, do not compare them"
    table = rows(seconds, losses)
    ratios = {name: ratio for name, *_, ratio, _ in table}
    share = "share of products on shuffled batches in the NumPy epoch"
    goals = [
        verdict(share, ratios[FLOOR], at_least=WANTED_SHARE),
        verdict("Keras / NumPy network", ratios[KERAS], at_least=WANTED_RATIO),
    ]
    title = f"Seconds for one epoch, {rounds} rounds; loss after {rounds + 1} epochs"
    note = f"Losses differ by up to {spread:.0%}: {same}."
    return report("epoch", title, COLUMNS, table, goals, [note])


if __name__ == "__main__":
    raise SystemExit(main())
