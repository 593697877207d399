"""Answers to the exercises, right and wrong ones, as readers write them; `test_exercises.py` has them checked.

A right answer is written differently from the stored solution. A wrong one comes with
what the check must say to it: the start of a hint, one of the two general replies
below, or the error that Python raises.
"""

from textwrap import dedent
from typing import NamedTuple

UNFORESEEN = "The answer is "  # no hint fits: the check shows the answer
OTHER_SHAPE = (
    "The answer should be "  # nor is it a number, or an array of the right shape
)


class Answers(NamedTuple):
    """Answers to one exercise."""

    right: list  # texts of code
    wrong: list  # pairs: text of code, start of what must be said to it


# What stands in for a name that only a training gives. 4.4 needs a confusion matrix
# with mistakes, whoever made them:
# here every digit is mistaken for others at times, for some more often, so that rows
# and columns have other sums.
STAND_INS = {
    "mnist_report": dedent("""
    guesses = np.where(np.arange(10_000) % 9 == 0, mnist.y_test // 2, mnist.y_test)
    mnist_report = ConfusionReport.from_predictions(mnist.y_test, guesses, labels=list(range(10)))
    """)
}

# What is said to a function without a body where that is not the line that the exercise
# waits: it says more.
BEGUN = {
    "2.1": "It returns None: is there a `return`?",
    "3.1": "It returns None: is there a `return`?",
    "3.2": "None came back: does each function `return` what it computes?",
    "3.3": "Nothing has moved: change both arrays in place",
    "3.4": "It returns None: is there a `return`?",
    "4.4": "It returns None every time: is there a `return`?",
}

ANSWERS = {}

# ---- chapter 1

ANSWERS["1.1"] = Answers(
    right=[
        """
    def absolute_gradient(w, b, x, y):
        by_w = by_b = 0.0
        for x_i, y_i in zip(x, y):
            sign = 1 if w * x_i + b > y_i else -1
            by_w += sign * x_i / len(x)
            by_b += sign / len(x)
        return [by_w, by_b]
    """,
        """
    def absolute_gradient(w, b, x, y):
        design = np.column_stack([x, np.ones(len(x))])
        return design.T @ np.sign(design @ np.array([w, b]) - y) / len(x)
    """,
        """
    def absolute_gradient(w, b, x, y):
        return finite_differences(lambda point: np.abs(point[0] * x + point[1] - y).mean(), [w, b])
    """,
    ],
    wrong=[
        (
            """
    def absolute_gradient(w, b, x, y):
        sign = np.sign(predict(w, b, x) - y)
        return 2 * np.mean(sign * x), 2 * np.mean(sign)
    """,
            "There is no factor 2",
        ),
        (
            """
    def absolute_gradient(w, b, x, y):
        sign = np.sign(y - predict(w, b, x))
        return np.mean(sign * x), np.mean(sign)
    """,
            "The sign is turned around",
        ),
        (
            """
    def absolute_gradient(w, b, x, y):
        sign = np.sign(predict(w, b, x) - y)
        return np.mean(sign), np.mean(sign * x)
    """,
            "First the derivative by w",
        ),
        (
            """
    def absolute_gradient(w, b, x, y):
        error = predict(w, b, x) - y
        return 2 * np.mean(error * x), 2 * np.mean(error)
    """,
            "That is the gradient of the squared error.",
        ),
        (
            """
    def absolute_gradient(w, b, x, y):
        sign = np.sign(w * x + b - y)
        return np.sum(sign * x), np.sum(sign)
    """,
            "Take the mean over the points",
        ),
        (
            """
    def absolute_gradient(w, b, x, y):
        error = predict(w, b, x) - y
        return np.mean(np.abs(error) * x), np.mean(np.abs(error))
    """,
            "np.sign, not np.abs",
        ),
        (
            """
    def absolute_gradient(w, b, x, y):
        sign = np.sign(predict(w, b, x) - y)
        return np.mean(sign), np.mean(sign)
    """,
            "By w, each sign counts times its x.",
        ),
        (
            """
    def absolute_gradient(w, b, x, y):
        sign = np.sign(predict(w, b, x) - y)
        return sign * x, sign
    """,
            OTHER_SHAPE,
        ),
    ],
)

ANSWERS["1.2"] = Answers(
    right=[
        """
    safe_rate = min(1 / (x_i ** 2 + 1) for x_i in x_train)
    """,
        """
    hessians = [2 * np.array([[x_i ** 2, x_i], [x_i, 1]]) for x_i in x_train]
    safe_rate = 2 / max(np.linalg.eigvalsh(one)[-1] for one in hessians)
    """,
        """
    bounds = 2 / (2 * (x_train ** 2 + 1))
    safe_rate = np.sort(bounds)[0]
    """,
        """
    from fractions import Fraction
    safe_rate = float(Fraction(1, 17))
    """,
    ],
    wrong=[
        (
            """
    safe_rate = largest_rate
    """,
            "That is the bound for all five points at once.",
        ),
        (
            """
    safe_rate = max(2 / (2 * (x_i ** 2 + 1)) for x_i in x_train)
    """,
            "That is safe for x = 0 only.",
        ),
        (
            """
    safe_rate = 2 / (x_train.max() ** 2 + 1)
    """,
            "The eigenvalue is 2(x² + 1)",
        ),
        (
            """
    safe_rate = 1 / (2 * (x_train.max() ** 2 + 1))
    """,
            "The bound is 2 divided by the eigenvalue",
        ),
        (
            """
    safe_rate = 0.0588
    """,
            "Set the bound unrounded.",
        ),
        (
            """
    safe_rate = round(1 / 17, 3)
    """,
            "Set the bound unrounded.",
        ),
        (
            """
    safe_rate = np.mean(2 / (2 * (x_train ** 2 + 1)))
    """,
            "A mean is not safe for every point.",
        ),
        (
            """
    safe_rate = 2 / (2 * x_train.max() ** 2 + 1)
    """,
            "The eigenvalue is 2(x² + 1), not 2x² + 1.",
        ),
        (
            """
    safe_rate = 2 / (2 * (x_new.max() ** 2 + 1))
    """,
            "Look at the five points that the line learns from",
        ),
        (
            """
    safe_rate = 2 / (2 * (x_train ** 2 + 1))
    """,
            OTHER_SHAPE,
        ),
    ],
)

ANSWERS["1.3"] = Answers(
    right=[
        """
    shifted = x_train - np.mean(x_train)
    second = np.array([[np.mean(shifted ** 2), np.mean(shifted)], [np.mean(shifted), 1]])
    values, vectors = np.linalg.eigh(2 * second)
    centred_condition = values[1] / values[0]
    """,
        """
    singular = np.linalg.svd(np.stack([x_train - x_train.mean(), np.ones(5)], axis=1), compute_uv=False)
    centred_condition = (singular[0] / singular[-1]) ** 2
    """,
        """
    centred_x = [x_i - sum(x_train) / 5 for x_i in x_train]
    along, across = 2, 2 * sum(x_i ** 2 for x_i in centred_x) / 5   # now the matrix is diagonal
    centred_condition = max(along, across) / min(along, across)
    """,
    ],
    wrong=[
        (
            """
    centred_condition = np.linalg.cond(hessian)
    """,
            "That is the condition number before centring.",
        ),
        (
            """
    centred_condition = round(steep / flat, 1)
    """,
            "That is the condition number before centring.",
        ),
        (
            """
    moved = np.column_stack([x_train - x_train.mean(), np.ones(5)])
    low, high = np.linalg.eigvalsh(2 / 5 * moved.T @ moved)
    centred_condition = low / high
    """,
            "Divide the larger eigenvalue by the smaller one",
        ),
        (
            """
    centred_condition = np.linalg.cond(np.column_stack([x_train - x_train.mean(), np.ones(5)]))
    """,
            "That belongs to the design matrix.",
        ),
        (
            """
    moved = design - design.mean(axis=0)             # the column of ones, too
    centred_condition = np.linalg.cond(2 / 5 * moved.T @ moved)
    """,
            "Subtract the mean from x only",
        ),
        (
            """
    moved = np.column_stack([(x_train - x_train.mean()) / x_train.std(), np.ones(5)])
    centred_condition = np.linalg.cond(2 / 5 * moved.T @ moved)
    """,
            "Subtract the mean only: do not divide",
        ),
        (
            """
    moved = np.column_stack([x_train - x_train.mean(), np.ones(5)])
    centred_condition = np.linalg.eigvalsh(2 / 5 * moved.T @ moved)
    """,
            OTHER_SHAPE,
        ),
    ],
)

