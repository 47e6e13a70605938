"""What calls to clients show: success at a call and not by the number of calls, who agreed before, calls a sale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from helpers.digits import exact, interval, number
from helpers.display import tables
from helpers.display.figures import Picture, finished
from helpers.display.html import Html
from helpers.display.style import ACCENT, CLAIM, INK, SOFT
from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts
from helpers.methods.survival.attempts import Attempts

#: Shares of sales that the documents name for new and for existing customers, per cent.
CLAIMED = {"claimed, new": 15.0, "claimed, existing": 50.0}

#: How many times the cost of keeping a customer the documents say that winning one costs.
CLAIMED_RATIO = 6.0

EARLIER = {
    "none": "no earlier campaign",
    "failure": "refused earlier",
    "other": "earlier outcome: other",
    "success": "agreed earlier",
}


def agreed(frame: pd.DataFrame) -> Estimate:
    """Share of the clients who took the offer, per cent, with Wilson's interval."""
    return proportions.share(Counts(int(frame["success"].sum()), len(frame))).in_percentage_points()


def by_earlier_outcome(frame: pd.DataFrame, held: Mapping[str, Estimate], title: str) -> Picture:
    """Share that took the offer by the outcome of an earlier campaign, with the documents' two numbers.

    Parameters
    ----------
    frame : DataFrame
        ``success`` and ``earlier_outcome``, coded as in `EARLIER`.
    held : mapping of str to Estimate
        Shares (0 to 1) by outcome with other things held.
    title : str
    """
    codes = [code for code in EARLIER if (frame["earlier_outcome"] == code).any()]
    figure = Figure(figsize=(7.2, 0.55 * len(codes) + 1.7))
    axes = figure.subplots()
    for place, code in enumerate(codes):
        raw, even = agreed(frame[frame["earlier_outcome"] == code]), held[code].in_percentage_points()
        for shift, found, mark, colour in ((-0.12, raw, "o", ACCENT), (0.12, even, "D", INK)):
            axes.plot([found.ci_low, found.ci_high], [place + shift] * 2, color=colour, lw=1.6)
            words = ("raw" if mark == "o" else "clients alike in what is recorded") if place == 0 else None
            axes.plot(found.value, place + shift, mark, color=colour, ms=5, label=words)
    for words, value in CLAIMED.items():
        axes.axvline(value, color=CLAIM, lw=1.2, ls="--")
        at = (value, 1.0)
        axes.annotate(
            f"{words} {exact(value)} %", at, xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=8.5
        )
    sizes = frame["earlier_outcome"].value_counts()
    axes.set_yticks(range(len(codes)), [f"{EARLIER[code]} (n = {sizes[code]:,})" for code in codes])
    axes.set_ylim(len(codes) - 0.5, -0.5)
    axes.set_xlim(0, None)
    axes.set_xlabel("took the offer in this campaign, % of clients, 95 % intervals")
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.16 - 0.3 / len(codes)), ncols=2)
    return finished(figure, title)


def who_agreed_earlier(frame: pd.DataFrame, numbers: Mapping[str, str]) -> Html:
    """Clients by earlier outcome: how many, and the medians of columns (`numbers` gives their labels)."""
    rows = []
    for code, label in EARLIER.items():
        part = frame[frame["earlier_outcome"] == code]
        if len(part):
            medians = [part[name].median() for name in numbers]
            rows.append((label, len(part), 100 * len(part) / len(frame), *medians))
    names = ["earlier campaign", "clients", "% of clients", *numbers.values()]
    note = "After the two columns that count: medians, over those for whom it is recorded."
    return tables.table(pd.DataFrame(rows, columns=names), "Who had agreed before", note)


def at_each_call(found: pd.DataFrame, constant: Sequence[float] | None, title: str) -> Picture:
    """Success at each call among those called so often, beside the misleading share by total number of calls.

    Parameters
    ----------
    found : DataFrame
        As `Attempts.by_attempt` gives it.
    constant : sequence of float or None
        What unequal clients with unchanging chances would give at each of these calls, from 0 to 1.
    title : str
    """
    figure = Figure(figsize=(7.2, 4.0))
    axes = figure.subplots()
    at = found["attempt"]
    axes.plot(at, 100 * found["share_of_total"], "x", color=SOFT, ms=6, label="by total number of calls (misleads)")
    axes.vlines(at, 100 * found["low"], 100 * found["high"], color=ACCENT, lw=1.8)
    axes.plot(at, 100 * found["share"], "o", color=ACCENT, ms=6, label="at this call, of those called so often")
    if constant is not None:
        words = "unequal clients, chances that no call changes"
        axes.plot(at, 100 * np.asarray(constant), color=INK, ls="--", lw=1.4, label=words)
    axes.set(xlabel="call of this campaign", ylabel="took the offer, %, 95 % intervals", title=title)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper right")
    return finished(figure, title)


