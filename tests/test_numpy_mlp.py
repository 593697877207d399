"""The network of chapter 3: its numbers against independent ones, its training, what it refuses, and changes that
would break it: each of them must be noticed.
"""

import math
import re
import types
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, log_softmax
from scipy.special import softmax as scipy_softmax
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from helpers import numpy_mlp
from helpers.checks import finite_differences

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
ACTIVATIONS = pytest.mark.parametrize("activation", ["relu", "sigmoid"])
ARCHITECTURES = pytest.mark.parametrize(
    "sizes",
    [(4, 3), (3, 3), (5, 7, 3), (6, 5, 5, 4), (5, 5, 5), (4, 6, 6, 5, 3)],
    ids=str,
)


def network_of(sizes, activation="relu", *, seed=0, dtype=np.float64, mlp=numpy_mlp):
    """Return a network whose biases are not zero either, made without the module's own initialize."""
    rng = np.random.default_rng(seed)
    pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
    weights = [
        (rng.normal(size=pair) * 1.5 / math.sqrt(pair[0])).astype(dtype)
        for pair in pairs
    ]
    return mlp.Network(
        weights,
        [rng.normal(size=outputs).astype(dtype) for _, outputs in pairs],
        activation,
    )


def samples_for(sizes, n=7, *, seed=1, dtype=np.float64):
    rng = np.random.default_rng(seed)
    x, labels = (
        rng.normal(size=(n, sizes[0])).astype(dtype),
        rng.integers(sizes[-1], size=n),
    )
    x.flags.writeable = labels.flags.writeable = False
    return x, labels


def arrays(network):
    return [*network.weights, *network.biases]


def copies(network):
    return [array.copy() for array in arrays(network)]


def assert_same(these, those):
    assert len(these) == len(those)
    for this, other in zip(these, those, strict=True):
        assert this.dtype == other.dtype
        np.testing.assert_array_equal(this, other)


def assert_close(these, those, **tolerance):
    assert [this.shape for this in these] == [other.shape for other in those]
    for this, other in zip(these, those, strict=True):
        np.testing.assert_allclose(this, other, **tolerance)


def by_hand(network, x):
    """Return the values of the hidden layers and the logits, sample by sample and unit by unit."""
    rule = {"relu": lambda z: max(z, 0.0), "sigmoid": lambda z: 1 / (1 + math.exp(-z))}[
        network.activation
    ]
    layers = [x.tolist()]
    for k, (weights, bias) in enumerate(
        zip(network.weights, network.biases, strict=True)
    ):
        units = [
            [
                sum(v * w for v, w in zip(sample, column, strict=True)) + b
                for column, b in zip(weights.T.tolist(), bias.tolist(), strict=True)
            ]
            for sample in layers[-1]
        ]
        last = k == len(network.weights) - 1
        layers.append(
            units if last else [[rule(z) for z in sample] for sample in units]
        )
    return layers


def scikit_twin(network, **options):
    """Return an MLPClassifier with the same parameters; its labels are 0 to classes − 1."""
    sizes = [len(network.weights[0]), *(len(bias) for bias in network.biases)]
    twin = MLPClassifier(
        tuple(sizes[1:-1]),
        {"relu": "relu", "sigmoid": "logistic"}[network.activation],
        solver="sgd",
        alpha=0,
        momentum=0,
        nesterovs_momentum=False,
        **options,
    )
    twin.partial_fit(np.zeros((1, sizes[0])), [0], classes=range(sizes[-1]))
    twin.coefs_ = [array.copy() for array in network.weights]
    twin.intercepts_ = [array.copy() for array in network.biases]
    return twin


def with_array(network, place, array):
    """Return the network with one of its arrays exchanged; the places count the weights, then the biases."""
    every = arrays(network)
    every[place] = array
    layers = len(network.weights)
    return type(network)(every[:layers], every[layers:], network.activation)


# Checks of a module: of the one that the course uses, and of changed copies of it (at
# the end of this file)


def check_activations(mlp):
    z = np.array([-1e4, -30, -2, -1e-3, 0, 1e-3, 0.5, 3, 30, 1e4])
    with np.errstate(all="raise"):
        np.testing.assert_allclose(mlp.sigmoid(z), expit(z), rtol=0, atol=1e-15)
        np.testing.assert_allclose(
            mlp.sigmoid_derivative(mlp.sigmoid(z)),
            expit(z) * expit(-z),
            rtol=0,
            atol=1e-15,
        )
        np.testing.assert_array_equal(
            mlp.relu(z), [0, 0, 0, 0, 0, 1e-3, 0.5, 3, 30, 1e4]
        )
        np.testing.assert_array_equal(
            mlp.relu_derivative(mlp.relu(z)), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
        )


def check_softmax(mlp):
    logits = np.random.default_rng(2).normal(size=(6, 4)) * 5
    np.testing.assert_allclose(
        mlp.softmax(logits), scipy_softmax(logits, axis=1), rtol=1e-12
    )
    for dtype in (np.float32, np.float64):
        gaps = np.array(
            [
                [1000, 0, 0],
                [0, -1000, 0],
                [0, 1000, 1000],
                [-1000, -1000, -1000],
                [1e4, -1e4, 0],
            ],
            dtype,
        )
        with np.errstate(all="ignore"):
            probabilities = mlp.softmax(gaps)
        exact = np.array(
            [[1, 0, 0], [0.5, 0, 0.5], [0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3], [1, 0, 0]],
            dtype,
        )
        np.testing.assert_array_equal(probabilities, exact)


def check_cross_entropy(mlp):
    logits, labels = np.random.default_rng(3).normal(size=(9, 4)) * 3, np.arange(9) % 4
    expected = -log_softmax(logits, axis=1)[range(9), labels].mean()
    np.testing.assert_allclose(mlp.cross_entropy(logits, labels), expected, rtol=1e-12)
    probabilities = scipy_softmax(logits, axis=1)
    np.testing.assert_allclose(
        expected, log_loss(labels, probabilities, labels=range(4)), rtol=1e-9
    )
    for dtype in (np.float32, np.float64):
        gaps = np.array([[1000, 0, 0], [0, 1000, 0], [500, 0, -500]], dtype)
        with np.errstate(all="ignore"):
            losses = [mlp.cross_entropy(gaps, np.full(3, label)) for label in range(3)]
        np.testing.assert_array_equal(
            losses, np.array([1000 / 3, 500, 3000 / 3], dtype)
        )


