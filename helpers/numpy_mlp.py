"""A neural network with nothing but NumPy, as chapter 3 (`notebooks/03_numpy_mlp.ipynb`) builds it.

Chapter 3 writes, explains and checks every definition here; a test holds the two equal.
Chapter 4, the tests and the benchmarks use them. ``n`` is a number of samples,
``inputs`` and ``outputs`` are layer sizes, ``classes`` is the last of them. A float32
network on float32 data computes in float32 throughout, which is fastest, and in float64
on float64 data, which gradient checks need. Labels are integers from 0. Nothing but
``train`` and ``initialize`` checks its arguments.

Source: backpropagation for fully connected layers after D. E. Rumelhart, G. E. Hinton,
R. J. Williams, "Learning representations by back-propagating errors", Nature 323, 1986;
start values after K. He et al., ICCV 2015.
"""

from typing import NamedTuple

import numpy as np


def sigmoid(z):
    """Squash numbers of any size into the range from 0 to 1."""
    return 0.5 * (1 + np.tanh(0.5 * z))


def sigmoid_derivative(a):
    """Return the slope of the sigmoid where its value is a."""
    return a * (1 - a)


def relu(z):
    """Keep what is positive, replace the rest by 0."""
    return np.maximum(z, 0)


def relu_derivative(a):
    """Return the slope of ReLU where its value is a: True (1) or False (0)."""
    return a > 0


activation_functions = {
    "sigmoid": (sigmoid, sigmoid_derivative),
    "relu": (relu, relu_derivative),
}


class Network(NamedTuple):
    """One array of weights (inputs, outputs) and one of biases (outputs,) for each layer."""

    weights: list
    biases: list
    activation: str  # of the hidden layers, a key of activation_functions


def initialize(sizes, rng, *, activation="relu", dtype=np.float32):
    """Return a Network with layers of these sizes, random weights of He's scale, biases 0."""
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(
            f"sizes must hold at least two layer sizes, each at least 1, got {list(sizes)}"
        )
    if activation not in activation_functions:
        raise ValueError(
            f"activation must be one of {list(activation_functions)}, got {activation!r}"
        )
    weights = [
        rng.normal(0, np.sqrt(2 / inputs), size=(inputs, outputs)).astype(dtype)
        for inputs, outputs in zip(sizes, sizes[1:])
    ]
    return Network(
        weights, [np.zeros(outputs, dtype) for outputs in sizes[1:]], activation
    )


def forward(network, x):
    """Return the values of every layer: x (n, inputs), the hidden layers, the logits (n, classes)."""
    activate = activation_functions[network.activation][0]
    layers = [x]
    for weights, bias in zip(network.weights[:-1], network.biases[:-1]):
        layers.append(
            activate(layers[-1] @ weights + bias)
        )  # (n, inputs) @ (inputs, outputs)
    layers.append(
        layers[-1] @ network.weights[-1] + network.biases[-1]
    )  # (n, inputs) @ (inputs, classes)
    return layers


def softmax(logits):
    """Turn each row of logits (n, classes) into probabilities that sum to 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(logits, labels):
    """Return the mean of −log(probability of the right class), computed from the logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(shifted).sum(axis=1))
    return np.mean(log_sums - shifted[np.arange(len(labels)), labels])


def evaluate(network, x, labels):
    """Return the loss and the accuracy, a share from 0 to 1."""
    logits = forward(network, x)[-1]
    return float(cross_entropy(logits, labels)), float(
        np.mean(logits.argmax(axis=1) == labels)
    )


def one_hot(labels, classes, dtype=np.float32):
    """Return (n, classes): in each row a 1 in the column of the label, 0 elsewhere."""
    return np.eye(classes, dtype=dtype)[labels]


