"""The bundled MNIST files: what load_mnist returns, and what it says when a file is not what it should be."""

import errno
import gzip
import pathlib
import shutil
import socket
import struct

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
BUNDLED = pathlib.Path(datasets.__file__).with_name("mnist")


@pytest.fixture(scope="module")
def mnist():
    return load_mnist()


@pytest.fixture
def folder(tmp_path):
    copy = shutil.copytree(BUNDLED, tmp_path / "copy")
    yield copy
    shutil.rmtree(copy)


def idx(*header, payload=b""):
    return struct.pack(f">{len(header)}I", *header) + payload


def edit(path, change):
    """Rewrite a gzip file: ``change`` alters its uncompressed bytes, a bytearray, in place."""
    data = bytearray(gzip.decompress(path.read_bytes()))
    change(data)
    path.write_bytes(gzip.compress(data, 1))


def swap(folder, one, other):
    (folder / one).rename(folder / "held")
    (folder / other).rename(folder / one)
    (folder / "held").rename(folder / other)


def assert_refused(folder, file, *fault):
    with pytest.raises(DatasetError) as caught:
        load_mnist(folder=folder)
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    for words in (
        *fault,
        str(folder),
        "git checkout -- helpers/mnist",
        "download the course again",
    ):
        assert words in message


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
    assert mnist.y_train[53238] == 9


def test_images_are_upright_and_hold_the_original_grey_levels(mnist):
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


def test_no_network_is_used(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("load_mnist opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    assert load_mnist().y_test.shape == (10000,)


def test_another_folder_may_be_named_as_text_and_only_by_name(folder):
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
        assert len(gzip.decompress((BUNDLED / f"{name}.gz").read_bytes())) == int(
            size.replace(",", "")
        )


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(folder, file):
    (folder / file).unlink()
    assert_refused(folder, file, "it is missing")


def test_a_missing_folder_is_named(tmp_path):
    assert_refused(tmp_path / "nowhere", X_TRAIN, "it is missing")


@pytest.mark.parametrize("file", [Y_TRAIN, Y_TEST])
@pytest.mark.parametrize("kept", [15, 2000, -9, -1])
def test_a_truncated_download_is_noticed(folder, file, kept):
    (folder / file).write_bytes((folder / file).read_bytes()[:kept])
    assert_refused(folder, file, "it is truncated: the compressed data end too early")


@pytest.mark.parametrize(
    "position, fault",
    [
        (0, "no sound gzip file (Not a gzipped file"),
        (2, "no sound gzip file (Unknown compression method"),
        (12, "its compressed data are damaged"),
        (10_000, "its compressed data are damaged"),
        (-8, "no sound gzip file (CRC check failed"),
        (-4, "no sound gzip file (Incorrect length"),
    ],
)
def test_a_flipped_bit_in_the_compressed_file_is_noticed(folder, position, fault):
    data = bytearray((folder / Y_TRAIN).read_bytes())
    data[position] ^= 4
    (folder / Y_TRAIN).write_bytes(data)
    assert_refused(folder, Y_TRAIN, fault)


@pytest.mark.parametrize("file", [Y_TRAIN, Y_TEST, X_TEST])
def test_a_changed_byte_in_a_sound_file_is_noticed(folder, file):
    def change(data):
        data[-1] ^= 1

    edit(folder / file, change)
    assert_refused(folder, file, "its bytes were altered (SHA-256 ")


@pytest.mark.parametrize("images, labels", [(X_TRAIN, Y_TRAIN), (X_TEST, Y_TEST)])
def test_swapped_images_and_labels_are_noticed(folder, images, labels):
    swap(folder, images, labels)
    assert_refused(folder, images, "it holds labels where images belong", "swapped")


def test_images_in_the_place_of_labels_are_noticed(folder):
    shutil.copy(folder / X_TEST, folder / Y_TRAIN)
    assert_refused(folder, Y_TRAIN, "it holds images where labels belong", "swapped")


@pytest.mark.parametrize("one, other", [(Y_TRAIN, Y_TEST), (X_TRAIN, X_TEST)])
def test_swapped_training_and_test_files_are_noticed(folder, one, other):
    swap(folder, one, other)
    assert_refused(folder, one, f"it holds what belongs in {other}")


@pytest.mark.parametrize(
    "file, data, fault",
    [
        (X_TRAIN, b"", ["truncated: 0 bytes", "16-byte header"]),
        (X_TRAIN, idx(2051, 0, 28), ["truncated: 12 bytes", "16-byte header"]),
        (Y_TRAIN, b"\0\0\x08\x01\0\0\0", ["truncated: 7 bytes", "8-byte header"]),
        (
            X_TRAIN,
            idx(1234, 0, 28, 28),
            ["magic number is 1234", "images starts with 2051"],
        ),
        (Y_TRAIN, idx(2050, 0), ["magic number is 2050", "labels starts with 2049"]),
        (
            X_TRAIN,
            struct.pack("<IIII", 2051, 0, 28, 28),
            ["magic number is 50855936", "2051"],
        ),
        (
            X_TRAIN,
            idx(2051, 2, 28, 28, payload=bytes(1567)),
            ["1568 bytes", "(2, 28, 28)", "1567 follow"],
        ),
        (
            X_TRAIN,
            idx(2051, 2, 28, 27, payload=bytes(1568)),
            ["1512 bytes", "(2, 28, 27)", "1568 follow"],
        ),
        (
            Y_TRAIN,
            idx(2049, 5, payload=bytes(6)),
            ["promises 5 bytes", "(5,)", "6 follow"],
        ),
        (
            X_TRAIN,
            idx(2051, *[2**32 - 1] * 3),
            [f"promises {(2**32 - 1) ** 3} bytes", "0 follow"],
        ),
        (Y_TRAIN, idx(2049, 3, payload=b"\5\0\4"), ["its bytes were altered"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_contents_other_than_the_idx_file_are_noticed(folder, file, data, fault):
    (folder / file).write_bytes(gzip.compress(data))
    assert_refused(folder, file, *fault)


@pytest.mark.parametrize("count", [59_999, 60_001])
def test_a_header_with_a_wrong_count_is_noticed(folder, count):
    def change(data):
        data[4:8] = struct.pack(">I", count)

    edit(folder / Y_TRAIN, change)
    assert_refused(folder, Y_TRAIN, f"header promises {count} bytes", "60000 follow")


def test_a_web_page_in_the_place_of_a_file_is_noticed(folder):
    (folder / Y_TRAIN).write_bytes(b"<!DOCTYPE html><title>404</title>")
    assert_refused(folder, Y_TRAIN, "no sound gzip file (Not a gzipped file")


def test_a_folder_in_the_place_of_a_file_is_named(folder):
    (folder / Y_TRAIN).unlink()
    (folder / Y_TRAIN).mkdir()
    assert_refused(folder, Y_TRAIN, "it cannot be read (")


def test_a_file_without_permission_to_read_is_named(folder, monkeypatch):
    read_bytes = pathlib.Path.read_bytes

    def read_or_refuse(path):
        if path.name == Y_TEST:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(pathlib.Path, "read_bytes", read_or_refuse)
    assert_refused(folder, Y_TEST, "it cannot be read (Permission denied)")


def test_the_cause_stays_attached_to_the_error(folder):
    (folder / X_TRAIN).unlink()
    with pytest.raises(DatasetError) as caught:
        load_mnist(folder=folder)
    assert isinstance(caught.value.__cause__, FileNotFoundError)
