"""What must be known of a published figure before it can be judged, and what is said about each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

KNOWN, UNKNOWN, NOT_SAID = "known", "unknown", "not said"

FACTS: Mapping[str, str] = MappingProxyType(
    {
        "n": "how many people the per cent is of; without it there is no interval",
        "base": "whose per cent it is: of everyone, of those who complained, of users of the channel",
        "population": "whom the sample stands for",
        "country": "where they live",
        "dates": "when they were asked",
        "mode": "how they answered: by web, telephone, face to face",
        "frame": "how they were found: drawn at random, a panel, volunteers",
        "response": "how many of those asked answered",
        "weighting": "how it was weighted; weights widen the interval, 1.5 to 2 times in variance is usual",
        "wording": "the question as it was asked",
        "answers": "which answers were offered, and whether one or several could be chosen",
        "sponsor": "who paid",
        "conductor": "who did the fieldwork",
    }
)
"""After the disclosure lists of AAPOR's Transparency Initiative and of ESOMAR/WAPOR."""

_SAME = {"year": "dates", "date": "dates", "base_n": "n", "question": "wording", "funder": "sponsor"}


@dataclass(frozen=True)
class Fact:
    """One fact of the checklist: its state is "known", "unknown" or "not said", `why` it is needed."""

    fact: str
    state: str
    why: str

    def as_row(self) -> dict[str, Any]:
        """Return the fact as `earshot audit --format json` prints it."""
        return {"fact": self.fact, "state": self.state, "why": self.why}


def checklist(known: Collection[str], unknown: Collection[str]) -> tuple[Fact, ...]:
    """Return every fact with its state; names that are not on the list are added to its end."""
    have = {_SAME.get(name, name) for name in known}
    lack = {_SAME.get(name, name) for name in unknown}
    names = [*FACTS, *sorted((have | lack) - FACTS.keys())]
    return tuple(
        Fact(name, UNKNOWN if name in lack else KNOWN if name in have else NOT_SAID, FACTS.get(name, ""))
        for name in names
    )