def backward(network, layers, labels):
    """Return the gradient of the cross-entropy, shaped like the network itself."""
    derivative = activation_functions[network.activation][1]
    logits = layers[-1]
    error = (softmax(logits) - one_hot(labels, logits.shape[1], logits.dtype)) / len(
        labels
    )  # (n, classes)
    weight_slopes, bias_slopes = [], []
    for k in reversed(range(len(network.weights))):  # from the last layer to the first
        weight_slopes.insert(
            0, layers[k].T @ error
        )  # (inputs, n) @ (n, outputs) = (inputs, outputs)
        bias_slopes.insert(0, error.sum(axis=0))  # (outputs,)
        if k > 0:  # (n, outputs) @ (outputs, inputs) = (n, inputs)
            error = error @ network.weights[k].T * derivative(layers[k])
    return Network(weight_slopes, bias_slopes, network.activation)


def minibatches(n, batch_size, rng):
    """Yield the positions 0 to n − 1 in random order, batch_size at a time; the last batch may be smaller."""
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


def step(network, gradient, learning_rate):
    """Move every parameter against its gradient, in place."""
    for parameter, slope in zip(
        network.weights + network.biases, gradient.weights + gradient.biases
    ):
        parameter -= learning_rate * slope


def train_epoch(network, x, labels, *, batch_size, learning_rate, rng):
    """Show every sample to the network once, with one step after each mini-batch."""
    for batch in minibatches(len(x), batch_size, rng):
        layers = forward(network, x[batch])
        step(network, backward(network, layers, labels[batch]), learning_rate)


def check_data(network, x, labels):
    """Raise TypeError or ValueError for a network or data that cannot be used, before any work is done."""
    features, classes = network.weights[0].shape[0], network.weights[-1].shape[1]
    if not (isinstance(x, np.ndarray) and isinstance(labels, np.ndarray)):
        raise TypeError(
            f"x and labels must be arrays, got {type(x).__name__} and {type(labels).__name__}"
        )
    if not all(
        np.isfinite(values).all() for values in network.weights + network.biases
    ):
        raise ValueError("network must hold finite numbers only: initialize it anew")
    if x.ndim != 2 or x.shape[1] != features or len(x) == 0:
        raise ValueError(
            f"x must have shape (n, {features}) and not be empty, got {x.shape}"
        )
    if x.dtype != network.weights[0].dtype:
        raise ValueError(
            f"x must be {network.weights[0].dtype} like the network, got {x.dtype}"
        )
    if not np.isfinite(x).all():
        raise ValueError("x must be finite, got NaN or infinity")
    if labels.shape != (len(x),) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be {len(x)} integers, got shape {labels.shape} of {labels.dtype}"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"labels must lie in 0 to {classes - 1}, got {labels.min()} to {labels.max()}"
        )


def train(
    network, x, labels, validation, *, epochs, batch_size, learning_rate, rng, report=1
):
    """Train in place; return the history, four lists with entry 0 from before training."""
    check_data(network, x, labels)
    check_data(network, *validation)
    if epochs < 1 or batch_size < 1 or not 0 < learning_rate < np.inf:
        raise ValueError(
            "epochs and batch_size must be at least 1 and learning_rate positive, "
            f"got {epochs}, {batch_size} and {learning_rate}"
        )
    history = {
        "train_loss": [],
        "train_accuracy": [],
        "validation_loss": [],
        "validation_accuracy": [],
    }
    for epoch in range(epochs + 1):
        if epoch > 0:
            train_epoch(
                network,
                x,
                labels,
                batch_size=batch_size,
                learning_rate=learning_rate,
                rng=rng,
            )
        measured = (*evaluate(network, x, labels), *evaluate(network, *validation))
        if epoch > 0 and not measured[0] < 10 * max(
            1, history["train_loss"][0]
        ):  # stops for NaN, too
            print(
                f"Stopped: in epoch {epoch} the loss rose to {measured[0]:.2f}. "
                f"Try a learning rate smaller than {learning_rate}."
            )
            break
        for values, value in zip(history.values(), measured):
            values.append(value)
        if report and epoch % report == 0:
            print(
                f"epoch {epoch:3}   loss {measured[0]:.3f}, validation {measured[2]:.3f}   "
                f"accuracy {measured[1]:.1%}, validation {measured[3]:.1%}"
            )
    return history
