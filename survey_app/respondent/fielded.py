"""Published questionnaires ready to be served: parsed and compiled once, kept in memory by version."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from flask import Flask, current_app
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from questionnaires.formats.study_folder import study_from_files
from questionnaires.model import Questionnaire
from questionnaires.problems import StudyFault
from questionnaires.routing import Page, Way, pages, walk
from questionnaires.study import Record
from survey_app.respondent.compiled import CompiledPage, compile_page
from survey_app.respondent.markup import render_end, render_page
from survey_app.storage import fieldwork


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
        return pages(self.questionnaire)

    @cached_property
    def untouched(self) -> Way:
        """The way of whoever has not answered anything yet."""
        return walk(self.questionnaire, {})

    @cached_property
    def _in_blocks(self) -> bool:
        return any(section.block for section in self.questionnaire.sections)

    def pages(self, seed: int) -> tuple[Page, ...]:
        """Return the pages in the order in which the person with this seed sees them."""
        return pages(self.questionnaire, seed) if self._in_blocks else self._written

    def language(self, wanted: str | None) -> str:
        return wanted if wanted in self.questionnaire.languages else self.questionnaire.languages[0]


class Shelf:
    """Finds what is to be served, and keeps what was parsed and compiled. Safe to fill twice."""

    def __init__(self, engine: Engine, only: frozenset[str], fresh: float) -> None:
        self.engine = engine
        self.fresh = fresh
        self.only = only
        """The studies that may be begun here; none named, all."""
        self._served: dict[tuple[str, str, bytes], Served] = {}
        self._compiled: dict[tuple[int, str, str], CompiledPage] = {}
        self._last_known: dict[str, tuple[float, fieldwork.Fielded]] = {}

    def is_begun_here(self, name: str) -> bool:
        """Tell whether people may begin a study here; what they began elsewhere they may always finish."""
        return not self.only or name in self.only

    def study(self, name: str, version: str = "") -> tuple[Served | None, str]:
        """Return a study on a version (the one published now, if none is named) and its status.

        The status is "open", "not_open" before its first day, "closed", or "" where there is no such study.
        """
        field = self._field(name)
        if field is None:
            return None, ""
        served = self._serve(field, version or field.version)
        if served is None:
            return None, ""
        return served, field.status if field.status != "open" else _status(served.record, datetime.now(UTC))

    def _field(self, name: str) -> fieldwork.Fielded | None:
        """Return what the database says of a study, or said a moment ago; what it last said while it cannot be read.

        Whatever is posted meanwhile is not kept, and its page must come back with everything typed.
        """
        asked_at, known = self._last_known.get(name, (0.0, None))
        if known is not None and time.monotonic() < asked_at + self.fresh:
            return known
        try:
            field = fieldwork.fielded(self.engine, name)
        except SQLAlchemyError:
            if known is None:
                raise
            return known
        if field is not None:
            self._last_known[name] = (time.monotonic(), field)
        return field

    def warm(self) -> None:
        """Read what is fielded before anyone comes: a form is to be shown again even while no database answers."""
        for field in fieldwork.all_fielded(self.engine):
            if self.is_begun_here(field.name):
                with suppress(StudyFault):  # told when it is asked for
                    self.study(field.name)

    def _serve(self, field: fieldwork.Fielded, version: str) -> Served | None:
        """Return a version of a study; None where the database, restored perhaps, does not have it."""
        key = (field.name, version, field.record)
        if key not in self._served:
            content = fieldwork.version_content(self.engine, field.name, version)
            if content is None:
                return None
            study = study_from_files({"questionnaire.yaml": content, "study.yaml": field.record})
            made = Served(study.record, study.questionnaire, version, study.synthetic)
            self._served.setdefault(key, made)  # of two threads the first stays: its id names its pages
        return self._served[key]

    def compiled(self, served: Served, shown: Sequence[Page], language: str) -> CompiledPage:
        """Return a page of a version in a language, with those that scripts show with it; compiled once."""
        key = (id(served), shown[0].name, language)
        if key not in self._compiled:
            self._compiled[key] = compile_page(lambda marks: render_page(served, shown, language, marks))
        return self._compiled[key]

    def compiled_end(self, served: Served, receipt: bool, language: str) -> CompiledPage:
        """Return the page that thanks, with or without a receipt."""
        key = (id(served), f"end/{receipt}", language)
        if key not in self._compiled:
            self._compiled[key] = compile_page(lambda marks: render_end(served, receipt, language, marks))
        return self._compiled[key]


def _status(record: Record, now: datetime) -> str:
    """Return whether a published study takes answers now, by the field dates of its record."""
    zone = ZoneInfo(record.zone)
    opens, closes = (
        moment.replace(tzinfo=zone) if moment and moment.tzinfo is None else moment
        for moment in (record.open, record.close)
    )
    if opens and now < opens:
        return "not_open"
    return "closed" if closes and now >= closes else "open"


def shelf() -> Shelf:
    """Return the shelf of the running app."""
    found: Shelf = current_app.extensions["earshot-shelf"]
    return found


def keep_shelf(app: Flask, engine: Engine, only: frozenset[str], fresh: float) -> None:
    app.extensions["earshot-shelf"] = Shelf(engine, only, fresh)
