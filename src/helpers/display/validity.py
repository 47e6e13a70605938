"""What supports the statistics: coverage of intervals, errors of verdicts, agreement with R, sources of methods."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from helpers import methods
from helpers.digits import exact, number
from helpers.display.figures import Picture, finished
from helpers.display.html import Html, stack, tag, text
from helpers.display.style import ACCENT, CLAIM, INK, SOFT
from helpers.display.tables import table
from helpers.methods.agreement import Agreement
from helpers.methods.inference.coverage import Coverage
from helpers.methods.necessary_conditions.necessary_condition import NecessaryCondition
from helpers.register.reach import truths
from helpers.register.rules import AnyRule, NecessityRule
from helpers.register.verdicts import Verdict

#: The verdict that is wrong where the truth stands at this place of a rule, and how often it may come out.
_WRONG = {
    "smallest effect": (Verdict.SUPPORTED, 0.025),
    "edge of the null band": (Verdict.NULL, 0.05),
    "lower edge": (Verdict.SUPPORTED, 0.025),
    "upper edge": (Verdict.SUPPORTED, 0.025),
}


@dataclass(frozen=True)
class Edge:
    """A place of a rule at which one verdict must be rare.

    Attributes
    ----------
    place : str
        Its name.
    truth : float
        The value there, in the rule's unit.
    wrong : str
        The verdict that should not come out.
    allowed : float
        How often it may.
    """

    place: str
    truth: float
    wrong: str
    allowed: float


def edges(rule: AnyRule) -> list[Edge]:
    """The places of a rule at which its error rate is bounded; none for a rule that no interval decides."""
    if isinstance(rule, NecessityRule):
        return []
    found = truths(rule)
    return [Edge(place, found[place], *_WRONG[place]) for place in _WRONG if place in found]


def coverage(found: Sequence[Coverage], title: str, note: str = "") -> Html:
    """One row a design, in per cent: coverage with Monte Carlo error, type I error, where intervals miss; bias, SE."""
    rows = [
        {
            "estimate, interval: samples": f"{_of(item)}, truth {number(item.truth)}",
            "draws": item.draws,
            "95 %": f"{_points(item.covered)}\u00a0±\u00a0{_points(item.mc_se)}",
            "holds": "yes" if item.holds else "no",
            "type I: high + low": f"{_points(1 - item.covered)}: {_points(item.above)} + {_points(item.below)}",
            "90 %": _points(item.covered90),
            "bias": f"{item.bias:.2f}".replace("-", "−"),
            "SE / SD": f"{item.se_ratio:.2f}",
        }
        for item in found
    ]
    return table(
        pd.DataFrame(rows),
        title,
        note,
        dict.fromkeys(["95 %", "90 %", "type I: high + low", "bias", "SE / SD"], "right"),
    )


def cautions(found: Sequence[Coverage], title: str) -> Html:
    """What came out where theory promises nothing and what the method does about it; then why."""
    rows = [
        {
            "estimate, interval: samples": _of(item),
            "what came out": _came_out(item),
            "refused": _points(item.failed / item.draws),
            "warned": _points(item.warned),
            "the method says": item.said or "nothing",
        }
        for item in found
    ]
    note = "Per cent of the samples; *refused*: the method gave no estimate; *warned*: it gave one and said so."
    why = _paragraphs(list(dict.fromkeys(item.caution for item in found)))
    return stack(table(pd.DataFrame(rows), title, note, dict.fromkeys(["refused", "warned"], "right")), why)


def shortfalls(found: Sequence[Coverage]) -> Html:
    """Which designs fall short of 95 % by more than three Monte Carlo standard errors, in a sentence each."""
    short = [item for item in found if not item.holds]
    first = f"Of {len(found)} designs {len(found) - len(short)} cover as promised or more"
    if not short:
        return _paragraphs([f"{first}: none falls short by more than three Monte Carlo standard errors."])
    told = [
        f"{_of(item)}. Covers {_percent(item.covered)} ± {_points(item.mc_se)}, too high in {_percent(item.above)} and "
        f"too low in {_percent(item.below)}. "
        f"{item.caution or 'Theory promises coverage here; what rests on this interval is to be read with care.'}"
        for item in short
    ]
    return _paragraphs([f"{first}; {len(short)} fall short:", *told])


def coverage_figure(found: Sequence[Coverage], title: str) -> Picture:
    """Coverage of the 95 % intervals with Monte Carlo intervals against 95 %, sorted.

    Filled where theory promises coverage, open where it does not; in another colour what falls short.
    """
    items = sorted(found, key=lambda item: (item.covered, item.method, item.setting))
    figure = Figure(figsize=(8.6, 0.25 * len(items) + 1.2))
    axes = figure.subplots()
    axes.axvline(95, color=INK, lw=0.8)
    for place, item in enumerate(items):
        colour = ACCENT if item.holds else CLAIM
        low, high = (100 * (item.covered + sign * 1.96 * item.mc_se) for sign in (-1, 1))
        axes.plot([low, min(high, 100)], [place, place], color=colour, lw=1.4)
        face = "white" if item.caution else colour
        axes.plot(100 * item.covered, place, "o" if item.holds else "D", color=colour, mfc=face, ms=5)
    axes.set_yticks(range(len(items)), [_of(item) for item in items], fontsize=8)
    axes.set_ylim(-0.6, len(items) - 0.4)
    axes.grid(axis="y", color=SOFT, alpha=0.25, lw=0.5)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel="% of intervals (bars: Monte Carlo error)", title=title)
    marks = {
        "promised": ("o", ACCENT, ACCENT),
        "not promised, covers": ("o", ACCENT, "white"),
        "promised, falls short": ("D", CLAIM, CLAIM),
        "not promised, falls short": ("D", CLAIM, "white"),
    }
    handles = [
        Line2D([], [], marker=mark, color=colour, mfc=face, ls="", label=label)
        for label, (mark, colour, face) in marks.items()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return finished(figure, title)


def errors(rows: Sequence[tuple[str, Edge, int, Mapping[str, float]]], title: str) -> Html:
    """How often a verdict is wrong where the truth stands at an edge of its rule; components that are alike, together.

    Parameters
    ----------
    rows : sequence of (component, edge, draws, share of each verdict)
    title : str
    """
    alike: dict[tuple[Edge, int, tuple[tuple[str, float], ...]], list[str]] = {}
    for name, edge, draws, shares in rows:
        alike.setdefault((edge, draws, tuple(shares.items())), []).append(name)
    shown = []
    for (edge, draws, shares_of), names in alike.items():
        share, error = dict(shares_of).get(edge.wrong, 0.0), math.sqrt(edge.allowed * (1 - edge.allowed) / draws)
        others = sorted(((rate, verdict) for verdict, rate in shares_of if verdict != edge.wrong), reverse=True)
        shown.append(
            {
                "components": ", ".join(names),
                "truth at": f"{edge.place} ({exact(edge.truth)})",
                "draws": draws,
                "wrong verdict": edge.wrong,
                "comes out": _percent(share),
                "at most": f"{_points(edge.allowed)}\u00a0±\u00a0{_points(error)}\u00a0%",
                "holds": "yes" if share <= edge.allowed + 3 * error else "no",
                "otherwise": ", ".join(f"{verdict} {_percent(rate)}" for rate, verdict in others),
            }
        )
    return table(pd.DataFrame(shown), title, align=dict.fromkeys(["comes out", "at most"], "right"))


def necessity(
    rows: Sequence[tuple[str, str, int, Sequence[NecessaryCondition], Mapping[str, float]]], title: str
) -> Html:
    """How often a corner is emptier than both additive nulls, and what the rule makes of it, by what was planted.

    Parameters
    ----------
    rows : sequence of (component, what was planted, respondents, samples, share of each verdict)
        Where nothing necessary was planted, "supported" is the wrong verdict and may come out in 2.5 %.
    title : str
    """
    shown = []
    for name, planted, n, samples, shares in rows:
        beyond = sum(item.against_nulls.effect > item.against_nulls.null_high for item in samples) / len(samples)
        supported, error = shares.get(Verdict.SUPPORTED, 0.0), math.sqrt(0.025 * 0.975 / len(samples))
        others = sorted(
            ((rate, verdict) for verdict, rate in shares.items() if verdict != Verdict.SUPPORTED), reverse=True
        )
        wrong = planted != "necessary"
        shown.append(
            {
                "component": name,
                "planted": planted,
                "n": n,
                "samples": len(samples),
                "beyond both nulls": _percent(beyond),
                "supported": _percent(supported),
                "at most": f"2.5\u00a0±\u00a0{_points(error)}\u00a0%" if wrong else "",
                "holds": ("yes" if supported <= 0.025 + 3 * error else "no") if wrong else "",
                "otherwise": ", ".join(f"{verdict} {_percent(rate)}" for rate, verdict in others),
            }
        )
    return table(
        pd.DataFrame(shown), title, align=dict.fromkeys(["beyond both nulls", "supported", "at most"], "right")
    )


def not_shown(names: Collection[str], shown: Collection[str], reasons: Mapping[str, str]) -> Html:
    """The components whose error rates this page does not show, each with the reason."""
    told = [f"Not shown: {name}, since {why}." for name, why in reasons.items() if name in names]
    rest = [name for name in names if name not in shown and name not in reasons]
    if rest:
        told.append(f"Not shown, since no design stands for their estimator yet: {', '.join(rest)}.")
    return _paragraphs(told or ["Every component of the register is shown."])


def agreement(found: Sequence[Agreement], title: str) -> Html:
    """One row a method: with what of R it was compared, and in how many digits all numbers agree."""
    rows = [
        {
            "method": item.method,
            "compared": item.quantity,
            "reference": item.reference,
            "numbers": item.numbers,
            "largest relative difference": f"{item.difference:.0e}",
            "digits": item.digits,
        }
        for item in found
    ]
    return table(pd.DataFrame(rows), title, align={"largest relative difference": "right"})


def references() -> Html:
    """Every public function of `helpers.methods`, its source and what it was checked against, from its docstring."""
    rows = []
    for found in pkgutil.walk_packages(methods.__path__, f"{methods.__name__}."):
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            words = inspect.getdoc(function) or ""
            if name.startswith("_") or function.__module__ != module.__name__ or "References\n---" not in words:
                continue
            source = " ".join(words.split("References\n----------\n")[1].split("\n\n")[0].split())
            rows.append(
                {
                    "method": f"{found.name.rsplit('.', 1)[-1]}.{name}",
                    "what": words.split("\n")[0],
                    "source and check": source,
                }
            )
    return table(pd.DataFrame(rows), "What each method rests on")


def _came_out(item: Coverage) -> str:
    if not item.holds:
        side = "high" if item.above > item.below else "low"
        return f"falls short, mostly too {side}"
    return "covers more" if item.covered > 0.95 + 3 * item.mc_se else "covers here"


def _paragraphs(sentences: Sequence[str]) -> Html:
    return Html("".join(tag("p", text(sentence)) for sentence in sentences), "\n".join(sentences))


def _of(item: Coverage) -> str:
    return f"{item.method}: {item.setting}"


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def _percent(share: float) -> str:
    return f"{_points(share)} %"
