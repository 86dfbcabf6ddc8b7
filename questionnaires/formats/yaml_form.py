"""`questionnaire.yaml` → Questionnaire, or every fault at once."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from questionnaires.expressions import names
from questionnaires.formats.draft import Draft
from questionnaires.formats.shapes import EndShape, QuestionnaireShape, SectionShape, shaped
from questionnaires.formats.yaml_question import read_question
from questionnaires.formats.yaml_source import Path, Source, read_yaml
from questionnaires.model import Check, Choice, End, Order, Question, Questionnaire, Section
from questionnaires.piping import pipes
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.routing import names_said_in
from questionnaires.texts import LANGUAGES

PAGES = frozenset({"end", "check", "leave", "next"})
"""Names of the form's own pages, which no section can have."""

MOST_LETTERS = 10_000
"""Characters that may be written on one page: what a browser sends of more would be refused as too large."""


def read_questionnaire(file: str, content: bytes) -> tuple[Questionnaire | None, Source]:
    """Read a questionnaire; the source holds its problems, and the questionnaire is None if there are any."""
    source = read_yaml(file, content)
    shape = shaped(source, QuestionnaireShape, source.data) if source.data is not None else None
    if shape is None:
        return None, source
    form = _FormReader(Draft(source, tuple(shape.languages)))
    for index, language in enumerate(shape.languages):
        if language not in LANGUAGES:
            spoken = ", ".join(LANGUAGES)
            source.fault("language-unknown", ("languages", index), language=language, known=spoken)
    sections = [form.section(data, ("sections", index)) for index, data in enumerate(shape.sections)]
    form.draft.name(shape.name, ("name",))
    questionnaire = Questionnaire(
        shape.name,
        form.draft.languages,
        tuple(section for section in sections if section is not None),
        form.ends(shape.ends, ("ends",)),
        shape.check_answers,
    )
    if not source.problems:
        check_blocks(questionnaire, source)
        check_columns(questionnaire, source)
    return (None if source.problems else questionnaire), source


