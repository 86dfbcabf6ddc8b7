"""`questionnaire.yaml` → Questionnaire, or every fault at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from questionnaires.expressions import names
from questionnaires.formats.question_shapes import CheckShape, EndShape, QuestionnaireShape, SectionShape
from questionnaires.formats.reading import Reading
from questionnaires.formats.shapes import shaped
from questionnaires.formats.yaml_question import read_question
from questionnaires.formats.yaml_source import Path, Source, read_yaml
from questionnaires.model import Check, Choice, End, Order, Question, Questionnaire, Section
from questionnaires.piping import pipes
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.routing import said_in
from questionnaires.texts import LANGUAGES

PAGES = frozenset({"end", "check", "leave", "next"})
"""Names of the form's own pages, which no section can have."""

MOST_LETTERS = 10_000
"""Characters that may be written on one page: what a browser sends of more would be refused as too large."""


def read_questionnaire(file: str, content: bytes) -> tuple[Questionnaire | None, Source]:
    """Read a questionnaire; the source holds its problems, and the questionnaire is None if there are any."""
    source = read_yaml(file, content)
    if source.data is None:
        return None, source
    shape = shaped(source, QuestionnaireShape, source.data)
    if shape is None:
        return None, source
    reader = _Reader(source, tuple(shape.languages))
    sections = tuple(
        section
        for index, data in enumerate(shape.sections)
        if (section := reader.section(data, ("sections", index))) is not None
    )
    reader.reading.name(shape.name, ("name",))
    ends = reader.ends(shape.ends, ("ends",))
    questionnaire = Questionnaire(
        shape.name, reader.reading.languages, _with_places(sections), ends, shape.check_answers
    )
    if not source.problems:
        reader.blocks(questionnaire)
        reader.columns(questionnaire)
    return (None if source.problems else questionnaire), source


