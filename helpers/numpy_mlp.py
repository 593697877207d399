"""A neural network in NumPy alone, as chapter 3 builds it.

The chapter (``notebooks/03_numpy_mlp.ipynb``) writes, explains and checks every
definition; a test makes sure that its code and the code here are the same. Chapters 4
and 5, the tests and the benchmarks import from here.

In the shapes below, ``n`` is a number of samples, ``inputs`` and ``outputs`` are the
sizes of a layer, and ``classes`` is the size of the last layer. A float32 network on
float32 data computes in float32, which is fastest; a float64 network on float64 data
computes in float64, which gradient checks need. Labels are integers from 0 to
``classes - 1``. Only ``initialize`` and ``train`` check arguments.

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
epoch   0   training: loss 0.721, 50.0% right   validation: loss 0.721, 50.0% right
epoch 500   training: loss 0.003, 100.0% right   validation: loss 0.003, 100.0% right
"""

from typing import NamedTuple

import numpy as np

from helpers.checks import check_layers, check_training


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
    """Weights (inputs, outputs) and biases (outputs,) of each layer.

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
    """Return a Network of these sizes: random weights of He's scale, biases 0.

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
        See :func:`helpers.checks.check_layers`.

    Examples
    --------
    >>> import numpy as np
    >>> from helpers.numpy_mlp import initialize
    >>> network = initialize([784, 128, 10], np.random.default_rng(0))
    >>> [weights.shape for weights in network.weights]
    [(784, 128), (128, 10)]
    """
    check_layers(sizes, activation, activation_functions)
    weights = [
        rng.normal(0, np.sqrt(2 / inputs), size=(inputs, outputs)).astype(dtype)
        for inputs, outputs in zip(sizes, sizes[1:])
    ]
    biases = [np.zeros(outputs, dtype) for outputs in sizes[1:]]
    return Network(weights, biases, activation)


def forward(network, x):
    """Return the values of every layer: x, the hidden layers, the logits.

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
    >>> [values.shape for values in forward(network, np.zeros((5, 784), np.float32))]
    [(5, 784), (5, 128), (5, 10)]
    """
    activate = activation_functions[network.activation][0]
    values = [x]
    for weights, bias in zip(network.weights[:-1], network.biases[:-1]):
        # (n, inputs) @ (inputs, outputs) = (n, outputs)
        values.append(activate(values[-1] @ weights + bias))
    # (n, inputs) @ (inputs, classes) = (n, classes)
    logits = values[-1] @ network.weights[-1] + network.biases[-1]
    return [*values, logits]


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
    """Return the mean of −log(probability of the right class), from the logits.

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
    accuracy = np.mean(logits.argmax(axis=1) == labels)
    return float(cross_entropy(logits, labels)), float(accuracy)


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


def backward(network, values, labels):
    """Return the gradient of the cross-entropy, shaped like the network itself.

    Used in chapters 3 and 4.

    Parameters
    ----------
    network : Network
    values : list of ndarray
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
    targets = one_hot(labels, values[-1].shape[1], values[-1].dtype)
    error = (softmax(values[-1]) - targets) / len(labels)  # (n, classes)
    weight_slopes, bias_slopes = [], []
    for k in reversed(range(len(network.weights))):  # from the last layer to the first
        weight_slopes.append(values[k].T @ error)  # (inputs, n) @ (n, outputs)
        bias_slopes.append(error.sum(axis=0))  # (outputs,)
        if k > 0:  # (n, outputs) @ (outputs, inputs)
            error = (error @ network.weights[k].T) * derivative(values[k])
    return Network(weight_slopes[::-1], bias_slopes[::-1], network.activation)


def minibatches(n, batch_size, rng):
    """Yield the positions 0 to n − 1 in random order, batch_size at a time.

    The last batch may be smaller. Used in chapters 3 and 4.

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
    parameters = network.weights + network.biases
    slopes = gradient.weights + gradient.biases
    for parameter, slope in zip(parameters, slopes):
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
        values = forward(network, x[batch])
        step(network, backward(network, values, labels[batch]), learning_rate)


def train(
    network, x, labels, validation, *, epochs, batch_size, learning_rate, rng, report=1
):
    """Train in place; return the history, with entry 0 from before training.

    Training stops early, with a message, when the loss is NaN or infinite: the learning
    rate is too large. The training loss and accuracy are those of the first samples, as
    many as there are for validation. Used in chapter 3.

    Parameters
    ----------
    network : Network
        It is changed in place.
    x : ndarray of shape (n, inputs)
        The samples, in the dtype of the network.
    labels : ndarray of int of shape (n,)
        The right classes.
    validation : tuple of ndarray
        Samples and labels to judge by after each epoch. Nothing is learned from them.
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
        ``"validation_accuracy"``, each of length ``epochs + 1`` unless training
        stopped; then the last training loss is the one that is not finite.

    Raises
    ------
    TypeError, ValueError
        See :func:`helpers.checks.check_training`. Raised before anything is changed.

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
    settings = {"batch_size": batch_size, "learning_rate": learning_rate}
    check_training(network.weights, x, labels, validation, epochs=epochs, **settings)
    names = "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"
    history = {name: [] for name in names}
    seen = x[: len(validation[0])], labels[: len(validation[0])]
    for epoch in range(epochs + 1):
        if epoch > 0:
            train_epoch(network, x, labels, rng=rng, **settings)
        measured = *evaluate(network, *seen), *evaluate(network, *validation)
        for name, number in zip(names, measured):
            history[name].append(number)
        if report and epoch % report == 0:
            print(
                "epoch {:3}   training: loss {:.3f}, {:.1%} right   "
                "validation: loss {:.3f}, {:.1%} right".format(epoch, *measured)
            )
        if not np.isfinite(measured[0]):
            print(f"Stopped. Make a new network, and try a rate below {learning_rate}.")
            break
    return history