ANSWERS["1.4"] = Answers(
    right=[
        """
    steps_centred, left = 0, 1.0
    while left >= 0.01:
        left *= 1 / 3
        steps_centred += 1
    """,
        """
    moved = x_train - x_train.mean()
    goal = np.array([1.0, y_train.mean()])
    walked = np.abs(descend(0.0, 0.0, moved, y_train, 2 / (2 + 4), 20) - goal)
    steps_centred = np.argmax(np.all(walked < 0.01 * walked[0], axis=1))
    """,
        """
    import math
    steps_centred = math.floor(math.log(100, 3)) + 1
    """,
        """
    small, large = 2, 4
    steps_centred = np.ceil(np.log(0.01) / np.log(abs(1 - 2 / (small + large) * large)))    # a float
    """,
    ],
    wrong=[
        (
            """
    steps_centred = steps_needed
    """,
            "That is without centring.",
        ),
        (
            """
    steps_centred = round(np.log(0.01) / np.log(1 / 3))
    """,
            "After 4 steps 1/81 is left",
        ),
        (
            """
    steps_centred = int(np.log(0.01) / np.log(1 / 3))
    """,
            "After 4 steps 1/81 is left",
        ),
        (
            """
    steps_centred = int(np.ceil(np.log(0.01) / np.log(1 - LEARNING_RATE * 2)))
    """,
            "That is at a rate of 0.1, or with the old curvature",
        ),
        (
            """
    steps_centred = int(np.ceil(np.log(0.01) / np.log(1 - 1 / 7 * 2)))
    """,
            "1/7 is the best rate without centring.",
        ),
        (
            """
    steps_centred = np.log(0.01) / np.log(1 - 2 / 6 * 2)
    """,
            "Steps come in whole numbers",
        ),
        (
            """
    steps_centred = steps_at_best
    """,
            "That is at 1/7, without centring.",
        ),
        (
            """
    steps_centred = int(np.ceil(np.log(0.01) / np.log((1 / 3) ** 2)))        # of the loss, not of the offset
    """,
            "That is for the loss. Of the *offset*",
        ),
        (
            """
    steps_centred = int(np.ceil(np.log(0.01) / np.log(1 - 1 / (2 + 4) * 2)))
    """,
            "The rate is 2 / (λ₁ + λ₂), not 1 / (λ₁ + λ₂).",
        ),
    ],
)

# ---- chapter 2

ANSWERS["2.1"] = Answers(
    right=[
        """
    def count_for(share, ratios):
        total = 0
        for count, ratio in enumerate(ratios, start=1):
            total += ratio
            if total >= share:
                return count
    """,
        """
    def count_for(share, ratios):
        return np.searchsorted(np.cumsum(ratios), share) + 1
    """,
        """
    from itertools import accumulate

    def count_for(share, ratios):
        return 1 + sum(reached < share for reached in accumulate(ratios))
    """,
    ],
    wrong=[
        (
            """
    def count_for(share, ratios):
        return np.argmax(np.cumsum(ratios) >= share)
    """,
            "One too few",
        ),
        (
            """
    def count_for(share, ratios):
        count = 1
        while sum(ratios[:count]) < share:
            count += 1
        return count + 1
    """,
            "One too many",
        ),
        (
            """
    def count_for(share, ratios):
        return np.argmax(ratios >= share) + 1
    """,
            "Add the shares up first",
        ),
        (
            """
    def count_for(share, ratios):
        return np.argmax(cumulative >= share) + 1
    """,
            "Use the argument `ratios`",
        ),
        (
            """
    def count_for(share, ratios):
        return np.argmax(np.cumsum(ratios) >= KEEP) + 1
    """,
            "Use the argument `share`, not the chapter's `KEEP`.",
        ),
        (
            """
    def count_for(share, ratios):
        return np.sum(np.cumsum(ratios) >= share)
    """,
            "So many counts reach the share.",
        ),
        (
            """
    def count_for(share, ratios):
        return np.cumsum(ratios) >= share
    """,
            UNFORESEEN,
        ),
        (
            """
    def count_for(share, ratios):
        print(np.argmax(np.cumsum(ratios) >= share) + 1)
    """,
            "It returns None: is there a `return`?",
        ),
    ],
)

ANSWERS["2.2"] = Answers(
    right=[
        """
    whitened = np.empty((1797, 21))
    for column in range(21):
        whitened[:, column] = scores[:, column] / np.std(scores[:, column], ddof=1)
    """,
        """
    whitened = u[:, :21] * np.sqrt(len(x) - 1)
    """,
        """
    whitened = np.einsum("nk,k->nk", scores[:, :21], variances[:21] ** -0.5)
    """,
        """
    whitened = (scores @ np.diag(1 / np.maximum(scores.std(axis=0, ddof=1), 1e-12)))[:, :21].tolist()
    """,
    ],
    wrong=[
        (
            """
    whitened = scores[:, :21] / scores[:, :21].var(axis=0, ddof=1)
    """,
            "Divide by the standard deviation",
        ),
        (
            """
    whitened = u[:, :21]
    """,
            "Singular values are not yet standard deviations",
        ),
        (
            """
    whitened = scores[:, :21] / np.std(scores[:, :21])
    """,
            "Each column needs its own standard deviation",
        ),
        (
            """
    whitened = scores[:, :21] / scores[:, :21].std(axis=0)           # without ddof=1
    """,
            "Nearly: take n − 1, not n (ddof=1).",
        ),
        (
            """
    whitened = PCA(21, whiten=True).fit_transform(x)                 # some columns with the other sign
    """,
            "Nearly: some columns have the other sign.",
        ),
        (
            """
    whitened = scores[:, :21] * np.sqrt(variances[:21])
    """,
            "Divide instead of multiplying.",
        ),
        (
            """
    whitened = scores[:, :21] / scores[:, :21].std(axis=1, keepdims=True)
    """,
            "That is the spread of each row.",
        ),
        (
            """
    whitened = scores[:, :2] / np.sqrt(variances[:2])
    """,
            OTHER_SHAPE,
        ),
    ],
)