def check_one_hot(mlp):
    np.testing.assert_array_equal(
        mlp.one_hot(np.array([2, 0, 2]), 4), [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]]
    )


def check_forward(mlp, sizes=(6, 5, 5, 4), activation="relu"):
    network, (x, _) = network_of(sizes, activation, mlp=mlp), samples_for(sizes)
    layers = mlp.forward(network, x)
    assert [layer.shape for layer in layers] == [(7, size) for size in sizes]
    assert_close(
        layers,
        [np.array(layer) for layer in by_hand(network, x)],
        rtol=1e-12,
        atol=1e-14,
    )


def check_gradient(mlp, sizes=(6, 5, 5, 4), activation="relu", seed=0):
    """Compare each array of the gradient with finite differences of the loss, leaving out what has no slope.

    ReLU has a kink: where a nudge switches a unit on or off for some sample, the two
    differ rightly.
    """
    network, (x, labels) = (
        network_of(sizes, activation, seed=seed, mlp=mlp),
        samples_for(sizes, seed=seed + 1),
    )
    gradient = mlp.backward(network, mlp.forward(network, x), labels)
    assert gradient.activation == activation
    assert [part.shape for part in arrays(gradient)] == [
        array.shape for array in arrays(network)
    ]
    left_out = 0
    for place, (formula, array) in enumerate(
        zip(arrays(gradient), arrays(network), strict=True)
    ):
        # which units are on, in the order in which finite_differences nudges
        patterns = []

        def loss(values, place=place, patterns=patterns):
            layers = mlp.forward(with_array(network, place, values), x)
            patterns.append(
                [layer > 0 for layer in layers[1:-1]] if activation == "relu" else []
            )
            return mlp.cross_entropy(layers[-1], labels)

        measured = finite_differences(loss, array)
        smooth = np.array(
            [
                all((up == down).all() for up, down in zip(above, below, strict=True))
                for above, below in zip(patterns[::2], patterns[1::2], strict=True)
            ]
        ).reshape(array.shape)
        left_out += (~smooth).sum()
        size = max(np.linalg.norm(formula[smooth]), np.linalg.norm(measured[smooth]))
        assert size > 1e-4, "there is nothing to compare"
        assert np.linalg.norm((formula - measured)[smooth]) / size < 1e-6, (
            f"array {place} is wrong"
        )
    assert left_out <= 0.05 * sum(array.size for array in arrays(network))


def check_minibatches(mlp):
    batches = list(mlp.minibatches(50, 8, np.random.default_rng(0)))
    assert [len(batch) for batch in batches] == [8, 8, 8, 8, 8, 8, 2]
    order = np.concatenate(batches)
    assert sorted(order) == list(range(50))
    assert list(order) != list(range(50))


def check_step(mlp):
    network = mlp.Network([np.array([[1.5, -2.0]])], [np.array([0.25, 0.0])], "relu")
    mlp.step(
        network,
        mlp.Network([np.array([[2.0, 4.0]])], [np.array([-1.0, 0.5])], "relu"),
        0.125,
    )
    assert_same(arrays(network), [np.array([[1.25, -2.5]]), np.array([0.375, -0.0625])])


def check_epoch(mlp, activation="relu"):
    """Compare with scikit-learn's plain gradient descent, one batch after the other, the last one smaller."""
    network, (x, labels) = (
        network_of((5, 4, 4, 3), activation, mlp=mlp),
        samples_for((5, 3), 11),
    )
    twin = scikit_twin(network, learning_rate_init=0.3)
    order = np.concatenate(list(mlp.minibatches(11, 4, np.random.default_rng(5))))
    assert len(order) == 11
    for batch in (order[:4], order[4:8], order[8:]):
        twin.partial_fit(x[batch], labels[batch])
    mlp.train_epoch(
        network,
        x,
        labels,
        batch_size=4,
        learning_rate=0.3,
        rng=np.random.default_rng(5),
    )
    assert_close(
        arrays(network), [*twin.coefs_, *twin.intercepts_], rtol=1e-9, atol=1e-12
    )


def check_evaluate(mlp):
    """Let the logits be the data; three of four samples are right, and log(1 + e) − 1 is log(1 + 1/e)."""
    network = mlp.Network([np.eye(3)], [np.zeros(3)], "relu")
    x = np.array([[1, 0, -1000], [0, 1, -1000], [-1000, 0, 1], [0, -1000, 1]], float)
    loss, accuracy = mlp.evaluate(network, x, np.array([0, 1, 2, 0]))
    assert loss == pytest.approx(math.log(1 + 1 / math.e) + 1 / 4)
    assert accuracy == 0.75


def blobs(n=90, *, seed=0, dtype=np.float32):
    """Return three clouds around the corners of a triangle, far enough apart to be told from each other."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    x = (
        np.array([[2, 0], [-1, 1.7], [-1, -1.7]])[labels]
        + 0.3 * rng.normal(size=(n, 2))
    ).astype(dtype)
    x.flags.writeable = labels.flags.writeable = False
    return x, labels


def trained(
    mlp=numpy_mlp,
    *,
    sizes=(2, 8, 3),
    activation="relu",
    dtype=np.float32,
    seed=3,
    **changes,
):
    """Return the network, the history, and the network's arrays before the training."""
    network = network_of(sizes, activation, dtype=dtype, mlp=mlp)
    before = copies(network)
    options = {
        "epochs": 20,
        "batch_size": 16,
        "learning_rate": 0.3,
        "rng": np.random.default_rng(seed),
        "report": 0,
    }
    history = mlp.train(
        network,
        *blobs(dtype=dtype),
        blobs(40, seed=1, dtype=dtype),
        **options | changes,
    )
    return network, history, before


