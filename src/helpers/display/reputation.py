"""What ratings among traders show: who stays after the first one, and what happens around bad ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from helpers.digits import exact, interval, number
from helpers.display import tables
from helpers.display.figures import Picture, finished
from helpers.display.html import Html
from helpers.display.style import ACCENT, CLAIM, INK
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts
from helpers.methods.survival.cox import CoxModel

GROUPS = ("below zero", "lowest above zero", "higher")


def by_first(first: pd.Series) -> pd.Series:
    """First ratings as one of `GROUPS` (ordered categorical): distrust, the lowest trust that anybody got, more."""
    lowest = first[first > 0].min()
    named = pd.Series(GROUPS[0], index=first.index).mask(first >= lowest, GROUPS[1]).mask(first > lowest, GROUPS[2])
    return pd.Series(pd.Categorical(named, categories=list(GROUPS), ordered=True), index=first.index, name="first")


def members(frame: pd.DataFrame, group: str, days: Sequence[float], title: str) -> Html:
    """Members by their first rating: who had been active before, and who still was after so many days.

    Parameters
    ----------
    frame : DataFrame
        As `from_first_rating` gives it, nobody censored before the last of the days, with a column `group`.
    group : str
    days : sequence of float
        Increasing; members count as still active where their last act lies later.
    title : str
    """
    rows = []
    for label, part in frame.groupby(group, observed=True):
        row: dict[str, object] = {"first rating": label, "members": len(part)}
        row["before"] = _share(part["given_before"] > 0)
        for day in days:
            row[f"after day {exact(day)}"] = _share(part["time"] > day + 0.5)
        rows.append(row)
    note = (
        "Per cent of the members who had rated others before they were rated, and who rate others after so many days, "
        "before a first long silence; 95 % intervals."
    )
    return tables.table(pd.DataFrame(rows), title, note)


def too_late(found: pd.DataFrame, title: str) -> Html:
    """Ratings that came after their subject's last act, by sign, as `after_the_last_act` gives them."""
    shares = (100 * found[name] for name in ("share", "low", "high"))
    told = {
        "ratings received": found["sign"],
        "n": found["ratings"],
        "members": found["members"],
        "after the last own one, %": [
            f"{number(share)} {interval(low, high)}" for share, low, high in zip(*shares, strict=True)
        ],
        "median days after": found["median_days"],
    }
    note = "Members who gave ratings and left; shares within members, then their mean, with 95 % intervals."
    return tables.table(pd.DataFrame(told), title, note)


def around(found: Mapping[str, pd.DataFrame], title: str) -> Picture:
    """Share of members who rate others in each span before and after they are rated, as `activity_around` gives it."""
    figure = Figure(figsize=(7.2, 4.0))
    axes = figure.subplots()
    marks = zip(found.items(), (CLAIM, ACCENT, INK), ("o", "s", "^"), strict=False)
    for place, ((label, spans), colour, mark) in enumerate(marks):
        at = (spans["from"] + spans["to"]) / 2 + (place - 0.5)
        axes.vlines(at, spans["low"], spans["high"], color=colour, lw=1.6)
        words = f"{label} ({int(spans['members'].iloc[0]):,} members)"
        axes.plot(at, spans["share"], mark, color=colour, ms=5, ls=":", lw=1, label=words)
    axes.axvline(0, color=INK, lw=1)
    axes.annotate("rated", (0, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=8.5)
    axes.set(xlabel="days before and after the rating received", ylabel="give a rating in the span, 95 % intervals")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_ylim(bottom=0)
    axes.set_title(title, pad=16)
    axes.legend(loc="upper right")
    return finished(figure, title)


def hazards(models: Mapping[str, CoxModel], names: Mapping[str, str], people: Mapping[str, int], title: str) -> Html:
    """Hazard ratios of leaving under several models, one column a model.

    Parameters
    ----------
    models : mapping of str to CoxModel
    names : mapping of str to str
        Covariates, in order, with labels; a model may lack some.
    people : mapping of str to int
        Members in each model, whose rows are several a member.
    title : str
    """
    rows: dict[str, list[object]] = {label: [] for label in names.values()}
    for model in models.values():
        for name, label in names.items():
            rows[label].append(tables.shown(model.hazard_ratio(name)) if name in model.names else None)
    rows["members"] = [f"{people[label]:,}" for label in models]
    rows["leavers"] = [f"{model.events:,}" for model in models.values()]
    shown = pd.DataFrame.from_dict(rows, orient="index", columns=list(models)).reset_index(names="hazard ratio of")
    note = "Cox, Efron ties, robust to repeated rows of a member; above 1: leaves sooner. 95 % intervals."
    return tables.table(shown, title, note)


def _share(happened: pd.Series) -> str:
    return tables.shown(proportions.share(Counts(int(happened.sum()), len(happened))).in_percentage_points())
