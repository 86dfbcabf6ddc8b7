"""What a person sees: compiled pages filled with their own values and problems, and short messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import make_response, render_template, request, url_for
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from questionnaires.expressions import names
from questionnaires.model import Answer, Question
from questionnaires.personal import as_seen, draws
from questionnaires.piping import pipe_words
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Raw
from questionnaires.routing import head_of, page_before
from questionnaires.texts import LANGUAGES, catalogue, date_words, in_language
from survey_app.respondent import tickets
from survey_app.respondent.markup import chrome, saying
from survey_app.respondent.served import Served
from survey_app.respondent.shelf import shelf
from survey_app.respondent.token import token
from survey_app.respondent.visit import Visit, spoken

MOST_ACCEPTED = 50
_TOKEN = re.compile(r"[a-z0-9_.]{1,80}:[0-9a-f]{12}")


def fill(
    visit: Visit,
    raw: Mapping[str, Raw],
    status: int,
    *,
    problems: Sequence[AnswerProblem] = (),
    message: str = "",
    answered: Mapping[str, Answer] | None = None,
    posted: str = "",
) -> Response:
    """Show a page with a person's values and, where there are any, the problems.

    `raw` maps the name of a stored answer to its form values, `answered` are the valid ones among them. `posted`
    is the ticket that came with the values, kept so that sending again is the same post.
    """
    say = saying(visit.language)
    compiled = shelf().compiled(visit.served, visit.shown, visit.language)
    steps = len({page.step for page in visit.cut})
    last = visit.page.step == steps and not visit.served.questionnaire.check_answers
    # soft checks shown before stay accepted, so that two of them do not take turns
    accepted = _TOKEN.findall(request.form.get("_accepted", ""))[-MOST_ACCEPTED:]
    accepted += [problem.check for problem in problems if problem.soft]
    values: dict[str, str] = {
        "action": str(escape(visit.address)),
        "csrf": token(),
        "ticket": str(escape(posted or tickets.issue(visit.served, visit.page.name, visit.key, visit.seen))),
        "back": _back(visit),
        "leave": Markup('<button class="link" name="_action" value="leave">{}</button>').format(say("leave"))
        if visit.state
        else "",
        "continue": str(escape(say("submit" if last else "continue"))),
        "step": str(escape(say("step", n=visit.page.step, total=steps))),
        "step-number": str(visit.page.step),
        "total": str(steps),
        "draft": str(escape(f"{visit.key}/{visit.page.name}")),
        "known": str(htmlsafe_json_dumps(_known_here(visit))),
        "accepted": " ".join(dict.fromkeys(accepted)),
    }
    for name, typed in raw.items():
        values |= _kept_slots(name, typed)
    if problems or message:
        values |= _problem_slots(visit, problems, message, {**visit.way.settled, **(answered or {})})
    settled = {**visit.way.settled, **draws(visit.served.questionnaire, visit.seed)} if compiled.pipes else {}
    for number, pipe in enumerate(compiled.pipes):
        text = pipe_words(pipe, visit.language, visit.served.questionnaire, settled)
        values[f"pipe/{number}"] = str(escape(text))
    return make_response(compiled.fill(_members(visit), values), status)


def _members(visit: Visit) -> dict[str, Sequence[str]]:
    """Return who is seen of every group: questions, choices and rows, each in this person's order.

    Nobody is named where everyone sees all.
    """
    if visit.fixed:
        return {}
    members: dict[str, Sequence[str]] = {
        "questions": [question.name for question in visit.questions],
        "more": [question.name for question in visit.more],
    }
    for question in (*visit.questions, *visit.more):
        if not (question.choices or question.items):
            continue
        seen = as_seen(_open_choices(visit, question), visit.known, visit.seed)
        codes = [str(choice.code) for choice in seen.choices]
        members[f"choices/{question.name}"] = members[f"apart/{question.name}"] = codes
        if codes and seen.choices[0].code > seen.choices[-1].code:
            members[f"ends/{question.name}"] = ["high", "low"]
        members[f"items/{question.name}"] = [item.name for item in seen.items if visit.row_seen(item)]
    return members


def _open_choices(visit: Visit, question: Question) -> Question:
    """Return a question with every choice that an answer of this very page may still offer."""
    choices = tuple(
        replace(choice, condition=None)
        if choice.condition is not None and (visit.blind or names(choice.condition) & visit.here)
        else choice
        for choice in question.choices
    )
    return replace(question, choices=choices) if choices != question.choices else question


def _known_here(visit: Visit) -> dict[str, object]:
    """Return the earlier answers that conditions on this page need, as the script reads them."""
    if not visit.more:
        return {}
    needed: set[str] = set()
    for question in (*visit.questions, *visit.more):
        for part in (question, *question.parts):
            trees = (part.condition, part.value, *(choice.condition for choice in part.choices))
            needed |= {name for tree in trees if tree is not None for name in names(tree)}
    return {name: value for name, value in visit.known.items() if name in needed}


def _kept_slots(name: str, raw: Raw) -> dict[str, str]:
    """Return what stands in a question's fields: the values as they were typed."""
    slots = {f"checked/{name}/{value}": " checked" for value in raw.values}
    slots |= {f"selected/{name}/{value}": " selected" for value in raw.values}
    slots[f"value/{name}"] = str(escape("".join(raw.values[:1])))
    for field, value in raw.named.items():
        slots[f"value/{name}.{field}"] = str(escape(value))
        slots[f"selected/{name}.{field}/{value}"] = " selected"
    if raw.special:
        slots[f"checked/{name}.special/{raw.special}"] = " checked"
    return slots


