"""Images from folders: one folder per class, optionally in folders ``train``, ``valid`` and ``test``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.analysis.formatting import pluralize
from optbench.config.parameters import format_value
from optbench.datasets._assign import NAMES, split_of_name
from optbench.errors import ConfigError

Images = NDArray[np.uint8]
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp")
LAYOUT = "Put the images of each class into a folder of its own, path/CLASS/IMAGE or path/train/CLASS/IMAGE."
GIB = 2**30


class ImageFile(NamedTuple):
    """An image file and the class that its folder names."""

    path: Path
    label: str


class ReadImages(NamedTuple):
    """Images, uint8 (examples, height, width, channels), and labels by split, with notes on the files."""

    given: dict[str, tuple[Images, NDArray[np.str_]]]
    notes: tuple[str, ...]


def read_images(path: str | None, size: Sequence[int] | None, channels: int, memory: float | None) -> ReadImages:
    """Read all images in a folder and its subfolders.

    Args:
        path: the folder.
        size: height and width to which all images are resized; None requires images of equal size.
        channels: 1 for gray, 3 for colors.
        memory: limit in bytes for the images; None for no limit.

    Raises:
        ConfigError: the folder has another layout, an image cannot be decoded or has another size, or the images exceed
            the memory limit.
    """
    folder = find_folder(path)
    if size is not None and (len(size) != 2 or min(size) < 1):
        raise ConfigError(
            f"`dataset.size` must be a height and a width in pixels. Received: "
            f"dataset.size={format_value(list(size))}. Take dataset.size=[64,64]."
        )
    if channels not in (1, 3):
        raise ConfigError(f"`dataset.channels` must be 1 or 3. Received: dataset.channels={channels}.")
    files = {part: list_images(place, path) for part, place in find_splits(folder, path).items()}
    images = {part: decode_all([f.path for f in listed], size, channels, memory) for part, listed in files.items()}
    given = {part: (images[part], np.array([f.label for f in listed])) for part, listed in files.items()}
    return ReadImages(given, describe_others(folder))


def find_folder(path: str | None) -> Path:
    """The folder at a path."""
    if path is None:
        raise ConfigError(f"`dataset.path` must name a folder of images. Received: dataset.path=null. {LAYOUT}")
    folder = Path(path).expanduser()
    if not folder.is_dir():
        found = "a file" if folder.is_file() else "no such folder"
        raise ConfigError(
            f"`dataset.path` must name a folder of images. Received: dataset.path={path}, {found}. {LAYOUT}"
        )
    return folder


def find_splits(folder: Path, path: str | None) -> dict[str, Path]:
    """The folder of each split; the whole folder as ``train`` if there are none."""
    inner = folders_in(folder)
    splits = {split: place for place in inner if (split := split_of_name(place.name)) is not None}
    if not splits or len(splits) < len(inner):
        return {"train": folder}
    if "train" not in splits:
        raise ConfigError(
            f"There must be images to train on. Received: dataset.path={path} with the folders "
            f"{', '.join(place.name for place in inner)}. Add the folder train."
        )
    return {split: splits[split] for split in NAMES if split in splits}


def list_images(folder: Path, path: str | None) -> list[ImageFile]:
    """The images of each class, sorted by class and name."""
    classes = folders_in(folder)
    found = [ImageFile(file, place.name) for place in classes for file in sorted(place.rglob("*")) if is_image(file)]
    empty = [place.name for place in classes if not any(f.label == place.name for f in found)]
    if not classes or empty:
        what = f"no images in the folder {empty[0]}" if empty else "no folders of classes"
        raise ConfigError(
            f"`dataset.path` must name a folder of images. Received: dataset.path={path}, {what}. {LAYOUT}"
        )
    return found


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, sorted, without hidden ones."""
    return sorted(place for place in folder.iterdir() if place.is_dir() and not place.name.startswith("."))


def is_image(file: Path) -> bool:
    """Whether a file has the suffix of an image."""
    return file.is_file() and file.suffix.lower() in SUFFIXES and not file.name.startswith(".")


def decode_all(files: Sequence[Path], size: Sequence[int] | None, channels: int, memory: float | None) -> Images:
    """Images of one size, uint8 (images, height, width, channels).

    Raises:
        ConfigError: sizes differ and none is given, an image cannot be decoded, or the images exceed the memory limit.
    """
    first = decode(files[0], size, channels)
    needed = first.nbytes * len(files)
    if memory is not None and needed > memory:
        raise ConfigError(
            f"Images must fit into memory. Received: {len(files):,} images of {needed / GIB:.2g} GiB, and memory "
            f"allows {memory / GIB:.2g} GiB. Take a smaller dataset.size, or more memory=GiB."
        )
    images = np.empty((len(files), *first.shape), np.uint8)
    for i, file in enumerate(files):
        image = decode(file, size, channels)
        if image.shape != first.shape:
            sizes = " and ".join(f"{s[0]}x{s[1]}" for s in (first.shape, image.shape))
            raise ConfigError(
                f"Images must have one size. Received: {sizes} pixels ({files[0].name}, {file.name}). "
                "Have them resized, dataset.size=[64,64]."
            )
        images[i] = image
    return images


def decode(file: Path, size: Sequence[int] | None, channels: int) -> Images:
    """One image, uint8 (height, width, channels), resized if a size is given."""
    try:
        image = tf.io.decode_image(file.read_bytes(), channels=channels, expand_animations=False)
    except (tf.errors.InvalidArgumentError, OSError) as error:
        reason = "it is empty" if not file.stat().st_size else " ".join(str(error).partition("[Op:")[0].split())[-120:]
        raise ConfigError(
            f"An image cannot be decoded. Received: {file.parent.name}/{file.name}: {reason}. Remove or replace it."
        ) from None
    if size is not None and tuple(image.shape[:2]) != tuple(size):
        resized = tf.image.resize(
            tf.cast(image, tf.float32), size, method="area" if is_smaller(image, size) else "bilinear"
        )
        image = tf.cast(tf.round(tf.clip_by_value(resized, 0.0, 255.0)), tf.uint8)
    return np.asarray(image)


def is_smaller(image: Any, size: Sequence[int]) -> bool:
    """Whether ``size`` is smaller than an image in both dimensions, so that pixels are averaged."""
    return bool(size[0] <= image.shape[0] and size[1] <= image.shape[1])


def describe_others(folder: Path) -> tuple[str, ...]:
    """A note on files that are not images."""
    others = [f for f in folder.rglob("*") if f.is_file() and not is_image(f) and not f.name.startswith(".")]
    if not others:
        return ()
    return (f"Not read: {pluralize(len(others), 'file')}, such as {others[0].name}: images are {', '.join(SUFFIXES)}.",)