class _Reader:
    """Builds the questionnaire from its shapes, telling the source of everything that does not fit."""

    def __init__(self, source: Source, languages: tuple[str, ...]) -> None:
        self.source = source
        self.reading = Reading(source, languages)
        self.section_names: set[str] = set()
        self.end_names: set[str] = set()
        for index, language in enumerate(languages):
            if language not in LANGUAGES:
                source.fault("language-unknown", ("languages", index), language=language,
                             known=", ".join(LANGUAGES))  # fmt: skip

    def section(self, data: Any, path: Path) -> Section | None:
        shape = shaped(self.source, SectionShape, data, path)
        if shape is None:
            return None
        self.reading.name(shape.name, (*path, "name"))
        if shape.name in PAGES:
            self.source.fault("name-reserved", (*path, "name"), name=shape.name)
        if shape.name in self.section_names:
            self.source.fault("name-repeated", (*path, "name"), name=shape.name)
        self.section_names.add(shape.name)
        title = self.reading.text(shape.title, (*path, "title"))
        intro = self.reading.text(shape.intro, (*path, "intro"), wanted=False)
        questions = tuple(
            question
            for index, item in enumerate(shape.questions)
            if (question := read_question(self.reading, item, (*path, "questions", index))) is not None
        )
        section = Section(
            name=shape.name,
            title=title,
            intro=intro,
            questions=questions,
            order=Order(shape.order),
            block=shape.block,
            checks=self._checks(shape, questions, (*path, "checks")),
            screen_out=self.ends(shape.screen_out, (*path, "screen_out"), early=True),
        )
        letters = sum(v.max_length for q in questions for v in q.variables if v.type == "text")
        if letters > MOST_LETTERS:
            self.source.fault("page-letters", path, n=letters, most=MOST_LETTERS)
        if section.order is Order.RANDOM:
            self._shuffled(section, path)
            section = replace(section, drawn=(_order_part(section),))
        return section

    def _checks(self, shape: SectionShape, questions: Sequence[Question], path: Path) -> tuple[Check, ...]:
        variables = (v for question in questions for v in question.variables)
        asked = [v.name for v in variables if v.type not in QUESTION_TYPES or QUESTION_TYPES[v.type].asks]
        return tuple(
            check
            for index, item in enumerate(shape.checks)
            if (check := self._check(item, f"{shape.name}.{index + 1}", asked, (*path, index))) is not None
        )

    def _check(self, shape: CheckShape, name: str, asked: Sequence[str], path: Path) -> Check | None:
        """Read a check; its message stands at one of the questions that its own section asks."""
        condition = self.reading.condition(shape.check, (*path, "check"))
        text = self.reading.text(shape.text, (*path, "text"))
        if condition is None:
            return None
        sources = self._sources(names(condition))
        at = shape.at or next((name for name in reversed(asked) if name in sources), "")
        if not at:
            self.source.fault("key-missing", path, key="at")
            return None
        if at not in asked:
            if at not in self.reading.broken:
                self.source.fault(
                    "question-unknown", (*path, "at"), name=at, known=", ".join(asked) or "none"
                )
            return None
        return Check(name, condition, text, at, shape.soft)

    def _sources(self, named: frozenset[str]) -> frozenset[str]:
        """Return the named questions, and what those among them that are computed are computed from."""
        values = [self.reading.questions[name].value for name in named]
        further = frozenset(name for value in values if value is not None for name in names(value)) - named
        return named | (self._sources(further) if further else frozenset())

    def ends(self, shapes: Sequence[EndShape], path: Path, early: bool = False) -> tuple[End, ...]:
        """Read end pages; an early one needs its condition."""
        found = []
        for index, shape in enumerate(shapes):
            where = (*path, index)
            self.reading.name(shape.name, (*where, "name"))
            if shape.name in self.end_names:
                self.source.fault("name-repeated", (*where, "name"), name=shape.name)
            self.end_names.add(shape.name)
            if early and not shape.if_:
                self.source.fault("key-missing", where, key="if")
            found.append(
                End(
                    name=shape.name,
                    title=self.reading.text(shape.title, (*where, "title")),
                    text=self.reading.text(shape.text, (*where, "text")),
                    condition=self.reading.condition(shape.if_, (*where, "if")),
                )
            )
        return tuple(found)

    def _shuffled(self, section: Section, path: Path) -> None:
        """Questions in random order must not depend on each other."""
        own = {variable.name for question in section.questions for variable in question.variables}
        for index, question in enumerate(section.questions):
            needs = _needed(question) | said_in(question)
            for needed in sorted(needs & own - {v.name for v in question.variables}):
                self.source.fault(
                    "order-depends", (*path, "questions", index), name=question.name, other=needed
                )

    def blocks(self, questionnaire: Questionnaire) -> None:
        """Sections in random order stand side by side, must not depend on each other, and end nothing."""
        seen: list[str] = []
        for index, section in enumerate(questionnaire.sections):
            path = ("sections", index)
            if not section.block:
                seen.append("")
                continue
            if section.block in seen and seen[-1] != section.block:
                self.source.fault("block-apart", (*path, "block"), block=section.block)
            seen.append(section.block)
            if section.screen_out:
                self.source.fault("block-ends", (*path, "screen_out"), block=section.block)
            others = {
                variable.name
                for other in questionnaire.sections
                if other.block == section.block and other is not section
                for variable in other.variables
            }
            for needed in sorted(_needed_beside(section) & others):
                self.source.fault("order-depends", path, name=section.name, other=needed)
            for number, question in enumerate(section.questions):
                for needed in sorted((_needed(question) | said_in(question)) & others):
                    self.source.fault(
                        "order-depends", (*path, "questions", number), name=question.name, other=needed
                    )

    def columns(self, questionnaire: Questionnaire) -> None:
        """No two stored answers may have the same column."""
        found: set[str] = set()
        for index, section in enumerate(questionnaire.sections):
            path: Path = ("sections", index)
            parts = [((*path, "name"), part) for part in section.drawn]
            for number, question in enumerate(section.questions):
                parts += [((*path, "questions", number, "name"), part) for part in question.variables]
            for where, part in parts:
                for column in QUESTION_TYPES[part.type].columns(part):
                    if column.name in found:
                        self.source.fault("column-repeated", where, column=column.name)
                    found.add(column.name)


def _needed(question: Question) -> frozenset[str]:
    trees = [
        tree
        for part in (question, *question.parts)
        for tree in (part.condition, part.value, *part.limits.values(), *(c.condition for c in part.choices))
        if tree is not None
    ]
    return frozenset(name for tree in trees for name in names(tree))


def _needed_beside(section: Section) -> frozenset[str]:
    """Return what the checks and the own words of a section need."""
    words = (section.title, section.intro, *(check.text for check in section.checks))
    said = frozenset(pipe.name for text in words for one in text.values() for pipe in pipes(one))
    return said.union(*(names(check.condition) for check in section.checks))


def _order_part(section: Section) -> Question:
    """Return what stores the order in which the questions of a section were shown."""
    rows = tuple(Choice(n, q.name, q.text) for n, q in enumerate(section.questions, start=1))
    return Question(name=f"{section.name}.order", type="order", text=section.title, choices=rows)


def _with_places(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Give the sections of each block what stores their place in it."""
    return tuple(
        replace(section, drawn=(*section.drawn, Question(f"{section.name}.place", "place", section.title)))
        if section.block
        else section
        for section in sections
    )


FORMATS: Mapping[str, Any] = {"yaml": read_questionnaire}
