"""What can be wrong with a plan, an audit, an invented table or a reply-time curve, one mistake a code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from analysis.evidence.auditing import AuditRequest, Own, audit
from analysis.evidence.claim import Claim
from analysis.evidence.planning import Wish, plan_sample
from analysis.evidence.stated import Stated
from analysis.evidence.synthetic_table import TableFigure, synthetic_table
from analysis.expectations.events import Observed
from analysis.expectations.kaplan_meier import kaplan_meier
from survey_app.cli.audit import request_of
from tests.analysis.by_path import Words, reply_expectation

UNASKED = dict.fromkeys(("data", "question", "choice", "equivalence", "share", "adds_up"))
FIGURES = "- {id: a, question: q, choices: [x], value: 0.3, source: s}\n"


def published(text: str, *ids: str) -> Callable[[Path], None]:
    """Return the call that audits a published.yaml of that text."""

    def call(folder: Path) -> None:
        (folder / "published.yaml").write_text(text, encoding="utf-8")
        audit(AuditRequest(Claim("all", None), folder, ids))

    return call


def invented(n: int, *figures: TableFigure) -> Callable[[Path], None]:
    """Return the call that invents n people by sex."""

    def call(folder: Path) -> None:
        synthetic_table({"sex": ("w", "m")}, figures, n)

    return call


def planned(wish: Wish) -> Callable[[Path], None]:
    """Return the call that plans for a wish."""

    def call(folder: Path) -> None:
        plan_sample(wish)

    return call


def against_made_up_answers(folder: Path) -> None:
    (folder / "made.csv").write_text("q,_synthetic\nx,1\ny,1\n", encoding="utf-8")
    own = Own(folder / "made.csv", Words(("q",)).read(["q"]), "x")
    audit(AuditRequest(Claim("c", Stated(0.3), 100), own=own))


def without_a_claim(folder: Path) -> None:
    request_of(None, {**UNASKED, "ids": ()})


def a_file_and_a_claim(folder: Path) -> None:
    request_of(str(folder), {**UNASKED, "share": "34%"})


def curve(limits: dict[str, str | float], *questions: str) -> Callable[[Path], None]:
    """Return the call that draws the curve of a small file."""

    def call(folder: Path) -> None:
        (folder / "waits.csv").write_text("q,r\n1,1\n2,2\n", encoding="utf-8")
        reply_expectation(folder / "waits.csv", Words(questions), limits)

    return call


def bad_times(folder: Path) -> None:
    kaplan_meier(Observed(np.array([1.0, -1.0]), np.array([True, False])))


def woman(share: float) -> TableFigure:
    return TableFigure("women", Stated(share), {"sex": ["w"]}, {})


MISTAKES: list[tuple[str, Callable[[Path], None], str]] = [
    ("plan_nothing", planned(Wish()), "give --margin"),
    ("plan_range", planned(Wish(n=1)), "--n 1 is out of range"),
    ("option_needs", planned(Wish(segment_margin=0.1)), "needs --segments"),
    ("audit_nothing", without_a_claim, "give --share"),
    ("audit_twice", a_file_and_a_claim, "--share is of a claim given by options"),
    ("published_unreadable", published("a: 1\n"), "a list of figures"),
    ("figure_unknown", published(FIGURES, "b"), "no figure 'b' in the file: it has 'a'"),
    ("synthetic_refused", against_made_up_answers, "'made.csv' holds synthetic answers"),
    ("one_question", curve({}, "q", "r"), "not of q, r"),
    ("limit_missing", curve({"1": "15 min"}, "q"), "no limit is given for 2 of 'q'"),
    ("times_wrong", bad_times, "the time of case 2"),
    ("invented_size", invented(0), "0 people in 2 cells"),
    ("figures_contradict", invented(100, woman(0.3), woman(0.5)), "'women' is 30.0% where"),
    ("figures_not_whole", invented(7, woman(0.35)), "no 7 whole people"),
]
