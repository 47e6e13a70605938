"""Measures have names that people read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import helpers.methods
from helpers.project import Project
from helpers.register import model
from helpers.register.wording import MEASURES, measure_name, measure_zh


def words(node: ast.AST) -> Iterator[str]:
    return (part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def emitted(source: str) -> set[str]:
    """What a module passes as ``measure``, by name or place, and what its functions called ``..._measure`` return."""
    tree = ast.parse(source)
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    places = {}
    for name, function in functions.items():
        arguments = [each.arg for each in function.args.args if each.arg != "self"]
        places[name] = arguments.index("measure") if "measure" in arguments else None
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found |= {word for keyword in node.keywords if keyword.arg == "measure" for word in words(keyword.value)}
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = places.get(called)
            found |= set(words(node.args[place])) if place is not None and place < len(node.args) else set()
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "measures":
            found |= set(words(node.value))
        elif isinstance(node, ast.FunctionDef):
            returned = [part for part in ast.walk(node) if isinstance(part, ast.Return) and part.value]
            found |= {word for part in returned for word in words(part)} if node.name.endswith("_measure") else set()
            defaults = zip(reversed(node.args.args), reversed(node.args.defaults), strict=False)
            found |= {word for each, value in defaults if each.arg == "measure" for word in words(value)}
    return found


def test_every_measure_of_the_statistics_has_a_name_in_both_languages() -> None:
    modules = Path(*helpers.methods.__path__).rglob("*.py")
    measures = set().union(*(emitted(module.read_text(encoding="utf-8")) for module in modules))
    assert {"slope", "rate_ratio", "gini", "indirect_slope", "natural_direct_effect", "risk"} <= measures
    assert measures <= set(MEASURES)


def test_every_measure_that_a_rule_names_has_a_name_in_both_languages() -> None:
    claims = model.load(Project.here().claims).claims.values()
    named = {part.rule.measure for claim in claims for part in claim.components}
    assert named <= set(MEASURES)


def test_names_are_words_and_differ_from_one_another() -> None:
    for place in (0, 1):
        names = [both[place] for both in MEASURES.values()]
        assert len(set(names)) == len(names)
        assert not any("_" in name for name in names)


def test_a_measure_without_a_name_is_shown_by_its_own_words() -> None:
    assert measure_name("share_of_wallet") == "share of wallet"
    assert measure_zh("share_of_wallet") == ""
    assert measure_name("risk_difference") == "difference of shares"
