"""Properties of the helpers on random input.

Whatever is legal works, and whatever is not gets the documented error.

The other tests show single cases. Here the cases are drawn, the same ones in every run,
and what must hold is worked out in another way, by counting or by scikit-learn.
"""

import functools
import io
import re
import tempfile
import warnings
from pathlib import Path

import hypothesis.extra.numpy as hnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import Phase, assume, configuration, given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from helpers import datasets, pictures, plotting
from helpers.checks import check_exercise, gradient_error
from helpers.reports import ConfusionReport
from tests.test_plotting import GALLERY

# no folder in the repository
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")
settings.register_profile(
    "course",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=40,
    phases=[Phase.generate, Phase.shrink],  # to explain a failure would take minutes
)
settings.load_profile("course")

pytestmark = [
    pytest.mark.filterwarnings(f"error::{kind}Warning")
    for kind in ("User", "Runtime", "Future")
]

from_predictions = ConfusionReport.from_predictions


# What is drawn: numbers, classes, the forms in which arrays come, and what is not legal

INTEGERS = [np.dtype(f"{sign}{size}") for sign in "iu" for size in (1, 2, 4, 8)]
# with limits that leave room for products
FLOATS = {np.float16: 2.0**14, np.float32: 2.0**100, np.float64: 2.0**300}
NUMERIC = [np.bool_, *INTEGERS, *FLOATS]

places = st.integers(0, 2**16)  # of an entry, counted on from the start
no_numbers = st.sampled_from([np.nan, np.inf, -np.inf])
# which matplotlib's own font has, and which have a meaning of their own in matplotlib
words = st.text("aZ1_$ é→", min_size=1, max_size=6)
words |= st.sampled_from(["_", "_a", "$$", "$a_$"])


def shapes(least, most):
    return hnp.array_shapes(min_dims=least, max_dims=most, max_side=4)


def numbers(shape, kinds=NUMERIC):
    """Draw an array of finite numbers, its dtype one of ``kinds``."""

    def array_of(kind):
        limit = FLOATS.get(kind)
        limits = {"min_value": -limit, "max_value": limit} if limit else None
        return hnp.arrays(kind, shape, elements=limits)

    return st.sampled_from(kinds).flatmap(array_of)


def forms(array):
    """Draw one of the forms in which the same array may come."""
    # of some lists of large integers NumPy makes floats
    listed = array if array.dtype == np.uint64 else array.tolist()
    frozen = array.copy()
    frozen.flags.writeable = False
    swapped = array.astype(array.dtype.newbyteorder())
    by_columns = np.asfortranarray(array)
    with_steps = np.repeat(array, 2, axis=0)[::2]
    return st.sampled_from([array, listed, frozen, swapped, with_steps, by_columns])


def rising(count):
    """Draw that many numbers, each larger than the one before."""
    steps = hnp.arrays(np.uint8, count, elements={"min_value": 1, "max_value": 20})
    kinds = st.sampled_from([np.int8, np.uint16, np.float16, np.float64])
    return st.builds(lambda steps, kind: np.cumsum(steps).astype(kind), steps, kinds)


@st.composite
def pools(draw, most):
    """Draw different classes, integers or strings, and two dtypes for them."""
    if draw(st.booleans()):
        kinds, elements = [np.str_, np.object_], words
    else:
        kinds = draw(st.lists(st.sampled_from(INTEGERS), min_size=2, max_size=2))
        low = max(np.iinfo(kind).min for kind in kinds)
        high = min(2**63 - 1, *(np.iinfo(kind).max for kind in kinds))
        elements = st.integers(low, high) | st.sampled_from([low, high])
    classes = st.lists(elements, min_size=1, max_size=most, unique=True)
    return draw(classes), draw(st.permutations(kinds))


@st.composite
def classes_of(draw, count):
    """Draw the classes of that many samples, at most ten different ones."""
    pool, kinds = draw(pools(10))
    labels = st.lists(st.sampled_from(pool), min_size=count, max_size=count)
    return draw(forms(np.array(draw(labels), kinds[0])))


def with_entry(array, place, value, kind=float):
    changed = np.array(array).astype(kind)
    changed.flat[place % changed.size] = value
    return changed


@st.composite
def spoiled(draw, array, *, labels=False, fixed_length=True, may_be_empty=False):
    """Draw what must be refused in place of an array, a wrong shape for example."""
    array, place = np.array(array), draw(places)
    faults = [array[None], [1, [2, 3]], with_entry(array, place, None, object)]
    if array.dtype.kind not in "OU":
        faults += [
            array.astype(complex),
            with_entry(array, place, draw(no_numbers)),
            with_entry(array, place, 0.5) if labels else array.astype(str),
        ]
    if fixed_length:
        faults.append(np.concatenate([array, array]))
    if not may_be_empty:
        faults.append(array[:0])
    return draw(st.sampled_from(faults))


