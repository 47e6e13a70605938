"""What more retention would be worth, where retention is never seen: in a log of orders without contracts.

All death rates of a fitted Pareto/NBD model are scaled until the mean one-year survival has risen as claimed; the gain
is what that does to value. Everything else stays: purchase rates, spend, margin.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.gamma_gamma import GammaGamma, fit_gamma_gamma, gamma_gamma_refits
from helpers.methods.purchases.lifetime_value import (
    LivingBase,
    Valuation,
    base_value,
    death_scale_for,
    mean_survival,
    new_customer_value,
)
from helpers.methods.purchases.pareto_nbd import ParetoNBD, fit_pareto_nbd, pareto_nbd_refits
from helpers.methods.purchases.positive_likelihood import PositiveFit
from helpers.methods.purchases.power_integrals import Array
from helpers.methods.purchases.purchase_histories import Histories
from helpers.methods.result import Result


@dataclass(frozen=True, kw_only=True, eq=False)
class ValueFits(Result):
    """Both models, fitted to the customers and to bootstrap draws of them.

    Attributes
    ----------
    purchases, spend : PositiveFit
        Pareto/NBD and Gamma-Gamma.
    customers : DataFrame
        Columns ``frequency``, ``recency``, ``age``, ``spend``; complete but for the spend of who never ordered again.
    weights : ndarray of int, shape (draws, n)
        How often each customer occurs in each draw.
    purchase_draws, spend_draws : ndarray, shape (draws, 4) and (draws, 3)
        Parameters; NaN where a draw has no maximum.
    seed : int
    n_dropped : int
        Customers left out because a value is missing.
    """

    purchases: PositiveFit
    spend: PositiveFit
    customers: pd.DataFrame
    weights: np.ndarray
    purchase_draws: Array
    spend_draws: Array
    seed: int
    n_dropped: int


@dataclass(frozen=True, kw_only=True, eq=False)
class RetentionGain(Result):
    """The gain in value from a rise of retention.

    Attributes
    ----------
    gain : Estimate
        Measure ``value_gain``, in per cent of value.
    survival, raised : float
        Mean one-year survival as fitted, and after the rise.
    death_scale : float
        Number that multiplies all death rates.
    value : float
        Mean value of a customer before the rise, in money.
    """

    gain: Estimate
    survival: float
    raised: float
    death_scale: float
    value: float

    def to_frame(self) -> pd.DataFrame:
        """One row: the gain's fields, then the others."""
        return self.gain.to_frame().assign(
            survival=self.survival, raised=self.raised, death_scale=self.death_scale, customer_value=self.value
        )


def fit_value_models(customers: pd.DataFrame, *, draws: int = 200, seed: int) -> ValueFits:
    """Fit both models to customers and to bootstrap draws of them.

    Parameters
    ----------
    customers : DataFrame
        One row a customer: ``frequency``, ``recency``, ``age``, ``spend`` (see `customer_summary`). Rows in which one
        of the first three is missing are dropped and counted, as are repeat customers without a spend.
    draws : int
        At least 2.
    seed : int
        Of numpy's default generator.

    Raises
    ------
    MethodError
        A model cannot be fitted to the customers themselves, or there are fewer than two draws.
    """
    if draws < 2:
        raise MethodError(f"a bootstrap needs at least two draws, not {draws}")
    columns = ["frequency", "recency", "age"]
    unknown = [name for name in [*columns, "spend"] if name not in customers.columns]
    if unknown:
        raise MethodError(f"the customers have no column {', '.join(unknown)}")
    usable = customers[columns].notna().all(axis=1) & (customers["spend"].notna() | (customers["frequency"] == 0))
    kept = customers.loc[usable, [*columns, "spend"]]
    kept = kept.sort_values([*columns, "spend"], ignore_index=True)  # one seed, the same draws whatever the order
    histories = Histories.of(kept)
    _, purchases = fit_pareto_nbd(histories)
    _, spend = fit_gamma_gamma(kept)
    spenders = kept[kept["frequency"] > 0]
    refit = pareto_nbd_refits(histories, purchases)
    refit_spend = gamma_gamma_refits(spenders["frequency"], spenders["spend"], spend)
    generator = np.random.default_rng(seed)
    n = len(kept)
    weights = np.empty((draws, n), dtype=np.int32)
    purchase_draws, spend_draws = np.full((draws, 4), np.nan), np.full((draws, 3), np.nan)
    for draw in range(draws):
        weights[draw] = np.bincount(generator.integers(n, size=n), minlength=n)
        try:
            again, spend_again = refit(weights[draw]), refit_spend(weights[draw][spenders.index])
        except MethodError:
            continue  # counted where the draws are used
        purchase_draws[draw], spend_draws[draw] = astuple(again), astuple(spend_again)
    return ValueFits(
        purchases=purchases,
        spend=spend,
        customers=kept,
        weights=weights,
        purchase_draws=purchase_draws,
        spend_draws=spend_draws,
        seed=seed,
        n_dropped=len(customers) - n,
    )