def check_training(mlp):
    network, history, before = trained(mlp)
    assert list(history) == [
        "train_loss",
        "train_accuracy",
        "validation_loss",
        "validation_accuracy",
    ]
    assert [len(values) for values in history.values()] == [21] * 4
    first = mlp.Network(before[:2], before[2:], "relu")
    for entry, state in ((0, first), (-1, network)):
        expected = (
            *mlp.evaluate(state, *blobs()),
            *mlp.evaluate(state, *blobs(40, seed=1)),
        )
        assert tuple(values[entry] for values in history.values()) == expected
    assert history["train_loss"][-1] < history["train_loss"][0]
    assert min(history["train_accuracy"][-1], history["validation_accuracy"][-1]) > 0.95


# Activations


def test_activations_and_their_slopes_agree_with_scipy_whatever_the_size_of_the_input():
    check_activations(numpy_mlp)


@pytest.mark.parametrize("function", ["sigmoid", "relu"])
@DTYPES
def test_activations_keep_the_kind_of_numbers_and_their_shape(function, dtype):
    z = np.array([[-1e4, -1, 0], [1e-3, 2, 1e4]], dtype)
    z.flags.writeable = False
    activate, derivative = numpy_mlp.activation_functions[function]
    with np.errstate(all="raise"):
        a = activate(z)
        slope = derivative(a)
    assert (a.dtype, a.shape, slope.shape) == (dtype, (2, 3), (2, 3))
    assert (a * slope).dtype == dtype
    assert activate(0.0) == {"sigmoid": 0.5, "relu": 0}[function]


@pytest.mark.parametrize("function", ["sigmoid", "relu"])
def test_slopes_are_taken_at_the_value_of_the_activation(function):
    activate, derivative = numpy_mlp.activation_functions[function]
    z = np.array([-3, -0.7, -0.01, 0.02, 0.4, 2.5])
    np.testing.assert_allclose(
        derivative(activate(z)),
        finite_differences(lambda z: activate(z).sum(), z),
        atol=1e-9,
    )


@DTYPES
def test_the_sigmoid_is_as_exact_as_its_kind_of_numbers_allows(dtype):
    z = np.linspace(-12, 12, 97).astype(dtype)
    np.testing.assert_allclose(
        numpy_mlp.sigmoid(z),
        expit(z.astype(float)),
        rtol=0,
        atol=2 * np.finfo(dtype).eps,
    )


def test_there_are_two_activations_by_name():
    assert numpy_mlp.activation_functions == {
        "sigmoid": (numpy_mlp.sigmoid, numpy_mlp.sigmoid_derivative),
        "relu": (numpy_mlp.relu, numpy_mlp.relu_derivative),
    }


# Softmax, loss and labels


def test_softmax_agrees_with_scipy_and_is_exact_for_huge_gaps():
    check_softmax(numpy_mlp)


def test_the_loss_agrees_with_scipy_and_scikit_learn_and_is_exact_for_huge_gaps():
    check_cross_entropy(numpy_mlp)


@DTYPES
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_uniform_logits_cost_the_logarithm_of_the_number_of_classes(classes, dtype):
    for level in (0, -1000, 1e4):
        loss = numpy_mlp.cross_entropy(
            np.full((5, classes), level, dtype), np.arange(5) % classes
        )
        assert loss == pytest.approx(math.log(classes), rel=1e-6)
        assert loss.dtype == dtype


@pytest.mark.parametrize(
    "logits", [np.array([[1000, -1000, 0]]), np.array([[88.8, 89, 710]])]
)
@DTYPES
def test_softmax_and_loss_never_overflow(logits, dtype):
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert np.isfinite(numpy_mlp.softmax(logits.astype(dtype))).all()
        assert np.isfinite(numpy_mlp.cross_entropy(logits.astype(dtype), np.array([1])))


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int64, np.uint64])
def test_one_hot_has_a_one_in_the_column_of_the_label(kind):
    check_one_hot(numpy_mlp)
    rows = numpy_mlp.one_hot(np.array([1, 0], kind), 2)
    assert rows.dtype == np.float32
    assert rows.tolist() == [[0, 1], [1, 0]]
    assert numpy_mlp.one_hot(np.array([1, 0], kind), 2, np.float64).dtype == np.float64


# Start


@pytest.mark.parametrize(
    "sizes",
    [[4, 3], (784, 100, 10), [1, 1], [3, 5, 2, 7, 4], np.array([6, 5, 4])],
    ids=str,
)
@DTYPES
def test_a_new_network_has_an_array_of_weights_and_one_of_zero_biases_for_each_layer(
    sizes, dtype
):
    network = numpy_mlp.initialize(sizes, np.random.default_rng(0), dtype=dtype)
    assert [weights.shape for weights in network.weights] == list(
        zip(sizes[:-1], sizes[1:], strict=True)
    )
    assert [bias.shape for bias in network.biases] == [(size,) for size in sizes[1:]]
    assert {array.dtype for array in arrays(network)} == {np.dtype(dtype)}
    assert all((bias == 0).all() for bias in network.biases)
    assert network._fields == ("weights", "biases", "activation")
    assert (type(network.weights), type(network.biases)) == (list, list)


def test_a_new_network_is_of_float32_with_relu_unless_asked():
    network = numpy_mlp.initialize([4, 3], np.random.default_rng(0))
    assert {array.dtype for array in arrays(network)} == {np.dtype(np.float32)}
    assert network.activation == "relu"
    assert (
        numpy_mlp.initialize(
            [4, 3], np.random.default_rng(0), activation="sigmoid"
        ).activation
        == "sigmoid"
    )
    with pytest.raises(TypeError, match="positional"):
        numpy_mlp.initialize([4, 3], np.random.default_rng(0), "sigmoid")


