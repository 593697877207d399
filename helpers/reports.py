"""Confusion matrix and classification report in one object, and intervals of shares.

Used in chapters 2 to 5.
"""

from numbers import Real
from typing import NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from helpers._arguments import (
    as_labels,
    as_whole_number,
    check_choice,
    check_same_length,
)
from helpers.plotting import _as_text, _axes_or_new

# Light enough for dark figures on every cell.
_SHADES = LinearSegmentedColormap.from_list("light blues", ["#f7fbff", "#7ab8dd"])
_LETTER = 0.1  # inches that a letter of a tick label takes


class ConfusedPair(NamedTuple):
    """How often one class was taken for another.

    Parameters
    ----------
    true : int or str
        What the samples are.
    predicted : int or str
        What they were taken for.
    count : int
        How many there are.
    share : float
        Their share of all samples of the true class, 0 to 1.

    Examples
    --------
    >>> from helpers.reports import ConfusedPair
    >>> ConfusedPair("cat", "dog", 2, 0.4).count
    2
    """

    true: object
    predicted: object
    count: int
    share: float


class ConfusionReport:
    """What a classifier gets right and wrong: a table, a matrix and the confused pairs.

    Make one with :meth:`from_predictions`; ``print`` it or end a cell with it. Rows are
    true classes and columns predicted ones. Used in chapters 2 to 5.

    Parameters
    ----------
    counts : ndarray of int64 of shape (k, k)
        How many samples of each true class were given each predicted class.
    labels : ndarray of shape (k,)
        The classes, in the order of the rows.
    text : str
        Precision, recall and F1 of each class, as scikit-learn prints them.

    Attributes
    ----------
    counts, labels : ndarray
        As above.
    accuracy : float
        Share of the samples that were classified correctly, 0 to 1.

    Examples
    --------
    >>> from helpers.reports import ConfusionReport
    >>> report = ConfusionReport.from_predictions([0, 0, 1], [0, 1, 1])
    >>> report.counts
    array([[1, 1],
           [0, 1]])
    >>> print(str(report).splitlines()[0])
    2 of 3 right: accuracy 0.6667
    """

    def __init__(self, counts, labels, text=None):
        """Store the numbers that :meth:`from_predictions` computes."""
        if text is None:  # the likely mistake: true and predicted classes were given
            raise TypeError("use ConfusionReport.from_predictions(y_true, y_pred)")
        self.counts = counts
        self.labels = labels
        self.accuracy = float(np.trace(counts) / counts.sum())
        self._text = text

    @classmethod
    def from_predictions(cls, y_true, y_pred, *, labels=None, digits=3):
        """Compare true and predicted classes.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            The true classes, integers or strings.
        y_pred : array-like of shape (n,)
            The predicted classes, not probabilities.
        labels : array-like of shape (k,), default=None
            All classes in the order of the rows, those that do not occur included. None
            means those that occur, sorted.
        digits : int, default=3
            Number of decimals in the printed table.

        Returns
        -------
        ConfusionReport
            The report.

        Raises
        ------
        TypeError
            If classes are neither integers nor strings, some are strings and others are
            not, or ``digits`` is not a whole number.
        ValueError
            If shapes or lengths do not fit, nothing is given, ``labels`` names a class
            twice, a class is not among them, or ``digits`` is negative.

        Examples
        --------
        >>> from helpers.reports import ConfusionReport
        >>> report = ConfusionReport.from_predictions(["cat", "dog"], ["cat", "cat"])
        >>> report.accuracy
        0.5
        """
        __tracebackhide__ = True  # IPython shows the reader's own line
        from sklearn.metrics import (  # takes a second, and only reports need it
            classification_report,
            confusion_matrix,
        )

        y_true, y_pred = as_labels(y_true, "y_true"), as_labels(y_pred, "y_pred")
        check_same_length(y_true=y_true, y_pred=y_pred)
        _check_one_kind(y_true=y_true, y_pred=y_pred)
        if labels is None:
            labels = np.unique(np.concatenate([y_true, y_pred]))
        labels = as_labels(labels, "labels")
        _check_one_kind(y_true=y_true, labels=labels)
        digits = as_whole_number(digits, "digits", 0)
        if len(np.unique(labels)) < len(labels):
            raise ValueError(f"labels must name each class once, got {labels.tolist()}")
        for name, values in (("y_true", y_true), ("y_pred", y_pred)):
            unknown = np.setdiff1d(values, labels)
            if len(unknown):
                raise ValueError(
                    f"{name} must hold only classes in labels {labels.tolist()}, "
                    f"got {unknown.tolist()}"
                )
        # scikit-learn's confusion_matrix warns when there is a single class.
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
        """Return accuracy, then precision, recall, F1 and support of each class."""
        right, n = int(np.trace(self.counts)), int(self.counts.sum())
        first = f"{right:,} of {n:,} right: accuracy {self.accuracy:.4f}"
        return f"{first}\n\n{self._text.rstrip()}"

    __repr__ = __str__  # so that a cell that ends with a report shows it

    def plot(self, *, normalize=None, errors_only=False, ax=None):
        """Draw the confusion matrix, rows true and columns predicted, zeros left blank.

        Parameters
        ----------
        normalize : {"true", "pred"}, default=None
            "true" draws shares of each row, with recall on the diagonal, and "pred"
            shares of each column, with precision there. None draws counts.
        errors_only : bool, default=False
            Whether to leave the diagonal blank and fit the colours to the errors, which
            would be pale beside the diagonal of a good classifier.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None means a new figure, with constrained layout: without it,
            long names are cut off.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.

        Raises
        ------
        TypeError
            If ``ax`` is not Axes.
        ValueError
            If ``normalize`` is unknown.

        Examples
        --------
        >>> from helpers.reports import ConfusionReport
        >>> report = ConfusionReport.from_predictions([0, 0, 1], [0, 1, 1])
        >>> ax = report.plot(normalize="true")
        >>> [text.get_text() for text in ax.texts]
        ['0.50', '0.50', '', '1.00']
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
        names = [_as_text(label) for label in self.labels]
        # Names longer than two letters need space beside the matrix, and below it if
        # they are wider than their columns.
        width = _LETTER * max(0, *map(len, names))
        slanted = width > size / len(names)
        extra = max(0, width - 2 * _LETTER)
        figsize = (size + extra, size + (0.75 * extra if slanted else 0))
        ax = _axes_or_new(ax, figsize=figsize)
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
        if extra:
            # Centred, the square matrix would leave constrained layout's margins.
            ax.set_anchor("SW")
        if slanted:
            ax.set_xticklabels(names, rotation=45, ha="right", rotation_mode="anchor")
        return ax

    def most_confused(self, n=10):
        """Return the most frequent mistakes, the most frequent first.

        Parameters
        ----------
        n : int, default=10
            Number of pairs to return, at most.

        Returns
        -------
        list of ConfusedPair
            Pairs of a true and a predicted class; equal counts in the order of rows.

        Raises
        ------
        TypeError
            If ``n`` is not a whole number.
        ValueError
            If ``n`` is below 1.

        Examples
        --------
        >>> from helpers.reports import ConfusionReport
        >>> report = ConfusionReport.from_predictions([0, 0, 1], [0, 1, 1])
        >>> report.most_confused()
        [ConfusedPair(true=0, predicted=1, count=1, share=0.5)]
        """
        n = as_whole_number(n, "n", 1)
        errors = self.counts * ~np.eye(len(self.labels), dtype=bool)
        order = np.argsort(-errors, axis=None, kind="stable")[:n]
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


def proportion_interval(right, total, *, confidence=0.95):
    """Return an interval for a share of which a sample is known: Wilson's interval.

    For an accuracy on test data, say: how good the model may be on all data of which
    these are a sample. Used in chapters 2 to 5.

    Parameters
    ----------
    right : int
        How many of the sample were right, 0 to ``total``.
    total : int
        The size of the sample, at least 1.
    confidence : float, default=0.95
        The share of samples whose interval holds the true share, above 0 and below 1.

    Returns
    -------
    low, high : float
        The ends of the interval, 0 to 1.

    Raises
    ------
    TypeError
        If ``right`` or ``total`` is not a whole number, or ``confidence`` not a number.
    ValueError
        If ``right`` is negative or above ``total``, ``total`` is below 1, or
        ``confidence`` is not between 0 and 1.

    Notes
    -----
    E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927). Averaged over all shares,
    it is right as often as it says; for a single share a little more or less often.

    Examples
    --------
    >>> from helpers.reports import proportion_interval
    >>> low, high = proportion_interval(98, 100)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.930 to 0.994
    """
    from scipy.stats import binomtest  # takes a second, and only some chapters need it

    right = as_whole_number(right, "right", 0)
    total = as_whole_number(total, "total", 1)
    if right > total:
        raise ValueError(f"right must be at most total, {total}, got {right}")
    if not isinstance(confidence, Real) or isinstance(confidence, bool):
        raise TypeError(f"confidence must be a number, got {confidence!r}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence!r}")
    test = binomtest(right, total)
    low, high = test.proportion_ci(confidence_level=confidence, method="wilson")
    return float(low), float(high)


def _check_one_kind(**classes):
    """Raise an error if some arrays of classes hold text and others whole numbers."""
    kinds = {
        name: "text" if array.dtype.kind == "U" else "whole numbers"
        for name, array in classes.items()
    }
    if len(set(kinds.values())) > 1:
        (one, its_kind), (other, other_kind) = kinds.items()
        raise TypeError(
            f"{one} and {other} must hold classes of one kind, "
            f"but {one} holds {its_kind}, {other} {other_kind}: "
            "turn numbers into names, as in np.array(names)[y_pred]"
        )
