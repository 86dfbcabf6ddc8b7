"""The end of the way: the list of answers to check, and the page that thanks."""

from __future__ import annotations

from collections.abc import Mapping

from flask import make_response, render_template, url_for
from markupsafe import escape
from werkzeug.wrappers import Response

from questionnaires.model import Answer, Missing, Question
from questionnaires.personal import draws
from questionnaires.piping import answer_words, filled, pipes
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.routing import asked, first_open, walk
from questionnaires.texts import in_language
from survey_app.respondent import receipt_code, tickets
from survey_app.respondent.markup import chrome, saying
from survey_app.respondent.page_view import first_input
from survey_app.respondent.served import Served
from survey_app.respondent.shelf import shelf
from survey_app.respondent.token import token
from survey_app.respondent.visit import Visit, spoken
from survey_app.storage.current import Ended, current

CHECK = "check"
"""The name of the page of all answers, in tickets and posts."""


def check_page(visit: Visit, status: int = 200, problem: str = "") -> Response:
    """Show all answers on the path in words, page by page."""
    served = visit.served
    still_open = first_open(visit.cut, visit.way.settled, visit.given)
    around = chrome(visit.language, served.record, served.questionnaire.languages)
    page = render_template(
        "respondent/check.html",
        **around,
        synthetic=served.synthetic,
        sections=_sections(visit),
        problem=problem,
        action=url_for("respondent.check", key=visit.key),
        csrf=token(),
        ticket=tickets.issue(served, CHECK, visit.key, answers_seen(visit)),
        go_on=url_for("respondent.page", key=visit.key, name=still_open.name) if still_open else "",
    )
    return make_response(page, status)


def answers_seen(visit: Visit) -> str:
    """Return what a ticket says of the answers that the page shows: another tab may have changed them."""
    return tickets.digest(sorted(visit.way.settled.items()))


def _sections(visit: Visit) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return the sections on the path: the heading, and rows of (question, answer, where to change it)."""
    settled = {**visit.way.settled, **draws(visit.served.questionnaire, visit.seed)}
    rows: dict[str, list[tuple[str, str, str]]] = {}
    titles: dict[str, str] = {}
    for page in visit.cut:
        titles[page.section.name] = visit.words(page.section.title, settled)
        address = url_for("respondent.page", key=visit.key, name=page.name, change="1")
        rows.setdefault(page.section.name, []).extend(
            (
                _question_words(visit, variable, settled),
                _answer_words(visit, variable, settled[variable.name]),
                f"{address}#{first_input(visit, variable.name)}",
            )
            for question in asked(page, visit.way.settled)
            for variable in question.variables
            if variable.name in visit.given
            and QUESTION_TYPES[variable.type].asks
            and visit.way.settled[variable.name] is not Missing.NOT_ASKED
        )
    return [(titles[name], of_section) for name, of_section in rows.items() if of_section]


def _question_words(visit: Visit, variable: Question, settled: Mapping[str, Answer]) -> str:
    """Return the question; before the row of a matrix or a text beside a choice, the question it is part of."""
    whole = variable.label if variable.type == "single" and variable.label else {}
    texts = [text for text in (whole, variable.text) if text]
    return " – ".join(visit.words(text, settled) for text in texts)


def _answer_words(visit: Visit, variable: Question, answer: Answer) -> str:
    """Return an answer in words, with its unit."""
    say = saying(visit.language)
    if isinstance(answer, Missing):
        return str(
            say("not_answered" if answer is Missing.NOT_ANSWERED else f"special_{answer.name.lower()}")
        )
    if variable.type == "consent":
        return in_language(variable.label, visit.language)
    settled = {**visit.way.settled, **draws(visit.served.questionnaire, visit.seed)}
    words = answer_words(
        variable, answer, visit.language, lambda text: visit.words({visit.language: text}, settled)
    )
    unit = in_language(variable.unit, visit.language) if variable.unit else ""
    return f"{words} {unit}".strip()


def end_page(served: Served, ended: Ended) -> Response:
    """Thank, in the words of the end that this way led to, and give the receipt."""
    language = spoken(served.questionnaire.languages)
    code = receipt_code.code_of(ended)
    compiled = shelf().compiled_end(served, bool(code), language)
    heading, text = _end_words(served, ended, language)
    values = {"heading": str(escape(heading)), "text": str(escape(text)), "receipt": str(escape(code))}
    return make_response(compiled.fill({}, values))


def _end_words(served: Served, ended: Ended, language: str) -> tuple[str, str]:
    """Return the heading and the text of an end, with earlier answers in their places."""
    questionnaire = served.questionnaire
    end = questionnaire.end(str(ended.end))
    if end is None:
        say = saying(language)
        return say("thanks_title"), say("thanks_text")
    words = in_language(end.title, language), in_language(end.text, language)
    if not any(pipes(text) for text in words):
        return words
    state = current(shelf().engine, ended.key)
    settled = walk(questionnaire, state.answers if state else {}).settled
    settled |= draws(questionnaire, tickets.seed(ended.key))
    heading, text = (filled(text, language, questionnaire, settled) for text in words)
    return heading, text
