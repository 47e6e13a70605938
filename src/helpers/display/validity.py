"""What supports the statistics: coverage of intervals, errors of verdicts, sources and checks of methods."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping, Sequence

import pandas as pd

from helpers import methods
from helpers.display.html import Html
from helpers.display.tables import table
from helpers.methods.coverage import Coverage


def coverage(found: Sequence[Coverage], title: str, note: str) -> Html:
    """One row a design: coverage of the 95 and 90 % intervals, on which side they miss, Monte Carlo standard error."""
    rows = [
        {
            "design": item.name,
            "draws": item.draws,
            "failed": item.failed,
            "95 %": _percent(item.covered),
            "90 %": _percent(item.covered90),
            "too high": _percent(item.above),
            "too low": _percent(item.below),
            "±": _percent(item.mc_se),
            "as promised": "yes" if item.holds else "no",
        }
        for item in found
    ]
    sides = dict.fromkeys(["95 %", "90 %", "too high", "too low", "±"], "right")
    return table(pd.DataFrame(rows), title, note, sides)


def rates(rows: Sequence[tuple[str, str, float, int, Mapping[str, float], str, float]], title: str) -> Html:
    """How often a verdict is wrong where the truth stands at an edge of the rule.

    Parameters
    ----------
    rows : sequence of (component, edge, truth, draws, share of each verdict, the wrong verdict, largest share allowed)
    title : str
    """
    shown = []
    for name, edge, truth, draws, shares, wrong, allowed in rows:
        error = (allowed * (1 - allowed) / draws) ** 0.5
        share = shares.get(wrong, 0.0)
        shown.append(
            {
                "component": name,
                "truth at": f"{edge} ({truth:g})",
                "draws": draws,
                "wrong verdict": wrong,
                "comes out": _percent(share),
                "at most": _percent(allowed),
                "±": _percent(error),
                "holds": "yes" if share <= allowed + 3 * error else "no",
            }
        )
    return table(pd.DataFrame(shown), title, align=dict.fromkeys(["comes out", "at most", "±"], "right"))


def references() -> Html:
    """Every public function of `helpers.methods`, its source and what it was checked against, from its docstring."""
    rows = []
    for found in pkgutil.iter_modules(methods.__path__):
        module = importlib.import_module(f"{methods.__name__}.{found.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            text = inspect.getdoc(function) or ""
            if name.startswith("_") or function.__module__ != module.__name__ or "References\n---" not in text:
                continue
            source = " ".join(text.split("References\n----------\n")[1].split("\n\n")[0].split())
            rows.append({"method": f"{found.name}.{name}", "what": text.split("\n")[0], "source and check": source})
    return table(pd.DataFrame(rows), "What each method rests on")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
