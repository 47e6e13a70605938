"""Many questions at once: how many of a family's findings chance alone would make, and what is left of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from helpers.methods.inference import multiplicity
from helpers.register.rules import SignedRule
from helpers.register.verdicts import Interval, Verdict, judge
from helpers.synthesis.voices import Voice

#: Rate of false discoveries, and of intervals of the selected that miss.
RATE = 0.05

_COLUMNS = ["family", "name", "dataset", "p", "p_bh", "p_by", "selected", "low", "high", "verdict", "adjusted"]


def adjusted(all_voices: Sequence[Voice]) -> pd.DataFrame:
    """False-discovery and false-coverage adjustment over the primary rows of each family.

    Only rules with a null value have p-values; shares, numbers and necessity are judged by regions and stand apart.

    Parameters
    ----------
    all_voices : sequence of Voice
        Each fact once (`helpers.synthesis.voices.voices`).

    Returns
    -------
    DataFrame
        One row a voice with a null value: ``family``, ``name``, ``dataset``, ``p``, ``p_bh`` (Benjamini-Hochberg),
        ``p_by`` (any dependence), ``selected``, ``low`` and ``high`` (the false-coverage interval of the selected, nan
        for others), ``verdict`` and ``adjusted``: the verdict by the wider interval, or *inconclusive* where a
        decided one is not selected; *practically null* is no discovery and keeps its verdict.

    References
    ----------
    Benjamini and Yekutieli (2005), JASA 100, 71-81.
    """
    rows: list[dict[str, object]] = []
    families = dict.fromkeys(voice.family for voice in all_voices)
    for family in families:
        own = [voice for voice in all_voices if voice.family == family and isinstance(voice.rule, SignedRule)]
        if own:
            rows += _family(family, own)
    return pd.DataFrame(rows, columns=_COLUMNS)


def _family(family: str, own: Sequence[Voice]) -> list[dict[str, object]]:
    found = multiplicity.adjusted_p_values({str(place): voice.p_value for place, voice in enumerate(own)})
    selected = [found[str(place)].benjamini_hochberg <= RATE for place in range(len(own))]
    missing = RATE * sum(selected) / len(own)
    rows: list[dict[str, object]] = []
    for place, (voice, chosen) in enumerate(zip(own, selected, strict=True)):
        p = found[str(place)]
        wide = voice.at_level(1 - missing) if chosen else (float("nan"),) * 2
        rows.append(
            {
                "family": family,
                "name": ", ".join(voice.names),
                "dataset": voice.row.dataset,
                "p": voice.p_value,
                "p_bh": p.benjamini_hochberg,
                "p_by": p.benjamini_yekutieli,
                "selected": chosen,
                "low": wide[0],
                "high": wide[1],
                "verdict": voice.verdict,
                "adjusted": _after(voice, missing if chosen else None),
            }
        )
    return rows


def _after(voice: Voice, missing: float | None) -> Verdict:
    """The verdict by intervals that miss at the rate given; None where the family's selection passed it over."""
    if voice.verdict in (Verdict.NULL, Verdict.INCONCLUSIVE):
        return voice.verdict
    if missing is None:
        return Verdict.INCONCLUSIVE
    (low, high), (low90, high90) = voice.at_level(1 - missing), voice.at_level(1 - 2 * missing)
    assert isinstance(voice.rule, SignedRule)
    return judge(voice.rule, Interval(low, high, low90, high90))