ANSWERS["2.3"] = Answers(
    right=[
        """
    stretched = x.copy()
    stretched[:, 36] = 100 * stretched[:, 36]
    strengths = np.linalg.svd(stretched - stretched.mean(axis=0), compute_uv=False) ** 2
    share_of_first = strengths[0] / np.sum(strengths)
    """,
        """
    units = np.ones(64)
    units[4 * 8 + 4] = 100
    values = np.linalg.eigvalsh(np.cov(x * units, rowvar=False))
    share_of_first = float(max(values) / sum(values))
    """,
        """
    stretched = images.copy()
    stretched[:, 4, 4] *= 100
    share_of_first, = PCA(1).fit(stretched.reshape(-1, 64)).explained_variance_ratio_
    """,
    ],
    wrong=[
        (
            """
    stretched = x.copy()
    stretched[:, 36] *= 100
    share_of_first = PCA().fit(x).explained_variance_ratio_[0]
    """,
            "That is the share before stretching.",
        ),
        (
            """
    stretched = x.copy()
    stretched[:, 36] *= 100
    share_of_first = PCA().fit(stretched).explained_variance_[0]
    """,
            "That is the variance itself.",
        ),
        (
            """
    stretched = x.copy()
    stretched[:, 36] *= 100
    share_of_first = PCA().fit(stretched).explained_variance_ratio_[1:].sum()
    """,
            "That is the share of all the others.",
        ),
        (
            """
    stretched = x.copy()
    stretched[36] *= 100                         # a digit, not a pixel
    share_of_first = PCA().fit(stretched).explained_variance_ratio_[0]
    """,
            "That stretches digit 36.",
        ),
        (
            """
    stretched = x.copy()
    stretched[:, 35] *= 100
    share_of_first = PCA().fit(stretched).explained_variance_ratio_[0]
    """,
            UNFORESEEN,
        ),
        (
            """
    stretched = x.copy()
    stretched[:, 36] *= 100
    strengths = np.linalg.svd(stretched - stretched.mean(axis=0))[1]
    share_of_first = strengths[0] / strengths.sum()
    """,
            "Square the singular values: shares of the variance.",
        ),
        (
            """
    stretched = x.copy()
    stretched[:, 36] *= 100
    share_of_first = 100 * PCA().fit(stretched).explained_variance_ratio_[0]
    """,
            "That is in per cent.",
        ),
        (
            """
    stretched = x.copy()
    stretched[:, 36] *= 100
    share_of_first = PCA().fit(stretched).explained_variance_ratio_
    """,
            OTHER_SHAPE,
        ),
    ],
)

ANSWERS["2.4"] = Answers(
    right=[
        """
    for_digit = []
    for digit in range(10):
        ratios_of_digit = PCA().fit(x[labels == digit]).explained_variance_ratio_
        for_digit.append(np.searchsorted(np.cumsum(ratios_of_digit), 0.9) + 1)
    """,
        """
    def needed_for(own):
        values = np.linalg.eigvalsh(np.cov(own.T))[::-1]
        return np.sum(np.cumsum(values) < 0.9 * values.sum()) + 1

    for_digit = np.array([needed_for(x[labels == digit]) for digit in range(10)], dtype=float)
    """,
        """
    for_digit = tuple(len(PCA(KEEP).fit(images[labels == digit].reshape(-1, 64)).components_) for digit in range(10))
    """,
    ],
    wrong=[
        (
            """
    for_digit = [PCA(0.9).fit(x).n_components_ for digit in range(10)]
    """,
            "That is for all digits together.",
        ),
        (
            """
    for_digit = [int(np.argmax(np.cumsum(PCA().fit(x[labels == digit]).explained_variance_ratio_) >= 0.9))
                 for digit in range(10)]
    """,
            "One too few each",
        ),
        (
            """
    for_digit = [PCA(KEEP).fit(x_train[y_train == digit]).n_components_ for digit in range(10)]
    """,
            "That is for the training part.",
        ),
        (
            """
    for_digit = []
    for digit in range(10):
        strengths = np.linalg.svd(x[labels == digit], compute_uv=False) ** 2          # not centred
        for_digit.append(np.argmax(np.cumsum(strengths) / strengths.sum() >= 0.9) + 1)
    """,
            "Subtract the mean first",
        ),
        (
            """
    for_digit = []
    for digit in range(10):
        own = x[labels == digit]
        s = np.linalg.svd(own - own.mean(axis=0), compute_uv=False)                   # not squared
        for_digit.append(np.argmax(np.cumsum(s) / s.sum() >= 0.9) + 1)
    """,
            "Square the singular values: 90 % of the *variance*.",
        ),
        (
            """
    for_digit = [PCA(0.9).fit(x[labels == digit]).explained_variance_ratio_.sum() for digit in range(10)]
    """,
            UNFORESEEN,
        ),
        (
            """
    for_digit = [PCA(0.9).fit(x[labels == digit]).n_components_ for digit in range(1, 10)]
    """,
            OTHER_SHAPE,
        ),
    ],
)

# ---- chapter 3

ANSWERS["3.1"] = Answers(
    right=[
        """
    def count_parameters(sizes):
        total = 0
        for k in range(1, len(sizes)):
            total += (sizes[k - 1] + 1) * sizes[k]
        return total
    """,
        """
    def count_parameters(sizes):
        network = initialize(sizes, np.random.default_rng(SEED))
        return sum(array.size for array in network.weights + network.biases)
    """,
        """
    def count_parameters(sizes):
        sizes = np.array(sizes)
        return np.dot(sizes[:-1], sizes[1:]) + sizes[1:].sum()
    """,
        """
    def count_parameters(sizes):
        if len(sizes) < 2:
            return 0
        return sizes[0] * sizes[1] + sizes[1] + count_parameters(sizes[1:])
    """,
    ],
    wrong=[
        (
            """
    def count_parameters(sizes):
        return sum(inputs * outputs for inputs, outputs in zip(sizes, sizes[1:]))
    """,
            "Those are the weights.",
        ),
        (
            """
    def count_parameters(sizes):
        return sum(inputs * outputs for inputs, outputs in zip(sizes, sizes[1:])) + sum(sizes)
    """,
            "The inputs have no biases.",
        ),
        (
            """
    def count_parameters(sizes):
        return sum(array.size for array in network.weights + network.biases)
    """,
            "Use the argument `sizes`",
        ),
        (
            """
    def count_parameters(sizes):
        return sum(inputs * outputs + inputs for inputs, outputs in zip(sizes, sizes[1:]))
    """,
            "A bias for each unit computed",
        ),
        (
            """
    def count_parameters(sizes):
        return sum(inputs * outputs + 1 for inputs, outputs in zip(sizes, sizes[1:]))
    """,
            "Each unit has a bias of its own",
        ),
        (
            """
    def count_parameters(sizes):
        return sizes[0] * sizes[1] + sizes[1] + sizes[1] * sizes[-1] + sizes[-1]
    """,
            "That is for three sizes.",
        ),
        (
            """
    def count_parameters(sizes):
        for inputs, outputs in zip(sizes, sizes[1:]):
            total = inputs * outputs + outputs
            return total
    """,
            "It ends after the first layer",
        ),
        (
            """
    def count_parameters(sizes):
        print(sum(inputs * outputs + outputs for inputs, outputs in zip(sizes, sizes[1:])))
    """,
            "It returns None: is there a `return`?",
        ),
        (
            """
    def count_parameters(sizes):
        return [inputs * outputs + outputs for inputs, outputs in zip(sizes, sizes[1:])]
    """,
            UNFORESEEN,
        ),
    ],
)

