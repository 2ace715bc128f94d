"""Invalid images and series, and the error line that each must cause."""

import numpy as np
import tensorflow as tf

from tests.datasets.bad_builders import built, images, series, write
from tests.datasets.user_files import write_images

VALUES = "v\n" + "\n".join(str(i % 7) + ".5" for i in range(60))
SERIES = "t,v\n" + "\n".join(f"{i},{i % 7}.5" for i in range(60))


def damaged(folder):
    write_images(folder)
    (folder / "red" / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 40)


def folder_of_one_class(folder):
    write_images(folder)
    for other in ("green", "blue"):
        for file in (folder / other).iterdir():
            file.unlink()
        (folder / other).rmdir()


FILES = {
    "no such folder": (lambda f: built("images", f, path="photos"), "Received: dataset.path=photos, no such folder."),
    "a file for a folder": (lambda f: (write("photos", b"1")(f), built("images", f, path="photos")),
        "`dataset.path` must name a folder of images. Received: dataset.path=photos, a file. Put the images of each"),
    "no folders of classes": (images(write("a.png", tf.io.encode_png(np.zeros((2, 2, 3), np.uint8)).numpy())),
        "Received: dataset.path=photos, no folders of classes."),
    "a class without images": (images(lambda f: (write_images(f), (f / "yellow").mkdir()), size=[8, 8]),
        "Received: dataset.path=photos, no images in the folder yellow."),
    "one class of images": (images(folder_of_one_class, size=[8, 8]),
        "A classification needs at least two classes. Received: the folders with the single value `red`."),
    "an image that cannot be decoded": (images(damaged, size=[8, 8]), "cannot be decoded. Received: red/2.png: "),
    "an empty image": (images(lambda f: (write_images(f), (f / "red" / "2.png").write_bytes(b"")), size=[8, 8]),
        "An image cannot be decoded. Received: red/2.png: it is empty. Remove or replace it."),
    "images of several sizes": (images(write_images), "Images must have one size. Received: 8x8 and 10x6 pixels"),
    "an odd size": (images(write_images, size=[8]), "`dataset.size` must be a height and a width in pixels."),
    "more images than memory": (images(write_images, size=[600, 600]), "must fit into memory. Received: 18 images"),
    "two channels": (images(write_images, channels=2), "must be 1 or 3. Received: dataset.channels=2."),
    "no images to train on": (images(lambda f: write_images(f / "test")), "Received: dataset.path=photos with the "
        "folders test. Add the folder train."),
    "a series that is too short": (series(VALUES, window=50),
        "Each part of a series must hold a window and its target. Received: 36 rows in train, with dataset.window=50"),
    "a time that occurs twice": (series(SERIES.replace("\n7,", "\n6,"), time="t"),
        "`dataset.time` must name a column with a time of its own for each row. Received: "
        "dataset.time=t with 1 repeated time"),
    "a time that does not exist": (series(SERIES, time="when"), "Received: dataset.time=when, no such column."),
    "the target as its time": (series(SERIES, time="v"), "Received: dataset.time=v, the target."),
}  # fmt: skip