# Gradients and exercises

whole_numbers = shapes(0, 3).flatmap(
    lambda shape: hnp.arrays(float, (2, *shape), elements=st.integers(-9, 9))
)


@given(whole_numbers, st.sampled_from([-1074, -1060, -300, 300, 1000, 1020]))
def test_the_error_of_a_gradient_is_fair_at_any_scale(pair, power):
    # from the smallest to the largest numbers
    formula, measured = np.ldexp(pair, power)
    error = gradient_error(formula, measured)
    assert error == gradient_error(measured, formula) == gradient_error(*pair)
    assert 0 <= error <= 2
    assert (error == 0) == np.array_equal(formula, measured)


# most of them too large for a float
huge_integers = st.integers(300, 400).map(lambda power: 10**power)


def any_arrays(shape):
    """Draw an array of numbers, texts, times, records or objects."""
    objects = st.none() | huge_integers | st.lists(st.integers()).map(np.array)
    objects = hnp.arrays(object, shape, elements=objects, fill=st.nothing())
    return hnp.arrays(hnp.scalar_dtypes() | hnp.array_dtypes(), shape) | objects


def answers(shape):
    kinds, limits = ["c16", "U3", "S3"], {"allow_nan": False, "max_magnitude": 9}
    return numbers(shape) | hnp.arrays(st.sampled_from(kinds), shape, elements=limits)


KINDS = [st.integers, st.floats, st.complex_numbers, st.fractions, st.text, st.binary]
KINDS += [st.dates, st.functions, lambda: st.decimals(allow_nan=False)]
anything = st.one_of(
    *(kind() for kind in KINDS),
    huge_integers,
    any_arrays(shapes(0, 3)),
    st.lists(st.none() | st.integers() | st.text() | st.lists(st.floats())),
    st.dictionaries(st.text(), st.integers()),
    st.sets(st.integers()),
)


@settings(max_examples=150)
@given(st.data())
def test_any_answer_is_right_or_wrong_and_no_crash(data):
    expected = data.draw(answers(shapes(1, 2)))
    right = data.draw(forms(expected))
    check_exercise("1.2", lambda: right, expected)
    answer = data.draw(any_arrays(expected.shape) | anything)
    with np.errstate(all="ignore"):  # numbers too large to subtract differ
        try:
            check_exercise("1.2", lambda: answer, expected)
        except AssertionError as error:
            assert str(error).startswith("Exercise 1.2: not yet.")
        else:
            assert np.shape(answer) == expected.shape


@given(slip=st.floats(0.01, 1000), digits=st.integers(2, 8))
def test_a_rounded_slip_gets_its_hint(slip, digits):
    for rounded in (round(slip, digits), float(f"{slip:.{digits}g}")):
        with pytest.raises(AssertionError, match=r"You answered .*\. Known\."):
            answer, hints = (lambda rounded=rounded: rounded), [(slip, "Known.")]
            check_exercise("1.2", answer, -1.0, hints=hints)


# Confusion reports


@st.composite
def comparisons(draw):
    """Draw arguments of a report, its classes in order, and each sample's indices."""
    pool, kinds = draw(pools(6))
    pairs = st.tuples(*[st.sampled_from(pool)] * 2)
    true, predicted = zip(*draw(st.lists(pairs, min_size=1, max_size=30)), strict=True)
    arguments = {
        "y_true": draw(forms(np.array(true, kinds[0]))),
        "y_pred": draw(forms(np.array(predicted, kinds[1]))),
    }
    order = sorted({*true, *predicted})
    if draw(st.booleans()):
        order = draw(st.permutations(pool))
        arguments["labels"] = draw(forms(np.array(order, kinds[0])))
    places = ([order.index(label) for label in labels] for labels in (true, predicted))
    return arguments, order, *places


