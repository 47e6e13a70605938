"""Randomised experiments: the difference between two arms, raw, adjusted for covariates, and by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests

from helpers.errors import MethodError
from helpers.methods.columns import (
    Array,
    complete_rows,
    mapped_to_dummies,
    numbers,
    refuse_collinear,
    refuse_constant,
    refuse_decisive_rows,
)
from helpers.methods.estimate import Estimate
from helpers.methods.inference import proportions
from helpers.methods.inference.proportions import Counts
from helpers.methods.result import Result


@dataclass(frozen=True)
class Contrast:
    """Which two arms are compared.

    Attributes
    ----------
    arm : str
        The column that says what a unit was assigned to.
    treated, control : str
        Two of its values; units in other arms are left aside.
    """

    arm: str
    treated: str
    control: str

    def treatment(self, frame: pd.DataFrame) -> pd.Series:
        """1 for the treated, 0 for the control, missing for other arms; index as in the frame.

        Raises
        ------
        MethodError
            No such column, or no unit in one of the two arms.
        """
        if self.arm not in frame.columns:
            raise MethodError(f"the frame has no column {self.arm!r} that gives the arm")
        for level in (self.treated, self.control):
            if not (frame[self.arm] == level).any():
                arms = ", ".join(map(str, frame[self.arm].dropna().unique()[:8]))
                raise MethodError(f"no unit is in arm {level!r} of column {self.arm!r}; arms here are {arms}")
        return frame[self.arm].map({self.treated: 1.0, self.control: 0.0}).astype(float).rename("treated")


@dataclass(frozen=True)
class GroupEffects(Result):
    """One effect a group, with what looking at several groups costs.

    Attributes
    ----------
    effects : mapping of str to Estimate
        Each with its own 95 and 90 % interval.
    table : DataFrame
        Indexed by group: ``estimate``, ``se``, ``ci_low``, ``ci_high`` (95 % for this group alone),
        ``simultaneous_low``, ``simultaneous_high`` (95 % for all groups together, Šidák), ``p``, ``p_holm``
        (family-wise error), ``p_bh`` (false discovery rate), ``n``.
    heterogeneity, df, p_value : float, int, float
        Cochran's Q: chi-squared test that the effect is the same in all groups.
    """

    effects: Mapping[str, Estimate]
    table: pd.DataFrame
    heterogeneity: float
    df: int
    p_value: float

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def mean_difference(
    frame: pd.DataFrame, outcome: str, contrast: Contrast, *, unit: str, measure: str = "mean_difference"
) -> Estimate:
    """Mean outcome of the treated minus that of the control, with Welch's interval.

    Parameters
    ----------
    frame : DataFrame
        One row a unit; units of the two arms without an outcome are dropped and counted.
    outcome : str
    contrast : Contrast
    unit : str
        Of the outcome, in words.
    measure : str
        As the rule names it.

    Returns
    -------
    Estimate
        n counts both arms.

    Raises
    ------
    MethodError
        An unknown column or arm, fewer than two units in an arm, or no variance in either arm.

    References
    ----------
    Welch (1947), Biometrika 34, 28-35. Checked against scipy ``ttest_ind`` and R 4.2 ``t.test``.
    """
    return _welch(*_arms(frame, outcome, contrast), measure=measure, unit=unit)


def risk_difference(frame: pd.DataFrame, outcome: str, contrast: Contrast) -> Estimate:
    """Share of the treated with the event minus that of the control, with Newcombe's interval.

    Parameters
    ----------
    frame : DataFrame
        One row a unit; units of the two arms without an outcome are dropped and counted.
    outcome : str
        0 and 1, or false and true.
    contrast : Contrast

    Returns
    -------
    Estimate
        As `helpers.methods.inference.proportions.risk_difference`.

    Raises
    ------
    MethodError
        An unknown column or arm, or an outcome of other values than 0 and 1.
    """
    treatment = contrast.treatment(frame)
    treated, control = (Counts.of(numbers(frame[treatment == arm], outcome)) for arm in (1.0, 0.0))
    return proportions.risk_difference(treated, control)


def smaller_of(first: Estimate, second: Estimate) -> Estimate:
    """The smaller of two effects on separate units: what can be said of both at once.

    Parameters
    ----------
    first, second : Estimate
        Of one measure and unit, from units that do not overlap.

    Returns
    -------
    Estimate
        The smaller value and its SE. The lower limits are the smaller ones of the two, so that "both at least so
        much" is as sure as each by itself; the upper limits are the smaller ones of intervals widened for two looks
        (Bonferroni, normal), so that "at least one below" is as sure, too.

    Raises
    ------
    MethodError
        The two are not of one measure and unit, or are ratios.

    References
    ----------
    Berger (1982), Technometrics 24, 295-300 (intersection-union test). Coverage checked by simulation.
    """
    if (first.measure, first.unit, first.scale) != (second.measure, second.unit, "linear"):
        raise MethodError(
            f"the smaller of two effects needs one measure and unit on a linear scale, not {first.measure} in "
            f"{first.unit} and {second.measure} in {second.unit}"
        )
    both = (first, second)
    smaller = min(both, key=lambda effect: effect.value)
    high, high90 = (min(e.value + stats.norm.isf(tail) * e.se for e in both) for tail in (0.0125, 0.025))
    events = None if first.events is None or second.events is None else first.events + second.events
    return replace(
        smaller,
        ci_low=min(effect.ci_low for effect in both),
        ci90_low=min(effect.ci90_low for effect in both),
        ci_high=max(high, smaller.value),
        ci90_high=max(high90, smaller.value),
        n=first.n + second.n,
        n_dropped=first.n_dropped + second.n_dropped,
        events=events,
        variance=f"the smaller of two, {smaller.variance}",
    )


def adjusted_difference(
    frame: pd.DataFrame, outcome: str, contrast: Contrast, covariates: Sequence[str], *, unit: str, measure: str
) -> Estimate:
    """The difference between two arms, made more precise by covariates known before assignment.

    Covariates are centred and interacted with treatment, so that the coefficient of treatment stays an unbiased average
    effect (in large samples) even if the linear model is wrong. With HC2 and no covariates it would be Welch's.

    Parameters
    ----------
    frame : DataFrame
        Units of the two arms with a missing outcome or covariate are dropped and counted.
    outcome : str
        Numeric; 0 and 1 give a risk difference.
    contrast : Contrast
    covariates : sequence of str
        At least one; columns that are not numeric enter as one 0/1 column a level but the first.
    unit, measure : str
        As in `mean_difference`.

    Returns
    -------
    Estimate
        HC2 standard error, Student's t with n - 2 (k + 1) degrees of freedom.

    Raises
    ------
    MethodError
        An unknown column or arm, too few units, covariates that are constant or determine one another in an arm.

    References
    ----------
    Lin (2013), Annals of Applied Statistics 7, 295-318. Checked against R 4.2 with ``sandwich::vcovHC(type = "HC2")``.
    """
    if not covariates:
        raise MethodError("an adjusted difference needs at least one covariate; without one use mean_difference")
    treatment = contrast.treatment(frame)
    inside = treatment.notna()
    known = mapped_to_dummies(frame[inside], covariates)
    columns = known.assign(__outcome=numbers(frame[inside], outcome), __treated=treatment[inside])
    values, n_dropped = complete_rows(columns, list(columns.columns), at_least=2 * known.shape[1] + 4)
    x, y, treated = values[:, :-2], values[:, -2], values[:, -1]
    for arm, name in ((1.0, contrast.treated), (0.0, contrast.control)):
        labels = [f"{column} (in arm {name})" for column in known.columns]
        refuse_constant(x[treated == arm], labels)
        refuse_collinear(x[treated == arm], labels)
    centred = x - x.mean(axis=0)
    design = np.column_stack([np.ones(len(y)), treated, centred, centred * treated[:, None]])
    refuse_decisive_rows(design)
    fit = sm.OLS(y, design).fit(cov_type="HC2")
    return Estimate.from_se(
        float(fit.params[1]),
        float(fit.bse[1]),
        df=fit.df_resid,
        measure=measure,
        unit=unit,
        n=len(y),
        n_dropped=n_dropped,
        variance="HC2, Lin adjustment",
    )


def effects_by_group(
    frame: pd.DataFrame, outcome: str, contrast: Contrast, group: str, *, unit: str, measure: str = "mean_difference"
) -> GroupEffects:
    """The difference between two arms in each group of units, adjusted for the number of groups.

    Parameters
    ----------
    frame : DataFrame
        Units of the two arms without an outcome or a group are left out; those without an outcome are counted.
    outcome : str
        Numeric; 0 and 1 give risk differences.
    contrast : Contrast
    group : str
        A column of at least two levels, known before assignment.
    unit, measure : str
        As in `mean_difference`.

    Returns
    -------
    GroupEffects
        Welch's intervals. Groups are separate units, hence independent, so Šidák's simultaneous level is exact.

    Raises
    ------
    MethodError
        As `mean_difference`, naming the group; or fewer than two groups.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70; Benjamini and Hochberg (1995), JRSS B 57, 289-300; Šidák
    (1967), JASA 62, 626-633; Cochran (1954), Biometrics 10, 101-129. Checked against their formulas.
    """
    treatment = contrast.treatment(frame)
    if group not in frame.columns:
        raise MethodError(f"the frame has no column {group!r} that gives the group")
    inside = frame[treatment.notna() & frame[group].notna()]
    effects: dict[str, Estimate] = {}
    freedom = []
    for level, units in inside.groupby(group, observed=True, sort=True):
        try:
            treated, control, n_dropped = _arms(units, outcome, contrast)
            effects[str(level)] = _welch(treated, control, n_dropped, measure=measure, unit=unit)
        except MethodError as error:
            raise MethodError(f"group {level!r} of {group!r}: {error}") from error
        freedom.append(_welch_df(treated, control))
    if len(effects) < 2:
        raise MethodError(f"column {group!r} has {len(effects)} level among the units compared; two are needed")
    return _together(effects, np.array(freedom))


def _arms(frame: pd.DataFrame, outcome: str, contrast: Contrast) -> tuple[Array, Array, int]:
    """Outcomes of the treated and of the control, and how many units of both lack one."""
    treatment = contrast.treatment(frame)
    values = numbers(frame, outcome)
    arms = [values[(treatment == arm).to_numpy()] for arm in (1.0, 0.0)]
    treated, control = (arm[~np.isnan(arm)] for arm in arms)
    return treated, control, sum(map(len, arms)) - len(treated) - len(control)


def _welch(treated: Array, control: Array, n_dropped: int, **rest) -> Estimate:
    if min(len(treated), len(control)) < 2:
        raise MethodError(f"each arm needs two units with an outcome, not {len(treated)} and {len(control)}")
    squared = treated.var(ddof=1) / len(treated) + control.var(ddof=1) / len(control)
    if squared == 0:
        raise MethodError("the outcome has no variance in either arm, so the difference has no standard error")
    return Estimate.from_se(
        float(treated.mean() - control.mean()),
        float(np.sqrt(squared)),
        df=_welch_df(treated, control),
        n=len(treated) + len(control),
        n_dropped=n_dropped,
        variance="Welch",
        **rest,
    )


def _welch_df(treated: Array, control: Array) -> float:
    first, second = (arm.var(ddof=1) / len(arm) for arm in (treated, control))
    return float((first + second) ** 2 / (first**2 / (len(treated) - 1) + second**2 / (len(control) - 1)))


def _together(effects: Mapping[str, Estimate], df: Array) -> GroupEffects:
    values = np.array([effect.value for effect in effects.values()])
    se = np.array([effect.se for effect in effects.values()])
    p = 2 * stats.t.sf(np.abs(values) / se, df)
    half = stats.t.isf((1 - 0.95 ** (1 / len(values))) / 2, df) * se
    table = pd.DataFrame(
        {
            "estimate": values,
            "se": se,
            "ci_low": [effect.ci_low for effect in effects.values()],
            "ci_high": [effect.ci_high for effect in effects.values()],
            "simultaneous_low": values - half,
            "simultaneous_high": values + half,
            "p": p,
            "p_holm": multipletests(p, method="holm")[1],
            "p_bh": multipletests(p, method="fdr_bh")[1],
            "n": [effect.n for effect in effects.values()],
        },
        index=pd.Index(list(effects), name="group"),
    )
    weights = 1 / se**2
    q = float(weights @ (values - weights @ values / weights.sum()) ** 2)
    return GroupEffects(effects, table, q, len(values) - 1, float(stats.chi2.sf(q, len(values) - 1)))