def test_weights_start_around_zero_with_the_scale_of_he():
    network = numpy_mlp.initialize(
        [8, 5000, 50, 1000], np.random.default_rng(0), dtype=np.float64
    )
    for weights in network.weights:
        scale = math.sqrt(2 / len(weights))
        assert abs(weights.mean()) < 5 * scale / math.sqrt(weights.size)
        assert weights.std() == pytest.approx(
            scale, rel=5 / math.sqrt(2 * weights.size)
        )
        inside = [
            (abs(weights) < widths * scale).mean() for widths in (1, 2)
        ]  # as a normal distribution has it
        assert inside == pytest.approx(
            [math.erf(1 / math.sqrt(2)), math.erf(2 / math.sqrt(2))], abs=0.01
        )


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    first, again, other = (
        numpy_mlp.initialize([5, 4, 3], np.random.default_rng(seed))
        for seed in (0, 0, 1)
    )
    assert_same(arrays(first), arrays(again))
    assert all(
        (a != b).all() for a, b in zip(first.weights, other.weights, strict=True)
    )


@pytest.mark.parametrize(
    "sizes", [[], [3], [3, 0], [0, 3], [3, 0, 2], [3, -1, 2]], ids=str
)
def test_sizes_that_make_no_network_are_refused(sizes):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError) as caught:
        numpy_mlp.initialize(tuple(sizes), rng)
    assert (
        str(caught.value)
        == f"sizes must hold at least two layer sizes, each at least 1, got {sizes}"
    )
    assert rng.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("activation", ["tanh", "ReLU", "", None])
def test_an_unknown_activation_is_refused(activation):
    with pytest.raises(ValueError) as caught:
        numpy_mlp.initialize([3, 2], np.random.default_rng(0), activation=activation)
    assert (
        str(caught.value)
        == f"activation must be one of ['sigmoid', 'relu'], got {activation!r}"
    )


# Forward and backward


@ARCHITECTURES
@ACTIVATIONS
def test_forward_agrees_with_sums_by_hand(sizes, activation):
    check_forward(numpy_mlp, sizes, activation)


@ARCHITECTURES
@ACTIVATIONS
def test_probabilities_agree_with_those_of_scikit_learn(sizes, activation):
    network, (x, labels) = network_of(sizes, activation), samples_for(sizes)
    logits = numpy_mlp.forward(network, x)[-1]
    probabilities = scikit_twin(network).predict_proba(x)
    np.testing.assert_allclose(numpy_mlp.softmax(logits), probabilities, rtol=1e-10)
    loss, accuracy = numpy_mlp.evaluate(network, x, labels)
    assert loss == pytest.approx(
        log_loss(labels, probabilities, labels=range(sizes[-1])), rel=1e-9
    )
    assert accuracy == np.mean(probabilities.argmax(axis=1) == labels)


@ARCHITECTURES
@ACTIVATIONS
@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_agrees_with_finite_differences(sizes, activation, seed):
    check_gradient(numpy_mlp, sizes, activation, seed)


def test_a_unit_that_is_off_passes_no_gradient_even_exactly_at_the_kink():
    network = numpy_mlp.Network(
        [np.zeros((2, 3)), np.ones((3, 2))],
        [np.array([0.0, -1, 1]), np.zeros(2)],
        "relu",
    )
    network.weights[1][:, 1] = 2
    x, labels = np.ones((1, 2)), np.array([0])
    gradient = numpy_mlp.backward(network, numpy_mlp.forward(network, x), labels)
    slope = 2 * expit(1) - expit(
        1
    )  # the logits are 1 and 2, the errors −expit(1) and expit(1)
    np.testing.assert_allclose(gradient.biases[0], [0, 0, slope])
    np.testing.assert_allclose(gradient.weights[0], [[0, 0, slope]] * 2)
    np.testing.assert_allclose(
        gradient.weights[1], [[0, 0], [0, 0], [-expit(1), expit(1)]]
    )


@ARCHITECTURES
@ACTIVATIONS
@DTYPES
def test_passes_keep_the_kind_of_numbers_and_leave_everything_as_it_was(
    sizes, activation, dtype
):
    network, (x, labels) = (
        network_of(sizes, activation, dtype=dtype),
        samples_for(sizes, dtype=dtype),
    )
    for array in arrays(network):
        array.flags.writeable = False
    layers = numpy_mlp.forward(network, x)
    assert layers[0] is x
    for layer in layers:
        layer.flags.writeable = False
    gradient = numpy_mlp.backward(network, layers, labels)
    assert {array.dtype for array in (*layers, *arrays(gradient))} == {np.dtype(dtype)}
    wide = numpy_mlp.Network(
        *([array.astype(float) for array in part] for part in network[:2]), activation
    )
    exact = numpy_mlp.backward(wide, numpy_mlp.forward(wide, x.astype(float)), labels)
    assert_close(arrays(gradient), arrays(exact), rtol=1e-3, atol=1e-5)


def test_the_gradient_of_a_batch_is_the_mean_of_the_gradients_of_its_samples():
    network, (x, labels) = network_of((5, 4, 3)), samples_for((5, 3))
    whole = numpy_mlp.backward(network, numpy_mlp.forward(network, x), labels)
    single = [
        arrays(
            numpy_mlp.backward(network, numpy_mlp.forward(network, x[[i]]), labels[[i]])
        )
        for i in range(7)
    ]
    assert_close(
        arrays(whole),
        [np.mean(parts, axis=0) for parts in zip(*single, strict=True)],
        atol=1e-14,
    )


# Steps and epochs


def test_mini_batches_are_in_random_order_that_only_the_generator_decides():
    check_minibatches(numpy_mlp)
    rng = np.random.default_rng(0)
    first, second = (
        np.concatenate(list(numpy_mlp.minibatches(100, 7, rng))) for _ in range(2)
    )
    again = np.concatenate(
        list(numpy_mlp.minibatches(100, 7, np.random.default_rng(0)))
    )
    other_sizes = np.concatenate(
        list(numpy_mlp.minibatches(100, 30, np.random.default_rng(0)))
    )
    assert (first == again).all() and (first == other_sizes).all()
    assert (
        (first != second).any()
        and (first != range(100)).any()
        and (second != range(100)).any()
    )


def test_a_step_moves_every_parameter_against_its_gradient():
    check_step(numpy_mlp)


