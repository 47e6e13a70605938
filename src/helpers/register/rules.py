"""Rules: what would support or contradict a component, written before anything is estimated."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """Frozen, and no field that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(Strict):
    """What every rule says."""

    measure: str = Field(min_length=3)
    unit: str = Field(min_length=1)
    scale: Literal["linear", "log"] = "linear"
    because: str = Field(min_length=10)  # why this smallest effect, band or region
    version: int = Field(default=1, ge=1)

    @property
    def fingerprint(self) -> str:
        """``version.digest``: what the ledger keeps, so that a rule changed without a new version is seen."""
        content = self.model_dump(exclude={"because", "version"})
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]
        return f"{self.version}.{digest}"

    def on_scale(self, number: float) -> float:
        """A number on the scale on which distances are compared: itself, or its logarithm."""
        return math.log(number) if self.scale == "log" else number


class SignedRule(Rule):
    """A directed effect: null value, smallest effect of interest, null band."""

    kind: Literal["signed"]
    null_value: float
    direction: Literal["positive", "negative"]
    smallest: float  # the value at the smallest effect, on the measure's own scale: .2, or a ratio of 1.25
    null_band: tuple[float, float]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.null_band
        if not low < self.null_value < high:
            raise ValueError(f"null_band {low}, {high} must enclose the null value {self.null_value}")
        inside = self.smallest > high if self.direction == "positive" else self.smallest < low
        if not inside:
            raise ValueError(
                f"smallest ({self.smallest}) must lie outside null_band ({low}, {high}) on the {self.direction} side"
            )
        return self


class RegionRule(Rule):
    """A claimed number with its tolerance band, or the region of a share or level; an open end is left out."""

    kind: Literal["number", "share"]
    claimed: float | None = None
    low: float = -math.inf
    high: float = math.inf

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        if self.kind == "number" and self.claimed is None:
            raise ValueError("a number needs the claimed value")
        if self.claimed is not None and not self.low <= self.claimed <= self.high:
            raise ValueError(f"claimed ({self.claimed}) must lie inside its band ({self.low} to {self.high})")
        return self


class NecessityRule(Rule):
    """A necessary condition, judged against an additive null and by the share of exceptions."""

    kind: Literal["necessity"]
    largest_share: float = Field(gt=0, lt=1)  # of the outcome among those without the condition


AnyRule = Annotated[SignedRule | RegionRule | NecessityRule, Field(discriminator="kind")]
