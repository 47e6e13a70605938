"""A world without a life cycle, fitted to a log: what its shapes would be if rates were constant and loss sudden.

Left truncation, survivorship, regression to the mean and the calendar all make shapes of their own. A statistic of the
real log means something only beside the same statistic, after the same selection, of logs drawn from this world.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, replace

import numpy as np
import pandas as pd

from helpers.errors import MethodError
from helpers.methods.columns import Array
from helpers.methods.estimate import Estimate
from helpers.methods.purchases.gamma_gamma import GammaGamma, fit_gamma_gamma
from helpers.methods.purchases.life_shapes import Lives, Log
from helpers.methods.purchases.pareto_nbd import ParetoNBD, fit_pareto_nbd
from helpers.methods.purchases.purchase_histories import Histories, customer_summary
from helpers.methods.purchases.purchase_simulation import (
    CalendarIntensity,
    calendar_intensity,
    merged,
    regularity,
    simulate_log,
)
from helpers.methods.result import Result

#: Days in a month.
MONTH = 30.4375

#: What is asked of the lives in a log: one estimate, or several by name.
Statistic = Callable[[Lives], Estimate | Mapping[str, Estimate]]


@dataclass(frozen=True, eq=False)
class NullWorld(Result):
    """Constant rates and sudden loss, with the calendar and the clumpiness of a real log.

    Attributes
    ----------
    model : ParetoNBD
        In days.
    spend : GammaGamma or None
        Values, where the log has them; independent of rate and lifetime.
    calendar : CalendarIntensity
        Factor on all rates by period of 30.4 days.
    clumpiness : float
        Shape of the waiting times; below 1 purchases come in clumps.
    entry : ndarray, shape (n,)
        Days of the first orders, as in the real log.
    end : float
        End of observation, in days.
    """

    model: ParetoNBD
    spend: GammaGamma | None
    calendar: CalendarIntensity
    clumpiness: float
    entry: Array
    end: float

    def draw(self, seed: int) -> pd.DataFrame:
        """One log: ``customer``, ``time`` (whole days) and ``value`` if there is a spend; a day's purchases are one."""
        log = simulate_log(
            self.model,
            self.entry,
            self.end,
            seed=seed,
            spend=self.spend,
            calendar=self.calendar,
            regularity=self.clumpiness,
        )
        return merged(log.assign(time=np.floor(log["time"])))

    def with_plain_rates(self) -> NullWorld:
        """The same world without calendar and clumps: the Pareto/NBD model as it stands."""
        return replace(self, calendar=CalendarIntensity.flat(), clumpiness=1.0)


def fit_null_world(log: pd.DataFrame, end: float, *, seed: int, rounds: int = 6, copies: int = 4) -> NullWorld:
    """Fit the world without a life cycle to a log.

    Purchase rates, loss, calendar and clumps each have an estimator that holds the others for what they are not: the
    model knows no clumps and takes them for differences between customers, and the clumps are seen in few customers. So
    the world is moved until logs drawn from it give the same estimates as the real one (indirect inference).

    Parameters
    ----------
    log : DataFrame
        ``customer``, ``time`` (whole days), ``value`` (positive), one row a customer and day; without customers whose
        first order is not known.
    end : float
        End of observation, in days, after the last order.
    seed : int
        Of the logs drawn.
    rounds, copies : int
        Moves, and logs drawn for each; from the fourth on they shrink, so that the noise of the draws averages out.
        Without rounds the estimates stand as they are.

    Returns
    -------
    NullWorld
        Its ``entry`` holds one moment a customer, sorted. Compare its `margins` with those of the log.

    Raises
    ------
    MethodError
        No fit, as in `fit_pareto_nbd`, `fit_gamma_gamma`, `calendar_intensity` and `regularity`.

    References
    ----------
    Gourieroux, Monfort and Renault (1993), Journal of Applied Econometrics 8, S85-S118.
    """
    summary = customer_summary(log, end)
    begin = float(summary["entry"].min())
    edges = np.linspace(begin, end, max(1, round((end - begin) / MONTH)) + 1)
    edges = _with_repeats(log, edges)
    entry = np.sort(summary["entry"].to_numpy())
    spend = fit_gamma_gamma(summary)[0] if "value" in log else None
    wanted = _estimates(log, end, edges)
    at = wanted.copy()
    for turn, one in enumerate(np.random.default_rng(seed).integers(2**63, size=rounds)):
        drawn = _world(at, edges, spend, np.repeat(entry, copies), end).draw(int(one))
        at += np.clip(wanted - _estimates(drawn, end, edges), -0.5, 0.5) / max(1, turn - 1)
    return _world(at, edges, spend, entry, end)


def _estimates(log: pd.DataFrame, end: float, edges: Array) -> Array:
    """Logarithms of the model's four parameters, of the clumpiness and of the calendar's factors."""
    model, _ = fit_pareto_nbd(Histories.of(customer_summary(log, end)))
    calendar = calendar_intensity(model, log, edges)
    return np.log([*astuple(model), regularity(log, calendar).value, *calendar.factor])


def _world(at: Array, edges: Array, spend: GammaGamma | None, entry: Array, end: float) -> NullWorld:
    model, clumpiness, factor = ParetoNBD(*map(float, np.exp(at[:4]))), float(np.exp(at[4])), np.exp(at[5:])
    return NullWorld(model, spend, CalendarIntensity(edges, factor), clumpiness, entry, end)


