"""The shelf: published questionnaires parsed and compiled once, kept in memory by version."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from flask import Flask, current_app
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from questionnaires.problems import StudyFault
from questionnaires.routing import Page
from questionnaires.study import Study
from survey_app.respondent.compiled import CompiledPage, compile_page
from survey_app.respondent.markup import render_end, render_page
from survey_app.respondent.served import Served, status_of
from survey_app.storage.fielded import Fielded, all_fielded, fielded, version_content

ReadStudy = Callable[[Mapping[str, bytes]], Study]
"""Builds a study from the bytes of its files; raises StudyFault."""


class Shelf:
    """Finds what is to be served, and keeps what was parsed and compiled. Safe to fill twice."""

    def __init__(self, engine: Engine, read_study: ReadStudy, only: frozenset[str], fresh: float) -> None:
        self.engine = engine
        self.read_study = read_study
        self.fresh = fresh
        self.only = only
        """The studies that may be begun here; none named, all."""
        self._served: dict[tuple[str, str, bytes], Served] = {}
        self._compiled: dict[tuple[int, str, str], CompiledPage] = {}
        self._remembered: dict[str, tuple[float, Fielded]] = {}

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
        key = (field.name, version or field.version, field.record)
        if key not in self._served:
            content = version_content(self.engine, field.name, key[1])
            # a database, restored perhaps, may not have that version
            if content is None:
                return None, ""
            study = self.read_study({"questionnaire.yaml": content, "study.yaml": field.record})
            # of two threads the first one's stays: its id names its compiled pages
            self._served.setdefault(key, Served(study.record, study.questionnaire, key[1], study.synthetic))
        served = self._served[key]
        return served, field.status if field.status != "open" else status_of(served.record, datetime.now(UTC))

    def _field(self, name: str) -> Fielded | None:
        """Return what the database says of a study, or said a moment ago; what it last said while it cannot be read.

        Whatever is posted meanwhile is not kept, and its page must come back with everything typed.
        """
        read_at, remembered = self._remembered.get(name, (0.0, None))
        if remembered is not None and time.monotonic() < read_at + self.fresh:
            return remembered
        try:
            field = fielded(self.engine, name)
        except SQLAlchemyError:
            if remembered is None:
                raise
            return remembered
        if field is not None:
            self._remembered[name] = (time.monotonic(), field)
        return field

    def warm(self) -> None:
        """Read what is fielded before anyone comes: a form is to be shown again even while no database answers."""
        for field in all_fielded(self.engine):
            if self.is_begun_here(field.name):
                # a fault is logged when somebody comes
                with suppress(StudyFault):
                    self.study(field.name)

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


def shelf() -> Shelf:
    """Return the shelf of the running app."""
    running: Shelf = current_app.extensions["earshot-shelf"]
    return running


def keep_shelf(app: Flask, engine: Engine, read_study: ReadStudy, only: frozenset[str], fresh: float) -> None:
    app.extensions["earshot-shelf"] = Shelf(engine, read_study, only, fresh)
