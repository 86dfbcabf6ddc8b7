"""One version of one study as it is served, and whether it takes answers now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from questionnaires.model import Questionnaire
from questionnaires.routing import Page, Way, pages, walk
from questionnaires.study import Record


@dataclass(frozen=True)
class Served:
    """One version of one study, with its pages by name."""

    record: Record
    questionnaire: Questionnaire
    version: str
    synthetic: bool

    @property
    def name(self) -> str:
        return self.questionnaire.name

    @cached_property
    def _written(self) -> tuple[Page, ...]:
        """The pages in the order of the questionnaire, cut once for everyone."""
        return pages(self.questionnaire)

    @cached_property
    def untouched(self) -> Way:
        """The way of whoever has not answered anything yet."""
        return walk(self.questionnaire, {})

    def pages(self, seed: int) -> tuple[Page, ...]:
        """Return the pages in the order in which the person with this seed sees them."""
        mixed = any(section.block for section in self.questionnaire.sections)
        return pages(self.questionnaire, seed) if mixed else self._written

    def language(self, code: str | None) -> str:
        """Return a language of the questionnaire: the one named, or its first."""
        return code if code in self.questionnaire.languages else self.questionnaire.languages[0]


def status_of(record: Record, now: datetime) -> str:
    """Return whether a published study takes answers now, by the field dates of its record."""
    zone = ZoneInfo(record.zone)
    opens, closes = (
        moment.replace(tzinfo=zone) if moment and moment.tzinfo is None else moment
        for moment in (record.open, record.close)
    )
    if opens and now < opens:
        return "not_open"
    return "closed" if closes and now >= closes else "open"
