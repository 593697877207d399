"""Confusion matrix and classification report in one object. Used from chapter 2 on."""

from typing import NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from helpers._arguments import (
    as_labels,
    as_whole_number,
    check_choice,
    check_same_length,
)
from helpers.plotting import as_text, axes_or_new

# Light enough for dark figures on every cell.
_SHADES = LinearSegmentedColormap.from_list("light blues", ["#f7fbff", "#7ab8dd"])


class ConfusedPair(NamedTuple):
    """How often one class was taken for another."""

    true: object  # the class that it is
    predicted: object  # the class that it was taken for
    count: int  # how many times
    share: float  # of all samples of the true class, 0 to 1


class ConfusionReport:
    """What a classifier gets right and wrong: numbers to print, a matrix to draw, pairs to look at.

    Make one with :meth:`from_predictions`; ``print`` it, or end a cell with it. Rows stand for true
    classes and columns for predicted ones, everywhere.

    ``labels``    ``(k,)``, the classes, in the order of the rows
    ``counts``    ``(k, k)`` int64, how many samples of each true class were given each predicted class
    ``accuracy``  share of the samples that were classified correctly, 0 to 1
    """

    def __init__(self, counts, labels, text):
        """Keep the numbers; :meth:`from_predictions` computes them."""
        self.counts = counts
        self.labels = labels
        self.accuracy = float(np.trace(counts) / counts.sum())
        self._text = text

    @classmethod
    def from_predictions(cls, y_true, y_pred, *, labels=None, digits=3):
        """Compare true and predicted classes.

        ``y_true``  ``(n,)``, the classes, integers or strings
        ``y_pred``  ``(n,)``, the predicted classes (not probabilities)
        ``labels``  ``(k,)``, all classes in the order wanted, so that one that does not occur keeps its row;
                    None means those that occur, sorted
        ``digits``  decimals in the printed report

        Raises ``TypeError`` or ``ValueError`` for wrong types, shapes or lengths, NaN,
        nothing to compare, or a class that is not in ``labels``.
        """
        from sklearn.metrics import (  # takes a second, and only reports need it
            classification_report,
            confusion_matrix,
        )

        y_true, y_pred = as_labels(y_true, "y_true"), as_labels(y_pred, "y_pred")
        check_same_length(y_true=y_true, y_pred=y_pred)
        if (y_true.dtype.kind == "U") != (y_pred.dtype.kind == "U"):
            raise TypeError(
                f"y_true and y_pred must be of one kind, got {y_true.dtype} and {y_pred.dtype}"
            )
        if labels is None:
            labels = np.unique(np.concatenate([y_true, y_pred]))
        labels = as_labels(labels, "labels")
        if len(np.unique(labels)) < len(labels):
            raise ValueError(f"labels must name each class once, got {labels.tolist()}")
        for name, values in (("y_true", y_true), ("y_pred", y_pred)):
            unknown = np.setdiff1d(values, labels)
            if len(unknown):
                raise ValueError(
                    f"{name} must hold only classes in labels {labels.tolist()}, got {unknown.tolist()}"
                )
        # With a single class scikit-learn's confusion_matrix warns, though there is
        # nothing wrong.
        counts = (
            confusion_matrix(y_true, y_pred, labels=labels)
            if len(labels) > 1
            else np.array([[len(y_true)]])
        )
        text = classification_report(
            y_true, y_pred, labels=labels, digits=digits, zero_division=0
        )
        return cls(counts, labels, text)

    def __str__(self):
        """Return accuracy, then precision, recall, F1 and number of samples of each class."""
        right, n = int(np.trace(self.counts)), int(self.counts.sum())
        return f"{right:,} of {n:,} right: accuracy {self.accuracy:.4f}\n\n{self._text.rstrip()}"

    __repr__ = __str__  # so that a cell that ends with a report shows it

    def plot(self, *, normalize=None, errors_only=False, ax=None):
        """Draw the confusion matrix, rows true and columns predicted, zeros left blank.

        ``normalize``    None draws counts, ``"true"`` shares of each row, with recall on
                         the diagonal, ``"pred"`` of each column, with precision there
        ``errors_only``  leave the diagonal blank and scale the colours to the errors, which a good classifier's
                         diagonal would drown
        ``ax``           where to draw; None means a new figure

        Returns the Axes. Raises ``ValueError`` for an unknown ``normalize``.
        """
        import seaborn as sns  # takes a second, and only some chapters need it

        check_choice(normalize, "normalize", (None, "true", "pred"))
        values, form = self.counts, "d"
        if normalize:
            axis = {"true": 1, "pred": 0}[normalize]
            totals = self.counts.sum(axis=axis, keepdims=True)
            values, form = self.counts / np.maximum(totals, 1), ".2f"
        blank = (
            np.eye(len(self.labels), dtype=bool)
            if errors_only
            else np.zeros(values.shape, dtype=bool)
        )
        text = [
            [format(value, form) if value else "" for value in row] for row in values
        ]
        size = max(4, 0.62 * len(self.labels))
        names = [as_text(label) for label in self.labels]
        ax = axes_or_new(ax, figsize=(size, size))
        sns.heatmap(
            values,
            mask=blank,
            annot=np.array(text, dtype=object),
            fmt="",
            cmap=_SHADES,
            vmin=0,
            vmax=max(values[~blank].max(initial=0), 1e-9),
            cbar=False,
            square=True,
            linewidths=0.5,
            linecolor="0.85",
            xticklabels=names,
            yticklabels=names,
            annot_kws={"fontsize": 10},
            ax=ax,
        )
        ax.grid(False)
        ax.set(xlabel="predicted", ylabel="true")
        ax.tick_params(length=0)
        ax.tick_params(axis="y", labelrotation=0)
        return ax

    def most_confused(self, most=10):
        """Return the ``most`` frequent mistakes as a list of :class:`ConfusedPair`, the most frequent first."""
        most = as_whole_number(most, "most", 1)
        errors = self.counts * ~np.eye(len(self.labels), dtype=bool)
        order = np.argsort(-errors, axis=None, kind="stable")[:most]
        pairs = []
        for i, j in zip(*np.unravel_index(order, errors.shape), strict=True):
            if errors[i, j]:
                share = float(errors[i, j] / self.counts[i].sum())
                pairs.append(
                    ConfusedPair(
                        self.labels[i].item(),
                        self.labels[j].item(),
                        int(errors[i, j]),
                        share,
                    )
                )
        return pairs