@given(comparisons(), st.integers(0, 6))
def test_a_report_has_the_numbers_of_scikit_learn(case, digits):
    arguments, order, true, predicted = case
    report, places = from_predictions(**arguments, digits=digits), range(len(order))
    assert report.labels.tolist() == order
    # with one more class, since scikit-learn warns of a single one
    counts = confusion_matrix(true, predicted, labels=[*places, -1])[:-1, :-1]
    np.testing.assert_array_equal(report.counts, counts)
    assert report.accuracy == pytest.approx(counts.trace() / len(true), rel=1e-12)
    scores = precision_recall_fscore_support(
        true, predicted, labels=places, zero_division=0
    )
    expected = [
        [*str(label).split(), *(f"{score:.{digits}f}" for score in row), str(support)]
        for label, *row, support in zip(order, *scores, strict=True)
    ]
    lines = str(report).split("\n")[4 : 4 + len(order)]
    assert [line.split() for line in lines] == expected


@given(st.lists(st.integers(2**53, 2**63 - 1), min_size=1))
def test_the_largest_classes_stay_different(classes):
    report = from_predictions(np.array(classes, np.int64), np.array(classes, np.uint64))
    assert (report.labels.tolist(), report.accuracy) == (sorted(set(classes)), 1)


@given(comparisons(), st.integers(1, 12))
def test_the_most_confused_pairs_are_those_counted_singly(case, most):
    arguments, order, true, predicted = case
    pairs = list(zip(true, predicted, strict=True))
    mistakes = {pair for pair in pairs if pair[0] != pair[1]}
    expected = [
        (order[i], order[j], pairs.count((i, j)), pairs.count((i, j)) / true.count(i))
        for i, j in sorted(mistakes, key=lambda pair: (-pairs.count(pair), pair))
    ]
    assert from_predictions(**arguments).most_confused(most) == expected[:most]


# Plots


