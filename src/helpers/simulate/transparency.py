"""Simulated experiment on sharing one's data: shown or not, by five incentives, effects known exactly.

The model. A participant falls into one of ten cells. Without an incentive and without being shown the data, the
chance of consent is ``.70 + .08 * older``, where ``older`` runs evenly from -1 to 1 with age. Showing the data adds
`shown`, an incentive its own effect, and both together `interaction` on top where the incentive is a bonus. As
``older`` has mean zero, the average effects are had without simulation.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from helpers.errors import ParameterError
from helpers.schemas.experiment import Covariate, Experiment, Factor, Outcome, Plan
from helpers.schemas.flow import Flow
from helpers.simulate.truth import Truth

_SHOWN = {"hidden": "data not shown", "shown": "data shown"}
_INCENTIVES = {
    "control": "no reason given",
    "altruism": "common good",
    "bonus_05": "bonus of $0.05",
    "bonus_20": "bonus of $0.20",
    "bonus_50": "bonus of $0.50",
}
_CELLS = {f"{shown}_{incentive}": (shown, incentive) for shown, incentive in itertools.product(_SHOWN, _INCENTIVES)}
_AGES = ("18 - 24 years", "25 - 34 years", "35 - 44 years", "45 - 54 years", "55 - 64 years", "65 and older")

PLAN = Plan(
    control="hidden_control",
    arms={arm: f"{_SHOWN[shown]}, {_INCENTIVES[incentive]}" for arm, (shown, incentive) in _CELLS.items()},
    outcomes=(Outcome("consent", "binary", "share of participants", "Consented to share the data"),),
    covariates=(Covariate("age", "category", "Age"), Covariate("orders", "category", "Orders a month")),
    assigned=dict.fromkeys(_CELLS, 1 / len(_CELLS)),
    factors=(
        Factor("transparency", "Transparency", _SHOWN, {arm: shown for arm, (shown, _) in _CELLS.items()}),
        Factor("incentive", "Incentive", _INCENTIVES, {arm: incentive for arm, (_, incentive) in _CELLS.items()}),
    ),
)

_BASE, _BASE_BY = 0.70, 0.08
_EFFECTS = {"control": 0.0, "altruism": 0.02, "bonus_05": 0.01, "bonus_20": 0.04, "bonus_50": 0.08}


def draw(
    seed: int, n: int = 6000, *, shown: float = 0.06, interaction: float = 0.0, null: bool = False
) -> tuple[Experiment, Truth]:
    """A simulated experiment and what was planted in it.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same experiment.
    n : int
        Participants; the ten arms are as equal as they can be.
    shown : float
        What showing the data adds to the chance of consent.
    interaction : float
        What it adds on top where a bonus is paid.
    null : bool
        Neither transparency nor incentives do anything; the effects do not count.

    Returns
    -------
    experiment : Experiment
        Ten arms, which are the cells of the factors ``transparency`` and ``incentive``; the outcome ``consent``.
    truth : Truth
        Differences of shares, exact: ``transparency:INCENTIVE``, shown less not shown at each incentive;
        ``transparency``, their mean over the five; ``incentive:INCENTIVE`` against no incentive, mean over shown and
        not shown; ``interaction:INCENTIVE``, the effect of showing there less that without incentive.

    Raises
    ------
    ParameterError
        Fewer than ten participants, or effects that take a chance out of 0 to 1.
    """
    chance = _chances(shown, interaction, null)
    if n < len(_CELLS) or min(chance.values()) < _BASE_BY or max(chance.values()) > 1 - _BASE_BY:
        raise ParameterError(
            f"a simulated experiment takes n of {len(_CELLS)} or more and effects that keep the chance of consent, "
            f"{_BASE} without any, between {_BASE_BY} and {1 - _BASE_BY}; here n is {n} and the chance "
            f"{min(chance.values()):.2f} to {max(chance.values()):.2f}"
        )
    rng = np.random.default_rng(seed)
    arm = rng.permutation(np.resize(list(_CELLS), n))
    age = rng.integers(0, len(_AGES), n)
    older = (age - 2.5) / 2.5
    consent = rng.random(n) < np.array([chance[name] for name in arm]) + _BASE_BY * older
    frame = pd.DataFrame(
        {
            "unit": np.arange(n),
            "arm": pd.Categorical(arm, categories=list(_CELLS)),
            "consent": consent.astype("int64"),
            "age": pd.Categorical(np.array(_AGES)[age]),
            "orders": pd.Categorical(rng.choice(["fewer than 5", "5 to 10", "more than 10"], n, p=[0.65, 0.28, 0.07])),
        }
    )
    return PLAN.carried_out("simulated_transparency", frame, Flow.start(n)), _truth(chance)


def _chances(shown: float, interaction: float, null: bool) -> dict[str, float]:
    """The average chance of consent in each arm."""
    if null:
        return dict.fromkeys(_CELLS, _BASE)
    return {
        arm: _BASE
        + _EFFECTS[incentive]
        + (transparency == "shown") * (shown + interaction * incentive.startswith("bonus"))
        for arm, (transparency, incentive) in _CELLS.items()
    }


def _truth(chance: dict[str, float]) -> Truth:
    effects = {incentive: chance[f"shown_{incentive}"] - chance[f"hidden_{incentive}"] for incentive in _INCENTIVES}
    means = {incentive: (chance[f"shown_{incentive}"] + chance[f"hidden_{incentive}"]) / 2 for incentive in _INCENTIVES}
    treated = [incentive for incentive in _INCENTIVES if incentive != "control"]
    return Truth(
        {
            "transparency": sum(effects.values()) / len(effects),
            **{f"transparency:{incentive}": effect for incentive, effect in effects.items()},
            **{f"incentive:{incentive}": means[incentive] - means["control"] for incentive in treated},
            **{f"interaction:{incentive}": effects[incentive] - effects["control"] for incentive in treated},
        }
    )