def _with_repeats(log: pd.DataFrame, edges: Array, least: int = 20) -> Array:
    """The edges without those that would part off a period of fewer than `least` repeat purchases at either end."""
    repeats = np.histogram(log.loc[log["customer"].duplicated(), "time"], edges)[0].cumsum()
    inner = edges[1:-1][(repeats[:-1] >= least) & (repeats[-1] - repeats[:-1] >= least)]
    return np.concatenate([edges[:1], inner, edges[-1:]])


def margins(log: Log, end: float) -> pd.Series:
    """What a null world must have in common with the log before its shapes are believed.

    Returns
    -------
    Series
        ``repeats`` a customer, ``once`` (share with one order), ``regulars`` (share with ten or more), ``late`` (share
        with an order in the last 91 days), ``value`` (mean of an order; 1 where the log has no values).
    """
    lives = Lives.of(log)
    return pd.Series(
        {
            "repeats": lives.count.mean() - 1,
            "once": (lives.count == 1).mean(),
            "regulars": (lives.count >= 10).mean(),
            "late": (lives.last >= end - 91).mean(),
            "value": lives.value.mean(),
        }
    )


@dataclass(frozen=True, eq=False)
class Compared(Result):
    """A shape beside the same shape of simulated logs.

    Attributes
    ----------
    observed : Estimate
        In the real log.
    over : Estimate
        Over the null's mean, see `over_null`.
    simulated : ndarray, shape (draws,)
        In each simulated log; NaN where one gives none.
    """

    observed: Estimate
    over: Estimate
    simulated: Array


def compare(
    log: Log, statistics: Mapping[str, Statistic], simulated: pd.DataFrame
) -> tuple[dict[str, Compared], dict[str, str]]:
    """Each statistic of the log over its mean in simulated ones.

    Parameters
    ----------
    log : DataFrame or Lives
    statistics : mapping of str to callable
        From the lives in a log to an estimate, or to several by name.
    simulated : DataFrame
        From `draws_of` with the same statistics.

    Returns
    -------
    found : dict of str to Compared
    faults : dict of str to str
        Why there is no result, for those where there is none.
    """
    observed, faults = _evaluated(statistics, Lives.of(log))
    found = {}
    for name, estimate in observed.items():
        values = simulated[name].to_numpy() if name in simulated else np.empty(0)
        try:
            found[name] = Compared(estimate, over_null(estimate, values), values)
        except MethodError as fault:
            faults[name] = str(fault)
    return found, faults


#: What the difference from the null is called, for what is no ratio.
_DIFFERENCES = {"share": "risk_difference", "standardised_slope": "standardised_slope_difference"}


def over_null(observed: Estimate, null: Array) -> Estimate:
    """An estimate beside its mean in simulated logs: the ratio of ratios, or the difference.

    Parameters
    ----------
    observed : Estimate
        With ``scale="log"`` the result is a ratio of the same measure; a ``share`` makes a ``risk_difference``, a
        ``standardised_slope`` a ``standardised_slope_difference``.
    null : ndarray, shape (draws,)
        The same statistic in each simulated log; those that are missing are left out.

    Returns
    -------
    Estimate
        The variance of the observed one plus that of the null's mean; the null's parameters count as known.

    Raises
    ------
    MethodError
        More than a tenth of the draws, or all but one, are missing.
    """
    known = null[np.isfinite(null)]
    if len(known) < max(2, 0.9 * len(null)):
        raise MethodError(f"{len(null) - len(known)} of {len(null)} simulated logs give no {observed.measure}")
    on_scale = np.log(known) if observed.scale == "log" else known
    mean, error = float(on_scale.mean()), float(on_scale.std(ddof=1)) / math.sqrt(len(known))
    return Estimate.from_se(
        observed.value / math.exp(mean) if observed.scale == "log" else observed.value - mean,
        math.hypot(observed.se, error),
        scale=observed.scale,
        measure=_DIFFERENCES.get(observed.measure, observed.measure),
        unit=f"{observed.unit}, over simulated logs",
        n=observed.n,
        n_dropped=observed.n_dropped,
        clusters=observed.clusters,
        variance=f"{observed.variance}; mean of {len(known)} simulated logs",
    )


def draws_of(simulated: Iterable[Lives], statistics: Mapping[str, Statistic]) -> pd.DataFrame:
    """The value of each statistic in each simulated log.

    Parameters
    ----------
    simulated : iterable of Lives
        From `logs`.
    statistics : mapping of str to callable
        From the lives in a log to an estimate, or to several by name, which then replace the one of the mapping.

    Returns
    -------
    DataFrame
        Shape (logs, statistics); NaN where a log does not give an estimate.
    """
    rows = [_evaluated(statistics, lives)[0] for lives in simulated]
    return pd.DataFrame([{name: estimate.value for name, estimate in row.items()} for row in rows], dtype=float)


def logs(world: NullWorld, draws: int, seed: int) -> Iterator[Lives]:
    """The lives in simulated logs, one after the other; the same seed gives the same ones, and more draws more."""
    for one in np.random.default_rng(seed).integers(2**63, size=draws):
        yield Lives.of(world.draw(int(one)))


def _evaluated(statistics: Mapping[str, Statistic], lives: Lives) -> tuple[dict[str, Estimate], dict[str, str]]:
    """The estimates that a log gives, and why it does not give the others."""
    found: dict[str, Estimate] = {}
    faults = {}
    for name, statistic in statistics.items():
        try:
            made = statistic(lives)
        except MethodError as fault:
            faults[name] = str(fault)
        else:
            found.update({name: made} if isinstance(made, Estimate) else made)
    return found, faults
