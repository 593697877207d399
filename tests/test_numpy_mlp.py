"""The network of chapter 3 against SciPy, scikit-learn and finite differences.

At the end, changes that break it are made one by one: a check must notice each.
"""

import ast
import inspect
import math
import types
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, log_softmax, softmax
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from helpers import numpy_mlp
from helpers.checks import finite_differences

ACTIVATIONS = pytest.mark.parametrize("activation", ["relu", "sigmoid"])
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
SIZES = pytest.mark.parametrize(
    "sizes", [(4, 3), (5, 7, 3), (5, 5, 5), (4, 6, 6, 5, 3)], ids=str
)


def network_of(sizes, activation="relu", *, seed=0, dtype=np.float64, mlp=numpy_mlp):
    """Return a network made without `initialize`; its biases are not zero."""
    rng = np.random.default_rng(seed)
    weights = [
        rng.normal(0, 1.5 / math.sqrt(inputs), size=(inputs, outputs)).astype(dtype)
        for inputs, outputs in pairwise(sizes)
    ]
    biases = [rng.normal(size=outputs).astype(dtype) for outputs in sizes[1:]]
    return mlp.Network(weights, biases, activation)


def samples_for(sizes, n=7, *, dtype=np.float64):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, sizes[0])).astype(dtype)
    labels = rng.integers(sizes[-1], size=n)
    x.flags.writeable = labels.flags.writeable = False
    return x, labels