class _FormReader:
    """Builds the parts of a questionnaire from their shapes, reporting to the source what does not fit."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.source = draft.source
        self.section_names: set[str] = set()
        self.end_names: set[str] = set()

    def section(self, data: Any, path: Path) -> Section | None:
        shape = shaped(self.source, SectionShape, data, path)
        if shape is None:
            return None
        self.draft.name(shape.name, (*path, "name"))
        if shape.name in PAGES:
            self.source.fault("name-reserved", (*path, "name"), name=shape.name)
        if shape.name in self.section_names:
            self.source.fault("name-repeated", (*path, "name"), name=shape.name)
        self.section_names.add(shape.name)
        title = self.draft.text(shape.title, (*path, "title"))
        intro = self.draft.text(shape.intro, (*path, "intro"), required=False)
        read = [
            read_question(self.draft, each, (*path, "questions", index))
            for index, each in enumerate(shape.questions)
        ]
        questions = tuple(question for question in read if question is not None)
        variables = [variable for question in questions for variable in question.variables]
        checks = self._checks(shape, variables, (*path, "checks"))
        screen_out = self.ends(shape.screen_out, (*path, "screen_out"), early=True)
        letters = sum(variable.max_length for variable in variables if variable.type == "text")
        if letters > MOST_LETTERS:
            self.source.fault("page-letters", path, n=letters, most=MOST_LETTERS)
        order, drawn = Order(shape.order), []
        if order is Order.RANDOM:
            # Questions in random order must not depend on each other; what stores the order numbers them.
            _check_apart(questions, {variable.name for variable in variables}, self.source, path)
            rows = tuple(Choice(n, q.name, q.text) for n, q in enumerate(questions, start=1))
            drawn.append(Question(f"{shape.name}.order", "order", title, choices=rows))
        if shape.block:
            drawn.append(Question(f"{shape.name}.place", "place", title))
        return Section(
            name=shape.name,
            title=title,
            questions=questions,
            intro=intro,
            order=order,
            block=shape.block,
            checks=checks,
            screen_out=screen_out,
            drawn=tuple(drawn),
        )

    def _checks(self, shape: SectionShape, variables: Sequence[Question], path: Path) -> tuple[Check, ...]:
        """Read the checks; the message of each stands at one of the questions that its own section asks."""
        asked_names = [
            v.name for v in variables if v.type not in QUESTION_TYPES or QUESTION_TYPES[v.type].asks
        ]
        checks = []
        for index, item in enumerate(shape.checks):
            where = (*path, index)
            condition = self.draft.condition(item.check, (*where, "check"))
            text = self.draft.text(item.text, (*where, "text"))
            if condition is None:
                continue
            sources = self._sources(names(condition))
            at = item.at or next((name for name in reversed(asked_names) if name in sources), "")
            if at in asked_names:
                checks.append(Check(f"{shape.name}.{index + 1}", condition, text, at, item.soft))
            elif not at:
                self.source.fault("key-missing", where, key="at")
            elif at not in self.draft.broken:
                listed = ", ".join(asked_names) or "none"
                self.source.fault("question-unknown", (*where, "at"), name=at, known=listed)
        return tuple(checks)

    def _sources(self, named: frozenset[str]) -> frozenset[str]:
        """Return the named questions, and what those among them that are computed are computed from."""
        values = [self.draft.questions[name].value for name in named]
        further = frozenset(name for value in values if value is not None for name in names(value)) - named
        return named | (self._sources(further) if further else frozenset())

    def ends(self, shapes: Sequence[EndShape], path: Path, early: bool = False) -> tuple[End, ...]:
        """Read end pages; an early one needs its condition."""
        ends = []
        for index, shape in enumerate(shapes):
            where = (*path, index)
            self.draft.name(shape.name, (*where, "name"))
            if shape.name in self.end_names:
                self.source.fault("name-repeated", (*where, "name"), name=shape.name)
            self.end_names.add(shape.name)
            if early and not shape.if_:
                self.source.fault("key-missing", where, key="if")
            title = self.draft.text(shape.title, (*where, "title"))
            text = self.draft.text(shape.text, (*where, "text"))
            ends.append(End(shape.name, title, text, self.draft.condition(shape.if_, (*where, "if"))))
        return tuple(ends)


def check_blocks(questionnaire: Questionnaire, source: Source) -> None:
    """Check that sections in random order stand side by side, do not depend on each other, and end nothing."""
    blocks: list[str] = []
    for index, section in enumerate(questionnaire.sections):
        path = ("sections", index)
        if section.block in blocks and section.block and blocks[-1] != section.block:
            source.fault("block-apart", (*path, "block"), block=section.block)
        blocks.append(section.block)
        if not section.block:
            continue
        if section.screen_out:
            source.fault("block-ends", (*path, "screen_out"), block=section.block)
        others = {
            variable.name
            for other in questionnaire.sections
            if other.block == section.block and other is not section
            for variable in other.variables
        }
        # What the words and the checks of the section need of the others, and then what its questions need.
        words = (section.title, section.intro, *(check.text for check in section.checks))
        needs = {pipe.name for text in words for phrase in text.values() for pipe in pipes(phrase)}
        needs = needs.union(*(names(check.condition) for check in section.checks))
        for name in sorted(needs & others):
            source.fault("order-depends", path, name=section.name, other=name)
        _check_apart(section.questions, others, source, path)


def _check_apart(questions: Sequence[Question], others: AbstractSet[str], source: Source, path: Path) -> None:
    """Report each question that depends on others with which it is shown in random order."""
    for index, question in enumerate(questions):
        trees = [tree for part in (question, *question.parts) for tree in part.trees]
        needs = names_said_in(question).union(*map(names, trees))
        for name in sorted(needs & others - {variable.name for variable in question.variables}):
            source.fault("order-depends", (*path, "questions", index), name=question.name, other=name)


def check_columns(questionnaire: Questionnaire, source: Source) -> None:
    """Check that no two stored answers have the same column."""
    columns: set[str] = set()
    for index, section in enumerate(questionnaire.sections):
        path: Path = ("sections", index)
        places = [((*path, "name"), variable) for variable in section.drawn]
        for number, question in enumerate(section.questions):
            places += [((*path, "questions", number, "name"), variable) for variable in question.variables]
        for where, variable in places:
            for column in QUESTION_TYPES[variable.type].columns(variable):
                if column.name in columns:
                    source.fault("column-repeated", where, column=column.name)
                columns.add(column.name)