@DTYPES
@pytest.mark.parametrize("kind", [float, np.float64])
def test_a_step_is_in_place_and_keeps_the_kind_of_numbers(dtype, kind):
    network, gradient = (
        network_of((4, 3, 3), seed=seed, dtype=dtype) for seed in (0, 1)
    )
    before, slopes, same = copies(network), copies(gradient), arrays(network)
    assert numpy_mlp.step(network, gradient, kind(0.1)) is None
    assert all(array is kept for array, kept in zip(arrays(network), same, strict=True))
    assert {array.dtype for array in arrays(network)} == {np.dtype(dtype)}
    assert_same(arrays(gradient), slopes)
    expected = [
        p.astype(float) - 0.1 * g.astype(float)
        for p, g in zip(before, slopes, strict=True)
    ]
    assert_close(arrays(network), expected, rtol=0, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("batch_size", [7, 8, 1000])
@ACTIVATIONS
def test_an_epoch_with_a_single_batch_is_one_step_against_the_gradient_over_all_samples(
    batch_size, activation
):
    network, (x, labels) = network_of((5, 4, 3), activation), samples_for((5, 3))
    before = copies(network)
    gradient = arrays(
        numpy_mlp.backward(network, numpy_mlp.forward(network, x), labels)
    )
    numpy_mlp.train_epoch(
        network,
        x,
        labels,
        batch_size=batch_size,
        learning_rate=0.25,
        rng=np.random.default_rng(0),
    )
    assert_close(
        arrays(network),
        [p - 0.25 * g for p, g in zip(before, gradient, strict=True)],
        rtol=0,
        atol=1e-13,
    )


@ACTIVATIONS
def test_an_epoch_agrees_with_scikit_learn_and_averages_the_last_batch_over_its_own_size(
    activation,
):
    check_epoch(numpy_mlp, activation)


def test_loss_and_accuracy_are_those_worked_out_by_hand():
    check_evaluate(numpy_mlp)
    network, (x, labels) = (
        network_of((4, 3), dtype=np.float32),
        samples_for((4, 3), dtype=np.float32),
    )
    assert [type(value) for value in numpy_mlp.evaluate(network, x, labels)] == [
        float,
        float,
    ]


# Training


def test_training_learns_and_its_history_runs_from_before_the_first_to_after_the_last_epoch(
    capsys,
):
    check_training(numpy_mlp)
    assert capsys.readouterr() == ("", "")


@ACTIVATIONS
@DTYPES
@pytest.mark.parametrize("hidden", [[], [8], [8, 6]], ids=str)
def test_networks_of_every_kind_learn_and_keep_their_kind_of_numbers(
    activation, dtype, hidden
):
    network = numpy_mlp.initialize(
        [2, *hidden, 3], np.random.default_rng(0), activation=activation, dtype=dtype
    )
    same = arrays(network)
    history = numpy_mlp.train(
        network,
        *blobs(dtype=dtype),
        blobs(40, seed=1, dtype=dtype),
        epochs=60,
        batch_size=10,
        learning_rate=0.5,
        rng=np.random.default_rng(0),
        report=0,
    )
    assert all(array is kept for array, kept in zip(arrays(network), same, strict=True))
    assert {array.dtype for array in same} == {np.dtype(dtype)}
    assert history["validation_accuracy"][-1] > 0.95
    assert {type(value) for values in history.values() for value in values} == {float}


def test_training_is_a_first_measurement_and_then_epoch_after_epoch():
    network, history, before = trained(epochs=3)
    twin, rng = (
        numpy_mlp.Network(before[:2], before[2:], "relu"),
        np.random.default_rng(3),
    )
    losses = [numpy_mlp.evaluate(twin, *blobs())[0]]
    for _ in range(3):
        numpy_mlp.train_epoch(twin, *blobs(), batch_size=16, learning_rate=0.3, rng=rng)
        losses.append(numpy_mlp.evaluate(twin, *blobs())[0])
    assert_same(arrays(network), arrays(twin))
    assert history["train_loss"] == losses
    assert losses[-1] < losses[0]


def test_training_repeats_exactly_with_the_same_seed_and_not_with_another():
    first, again, other = (trained(seed=seed) for seed in (3, 3, 4))
    assert_same(arrays(first[0]), arrays(again[0]))
    assert first[1] == again[1]
    assert all(
        (a != b).any() for a, b in zip(arrays(first[0]), arrays(other[0]), strict=True)
    )


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int32, np.uint64])
def test_labels_may_be_integers_of_any_type(kind):
    x, labels = blobs()
    network = network_of((2, 8, 3), dtype=np.float32)
    history = numpy_mlp.train(
        network,
        x,
        labels.astype(kind),
        (x, labels.astype(kind)),
        epochs=20,
        batch_size=16,
        learning_rate=0.3,
        rng=np.random.default_rng(3),
        report=0,
    )
    assert history["train_loss"][-1] < history["train_loss"][0]
    assert_same(arrays(network), arrays(trained()[0]))


def test_the_smallest_training_is_one_epoch_with_one_sample_at_a_time_and_a_tiny_learning_rate():
    network, history, before = trained(epochs=1, batch_size=1, learning_rate=1e-3)
    assert len(history["train_loss"]) == 2
    assert all(
        (array != old).any() for array, old in zip(arrays(network), before, strict=True)
    )
    x = np.zeros((1, 2), np.float32)
    history = numpy_mlp.train(
        network,
        x,
        np.array([2]),
        (x, np.array([0])),
        epochs=1,
        batch_size=1,
        learning_rate=5,
        rng=np.random.default_rng(0),
        report=0,
    )
    assert len(history["train_loss"]) == 2


@pytest.mark.parametrize(
    "report, epochs",
    [(0, []), (1, [0, 1, 2, 3, 4, 5]), (2, [0, 2, 4]), (5, [0, 5]), (9, [0])],
)
def test_the_report_shows_what_the_history_holds_in_the_epochs_asked_for(
    capsys, report, epochs
):
    history = trained(epochs=5, report=report, learning_rate=0.02)[1]
    loss, accuracy, validation_loss, validation_accuracy = history.values()
    assert capsys.readouterr() == (
        "".join(
            f"epoch {epoch:3}   loss {loss[epoch]:.3f}, validation {validation_loss[epoch]:.3f}   "
            f"accuracy {100 * accuracy[epoch]:.1f}%, validation {100 * validation_accuracy[epoch]:.1f}%\n"
            for epoch in epochs
        ),
        "",
    )


