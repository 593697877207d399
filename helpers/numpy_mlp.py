"""A neural network in NumPy alone, as chapter 3 builds it.

The chapter (``notebooks/03_numpy_mlp.ipynb``) writes, explains and checks every
definition; a test makes sure that its code and the code here are the same. Chapters 4
and 5, the tests and the benchmarks import from here.

In the shapes below, ``n`` is a number of samples, ``inputs`` and ``outputs`` are the
sizes of a layer, and ``classes`` is the size of the last layer. A float32 network on
float32 data computes in float32, which is fastest; a float64 network on float64 data
computes in float64, which gradient checks need. Labels are integers from 0 to
``classes - 1``. Only ``initialize``, ``check_data`` and ``train`` check arguments.

Sources: backpropagation for fully connected layers after D. E. Rumelhart, G. E. Hinton,
R. J. Williams, "Learning representations by back-propagating errors", Nature 323, 1986;
start values after K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", ICCV
2015.

Examples
--------
>>> import numpy as np
>>> from helpers.numpy_mlp import initialize, train
>>> x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
>>> labels = np.array([0, 1, 1, 0])  # exclusive or
>>> rng = np.random.default_rng(0)
>>> network = initialize([2, 16, 2], rng)
>>> history = train(network, x, labels, (x, labels), epochs=500, batch_size=4,
...                 learning_rate=0.5, rng=rng, report=500)
epoch   0   loss 0.721, validation 0.721   accuracy 50.0%, validation 50.0%
epoch 500   loss 0.003, validation 0.003   accuracy 100.0%, validation 100.0%
"""

from typing import NamedTuple

import numpy as np


def sigmoid(z):
    """Squash numbers of any size into the range from 0 to 1.

    Used in chapter 3.

    Parameters
    ----------
    z : float or ndarray of floats
        The inputs of units, in any shape.

    Returns
    -------
    float or ndarray
        ``1 / (1 + exp(-z))`` in the shape and dtype of ``z``. Nothing overflows. The
        absolute error is that of rounding; values far below it become 0.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import sigmoid
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return 0.5 * (1 + np.tanh(0.5 * z))


def sigmoid_derivative(a):
    """Return the slope of the sigmoid where its value is a.

    Used in chapter 3.

    Parameters
    ----------
    a : float or ndarray of floats
        Values of the sigmoid, from 0 to 1.

    Returns
    -------
    float or ndarray
        The slopes, in the shape and dtype of ``a``.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import sigmoid, sigmoid_derivative
    >>> sigmoid_derivative(sigmoid(np.array([-1000.0, 0.0])))
    array([0.  , 0.25])
    """
    return a * (1 - a)


def relu(z):
    """Keep what is positive, replace the rest by 0.

    Used in chapter 3.

    Parameters
    ----------
    z : float or ndarray of floats
        The inputs of units, in any shape.

    Returns
    -------
    float or ndarray
        ``max(z, 0)``, in the shape and dtype of ``z``.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import relu
    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return np.maximum(z, 0)


def relu_derivative(a):
    """Return the slope of ReLU where its value is a: True (1) or False (0).

    Used in chapter 3.

    Parameters
    ----------
    a : float or ndarray of floats
        Values of ReLU. At the kink, where the value is 0, the slope counts as 0.

    Returns
    -------
    bool or ndarray of bool
        Whether the unit is on, in the shape of ``a``.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import relu, relu_derivative
    >>> relu_derivative(relu(np.array([-2.0, 0.0, 3.0])))
    array([False, False,  True])
    """
    return a > 0


activation_functions = {
    "sigmoid": (sigmoid, sigmoid_derivative),
    "relu": (relu, relu_derivative),
}


class Network(NamedTuple):
    """One array of weights (inputs, outputs) and one of biases (outputs,) for each layer.

    A gradient has this form, too. Used in chapters 3 and 5.

    Attributes
    ----------
    weights : list of ndarray
        One array of shape ``(inputs, outputs)`` for each layer.
    biases : list of ndarray
        One array of shape ``(outputs,)`` for each layer.
    activation : {"sigmoid", "relu"}
        The activation function of the hidden layers; the last layer has none.
    """

    weights: list
    biases: list
    activation: str  # of the hidden layers, a key of activation_functions


