"""What a rehearsal says: each note has a code, a place, the fact and what to do.

A fault is something that no one can get past; a warning is to be looked at before anyone is asked; a note is
for the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from questionnaires.formats.yaml_source import Path, read_yaml
from questionnaires.problems import Place


class Severity(StrEnum):
    """How much a note matters."""

    FAULT = "fault"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class RehearsalNote:
    """One thing that a rehearsal found; printed as `questionnaire.yaml:12: question "age": fact; what to do`."""

    code: str
    place: Place
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return NOTES[self.code][0]

    @property
    def fact(self) -> str:
        return NOTES[self.code][1].format(**self.values)

    @property
    def remedy(self) -> str:
        return NOTES[self.code][2].format(**self.values)

    def __str__(self) -> str:
        return f"{self.place} {self.fact}; {self.remedy}"


class Places:
    """Where questions, sections and ends stand in a questionnaire's file."""

    def __init__(self, file: str, content: bytes) -> None:
        self._source = read_yaml(file, content)
        self._paths: dict[tuple[str, str], Path] = {}
        data = self._source.data if isinstance(self._source.data, dict) else {}
        for index, section in enumerate(data.get("sections", ())):
            path: Path = ("sections", index)
            self._name("section", section, path)
            for number, end in enumerate(section.get("screen_out", ())):
                self._name("end", end, (*path, "screen_out", number))
            for number in range(len(section.get("checks", ()))):
                self._paths["check", f"{section['name']}.{number + 1}"] = (*path, "checks", number)
            for number, question in enumerate(section.get("questions", ())):
                self._name("question", question, (*path, "questions", number))
        for index, end in enumerate(data.get("ends", ())):
            self._name("end", end, ("ends", index))

    def of(self, kind: str, name: str, question: str = "") -> Place:
        """Return the place of a question (or one of its parts), section, check or end."""
        path = self._paths.get((kind, name)) or self._paths.get((kind, name.partition(".")[0]), ())
        place = self._source.place(path)
        return Place(place.file, place.line, question or (name if kind == "question" else ""))

    def _name(self, kind: str, data: Mapping[str, object], path: Path) -> None:
        self._paths[kind, str(data.get("name", ""))] = path


_FAULTS = {
    "stuck": ("{people} of {trips} simulated people had no valid answer to give ({says})",
              "make its limits, choices and checks fit what was answered before, or do not require it"),
    "check-always-fails": ("the check `{condition}` failed for everyone, whatever they answered",
                           "correct the condition: it says what must be true"),
    "screen-out-always": ('the screen-out "{name}" (if {condition}) ended the questionnaire for everyone',
                          "correct the condition: it says who is sent away"),
}  # fmt: skip
_WARNINGS = {
    "check-blocks": (
        "{people} of {trips} simulated people could not pass the check `{condition}` by answering its page otherwise",
        "make it soft, or ask what it compares on one page",
    ),
    "unanswerable": (
        "{people} of {trips} simulated people had no answer to give and could only leave it empty ({says})",
        "ask it only of people who have something to choose or a number inside the limits",
    ),
    "never-asked": ("never asked: `{condition}` was true for nobody{because}",
                    "correct the condition, or remove the question"),
    "never-reached": ("never asked{more}: nobody came as far as this", "correct the screen-outs before it"),
    "item-never-asked": ('the item "{name}" is never asked: `{condition}` was true for nobody',
                         "correct the condition, or remove the item"),
    "choice-never-offered": ('the choice "{name}" is never offered: `{condition}` was true for nobody',
                             "correct the condition, or remove the choice"),
    "screen-out-never": ('the screen-out "{name}" ends nothing: `{condition}` was true for nobody',
                         "correct the condition, or remove the screen-out"),
    "end-never": ('the end page "{name}" is never shown: {why}',
                  "correct the condition, or the order of the ends: the first that is true is shown"),
    "question-rare": ("answered by {share} of simulated people",
                      "expect few answers: widen the condition, or plan more people"),
    "base-hidden": ("{what}: about {people} of {planned} planned people, and the report hides bases below {limit}",
                    "plan more people, or leave the figure out"),
    "base-small": ("{what}: about {people} of {planned} planned people, and the report marks bases below {limit}",
                   "plan more people, or join segments"),
    "minutes-long": ("takes {minutes} minutes in {language} (half of the people; nine of ten: {ninety})",
                     "ask less, keep it under {limit} minutes: people leave long questionnaires"),
    "page-long": ('the page "{name}" has up to {words} words in {language}',
                  "cut it into sections of at most {limit} words"),
    "grid-large": ("a matrix of {items} items with {choices} choices is too large for a phone",
                   "use at most {most_items} items and {most_choices} choices, or two questions"),
    "ranking-long": ("{choices} choices are too many to rank",
                     "rank at most {most}: let people choose first, or ask for the first few with `maximum`"),
    "text-unfilled": ("{key} still has a gap to fill in: {text}", "write what belongs there"),
}  # fmt: skip
_NOTES = {
    "always-asked": ("`{condition}` was true for everyone", "leave the condition out, if that is meant"),
    "item-always-asked": ('the condition of the item "{name}", `{condition}`, was true for everyone',
                          "leave the condition out, if that is meant"),
    "choice-always-offered": ('the condition of the choice "{name}", `{condition}`, was true for everyone',
                              "leave the condition out, if that is meant"),
    "end-always": ('the end page "{name}" (if {condition}) is shown to everyone who comes to it',
                   "leave the condition out, if that is meant"),
    "check-never-fails": ("the check `{condition}` never failed",
                          "nothing, if the form makes other answers impossible; otherwise correct the condition"),
    "list-long": ("a list of {choices} choices is long to read",
                  "use at most {most}, or the type `list`, which can be searched"),
    "choice-long": ('the choice "{name}" has {words} words in {language}: “{text}”',
                    "keep a choice to {most} words; an explanation belongs into its `hint`"),
    "text-same": ("{key} is the same in {first} and {second}: “{text}”",
                  "translate it, if it is not meant to be the same"),
}  # fmt: skip

NOTES: Mapping[str, tuple[Severity, str, str]] = {
    code: (severity, *texts)
    for severity, notes in ((Severity.FAULT, _FAULTS), (Severity.WARNING, _WARNINGS), (Severity.NOTE, _NOTES))
    for code, texts in notes.items()
}
"""By code: how much it matters, the fact, and what to do."""