def test_every_epoch_is_reported_unless_asked(capsys):
    network = network_of((2, 3), dtype=np.float32)
    numpy_mlp.train(
        network,
        *blobs(),
        blobs(),
        epochs=3,
        batch_size=16,
        learning_rate=0.1,
        rng=np.random.default_rng(0),
    )
    assert re.findall(r"^epoch +(\d+) ", capsys.readouterr().out, re.MULTILINE) == [
        "0",
        "1",
        "2",
        "3",
    ]


STOPPED = re.compile(
    r"Stopped: in epoch (\d+) the loss rose to (\S+)\. Try a learning rate smaller than (\S+)\.\n"
)


@pytest.mark.parametrize("report", [0, 1])
def test_training_that_diverges_stops_with_one_message_and_keeps_the_history_so_far(
    capsys, report
):
    network, (x, labels) = (
        network_of((4, 3)),
        samples_for((4, 3), 60),
    )  # labels that nothing can learn
    history = numpy_mlp.train(
        network,
        x,
        labels,
        (x, labels),
        epochs=20,
        batch_size=16,
        learning_rate=1e4,
        rng=np.random.default_rng(0),
        report=report,
    )
    printed = capsys.readouterr().out
    message = STOPPED.search(printed)
    epoch = int(message[1])
    assert printed.endswith(message[0])
    assert printed.count("\n") == 1 + report * epoch
    assert (float(message[2]), message[3]) == (
        round(numpy_mlp.evaluate(network, x, labels)[0], 2),
        "10000.0",
    )
    assert [len(values) for values in history.values()] == [epoch] * 4
    assert np.isfinite(list(history.values())).all()


@pytest.mark.parametrize("learning_rate", [1e20, 1e38])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_training_that_overflows_stops_and_the_network_is_refused_from_then_on(
    capsys, learning_rate
):
    network, history, _ = trained(learning_rate=learning_rate)
    epoch, loss, named = STOPPED.fullmatch(capsys.readouterr().out).groups()
    assert (loss, float(named)) == ("nan", learning_rate)
    assert [len(values) for values in history.values()] == [int(epoch)] * 4
    assert np.isfinite(list(history.values())).all()
    assert not all(np.isfinite(array).all() for array in arrays(network))
    broken = copies(network)
    with pytest.raises(ValueError, match="^network must hold finite numbers only"):
        numpy_mlp.train(
            network,
            *blobs(),
            blobs(),
            epochs=1,
            batch_size=16,
            learning_rate=0.1,
            rng=np.random.default_rng(0),
        )
    assert_same(arrays(network), broken)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "losses, stop",
    [
        ([1, 2, 9.99, 0.5, 9.99], None),
        ([1, 10.01], 1),
        ([1, 0.1, 2, 9, 0.01, 11], 5),
        ([3, 29, 0.1, 31], 3),
        ([0.2, 0.1, 2.1, 9.9], None),
        ([0.2, 0.1, 2.1, 10.1], 3),
        ([1, 0.5, np.nan], 2),
        ([1, np.inf], 1),
    ],
    ids=str,
)
def test_training_stops_when_the_loss_is_ten_times_that_of_the_start_and_above_ten(
    capsys, monkeypatch, losses, stop
):
    measured = iter(
        [pair for loss in losses for pair in ((loss, 0.25), (1000.0, 0.5))]
    )  # of training, validation
    monkeypatch.setattr(numpy_mlp, "evaluate", lambda *_: next(measured))
    history = trained(epochs=len(losses) - 1)[1]
    kept = losses[:stop]
    assert list(history.values()) == [
        kept,
        [0.25] * len(kept),
        [1000.0] * len(kept),
        [0.5] * len(kept),
    ]
    message = STOPPED.fullmatch(capsys.readouterr().out)
    assert (message and message.groups()) == (
        stop and (str(stop), f"{losses[stop]:.2f}", "0.3")
    )


def test_a_network_without_any_loss_may_be_trained_further(capsys):
    x, labels = np.eye(2, dtype=np.float32), np.array([0, 1])
    network = numpy_mlp.Network([100 * x], [np.zeros(2, np.float32)], "relu")
    history = numpy_mlp.train(
        network,
        x,
        labels,
        (x, labels),
        epochs=3,
        batch_size=2,
        learning_rate=0.1,
        rng=np.random.default_rng(0),
        report=0,
    )
    assert history["train_loss"] == [0] * 4
    assert capsys.readouterr().out == ""


# What training refuses

