"""The tables of an audit: intervals by design effect, what a part's size implies, the fewest people that tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.evidence import parts
from analysis.evidence.sample_size import bounds
from analysis.evidence.stated import Stated

if TYPE_CHECKING:
    from analysis.evidence.claim import Claim


def intervals(claim: Claim) -> list[dict[str, Any]]:
    """Return the interval of every share with a known number of people, for each design effect."""
    pairs = [(claim.name, claim.whole, claim.n), (claim.part_name, claim.part, claim.part_n)]
    return [
        _interval(name, share.value, n, effect, claim.level)
        for name, share, n in pairs
        if share is not None and n is not None
        for effect in claim.effects
    ]


def _interval(name: str, share: float, n: int, effect: float, level: float) -> dict[str, Any]:
    low, high = bounds(share, n / effect, level)
    return {"figure": name, "share": share, "n": n, "design_effect": effect, "low": low, "high": high}


def part_rows(claim: Claim) -> list[dict[str, Any]]:
    """Return what each plausible size of the part implies; the one size where it is known."""
    if claim.part is None or claim.whole is None:
        return []
    known = claim.part_n is not None and claim.n is not None
    sizes = [(claim.part_n or 0) / (claim.n or 1)] if known else list(claim.part_shares)
    most = parts.largest_part(claim.whole, claim.part)
    rows = []
    for size in sizes:
        n = None if claim.n is None else claim.part_n if known else round(size * claim.n)
        low, high = (None, None) if not n else bounds(claim.part.value, n, claim.level)
        rest, lowest, highest = _others(claim.whole, claim.part, size)
        rows.append(
            {
                "share_of_sample": size,
                "n": n,
                "low": low,
                "high": high,
                "remainder": rest,
                "remainder_low": lowest,
                "remainder_high": highest,
                "possible": size <= most,
            }
        )
    return rows


def _others(whole: Stated, part: Stated, size: float) -> tuple[float | None, float | None, float | None]:
    """Return the share among the others (None: only rounding makes it one) and what rounding leaves it."""
    if size >= 1:
        return None, None, None
    rest = parts.remainder(whole.value, part.value, size)
    low, high = parts.remainder_range(whole, part, size)
    if high < 0 or low > 1:
        return None, None, None
    return rest if 0 <= rest <= 1 else None, max(low, 0.0), min(high, 1.0)


def smallest(claim: Claim) -> list[dict[str, Any]]:
    """Return the fewest people in the part for a significant difference, by design effect and comparisons."""
    if claim.part is None or claim.whole is None or claim.n is None:
        return []
    rows = []
    for effect in claim.effects:
        for comparisons in dict.fromkeys((1, claim.comparisons)):
            found = [
                parts.smallest_part(claim.whole.value, claim.part.value, claim.n, effect, comparisons, power)
                for power in (None, 0.8)
            ]
            names = ("design_effect", "comparisons", "significant", "power_80")
            rows.append(dict(zip(names, (effect, comparisons, *found), strict=True)))
    return rows
