"""How far our methods agree with R, computed from what R found: the JSON files that scripts in tests/reference made.

Tests hold each agreement to a tolerance (tests/methods); here it is measured, so that a reader sees it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from helpers.errors import MethodError
from helpers.methods import agreement_models as models
from helpers.methods import agreement_survival as survival
from helpers.methods.agreement_models import Pairs, Reference
from helpers.methods.result import Result

#: Below this an expected number counts as zero, and the difference is taken as it is.
_ZERO = 1e-6


@dataclass(frozen=True)
class Agreement(Result):
    """Our numbers against those of a reference.

    Attributes
    ----------
    method : str
        Module and function of `helpers.methods`.
    quantity : str
        What was compared.
    reference : str
        Package and version of R, and its function.
    numbers : int
        Numbers compared; those that the reference leaves undefined are not.
    difference : float
        The largest relative difference.
    """

    method: str
    quantity: str
    reference: str
    numbers: int
    difference: float

    @property
    def digits(self) -> int:
        """Significant digits that agree in every number; at most 15, which is what a float holds."""
        return 15 if self.difference < 1e-15 else math.floor(-math.log10(self.difference))


@dataclass(frozen=True)
class _Check:
    """A method, what is compared, the script's name, R's package and function, and what yields the pairs."""

    method: str
    quantity: str
    script: str
    package: str
    function: str
    pairs: Callable[[Reference], Pairs]


_CHECKS = (
    _Check("linear.linear_regression", "slopes, HC3 and cluster SE", "regression", "sandwich", "lm, vcovHC, vcovCL",
           models.linear),
    _Check("glm.logistic_regression, poisson_regression", "coefficients, HC3 and cluster SE", "regression", "sandwich",
           "glm, vcovHC, vcovCL", models.ratios),
    _Check("marginal_effects.average_contrast", "marginal effect, contrast of shares, SE", "regression", "numDeriv",
           "grad", models.marginal_effects),
    _Check("regression.standardised_regression", "slopes and jackknife SE", "methods", "R", "lm, refitted",
           models.standardised),
    _Check("regression.piecewise_slopes", "slopes, bend, jackknife SE", "methods", "R", "lm, refitted",
           models.piecewise),
    _Check("ordinal.top_category_contrast", "shares, delta-method SE", "methods", "ordinal", "clm", models.ordered),
    _Check("dominance.dominance", "shares of R²", "regression", "R", "lm over all orders", models.shares_of_r_squared),
    _Check("equivalence.mean_equivalence, share_equivalence", "p-values", "regression", "R", "t.test, uniroot",
           models.equivalences),
    _Check("multiplicity.adjusted_p_values", "adjusted p-values", "regression", "R", "p.adjust", models.adjusted),
    _Check("proportions.share", "Wilson limits", "methods", "R", "prop.test", models.wilson),
    _Check("experiments.mean_difference", "difference, SE, limits", "methods", "R", "t.test", models.welch),
    _Check("experiments.adjusted_difference", "difference, HC2 SE", "methods", "sandwich", "vcovHC", models.lin),
    _Check("measurement.cronbach_alpha", "alpha, Feldt limits", "methods", "psych", "alpha", models.alpha),
    _Check("measurement.one_factor", "loadings, omega, AVE, fit", "methods", "lavaan", "cfa, factanal",
           models.one_common_factor),
    _Check("cfa.fit_factors", "loadings, correlations, SE, fit", "measurement", "lavaan", "cfa", models.factors),
    _Check("htmt.htmt", "ratios", "measurement", "semTools", "htmt", models.heterotrait),
    _Check("mediation.mediate, natural_effects", "direct, indirect, total", "measurement", "lavaan", "sem, lm",
           models.mediated),
    _Check("ceilings.ceilings", "CE-FDH, CR-FDH, accuracy", "measurement", "R", "written from the definitions",
           models.necessary),
    _Check("meta_analysis.random_effects", "pooled, SE, limits, heterogeneity, prediction", "meta_analysis", "metafor",
           "rma, REML and PM, Knapp-Hartung", models.synthesis),
    _Check("concentration.top_share, gini", "value, jackknife SE", "buy_till_you_die", "R", "jackknife",
           models.concentrations),
    _Check("pareto_nbd.fit_pareto_nbd", "estimates, SE, P(alive), expectation", "buy_till_you_die", "numDeriv",
           "optim, hessian, integrate", models.pareto_nbd),
    _Check("bgnbd.fit_bgnbd", "estimates, SE, P(alive), expectation", "buy_till_you_die", "numDeriv",
           "optim, hessian, integrate", models.bgnbd),
    _Check("gamma_gamma.fit_gamma_gamma", "estimates, SE, likelihood", "buy_till_you_die", "numDeriv",
           "optim, hessian", models.gamma_gamma),
    _Check("sbg.fit_sbg", "estimates, SE, likelihood", "buy_till_you_die", "numDeriv", "optim, hessian", models.sbg),
    _Check("survival_curves.kaplan_meier", "survival, SE, log-log and plain limits", "survival", "survival", "survfit",
           survival.curves),
    _Check("survival_horizon.restricted_mean", "area and SE", "survival", "survival", "print.survfit",
           survival.restricted_means),
    _Check("competing_risks.cumulative_incidence", "incidence and SE", "survival", "survival", "survfit",
           survival.incidences),
    _Check("survival_tests.logrank", "statistic, observed, expected", "survival", "survival", "survdiff",
           survival.group_tests),
    _Check("cox.cox", "coefficients, likelihood, model, robust and cluster variance", "cox", "survival", "coxph",
           survival.cox_models),
    _Check("cox_checks.proportional_hazards_test", "chi-squared per term and global, four clocks", "cox", "survival",
           "cox.zph", survival.hazard_tests),
    _Check("concordance.concordance", "concordance, SE", "cox", "survival", "concordance", survival.concordances),
    _Check("aft.aft", "parameters, model and cluster variance", "cox", "survival", "survreg",
           survival.accelerated),
    _Check("grouped_hazard.grouped_hazard", "coefficients, covariance, baseline", "cox", "R", "glm, cloglog",
           survival.grouped),
    _Check("recurrent.andersen_gill, gap_time", "coefficients, cluster covariance", "cox", "survival", "coxph",
           survival.repeated),
)  # fmt: skip

#: The scripts whose output is compared, by name.
SCRIPTS = tuple(dict.fromkeys(check.script for check in _CHECKS))


def agreements(references: Mapping[str, Reference]) -> list[Agreement]:
    """Evaluate our methods on the reference's data and compare.

    Parameters
    ----------
    references : mapping of str to mapping
        The output of each of `SCRIPTS` by its name, as it stands in tests/reference.

    Returns
    -------
    list of Agreement
        One a method. Takes about three seconds.

    Raises
    ------
    MethodError
        A script's output is missing.
    """
    missing = [name for name in SCRIPTS if name not in references]
    if missing:
        raise MethodError(
            f"the output of the scripts {', '.join(missing)} is missing; there is {', '.join(references)}"
        )
    return [_measured(check, references[check.script]) for check in _CHECKS]


def _measured(check: _Check, reference: Reference) -> Agreement:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that the reference's clusters and studies are few is meant
        differences = np.concatenate([_differences(found, expected) for found, expected in check.pairs(reference)])
    version = str(reference["versions"][check.package]).removeprefix("R version ").split(" ")[0]
    package = "R" if check.package == "R" else f"R {check.package}"
    return Agreement(
        check.method,
        check.quantity,
        f"{package} {version}: {check.function}",
        len(differences),
        float(differences.max()),
    )


def _differences(found: npt.ArrayLike, expected: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Relative differences of the numbers that the reference defines."""
    ours, theirs = np.ravel(np.asarray(found, dtype=float)), np.ravel(np.asarray(expected, dtype=float))
    if len(ours) != len(theirs):
        raise MethodError(f"{len(ours)} numbers cannot be compared with {len(theirs)}")
    defined = ~np.isnan(theirs)
    ours, theirs = ours[defined], theirs[defined]
    size = np.where(np.abs(theirs) > _ZERO, np.abs(theirs), 1.0)
    return np.where(np.isnan(ours), np.inf, np.abs(ours - theirs) / size)
