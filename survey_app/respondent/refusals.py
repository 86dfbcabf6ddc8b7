"""Why a request is answered by something else than what it asked for; `pages` has one handler for each.

Refusal
├── NotTheirs       there is no such response, or it is another browser's: both look the same
├── Refused         a short message
├── PageShownAgain  a posted page, with everything typed
└── ListShownAgain  the list of answers
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from questionnaires.model import Answer
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import Raw
from survey_app.respondent.served import Served
from survey_app.respondent.visit import Visit


class Refusal(Exception):
    """A request is answered by something else than what it asked for."""


class NotTheirs(Refusal):
    """There is no such response, or it is not this browser's: both look the same."""


class Refused(Refusal):
    """A short message is shown; `key` names its words."""

    def __init__(self, key: str, status: int, served: Served | None = None) -> None:
        super().__init__(key)
        self.key, self.status, self.served = key, status, served


class PageShownAgain(Refusal):
    """A posted page was not kept and is shown again as it was typed.

    `key` names the words above it ("": those of its `problems`), `answered` are the valid answers, `ticket` is the one
    that came with the page, kept so that sending again is the same post.
    """

    def __init__(
        self,
        visit: Visit,
        typed: Mapping[str, Raw],
        status: int,
        key: str = "",
        *,
        problems: Sequence[AnswerProblem] = (),
        answered: Mapping[str, Answer] | None = None,
        ticket: str = "",
    ) -> None:
        super().__init__(key)
        self.visit, self.typed, self.status, self.key = visit, typed, status, key
        self.problems, self.answered, self.ticket = problems, answered, ticket


class ListShownAgain(Refusal):
    """The list of answers was not submitted and is shown again; `key` names the words above it."""

    def __init__(self, visit: Visit, status: int, key: str) -> None:
        super().__init__(key)
        self.visit, self.status, self.key = visit, status, key
