"""The bundled MNIST files: what load_mnist returns, and which faults it reports."""

import gzip
import shutil
import struct
from hashlib import sha256
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from helpers import datasets
from helpers.datasets import DatasetError, load_mnist

X_TRAIN, Y_TRAIN, X_TEST, Y_TEST = FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
BUNDLED = Path(datasets.__file__).with_name("mnist")


@pytest.fixture(scope="module")
def mnist():
    return load_mnist()


@pytest.fixture
def folder(tmp_path):
    copy = shutil.copytree(BUNDLED, tmp_path / "copy")
    yield copy
    shutil.rmtree(copy)


def assert_refused(folder, file, *fault):
    with pytest.raises(DatasetError, match=f"^{file}: ") as caught:
        load_mnist(folder=folder)
    message = str(caught.value)
    for words in (*fault, str(folder), "copy the file from helpers/mnist"):
        assert words in message
    assert "git checkout" not in message
    return caught.value


def test_the_four_arrays_have_names_shapes_and_types(mnist):
    assert {name: array.shape for name, array in mnist._asdict().items()} == {
        "x_train": (60000, 28, 28),
        "y_train": (60000,),
        "x_test": (10000, 28, 28),
        "y_test": (10000,),
    }
    assert {array.dtype for array in mnist} == {np.dtype(np.uint8)}


def test_labels_have_the_counts_of_the_original(mnist):
    counts = "5923 6742 5958 6131 5842 5421 5918 6265 5851 5949"
    assert " ".join(map(str, np.bincount(mnist.y_train))) == counts
    counts = "980 1135 1032 1010 982 892 958 1028 974 1009"
    assert " ".join(map(str, np.bincount(mnist.y_test))) == counts
    assert mnist.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist.y_test[:5].tolist() == [7, 2, 1, 0, 4]


def test_images_are_upright_with_the_original_grey_levels(mnist):
    first = mnist.x_train[0]
    assert not first[:5].any()
    assert first[5, 12:18].tolist() == [3, 18, 18, 18, 126, 136]
    assert (mnist.x_train.min(), mnist.x_train.max()) == (0, 255)
    assert mnist.x_train.mean() == pytest.approx(33.318421, abs=1e-6)
    assert mnist.x_test.mean() == pytest.approx(33.791224, abs=1e-6)


def test_arrays_are_writable_and_not_shared_between_loads():
    first = load_mnist()
    for array in first:
        array += 1
    assert first.y_train[0] == 6
    assert load_mnist().y_train[0] == 5


def test_another_folder_is_named_as_text_and_by_keyword(folder):
    assert load_mnist(folder=str(folder)).y_test.shape == (10000,)
    with pytest.raises(TypeError, match="positional"):
        load_mnist(folder)


def test_the_readme_lists_the_pinned_files_and_digests():
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (BUNDLED / "README.md").read_text("utf-8").splitlines()
        if "-ubyte |" in line
    ]
    assert {f"{name}.gz": digest for name, _, digest in rows} == {
        name: digest for name, _, digest in datasets._FILES.values()
    }
    for name, size, _ in rows:
        data = gzip.decompress((BUNDLED / f"{name}.gz").read_bytes())
        assert len(data) == int(size.replace(",", ""))


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(folder, file):
    (folder / file).unlink()
    error = assert_refused(folder, file, "it is missing")
    assert isinstance(error.__cause__, FileNotFoundError)


def test_a_missing_folder_is_named(tmp_path):
    assert_refused(tmp_path / "nowhere", X_TRAIN, "it is missing")


def test_error_for_a_bundled_file_names_git_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "_FOLDER", tmp_path)
    with pytest.raises(DatasetError, match="it is missing.*`git checkout -- helpers/m"):
        load_mnist()


def test_folder_instead_of_a_file_is_named(folder):
    (folder / Y_TRAIN).unlink()
    (folder / Y_TRAIN).mkdir()
    assert_refused(folder, Y_TRAIN, "it cannot be read (")


@pytest.mark.parametrize("train, test", [(X_TRAIN, X_TEST), (Y_TRAIN, Y_TEST)])
def test_swapped_training_and_test_files_are_noticed(folder, train, test):
    shutil.copy(BUNDLED / test, folder / train)
    assert_refused(folder, train, f"it holds what belongs in {test}")


def flipped(file, position):
    """Return the bytes of a bundled file with one bit changed."""
    data = bytearray((BUNDLED / file).read_bytes())
    data[position] ^= 4
    return data


@pytest.mark.parametrize(
    "file, data, fault",
    [
        (Y_TRAIN, b"<!DOCTYPE html>", "it is not a valid gzip file (Not a gzipped"),
        (Y_TRAIN, flipped(Y_TRAIN, -8), "it is not a valid gzip file (CRC check"),
        (Y_TRAIN, flipped(Y_TRAIN, 12), "its compressed data are damaged"),
        (Y_TEST, (BUNDLED / Y_TEST).read_bytes()[:-9], "compressed data end too early"),
    ],
    ids=["a web page", "check sum", "compressed data", "truncated"],
)
def test_a_damaged_gzip_file_is_refused(folder, file, data, fault):
    (folder / file).write_bytes(data)
    assert_refused(folder, file, fault)


IMAGES, LABELS = 2051, 2049  # the magic numbers


@pytest.mark.parametrize(
    "file, header, count, faults",
    [
        (X_TRAIN, [], 0, ["truncated: 0 bytes", "16-byte header"]),
        (Y_TRAIN, [LABELS], 3, ["truncated: 7 bytes", "8-byte header"]),
        (X_TRAIN, [LABELS, 8], 8, ["holds labels where images belong", "swapped"]),
        (Y_TRAIN, [IMAGES, 0], 0, ["holds images where labels belong", "swapped"]),
        (X_TRAIN, [1234, 0, 28, 28], 0, ["magic number is 1234", "starts with 2051"]),
        (Y_TRAIN, [2050, 0], 0, ["magic number is 2050", "labels starts with 2049"]),
        (X_TRAIN, [IMAGES, 2, 28, 27], 1513, ["1512", "(2, 28, 27)", "1513 follow"]),
        (Y_TRAIN, [LABELS, 5], 4, ["promises 5 bytes", "(5,)", "4 follow"]),
        (X_TRAIN, [IMAGES] + 3 * [2**32 - 1], 0, [f"promises {(2**32 - 1) ** 3} by"]),
        (Y_TRAIN, [LABELS, 3], 3, ["its bytes were altered (SHA-256 "]),
    ],
    ids=str,
)
def test_other_contents_are_refused(folder, file, header, count, faults):
    data = struct.pack(f">{len(header)}I", *header) + bytes(count)
    (folder / file).write_bytes(gzip.compress(data))
    assert_refused(folder, file, *faults)


@pytest.mark.parametrize("part", [slice(2), slice(-2, None)], ids=["first", "last"])
def test_one_altered_label_with_a_similar_digest_is_noticed(folder, part):
    data = gzip.decompress((BUNDLED / Y_TEST).read_bytes())
    digest = datasets._FILES["y_test"][2]
    for position, label in product(range(-1000, 0), range(10)):
        altered = bytearray(data)
        altered[position] = label
        if altered != data and sha256(altered).hexdigest()[part] == digest[part]:
            break
    else:
        pytest.fail("no altered label leaves two digits of the digest as they are")
    (folder / Y_TEST).write_bytes(gzip.compress(altered))
    assert_refused(folder, Y_TEST, "its bytes were altered (SHA-256 ")
