"""What follows from random assignment alone: balance of covariates, sizes of arms, the randomisation test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from helpers.errors import MethodError
from helpers.methods.columns import Array, complete_rows, mapped_to_dummies, refuse_collinear, refuse_constant
from helpers.methods.result import Result


@dataclass(frozen=True)
class Balance(Result):
    """Whether arms differ in what was known before the experiment.

    Attributes
    ----------
    table : DataFrame
        Indexed by covariate (``column=level`` for categories); one column an arm with its mean, and for each arm but
        the reference ``d <arm>``: its standardised difference from the reference.
    statistic, df, p_value : float, int, float
        Joint test that assignment is unrelated to all covariates.
    n, n_dropped : int
    """

    table: pd.DataFrame
    statistic: float
    df: int
    p_value: float
    n: int
    n_dropped: int

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


@dataclass(frozen=True)
class SampleRatio(Result):
    """Observed arm sizes against the assigned shares.

    Attributes
    ----------
    table : DataFrame
        Indexed by arm: ``observed``, ``expected`` (units).
    statistic, df, p_value : float, int, float
        Pearson's chi-squared test. Below .001 the split is not what was assigned, and no effect can be trusted.
    """

    table: pd.DataFrame
    statistic: float
    df: int
    p_value: float

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def balance(frame: pd.DataFrame, arm: str, covariates: Sequence[str], *, reference: str) -> Balance:
    """Covariate means by arm, standardised differences, and one joint test of randomisation.

    The statistic sums, over arms, n_k times the squared Mahalanobis distance of the arm's means from the overall means.
    Under random assignment with fixed arm sizes its expectation is exactly its degrees of freedom, k (arms - 1).

    Parameters
    ----------
    frame : DataFrame
        Units with a missing arm or covariate are dropped and counted.
    arm : str
        A column of at least two levels.
    covariates : sequence of str
        Known before assignment; columns that are not numeric enter as one 0/1 column a level but the first.
    reference : str
        The arm with which the others are compared (the test does not depend on it).

    Returns
    -------
    Balance

    Raises
    ------
    MethodError
        An unknown column, fewer than two arms, an arm of fewer than two units, or covariates that are constant or
        determine one another.

    References
    ----------
    Hansen and Bowers (2008), Statistical Science 23, 219-236; Austin (2009), Statistics in Medicine 28, 3083-3107
    (standardised differences). The statistic equals (n - 1) times Pillai's trace in R 4.2 ``manova``.
    """
    if arm not in frame.columns:
        raise MethodError(f"the frame has no column {arm!r} that gives the arm")
    known = mapped_to_dummies(frame, covariates)
    complete = known.notna().all(axis=1) & frame[arm].notna()
    x, assigned = known[complete], frame.loc[complete, arm].astype(str)
    sizes = assigned.value_counts().sort_index()
    if len(sizes) < 2 or sizes.min() < 2 or reference not in sizes:
        raise MethodError(
            f"column {arm!r} needs at least two arms of two units, among them {reference!r}; here {sizes.to_dict()}"
        )
    refuse_constant(x.to_numpy(float), list(x.columns))
    refuse_collinear(x.to_numpy(float), list(x.columns))
    means = x.groupby(assigned).mean().loc[sizes.index]
    variances = x.groupby(assigned).var().loc[sizes.index]
    away = (means - x.mean()).to_numpy()
    covariance = np.atleast_2d(np.cov(x.to_numpy(float).T))
    statistic = float(sizes.to_numpy() @ np.sum(away * np.linalg.solve(covariance, away.T).T, axis=1))
    df = x.shape[1] * (len(sizes) - 1)
    table = means.T
    for other in sizes.index.drop(reference):
        pooled = np.sqrt((variances.loc[reference] + variances.loc[other]) / 2)
        table[f"d {other}"] = (means.loc[other] - means.loc[reference]) / pooled.where(pooled > 0)
    table.columns.name = None
    return Balance(table, statistic, df, float(stats.chi2.sf(statistic, df)), len(x), len(frame) - len(x))


def sample_ratio(frame: pd.DataFrame, arm: str, shares: Mapping[str, float]) -> SampleRatio:
    """Test whether arm sizes agree with the shares that units were assigned with.

    Parameters
    ----------
    frame : DataFrame
        One row a unit; units without an arm are left out.
    arm : str
    shares : mapping of str to float
        The assigned share of every arm; positive, summing to 1.

    Raises
    ------
    MethodError
        An unknown column, shares that do not sum to 1, or an arm without a share.

    References
    ----------
    Fabijan et al. (2019), Diagnosing sample ratio mismatch, KDD. It is scipy's ``chisquare``.
    """
    if arm not in frame.columns:
        raise MethodError(f"the frame has no column {arm!r} that gives the arm")
    if not np.isclose(sum(shares.values()), 1) or min(shares.values()) <= 0:
        raise MethodError(f"assigned shares must be positive and sum to 1, not {dict(shares)}")
    observed = frame[arm].dropna().value_counts()
    unknown = [str(level) for level in observed.index if level not in shares]
    if unknown or observed.empty:
        raise MethodError(
            f"column {arm!r} holds arms without an assigned share: {', '.join(unknown) or 'no arm at all'}"
        )
    table = pd.DataFrame({"observed": observed.reindex(list(shares)).fillna(0).astype(int)})
    table["expected"] = table["observed"].sum() * pd.Series(shares)
    test = stats.chisquare(table["observed"], table["expected"])
    return SampleRatio(table, float(test.statistic), len(table) - 1, float(test.pvalue))


@dataclass(frozen=True)
class RandomisationTest(Result):
    """Whether an outcome had come out the same under any other assignment.

    Attributes
    ----------
    statistic : float
        Difference in shares, treated less control: the slope of the outcome on treatment, strata held.
    p_value : float
        Two-sided: share of assignments, this one among them, whose statistic is as far from zero or further.
    draws, n, strata : int
    """

    statistic: float
    p_value: float
    draws: int
    n: int
    strata: int


def stratified_randomisation_test(
    frame: pd.DataFrame, outcome: str, treated: str, stratum: str, *, draws: int, seed: int
) -> RandomisationTest:
    """Test that treatment changes nobody's outcome, by assigning it anew within strata.

    Under that hypothesis the outcomes are fixed and only the assignment is random, so the number of events among the
    treated of a stratum is hypergeometric. Nothing is assumed of the outcomes.

    Parameters
    ----------
    frame : DataFrame
        One row a unit, nothing missing.
    outcome, treated : str
        Columns of 0 and 1.
    stratum : str
        Column of labels within which the treatment was assigned.
    draws, seed : int
        Assignments drawn; the smallest p-value that can come out is 1 / (draws + 1).

    Raises
    ------
    MethodError
        A missing value, another value than 0 and 1, no draws, or no stratum with both treated and control units.

    References
    ----------
    Fisher (1935), The Design of Experiments, chapter 2; Phipson and Smyth (2010), Statistical Applications in Genetics
    and Molecular Biology 9, 39 (the observed assignment counts). With one stratum and arms of
    one size it is scipy's ``fisher_exact``.
    """
    values, n_dropped = complete_rows(frame, [outcome, treated], at_least=2)
    if n_dropped or frame[stratum].isna().any() or not np.isin(values, (0, 1)).all() or draws < 1:
        raise MethodError(
            f"a randomisation test needs at least one draw, {outcome!r} and {treated!r} of 0 and 1, and no missing "
            f"value in them or in {stratum!r}"
        )
    columns = pd.DataFrame({"event": values[:, 0], "treated": values[:, 1], "both": values.prod(axis=1)})
    counts = columns.groupby(frame[stratum].to_numpy(), observed=True)
    n, (events, size, both) = counts.size().to_numpy(), counts.sum().to_numpy().T
    weight = size * (n - size) / n
    if not weight.any():
        raise MethodError(
            f"no stratum of {stratum!r} holds both treated and control units, so none can be assigned anew"
        )
    used = weight > 0
    n, events, size, both, weight = (part[used] for part in (n, events, size, both, weight))

    def differences(among: Array) -> Array:
        return np.asarray((among / size - (events - among) / (n - size)) @ weight / weight.sum())

    observed = float(differences(both))
    sizes = (events.astype(int), (n - events).astype(int), size.astype(int))
    anew = differences(np.random.default_rng(seed).hypergeometric(*sizes, size=(draws, len(n))).astype(float))
    # An assignment that gives the same difference may miss it by rounding.
    as_far = int(np.sum(np.abs(anew) >= abs(observed) * (1 - 1e-9)))
    return RandomisationTest(observed, (as_far + 1) / (draws + 1), draws, int(n.sum()), len(n))
