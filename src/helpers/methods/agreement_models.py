"""Our models, measurement and value methods beside what R found: pairs of numbers for `helpers.methods.agreement`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.methods.estimate import Estimate
from helpers.methods.inference import equivalence
from helpers.methods.inference.meta_analysis import random_effects
from helpers.methods.inference.multiplicity import adjusted_p_values
from helpers.methods.inference.proportions import Counts, share
from helpers.methods.linear_models import glm, regression
from helpers.methods.linear_models.dominance import dominance
from helpers.methods.linear_models.linear import linear_regression
from helpers.methods.linear_models.marginal_effects import average_contrast, average_marginal_effect
from helpers.methods.linear_models.ordinal import top_category_contrast
from helpers.methods.necessary_conditions.ceilings import ceilings
from helpers.methods.path_models import mediation
from helpers.methods.purchases import concentration
from helpers.methods.purchases.bgnbd import BGNBD, fit_bgnbd
from helpers.methods.purchases.gamma_gamma import fit_gamma_gamma
from helpers.methods.purchases.pareto_nbd import ParetoNBD, fit_pareto_nbd
from helpers.methods.purchases.purchase_histories import Histories
from helpers.methods.purchases.sbg import fit_sbg
from helpers.methods.scales import measurement
from helpers.methods.scales.cfa import FactorModel, fit_factors
from helpers.methods.scales.htmt import htmt
from helpers.methods.trials import experiments
from helpers.methods.trials.experiments import Contrast

Reference = Mapping[str, Any]
Pairs = Iterator[tuple[npt.ArrayLike, npt.ArrayLike]]

_SLOPES: Mapping[str, Any] = {"predictors": ["x", "z", "segment"], "interactions": [("x", "z")]}
_FACTORS = {"A": ("a1", "a2", "a3", "a4"), "B": ("b1", "b2", "b3"), "C": ("c1", "c2", "c3")}


def linear(reference: Reference) -> Pairs:
    """With and without weights, HC3 and cluster jackknife."""
    for weights, cluster, expected in _grid(reference, "linear"):
        found = linear_regression(pd.DataFrame(reference["rows"]), "y", weights=weights, cluster=cluster, **_SLOPES)
        yield [found.constant, *(slope.value for slope in found.coefficients.values())], expected["values"]
        yield np.sqrt(np.diag(found.covariance)), expected["cv3" if cluster else "hc3"]


def ratios(reference: Reference) -> Pairs:
    """Logit, fractional logit, log link of an event and of a rate; as `linear`."""
    for model in ("logistic", "fractional", "risk", "rate"):
        for weights, cluster, expected in _grid(reference, model):
            found = _ratio_fit(reference, model, weights=weights, cluster=cluster)
            yield found.parameters, expected["values"]
            yield np.sqrt(np.diag(found.covariance)), expected["cv3" if cluster else "hc3"]


def marginal_effects(reference: Reference) -> Pairs:
    for model, expected in reference["effects"].items():
        fit = _ratio_fit(reference, model)
        slope, found = average_marginal_effect(fit, "x"), average_contrast(fit, "segment", "a", "c")
        yield [slope.value, slope.se], list(expected["marginal"].values())
        yield [found.difference.value, found.difference.se], list(expected["difference"].values())
        yield [math.log(found.ratio.value), found.ratio.se], list(expected["log_ratio"].values())


def standardised(reference: Reference) -> Pairs:
    found = regression.standardised_regression(pd.DataFrame(reference["survey"]), "y", ["x", "z", "a1"])
    yield from _values_and_errors(found.coefficients.values(), reference["regression"]["slopes"])


def piecewise(reference: Reference) -> Pairs:
    found = regression.piecewise_slopes(pd.DataFrame(reference["survey"]), "y", "x", 6, ["z"])
    yield from _values_and_errors((found.below, found.above, found.difference), reference["regression"]["piecewise"])


def ordered(reference: Reference) -> Pairs:
    expected = reference["ordinal"]
    found = top_category_contrast(pd.DataFrame(reference["survey"]), "rating", "x", low=5, high=7, controls=["z"])
    yield [found.at_low, found.at_high], [expected["at_low"], expected["at_high"]]
    yield [found.difference.se, found.ratio.se], [expected["se_difference"], expected["se_log_ratio"]]


def shares_of_r_squared(reference: Reference) -> Pairs:
    expected = reference["dominance"]
    found = dominance(pd.DataFrame(reference["rows"]), "y", expected["predictors"], draws=200, seed=1)
    yield [part.value for part in found.shares.values()], expected["shares"]
    yield found.r_squared.value, expected["r_squared"]


def equivalences(reference: Reference) -> Pairs:
    expected, rows = reference["equivalence"], pd.DataFrame(reference["rows"])
    of_means = equivalence.mean_equivalence(rows, "y", Contrast("segment", "a", "b"), -1.2, 1.1, unit="")
    yield [of_means.p_low, of_means.p_high], [expected["mean_low"], expected["mean_high"]]
    of_shares = equivalence.share_equivalence(Counts(52, 160), Counts(60, 170), -0.12, 0.08)
    yield [of_shares.p_low, of_shares.p_high], [expected["share_low"], expected["share_high"]]


def adjusted(reference: Reference) -> Pairs:
    expected = reference["adjusted"]
    found = adjusted_p_values({str(place): p for place, p in enumerate(expected["p"])}).values()
    for kind in ("holm", "benjamini_hochberg", "benjamini_yekutieli"):
        yield [getattr(one, kind) for one in found], expected[kind]


def wilson(reference: Reference) -> Pairs:
    for case in reference["shares"]:
        found = share(Counts(case["events"], case["n"]))
        yield [found.ci_low, found.ci_high, found.ci90_low, found.ci90_high], [*case["ci"], *case["ci90"]]


def welch(reference: Reference) -> Pairs:
    expected = reference["experiments"]["welch"]
    found = experiments.mean_difference(_trial(reference), "spend", Contrast("arm", "mens", "none"), unit="")
    yield [found.value, found.se, found.ci_low, found.ci_high], [expected["value"], expected["se"], *expected["ci"]]


def lin(reference: Reference) -> Pairs:
    expected = reference["experiments"]["lin"]
    found = experiments.adjusted_difference(
        _trial(reference),
        "spend",
        Contrast("arm", "mens", "none"),
        ["age", "spend_before", "channel"],
        unit="",
        measure="mean_difference",
    )
    yield [found.value, found.se], [expected["value"], expected["se"]]


def alpha(reference: Reference) -> Pairs:
    expected, survey = reference["reliability"], pd.DataFrame(reference["survey"])
    items = [f"a{place}" for place in range(1, 6)]
    found = measurement.cronbach_alpha(survey, items)
    yield [found.value, found.ci_low, found.ci_high], [expected["alpha"], *expected["feldt"]]
    yield measurement.item_rest_correlations(survey, items), expected["item_rest"]


def one_common_factor(reference: Reference) -> Pairs:
    expected = reference["reliability"]
    found = measurement.one_factor(pd.DataFrame(reference["survey"]), [f"a{place}" for place in range(1, 6)])
    yield found.loadings, expected["loadings_of_factanal"]
    yield (
        [found.chi_squared, found.omega, found.composite_reliability, found.average_variance_extracted],
        [expected[name] for name in ("chi_squared", "omega", "composite_reliability", "ave")],
    )


def factors(reference: Reference) -> Pairs:
    expected = reference["factor_model"]
    found = fit_factors(pd.DataFrame(reference["people"]), FactorModel(_FACTORS))
    yield found.loadings["loading"], expected["loadings"]
    yield found.loadings["se"], expected["loadings_se"]
    yield [pair.value for pair in found.correlations.values()], expected["correlations"]
    yield [pair.se for pair in found.correlations.values()], expected["correlations_se"]
    yield astuple(found.measures), list(expected["fit"].values())


def heterotrait(reference: Reference) -> Pairs:
    found = htmt(pd.DataFrame(reference["people"]), _FACTORS, draws=100, seed=1)
    yield [ratio.value for ratio in found.ratios.values()], list(reference["htmt"].values())


def mediated(reference: Reference) -> Pairs:
    expected, people = reference["mediation"], pd.DataFrame(reference["people"])
    found = mediation.mediate(people, "c1", "a1", ["b1", "b2"], ["c3"], draws=200, seed=1)
    yield (
        [found.direct.value, *(part.value for part in found.through.values()), found.total.value],
        [expected[name] for name in ("direct", "first", "second", "total")],
    )
    exposed = people.assign(late=(people["a2"] > 5).astype(float))
    natural = mediation.natural_effects(exposed, "c1", "late", "b1", ["c3"], low=0, high=1, draws=200, seed=1)
    yield [natural.indirect.value, natural.direct.value], [expected["natural_indirect"], expected["natural_direct"]]


def necessary(reference: Reference) -> Pairs:
    for case in reference["necessity"].values():
        found = ceilings(pd.DataFrame({"x": case["x"], "y": case["y"]}), "x", "y")
        expected = [case["ce_fdh"], case["cr_fdh"], case["accuracy"]]
        yield [found.ce_fdh, found.cr_fdh, found.cr_fdh_accuracy], expected


def synthesis(reference: Reference) -> Pairs:
    rest: Mapping[str, Any] = {"measure": "effect", "unit": "", "n": 50, "variance": ""}
    for data in reference["sets"].values():
        pairs = zip(data["y"], data["v"], strict=True)
        family = {str(place): Estimate.from_se(y, math.sqrt(v), **rest) for place, (y, v) in enumerate(pairs)}
        for method in ("REML", "PM"):
            expected, found = data[method], random_effects(family, method=method)
            yield (
                [found.pooled.value, found.pooled.se, found.pooled.ci_low, found.pooled.ci_high, *found.prediction],
                [expected["value"], expected["se"], *expected["ci"], *expected["prediction"]],
            )
            yield (
                [found.tau_squared, found.i_squared, found.q],
                [expected["tau_squared"], expected["i_squared"], expected["q"]],
            )


def concentrations(reference: Reference) -> Pairs:
    expected = reference["concentration"]
    for found, name in (
        (concentration.gini(expected["value"]), "gini"),
        (concentration.top_share(expected["value"]), "top_fifth"),
    ):
        yield [found.value, found.se], [expected[name]["value"], expected[name]["se"]]


def pareto_nbd(reference: Reference) -> Pairs:
    expected, rows = reference["pareto_nbd"], Histories.of(pd.DataFrame(reference["customers"]))
    _, fit = fit_pareto_nbd(rows)
    known = ParetoNBD(*expected["at"])
    yield from _fitted(fit, expected)
    yield known.alive(rows), expected["alive"]
    yield known.conditional(rows, 26), expected["conditional"]


def bgnbd(reference: Reference) -> Pairs:
    expected, rows = reference["bgnbd"], Histories.of(pd.DataFrame(reference["customers"]))
    _, fit = fit_bgnbd(rows)
    known = BGNBD(*expected["at"])
    yield from _fitted(fit, expected)
    yield known.alive(rows), expected["alive"]
    yield known.conditional(rows, 26), expected["conditional"]


def gamma_gamma(reference: Reference) -> Pairs:
    _, fit = fit_gamma_gamma(pd.DataFrame(reference["customers"]))
    yield from _fitted(fit, reference["gamma_gamma"])


def sbg(reference: Reference) -> Pairs:
    expected = reference["sbg"]
    _, fit = fit_sbg(expected["lost"], expected["active"])
    yield from _fitted(fit, expected)


def _grid(reference: Reference, model: str) -> Iterator[tuple[str | None, str | None, Mapping[str, Any]]]:
    """Weights, clusters and what R found, of the four cells of a model."""
    for weights, name in ((None, "plain"), ("weight", "weighted")):
        for cluster in (None, "seller"):
            yield weights, cluster, reference["grid"][model][name]


def _ratio_fit(reference: Reference, model: str, **rest) -> glm.RatioRegression:
    rows, settings = pd.DataFrame(reference["rows"]), {**_SLOPES, **rest}
    if model == "rate":
        return glm.poisson_regression(rows, "orders", exposure="months", **settings)
    if model == "risk":
        return glm.poisson_regression(rows, "bought", **settings)
    outcome = {"logistic": "bought", "fractional": "fraction"}[model]
    return glm.logistic_regression(rows, outcome, **settings)


def _trial(reference: Reference) -> pd.DataFrame:
    return pd.DataFrame(reference["trial"])


def _values_and_errors(found, expected: Mapping[str, Any]) -> Pairs:
    estimates = list(found)
    yield [item.value for item in estimates], expected["value"]
    yield [item.se for item in estimates], expected["se"]


def _fitted(fit, expected: Mapping[str, Any]) -> Pairs:
    yield fit.values, expected["estimate"]
    yield fit.se, expected["se"]
    yield fit.log_likelihood, expected["log_likelihood"]
