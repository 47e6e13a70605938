"""Researchers' own files, with ids that no page may show, and the studies that a batch does on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from helpers.simulate import experiment, reviews, survey, transparency

#: The datasets of each study.
LISTED = {
    "necessity": ["my_survey"],
    "loyalty_levels": ["my_survey"],
    "loyalty_drivers": ["my_survey"],
    "trust_factors": ["my_trust_survey"],
    "transparency_experiment": ["my_request"],
    "switching_costs": ["my_switching", "my_copied"],
    "word_of_mouth": ["my_stated", "my_ticks"],
    "repurchase": ["my_reviews"],
    "comments": ["my_reviews"],
    "seller_loyalty": ["my_reviews"],
}

#: With what the answers of the own survey of switching costs are drawn: a product that is large enough to be seen.
PRODUCT = {"n": 3000, "curvature": 0.0, "slope": 0.5, "moderation": -0.25}

SURVEY = """
slug: {slug}
title: A survey of my own shop
schema: survey
file: {slug}.csv
design: cross-sectional
mapping:
  id: respondent
  scale: [1, 10]
"""
ATTITUDES = """
  constructs:
    satisfaction: {items: [satisfaction_1, satisfaction_2, satisfaction_3]}
    loyalty: {items: [loyalty_1, loyalty_2]}
    quality: {items: [quality_1, quality_2, quality_3]}
  roles: {overall_satisfaction: satisfaction_1, choose_again: loyalty_1, recommend: loyalty_2}
"""
TRUST = """
  constructs:
    loyalty: {items: [loyalty_1, loyalty_2]}
    image: {items: [trust_1, trust_2, trust_3]}
    trust: {items: [trust_1]}
    price: {items: [price_1, price_2]}
    quality: {items: [quality_1, quality_2, quality_3]}
"""
SWITCHING = """
  constructs:
    satisfaction: {items: [satisfaction_1, satisfaction_2, satisfaction_3]}
    loyalty: {items: [loyalty_1, loyalty_2, loyalty_3]}
    quality: {items: [quality_1, quality_2, quality_3]}
    switching_cost: {items: [switching_cost_1, switching_cost_2, switching_cost_3]}
"""
RECOMMENDING = """
  constructs:
    satisfaction: {items: [satisfaction_1, satisfaction_2, satisfaction_3]}
    quality: {items: [quality_1, quality_2, quality_3]}
    recommendation: {items: [loyalty_2]}
  roles: {overall_satisfaction: satisfaction_1, recommend: loyalty_2}
"""
TICKED = """
  items: {loyalty_2: {scale: [0, 1]}}
"""
MAILING = """
slug: my_mailing
title: A mailing of my own shop
schema: experiment
file: my_mailing.csv
design: randomised
mapping:
  unit: customer
  arm: arm
  control: no_email
  arms:
    no_email: {label: no e-mail, share: 0.5}
    newsletter: {label: newsletter, share: 0.5}
  outcomes:
    visit: {kind: binary, unit: share of customers}
    conversion: {kind: binary, unit: share of customers}
    spend: {kind: amount, unit: US dollars}
  covariates:
    recency: {kind: numeric}
    history: {kind: numeric}
"""
REQUEST = """
slug: my_request
title: A request to share data
schema: experiment
file: my_request.csv
design: randomised
mapping:
  unit: participant
  arm: arm
  control: hidden
  arms:
    hidden: {label: data not shown, share: 0.5}
    shown: {label: data shown, share: 0.5}
  outcomes:
    consent: {kind: binary, unit: share of participants}
  covariates:
    age: {kind: category}
"""
REVIEWS = """
slug: my_reviews
title: Reviewed orders of my own shop
schema: reviews
file: my_reviews.csv
design: longitudinal
mapping:
  columns: {person: client, purchase: bought, promised: promised, delivered: delivered, answered: answered,
            score: stars, price: price, seller: shop, category: category, comment_length: letters}
  currency: EUR
  score: [1, 5]
  begin: 2001-01-01
  end: 2003-06-30
  left_truncated: false
"""


def put(root: Path) -> None:
    """All of them, described, into a copy of the project."""
    own = root / "data" / "raw" / "own"
    own.mkdir(parents=True)
    put_surveys(own)
    put_mailing(own)
    put_request(own)
    put_reviews(own)


def put_surveys(own: Path) -> None:
    """Of attitudes, trust, switching costs (once with quality copied into the cost) and recommending (once ticked)."""
    switching, stated = answers(51, **PRODUCT), answers(61, n=900)
    copied = {f"switching_cost_{place}": np.minimum(switching[f"quality_{place}"], 9) for place in (1, 2, 3)}
    surveys = {
        "my_survey": (answers(31, n=600), ATTITUDES),
        "my_trust_survey": (answers(41, n=1500), TRUST),
        "my_switching": (switching, SWITCHING),
        "my_copied": (switching.assign(**copied), SWITCHING),
        "my_stated": (stated, RECOMMENDING),
        "my_ticks": (stated.assign(loyalty_2=(stated["loyalty_2"] > 7).astype(int)), TICKED + RECOMMENDING),
    }
    for slug, (table, mapping) in surveys.items():
        table.to_csv(own / f"{slug}.csv", index=False)
        (own / f"{slug}.yaml").write_text(SURVEY.format(slug=slug) + mapping, encoding="utf-8")


def answers(seed: int, n: int, **planted: float) -> pd.DataFrame:
    """A simulated survey with ids that no page may show."""
    drawn = survey.draw(seed, n=n, **planted)[0].frame.drop(columns="plan")
    drawn.insert(0, "respondent", [f"resp-{number:06d}" for number in range(900_000, 900_000 + n)])
    return drawn


def put_mailing(own: Path) -> None:
    """An experiment with one kind of e-mail."""
    units = experiment.draw(32, n=6000)[0].frame
    columns = ["visit", "conversion", "spend", "recency", "history"]
    arm = np.where(units["arm"] == "no_email", "no_email", "newsletter")
    mailing = pd.DataFrame({"customer": [f"cust-{n:06d}" for n in range(700_000, 706_000)], "arm": arm})
    mailing.join(units[columns]).to_csv(own / "my_mailing.csv", index=False)
    (own / "my_mailing.yaml").write_text(MAILING, encoding="utf-8")


def put_request(own: Path) -> None:
    """An experiment with two arms."""
    units = transparency.draw(42, n=3000)[0].frame
    arm = units["arm"].astype(str).str.split("_").str[0]
    ids = [f"part-{number:06d}" for number in range(700_000, 703_000)]
    request = pd.DataFrame({"participant": ids, "arm": arm, "consent": units["consent"], "age": units["age"]})
    request.to_csv(own / "my_request.csv", index=False)
    (own / "my_request.yaml").write_text(REQUEST, encoding="utf-8")


def put_reviews(own: Path) -> None:
    """Reviewed orders under other names than the schema's, without a region and photos."""
    frame = reviews.draw(33, n=6000, base=0.12)[0].frame
    named = {"purchase": "bought", "score": "stars", "seller": "shop", "comment_length": "letters"}
    same = ["promised", "delivered", "answered", "price", "category"]
    clients = [f"cust-{700_000 + person}" for person in frame["person"]]
    mine = frame[[*named, *same]].rename(columns=named).assign(client=clients)
    mine.to_csv(own / "my_reviews.csv", index=False)
    (own / "my_reviews.yaml").write_text(REVIEWS, encoding="utf-8")
