"""One request to one page of one response, and everything about it that is worked out only when needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from flask import request, session, url_for
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from questionnaires.expressions import names
from questionnaires.model import Answer, Question, Text
from questionnaires.personal import as_seen, seen_order
from questionnaires.piping import filled
from questionnaires.routing import Page, Way, is_asked, together, walk
from questionnaires.texts import in_language
from survey_app.respondent import tickets
from survey_app.respondent.served import Served
from survey_app.storage.current import Current

LONGEST_HEADER = 500
"""Characters that are read of what a browser says of its languages; a longer list is made to keep us busy."""
SEEN_BY_ALL = tickets.digest("the same for everyone")


@dataclass(frozen=True)
class Visit:
    """One request to one page of one response; `state` is None until the first page is kept.

    `whole` tells that scripts show the page together with those that are joined to it. `blind` tells that the
    path cannot be known, because the database cannot be read: every question of the page is shown.
    """

    served: Served
    page: Page
    language: str
    key: str
    state: Current | None
    whole: bool = False
    blind: bool = False

    @property
    def given(self) -> Mapping[str, Answer]:
        return self.state.answers if self.state else {}

    @cached_property
    def seed(self) -> int:
        return tickets.seed(self.key)

    @cached_property
    def cut(self) -> tuple[Page, ...]:
        return self.served.pages(self.seed)

    @cached_property
    def shown(self) -> tuple[Page, ...]:
        """The page, and those that scripts show with it."""
        return together(self.cut, self.page)

    @cached_property
    def fixed(self) -> bool:
        """Whether everyone who comes to the page sees the same of it."""
        return self.page.fixed and len(self.shown) == 1

    @cached_property
    def way(self) -> Way:
        return walk(self.served.questionnaire, self.given) if self.given else self.served.untouched

    @cached_property
    def known(self) -> dict[str, object]:
        """What is known from the pages before this one."""
        return {name: value for name, value in self.way.known.items() if name in self.page.before}

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The questions of the page that are asked of this person, in the order they see them."""
        return self._asked(self.page)

    @cached_property
    def more(self) -> tuple[Question, ...]:
        """The questions of the joined pages that may be asked, whatever is answered on this one."""
        return tuple(question for page in self.shown[1:] for question in self._asked(page, self.here))

    @cached_property
    def here(self) -> frozenset[str]:
        """What is answered on this page, or on those shown with it."""
        questions = (question for page in self.shown for question in page.questions)
        return frozenset(variable.name for question in questions for variable in question.variables)

    def posted_questions(self, whole: bool) -> tuple[Question, ...]:
        """Return the questions whose answers may come with a post; `whole`: scripts showed all pages together."""
        if self.fixed:
            return self.questions
        names_here = {question.name for question in self.questions}
        if whole:
            names_here |= {question.name for question in self.page.questions if question.value is not None}
            names_here |= {question.name for page in self.shown[1:] for question in page.questions}
        return tuple(q for page in self.shown for q in page.questions if q.name in names_here)

    def _asked(self, page: Page, open_names: frozenset[str] = frozenset()) -> tuple[Question, ...]:
        if page.fixed:
            return page.questions
        order = seen_order(page.section, self.seed) if page.section.drawn else page.questions
        return tuple(
            q for q in order if q in page.questions and (self.blind or self.may_be_asked(q, open_names))
        )

    def may_be_asked(self, question: Question, open_names: frozenset[str]) -> bool:
        """Tell whether a question is asked, or may be once the questions of `open_names` are answered."""
        return any(
            (variable.condition is not None and names(variable.condition) & open_names)
            or is_asked(variable, self.known)
            for variable in question.variables
        )

    def words(self, text: Text, settled: Mapping[str, Answer]) -> str:
        """Return a text in the language of the visit, with earlier answers in their places."""
        return filled(in_language(text, self.language), self.language, self.served.questionnaire, settled)

    @property
    def seen(self) -> str:
        """What a ticket says of what the page shows: another tab may change the path, the offer or the words."""
        if self.fixed:
            return SEEN_BY_ALL
        questions = (*self.questions, *self.more)
        rows = [item.name for question in questions for item in question.items if self.row_seen(item)]
        offers = []
        for question in questions:
            personal = as_seen(question, self.known, self.seed)
            codes = (choice.code for choice in personal.choices)
            offers.append((question.name, personal.minimum, personal.maximum, *codes))
        says = frozenset(name for page in self.shown for name in page.says)
        words = [(name, self.way.settled.get(name)) for name in sorted(says - self.here)]
        return tickets.digest((offers, rows, words))

    def row_seen(self, item: Question) -> bool:
        """Tell whether a row of a matrix is shown."""
        return self.blind or self.may_be_asked(item, self.here)

    @property
    def address(self) -> str:
        if self.state is None:
            return url_for("respondent.begin", study=self.served.name)
        again = {"change": "1"} if "change" in request.args else {}
        return url_for("respondent.page", key=self.key, name=self.page.name, **again)


def spoken(offered: tuple[str, ...]) -> str:
    """Return the language of this visit: asked for, chosen before, the browser's, or the first."""
    if request.query_string and request.method == "GET":
        requested = request.args.get("language")
        if requested in offered and session.get("language") != requested:
            session["language"] = requested
    chosen = session.get("language")
    if chosen in offered:
        return str(chosen)
    header = request.environ.get("HTTP_ACCEPT_LANGUAGE", "")
    accepted = parse_accept_header(header[:LONGEST_HEADER], LanguageAccept) if header else LanguageAccept()
    codes = (code.partition("-")[0].lower() for code in accepted.values())
    return next((code for code in codes if code in offered), offered[0])