def calls(found: pd.DataFrame, held: Mapping[str, Mapping[str, Estimate]], title: str) -> Html:
    """Each call: who was called, who agreed, raw and with other things held, and after which refusals calls end.

    Parameters
    ----------
    found : DataFrame
        As `Attempts.by_attempt` gives it.
    held : mapping of str to mapping of str to Estimate
        By what is held, the share (0 to 1) at each call, by its number as text.
    title : str
    """
    shares = (100 * found[name] for name in ("share", "low", "high"))
    told = {
        "call": found["attempt"],
        "called": found["at_risk"],
        "agreed": found["successes"],
        "raw, %": [f"{number(share)} {interval(low, high)}" for share, low, high in zip(*shares, strict=True)],
    }
    for words, at_call in held.items():
        told[f"{words} alike, %"] = [
            tables.shown(at_call[str(call)].in_percentage_points()) if str(call) in at_call else None
            for call in found["attempt"]
        ]
    told["given up, %"] = 100 * found["gave_up"]
    told["in all, %"] = 100 * found["share_of_total"]
    note = (
        "Called: clients with such a call. Per cent of them who agreed at it, with 95 % intervals. Given up: of the "
        "refusals at this call, those after which no call followed. In all: of the clients with exactly so many calls, "
        "those who agreed."
    )
    return tables.table(pd.DataFrame(told), title, note)


def calls_a_sale(groups: Mapping[str, Attempts], stops: Sequence[int | None], title: str) -> Html:
    """Calls for each sale, by group of clients (columns) and by the call after which the bank would have stopped."""
    rows = []
    for stop in stops:
        row: dict[str, object] = {
            "stop after": "as it was" if stop is None else f"{stop} {'calls' if stop > 1 else 'call'}"
        }
        for label, attempts in groups.items():
            try:
                found = attempts.per_success(stop)
            except MethodError:
                row[label] = None
            else:
                row[label] = f"{tables.shown(found)}, {found.events:,} sales"
        rows.append(row)
    note = "Calls for each sale [95 % interval]; the earlier calls of a client do not depend on those that follow."
    return tables.table(pd.DataFrame(rows), title, note)


def cost_grid(existing: Estimate, shares: Sequence[float], call_costs: Sequence[float], title: str) -> Html:
    """How many times a sale to a new customer would cost one to these clients, by what nobody recorded.

    Parameters
    ----------
    existing : Estimate
        Calls for each sale to these clients.
    shares : sequence of float
        Supposed chances of a sale at a call to a stranger, per cent: the rows.
    call_costs : sequence of float
        Supposed costs of a call to a stranger, in calls to a client: the columns.
    title : str
    """
    rows = []
    for share in shares:
        ratios = [cost * (100 / share) / existing.value for cost in call_costs]
        rows.append((f"{exact(share)} %", *(f"{number(ratio)}" for ratio in ratios)))
    names = ["sales a call", *(f"cost {exact(cost)}" for cost in call_costs)]
    exactly = ", ".join(
        f"{number(100 * cost / (CLAIMED_RATIO * existing.value))} % at {exact(cost)}" for cost in call_costs
    )
    note = (
        "Rows: chance that a call to a stranger sells. Columns: its cost, in calls to these clients. "
        f"These clients take {tables.shown(existing)} calls a sale. The ratio is {exact(CLAIMED_RATIO)} where calls to "
        f"strangers sell in {exactly} times the cost of a call. None of these rates and costs is in the data."
    )
    return tables.table(pd.DataFrame(rows, columns=names), title, note, dict.fromkeys(names[1:], "right"))


def by_earlier_calls(frame: pd.DataFrame, edges: Sequence[float]) -> pd.DataFrame:
    """Share that took the offer by earlier outcome and calls before this campaign, as `figures.grouped` takes it.

    Groups of fewer than twenty clients are left out.
    """
    rows = []
    for code, label in EARLIER.items():
        part = frame[(frame["earlier_outcome"] == code) & (frame["earlier_calls"] > 0)]
        for ends, group in part.groupby(pd.cut(part["earlier_calls"], edges), observed=True):
            if len(group) < 20:
                continue
            low, high = int(ends.left) + 1, ends.right
            words = f"{low} and more" if np.isinf(high) else str(low) if low == high else f"{low} to {int(high)}"
            found = agreed(group)
            rows.append((label, f"{words} (n = {len(group):,})", found.value, found.ci_low, found.ci_high))
    return pd.DataFrame(rows, columns=["block", "group", "value", "low", "high"])
