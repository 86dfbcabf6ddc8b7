"""What a person sees: compiled pages filled with their own values and problems, and short messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import make_response, render_template, request, session, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from questionnaires.model import Answer, Question
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Raw
from questionnaires.routing import Page, asked, on_path, page_before
from questionnaires.texts import LANGUAGES, catalogue, in_language
from survey_app.respondent import ticket
from survey_app.respondent.fielded import Served, chrome, shelf
from survey_app.storage.collect import Current


@dataclass(frozen=True)
class Visit:
    """One request to one page of one response; `state` is None until the first page is kept.

    `shown` names the questions where the path cannot be known, because the database cannot be read.
    """

    served: Served
    page: Page
    language: str
    key: str
    state: Current | None
    shown: tuple[Question, ...] | None = None

    @property
    def given(self) -> Mapping[str, Answer]:
        return self.state.answers if self.state else {}

    @cached_property
    def settled(self) -> dict[str, Answer]:
        return on_path(self.served.questionnaire, self.given)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The questions of the page that are asked of this person."""
        return asked(self.page, self.settled) if self.shown is None else self.shown

    @property
    def address(self) -> str:
        if self.state is None:
            return url_for("respondent.begin", study=self.served.name)
        return url_for("respondent.page", key=self.key, name=self.page.name)


def fill(
    visit: Visit,
    raw: Mapping[str, Raw],
    status: int,
    *,
    problems: Sequence[AnswerProblem] = (),
    message: str = "",
    posted: str = "",
) -> Response:
    """Show a page with a person's values and, where there are any, the problems.

    `posted` is the ticket that came with the values, kept so that sending again is the same post.
    """
    say = chrome(visit.language)["say"]
    values: dict[str, str] = {
        "action": str(escape(visit.address)),
        "csrf": generate_csrf(),
        "ticket": str(escape(posted or ticket.issue(visit.served, visit.page.name, visit.key))),
        "back": _back(visit, say),
    }
    for question in visit.questions:
        values |= _kept_slots(question.name, raw.get(question.name, Raw()))
    if problems or message:
        values["title-prefix"] = str(escape(say("error_prefix")))
        values |= _problem_slots(visit, problems, message, say)
    compiled = shelf().compiled(visit.served, visit.page, visit.language)
    return make_response(compiled.fill({q.name for q in visit.questions}, values), status)


def _kept_slots(name: str, raw: Raw) -> dict[str, str]:
    slots = {f"checked/{name}/{value}": " checked" for value in raw.values}
    if raw.special:
        slots[f"checked/{name}.special/{raw.special}"] = " checked"
    slots[f"value/{name}"] = str(escape("".join(raw.values[:1])))
    return slots


def _problem_slots(visit: Visit, problems: Sequence[AnswerProblem], message: str, say: Any) -> dict[str, str]:
    slots: dict[str, str] = {}
    links = []
    for problem in problems:
        name, text = problem.question, _problem_text(problem, visit.language)
        links.append((_first_input(visit, name), text))
        prefix = Markup('<span class="visually-hidden">{}</span>').format(say("error_prefix"))
        slots[f"error/{name}"] = Markup('<p class="error" id="{}-error">{}{}</p>').format(name, prefix, text)
        slots[f"bad/{name}"] = " bad"
        slots[f"invalid/{name}"] = ' aria-invalid="true"'
        slots[f"described/{name}"] = f" {name}-error"
        slots[f"described-alone/{name}"] = f' aria-describedby="{name}-error"'
    slots["summary"] = render_template(
        "respondent/summary.html", heading=say("error_heading"), message=message, links=links
    )
    return slots


def _problem_text(problem: AnswerProblem, language: str) -> str:
    values = {
        key: in_language(value, language) if isinstance(value, Mapping) else value
        for key, value in problem.values.items()
    }
    if "special" in values:
        values["special"] = catalogue("survey_app.respondent").text(language, f"special_{values['special']}")
    return catalogue("questionnaires").text(language, problem.code, **values)


def _first_input(visit: Visit, name: str) -> str:
    question = visit.served.questionnaire.question(name)
    if QUESTION_TYPES[question.type].special_apart:
        return name
    return f"{name}-{question.choices[0].code if question.choices else 1}"


def _back(visit: Visit, say: Any) -> str:
    before = page_before(visit.served.pages, visit.page.number, visit.settled)
    if before is None or visit.state is None:
        return ""
    address = url_for("respondent.page", key=visit.key, name=before.name)
    return Markup('<a class="button" href="{}">{}</a>').format(address, say("back"))


def spoken(offered: tuple[str, ...]) -> str:
    """Return the language of this visit: asked for, chosen before, the browser's, or the first."""
    asked_for = request.args.get("language")
    if request.method == "GET" and asked_for in offered and session.get("language") != asked_for:
        session["language"] = asked_for
    if session.get("language") in offered:
        return str(session["language"])
    return request.accept_languages.best_match(offered) or offered[0]


def message(key: str, status: int, served: Served | None = None, *, again: str = "", **more: Any) -> Response:
    """Show a short message instead of a page; its words are `<key>_title` and `<key>_text`."""
    language = spoken(served.questionnaire.languages if served else LANGUAGES)
    around = chrome(language, served.record if served else None)
    page = render_template(
        "respondent/message.html",
        **around,
        heading=around["say"](f"{key}_title"),
        text=around["say"](f"{key}_text"),
        synthetic=served.synthetic if served else False,
        again=again,
        **more,
    )
    return make_response(page, status)
