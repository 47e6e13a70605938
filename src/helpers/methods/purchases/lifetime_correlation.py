"""Whether customers with a longer observed lifetime are worth more than constant rates with sudden loss explain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.equal_follow_up import equal_follow_up, simulate_days
from helpers.methods.purchases.gamma_gamma import GammaGamma, fit_gamma_gamma, gamma_gamma_refits
from helpers.methods.purchases.pareto_nbd import ParetoNBD, fit_pareto_nbd, pareto_nbd_refits
from helpers.methods.purchases.power_integrals import Array
from helpers.methods.purchases.purchase_histories import Histories, customer_summary
from helpers.methods.purchases.purchase_simulation import CalendarIntensity
from helpers.methods.result import Result

#: Customers simulated for the mean of a null, and for its change in a draw: a correlation's noise is .004 and .007.
_FOR_MEAN, _FOR_DRAW = 50_000, 20_000


@dataclass(frozen=True, kw_only=True)
class CorrelationExcess(Result):
    """A correlation against its null.

    Attributes
    ----------
    excess : Estimate
        Measure ``correlation_excess``: `observed` less `null`.
    observed, null : float
        The correlation in the data, and its mean in logs simulated from the models fitted to the same data.
    """

    excess: Estimate
    observed: float
    null: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is correlated, and what the null knows.

    Attributes
    ----------
    net_of_frequency : bool
        The partial rank correlation, net of the number of repeat purchases.
    repeaters_only : bool
        Only customers with a repeat purchase, in the data and in the null.
    calendar : CalendarIntensity, optional
        Purchases of the null speed up and slow down with it.
    regularity : float
        Shape of the null's waiting times; below 1 they come in clumps.
    """

    net_of_frequency: bool = False
    repeaters_only: bool = False
    calendar: CalendarIntensity | None = None
    regularity: float = 1.0


@dataclass(frozen=True)
class _Models:
    purchases: ParetoNBD
    spend: GammaGamma


def correlation_excess(
    log: pd.DataFrame, end: float, follow_up: float, comparisons: Mapping[str, Comparison], *, draws: int, seed: int
) -> dict[str, CorrelationExcess]:
    """Spearman correlation of observed lifetime and value at equal follow-up, less its mean under the fitted models.

    Lifetime is the time from the first to the last purchase within the follow-up, value the sum of all purchases in
    it. The null simulates customers with the same entries from a Pareto/NBD and a Gamma-Gamma model fitted to the same
    follow-up, and takes them through the same steps.

    Parameters
    ----------
    log : DataFrame
        Columns ``customer``, ``time`` (whole days, in weeks), ``value`` (positive); see `purchase_log`.
    end, follow_up : float
        End of observation, and time each customer is followed, in weeks.
    comparisons : mapping of str to Comparison
    draws, seed : int
        Bootstrap draws of customers, at least 2.

    Returns
    -------
    dict of str to CorrelationExcess
        Percentile intervals: in each draw the correlation is that of the customers drawn, and the null moves as it
        does from the fitted models to models refitted to them (without calendar and clumps). The noise of 20,000
        simulated customers a draw is in it, so the interval is a little wide.

    Raises
    ------
    MethodError
        Fewer than two draws, a model that cannot be fitted, or too few customers with a repeat purchase.
    """
    if draws < 2:
        raise MethodError(f"a bootstrap needs at least two draws, not {draws}")
    customers = _customers(log, follow_up, end)
    entry = log.groupby("customer")["time"].min().reindex(customers.index).to_numpy()
    histories = Histories.of(customers)
    model, fit = fit_pareto_nbd(histories)
    spend, spend_fit = fit_gamma_gamma(customers)
    fitted = _Models(model, spend)
    generator = np.random.default_rng(seed)
    nulls = {name: _null_mean(fitted, entry, end, follow_up, how, generator) for name, how in comparisons.items()}
    columns = customers[["recency", "value", "frequency"]].to_numpy(dtype=float).T
    ranked = _Ranked.of(columns)
    observed = ranked.correlations(comparisons, np.ones(len(customers)))
    centre = _correlations(_drawn(fitted, follow_up, 5 * _FOR_DRAW, generator), comparisons)
    bought = columns[2] > 0
    repeated = customers[bought]
    refit = pareto_nbd_refits(histories, fit)
    refit_spend = gamma_gamma_refits(repeated["frequency"], repeated["spend"], spend_fit)
    found = np.full((draws, len(comparisons)), np.nan)
    for draw in range(draws):
        times = np.bincount(generator.integers(len(customers), size=len(customers)), minlength=len(customers))
        try:
            again = _Models(refit(times), refit_spend(times[bought]))
        except MethodError:
            continue  # counted by the estimate
        moved = _correlations(_drawn(again, follow_up, _FOR_DRAW, generator), comparisons)
        found[draw] = ranked.correlations(comparisons, times) - (moved - centre)
    n_repeaters, n_dropped = int((customers["frequency"] > 0).sum()), log["customer"].nunique() - len(customers)
    return {
        name: CorrelationExcess(
            excess=Estimate.from_draws(
                observed[place] - nulls[name],
                found[:, place] - nulls[name],
                measure="correlation_excess",
                unit="Spearman correlation",
                n=n_repeaters if how.repeaters_only else len(customers),
                n_dropped=n_dropped + (len(customers) - n_repeaters if how.repeaters_only else 0),
                variance=f"percentile bootstrap of customers with refits, {draws:,} draws",
            ),
            observed=float(observed[place]),
            null=nulls[name],
        )
        for place, (name, how) in enumerate(comparisons.items())
    }


