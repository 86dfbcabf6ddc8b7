"""Every message to a person, coded: where it is, what is wrong, what to do.

A researcher's problems are English sentences with a file and a line. A respondent's problems are codes
whose words stand in `texts/<language>.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Place:
    """Where a problem is: a file of the study folder, a line, and the question if there is one."""

    file: str
    line: int | None = None
    question: str = ""

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        question = f' question "{self.question}":' if self.question else ""
        return f"{self.file}{line}:{question}"


@dataclass(frozen=True)
class Problem:
    """One fault of a study file; printed as `file.yaml:12: question "age": what; what to do`."""

    code: str
    place: Place
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        what, remedy = CATALOGUE[self.code]
        return f"{self.place} {what.format(**self.values)}; {remedy.format(**self.values)}"


class StudyFault(Exception):
    """A study that cannot be used, with all its problems at once, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.place.file, p.place.line or 0))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class AnswerProblem:
    """What is wrong with one answer; the words are in the respondent's language.

    A failed check carries its name and what stands for the answers it failed for; a `soft` one may be passed
    by sending the page with the same answers again.
    """

    code: str
    question: str
    values: Mapping[str, Any] = field(default_factory=dict)
    check: str = ""
    soft: bool = False

    @property
    def check_name(self) -> str:
        """The name of the failed check alone."""
        return self.check.partition(":")[0]