def blobs(n=90, *, seed=0, dtype=np.float32):
    """Return three clouds of points, far enough apart to be separated."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    corners = np.array([[2, 0], [-1, 1.7], [-1, -1.7]])
    x = (corners[labels] + 0.3 * rng.normal(size=(n, 2))).astype(dtype)
    x.flags.writeable = labels.flags.writeable = False
    return x, labels


def arrays(network):
    return [*network.weights, *network.biases]


def copy_of(network):
    weights, biases = ([array.copy() for array in part] for part in network[:2])
    return type(network)(weights, biases, network.activation)


def with_array(network, place, array):
    """Return the network with one of its arrays exchanged."""
    every = arrays(network)
    every[place] = array
    layers = len(network.weights)
    return type(network)(every[:layers], every[layers:], network.activation)


def assert_same(these, those):
    for this, other in zip(these, those, strict=True):
        assert this.dtype == other.dtype
        assert_array_equal(this, other)


def assert_unused(rng):
    """Check that a generator of seed 0 has drawn nothing yet."""
    assert rng.random() == np.random.default_rng(0).random()


def scikit_twin(network, **options):
    """Return an MLPClassifier with the same parameters, and plain gradient descent."""
    sizes = [len(network.weights[0]), *map(len, network.biases)]
    twin = MLPClassifier(
        sizes[1:-1],
        {"relu": "relu", "sigmoid": "logistic"}[network.activation],
        solver="sgd",
        alpha=0,
        momentum=0,
        **options,
    )
    twin.partial_fit(np.zeros((1, sizes[0])), [0], classes=range(sizes[-1]))
    twin.coefs_, twin.intercepts_, _ = copy_of(network)
    return twin


# Checks, of the module and of changed copies of it


def check_activations(mlp, dtype=np.float64):
    z = np.array([[-1e4, -30, -2, -1e-3, 0], [1e-3, 0.5, 3, 30, 1e4]], dtype)
    z.flags.writeable = False
    exact, tolerance = z.astype(float), {"rtol": 0, "atol": 2 * np.finfo(dtype).eps}
    for name, values, slopes in [
        ("sigmoid", expit(exact), expit(exact) * expit(-exact)),
        ("relu", np.where(exact > 0, exact, 0), exact > 0),
    ]:
        activate, derivative = mlp.activation_functions[name]
        with np.errstate(all="raise"):
            a = activate(z)
            slope = derivative(a)
        assert a.dtype == (a * slope).dtype == dtype
        assert_allclose(a, values, **tolerance)
        assert_allclose(slope, slopes, **tolerance)


def logits_for(dtype, scale):
    """Return logits whose rows have very different levels: each needs its own shift."""
    levels = np.array([-1e4, -1000, 0, 3, 1000])[:, None]
    spread = scale * np.random.default_rng(2).normal(size=(5, 4))
    return (levels + spread).astype(dtype), np.array([2, 0, 3, 1, 1])


def check_softmax(mlp, dtype=np.float64, scale=1.0):
    logits, _ = logits_for(dtype, scale)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        probabilities = mlp.softmax(logits)
    assert probabilities.dtype == dtype
    expected, limits = softmax(logits.astype(float), axis=1), np.finfo(dtype)
    assert_allclose(probabilities, expected, rtol=100 * limits.eps, atol=limits.tiny)


def check_cross_entropy(mlp, dtype=np.float64, scale=1.0):
    logits, labels = logits_for(dtype, scale)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        loss = mlp.cross_entropy(logits, labels)
    assert loss.dtype == dtype
    expected = -log_softmax(logits.astype(float), axis=1)[range(5), labels].mean()
    assert loss == pytest.approx(float(expected), rel=20 * float(np.finfo(dtype).eps))


def check_one_hot(mlp):
    rows = mlp.one_hot(np.array([2, 0, 2], np.uint8), 4)
    assert rows.dtype == np.float32
    assert rows.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]]
    assert mlp.one_hot(np.array([0]), 2, np.float64).dtype == np.float64


def check_forward(mlp):
    weights = [np.array([[1.0, -1], [2, 1]]), np.array([[1.0, 0, 2], [3, 1, -1]])]
    network = mlp.Network(weights, [np.array([1.0, -1]), np.array([0.5, 0, 1])], "relu")
    x = np.array([[1.0, 3], [1, -2]])
    first, *others = mlp.forward(network, x)
    assert first is x
    assert [values.tolist() for values in others] == [
        [[8, 1], [0, 0]],
        [[11.5, 1, 16], [0.5, 0, 1]],
    ]


def check_evaluate(mlp, sizes=(5, 5, 5), activation="relu"):
    network, (x, labels) = network_of(sizes, activation, mlp=mlp), samples_for(sizes)
    expected = scikit_twin(network).predict_proba(x)
    assert_allclose(mlp.softmax(mlp.forward(network, x)[-1]), expected, rtol=1e-10)
    loss, accuracy = mlp.evaluate(network, x, labels)
    assert loss == pytest.approx(log_loss(labels, expected, labels=range(sizes[-1])))
    assert accuracy == np.mean(expected.argmax(axis=1) == labels)
    assert type(loss) is type(accuracy) is float


def check_gradient(mlp, sizes=(5, 5, 5), activation="relu"):
    network, (x, labels) = network_of(sizes, activation, mlp=mlp), samples_for(sizes)
    gradient = mlp.backward(network, mlp.forward(network, x), labels)
    assert gradient.activation == activation
    parts = zip(arrays(gradient), arrays(network), strict=True)
    for place, (formula, array) in enumerate(parts):

        def loss(values, place=place):
            changed = with_array(network, place, values)
            return mlp.cross_entropy(mlp.forward(changed, x)[-1], labels)

        measured = finite_differences(loss, array)
        assert abs(measured).max() > 1e-3
        assert formula.shape == array.shape
        assert_allclose(formula, measured, rtol=1e-6, atol=1e-8)


def check_gradient_of_sigmoid(mlp):
    check_gradient(mlp, activation="sigmoid")


def check_minibatches(mlp):
    for n, batch_size in ((50, 8), (48, 8), (20, 100), (1, 1)):
        batches = list(mlp.minibatches(n, batch_size, np.random.default_rng(0)))
        assert {len(batch) for batch in batches[:-1]} <= {batch_size}
        assert len(batches) == math.ceil(n / batch_size)
        order = list(np.concatenate(batches))
        assert sorted(order) == list(range(n)) and (order != sorted(order) or n == 1)


def check_step(mlp):
    for dtype in (np.float32, np.float64):  # all numbers are exact in both
        start, slopes, end = (
            mlp.Network([np.array([weights], dtype)], [np.array(biases, dtype)], "relu")
            for weights, biases in (
                ([1.5, -2], [0.25, 0]),
                ([2, 4], [-1, 0.5]),
                ([1.25, -2.5], [0.375, -0.0625]),
            )
        )
        parts = arrays(start)
        mlp.step(start, slopes, np.float64(0.125))
        assert_same(parts, arrays(end))  # the arrays themselves have changed


def check_epoch(mlp, activation="relu"):
    """Compare with scikit-learn, batch by batch; the last batch may be smaller."""
    for batch_size in (4, 11, 100):
        network = network_of((5, 4, 4, 3), activation, mlp=mlp)
        x, labels = samples_for((5, 3), 11)
        twin = scikit_twin(network, learning_rate_init=0.3)
        for batch in mlp.minibatches(11, batch_size, np.random.default_rng(5)):
            twin.partial_fit(x[batch], labels[batch])
        options = {"learning_rate": 0.3, "rng": np.random.default_rng(5)}
        mlp.train_epoch(network, x, labels, batch_size=batch_size, **options)
        expected = twin.coefs_ + twin.intercepts_
        for ours, theirs in zip(arrays(network), expected, strict=True):
            assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def trained(network, data=None, validation=None, *, mlp=numpy_mlp, **changes):
    """Train a network on blobs, and return the history."""
    options = {"epochs": 20, "batch_size": 16, "learning_rate": 0.3}
    options |= {"rng": np.random.default_rng(3)} | changes
    data, validation = data or blobs(), validation or blobs(40, seed=1)
    return mlp.train(network, *data, validation, **options)


def check_training(mlp):
    """Repeat the training by epochs: the history holds the start and every epoch."""
    network = network_of((2, 8, 3), dtype=np.float32, mlp=mlp)
    twin, rng = copy_of(network), np.random.default_rng(3)
    validation, seen = blobs(40, seed=1), [part[:40] for part in blobs()]
    history = trained(network, validation=validation, mlp=mlp, report=0)
    measured = []
    for epoch in range(21):
        if epoch > 0:
            options = {"batch_size": 16, "learning_rate": 0.3, "rng": rng}
            mlp.train_epoch(twin, *blobs(), **options)
        measured.append(mlp.evaluate(twin, *seen) + mlp.evaluate(twin, *validation))
    names = ["train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]
    assert list(history) == names
    assert list(zip(*history.values(), strict=True)) == measured
    assert history["validation_accuracy"][-1] > 0.95
    assert_same(arrays(network), arrays(twin))


# The module passes the checks, whatever the sizes, activations and dtypes


CHECKS = [check_one_hot, check_forward, check_minibatches, check_step, check_training]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_module_passes(check):
    check(numpy_mlp)


@DTYPES
def test_activations_and_slopes_agree_with_scipy(dtype):
    check_activations(numpy_mlp, dtype)


@DTYPES
@pytest.mark.parametrize("scale", [1, 30, 1e3, 1e6])
def test_softmax_and_loss_agree_with_scipy(dtype, scale):
    check_softmax(numpy_mlp, dtype, scale)
    check_cross_entropy(numpy_mlp, dtype, scale)


@SIZES
@ACTIVATIONS
def test_evaluation_agrees_with_scikit_learn(sizes, activation):
    check_evaluate(numpy_mlp, sizes, activation)


@SIZES
@ACTIVATIONS
def test_the_gradient_agrees_with_finite_differences(sizes, activation):
    check_gradient(numpy_mlp, sizes, activation)


@ACTIVATIONS
def test_an_epoch_agrees_with_scikit_learn(activation):
    check_epoch(numpy_mlp, activation)


@ACTIVATIONS
def test_passes_keep_float32_and_leave_all_as_it_was(activation):
    sizes = (4, 6, 6, 5, 3)
    network = network_of(sizes, activation, dtype=np.float32)
    x, labels = samples_for(sizes, dtype=np.float32)
    for array in arrays(network):
        array.flags.writeable = False
    values = numpy_mlp.forward(network, x)
    for array in values:
        array.flags.writeable = False
    gradient = numpy_mlp.backward(network, values, labels)
    assert {array.dtype for array in values + arrays(gradient)} == {np.dtype("f4")}


def test_only_the_generator_decides_the_order_of_samples():
    def order(batch_size, rng):
        return np.concatenate(list(numpy_mlp.minibatches(100, batch_size, rng)))

    rng = np.random.default_rng(0)
    first, second = order(7, rng), order(7, rng)
    assert_array_equal(first, order(30, np.random.default_rng(0)))
    assert (first != second).any()


# Start


@DTYPES
@pytest.mark.parametrize(
    "sizes", [[1, 1], (784, 100, 10), np.array([6, 5, 4])], ids=str
)
def test_a_new_network_has_weights_and_zero_biases(sizes, dtype):
    network = numpy_mlp.initialize(sizes, np.random.default_rng(0), dtype=dtype)
    assert [weights.shape for weights in network.weights] == list(pairwise(sizes))
    assert [bias.shape for bias in network.biases] == [(size,) for size in sizes[1:]]
    assert {array.dtype for array in arrays(network)} == {np.dtype(dtype)}
    assert not any(bias.any() for bias in network.biases)


def test_weights_start_around_zero_with_the_scale_of_he():
    rng = np.random.default_rng(0)
    network = numpy_mlp.initialize([8, 5000, 50, 1000], rng, dtype=np.float64)
    for weights in network.weights:
        scale, n = math.sqrt(2 / len(weights)), weights.size
        assert abs(weights.mean()) < 5 * scale / math.sqrt(n)
        assert weights.std() == pytest.approx(scale, rel=5 / math.sqrt(2 * n))
        inside = (abs(weights) < scale).mean()  # as a normal distribution has it
        assert inside == pytest.approx(math.erf(1 / math.sqrt(2)), abs=0.01)


def test_the_seed_decides_the_network():
    first, again, other = (
        numpy_mlp.initialize([5, 4, 3], np.random.default_rng(seed), activation=name)
        for seed, name in ((0, "sigmoid"), (0, "relu"), (1, "relu"))
    )
    assert (first.activation, again.activation) == ("sigmoid", "relu")
    assert_same(arrays(first), arrays(again))
    for ours, theirs in zip(first.weights, other.weights, strict=True):
        assert (ours != theirs).all()


@pytest.mark.parametrize(
    "sizes, activation, words",
    [([3], "relu", r"sizes must .* got \[3\]"), ([3, 2], "tanh", "got 'tanh'")],
    ids=str,
)
def test_layers_are_checked_before_anything_is_drawn(sizes, activation, words):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=words):
        numpy_mlp.initialize(sizes, rng, activation=activation)
    assert_unused(rng)


def test_options_are_taken_by_name_only():
    for function, options in {
        numpy_mlp.initialize: ["activation", "dtype"],
        numpy_mlp.train_epoch: ["batch_size", "learning_rate", "rng"],
        numpy_mlp.train: ["epochs", "batch_size", "learning_rate", "rng", "report"],
    }.items():
        parameters = inspect.signature(function).parameters.values()
        named = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        assert named == options
    defaults = {"activation": "relu", "dtype": np.float32}
    assert numpy_mlp.initialize.__kwdefaults__ == defaults
    assert numpy_mlp.train.__kwdefaults__ == {"report": 1}


# Training


@pytest.mark.parametrize(
    "hidden, activation, dtype",
    [([], "relu", "f4"), ([8], "sigmoid", "f4"), ([8, 6], "relu", "f8")],
    ids=str,
)
def test_networks_learn_in_place_and_keep_their_dtype(hidden, activation, dtype):
    network = numpy_mlp.initialize(
        [2, *hidden, 3], np.random.default_rng(0), activation=activation, dtype=dtype
    )
    same = arrays(network)
    data, validation = blobs(dtype=dtype), blobs(40, seed=1, dtype=dtype)
    options = {"epochs": 60, "batch_size": 10, "learning_rate": 0.5}
    history = trained(network, data, validation, **options)
    assert history["validation_accuracy"][-1] > 0.95
    assert all(a is b for a, b in zip(arrays(network), same, strict=True))
    assert {array.dtype for array in same} == {np.dtype(dtype)}


def test_the_smallest_training_has_one_sample_and_epoch():
    network, x = network_of((2, 8, 3), dtype=np.float32), np.ones((1, 2), np.float32)
    one, other = np.array([2], np.uint8), np.array([0])
    history = trained(network, (x, one), (x, other), epochs=1, batch_size=1)
    assert len(history["train_loss"]) == 2


@pytest.mark.parametrize(
    "options, epochs",
    [({}, range(6)), ({"report": 2}, [0, 2, 4]), ({"report": 0}, [])],
    ids=str,
)
def test_report_shows_the_history(capsys, options, epochs):
    network = network_of((2, 8, 3), dtype=np.float32)
    history = trained(network, epochs=5, learning_rate=0.02, **options)
    rows = enumerate(zip(*history.values(), strict=True))
    lines = [
        f"epoch {epoch:3}   training: loss {loss:.3f}, {accuracy:.1%} right   "
        f"validation: loss {validation_loss:.3f}, {validation_accuracy:.1%} right\n"
        for epoch, (loss, accuracy, validation_loss, validation_accuracy) in rows
        if epoch in epochs
    ]
    assert capsys.readouterr() == ("".join(lines), "")


STOPPED = "Stopped. Make a new network, and try a rate below {}.\n"


@pytest.mark.parametrize("report", [0, 1])
@pytest.mark.parametrize(
    "losses, stops",
    [
        ([1, 1e9, 1e300], False),
        ([1, np.nan, 0.5], True),
        ([1, 0.5, np.inf, 0.5], True),
        ([np.nan, 1], True),
        ([2, np.inf], True),
    ],
    ids=str,
)
def test_only_a_training_loss_that_is_not_finite_stops(
    capsys, monkeypatch, report, losses, stops
):
    pairs = [pair for loss in losses for pair in ((loss, 0.25), (np.inf, 0.5))]
    measured = iter(pairs)  # of training, of validation
    monkeypatch.setattr(numpy_mlp, "evaluate", lambda *_: next(measured))
    network = network_of((2, 3), dtype=np.float32)
    history = trained(network, epochs=len(losses) - 1, report=report)
    n = 1 + np.isfinite(losses).argmin() if stops else len(losses)
    rows = [losses[:n], [0.25] * n, [np.inf] * n, [0.5] * n]
    assert_array_equal(list(history.values()), rows)
    printed = capsys.readouterr().out
    assert printed.count("epoch ") == n * report
    assert printed.count("Stopped") == stops
    assert not stops or printed.endswith(STOPPED.format(0.3))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_training_that_overflows_stops_and_breaks_the_network(capsys):
    network = network_of((2, 8, 3), dtype=np.float32)
    *losses, last = trained(network, learning_rate=1e38, report=0)["train_loss"]
    assert len(losses) < 20 and np.isfinite(losses).all() and not np.isfinite(last)
    assert len(trained(network, report=0)["train_loss"]) == 1
    said = STOPPED.format("1e+38") + STOPPED.format("0.3")
    assert capsys.readouterr() == (said, "")


@pytest.mark.parametrize("place, value", [(0, np.nan), (3, -np.inf)])
def test_a_network_that_is_not_finite_is_not_trained(capsys, place, value):
    network, rng = network_of((2, 4, 3), dtype=np.float32), np.random.default_rng(0)
    arrays(network)[place].flat[-1] = value
    before = copy_of(network)
    history = trained(network, rng=rng, report=0)
    assert [len(numbers) for numbers in history.values()] == [1] * 4
    assert_same(arrays(network), arrays(before))
    assert_unused(rng)
    assert capsys.readouterr() == (STOPPED.format(0.3), "")


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("data", blobs(0), "x must have shape"),
        ("validation", blobs(0), "x must have shape"),
        ("epochs", 0, "epochs must be .* got 0"),
        ("batch_size", 0, "batch_size must be .* got 0"),
        ("learning_rate", 0, "learning_rate must be .* got 0"),
    ],
)
def test_training_is_checked_before_anything_happens(capsys, name, value, words):
    network, rng = network_of((2, 4, 3), dtype=np.float32), np.random.default_rng(0)
    before = copy_of(network)
    with pytest.raises(ValueError, match=f"^{words}"):
        trained(network, rng=rng, **{name: value})
    assert_same(arrays(network), arrays(before))
    assert_unused(rng)
    assert capsys.readouterr() == ("", "")


# Changes that a check must notice: its name, what is changed, and into what

CHANGES = """
activations:  return a > 0 → return a >= 0
activations:  return a * (1 - a) → return a
activations:  np.maximum(z, 0) → np.abs(z)
activations:  0.5 * (1 + np.tanh(0.5 * z)) → 1 / (1 + np.exp(-z))
softmax:  np.exp(logits - logits.max(axis=1, keepdims=True)) → np.exp(logits)
softmax:  np.exp(logits - logits.max(axis=1 → np.exp(logits - logits.max(axis=None
softmax:  powers.sum(axis=1, keepdims=True) → powers.sum(axis=0, keepdims=True)
cross_entropy:  shifted = logits - logits.max(axis=1, keepdims=True) → shifted = logits
cross_entropy:  shifted = logits - logits.max(axis=1 → shifted = logits - logits.max(axis=None
cross_entropy:  np.mean(log_sums - shifted → np.sum(log_sums - shifted
one_hot:  dtype=dtype)[labels] → dtype=dtype)[classes - 1 - labels]
forward:  activate(values[-1] @ weights + bias) → activate(values[-1] @ weights)
forward:  activate(values[-1] @ weights + bias) → values[-1] @ weights + bias
forward:  @ network.weights[-1] + network.biases[-1] → @ network.weights[-1]
evaluate:  logits.argmax(axis=1) == labels → logits.argmax(axis=0)[0] == labels
gradient:  / len(labels) →
gradient:  one_hot(labels, values → one_hot(values[-1].shape[1] - 1 - labels, values
gradient:  one_hot(labels, values → one_hot(labels[::-1], values
gradient:  softmax(values[-1]) - targets → targets
gradient:  values[k].T @ error → (values[k].T @ error).T
gradient:  error.sum(axis=0) → error.mean(axis=0)
gradient:  error @ network.weights[k].T → error @ network.weights[k]
gradient:  error @ network.weights[k].T → error @ network.weights[k - 1].T
gradient:  * derivative(values[k]) →
gradient:  derivative(values[k]) → derivative(values[k - 1])
gradient:  weight_slopes[::-1] → weight_slopes
gradient:  bias_slopes[::-1] → bias_slopes
gradient_of_sigmoid:  (sigmoid, sigmoid_derivative) → (sigmoid, relu_derivative)
minibatches:  order = rng.permutation(n) → order = np.arange(n)
minibatches:  rng.permutation(n) → rng.integers(n, size=n)
minibatches:  range(0, n, batch_size) → range(0, n - batch_size + 1, batch_size)
minibatches:  order[start:start + batch_size] → np.arange(n)[start:start + batch_size]
step:  parameter -= learning_rate → parameter += learning_rate
step:  parameter -= learning_rate → parameter = parameter - learning_rate
step:  parameters = network.weights + network.biases → parameters = network.weights
epoch:  / len(labels) → / 4
epoch:  labels[batch] → labels[:len(batch)]
epoch:  forward(network, x[batch]) → forward(network, x[:len(batch)])
training:  if epoch > 0: → if epoch >= 0:
training:  *evaluate(network, *validation)) → *evaluate(network, x, labels))
training:  range(epochs + 1) → range(epochs)
training:  seen = (x[:len(validation[0])], → seen = (x[-len(validation[0]):],
"""  # noqa: E501
SOURCE = ast.unparse(ast.parse(inspect.getsource(numpy_mlp)))  # on one line each


def check_of(name, source):
    """Run a check of a module made from this source."""
    module = types.ModuleType("changed_numpy_mlp")
    exec(compile(source, "changed_numpy_mlp.py", "exec"), module.__dict__)
    globals()[f"check_{name}"](module)


@pytest.mark.parametrize("row", CHANGES.strip().splitlines())
def test_change_that_breaks_the_module_is_noticed(row):
    name, rest = row.split(":  ")
    old, new = (text.strip() for text in rest.split(" →"))
    assert SOURCE.count(old) == 1
    check_of(name, SOURCE)  # or the failure below would prove nothing
    with pytest.raises((AssertionError, FloatingPointError)):
        check_of(name, SOURCE.replace(old, new))
