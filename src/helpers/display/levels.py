"""What the study of ordered levels shows: what each model of the order implies, and what the answers say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from helpers.digits import number
from helpers.display.html import Html, tag, text
from helpers.display.tables import shown, table
from helpers.methods.estimate import Estimate
from helpers.methods.linear_models.ordered_levels import LevelSlopes
from helpers.methods.scales.conditional_independence import JointTest
from helpers.methods.scales.d_separation import Statement, implied_independences


def implied(
    models: Mapping[str, Sequence[tuple[str, str]]],
    levels: Sequence[str],
    partial: Mapping[str, Mapping[Statement, Estimate]],
    title: str,
) -> Html:
    """Which independences each model implies, and how far the answers are from each.

    Parameters
    ----------
    models : mapping of str to arrows
        By the words that name them; each model is a sequence of (cause, effect).
    levels : sequence of str
        What was observed.
    partial : mapping of str to mapping of Statement to Estimate
        Partial correlations, by how they were made; what is not defined on these data is left out.
    title : str
        What the table shows.
    """
    says = {name: implied_independences(arrows, levels) for name, arrows in models.items()}
    every = sorted({statement for said in says.values() for statement in said}, key=_place(levels))
    rows = []
    for statement in every:
        one, other, given = statement
        measured = {name: found.get(statement) for name, found in partial.items()}
        rows.append(
            {
                "independent": f"{one}, {other}",
                "given": ", ".join(given) or "nothing",
                "in the models": "; ".join(name for name, said in says.items() if statement in said),
                **{name: shown(found) if found else "not defined" for name, found in measured.items()},
            }
        )
    silent = [name for name, said in says.items() if not said]
    note = f" None at all is implied by: {', '.join(f'*{name}*' for name in silent)}." if silent else ""
    first, *rest = says
    same = [name for name in rest if says[name] == says[first]]
    alike = (
        f"The same independences as in the model *{first}* follow from: {', '.join(f'*{name}*' for name in same)}. "
        "No data of this kind can tell these apart."
        if same
        else f"No other of these models implies the same independences as *{first}*."
    )
    return table(pd.DataFrame(rows), title, alike + note)


def _place(levels: Sequence[str]) -> Callable[[Statement], tuple[int, ...]]:
    """A key that sorts statements by how many are given, then by the order of the levels."""

    def key(statement: Statement) -> tuple[int, ...]:
        one, other, given = statement
        return len(given), *map(levels.index, (one, other, *given))

    return key


def reliabilities(found: LevelSlopes, stated: Mapping[str, str], title: str) -> Html:
    """How reliable each level's score is taken to be, from what, and how much those before it explain.

    Parameters
    ----------
    found : LevelSlopes
    stated : mapping of str to str
        By level, where its reliability comes from.
    title : str
        What the table shows.
    """
    rows = []
    for name, origin in stated.items():
        share = found.explained.get(name)
        rows.append(
            {
                "level": name,
                "reliability": found.reliabilities.get(name),
                "from": origin,
                "explained by those before": shown(share) if share else "–",
                "proper": "no" if name in found.refused else "yes",
            }
        )
    note = (
        "Explained: share of the variance, freed of measurement error. An interval that passes 1 says that the "
        "correction is about as strong as these answers can bear, or that two levels are hardly distinct. Proper: the "
        "slopes of the level are defined."
    )
    return table(pd.DataFrame(rows), title, note, {"reliability": "right", "explained by those before": "right"})


def sentences(told: Sequence[str]) -> Html:
    """A paragraph each; nothing where there is nothing to say."""
    return Html("".join(tag("p", text(sentence)) for sentence in told), "\n".join(told))


def tests(found: Mapping[str, JointTest], title: str, note: str) -> Html:
    """Joint tests, one row each."""
    rows = [
        {
            "test": label,
            "chi-squared": number(test.chi_squared),
            "df": test.df,
            "p": "< .001" if test.p_value < 0.001 else f"{test.p_value:.3f}",
            "kind": test.kind,
        }
        for label, test in found.items()
    ]
    return table(pd.DataFrame(rows), title, note, {"p": "right", "chi-squared": "right"})
