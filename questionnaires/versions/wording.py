"""What changed, in words: in a question, and around the questions in languages, sections, checks and ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from posixpath import commonprefix

from questionnaires.expressions import Tree
from questionnaires.model import Choice, End, Question, Questionnaire, Section, Text
from questionnaires.versions.formulas import written
from questionnaires.versions.promises import extends, measured, numbered, reach

MOST_CHARACTERS = 60
MOST_NAMES = 8


@dataclass(frozen=True)
class Change:
    """One thing that changed: its kind, such as `text` or `choice-added`, and the change in words."""

    kind: str
    words: str


@dataclass(frozen=True)
class Wording:
    """Says what differs between two versions; conditions are written out in the words of each."""

    old: Questionnaire
    new: Questionnaire

    def _conditions(self, was: Tree | None, now: Tree | None) -> tuple[str, str]:
        return written(was, self.old), written(now, self.new)

    def of_question(self, was: Question, now: Question) -> Iterator[Change]:
        """Yield what differs between two versions of one question."""
        if was.type != now.type:
            yield Change("type", f"type {was.type} → {now.type}")
        # The label, the choices and the rules of a row are those of its matrix.
        is_row = bool(now.label) and now.type == "single"
        for key in ("text", "hint", "unit", "low", "high", *(() if is_row else ("label",))):
            yield from _reworded(key, getattr(was, key), getattr(now, key))
        before, after = self._conditions(was.condition, now.condition)
        if before != after:
            yield Change("condition", f"asked if {before or 'always'} → {after or 'always'}")
        elif was.condition and now.condition and was.condition != now.condition:
            yield Change("condition", f"asked if {after}, where a group has other choices now")
        if is_row or now.type == "vignette":
            return
        yield from self._rules(was, now)
        points = numbered(was), numbered(now)
        if not all(points):
            yield from self._choices(was, now)
        elif points[0] != points[1]:
            yield Change("points", f"points {points[0]} → {points[1]}")

    def _rules(self, was: Question, now: Question) -> Iterator[Change]:
        if was.required != now.required:
            yield Change("required", "required now" if now.required else "no longer required")
        if set(was.special) != set(now.special):
            yield Change("special", f"special answers {_listed(was.special)} → {_listed(now.special)}")
        for key in ("minimum", "maximum"):
            before, after = _limit(was, key, self.old), _limit(now, key, self.new)
            if before != after:
                yield Change("limits", f"{key} {before} → {after}")
        if was.max_length != now.max_length:
            yield Change("limits", f"at most {was.max_length} → {now.max_length} characters")
        if measured(was) and measured(now) and measured(was) != measured(now):
            yield Change("kind", f"stored as {measured(was)} → {measured(now)}")
        if was.order is not now.order:
            yield Change("order", f"order {was.order} → {now.order}")
        before, after = self._conditions(was.value, now.value)
        if before != after:
            yield Change("value", f"computed as {before} → {after}")
        elif was.value and now.value and was.value != now.value and extends(was.value, now.value):
            yield Change("value", f"computed as {after}, where a group has further choices now")

    def _choices(self, was: Question, now: Question) -> Iterator[Change]:
        before = {choice.code: choice for choice in was.choices}
        after = {choice.code: choice for choice in now.choices}
        added = [f"{choice.code} {choice.name}" for code, choice in after.items() if code not in before]
        gone = [f"{choice.code} {choice.name}" for code, choice in before.items() if code not in after]
        if added:
            yield Change("choice-added", f"choices added: {_listed(added)}")
        if gone:
            yield Change("choice-removed", f"choices removed: {_listed(gone)}")
        common = [code for code in after if code in before]
        if common != [code for code in before if code in after]:
            names = _listed(after[code].name for code in common)
            yield Change("choice-order", f"choices in another order: {names}")
        for code in common:
            yield from self._choice(before[code], after[code])

    def _choice(self, was: Choice, now: Choice) -> Iterator[Change]:
        if was.name != now.name:
            yield Change("choice-renamed", f'choice {now.code}: "{was.name}" → "{now.name}"')
        about = f'choice {now.code} "{now.name}": '
        for key in ("text", "hint"):
            for change in _reworded(key, getattr(was, key), getattr(now, key)):
                yield Change("choice-text", about + change.words)
        if reach(was) != reach(now):
            yield Change("interval", f"{about}{reach(was)} → {reach(now)}")
        before, after = self._conditions(was.condition, now.condition)
        if before != after:
            yield Change("choice-offered", f"{about}offered if {before or 'always'} → {after or 'always'}")
        if was.groups != now.groups:
            yield Change("groups", f"{about}groups {_listed(was.groups)} → {_listed(now.groups)}")
        for key in ("apart", "exclusive", "fixed", "write"):
            if getattr(was, key) != getattr(now, key):
                yield Change("choice-place", f"{about}{'' if getattr(now, key) else 'no longer '}{key}")

    def of_frame(self) -> Iterator[Change]:
        """Yield the changes that belong to no single question."""
        old, new = self.old, self.new
        if old.name != new.name:
            yield Change("name", f'the questionnaire was called "{old.name}" and is called "{new.name}" now')
        yield from _added_and_gone("languages", old.languages, new.languages, "language")
        if old.languages[0] != new.languages[0]:
            yield Change("languages", f"written in {old.languages[0]} before, in {new.languages[0]} now")
        if old.check_answers != new.check_answers:
            yes = "yes" if new.check_answers else "no"
            yield Change("check_answers", f"a page to check the answers: {yes} now")
        before = {section.name: section for section in old.sections}
        after = {section.name: section for section in new.sections}
        yield from _added_and_gone("sections", before, after, "section")
        if list(before) != list(after) and set(before) == set(after):
            yield Change("sections", f"the sections follow each other as {', '.join(after)} now")
        for name, section in after.items():
            if name in before:
                yield from self._section(before[name], section)
        yield from self._ends("end", old.ends, new.ends)

    def _section(self, was: Section, now: Section) -> Iterator[Change]:
        about = f'section "{now.name}": '
        for key in ("title", "intro"):
            for change in _reworded(key, getattr(was, key), getattr(now, key)):
                yield Change("section", about + change.words)
        if was.order is not now.order:
            yield Change("section", f"{about}order of questions {was.order} → {now.order}")
        if was.block != now.block:
            yield Change("section", f"{about}block {was.block or 'none'} → {now.block or 'none'}")
        # Checks have no names of their own: they are told apart by what they demand.
        before = {written(check.condition, self.old): check for check in was.checks}
        after = {written(check.condition, self.new): check for check in now.checks}
        for change in _added_and_gone("check", before, after, "check"):
            yield Change("check", about + change.words)
        for condition in [condition for condition in after if condition in before]:
            for change in _reworded("message", before[condition].text, after[condition].text):
                yield Change("check", f"{about}check {condition}: {change.words}")
            if before[condition].soft != after[condition].soft:
                soft = "soft" if after[condition].soft else "strict"
                yield Change("check", f"{about}check {condition}: {soft} now")
        for change in self._ends("screen-out", was.screen_out, now.screen_out):
            yield Change(change.kind, about + change.words)

    def _ends(self, kind: str, was: Sequence[End], now: Sequence[End]) -> Iterator[Change]:
        before, after = {end.name: end for end in was}, {end.name: end for end in now}
        yield from _added_and_gone(kind, before, after, kind)
        if list(before) != list(after) and set(before) == set(after):
            yield Change(kind, f"{kind} pages are tried in the order {_listed(after)} now")
        for name, end in after.items():
            if name not in before:
                continue
            about = f'{kind} "{name}": '
            conditions = self._conditions(before[name].condition, end.condition)
            if conditions[0] != conditions[1]:
                yield Change(kind, f"{about}if {conditions[0] or 'always'} → if {conditions[1] or 'always'}")
            for key in ("title", "text"):
                for change in _reworded(key, getattr(before[name], key), getattr(end, key)):
                    yield Change(kind, about + change.words)


def _limit(question: Question, key: str, questionnaire: Questionnaire) -> str:
    if key in question.limits:
        return written(question.limits[key], questionnaire)
    limit = getattr(question, key)
    return "none" if limit is None else f"{limit:.10g}"


def _added_and_gone(kind: str, old: Iterable[str], new: Iterable[str], noun: str) -> Iterator[Change]:
    before, after = list(old), list(new)
    added, gone = [n for n in after if n not in before], [n for n in before if n not in after]
    if added:
        yield Change(kind, f"{noun} added: {', '.join(added)}")
    if gone:
        yield Change(kind, f"{noun} removed: {', '.join(gone)}")


def _reworded(kind: str, was: Text, now: Text) -> Iterator[Change]:
    """Yield the change of a text in each language that both versions have."""
    for language, text in now.items():
        if language in was and was[language] != text:
            # A little before the place where the texts part; as they are where only spaces differ.
            texts = " ".join(was[language].split()), " ".join(text.split())
            same = len(commonprefix(texts))
            start = (
                texts[0].rfind(" ", 0, max(0, same - 15)) + 1 if max(map(len, texts)) > MOST_CHARACTERS else 0
            )
            before, after = (("…" if start else "") + _short(each[start:]) for each in texts)
            if texts[0] == texts[1]:
                before, after = _short(repr(was[language])), _short(repr(text))
            yield Change(kind, f"{kind} ({language}): “{before}” → “{after}”")
    if bool(was) != bool(now):
        language, text = next(iter((was or now).items()))
        yield Change(kind, f"{kind} {'added' if now else 'removed'} ({language}): “{_short(text)}”")


def _listed(names: Iterable[object]) -> str:
    """Return names as a sentence lists them, the many shortened."""
    texts = [str(name) for name in names]
    rest = f" and {len(texts) - MOST_NAMES} more" if len(texts) > MOST_NAMES else ""
    return (", ".join(texts[:MOST_NAMES]) or "none") + rest


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= MOST_CHARACTERS else plain[: MOST_CHARACTERS - 1] + "…"
