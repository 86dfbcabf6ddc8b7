"""A questionnaire on its way in: the source, what was read so far, and its checked names, conditions and texts."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from questionnaires.expressions import ExpressionFault, Tree, parse, parse_condition
from questionnaires.expressions.trees import Kind, Kinds
from questionnaires.formats.shapes import ANY_LANGUAGE
from questionnaires.formats.yaml_source import Path, Source
from questionnaires.model import Question, Text
from questionnaires.piping import PLURALS, pipes

RESERVED = frozenset({"csrf_token", "all"})
"""Names that mean something else in the form or in a report plan."""
KEYWORDS = frozenset(keyword.kwlist)
"""Words that no condition could name, because Python's parser reads them."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass
class Draft:
    """One questionnaire on its way in; reports to its source what does not fit.

    `questions` are the stored questions read so far, by name: what a condition or a text may name.
    """

    source: Source
    languages: tuple[str, ...]
    questions: dict[str, Question] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    """Names of shown questions, those included under which nothing is stored."""

    def name(self, name: str, path: Path, quoted: bool = False) -> None:
        """Check that a name can be a column, a field and a word of the condition language.

        A `quoted` one, such as that of a choice, is no word of its own there.
        """
        if not _NAME.fullmatch(name):
            self.source.fault("name-form", path, name=name)
        elif name in RESERVED or (name in KEYWORDS and not quoted):
            self.source.fault("name-reserved", path, name=name)

    def condition(self, text: str, path: Path, truth: bool = True) -> Tree | None:
        """Return an expression over the questions read so far; None where there is none or it is wrong."""
        if not text:
            return None
        try:
            return (parse_condition if truth else parse)(text, self.questions)
        except ExpressionFault as fault:
            if fault.values.get("name") not in self.broken:
                self.source.fault(fault.code, path, **fault.values)
            return None

    def quantity(self, text: str, path: Path, truth: bool = False) -> Tree | None:
        """Return an expression that is a number (or, with `truth`, true or false); None where it is wrong."""
        tree = self.condition(text, path, truth=False)
        fit = {Kind.NUMBER, Kind.ANY} | ({Kind.TRUTH} if truth else set())
        if tree is not None and Kinds(self.questions).of(tree) not in fit:
            self.source.fault("number-kind", path, part=text.strip(), text=text.strip())
            return None
        return tree

    def text(
        self,
        words: Text,
        path: Path,
        required: bool = True,
        questions: Mapping[str, Question] | None = None,
    ) -> Text:
        """Return a text in every language of the questionnaire; report missing ones and wrong placeholders."""
        whole = complete(self.source, self.languages, words, path, required)
        known_questions = self.questions if questions is None else questions
        for language, text in whole.items():
            for pipe in pipes(text):
                question, where = known_questions.get(pipe.name), (*path, language)
                if question is not None:
                    forms = self._forms(question)
                    wrong = [form for form in pipe.forms if form not in forms]
                    if pipe.forms and (wrong or "other" not in pipe.forms):
                        form, listed = wrong[0] if wrong else "other", ", ".join(sorted(forms))
                        self.source.fault("pipe-forms", where, written=pipe.written, form=form, known=listed)
                elif pipe.name not in self.broken:
                    name, listed = pipe.name or pipe.written, ", ".join(known_questions) or "none"
                    self.source.fault("pipe-unknown", where, name=name, known=listed)
        return whole

    def _forms(self, question: Question) -> frozenset[str]:
        """Return the forms that a placeholder may have; several answers together have none of their own."""
        if Kinds({}).asked(question) is Kind.SET:
            return frozenset({"other"})
        names = (choice.name for choice in question.choices)
        return frozenset({*names, "other"}) if question.choices else PLURALS


def complete(
    source: Source, languages: Sequence[str], words: Text, path: Path, required: bool = True
) -> Text:
    """Return a text that is there in every language; an optional one may be wholly absent."""
    if ANY_LANGUAGE in words:
        words = {languages[0]: words[ANY_LANGUAGE]}
    if not words and not required:
        return {}
    key = next(step for step in reversed(path) if isinstance(step, str))
    for language in languages:
        if not words.get(language, "").strip():
            source.fault("text-missing", path, key=key, language=language)
    for language in words:
        if language not in languages:
            source.fault("text-language", (*path, language), key=key, language=language)
    return {language: words.get(language, "") for language in languages}