def _customers(log: pd.DataFrame, follow_up: float, end: float) -> pd.DataFrame:
    """`customer_summary` at equal follow-up, with the value of all purchases."""
    customers = customer_summary(equal_follow_up(log, follow_up, end), follow_up)
    return customers.assign(value=customers["first_value"] + customers["frequency"] * customers["spend"].fillna(0.0))


def _null_mean(
    models: _Models, entry: Array, end: float, follow_up: float, how: Comparison, generator: np.random.Generator
) -> float:
    """The mean correlation in logs simulated from the models, each taken through the same steps as the data."""
    found = []
    for _ in range(max(1, round(_FOR_MEAN / len(entry)))):
        log = simulate_days(
            models.purchases,
            entry,
            end,
            seed=int(generator.integers(2**31)),
            spend=models.spend,
            calendar=how.calendar,
            regularity=how.regularity,
        )
        found.append(_correlations(_followed(log, follow_up, end), {"": how})[0])
    return float(np.mean(found))


def _followed(log: pd.DataFrame, follow_up: float, end: float) -> Array:
    """Lifetime, value and frequency at equal follow-up of the customers 0 to n - 1 of a sorted log, shape (3, n)."""
    owner, time, value = (log[name].to_numpy() for name in ("customer", "time", "value"))
    entry = time[np.searchsorted(owner, np.arange(owner[-1] + 1))]
    since = time - entry[owner]
    seen = since <= follow_up + 1e-9
    orders = np.bincount(owner[seen])
    lifetime = np.minimum(since[seen][np.cumsum(orders) - 1], follow_up)
    columns = np.array([lifetime, np.bincount(owner[seen], weights=value[seen]), orders - 1])
    return columns[:, entry <= end - follow_up + 1e-9]


def _drawn(models: _Models, follow_up: float, n: int, generator: np.random.Generator) -> Array:
    """Lifetime, value and frequency of customers of the models, shape (3, n), without simulating each purchase.

    Purchases while alive are Poisson, so the last of k falls where the largest of k even draws does, and the sum of
    k + 1 gamma values is a gamma value.
    """
    purchases, spend = models.purchases, models.spend
    rate = generator.gamma(purchases.r, 1 / purchases.alpha, n)
    death = generator.standard_exponential(n) / generator.gamma(purchases.s, 1 / purchases.beta, n)
    alive = np.minimum(death, follow_up)
    frequency = generator.poisson(rate * alive)
    latest = alive * generator.random(n) ** (1 / np.maximum(frequency, 1))
    lifetime = np.where(frequency > 0, np.floor(7 * latest) / 7, 0.0)
    scale = 1 / generator.gamma(spend.q, 1 / spend.gamma, n)
    return np.array([lifetime, generator.gamma(spend.p * (frequency + 1), scale), frequency])


@dataclass(frozen=True)
class _Ranked:
    """Customers' lifetime, value and frequency as places among the different ones, to be ranked under any weights."""

    places: npt.NDArray[np.intp]
    repeated: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, columns: Array) -> _Ranked:
        places = np.array([np.unique(column, return_inverse=True)[1] for column in columns])
        return cls(places, columns[2] > 0)

    def correlations(self, comparisons: Mapping[str, Comparison], times: npt.ArrayLike) -> Array:
        """Of each comparison, shape (comparisons,), where each customer stands for so many."""
        times = np.asarray(times, dtype=np.intp)
        matrices = {
            repeaters: self._matrix(times * self.repeated if repeaters else times)
            for repeaters in {how.repeaters_only for how in comparisons.values()}
        }
        return np.array([_of(matrices[how.repeaters_only], how) for how in comparisons.values()])

    def _matrix(self, times: npt.NDArray[np.intp]) -> Array:
        """Spearman correlations, shape (3, 3)."""
        used = times > 0
        ranks = []
        for place in self.places[:, used]:
            alike = np.bincount(place, weights=times[used])
            ranks.append((np.cumsum(alike) - (alike - 1) / 2)[place])
        covariance = np.cov(ranks, fweights=times[used])
        spread = np.sqrt(np.diag(covariance))
        return covariance / spread / spread[:, None]


def _correlations(columns: Array, comparisons: Mapping[str, Comparison]) -> Array:
    """The correlation of each comparison in columns of lifetime, value and frequency, shape (comparisons,)."""
    return _Ranked.of(columns).correlations(comparisons, np.ones(columns.shape[1]))


def _of(matrix: Array, how: Comparison) -> float:
    """Of lifetime and value, from the correlations of lifetime, value and frequency."""
    if not how.net_of_frequency:
        return float(matrix[0, 1])
    rest = (1 - matrix[0, 2] ** 2) * (1 - matrix[1, 2] ** 2)
    return float((matrix[0, 1] - matrix[0, 2] * matrix[1, 2]) / np.sqrt(rest))