def initialize(sizes, rng, *, activation="relu", dtype=np.float32):
    """Return a Network with layers of these sizes, random weights of He's scale, biases 0.

    Used in chapters 3 to 5.

    Parameters
    ----------
    sizes : sequence of int
        The number of features, the sizes of the hidden layers if any, and the number of
        classes.
    rng : numpy.random.Generator
        Draws the weights.
    activation : {"relu", "sigmoid"}, default="relu"
        The activation function of the hidden layers.
    dtype : data-type, default=numpy.float32
        The dtype of all parameters.

    Returns
    -------
    Network
        Its weights are drawn from a normal distribution of standard deviation
        ``sqrt(2 / inputs)``.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, a size is less than 1, or the activation is
        unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import initialize
    >>> network = initialize([784, 128, 10], np.random.default_rng(0))
    >>> [weights.shape for weights in network.weights]
    [(784, 128), (128, 10)]
    """
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
    """Return the values of every layer: x (n, inputs), the hidden layers, the logits (n, classes).

    Used in chapters 3 to 5.

    Parameters
    ----------
    network : Network
    x : ndarray of shape (n, inputs)
        The samples, in the dtype of the network.

    Returns
    -------
    list of ndarray
        ``x`` itself, then one array of shape ``(n, outputs)`` for each layer.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import forward, initialize
    >>> network = initialize([784, 128, 10], np.random.default_rng(0))
    >>> [layer.shape for layer in forward(network, np.zeros((5, 784), np.float32))]
    [(5, 784), (5, 128), (5, 10)]
    """
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
    """Turn each row of logits (n, classes) into probabilities that sum to 1.

    Used in chapters 3 and 4.

    Parameters
    ----------
    logits : ndarray of shape (n, classes)
        Finite, and so are the differences within a row: the largest number of a row is
        subtracted before ``exp``.

    Returns
    -------
    ndarray of shape (n, classes)
        The probabilities, in the dtype of the logits.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import softmax
    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(logits, labels):
    """Return the mean of −log(probability of the right class), computed from the logits.

    Used in chapters 3 and 4.

    Parameters
    ----------
    logits : ndarray of shape (n, classes)
        Finite, and so are the differences within a row.
    labels : ndarray of int of shape (n,)
        The right classes.

    Returns
    -------
    floating
        The mean over the samples, in nats, in the dtype of the logits.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import cross_entropy
    >>> float(cross_entropy(np.array([[1000.0, 0.0], [1000.0, 0.0]]), np.array([0, 1])))
    500.0
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(shifted).sum(axis=1))
    return np.mean(log_sums - shifted[np.arange(len(labels)), labels])


def evaluate(network, x, labels):
    """Return the loss and the accuracy, a share from 0 to 1.

    Used in chapter 3.

    Parameters
    ----------
    network : Network
    x : ndarray of shape (n, inputs)
        The samples, in the dtype of the network.
    labels : ndarray of int of shape (n,)
        The right classes.

    Returns
    -------
    loss : float
        The cross-entropy, a mean over the samples.
    accuracy : float
        The share of samples whose largest logit is that of the right class.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import Network, evaluate
    >>> network = Network([np.eye(2)], [np.zeros(2)], "relu")
    >>> evaluate(network, np.array([[1000.0, 0.0], [0.0, 1000.0]]), np.array([0, 0]))
    (500.0, 0.5)
    """
    logits = forward(network, x)[-1]
    return float(cross_entropy(logits, labels)), float(
        np.mean(logits.argmax(axis=1) == labels)
    )