def _problem_slots(
    visit: Visit, problems: Sequence[AnswerProblem], message: str, settled: Mapping[str, Answer]
) -> dict[str, str]:
    say = saying(visit.language)
    slots: dict[str, str] = {}
    links = []
    soft = bool(problems) and all(problem.soft for problem in problems)
    for problem in problems:
        name, text = problem.question, problem_text(visit, problem, settled)
        links.append((first_input(visit, name), text))
        prefix = Markup('<span class="visually-hidden">{}</span>').format(
            say("soft_prefix" if problem.soft else "error_prefix")
        )
        slots[f"error/{name}"] = Markup('<p class="error" id="{}-error">{}{}</p>').format(name, prefix, text)
        slots[f"bad/{name}"] = " bad"
        slots[f"invalid/{name}"] = ' aria-invalid="true"'
        slots[f"described/{name}"] = f" {name}-error"
        slots[f"described-alone/{name}"] = f' aria-describedby="{name}-error"'
    slots["title-prefix"] = str(escape(say("soft_prefix" if soft else "error_prefix")))
    slots["summary"] = render_template(
        "respondent/summary.html",
        heading=say("soft_heading" if soft else "error_heading"),
        message=message or (say("soft_text") if soft else ""),
        links=links,
        soft=soft,
    )
    return slots


def problem_text(visit: Visit, problem: AnswerProblem, settled: Mapping[str, Answer]) -> str:
    """Return what is wrong with an answer, in the person's language."""
    language, questionnaire = visit.language, visit.served.questionnaire
    values = {
        key: visit.words(value, settled) if isinstance(value, Mapping) else value
        for key, value in problem.values.items()
    }
    if "special" in values:
        values["special"] = catalogue("survey_app.respondent").text(language, f"special_{values['special']}")
    if "date" in values:
        values["date"] = date_words(int(values["date"]), language)
    if problem.code == "choose_row":
        values["item"] = in_language(questionnaire.question(problem.question).text, language)
    return catalogue("questionnaires").text(language, problem.code, **values)


def first_input(visit: Visit, name: str) -> str:
    """Return the id of the first field of a question, to which its message leads."""
    question = visit.served.questionnaire.question(name)
    further = QUESTION_TYPES[question.type].fields(question)
    if further:
        return f"{name}.{further[0]}"
    if QUESTION_TYPES[question.type].special_apart or question.type == "list":
        return name
    seen = as_seen(question, visit.known, visit.seed)
    first = next((c for c in seen.choices if not (c.apart or c.exclusive)), None)
    return f"{name}-{first.code if first else 1}"


def _back(visit: Visit) -> str:
    """Return the link to the page before; nothing on the first."""
    before = page_before(visit.cut, visit.page.number, visit.way.settled) if visit.state else None
    if before is None:
        return ""
    before = head_of(visit.cut, before) if visit.whole else before
    address = url_for("respondent.page", key=visit.key, name=before.name)
    back = saying(visit.language)("back")
    return Markup('<a class="button" href="{}">{}</a>').format(address, back)


def message(key: str, status: int, served: Served | None = None, *, again: str = "", **more: Any) -> Response:
    """Show a short message instead of a page; its words are `<key>_title` and `<key>_text`."""
    language = spoken(served.questionnaire.languages if served else LANGUAGES)
    around = chrome(language, served.record if served else None)
    given = {"heading": around["say"](f"{key}_title"), "text": around["say"](f"{key}_text"), **more}
    page = render_template(
        "respondent/message.html",
        **around,
        synthetic=served.synthetic if served else False,
        again=again,
        **given,
    )
    return make_response(page, status)