SHAPE, LABELS = (
    "x must have shape (n, 2) and not be empty, ",
    "labels must be 90 integers, ",
)
BAD_DATA = [
    (lambda x: x[:, :1], None, SHAPE + "got (90, 1)"),
    (lambda x: np.hstack([x, x]), None, SHAPE + "got (90, 4)"),
    (lambda x: x.T, None, SHAPE + "got (2, 90)"),
    (lambda x: x[:, 0], None, SHAPE + "got (90,)"),
    (lambda x: x[0], None, SHAPE + "got (2,)"),
    (lambda x: x[:, :, None], None, SHAPE + "got (90, 2, 1)"),
    (lambda x: x[0, 0], None, "x and labels must be arrays, got float32 and ndarray"),
    (lambda x: x.tolist(), None, "x and labels must be arrays, got list and ndarray"),
    (lambda x: x[:0], lambda labels: labels[:0], SHAPE + "got (0, 2)"),
    (
        lambda x: np.where(x == x[5, 1], np.nan, x),
        None,
        "x must be finite, got NaN or infinity",
    ),
    (
        lambda x: np.where(x == x[-1, 0], np.inf, x),
        None,
        "x must be finite, got NaN or infinity",
    ),
    (
        lambda x: np.where(x == x[0, 0], -np.inf, x),
        None,
        "x must be finite, got NaN or infinity",
    ),
    (
        lambda x: abs(x).astype(np.uint8),
        None,
        "x must be float32 like the network, got uint8",
    ),
    (
        lambda x: x.astype(np.float64),
        None,
        "x must be float32 like the network, got float64",
    ),
    (
        lambda x: x.astype(np.float16),
        None,
        "x must be float32 like the network, got float16",
    ),
    (None, lambda labels: labels[:-1], LABELS + "got shape (89,) of int64"),
    (None, lambda labels: labels[:1], LABELS + "got shape (1,) of int64"),
    (None, lambda labels: labels[:, None], LABELS + "got shape (90, 1) of int64"),
    (None, lambda labels: np.eye(3)[labels], LABELS + "got shape (90, 3) of float64"),
    (
        None,
        lambda labels: np.eye(3, dtype=int)[labels],
        LABELS + "got shape (90, 3) of int64",
    ),
    (
        None,
        lambda labels: labels.tolist(),
        "x and labels must be arrays, got ndarray and list",
    ),
    (None, lambda labels: labels.astype(float), LABELS + "got shape (90,) of float64"),
    (None, lambda labels: labels == 1, LABELS + "got shape (90,) of bool"),
    (None, lambda labels: labels.astype(str), LABELS + "got shape (90,) of <U21"),
    (None, lambda labels: labels - 1, "labels must lie in 0 to 2, got -1 to 1"),
    (None, lambda labels: labels + 1, "labels must lie in 0 to 2, got 1 to 3"),
    (
        None,
        lambda labels: (labels + 253).astype(np.uint8),
        "labels must lie in 0 to 2, got 253 to 255",
    ),
]


def refusal(capsys, network, x, labels, validation, **changes):
    """Return the message of the error, having seen that nothing else happened."""
    before, rng = copies(network), np.random.default_rng(0)
    options = {
        "epochs": 2,
        "batch_size": 16,
        "learning_rate": 0.1,
        "rng": rng,
    } | changes
    with pytest.raises((TypeError, ValueError)) as caught:
        numpy_mlp.train(network, x, labels, validation, **options)
    assert_same(arrays(network), before)
    assert rng.random() == np.random.default_rng(0).random()
    assert capsys.readouterr() == ("", "")
    return str(caught.value)


@pytest.mark.parametrize("of_x, of_labels, message", BAD_DATA)
@pytest.mark.parametrize("part", ["training", "validation"])
def test_data_that_cannot_be_used_are_refused_before_anything_happens(
    capsys, of_x, of_labels, message, part
):
    good = x, labels = blobs()
    bad = of_x(x) if of_x else x, of_labels(labels) if of_labels else labels
    data, validation = (bad, good) if part == "training" else (good, bad)
    assert (
        refusal(capsys, network_of((2, 4, 3), dtype=np.float32), *data, validation)
        == message
    )


@pytest.mark.parametrize("sizes", [(2, 3), (2, 4, 3)], ids=str)
def test_data_of_float32_are_refused_for_a_network_of_float64(capsys, sizes):
    message = refusal(capsys, network_of(sizes), *blobs(), blobs())
    assert message == "x must be float64 like the network, got float32"


@pytest.mark.parametrize(
    "options, given",
    [
        ({"epochs": 0}, "0, 16 and 0.1"),
        ({"epochs": -1}, "-1, 16 and 0.1"),
        ({"batch_size": 0}, "2, 0 and 0.1"),
        ({"batch_size": -16}, "2, -16 and 0.1"),
        ({"learning_rate": 0}, "2, 16 and 0"),
        ({"learning_rate": -0.1}, "2, 16 and -0.1"),
        ({"learning_rate": np.nan}, "2, 16 and nan"),
        ({"learning_rate": np.inf}, "2, 16 and inf"),
        ({"learning_rate": -np.inf}, "2, 16 and -inf"),
    ],
)
def test_options_that_make_no_training_are_refused(capsys, options, given):
    message = refusal(
        capsys, network_of((2, 4, 3), dtype=np.float32), *blobs(), blobs(), **options
    )
    assert (
        message
        == f"epochs and batch_size must be at least 1 and learning_rate positive, got {given}"
    )


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_network_with_a_number_that_is_not_finite_is_refused(capsys, place, value):
    network = network_of((2, 4, 3), dtype=np.float32)
    arrays(network)[place].flat[-1] = value
    message = refusal(capsys, network, *blobs(), blobs())
    assert message == "network must hold finite numbers only: initialize it anew"


def test_data_that_fit_pass_without_a_word(capsys):
    for sizes in ((2, 3), (2, 4, 3), (2, 4, 5, 3)):
        assert (
            numpy_mlp.check_data(network_of(sizes, dtype=np.float32), *blobs()) is None
        )
    assert (
        numpy_mlp.check_data(
            network_of((2, 3)), np.zeros((1, 2)), np.array([2], np.uint8)
        )
        is None
    )
    assert capsys.readouterr() == ("", "")
    with pytest.raises(ValueError):  # it did look
        numpy_mlp.check_data(
            network_of((2, 3)), np.full((1, 2), np.nan), np.array([2], np.uint8)
        )


def test_options_of_training_go_by_name():
    with pytest.raises(TypeError, match="positional"):
        numpy_mlp.train(
            network_of((2, 3)), *blobs(), blobs(), 1, 16, 0.1, np.random.default_rng(0)
        )
    with pytest.raises(TypeError, match="positional"):
        numpy_mlp.train_epoch(
            network_of((2, 3)), *blobs(), 16, 0.1, np.random.default_rng(0)
        )


# Changes that must be noticed

DIVIDED = " / len(\n        labels\n    )"  # as ruff breaks that line
SOURCE = Path(numpy_mlp.__file__).read_text(encoding="utf-8")
CHECKS = [
    check_activations,
    check_softmax,
    check_cross_entropy,
    check_one_hot,
    check_forward,
    check_gradient,
    check_minibatches,
    check_step,
    check_epoch,
    check_evaluate,
    check_training,
]


