"""What was seen on the way through → notes: what nobody gets past, what never happens, what always does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from questionnaires.expressions import names
from questionnaires.model import Question, Questionnaire
from questionnaires.problems import Place
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.rehearsal.notes import Note, Places
from questionnaires.rehearsal.watching import Sightings, Watch, Watched
from questionnaires.versions.formulas import written

RARE = 0.02


@dataclass(frozen=True)
class Findings:
    """Reads the sightings of a rehearsal; `plain` are the people who stand for shares, `every` all of them."""

    questionnaire: Questionnaire
    watch: Watch
    plain: Sightings
    every: Sightings
    places: Places

    def notes(self) -> tuple[Note, ...]:
        return (*self._stuck(), *self._unanswerable(), *self._conditions(), *self._ends(), *self._rare())

    def _stuck(self) -> Iterator[Note]:
        """Say once of each question and check where people stood still, most of them first."""
        checks = {watched.name: watched for watched in self.watch.conditions if watched.kind == "check"}
        for (question, check), count in self.every.stuck.most_common():
            says = self.every.says[check or question]
            values: dict[str, object] = {"people": count, "trips": self.every.trips, "says": says}
            if not check:
                yield Note("stuck", self._question(question), values)
            elif self._ever_passed(checks[check]):
                values["condition"] = self._written(checks[check])
                yield Note("check-blocks", self.places.of("check", check, question), values)

    def _ever_passed(self, check: Watched) -> bool:
        seen = self.every.seen(check)
        return bool(seen[True] or seen[None])

    def _unanswerable(self) -> Iterator[Note]:
        stuck = {question for question, check in self.every.stuck if not check}
        for question, count in self.every.unanswerable.most_common():
            if question not in stuck:
                values = {"people": count, "trips": self.every.trips, "says": self.every.says[question]}
                yield Note("unanswerable", self._question(question), values)

    def _conditions(self) -> Iterator[Note]:
        for watched in self.watch.conditions:
            seen = self.every.seen(watched)
            if not seen:
                continue
            if watched.kind == "check":
                yield from self._check(watched)
            elif not seen[True]:
                yield from self._never(watched)
            elif not (seen[False] or seen[None]):
                yield from self._always(watched)
        yield from self._never_reached()

    def _check(self, watched: Watched) -> Iterator[Note]:
        seen = self.every.seen(watched)
        place = self.places.of("check", watched.name)
        if not (seen[True] or seen[None]):
            yield Note("check-always-fails", place, {"condition": self._written(watched)})
        elif not seen[False]:
            yield Note("check-never-fails", place, {"condition": self._written(watched)})

    def _never(self, watched: Watched) -> Iterator[Note]:
        codes = {
            "question": "never-asked",
            "item": "item-never-asked",
            "choice": "choice-never-offered",
            "screen_out": "screen-out-never",
        }
        if watched.kind in codes:
            values = {
                "name": _short(watched),
                "condition": self._written(watched),
                "because": self._because(watched),
            }
            yield Note(codes[watched.kind], self._place(watched), values)

    def _always(self, watched: Watched) -> Iterator[Note]:
        codes = {
            "question": "always-asked",
            "item": "item-always-asked",
            "choice": "choice-always-offered",
            "screen_out": "screen-out-always",
            "end": "end-always",
        }
        values = {"name": _short(watched), "condition": self._written(watched)}
        yield Note(codes[watched.kind], self._place(watched), values)

    def _because(self, watched: Watched) -> str:
        """Say that a condition needs a question which is never asked either: mending that may be enough."""
        asked = {
            q.name for q in self.questionnaire if self.every.asked[q.name] or not QUESTION_TYPES[q.type].asks
        }
        missing = sorted(names(watched.tree) - asked)
        return f' ("{missing[0]}", which it needs, is never asked either)' if missing else ""

    def _never_reached(self) -> Iterator[Note]:
        """Say it once, of the first question: those after it follow from it."""
        if sum(self.every.stuck.values()) == self.every.trips:
            return  # everyone stood still before, which is said already
        missed = [question.name for question in self.questionnaire.questions if self._missed(question)]
        if missed:
            more = f" (nor {len(missed) - 1} of those after it)" if missed[1:] else ""
            yield Note("never-reached", self._question(missed[0]), {"more": more})

    def _missed(self, question: Question) -> bool:
        evaluated = any(self.every.seen(watched) for watched in self.watch.of("question", question.name))
        return QUESTION_TYPES[question.type].shown and not self.every.asked[question.name] and not evaluated

    def _ends(self) -> Iterator[Note]:
        """An end may be true for nobody, or stand behind another that always comes first."""
        if not sum(self.every.ends.values()) and self.every.stuck:
            return  # nobody came to an end, which is said already
        for end in self.questionnaire.ends:
            if self.every.ends[end.name]:
                continue
            condition = written(end.condition, self.questionnaire)
            tried = any(self.every.seen(w) for w in self.watch.of("end", "") if w.name == end.name)
            why = f"`{condition}` was true for nobody" if tried else "another end always comes first"
            if end.condition is None:
                why = "another end always comes first"
            yield Note("end-never", self.places.of("end", end.name), {"name": end.name, "why": why})

    def _rare(self) -> Iterator[Note]:
        for question in self.questionnaire.questions:
            share = self.plain.asked[question.name] / self.plain.trips if self.plain.trips else 1.0
            if self.every.asked[question.name] and share < RARE and QUESTION_TYPES[question.type].asks:
                shown = f"{100 * share:.1f} %" if share else "none"
                yield Note("question-rare", self._question(question.name), {"share": shown})

    def _question(self, name: str) -> Place:
        return self.places.of("question", name)

    def _place(self, watched: Watched) -> Place:
        if watched.kind in ("screen_out", "end"):
            return self.places.of("end", watched.name)
        return self._question(watched.question)

    def _written(self, watched: Watched) -> str:
        return written(watched.tree, self.questionnaire)


def _short(watched: Watched) -> str:
    return watched.name.partition(".")[2] if watched.kind == "item" else watched.name
