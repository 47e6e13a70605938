"""What the page `validity` simulates: designs that keep or break the promise of coverage, and one design a component.

A component of the register is shown with its estimator by one line in `COMPONENTS`; one without a line is listed on
the page as not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from helpers.simulate import share_designs as shares
from helpers.simulate import spell_designs as spells
from helpers.simulate import survey_designs as surveys
from helpers.simulate import trust_designs as trust
from helpers.simulate.designs import SLOW, Design

#: The estimators that several components share, each with a size like that of the data.
_SLOPE = partial(surveys.slope, n=1707)
_OTHER_SLOPE = partial(surveys.slope, n=1707, effort=SLOW)
_PARTIAL_SLOPE = partial(surveys.partial_slope, n=1707)
_TRUE_SLOPE = partial(surveys.disattenuated_slope, reliability=0.7, n=500)
_TRUE_PARTIAL_SLOPE = partial(surveys.disattenuated_partial_slope, reliability=0.7, n=500)
_REORDER = partial(shares.clustered_ratio, clusters=50)
_CLUSTERED_SLOPE = partial(shares.clustered_slope, clusters=50)

#: A component's name to the design whose truth is put at an edge of its rule, in the rule's own unit.
COMPONENTS: Mapping[str, Callable[[float], Design]] = {
    "satisfaction-raises-loyalty/attitude": _SLOPE,
    "satisfaction-raises-loyalty/switching": _OTHER_SLOPE,
    "satisfaction-raises-loyalty/reorder": _REORDER,
    "satisfaction-not-sufficient/not-loyal-share": partial(shares.share, n=474),
    "satisfaction-not-sufficient/explained-variance": partial(surveys.explained_variance, reliability=0.7, n=500),
    "satisfaction-loyalty-nonlinear/top-step": partial(surveys.latent_bend, n=1707),
    "very-satisfied-6x-satisfied/direction": partial(shares.risk_ratio, base=0.4, n=600),
    "very-satisfied-6x-satisfied/ratio": partial(shares.risk_ratio, base=0.1, n=600),
    "very-satisfied-6x-satisfied/odds": partial(shares.odds_ratio, base=0.3, n=600),
    "email-raises-loyalty/visit": partial(shares.points, base=0.106, treated=42_694, control=21_306),
    "email-raises-loyalty/purchase": partial(shares.points, base=0.0057, treated=42_694, control=21_306),
    "email-raises-loyalty/spend": partial(shares.spending, buys=0.03, treated=8000, control=4000),
    "personalisation-raises-satisfaction/match": partial(shares.both_sides, base=0.15, n=9600),
    "determinants-eight-factors/satisfaction": _PARTIAL_SLOPE,
    "determinants-eight-factors/quality": _PARTIAL_SLOPE,
    "determinants-eight-factors/value": _PARTIAL_SLOPE,
    "service-quality-raises-loyalty/satisfaction": _SLOPE,
    "service-quality-raises-loyalty/loyalty": _SLOPE,
    "switching-cost-raises-loyalty/loyalty": _PARTIAL_SLOPE,
    "switching-cost-moderates-satisfaction/product": partial(surveys.product_term, n=344),
    "perceived-value-raises-loyalty/loyalty": _SLOPE,
    "loyalty-resists-rivals/price-gap": _SLOPE,
    "profit-80-20/top-fifth": partial(shares.top_fifth, n=2357),
    "experience-drives-repurchase/survey": _SLOPE,
    "brand-identity-retains/loyalty": _SLOPE,
    "loyalty-four-levels-ordered/beliefs-liking": _TRUE_SLOPE,
    "loyalty-four-levels-ordered/liking-intention": _TRUE_PARTIAL_SLOPE,
    "loyalty-four-levels-ordered/intention-staying": _TRUE_PARTIAL_SLOPE,
    "loyalty-four-levels-ordered/beliefs-intention": _TRUE_PARTIAL_SLOPE,
    "loyalty-four-levels-ordered/liking-staying": _TRUE_PARTIAL_SLOPE,
    "loyalty-four-levels-ordered/beliefs-staying": _TRUE_PARTIAL_SLOPE,
    "quality-alone-shallow/gain": partial(surveys.explained_variance_gain, n=500),
    "exceeding-expectations-creates-long-term-customers/survey": partial(surveys.slope_above, n=250),
    "satisfaction-from-disconfirmation/performance": _TRUE_PARTIAL_SLOPE,
    "satisfaction-from-disconfirmation/expectation": _TRUE_PARTIAL_SLOPE,
    "complaint-handling-raises-loyalty/loyalty": _PARTIAL_SLOPE,
    "trust-beats-price/contrast": partial(trust.contrast, n=1707),
    "trust-drivers/quality": _PARTIAL_SLOPE,
    "trust-drivers/price": _PARTIAL_SLOPE,
    "trust-drivers/security": _PARTIAL_SLOPE,
    "trust-drivers/privacy": _PARTIAL_SLOPE,
    "privacy-security-raise-trust/survey-security": _PARTIAL_SLOPE,
    "privacy-security-raise-trust/survey-privacy": _PARTIAL_SLOPE,
    "privacy-security-raise-trust/experiment": partial(trust.crossed_points, base=0.79, n=6325, strata=5),
    "loyal-recommend/satisfaction": _OTHER_SLOPE,
    "loyal-recommend/choosing-again": _OTHER_SLOPE,
    "delivery-speed-raises-loyalty/reorder": _REORDER,
    "first-impression-lasting/reorder": _REORDER,
    "experience-drives-repurchase/reorder": _REORDER,
    "exceeding-expectations-creates-long-term-customers/reorder": _REORDER,
    "importance-raises-loyalty/reorder": _REORDER,
    "defect-control-raises-loyalty/reorder": _REORDER,
    "negative-wom-asymmetry/comment": _REORDER,
    "rich-content-and-reviews/photos": _CLUSTERED_SLOPE,
    "media-richness-experience/photos": _CLUSTERED_SLOPE,
}


def promised() -> tuple[Design, ...]:
    """Designs like the studies' data, in which theory promises coverage."""
    return (
        surveys.slope(0.2, 1707),
        surveys.slope(0.6, 250, "ten-point", SLOW),
        surveys.partial_slope(0.1, 250, SLOW),
        surveys.disattenuated_slope(0.2, 0.7, 250),
        surveys.disattenuated_partial_slope(0.1, 0.7, 500),
        surveys.raw_explained_variance(0.3, 250),
        surveys.explained_variance(0.6, 0.7, 250),
        surveys.product_term(0.05, 344),
        surveys.latent_bend(0.2, 1707),
        surveys.composite_path(0.2, 0.7, 250),
        surveys.indirect_effect(0.5, 0.3, 250),
        shares.share(0.1, 474),
        shares.share(0.1, 67),
        shares.risk_ratio(1.25, 0.4, 110),
        shares.odds_ratio(4, 0.4, 110),
        shares.points(1, 0.106, 42_694, 21_306),
        shares.both_sides(1, 0.15, 9600),
        shares.spending(0.1, 0.03, 8000, 4000),
        shares.clustered_ratio(1.1, 50),
        shares.clustered_slope(0.1, 50),
        shares.top_share(0.8, 300),
        spells.risk(0.5, 200, 0.3),
        spells.risk_difference(1.5, 0.5, 200, 0.3),
        spells.restricted_mean_difference(1.5, 0.5, 200, 0.3),
        spells.hazard_ratio(1.5, 200, 0.3),
    )


def strained() -> tuple[Design, ...]:
    """Designs in which theory promises nothing, each with its caution."""
    return (
        surveys.slope(0.5, 50, "heteroskedastic", SLOW),
        surveys.indirect_effect(0.1, 0.1, 250, weak=True),
        surveys.indirect_effect(0, 0, 250, weak=True),
        surveys.marker_adjusted(0.3, 0.2, 250),
        shares.rare_share(),
        shares.rare_spending(),
        shares.clustered_ratio(1.1, 10),
        shares.clustered_ratio(1.1, 10, uneven=True),
        shares.clustered_slope(0.1, 10),
        shares.clustered_slope(0.1, 10, uneven=True),
        shares.top_share(1.5, 300, heavy=True),
        spells.risk(0.3, 30, 0.7),
        spells.risk_difference(1.5, 0.3, 30, 0.7),
        spells.restricted_mean_difference(1.5, 0.3, 30, 0.7),
        spells.hazard_ratio(1.5, 30, 0.7),
    )