def retention_gain(
    fits: ValueFits, valuation: Valuation, *, rise: float = 0.05, relative: bool = False, base: bool = False
) -> RetentionGain:
    """Per cent gain in value when the mean one-year survival rises.

    Parameters
    ----------
    fits : ValueFits
    valuation : Valuation
        Discount, horizon, and for new customers whether the first purchase counts. The spread over such assumptions is
        a range, not an interval.
    rise : float
        .05 is five points, or five per cent if `relative`.
    relative : bool
        Whether the rise is relative to the fitted survival.
    base : bool
        The existing customers (alive at the end of observation, each with its chance) instead of new ones.

    Returns
    -------
    RetentionGain
        Percentile interval from the bootstrap of customers, both models refitted and the death scale solved again in
        each draw.

    Raises
    ------
    MethodError
        The raised survival is 1 or more: infeasible, in the data or in a draw; an infinite value; or more than one
        draw in a hundred without a fit.
    """
    histories = Histories.of(fits.customers)
    spent = fits.customers["spend"].to_numpy(dtype=float)
    asked = valuation, rise, relative, base
    value, survival, raised, scale, gain = _gain(fits.purchases.values, fits.spend.values, histories, spent, *asked)
    draws = np.full(len(fits.weights), np.nan)
    for draw, weight in enumerate(fits.weights):
        if np.isnan(fits.purchase_draws[draw]).any():
            continue
        drawn = histories.reweighted(weight)
        *_, draws[draw] = _gain(fits.purchase_draws[draw], fits.spend_draws[draw], drawn, spent[weight > 0], *asked)
    estimate = Estimate.from_draws(
        gain,
        draws,
        measure="value_gain",
        unit="per cent of value",
        n=len(fits.customers),
        n_dropped=fits.n_dropped,
        variance=f"percentile bootstrap of customers, {len(draws):,} draws",
    )
    return RetentionGain(gain=estimate, survival=survival, raised=raised, death_scale=scale, value=value)


def _gain(
    purchases: Array,
    spend: Array,
    histories: Histories,
    spent: Array,
    valuation: Valuation,
    rise: float,
    relative: bool,
    base: bool,
) -> tuple[float, float, float, float, float]:
    """Mean value, survival, raised survival, death scale, gain in per cent; from the parameters of both models."""
    model, of_spend = ParetoNBD(*purchases), GammaGamma(*spend)
    year = valuation.year
    living = LivingBase.of(model, histories) if base else None
    survival = mean_survival(model, year, base=living)
    raised = survival * (1 + rise) if relative else survival + rise
    scale = death_scale_for(model, raised, year, base=living)
    if living is None:
        before, after = (new_customer_value(model, of_spend.mean(), valuation, death_scale=by) for by in (1.0, scale))
    else:
        order_value = of_spend.conditional(histories.frequency, spent)
        before, after = (
            float(np.average(base_value(model, living, order_value, valuation, death_scale=by), weights=living.weight))
            for by in (1.0, scale)
        )
    if before <= 0:
        raise MethodError(f"a new customer is worth {before:.3g}, so a gain in per cent means nothing; see the cost")
    return before, survival, raised, scale, 100 * (after / before - 1)
