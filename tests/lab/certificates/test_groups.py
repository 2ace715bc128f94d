"""Certificates of parameter groups: each side has the rules of a setting, and differences are detected."""

import json
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from optbench.cli.crosscheck import show
from optbench.lab.certificates import library_worker as worker
from optbench.lab.certificates.cells import format_json
from optbench.lab.certificates.comparison import CrossCheck
from optbench.lab.certificates.group_settings import SETTINGS, GroupRule, GroupSetting
from optbench.lab.certificates.groups import NAMES, GroupCase, compare_groups, list_patterns, our_updates
from optbench.lab.certificates.measure import cross_check
from optbench.lab.certificates.page import render_page
from optbench.lab.streams import certificate_streams
from optbench.optimizers._groups import place_of

STREAMS = {"normal": certificate_streams(6)["normal"]}
FROZEN_AND_FAST = GroupSetting(
    "SGD in groups",
    "sgd",
    {"learning_rate": 0.1},
    [{"match": "first", "frozen": True}, {"match": "bias", "learning_rate": 0.5}],
    {"PyTorch": [GroupRule(""), GroupRule("optim.SGD", {"lr": 0.5}), GroupRule("optim.SGD", {"lr": 0.1})]},
)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_part_of_a_setting_has_parameters_and_a_rule_in_each_library(setting):
    places = {place_of(name, list_patterns(setting)) for name in NAMES}
    assert places == set(range(len(setting.groups) + 1))
    assert {len(parts) for parts in setting.parts.values()} == {len(places)}


def test_frozen_parameters_stay_and_each_group_has_its_learning_rate(python_with_torch):
    square, tall, wide, bias = our_updates(FROZEN_AND_FAST, STREAMS["normal"])
    assert not square.any()
    grads = [np.stack(column) for column in zip(*STREAMS["normal"].grads, strict=True)]
    for updates, rate, g in ((tall, 0.1, grads[1]), (wide, 0.1, grads[2]), (bias, 0.5, grads[3])):
        np.testing.assert_allclose(updates, -rate * g, rtol=1e-12)
    (found,) = compare_groups([FROZEN_AND_FAST], STREAMS, python_with_torch)
    assert found.is_same
    assert found.same["normal"] < 1e-12


@pytest.mark.parametrize(
    "parts",
    [
        [GroupRule("optim.SGD", {"lr": 0.1}), GroupRule("optim.SGD", {"lr": 0.5}), GroupRule("optim.SGD", {"lr": 0.1})],
        [GroupRule(""), GroupRule("optim.SGD", {"lr": 0.1}), GroupRule("optim.SGD", {"lr": 0.1})],
        [GroupRule(""), GroupRule("optim.SGD", {"lr": 0.5}), GroupRule("optim.SGD", {"lr": 0.1 * (1 + 1e-8)})],
        [GroupRule(""), GroupRule("optim.SGD", {"lr": 0.5}), GroupRule("optim.Nothing", {"lr": 0.1})],
    ],
)
def test_a_difference_of_one_group_is_unexplained_and_an_exit_code(parts, python_with_torch, capsys):
    found = compare_groups([FROZEN_AND_FAST._replace(parts={"PyTorch": parts})], STREAMS, python_with_torch)
    assert show(CrossCheck(6, {"PyTorch": "1.2.3"}, [], {}, found), Console(width=200)) == 1
    assert "Unexplained: SGD in groups, compared with PyTorch: " in capsys.readouterr().out


def test_a_library_that_is_not_installed_is_left_out():
    assert cross_check([], 2, sys.executable, groups=SETTINGS[:1]).groups == []


def test_optax_has_a_rule_for_each_part(monkeypatch):
    rules = {name: lambda name=name, **numbers: (name, numbers) for name in ("adam", "sgd", "set_to_zero")}
    optax = SimpleNamespace(multi_transform=lambda parts, labels: (parts, labels), **rules)
    monkeypatch.setitem(sys.modules, "optax", optax)
    (setting,) = (setting for setting in SETTINGS if setting.groups[0].get("frozen"))
    task = GroupCase(setting, "Optax").task(STREAMS)
    parts, labels = worker.make_optax_rule(json.loads(json.dumps(task)))
    assert parts == {"0": ("set_to_zero", {}), "1": ("adam", {"learning_rate": 0.001})}
    assert labels == ["0", "1", "1", "1"]


def test_the_page_and_the_numbers_have_the_groups(python_with_torch):
    result = CrossCheck(6, {}, [], {}, compare_groups([FROZEN_AND_FAST], STREAMS, python_with_torch))
    html = render_page([], result)
    code = re.search(r"<pre>(.*?)</pre>", html, re.DOTALL).group(1).replace("&#39;", "'")
    assert code.split("\n\n") == [
        "ob.optimizer('sgd', learning_rate=0.1, groups=[\n    {'match': 'first', 'frozen': True},\n"
        "    {'match': 'bias', 'learning_rate': 0.5},\n])",
        "for p in first: p.requires_grad_(False)\ntorch.optim.SGD([\n    {'params': bias, 'lr': 0.5},\n"
        "    {'params': [*others, *first], 'lr': 0.1},\n])",
    ]
    assert json.loads(format_json([], result))["groups"]["SGD in groups"]["PyTorch"]["verdict"] == "same"
    assert "Parameter groups" not in render_page([], CrossCheck(6, {}, [], {}))