@st.composite
def image_arguments(draw):
    images = draw(numbers(shapes(3, 3)))
    ncols = draw(st.integers(1, 10**20))
    nrows = -(-len(images) // min(ncols, len(images)))
    options = {
        "predictions": classes_of(len(images)),
        "row_labels": classes_of(nrows),
        "cmap": st.sampled_from(["gray", "viridis"]),
        "colorbar": st.sampled_from(["ink", "$x_1$"]),
    }
    arguments = {"images": forms(images), "labels": classes_of(len(images))}
    arguments["ncols"] = st.just(ncols)
    limits = dict(zip(("vmin", "vmax"), draw(rising(2)), strict=True))
    return limits | draw(st.fixed_dictionaries(arguments, optional=options))


@st.composite
def curve_arguments(draw):
    values, logy = numbers(shapes(1, 1)), draw(st.booleans())
    if logy:
        values = values.map(lambda array: 1 + abs(array.astype(float)))
    series = st.dictionaries(words, values.flatmap(forms), min_size=1, max_size=4)
    first = draw(st.integers(-10, 10**9))
    return {"series": draw(series), "logy": logy, "first": first}


@st.composite
def class_arguments(draw):
    points = draw(numbers(st.tuples(st.integers(1, 8), st.just(2))))
    return {
        "points": draw(forms(points)),
        "labels": draw(classes_of(len(points))),
        "medians": draw(st.booleans()),
        "xlabel": draw(st.sampled_from(["width", "$x_1$", ""])),
    }


@st.composite
def thumbnail_arguments(draw):
    images = draw(numbers(shapes(3, 3)))
    points = draw(numbers((len(images), 2)))
    return {
        "points": draw(forms(points)),
        "images": draw(forms(images)),
        "labels": draw(classes_of(len(images))),
        "size": draw(st.floats(0.01, 2)),
    }


@st.composite
def variance_arguments(draw):
    """Draw shares that sum to at most 1, of any kind; whole ones are 1 and 0."""
    parts = draw(hnp.arrays(np.uint8, shapes(1, 1)))
    shares = 0.99 * parts / max(1, parts.sum(dtype=int))
    shares = shares.astype(draw(st.sampled_from(list(FLOATS))))
    if draw(st.booleans()):
        shares = (np.arange(len(parts)) == 0).astype(draw(st.sampled_from(NUMERIC)))
    limits = {"min_value": 0, "max_value": 1, "exclude_min": True}
    thresholds = draw(hnp.arrays(float, st.integers(0, 3), elements=limits))
    return {"ratios": draw(forms(shares)), "thresholds": draw(forms(thresholds))}


@st.composite
def surface_arguments(draw):
    w, b = draw(rising(draw(st.integers(2, 5)))), draw(rising(draw(st.integers(2, 5))))
    heights = hnp.arrays(np.uint8, (len(b), len(w)), elements={"max_value": 9})
    heights = draw(heights.filter(np.ptp))
    losses = (1 + heights).astype(draw(st.sampled_from(NUMERIC[1:])))
    if draw(st.booleans()):  # as close to each other as numbers can be, or far apart
        spread = 2.0 ** draw(st.sampled_from([-52, -40, 0, 52]))
        losses = draw(st.floats(1e-30, 1e30)) * (1 + heights * spread)
    points = numbers(st.tuples(st.integers(1, 4), st.just(2)))
    paths = st.dictionaries(words, points, max_size=3)
    options = {"paths": paths, "minimum": numbers(2).flatmap(forms)}
    arguments = {"w": forms(w), "b": forms(b), "losses": forms(losses)}
    return draw(st.fixed_dictionaries(arguments, optional=options))


@st.composite
def line_arguments(draw):
    lengths = {"x": draw(st.integers(1, 6)), "x_new": draw(st.integers(1, 6))}
    lengths |= {"y": lengths["x"], "y_new": lengths["x_new"]}
    points = {name: draw(numbers(n).flatmap(forms)) for name, n in lengths.items()}
    if draw(st.booleans()):
        del points["x_new"], points["y_new"]
    return points | {name: draw(numbers(())).item() for name in ("slope", "intercept")}


def plot_report(*, ax=None, normalize, errors_only, **arguments):
    report = from_predictions(**arguments)
    return report.plot(normalize=normalize, errors_only=errors_only, ax=ax)


@st.composite
def report_arguments(draw):
    normalize = draw(st.sampled_from([None, "true", "pred"]))
    options = {"normalize": normalize, "errors_only": draw(st.booleans())}
    return draw(comparisons())[0] | options


FUNCTIONS = vars(plotting) | {"ConfusionReport.plot": plot_report}
ARGUMENTS = {
    "plot_images": image_arguments(),
    "plot_curves": curve_arguments(),
    "plot_classes": class_arguments(),
    "plot_thumbnails": thumbnail_arguments(),
    "plot_explained_variance": variance_arguments(),
    "plot_loss_surface": surface_arguments(),
    "plot_line_fit": line_arguments(),
    "plot_bowl": st.fixed_dictionaries(
        {"path": numbers(3).flatmap(forms), "curvature": st.floats(1e-3, 1e3)},
        optional={"lowest": st.floats(-9, 9)},
    ),
    "ConfusionReport.plot": report_arguments(),
}
every_plot = pytest.mark.parametrize("plot", GALLERY)
LABELS = {"labels", "predictions", "y_true", "y_pred"}
ARRAYS = {*"images series points ratios thresholds path".split(), *LABELS}
ARRAYS |= {*"w b losses paths minimum x y x_new y_new".split()}


@every_plot
@settings(max_examples=15)
@given(data=st.data())
def test_whatever_is_legal_is_drawn_on_the_axes_given(plot, data):
    plt.close("all")
    drawn = data.draw(ARGUMENTS[plot])
    ax = plt.figure(figsize=(2, 2), dpi=50).add_subplot()
    assert FUNCTIONS[plot](**drawn, ax=ax) is ax
    assert ax.has_data()
    ax.figure.canvas.draw()


@every_plot
@settings(max_examples=30)
@given(data=st.data())
def test_whatever_is_not_legal_is_refused_by_name(plot, data):
    drawn = data.draw(ARGUMENTS[plot])
    arrays = [name for name in drawn if name in ARRAYS and len(drawn[name])]
    name = data.draw(st.sampled_from(arrays))
    right, named = drawn[name], re.escape(name)
    limits = {
        "labels": name in LABELS,
        "may_be_empty": name == "thresholds",
        "fixed_length": name not in {*"series ratios thresholds path paths".split()},
    }
    if isinstance(right, dict):
        key = data.draw(st.sampled_from(list(right)))
        wrong = data.draw(spoiled(right[key], **limits))
        if name == "series":  # a curve may end in NaN, as training that diverged does
            ends = [end for end in wrong[-1:] if isinstance(end, float | np.floating)]
            assume(np.isfinite(ends).all())
        named, wrong = re.escape(f"{name}[{key!r}]"), right | {key: wrong}
    else:
        wrong = data.draw(spoiled(right, **limits))
    ax = plt.figure(figsize=(2, 2), dpi=50).add_subplot()
    with pytest.raises((TypeError, ValueError), match=rf"\b{named}(?!\w)"):
        FUNCTIONS[plot](**drawn | {name: wrong}, ax=ax)
    assert not ax.has_data()
    plt.close("all")


# Pictures


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a place for files; each example writes over the one before."""
    return tmp_path_factory.mktemp("properties")


@st.composite
def drawings(draw):
    """Draw strokes, True for ink: none at the border, none as small as a speck."""
    rows, columns = draw(st.integers(20, 60)), draw(st.integers(20, 60))
    ink = np.zeros((rows, columns), dtype=bool)
    for _ in range(draw(st.integers(1, 3))):
        height, width = draw(st.integers(5, 10)), draw(st.integers(5, 10))
        top = draw(st.integers(3, rows - 3 - height))
        left = draw(st.integers(3, columns - 3 - width))
        ink[top : top + height, left : left + width] = True
    return ink


def converted(mode):
    return lambda grey: Image.fromarray(grey).convert(mode)


MODES = {  # how a picture is made from grey levels 0 to 255
    **{mode: converted(mode) for mode in ("L", "LA", "RGB", "RGBA")},
    "1": lambda grey: Image.fromarray(grey > grey.mean()),
    "I;16": lambda grey: Image.fromarray(np.uint16(grey) * 257),
    "I": lambda grey: Image.fromarray(np.int32(grey) * 1000),
    "F": lambda grey: Image.fromarray(np.float32(grey) / 255),
}


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=15)
@given(
    ink=drawings(),
    paper=st.integers(80, 250),
    contrast=st.integers(60, 80),
    grain=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_ink_is_found_in_any_mode_dark_or_light(
    folder, mode, ink, paper, contrast, grain, seed
):
    rng, grain = np.random.default_rng(seed), 0 if mode == "1" else grain
    grains = rng.integers(-grain, grain, ink.shape, endpoint=True)
    grey = np.uint8(paper - contrast * ink + grains)
    for shown in (grey, 255 - grey):
        MODES[mode](shown).save(folder / "a.tif")
        found = pictures.read_ink(folder / "a.tif")
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, ink)


def read_or_refuse(path):
    """Read a picture: what is read must be ink, and a refusal must name the file."""
    with warnings.catch_warnings():  # Pillow's, about what is odd in a damaged file
        warnings.simplefilter("ignore", UserWarning)
        try:
            ink = pictures.read_ink(path)
        except ValueError as error:
            assert str(error).startswith(f"{path.name} ")
            return
    assert ink.dtype == np.float64
    assert max(ink.shape) <= 400
    assert 0 <= ink.min() <= ink.max() <= 1


FORMATS = "PNG JPEG GIF BMP TIFF WEBP JPEG2000 ICO PPM TGA DDS AVIF".split()
Image.init()  # fills Image.SAVE: not every Pillow has every format


@functools.cache
def file_of(name):
    """Return the bytes of a small picture in that format."""
    grey, written = np.full((24, 30), 220, np.uint8), io.BytesIO()
    grey[6:18, 10:14] = 30
    Image.fromarray(grey).convert("RGB").save(written, name)
    return written.getvalue()


@pytest.mark.parametrize("name", [name for name in FORMATS if name in Image.SAVE])
@given(
    changes=st.lists(st.tuples(places, st.integers(0, 255)), max_size=4),
    kept=st.none() | st.integers(0, 2000),
)
def test_a_damaged_picture_is_read_or_refused_by_name(folder, name, changes, kept):
    damaged = bytearray(file_of(name))
    for place, value in changes:
        damaged[place % len(damaged)] = value
    (folder / "a.png").write_bytes(damaged[:kept])
    with pytest.MonkeyPatch.context() as patch:
        # so that no damaged size costs time
        patch.setattr(pictures, "_MOST_PIXELS", 10**6)
        read_or_refuse(folder / "a.png")


@given(ink=drawings(), place=places, value=no_numbers | st.sampled_from([3e38, -3e38]))
def test_a_picture_of_floats_is_read_or_refused_by_name(folder, ink, place, value):
    picture = Image.fromarray(with_entry(1 - ink, place, value, np.float32))
    picture.save(folder / "a.tif")
    read_or_refuse(folder / "a.tif")


# The MNIST files


@settings(max_examples=100)
@given(place=st.integers(0, 40) | places, change=st.integers(0, 255))
def test_damaged_labels_are_refused_or_the_same(folder, place, change):
    name, magic, digest = datasets._FILES["y_test"]
    damaged = bytearray((datasets._FOLDER / name).read_bytes())
    place %= len(damaged)
    if change:
        damaged[place] ^= change
    else:
        del damaged[place:]
    (folder / name).write_bytes(damaged)
    try:
        datasets._load(folder / name, magic, digest)  # which compares digests
    except datasets.DatasetError as error:
        assert str(error).startswith(f"{name}: ")
    else:  # what a gzip file says of its flags, time and system may change
        assert change and 3 <= place < 10
