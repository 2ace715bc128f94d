"""Small user files, written for tests: tables with gaps and texts, arrays, images, a series."""

import numpy as np
import pandas as pd
import tensorflow as tf

KINDS = ("red", "green", "blue")
CITIES = ("Aachen", "Bonn", "Celle")


def table_frame(rows=120, seed=0):
    """Numbers with gaps, categories with gaps, a constant, ids, dates, a number and a text to predict."""
    generator = np.random.default_rng(seed)
    age = generator.integers(18, 80, rows).astype(float)
    income = generator.normal(50, 10, rows).round(3)
    city = generator.choice(CITIES, rows).astype(object)
    label = np.where(age + generator.normal(0, 5, rows) > 50, "old", "young")
    age[::10], city[::15] = np.nan, None
    return pd.DataFrame(
        {
            "id": np.arange(1, rows + 1),
            "age": age,
            "income": income,
            "city": city,
            "country": "Germany",
            "since": pd.date_range("2020-01-01", periods=rows, freq="D").strftime("%Y-%m-%d"),
            "price": (2 * income + generator.normal(size=rows)).round(3),
            "label": label,
        }
    )


def write_images(folder, per_class=6, sides=((8, 8), (10, 6))):
    """Images of one color each, in a folder for each color."""
    for channel, kind in enumerate(KINDS):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for i in range(per_class):
            pixels = np.zeros((*sides[i % len(sides)], 3), np.uint8)
            pixels[..., channel] = 100 + 10 * i
            (folder / kind / f"{i}.png").write_bytes(tf.io.encode_png(pixels).numpy())


def series_frame(rows=300):
    """Hours with a load that follows the hour of the day, and a temperature."""
    hours = np.arange(rows)
    load = 100 + 10 * np.sin(2 * np.pi * hours / 24)
    time = pd.date_range("2024-01-01", periods=rows, freq="h").strftime("%Y-%m-%d %H:%M")
    return pd.DataFrame({"time": time, "load": load.round(3), "temperature": (20 - load / 10).round(3)})


def write_user_files(folder):
    """The files that the data sets of a user's own are built from in tests of all data sets."""
    table_frame().to_csv(folder / "table.csv", index=False)
    generator = np.random.default_rng(1)
    np.savez(folder / "arrays.npz", x=generator.normal(size=(60, 4)), y=np.arange(60) % 3)
    write_images(folder / "images")
    series_frame().to_csv(folder / "series.csv", index=False)