def one_hot(labels, classes, dtype=np.float32):
    """Return (n, classes): in each row a 1 in the column of the label, 0 elsewhere.

    Used in chapter 3.

    Parameters
    ----------
    labels : ndarray of int of shape (n,)
        The classes, from 0 to ``classes - 1``.
    classes : int
        The number of columns.
    dtype : data-type, default=numpy.float32
        The dtype of the result.

    Returns
    -------
    ndarray of shape (n, classes)

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import one_hot
    >>> one_hot(np.array([2, 0]), 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    return np.eye(classes, dtype=dtype)[labels]


def backward(network, layers, labels):
    """Return the gradient of the cross-entropy, shaped like the network itself.

    Used in chapters 3 and 4.

    Parameters
    ----------
    network : Network
    layers : list of ndarray
        What :func:`forward` returned for the samples; it is not changed.
    labels : ndarray of int of shape (n,)
        The right classes of the samples.

    Returns
    -------
    Network
        For each parameter the slope of the mean loss over the samples.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import Network, backward, forward
    >>> network = Network([np.zeros((1, 2))], [np.zeros(2)], "relu")
    >>> backward(network, forward(network, np.array([[3.0]])), np.array([0])).weights
    [array([[-1.5,  1.5]])]
    """
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
    """Yield the positions 0 to n − 1 in random order, batch_size at a time; the last batch may be smaller.

    Used in chapters 3 and 4.

    Parameters
    ----------
    n : int
        The number of samples.
    batch_size : int
        The number of positions in a batch.
    rng : numpy.random.Generator
        Draws the order.

    Yields
    ------
    ndarray of int
        The positions of one batch.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import minibatches
    >>> [len(batch) for batch in minibatches(10, 4, np.random.default_rng(0))]
    [4, 4, 2]
    """
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


def step(network, gradient, learning_rate):
    """Move every parameter against its gradient, in place.

    Used in chapters 3 and 4.

    Parameters
    ----------
    network : Network
        Its arrays are changed.
    gradient : Network
        What :func:`backward` returned.
    learning_rate : float
        The length of the step, as a multiple of the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import Network, step
    >>> network = Network([np.ones((1, 1))], [np.zeros(1)], "relu")
    >>> step(network, Network([np.array([[2.0]])], [np.array([-1.0])], "relu"), 0.25)
    >>> network.weights, network.biases
    ([array([[0.5]])], [array([0.25])])
    """
    for parameter, slope in zip(
        network.weights + network.biases, gradient.weights + gradient.biases
    ):
        parameter -= learning_rate * slope


def train_epoch(network, x, labels, *, batch_size, learning_rate, rng):
    """Show every sample to the network once, with one step after each mini-batch.

    Used in chapters 3 and 5.

    Parameters
    ----------
    network : Network
        It is changed in place.
    x : ndarray of shape (n, inputs)
        The samples, in the dtype of the network.
    labels : ndarray of int of shape (n,)
        The right classes.
    batch_size : int
        The number of samples in a mini-batch.
    learning_rate : float
        See :func:`step`.
    rng : numpy.random.Generator
        Draws the order of the samples.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import Network, train_epoch
    >>> network = Network([np.zeros((1, 2))], [np.zeros(2)], "relu")
    >>> x, labels = np.array([[1.0], [1.0]]), np.array([0, 0])
    >>> train_epoch(network, x, labels, batch_size=2, learning_rate=1.0,
    ...             rng=np.random.default_rng(0))
    >>> network.weights
    [array([[ 0.5, -0.5]])]
    """
    for batch in minibatches(len(x), batch_size, rng):
        layers = forward(network, x[batch])
        step(network, backward(network, layers, labels[batch]), learning_rate)


def check_data(network, x, labels):
    """Raise TypeError or ValueError for a network or data that cannot be used, before any work is done.

    Used in chapter 3.

    Parameters
    ----------
    network : Network
    x : ndarray of shape (n, inputs)
        The samples, in the dtype of the network.
    labels : ndarray of int of shape (n,)
        The right classes.

    Raises
    ------
    TypeError
        If ``x`` or ``labels`` is not an array.
    ValueError
        If a number of the network or of ``x`` is not finite, the shape or dtype of
        ``x`` does not fit the first weights, there is no sample, ``labels`` are not one
        integer for each sample, or a label is no class of the network.

    Notes
    -----
    Whether the layers of the network fit each other, and their biases the weights, is
    not checked: those of `initialize` do.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import check_data, initialize
    >>> network = initialize([2, 3], np.random.default_rng(0))
    >>> check_data(network, np.zeros((1, 2), np.float32), np.array([3]))
    Traceback (most recent call last):
    ValueError: labels must lie in 0 to 2, got 3 to 3
    """
    features, classes = network.weights[0].shape[0], network.weights[-1].shape[1]
    if not (isinstance(x, np.ndarray) and isinstance(labels, np.ndarray)):
        raise TypeError(
            f"x and labels must be arrays, got {type(x).__name__} and {type(labels).__name__}"
        )
    if not all(
        np.isfinite(values).all() for values in network.weights + network.biases
    ):
        raise ValueError("network must hold finite numbers only: make a new one")
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
    """Train in place; return the history, four lists with entry 0 from before training.

    Training stops early, with a message, when the loss is NaN, or at least ten times
    the loss at the start and at least 10: the learning rate is too large. Used in
    chapter 3.

    Parameters
    ----------
    network : Network
        It is changed in place.
    x : ndarray of shape (n, inputs)
        The samples, in the dtype of the network.
    labels : ndarray of int of shape (n,)
        The right classes.
    validation : tuple of ndarray
        Samples and labels for evaluation after each epoch. Nothing is learned from them.
    epochs : int
        How often each sample is shown, at least once.
    batch_size : int
        The number of samples in a mini-batch, at least 1.
    learning_rate : float
        See :func:`step`; positive.
    rng : numpy.random.Generator
        Draws the order of the samples, a new one in each epoch.
    report : int, default=1
        Print a line after every ``report`` epochs; 0 prints none.

    Returns
    -------
    dict of str to list of float
        ``"train_loss"``, ``"train_accuracy"``, ``"validation_loss"`` and
        ``"validation_accuracy"``, each of length ``epochs + 1`` unless training stopped.

    Raises
    ------
    TypeError, ValueError
        See :func:`check_data`. Raised before anything is changed.
    ValueError
        If ``epochs``, ``batch_size`` or ``learning_rate`` is too small, or the rate is
        not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import initialize, train
    >>> network = initialize([1, 2], np.random.default_rng(0))
    >>> x, labels = np.array([[-1], [1]], np.float32), np.array([0, 1])
    >>> history = train(network, x, labels, (x, labels), epochs=50, batch_size=2,
    ...                 learning_rate=1.0, rng=np.random.default_rng(0), report=0)
    >>> len(history["train_loss"]), history["train_accuracy"][-1]
    (51, 1.0)
    """
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
