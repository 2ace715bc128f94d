"""The effect of rounding on each rule in float32: the tolerance of its trajectories.

Measured: the largest difference between the parameters of the engine in float32 and in float64 after the 50 steps of
``tests/keras/test_rules.py``, at the rule's defaults, two digits. Parameters are about 1. Rules that estimate a
distance or an eigenbasis from small numbers amplify rounding. ``python -m tests.keras.rounding`` prints the table.
"""

ROUNDING = {
    "adabelief": 4.5e-07,
    "adadelta": 2.9e-07,
    "adafactor": 5.0e-07,
    "adagrad": 6.4e-08,
    "adam": 1.7e-07,
    "adamax": 3.9e-07,
    "adamw": 1.5e-07,
    "adan": 2.3e-07,
    "ademamix": 4.3e-07,
    "adopt": 5.3e-07,
    "amsgrad": 1.7e-07,
    "dog": 2.0e-04,
    "ftrl": 7.4e-08,
    "lamb": 9.6e-08,
    "lars": 2.5e-07,
    "lion": 8.8e-07,
    "momentum": 5.1e-08,
    "muon": 2.3e-07,
    "nadam": 2.2e-07,
    "prodigy": 1.5e-02,
    "radam": 1.9e-07,
    "rmsprop": 2.7e-07,
    "rprop": 1.7e-06,
    "schedule_free_adamw": 7.1e-07,
    "schedule_free_sgd": 6.7e-08,
    "sgd": 5.5e-08,
    "sgdm": 1.6e-07,
    "sgdw": 5.5e-08,
    "shampoo": 1.0e-06,
    "signsgd": 8.8e-07,
    "soap": 9.8e-03,
    "yogi": 8.8e-06,
}
MACHINES = 10  # how many times the measured value may be exceeded, or not be reached, on another machine


def main() -> None:
    """Print the table."""
    from tests.keras.test_rules import RULES, rounding_of

    for stem in RULES:
        print(f'    "{stem}": {rounding_of(stem):.1e},')


if __name__ == "__main__":
    main()
