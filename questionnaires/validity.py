"""Whether stored answers are still valid: a change on an earlier page may forbid what was given later."""

from __future__ import annotations

from collections.abc import Mapping

from questionnaires.answers import PageReading
from questionnaires.model import Answer, Missing, Question, Questionnaire
from questionnaires.question_types import Raw, form_values
from questionnaires.routing import Page, asked, walk


def first_invalid(
    questionnaire: Questionnaire, cut: tuple[Page, ...], answers: Mapping[str, Answer], seed: int
) -> Page | None:
    """Return the first page with an answer that would not be accepted now; None where all would be.

    Reads every page again as the person saw it: a limit, a filtered choice or a check may depend on an
    earlier answer that was changed since. Soft checks were seen and passed.
    """
    if not (_depends(questionnaire) or _emptied(questionnaire, answers)):
        return None
    way = walk(questionnaire, answers)
    for page in cut:
        known = {name: value for name, value in way.known.items() if name in page.before}
        reading = PageReading(questionnaire, known, seed)
        shown = asked(page, way.settled)
        for question in shown:
            reading.read(question, {v.name: _raw(v, answers) for v in question.variables})
        reading.end(page.section, shown)
        if any(not problem.soft for problem in reading.problems):
            return page
    return None


def _depends(questionnaire: Questionnaire) -> bool:
    """Tell whether an answer that was valid once can be invalid now."""
    return any(section.checks for section in questionnaire.sections) or any(
        variable.limits or any(choice.condition is not None for choice in variable.choices)
        for variable in questionnaire
    )


def _emptied(questionnaire: Questionnaire, answers: Mapping[str, Answer]) -> bool:
    """Tell whether a required answer was taken back by someone who left to finish later."""
    return any(answers.get(v.name) is Missing.NOT_ANSWERED for v in questionnaire if v.required)


def _raw(variable: Question, answers: Mapping[str, Answer]) -> Raw:
    return form_values(variable, answers.get(variable.name, Missing.NOT_ANSWERED))
