"""What the simulated survey converges to: any slope between scores or between the constructs behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import DataInvalid
from helpers.simulate.truth import Truth


@dataclass(frozen=True)
class SurveyTruth(Truth):
    """The planted values by name, and every linear relation of the survey.

    Attributes
    ----------
    scores : DataFrame
        Correlations of the constructs' scores and of all items, measurement error and rounding included.
    latent : DataFrame
        Correlations of the constructs themselves: what disattenuation aims at.
    """

    scores: pd.DataFrame
    latent: pd.DataFrame

    def slopes(self, outcome: str, predictors: Sequence[str], *, latent: bool = False) -> dict[str, float]:
        """Standardised partial slopes of an outcome on predictors beside one another.

        Parameters
        ----------
        outcome : str
        predictors : sequence of str
            Constructs; of the scores, items too.
        latent : bool
            Between the constructs themselves instead of their scores.

        Raises
        ------
        DataInvalid
            There is no such construct or item; the message names those there are.
        """
        table = self.latent if latent else self.scores
        unknown = [name for name in (outcome, *predictors) if name not in table]
        if unknown:
            raise DataInvalid(f"nothing named {unknown[0]!r} was simulated; there are: {', '.join(map(str, table))}")
        among = table.loc[list(predictors), list(predictors)].to_numpy()
        found = np.linalg.solve(among, table.loc[list(predictors), outcome].to_numpy())
        return dict(zip(predictors, map(float, found), strict=True))

    def explained(self, outcome: str, predictors: Sequence[str], *, latent: bool = False) -> float:
        """The share of an outcome's variance that predictors explain together; parameters and errors as `slopes`."""
        table = self.latent if latent else self.scores
        slopes = self.slopes(outcome, predictors, latent=latent)
        return float(np.dot(list(slopes.values()), table.loc[list(slopes), outcome].to_numpy()))
