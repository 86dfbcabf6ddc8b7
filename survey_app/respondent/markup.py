"""The form's HTML: what stands around every page, and the pages themselves as they are compiled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from flask import render_template, request, url_for
from markupsafe import Markup, escape

from questionnaires.expressions import Tree, names
from questionnaires.model import Choice, Order, Question, Text
from questionnaires.piping import Pipe, pieces, plain
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.question_types.choosing import places_of
from questionnaires.routing import Page
from questionnaires.study import Record
from questionnaires.texts import DIRECTIONS, OWN_NAMES, alphabetical, catalogue, in_language
from survey_app.respondent.compiled import Marks

if TYPE_CHECKING:
    from survey_app.respondent.fielded import Served

Say: TypeAlias = Callable[..., str]
STATIC = "/form"
"""Where the form's own files are; named here because a refused host has no routes to build from."""
SEARCHED = 12
"""Longer lists can be searched where scripts run."""
SCRIPT_WORDS = ("not_kept", "try_again", "retrying", "restored", "moved", "up", "down", "search", "found")
KINDS = {
    "several": "codes", "number": "number", "text": "text", "date": "date", "ranking": "rank",
    "information": "none", "vignette": "none", "matrix": "none",
}  # fmt: skip
"""How the script reads the answer to a type; the others have a code."""


def chrome(language: str, record: Record | None = None, languages: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """Return what every page of the form needs around its contents."""
    return {
        "language": language,
        "direction": DIRECTIONS.get(language, ""),
        "say": saying(language),
        "own_names": OWN_NAMES,
        "languages": languages,
        "record": record,
        "study_title": in_language(record.title, language) if record else "earshot",
        "stylesheet": own_file("respondent.css"),
    }


@cache
def saying(language: str) -> Say:
    """Return what says the form's own texts in a language."""
    return partial(catalogue("survey_app.respondent").text, language)


def own_file(name: str) -> str:
    """Return the address of one of the form's own files."""
    return f"{request.script_root}{STATIC}/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    """The address changes with the contents, so that browsers may keep the file for ever."""
    return hashlib.sha256((Path(__file__).parent / "static" / name).read_bytes()).hexdigest()[:12]


def render_page(served: Served, shown: Sequence[Page], language: str, marks: Marks) -> str:
    """Render a page with marks: its own questions, and in a template those that scripts show with it."""
    around = chrome(language, served.record, served.questionnaire.languages)
    writer = _Writer(served, shown, language, marks)
    words = {key: around["say"]("script_" + key) for key in SCRIPT_WORDS}
    return render_template(
        "respondent/page.html",
        **around,
        synthetic=served.synthetic,
        page=shown[0],
        more=[question for page in shown[1:] for question in page.questions],
        script=own_file("respondent.js"),
        script_words=words,
        marks=marks,
        slot=marks.slot,
        writer=writer,
        words=writer.words,
    )


def render_end(served: Served, receipt: bool, language: str, marks: Marks) -> str:
    """Render the page that thanks with marks for its words and, where there is one, for the receipt."""
    return render_template(
        "respondent/message.html",
        **chrome(language, served.record),
        synthetic=served.synthetic,
        heading=marks.slot("heading"),
        text=marks.slot("text"),
        receipt=marks.slot("receipt") if receipt else "",
        receipts=url_for("receipt.ask"),
    )


class _Writer:
    """What the templates ask about questions while a page is compiled."""

    def __init__(self, served: Served, shown: Sequence[Page], language: str, marks: Marks) -> None:
        self.language = language
        self.marks = marks
        self.questionnaire = served.questionnaire
        here = [question for page in shown for question in page.questions]
        self.live = frozenset(variable.name for question in here for variable in question.variables)
        """What is answered on this page itself, so that only a script can act on it at once."""
        self.many = len(shown) > 1

    def words(self, text: Text) -> Markup:
        """Return a text in the page's language, its placeholders as slots."""
        if not text:
            return Markup("")
        return Markup("").join(
            self.marks.pipe(piece) if isinstance(piece, Pipe) else escape(piece)
            for piece in pieces(in_language(text, self.language))
        )

    def plain(self, text: Text) -> str:
        """Return a text without earlier answers, for where they cannot be filled in."""
        return plain(in_language(text, self.language)) if text else ""

    def paragraphs(self, text: Text) -> list[Markup]:
        return [Markup(part) for part in str(self.words(text)).strip().split("\n\n")]

    def kind(self, question: Question) -> str:
        return KINDS.get(question.type, "code")

    def steers(self, question: Question) -> bool:
        """Tell whether the script must know a question: something on this page may depend on it."""
        return self.many or len(question.parts) > 0 or question.condition is not None

    def depends(self, tree: Tree | None) -> bool:
        """Tell whether a condition needs an answer of this page."""
        return tree is not None and bool(names(tree) & self.live)

    def asks(self, question: Question) -> bool:
        return QUESTION_TYPES[question.type].asks

    def apart(self, question: Question) -> bool:
        """Tell whether special answers are boxes of their own."""
        return QUESTION_TYPES[question.type].special_apart

    def dynamic(self, question: Question) -> bool:
        """Tell whether people see different choices, or the same in different orders."""
        moved = question.order in (Order.RANDOM, Order.FLIPPED)
        return moved or any(choice.condition is not None for choice in question.choices)

    def choices(self, question: Question, apart: bool = False) -> list[Choice]:
        """Return the choices of the list proper, or those below the line."""
        found = [c for c in question.choices if (c.apart or c.exclusive) == apart]
        if question.order is Order.ALPHABET:
            found.sort(
                key=lambda choice: alphabetical(in_language(choice.text, self.language), self.language)
            )
        return found

    def written(self, question: Question, choice: Choice) -> Question | None:
        """Return what a person may write beside a choice."""
        name = f"{question.name}.{choice.name}_text"
        return next((part for part in question.parts if part.name == name), None) if choice.write else None

    def fields(self, question: Question) -> tuple[str, ...]:
        return QUESTION_TYPES[question.type].fields(question)

    def places(self, question: Question) -> range:
        return range(1, places_of(question) + 1)

    def searched(self, question: Question) -> bool:
        return len(question.choices) > SEARCHED