ANSWERS["3.2"] = Answers(
    right=[
        """
    def leaky_relu(z):
        return np.maximum(z, 0.01 * z)

    def leaky_relu_derivative(a):
        slope = np.ones_like(a)
        slope[a < 0] = 0.01
        return slope

    activation_functions["leaky"] = (leaky_relu, leaky_relu_derivative)
    leaky_errors, _ = gradient_errors(small._replace(activation="leaky"), small_x, small_labels)
    """,
        """
    def leaky_relu(z):
        return relu(z) - 0.01 * relu(-z)

    def leaky_relu_derivative(a):
        return 0.01 + 0.99 * relu_derivative(a)
    """,
        """
    leaky_relu = np.vectorize(lambda z: z if z > 0 else z / 100)
    leaky_relu_derivative = np.vectorize(lambda a: 1.0 if a > 0 else 1 / 100)
    """,
        """
    def leaky_relu(z):
        z = np.copy(z)
        z[z < 0] *= 0.01
        return z

    def leaky_relu_derivative(a):
        return [1 if value > 0 else 0.01 for value in a]
    """,
    ],
    wrong=[
        (
            """
    def leaky_relu(z):
        return np.where(z > 0, z, 0.01 * z)

    def leaky_relu_derivative(a):
        return a > 0
    """,
            "Where z is negative, the slope should be 0.01",
        ),
        (
            """
    def leaky_relu(z):
        return np.maximum(z, 0.01)

    def leaky_relu_derivative(a):
        return np.where(a > 0, 1, 0.01)
    """,
            "np.maximum(z, 0.01) gives 0.01",
        ),
        (
            """
    leaky_relu, leaky_relu_derivative = relu, relu_derivative
    """,
            "That is plain ReLU",
        ),
        (
            """
    def leaky_relu(z):
        return np.maximum(z, 0)

    def leaky_relu_derivative(a):
        return np.where(a > 0, 1, 0.01)
    """,
            "Negative z should give 0.01 z",
        ),
        (
            """
    def leaky_relu(z):
        return np.where(z > 0, z, 0.01 * z)

    def leaky_relu_derivative(a):
        return a
    """,
            "That is the value again",
        ),
        (
            """
    def leaky_relu(z):
        return np.where(z > 0, z, 0.01 * z)

    def leaky_relu_derivative(a):
        return np.where(a > 0, 1, -0.01)
    """,
            "For negative z it rises, too.",
        ),
        (
            """
    def leaky_relu(z):
        return np.where(z > 0, z, -0.01 * z)

    def leaky_relu_derivative(a):
        return np.where(a > 0, 1, 0.01)
    """,
            "Mind the sign",
        ),
        (
            """
    def leaky_relu(z):
        return np.where(z > 0, z, 0.01 * z)

    def leaky_relu_derivative(a):
        return np.where(a > 0, 1, 0.01 * a)
    """,
            "The slope is 0.01, not 0.01 a",
        ),
        (
            """
    def leaky_relu(z):
        return np.where(z > 0, z, 0.1 * z)

    def leaky_relu_derivative(a):
        return np.where(a > 0, 1, 0.1)
    """,
            "The factor is 0.01, not 0.1.",
        ),
        (
            """
    def leaky_relu(z):
        return np.minimum(z, 0.01 * z)

    def leaky_relu_derivative(a):
        return np.where(a > 0, 1, 0.01)
    """,
            "That takes the smaller of the two.",
        ),
        (
            """
    def leaky_relu(z):
        return np.where(z > 0, z, 0.01 * z)

    def leaky_relu_derivative(a):
        return leaky_relu(a)
    """,
            "That is leaky ReLU again, not its slope.",
        ),
        (
            """
    def leaky_relu(z):
        np.where(z > 0, z, 0.01 * z)

    def leaky_relu_derivative(a):
        return np.where(a > 0, 1, 0.01)
    """,
            "None came back: does each function `return` what it computes?",
        ),
        (
            """
    def leaky_relu(z):
        return np.where(z > 0, z, 0.01 * z)

    def leaky_relu_derivative(a):
        print(np.where(a > 0, 1, 0.01))
    """,
            "None came back: does each function `return` what it computes?",
        ),
        (
            """
    def leaky_relu(z):
        if z > 0:
            return z
        return 0.01 * z

    def leaky_relu_derivative(a):
        return 1 if a > 0 else 0.01
    """,
            "ValueError: The truth value of an array",
        ),
    ],
)

