"""Numbers that a fitted model of purchases determines, with intervals from the likelihood or from refits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.pareto_nbd import ParetoNBD, fit_pareto_nbd, pareto_nbd_refits
from helpers.methods.purchases.positive_likelihood import PositiveFit
from helpers.methods.purchases.power_integrals import Array
from helpers.methods.purchases.purchase_histories import Histories


def from_covariance(
    fit: PositiveFit, of: Callable[[Array], float], *, draws: int, seed: int, measure: str, unit: str
) -> Estimate:
    """A number that a fit's parameters determine, with an interval from their asymptotic normal distribution.

    Parameters
    ----------
    fit : PositiveFit
    of : callable
        From the parameters, shape (k,), to the number; where it raises MethodError the draw counts as failed.
    draws, seed : int
        Of the parameters' logarithms; no refit.
    measure, unit : str
        Of the estimate.

    Raises
    ------
    MethodError
        More than one draw in a hundred fails.
    """
    generator = np.random.default_rng(seed)
    logs = generator.multivariate_normal(np.log(fit.values), fit.log_covariance, draws)
    found = np.full(draws, np.nan)
    for place, drawn in enumerate(np.exp(logs)):
        try:
            found[place] = of(drawn)
        except MethodError:
            continue
    return Estimate.from_draws(
        of(fit.values),
        found,
        measure=measure,
        unit=unit,
        n=fit.n,
        n_dropped=fit.n_dropped,
        variance=f"asymptotic, {draws:,} draws of the parameters",
    )


def refitted(
    customers: pd.DataFrame, of: Callable[[ParetoNBD], float], *, draws: int, seed: int, measure: str, unit: str
) -> Estimate:
    """A number that a Pareto/NBD model determines, with a percentile interval from refits to drawn customers.

    Parameters
    ----------
    customers : DataFrame
        One row a customer: ``frequency``, ``recency``, ``age``; complete.
    of : callable
        From the model to the number.
    draws, seed : int
        At least 2.
    measure, unit : str
        Of the estimate.

    Raises
    ------
    MethodError
        As `fit_pareto_nbd`; fewer than two draws; or more than one draw in a hundred without a fit.
    """
    if draws < 2:
        raise MethodError(f"a bootstrap needs at least two draws, not {draws}")
    generator = np.random.default_rng(seed)
    ordered = customers.sort_values(["frequency", "recency", "age"])  # one seed, the same draws whatever the order
    histories = Histories.of(ordered)
    model, fit = fit_pareto_nbd(histories)
    refit = pareto_nbd_refits(histories, fit)
    found = np.full(draws, np.nan)
    for draw in range(draws):
        times = np.bincount(generator.integers(len(ordered), size=len(ordered)), minlength=len(ordered))
        try:
            found[draw] = of(refit(times))
        except MethodError:
            continue  # counted by the estimate
    return Estimate.from_draws(
        of(model),
        found,
        measure=measure,
        unit=unit,
        n=len(ordered),
        variance=f"percentile bootstrap of customers with refits, {draws:,} draws",
    )