CATALOGUE: dict[str, tuple[str, str]] = {
    "file-missing": ("the file is missing", "create it, or start from `earshot new`"),
    "file-encoding": ("the file is not UTF-8 text", "save it as UTF-8"),
    "file-large": ("the file has {size} bytes", "keep a study file under {limit} bytes"),
    "yaml-syntax": ("this is not YAML: {detail}", "mend the line, often an unclosed quote or a wrong indent"),
    "yaml-alias": ("anchors and aliases (& and *) are not used here", "write the text out"),
    "yaml-deep": ("nested too deeply", "a study file needs fewer than {limit} levels"),
    "key-duplicate": ('the key "{key}" stands twice', "keep one of the two"),
    "key-unknown": ('unknown key "{key}"', "{remedy}"),
    "key-missing": ('the key "{key}" is missing', "add it"),
    "value-wrong": ("{key}: {detail}, found {value}", "correct the value"),
    "type-unknown": ('unknown type "{type}"', "use one of: {known}"),
    "type-key": ('a question of type "{type}" takes no "{key}"', "remove it or change the type"),
    "type-needs": ('a question of type "{type}" needs "{key}"', "add it"),
    "name-form": ('"{name}" is no name', "use small letters, digits and _, beginning with a letter"),
    "name-reserved": ('the name "{name}" is used by earshot itself', "choose another name"),
    "name-repeated": ('the name "{name}" is used twice', "give each question and section a name of its own"),
    "choice-repeated": ("the {kind} {value} is used twice", "give each choice its own code and name"),
    "code-negative": ("the code {code} is negative", "use 0 or above: negative codes mean missing answers"),
    "range-empty": ("minimum {minimum} is above maximum {maximum}", "swap them"),
    "range-negative": ("minimum {minimum} is below 0", "use 0 or above: negative numbers mean missing answers"),
    "interval-limit": ("the limit {value} is no duration", 'write for example "15 min", "4 h", "3 days" or "none"'),
    "interval-order": ("the limit of {value} is not above the one before", "order the intervals, soonest first"),
    "text-missing": ('{key} has no text in "{language}"', "add the translation"),
    "text-language": ('{key} has a text in "{language}", which is not among the languages',
                      "add it to `languages` or remove the text"),
    "language-unknown": ('"{language}" is no language of the form', "use one of: {known}"),
    "expression-syntax": ("the condition `{text}` cannot be read", "write it like `age >= 18`"),
    "expression-unknown": ("`{part}` in `{text}` is not part of the condition language",
                           "use names, numbers, comparisons, and/or/not, in group(…), answered(…), count(…), first(…)"),
    "expression-long": ("the condition `{text}` is too long or too deep", "keep it under {limit}"),
    "name-unknown": ('there is no question "{name}" before this one (in `{text}`)', "known here: {known}"),
    "group-unknown": ('"{question}" has no group "{group}"', "known groups: {known}"),
    "choice-unknown": ('"{question}" has no choice "{choice}"', "known choices: {known}"),
    "limit-unknown": ('"{question}" has no limit at {limit}', "limits of its intervals: {known}"),
    "question-unknown": ('there is no question "{name}"', "known questions: {known}"),
    "question-unfit": ('"{name}" is a question of type "{type}", which {what} cannot show', "{remedy}"),
    "segment-unknown": ('there is no segment "{name}"', "declare it under `segments`; known: {known}"),
    "figure-unknown": ('there is no published figure "{name}"', "known: {known}"),
    "part-unknown": ("a part needs exactly one of {known}", "write for example `{{chart: channel}}`"),
    "code-reused": ('the code {code} meant "{old}" in a version that was published, and means "{new}" now',
                    'keep "{old}" and give "{new}" a code of its own'),
    "choice-gone": ('the choice "{old}" (code {code}) was published and is gone',
                    "keep it: answers to it would drop out without a word"),
    "type-changed": ('the question was published with type "{old}" and has type "{new}" now',
                     "give the new question a name of its own"),
    "dates-order": ("the study closes at {close}, before it opens at {open}", "correct one of the two"),
    "design-column": ('design.{key} names the column "{value}", which the form does not collect',
                      "leave it null; for a file with a sampling design use `earshot tabulate`"),
    "band-form": ('"{band}" is no band', "write 18-23 or 65+"),
    "band-overlap": ('the band "{band}" overlaps the one before', "let the bands follow each other"),
    "margin-sum": ("the shares of {name} add up to {total}", "let them add up to 1"),
    "share-range": ("{key} is {value}", "use a share from 0 to 1"),
    "pipe-unknown": ('a text names the question "{name}", which is not asked before it',
                     "name an earlier question; write {{{{ for a brace; known here: {known}"),
    "pipe-forms": ("the placeholder {{{written}}} has a wrong form or lacks one: {form}",
                   "give `other` and use only: {known}"),
    "points-form": ('points "{value}" are no range', "write for example 0-10"),
    "code-large": ("the code {code} is too large", "use codes up to 32767"),
    "interval-day": ('"{upto}" needs a time of day in `{key}`',
                     'add for example `{key}: "{example}"` to the question, as its text says'),
    "pair-two": ("a pair has {n} sides", "give it exactly two choices, and mark the others `apart: true`"),
    "factor-levels": ('the factor "{name}" has fewer than two levels', "give it two or more"),
    "factor-cells": ("the factors make {n} cells", "keep them at {most} or fewer"),
    "page-letters": ("up to {n} characters may be written on this page, which is too much to send at once",
                     "lower `max_length`, or cut the section: at most {most}"),
    "order-depends": ('"{name}" is shown in random order with "{other}" and depends on it',
                      "put one of them in a section of its own"),
    "block-apart": ('the sections of block "{block}" do not stand side by side', "let them follow each other"),
    "block-ends": ('a section of block "{block}" screens people out, which random order does not allow',
                   "put the screen-out into a section before or after the block"),
    "column-repeated": ('two answers would be stored in the column "{column}"', "rename a choice, item or question"),
    "share-infeasible": ("{detail}", "change a share in synthetic.yaml; nothing is fudged"),
    "condition-kind": ("`{part}` in `{text}` is neither true nor false",
                       "make a comparison of it, like `age >= 18`, or write `answered(…)`"),
    "number-kind": ("`{part}` in `{text}` is no number", "calculate with numbers only, and order only numbers"),
    "set-compared": ('`{part}` in `{text}`: the answer to "{question}" is a set and cannot be compared',
                     'write `"{example}" in {question}` or `count({question})`'),
    "limit-changed": ('the code {code} was published as "{old}" and is "{new}" now',
                      "keep the limits of this code and give the new interval a code of its own"),
    "points-changed": ("the scale was published with the points {old} and has {new} now",
                       "give the new scale a name of its own"),
    "kind-changed": ("the answer was published as {old} and is {new} now", "give the new question a name of its own"),
    "value-changed": ("the value was published with another formula", "give the new value a name of its own"),
    "cells-changed": ("the cell {cell} was published as {old} and is {new} now",
                      "give the changed vignette a name of its own"),
    "order-changed": ('the stored order numbered {code} as "{old}" when it was published, and as "{new}" now',
                      "keep the earlier ones in their places and add new ones at the end"),
    "date-constant": ('{value} is no date to hold "{question}" against', 'write "2026-01-31", "2026-01" or "2026"'),
}  # fmt: skip