ANSWERS["3.3"] = Answers(
    right=[
        """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity[...] = momentum * velocity - learning_rate * slope
        parameter[...] = parameter + velocity
    """,
        """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        for index in np.ndindex(parameter.shape):
            velocity[index] = momentum * velocity[index] - learning_rate * slope[index]
            parameter[index] += velocity[index]
    """,
        """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        np.multiply(velocity, momentum, out=velocity)
        np.subtract(velocity, learning_rate * slope, out=velocity)
        np.add(parameter, velocity, out=parameter)
    """,
    ],
    wrong=[
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity = momentum * velocity - learning_rate * slope
        parameter += velocity
    """,
            "Change the velocity in place, too.",
        ),
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity *= momentum
        velocity -= learning_rate * slope
        parameter = parameter + velocity
    """,
            "The parameter has not moved",
        ),
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity = momentum * velocity - learning_rate * slope
        parameter = parameter + velocity
        return parameter, velocity
    """,
            "Nothing has moved",
        ),
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity[:] = momentum * velocity + learning_rate * slope
        parameter += velocity
    """,
            "You go uphill",
        ),
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity[:] = momentum * velocity + learning_rate * slope
        parameter -= velocity
    """,
            "The velocity points uphill",
        ),
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity[:] = momentum * velocity - slope
        parameter += learning_rate * velocity
    """,
            "The learning rate belongs into the velocity.",
        ),
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity *= momentum
        velocity -= learning_rate * slope
        parameter += velocity - learning_rate * slope
    """,
            "The slope is counted twice",
        ),
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity[:] = momentum * velocity + slope            # as PyTorch does it
        parameter -= learning_rate * velocity
    """,
            "Put the sign and the learning rate into the velocity.",
        ),
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        parameter += velocity
        velocity *= momentum
        velocity -= learning_rate * slope
    """,
            "First the velocity, then the parameter.",
        ),
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity -= learning_rate * slope
        parameter += velocity
    """,
            "The momentum is missing",
        ),
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity -= learning_rate * slope
        velocity *= momentum
        parameter += velocity
    """,
            "Momentum multiplies the old velocity only.",
        ),
        (
            """
    def momentum_step(parameter, velocity, slope, learning_rate, momentum):
        velocity[:] = momentum * velocity - (1 - momentum) * learning_rate * slope
        parameter += velocity
    """,
            "No factor 1 - momentum",
        ),
    ],
)

ANSWERS["3.4"] = Answers(
    right=[
        """
    def regularize(gradient, network, strength):
        weights = []
        for k in range(len(network.weights)):
            weights.append(gradient.weights[k] + strength * network.weights[k])
        return Network(weights, gradient.biases, network.activation)
    """,
        """
    def regularize(gradient, network, strength):
        result = deepcopy(gradient)
        for slope, weights in zip(result.weights, network.weights):
            slope += strength * weights
        return result
    """,
        """
    def regularize(gradient, network, strength):
        add = lambda slope, weights: np.add(slope, np.multiply(strength, weights))
        return Network(weights=list(map(add, gradient.weights, network.weights)),
                       biases=[bias.copy() for bias in gradient.biases], activation=gradient.activation)
    """,
    ],
    wrong=[
        (
            """
    def regularize(gradient, network, strength):
        return Network([slope + strength * weights for slope, weights in zip(gradient.weights, network.weights)],
                       [slope + strength * bias for slope, bias in zip(gradient.biases, network.biases)],
                       network.activation)
    """,
            "Biases are free",
        ),
        (
            """
    def regularize(gradient, network, strength):
        shrinking = [slope + 2 * strength * weights for slope, weights in zip(gradient.weights, network.weights)]
        return gradient._replace(weights=shrinking)
    """,
            "Twice too much",
        ),
        (
            """
    def regularize(gradient, network, strength):
        shrinking = [slope + strength / 2 * weights for slope, weights in zip(gradient.weights, network.weights)]
        return gradient._replace(weights=shrinking)
    """,
            "Half of it",
        ),
        (
            """
    def regularize(gradient, network, strength):
        shrinking = [slope - strength * weights for slope, weights in zip(gradient.weights, network.weights)]
        return gradient._replace(weights=shrinking)
    """,
            "Mind the sign",
        ),
        (
            """
    def regularize(gradient, network, strength):
        shrinking = [slope + strength * weights for slope, weights in zip(gradient.weights, network.weights)]
        gradient._replace(weights=shrinking)
        return gradient
    """,
            "That is the gradient without the price.",
        ),
        (
            """
    def regularize(gradient, network, strength):
        for slope, weights in zip(gradient.weights, network.weights):
            slope += strength * weights
        return gradient
    """,
            "You have changed `gradient` itself",
        ),
        (
            """
    def regularize(gradient, network, strength):
        shrinking = [slope + strength / 2 * weights ** 2 for slope, weights in zip(gradient.weights, network.weights)]
        return gradient._replace(weights=shrinking)
    """,
            "That adds the price itself",
        ),
        (
            """
    def regularize(gradient, network, strength):
        price = strength / 2 * sum(np.sum(weights ** 2) for weights in network.weights)
        return gradient._replace(weights=[slope + price for slope in gradient.weights])
    """,
            "That adds the whole price to each slope",
        ),
        (
            """
    def regularize(gradient, network, strength):
        return gradient._replace(weights=[strength * weights for weights in network.weights])
    """,
            "The gradient of the loss is missing.",
        ),
        (
            """
    def regularize(gradient, network, strength):
        shrinking = [slope + strength * np.sign(weights) for slope, weights in zip(gradient.weights, network.weights)]
        return gradient._replace(weights=shrinking)
    """,
            "The slope of w² / 2 is w, not only its sign.",
        ),
        (
            """
    def regularize(gradient, network, strength):
        return [slope + strength * weights for slope, weights in zip(gradient.weights, network.weights)]
    """,
            "It should return a `Network`",
        ),
        (
            """
    def regularize(gradient, network, strength):
        shrinking = [slope + strength * weights for slope, weights in zip(gradient.weights, network.weights)]
        gradient._replace(weights=shrinking)
    """,
            "It returns None: is there a `return`?",
        ),
    ],
)

# ---- chapter 4

ANSWERS["4.1"] = Answers(
    right=[
        """
    def dropout(values, rate, rng):
        stays = rng.random(values.shape) >= rate
        return values * stays / (1 - rate)
    """,
        """
    def dropout(values, rate, rng):
        result = values / (1 - rate)
        result[rng.random(values.shape) < rate] = 0
        return result
    """,
        """
    def dropout(values, rate, rng):
        return np.array([image * rng.choice([0, 1 / (1 - rate)], size=len(image), p=[rate, 1 - rate])
                         for image in values])
    """,
        """
    def dropout(values, rate, rng):
        return [[0 if rng.random() < rate else value / (1 - rate) for value in image] for image in values]
    """,
    ],
    wrong=[
        (
            """
    def dropout(values, rate, rng):
        return np.where(rng.random(values.shape) < rate, 0, values)
    """,
            "The values that stay must be divided by 1 - rate.",
        ),
        (
            """
    def dropout(values, rate, rng):
        return np.where(rng.random(values.shape) < rate, values / rate, 0)
    """,
            "`rate` is the share that goes, not the share that stays.",
        ),
        (
            """
    def dropout(values, rate, rng):
        return np.where(rng.random(values.shape) < rate, values / (1 - rate), 0)
    """,
            "`rate` is the share that goes, not what stays.",
        ),
        (
            """
    def dropout(values, rate, rng):
        return values * (rng.random(values.shape) < rate)
    """,
            "`rate` is the share that goes; and divide by 1 - rate.",
        ),
        (
            """
    def dropout(values, rate, rng):
        return np.where(rng.random(values.shape) < rate, 0, values / rate)
    """,
            "Divide by 1 - rate, not by rate.",
        ),
        (
            """
    def dropout(values, rate, rng):
        return np.where(rng.random(values.shape) < rate, 0, values * (1 - rate))
    """,
            "Divide by 1 - rate instead of multiplying.",
        ),
        (
            """
    def dropout(values, rate, rng):
        return np.where(rng.random(values.shape) < rate, 0, values * rate)
    """,
            "Divide by 1 - rate instead of multiplying by rate.",
        ),
        (
            """
    def dropout(values, rate, rng):
        if rng.random() < rate:
            return np.zeros_like(values)
        return values / (1 - rate)
    """,
            "Nothing was dropped",
        ),
        (
            """
    def dropout(values, rate, rng):
        rng = np.random.default_rng(SEED)
        return np.where(rng.random(values.shape) < rate, 0, values / (1 - rate))
    """,
            "Draw from `rng`, anew for every value of every image.",
        ),
        (
            """
    def dropout(values, rate, rng):
        of_image = rng.random((len(values), 1))
        return np.where(of_image < rate, 0, values / (1 - rate))
    """,
            "Draw from `rng`, anew for every value of every image.",
        ),
        (
            """
    def dropout(values, rate, rng):
        of_unit = rng.random(values.shape[1])
        return np.where(of_unit < rate, 0, values / (1 - rate))
    """,
            "Draw for every image",
        ),
        (
            """
    def dropout(values, rate, rng):
        values[rng.random(values.shape) < rate] = 0
        values /= 1 - rate
        return values
    """,
            "Leave `values` itself as it is",
        ),
        (
            """
    def dropout(values, rate, rng):
        values[rng.random(values.shape) < rate] = 0
        return values
    """,
            "Return a new array, with the rest divided by 1 - rate.",
        ),
        (
            """
    def dropout(values, rate, rng):
        values[rng.random(values.shape) < rate] = 0
        return values / (1 - rate)
    """,
            "Leave `values` itself as it is",
        ),
        (
            """
    def dropout(values, rate, rng):
        return np.where(rng.normal(size=values.shape) < rate, 0, values / (1 - rate))
    """,
            UNFORESEEN,
        ),
        (
            """
    def dropout(values, rate, rng):
        return rng.random(values.shape) < rate
    """,
            UNFORESEEN,
        ),
        (
            """
    def dropout(values, rate, rng):
        return values[rng.random(values.shape) >= rate] / (1 - rate)
    """,
            "Return an array of the shape of `values`",
        ),
    ],
)

ANSWERS["4.2"] = Answers(
    right=[
        """
    first_steps = [0.004, 0.00316, 0.001]
    """,
        """
    g, rate = 4.0, 1e-3
    v = (1 - 0.9) * g * g
    by_adam = (0.1 * g / 0.1) / (0.001 * g * g / 0.001) ** 0.5
    first_steps = np.array([rate * g, rate * g * v ** -0.5, rate * by_adam])
    """,
        """
    first_steps = ()
    for name in ("SGD", "RMSprop", "Adam"):
        optimizer = getattr(keras.optimizers, name)(learning_rate=0.001)
        weight = keras.Variable([0.0])
        optimizer.apply([keras.ops.convert_to_tensor([4.0])], [weight])
        first_steps += (abs(float(weight[0])),)
    """,
    ],
    wrong=[
        (
            """
    first_steps = [-0.001 * 4, -0.001 * 4 / np.sqrt(0.1 * 16), -0.001]
    """,
            "A length is positive.",
        ),
        (
            """
    first_steps = [4, 4 / np.sqrt(0.1 * 16), 1]
    """,
            "Times the learning rate.",
        ),
        (
            """
    first_steps = [0.001 * 4, 0.001 * 4 / np.sqrt(4 ** 2), 0.001 * 4 / np.sqrt(4 ** 2)]
    """,
            "After one step, v of RMSprop is a tenth of g squared.",
        ),
        (
            """
    m, v = 0.1 * 4, 0.001 * 16
    first_steps = [0.001 * 4, 0.001 * 4 / np.sqrt(0.1 * 16), 0.001 * m / np.sqrt(v)]
    """,
            "Adam makes up for the start: divide m by 0.1",
        ),
        (
            """
    m, v = 0.1 * 4 / (1 - 0.9), 0.001 * 16
    first_steps = [0.001 * 4, 0.001 * 4 / np.sqrt(0.1 * 16), 0.001 * m / np.sqrt(v)]
    """,
            "Adam makes up for the start of v as well.",
        ),
        (
            """
    m, v = 0.1 * 4, 0.001 * 16 / (1 - 0.999)
    first_steps = [0.001 * 4, 0.001 * 4 / np.sqrt(0.1 * 16), 0.001 * m / np.sqrt(v)]
    """,
            "Adam makes up for the start of m as well.",
        ),
        (
            """
    first_steps = [0.001 * 4, 0.001 * 4 / np.sqrt(0.9 * 16), 0.001]
    """,
            "RMSprop: 0.9 belongs to the old v",
        ),
        (
            """
    first_steps = 3 * [0.001 * 4]
    """,
            "RMSprop divides the slope by the root of v, Adam divides m.",
        ),
        (
            """
    first_steps = [0.001 * 4, 0.001 * 4 / np.sqrt(0.1 * 16), 0.001 * (0.1 * 4 / 0.1)]
    """,
            "Adam divides by the root of v, too.",
        ),
        (
            """
    first_steps = [0.001 * 4, 0.001 * 4 / (0.1 * 16), 0.001 * 4 / 16]
    """,
            "Divide by the *root* of v, both times.",
        ),
        (
            """
    first_steps = [0.001 * 4, 0.001 * 4 / (0.1 * 16), 0.001]
    """,
            "RMSprop divides by the *root* of v.",
        ),
        (
            """
    first_steps = [0.001 * 4, 0.001 * 4 / np.sqrt(0.1 * 16), 0.001 * 4 / 16]
    """,
            "Adam divides by the *root* of v.",
        ),
        (
            """
    first_steps = [0.004, 0.003, 0.001]                   # three decimals, not three digits
    """,
            "RMSprop's step to three digits",
        ),
        (
            """
    first_steps = [0.001, 0.00316, 0.004]                 # in another order
    """,
            "In this order: SGD, RMSprop, Adam.",
        ),
        (
            """
    first_steps = [0.004, 0.00316]
    """,
            OTHER_SHAPE,
        ),
    ],
)

ANSWERS["4.3"] = Answers(
    right=[
        """
    def honest_accuracy(x_in, y_in, x_out, y_out):
        heads, tails = x_in[y_in == 0], x_in[y_in == 1]
        chosen = np.argpartition(-np.abs(heads.mean(axis=0) - tails.mean(axis=0)), 20)[:20]
        model = KNeighborsClassifier(5)
        model.fit(x_in[:, chosen], y_in)
        return np.mean(model.predict(x_out[:, chosen]) == y_out)
    """,
        """
    def honest_accuracy(x_in, y_in, x_out, y_out):
        best, right = best_features(x_in, y_in), 0
        for person, outcome in zip(x_out[:, best], y_out):
            nearest = np.argsort(((x_in[:, best] - person) ** 2).sum(axis=1))[:5]
            right += (y_in[nearest].sum() > 2) == outcome
        return right / len(y_out)
    """,
    ],
    wrong=[
        (
            """
    honest_accuracy = leaky_accuracy
    """,
            "Who is judged still helps to choose",
        ),
        (
            """
    def honest_accuracy(x_in, y_in, x_out, y_out):
        model = KNeighborsClassifier(n_neighbors=5).fit(x_in[:, best_features(x_in, y_in)], y_in)
        return model.score(x_out[:, best_features(x_out, y_out)], y_out)
    """,
            "Choose by the people *in*, for both halves.",
        ),
        (
            """
    def honest_accuracy(x_in, y_in, x_out, y_out):
        best = best_features(x_in, y_in)
        return KNeighborsClassifier(n_neighbors=5).fit(x_in[:, best], y_in).score(x_in[:, best], y_in)
    """,
            "It is judged on the people that it learned from.",
        ),
        (
            """
    def honest_accuracy(x_in, y_in, x_out, y_out):
        return KNeighborsClassifier(n_neighbors=5).fit(x_in, y_in).score(x_out, y_out)
    """,
            "Do choose 20 features",
        ),
        (
            """
    def honest_accuracy(x_in, y_in, x_out, y_out):
        some = np.arange(20)                       # no choice, no leak
        return KNeighborsClassifier(n_neighbors=5).fit(x_in[:, some], y_in).score(x_out[:, some], y_out)
    """,
            "Where there is something to find",
        ),
        (
            """
    def honest_accuracy(x_in, y_in, x_out, y_out):
        return 0.5
    """,
            UNFORESEEN,
        ),
    ],
)

ANSWERS["4.4"] = Answers(
    right=[
        """
    from collections import Counter

    def true_axis(counts, y_true):
        wanted = Counter(y_true.tolist())
        wanted = [wanted[digit] for digit in range(len(counts))]
        if [sum(row) for row in counts.tolist()] == wanted:
            return 0
        if [sum(column) for column in zip(*counts.tolist())] == wanted:
            return 1
    """,
        """
    def true_axis(counts, y_true):
        wanted = (np.arange(len(counts))[:, None] == y_true).sum(axis=1)
        rows, columns = np.einsum("ij->i", counts), np.einsum("ij->j", counts)
        return 0 if (rows == wanted).all() else 1 if (columns == wanted).all() else None
    """,
        """
    def true_axis(counts, y_true):
        wanted = np.histogram(y_true, bins=np.arange(len(counts) + 1))[0]
        fits = [np.allclose(matrix.sum(axis=1), wanted) for matrix in (counts, counts.T)]
        return fits.index(True) if any(fits) else None
    """,
    ],
    wrong=[
        (
            """
    def true_axis(counts, y_true):
        expected = np.bincount(y_true, minlength=len(counts))
        if np.array_equal(counts.sum(axis=0), expected):
            return 0
        if np.array_equal(counts.sum(axis=1), expected):
            return 1
        return None
    """,
            "counts.sum(axis=1) adds along a row",
        ),
        (
            """
    def true_axis(counts, y_true):
        expected = np.bincount(y_true, minlength=len(counts))
        if np.array_equal(counts.sum(axis=1), expected):
            return 1
        if np.array_equal(counts.sum(axis=0), expected):
            return 0
        return None
    """,
            "counts.sum(axis=1) adds along a row",
        ),
        (
            """
    def true_axis(counts, y_true):
        expected = np.bincount(y_true, minlength=len(counts))
        return 0 if np.array_equal(counts.sum(axis=1), expected) else 1
    """,
            "Check the columns as well before you say 1",
        ),
        (
            """
    def true_axis(counts, y_true):
        expected = sorted(np.bincount(y_true, minlength=len(counts)))
        if sorted(counts.sum(axis=1)) == expected:
            return 0
        if sorted(counts.sum(axis=0)) == expected:
            return 1
    """,
            "All sums must agree, each in its place.",
        ),
        (
            """
    def true_axis(counts, y_true):
        expected, answer = np.bincount(y_true, minlength=len(counts)), None
        for axis in (0, 1):
            if np.array_equal(counts.sum(axis=1 - axis), expected):
                answer = axis
        return answer
    """,
            "When both fit, the answer should be 0.",
        ),
        (
            """
    def true_axis(counts, y_true):
        expected = np.bincount(y_true)
        for axis in (0, 1):
            if np.array_equal(counts.sum(axis=1 - axis), expected):
                return axis
        return None
    """,
            "Both may fit: then 0.",
        ),
        (
            """
    def true_axis(counts, y_true):
        expected = np.bincount(y_true, minlength=len(counts))
        return 0 if np.array_equal(counts.sum(axis=1), expected) else None
    """,
            "And when the true digits are in the columns?",
        ),
        (
            """
    def true_axis(counts, y_true):
        expected = np.bincount(y_true, minlength=len(counts))
        for axis in (0, 1):
            if np.array_equal(counts.sum(axis=1 - axis), expected):
                print(axis)
    """,
            "It returns None every time",
        ),
        (
            """
    def true_axis(counts, y_true):
        expected = np.bincount(y_true, minlength=len(counts))
        if np.any(counts.sum(axis=1) == expected):
            return 0
        if np.any(counts.sum(axis=0) == expected):
            return 1
    """,
            "All sums must agree, each in its place.",
        ),
        (
            """
    def true_axis(counts, y_true):
        return 0 if counts.sum(axis=1).sum() == len(y_true) else 1
    """,
            "It says 0 every time. The total always fits",
        ),
        (
            """
    def true_axis(counts, y_true):
        expected = np.bincount(y_true, minlength=len(counts))
        if counts.sum(axis=1) == expected:
            return 0
        if counts.sum(axis=0) == expected:
            return 1
    """,
            "ValueError: The truth value of an array",
        ),
        (
            """
    def true_axis(counts, y_true):
        expected = np.bincount(y_true)
        if (counts.sum(axis=1) == expected).all():
            return 0
        if (counts.sum(axis=0) == expected).all():
            return 1
    """,
            "ValueError: operands could not be broadcast together",
        ),
    ],
)

# ---- chapter 5

ANSWERS["5.1"] = Answers(
    right=[
        """
    fields, field, apart = [], 1, 1                       # apart: how many pixels lie between neighbours
    for window, stride in ((5, 1), (2, 2), (3, 1), (3, 1), (2, 2)):
        field += (window - 1) * apart
        apart *= stride
        fields.append(field)
    """,
        """
    def width(values, windows_and_strides):               # backwards, from one number to the pixels it needs
        for window, stride in reversed(windows_and_strides):
            values = (values - 1) * stride + window
        return values

    layers = [(5, 1), (2, 2), (3, 1), (3, 1), (2, 2)]
    fields = np.array([width(1, layers[:count]) for count in range(1, 6)])
    """,
        """
    fields = (5.0, 6.0, 10.0, 14.0, 16.0)                 # counted on squared paper
    """,
    ],
    wrong=[
        (
            """
    fields = [5, 5 + 1, 6 + 2, 8 + 2, 10 + 1]
    """,
            "After a pooling, neighbours are two pixels apart, not one.",
        ),
        (
            """
    fields = [5, 5 * 2, 10 + 2, 12 + 2, 14 * 2]
    """,
            "Pooling adds one step to the field",
        ),
        (
            """
    fields = [5, 6, 10, 14, 14 + 1]
    """,
            "Neighbours that the second pooling joins",
        ),
        (
            """
    fields = [5, 6, 10, 14, 14 + 4]
    """,
            "Before the second pooling",
        ),
        (
            """
    fields = [5, 6, 6 + 3 * 2, 12 + 3 * 2, 18 + 2]
    """,
            "A window of 3 has two steps, not three",
        ),
        (
            """
    fields = [5, 6, 6 + 3, 9 + 3, 12 + 2]
    """,
            "A window of 3 has two steps from first to last.",
        ),
        (
            """
    fields = [places(28, 5), places(24, 2, 2), places(12, 3), places(10, 3), places(8, 2, 2)]
    """,
            "These are the widths of the maps",
        ),
        (
            """
    fields = [5, 5 + 2, 7 + 2 * 2, 11 + 2 * 2, 15 + 2]
    """,
            "A window of 2 has one step, not two.",
        ),
        (
            """
    fields = [5, 6, 6 + 3, 9 + 3, 12 + 1]
    """,
            "A window of 3 has two steps from first to last.",
        ),
        (
            """
    fields = [width ** 2 for width in (5, 6, 10, 14, 16)]
    """,
            "The widths, not the numbers of pixels.",
        ),
        (
            """
    fields = [5, 2, 3, 3, 2]
    """,
            "Those are the windows",
        ),
        (
            """
    fields = [5, 7, 9, 11, 12]
    """,
            UNFORESEEN,
        ),
        (
            """
    fields = [6, 10, 14, 16]
    """,
            OTHER_SHAPE,
        ),
    ],
)

STRIDED_NETWORK = """
    def strided_network():
        keras.utils.set_random_seed(SEED)
        return keras.Sequential([
            keras.Input(shape=(28, 28, 1)), keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(16, 5, strides=2, use_bias=False), *activation(),
            keras.layers.Conv2D(32, 3, use_bias=False), *activation(),
            keras.layers.Conv2D(48, 3, strides=2, use_bias=False), *activation(), keras.layers.Flatten(),
            keras.layers.Dense(64, use_bias=False), *activation(), keras.layers.Dense(10)])
    """


def strided(*changes):
    """Return the right network with replacements, pairs of an old and a new text."""
    code = STRIDED_NETWORK
    for old, new in changes:
        assert old in code, old
        code = code.replace(old, new)
    return code


ANSWERS["5.2"] = Answers(
    right=[
        """
    def strided_network():
        model = keras.Sequential()
        model.add(keras.Input((28, 28, 1)))
        model.add(keras.layers.Rescaling(1 / 255))
        for units, size, stride in ((16, 5, 2), (32, 3, 1), (48, 3, 2)):
            model.add(keras.layers.Conv2D(units, (size, size), strides=(stride, stride), use_bias=False))
            model.add(keras.layers.BatchNormalization(momentum=0.9))
            model.add(keras.layers.Activation("relu"))
        model.add(keras.layers.Flatten())
        model.add(keras.layers.Dense(64, use_bias=False))
        for layer in activation():
            model.add(layer)
        model.add(keras.layers.Dense(10))
        return model
    """,
        """
    def strided_network():
        layers = [layer for layer in our_network().layers if not isinstance(layer, keras.layers.MaxPooling2D)]
        copies = []
        for layer in layers:
            settings = layer.get_config()
            if isinstance(layer, keras.layers.Conv2D) and settings["filters"] in (16, 48):
                settings["strides"] = 2
            copies.append(type(layer).from_config(settings))
        return keras.Sequential([keras.Input(shape=(28, 28, 1)), *copies])
    """,
        """
    def strided_network():
        inputs = keras.Input(shape=(28, 28, 1))
        values = keras.layers.Rescaling(1 / 255)(inputs)
        for units, size, stride in ((16, 5, 2), (32, 3, 1), (48, 3, 2)):
            values = keras.layers.Conv2D(units, size, strides=stride, use_bias=False)(values)
            values = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(values))
        values = keras.layers.Dense(64, use_bias=False)(keras.layers.Flatten()(values))
        values = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(values))
        return keras.Model(inputs, keras.layers.Dense(10)(values))
    """,
    ],
    wrong=[
        (
            strided(
                (
                    "strides=2, use_bias=False)",
                    "strides=2, use_bias=False), keras.layers.MaxPooling2D(2)",
                )
            ),
            "It pools as well, and no pixels are left",
        ),
        (
            strided(("return keras.Sequential([", "return ([")),
            "`strided_network()` must return a Keras model.",
        ),
        (
            strided(
                ("    def strided_network():\n    ", ""),
                ("        return", "    strided_network ="),
            ),
            "`strided_network` must be a function",
        ),
        (
            strided(("strides=2", "stride=2")),
            "ValueError: Unrecognized keyword arguments passed to Conv2D",
        ),
        (
            strided(
                (
                    "Conv2D(16, 5, strides=2, use_bias=False)",
                    "Conv2D(16, 5, strides=2, use_bias=False), keras.layers.MaxPooling2D(2)",
                )
            ),
            "It still pools",
        ),
        (
            strided((" keras.layers.Rescaling(1 / 255),", "")),
            "Apart from the poolings, keep all layers",
        ),
        (
            strided(
                (
                    "Conv2D(32, 3, use_bias=False), *activation()",
                    "Conv2D(32, 3, use_bias=False)",
                )
            ),
            "Apart from the poolings, keep all layers",
        ),
        (
            strided(
                ("use_bias=False), *activation()", "use_bias=False, activation='relu')")
            ),
            "Apart from the poolings, keep all layers",
        ),
        (
            strided(("32, 3,", "32, 3, strides=2,"), ("48, 3, strides=2,", "48, 3,")),
            "A stride of 2 belongs to the first and the *third* convolution",
        ),
        (
            strided(("strides=2, ", "")),
            "A stride of 2 belongs to the first and the *third* convolution",
        ),
        (
            strided(("strides=2", "strides=2, padding='same'")),
            "Leave `padding` as it was",
        ),
        (strided(("16, 5,", "16, 3,")), "Keep the sizes of the kernels"),
        (strided((", use_bias=False", "")), "Before a normalisation no bias is needed"),
        (
            strided(("Dense(64, use_bias=False)", "Dense(64)")),
            "The number of parameters should stay the same",
        ),
        (
            strided(("Conv2D(48,", "Conv2D(32,")),
            "The number of parameters should stay the same",
        ),
    ],
)

ANSWERS["5.3"] = Answers(
    right=[
        """
    def batch_normalisation(values, scale, offset):
        result = np.empty_like(values)
        for channel in range(values.shape[-1]):
            one = values[..., channel]
            result[..., channel] = (one - np.mean(one)) / np.sqrt(np.var(one) + 0.001)
            result[..., channel] = result[..., channel] * scale[channel] + offset[channel]
        return result
    """,
        """
    def batch_normalisation(values, scale, offset):
        flat = values.reshape(-1, values.shape[-1]).astype(np.float64)
        deviations = flat - flat.mean(axis=0)
        variance = np.einsum("nc,nc->c", deviations, deviations) / len(flat)
        return (deviations * (scale / (variance + 0.001) ** 0.5) + offset).reshape(values.shape)
    """,
        """
    def batch_normalisation(values, scale, offset):
        mean, variance = keras.ops.moments(values, axes=[0, 1, 2])
        return keras.ops.convert_to_numpy(scale * (values - mean) * keras.ops.rsqrt(variance + 0.001) + offset)
    """,
        """
    def batch_normalisation(values, scale, offset):
        values -= values.mean(axis=(0, 1, 2))                 # in place: nobody forbids it
        values /= np.sqrt(values.var(axis=(0, 1, 2)) + 0.001)
        values *= scale
        values += offset
        return values
    """,
    ],
    wrong=[
        *(
            (
                f"""
    def batch_normalisation(values, scale, offset):
        mean, variance = values.mean(axis={axes}, keepdims=True), values.var(axis={axes}, keepdims=True)
        return scale * (values - mean) / np.sqrt(variance + 0.001) + offset
    """,
                "Mean and variance over pictures *and* places",
            )
            for axes in (0, (0, 1), (1, 2), (1, 2, 3), 3, None)
        ),
        (
            """
    def batch_normalisation(values, scale, offset):
        mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
        return scale * (values - mean) / (variance + 0.001) + offset
    """,
            "Divide by the *root* of variance + 0.001.",
        ),
        (
            """
    def batch_normalisation(values, scale, offset):
        return scale * (values - values.mean(axis=(0, 1, 2))) / values.std(axis=(0, 1, 2)) + offset
    """,
            "Add 0.001 to the variance.",
        ),
        (
            """
    def batch_normalisation(values, scale, offset):
        return scale * (values - values.mean(axis=(0, 1, 2))) / (values.std(axis=(0, 1, 2)) + 0.001) + offset
    """,
            "Add the 0.001 before taking the root.",
        ),
        (
            """
    def batch_normalisation(values, scale, offset):
        mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
        return scale * ((values - mean) / np.sqrt(variance + 0.001) + offset)
    """,
            "First times the scale, then plus the offset.",
        ),
        (
            """
    def batch_normalisation(values, scale, offset):
        mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
        return scale * (values - mean) / np.sqrt(variance + 0.001)
    """,
            "The offset is missing.",
        ),
        (
            """
    def batch_normalisation(values, scale, offset):
        mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
        return (values - mean) / np.sqrt(variance + 0.001) + offset
    """,
            "The scale is missing.",
        ),
        (
            """
    def batch_normalisation(values, scale, offset):
        mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
        return (values - mean) / np.sqrt(variance + 0.001)
    """,
            "Scale and offset are missing.",
        ),
        (
            """
    def batch_normalisation(values, scale, offset):
        mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
        return offset * (values - mean) / np.sqrt(variance + 0.001) + scale
    """,
            "Scale and offset have changed places.",
        ),
        (
            """
    def batch_normalisation(values, scale, offset):
        return scale * values / np.sqrt(values.var(axis=(0, 1, 2)) + 0.001) + offset
    """,
            "Subtract the mean first.",
        ),
        (
            """
    def batch_normalisation(values, scale, offset):
        mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
        return (scale * values - mean) / np.sqrt(variance + 0.001) + offset
    """,
            "First subtract the mean, then multiply by the scale.",
        ),
        (
            """
    def batch_normalisation(values, scale, offset):
        mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2), ddof=1)
        return scale * (values - mean) / np.sqrt(variance + 0.001) + offset
    """,
            "Nearly: divide by n, not n − 1",
        ),
    ],
)

ANSWERS = {
    number: Answers(
        [dedent(code) for code in answers.right],
        [(dedent(code), reply) for code, reply in answers.wrong],
    )
    for number, answers in ANSWERS.items()
}
