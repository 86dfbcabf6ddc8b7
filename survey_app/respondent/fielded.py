"""Published questionnaires ready to be served: parsed and compiled once, kept in memory by version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, render_template, request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from questionnaires.formats.study_folder import study_from_files
from questionnaires.model import Questionnaire
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.routing import Page, pages
from questionnaires.study import Record
from questionnaires.texts import OWN_NAMES, catalogue, in_language
from survey_app.respondent.compiled import CompiledPage, SlotMaker, compile_page
from survey_app.respondent.form import PageForm, form_class
from survey_app.storage import fieldwork

STATIC = "/form"
"""Where the form's own files are; named here because a refused host has no routes to build from."""


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
    def pages(self) -> tuple[Page, ...]:
        return pages(self.questionnaire)

    def page(self, name: str) -> Page | None:
        return next((page for page in self.pages if page.name == name), None)

    def language(self, wanted: str | None) -> str:
        return wanted if wanted in self.questionnaire.languages else self.questionnaire.languages[0]


class Shelf:
    """Finds what is to be served, and keeps what was parsed and compiled. Safe to fill twice."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._served: dict[tuple[str, str, bytes], Served] = {}
        self._compiled: dict[tuple[int, str, str], CompiledPage] = {}
        self._forms: dict[tuple[int, str], type[PageForm]] = {}
        self._last_known: dict[str, fieldwork.Fielded] = {}

    def study(self, name: str, version: str = "") -> tuple[Served | None, str]:
        """Return a study on a version (the one published now, if none is named) and its status.

        The status is "open", "not_open" before its first day, "closed", or "" where there is no such study.
        """
        field = self._field(name)
        if field is None:
            return None, ""
        served = self._serve(field, version or field.version)
        return served, field.status if field.status != "open" else _status(served.record, datetime.now(UTC))

    def _field(self, name: str) -> fieldwork.Fielded | None:
        """Return what the database says of a study; what it last said while it cannot be read.

        Whatever is posted meanwhile is not kept, and its page must come back with everything typed.
        """
        try:
            field = fieldwork.fielded(self.engine, name)
        except SQLAlchemyError:
            if name not in self._last_known:
                raise
            return self._last_known[name]
        if field is not None:
            self._last_known[name] = field
        return field

    def _serve(self, field: fieldwork.Fielded, version: str) -> Served:
        key = (field.name, version, field.record)
        if key not in self._served:
            content = fieldwork.version_content(self.engine, field.name, version) or b""
            study = study_from_files({"questionnaire.yaml": content, "study.yaml": field.record})
            made = Served(study.record, study.questionnaire, version, study.synthetic)
            self._served.setdefault(key, made)  # of two threads the first stays: its id names its pages
        return self._served[key]

    def compiled(self, served: Served, page: Page, language: str) -> CompiledPage:
        """Return a page of a version in a language, compiled at first use."""
        key = (id(served), page.name, language)
        if key not in self._compiled:
            self._compiled[key] = compile_page(
                lambda slot, block: _render(served, page, language, slot, block)
            )
        return self._compiled[key]

    def form(self, served: Served, page: Page) -> type[PageForm]:
        """Return the form class of a page of a version."""
        key = (id(served), page.name)
        if key not in self._forms:
            self._forms[key] = form_class(page.questions)
        return self._forms[key]


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


def keep_shelf(app: Flask, engine: Engine) -> None:
    app.extensions["earshot-shelf"] = Shelf(engine)


def chrome(language: str, record: Record | None = None, languages: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """Return what every page of the form needs around its contents."""
    texts = catalogue("survey_app.respondent")

    def say(key: str, **values: Any) -> str:
        return texts.text(language, key, **values)

    return {
        "language": language,
        "say": say,
        "own_names": OWN_NAMES,
        "languages": languages,
        "record": record,
        "study_title": in_language(record.title, language) if record else "earshot",
        "stylesheet": f"{request.script_root}{STATIC}/respondent.css?v={_stylesheet_digest()}",
    }


@cache
def _stylesheet_digest() -> str:
    """The address changes with the contents, so that browsers may keep the file for ever."""
    return hashlib.sha256((Path(__file__).parent / "static" / "respondent.css").read_bytes()).hexdigest()[:12]


def _render(served: Served, page: Page, language: str, slot: SlotMaker, block: SlotMaker) -> str:
    return render_template(
        "respondent/page.html",
        **chrome(language, served.record, served.questionnaire.languages),
        synthetic=served.synthetic,
        page=page,
        total=len(served.pages),
        last=page.number == len(served.pages),
        words=lambda text: in_language(text, language) if text else "",
        special_apart=lambda question: QUESTION_TYPES[question.type].special_apart,
        slot=slot,
        block=block,
    )