def module_of(source):
    module = types.ModuleType("changed_numpy_mlp")
    exec(compile(source, "changed_numpy_mlp.py", "exec"), module.__dict__)
    return module


def gradient_of_sigmoid(mlp):
    check_gradient(mlp, activation="sigmoid")


def gradient_of_a_square_network(mlp):
    check_gradient(mlp, (5, 5, 5))


@pytest.mark.parametrize(
    "check",
    [*CHECKS, gradient_of_sigmoid, gradient_of_a_square_network],
    ids=lambda check: check.__name__,
)
def test_the_unchanged_source_passes_every_check(check):
    check(module_of(SOURCE))


@pytest.mark.parametrize(
    "old, new, check",
    [
        ("return a > 0", "return a >= 0", check_activations),
        ("return a > 0", "return a >= 0", check_gradient),
        ("return a * (1 - a)", "return a", check_activations),
        ("return a * (1 - a)", "return a", gradient_of_sigmoid),
        ("np.maximum(z, 0)", "np.abs(z)", check_activations),
        (
            "0.5 * (1 + np.tanh(0.5 * z))",
            "1 / (1 + np.exp(-z))",
            check_activations,
        ),  # overflows
        (
            "(sigmoid, sigmoid_derivative)",
            "(sigmoid, relu_derivative)",
            gradient_of_sigmoid,
        ),
        (
            "np.exp(logits - logits.max(axis=1, keepdims=True))",
            "np.exp(logits)",
            check_softmax,
        ),
        (
            "np.exp(logits - logits.max(axis=1, keepdims=True))",
            "np.exp(logits - logits.max())",
            check_softmax,
        ),
        (
            "shifted = logits - logits.max(axis=1, keepdims=True)",
            "shifted = logits",
            check_cross_entropy,
        ),
        (
            "powers.sum(axis=1, keepdims=True)",
            "powers.sum(axis=0, keepdims=True)",
            check_softmax,
        ),
        (
            "np.mean(log_sums - shifted",
            "np.sum(log_sums - shifted",
            check_cross_entropy,
        ),
        (
            "np.eye(classes, dtype=dtype)[labels]",
            "np.eye(classes, dtype=dtype)[classes - 1 - labels]",
            check_one_hot,
        ),
        (
            "activate(layers[-1] @ weights + bias)",
            "activate(layers[-1] @ weights)",
            check_forward,
        ),
        (
            "activate(layers[-1] @ weights + bias)",
            "activate(layers[-1] @ weights)",
            check_gradient,
        ),
        (
            "@ network.weights[-1] + network.biases[-1]",
            "@ network.weights[-1]",
            check_forward,
        ),
        (
            "@ network.weights[-1] + network.biases[-1]",
            "@ network.weights[-1]",
            check_gradient,
        ),
        (
            "activate(layers[-1] @ weights + bias)",
            "layers[-1] @ weights + bias",
            check_gradient,
        ),
        (DIVIDED, "", check_gradient),
        (DIVIDED, "", check_epoch),
        (
            DIVIDED,
            " / 4",
            check_epoch,
        ),  # the mean over a full batch even where it is smaller
        (
            "one_hot(labels, logits",
            "one_hot(logits.shape[1] - 1 - labels, logits",
            check_gradient,
        ),
        ("one_hot(labels, logits", "one_hot(labels[::-1], logits", check_gradient),
        ("softmax(logits) - one_hot", "one_hot", check_gradient),
        (
            "0, layers[k].T @ error",
            "0, (layers[k].T @ error).T",
            gradient_of_a_square_network,
        ),
        (
            "0, layers[k].T @ error",
            "len(weight_slopes), layers[k].T @ error",
            gradient_of_a_square_network,
        ),
        (
            "bias_slopes.insert(0,",
            "bias_slopes.insert(len(bias_slopes),",
            gradient_of_a_square_network,
        ),
        ("error.sum(axis=0)", "error.mean(axis=0)", check_gradient),
        (
            "error @ network.weights[k].T",
            "error @ network.weights[k]",
            gradient_of_a_square_network,
        ),
        (
            "error @ network.weights[k].T",
            "error @ network.weights[k - 1].T",
            gradient_of_a_square_network,
        ),
        (" * derivative(layers[k])", "", check_gradient),
        (
            "derivative(layers[k])",
            "derivative(layers[k - 1])",
            gradient_of_a_square_network,
        ),
        ("order = rng.permutation(n)", "order = np.arange(n)", check_minibatches),
        ("rng.permutation(n)", "rng.integers(n, size=n)", check_minibatches),
        (
            "range(0, n, batch_size)",
            "range(0, n - batch_size + 1, batch_size)",
            check_minibatches,
        ),
        (
            "order[start : start + batch_size]",
            "np.arange(n)[start:start + batch_size]",
            check_minibatches,
        ),
        ("parameter -= learning_rate", "parameter += learning_rate", check_step),
        (
            "parameter -= learning_rate",
            "parameter = parameter - learning_rate",
            check_step,
        ),
        (
            "network.weights + network.biases, gradient.weights",
            "network.weights, gradient.weights",
            check_step,
        ),
        ("labels[batch]", "labels[:len(batch)]", check_epoch),
        (
            "layers = forward(network, x[batch])",
            "layers = forward(network, x[:len(batch)])",
            check_epoch,
        ),
        (
            "logits.argmax(axis=1) == labels",
            "logits.argmax(axis=0)[0] == labels",
            check_evaluate,
        ),
        ("logits.argmax(axis=1)", "logits.argmin(axis=1)", check_evaluate),
        ("if epoch > 0:", "if epoch >= 0:", check_training),
        (
            "*evaluate(network, *validation))",
            "*evaluate(network, x, labels))",
            check_training,
        ),
        ("range(epochs + 1)", "range(epochs)", check_training),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_change_that_breaks_the_module_is_noticed(old, new, check):
    assert SOURCE.count(old) == 1
    mutant = module_of(SOURCE.replace(old, new))
    check(module_of(SOURCE))  # or the failure below would prove nothing
    with pytest.raises((AssertionError, FloatingPointError)):
        check(mutant)
