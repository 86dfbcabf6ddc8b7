"""What changed in one question: its words, its choices, whom it is asked of, what it accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import commonprefix

from questionnaires.model import Choice, Question, Questionnaire, Text
from questionnaires.versions.formulas import written
from questionnaires.versions.promises import extends, measured, numbered, reach

MOST_CHARACTERS = 60
MOST_NAMES = 8


@dataclass(frozen=True)
class Change:
    """One thing that changed: its kind, such as `text` or `choice-added`, and the change in words."""

    kind: str
    words: str


def question_changes(
    was: Question, now: Question, old: Questionnaire, new: Questionnaire
) -> tuple[Change, ...]:
    """Return what differs between two versions of one question."""
    return tuple(_changes(was, now, old, new))


def _changes(was: Question, now: Question, old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    if was.type != now.type:
        yield Change("type", f"type {was.type} → {now.type}")
    is_row = bool(now.label) and now.type == "single"  # its label, choices and rules are those of the matrix
    for key in ("text", "hint", "unit", "low", "high", *(() if is_row else ("label",))):
        yield from reworded(key, getattr(was, key), getattr(now, key))
    conditions = written(was.condition, old), written(now.condition, new)
    if conditions[0] != conditions[1]:
        yield Change("condition", f"asked if {conditions[0] or 'always'} → {conditions[1] or 'always'}")
    elif was.condition and now.condition and was.condition != now.condition:
        yield Change("condition", f"asked if {conditions[1]}, where a group has other choices now")
    if is_row or now.type == "vignette":
        return
    yield from _rules(was, now, old, new)
    yield from _choices(was, now, old, new)


def _rules(was: Question, now: Question, old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    if was.required != now.required:
        yield Change("required", "required now" if now.required else "no longer required")
    if set(was.special) != set(now.special):
        specials = [listed(each.special) for each in (was, now)]
        yield Change("special", f"special answers {specials[0]} → {specials[1]}")
    for key in ("minimum", "maximum"):
        limits = _limit(was, key, old), _limit(now, key, new)
        if limits[0] != limits[1]:
            yield Change("limits", f"{key} {limits[0]} → {limits[1]}")
    if was.max_length != now.max_length:
        yield Change("limits", f"at most {was.max_length} → {now.max_length} characters")
    if measured(was) and measured(now) and measured(was) != measured(now):
        yield Change("kind", f"stored as {measured(was)} → {measured(now)}")
    if was.order is not now.order:
        yield Change("order", f"order {was.order} → {now.order}")
    formulas = written(was.value, old), written(now.value, new)
    if formulas[0] != formulas[1]:
        yield Change("value", f"computed as {formulas[0]} → {formulas[1]}")
    elif was.value and now.value and was.value != now.value and extends(was.value, now.value):
        yield Change("value", f"computed as {formulas[1]}, where a group has further choices now")


def _limit(question: Question, key: str, questionnaire: Questionnaire) -> str:
    if key in question.limits:
        return written(question.limits[key], questionnaire)
    limit = getattr(question, key)
    return "none" if limit is None else f"{limit:.10g}"


def _choices(was: Question, now: Question, old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    if numbered(was) and numbered(now):
        if numbered(was) != numbered(now):
            yield Change("points", f"points {numbered(was)} → {numbered(now)}")
        return
    before = {choice.code: choice for choice in was.choices}
    after = {choice.code: choice for choice in now.choices}
    added = [choice for code, choice in after.items() if code not in before]
    gone = [choice for code, choice in before.items() if code not in after]
    if added:
        yield Change("choice-added", f"choices added: {listed(_coded(added))}")
    if gone:
        yield Change("choice-removed", f"choices removed: {listed(_coded(gone))}")
    common = [code for code in after if code in before]
    if common != [code for code in before if code in after]:
        yield Change(
            "choice-order", f"choices in another order: {listed(after[code].name for code in common)}"
        )
    for code in common:
        yield from _choice(before[code], after[code], old, new)


def _choice(was: Choice, now: Choice, old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    about = f"choice {now.code}"
    if was.name != now.name:
        yield Change("choice-renamed", f'{about}: "{was.name}" → "{now.name}"')
    for key in ("text", "hint"):
        for change in reworded(key, getattr(was, key), getattr(now, key)):
            yield Change("choice-text", f'{about} "{now.name}": {change.words}')
    if reach(was) != reach(now):
        yield Change("interval", f'{about} "{now.name}": {reach(was)} → {reach(now)}')
    conditions = written(was.condition, old), written(now.condition, new)
    if conditions[0] != conditions[1]:
        words = f"offered if {conditions[0] or 'always'} → {conditions[1] or 'always'}"
        yield Change("choice-offered", f'{about} "{now.name}": {words}')
    if was.groups != now.groups:
        yield Change("groups", f'{about} "{now.name}": groups {listed(was.groups)} → {listed(now.groups)}')
    for key in ("apart", "exclusive", "fixed", "write"):
        if getattr(was, key) != getattr(now, key):
            yield Change(
                "choice-place", f'{about} "{now.name}": {"" if getattr(now, key) else "no longer "}{key}'
            )


def reworded(kind: str, was: Text, now: Text) -> Iterator[Change]:
    """Yield the change of a text in each language that both versions have."""
    for language, text in now.items():
        if language in was and was[language] != text:
            before, after = _difference(was[language], text)
            yield Change(kind, f"{kind} ({language}): “{before}” → “{after}”")
    if bool(was) != bool(now):
        some = was or now
        language, text = next(iter(some.items()))
        yield Change(kind, f"{kind} {'added' if now else 'removed'} ({language}): “{_short(text)}”")


def listed(names: Iterable[object]) -> str:
    """Return names as a sentence lists them, the many shortened."""
    found = [str(name) for name in names]
    rest = f" and {len(found) - MOST_NAMES} more" if len(found) > MOST_NAMES else ""
    return (", ".join(found[:MOST_NAMES]) or "none") + rest


def _coded(choices: Iterable[Choice]) -> Iterator[str]:
    return (f"{choice.code} {choice.name}" for choice in choices)


def _difference(was: str, now: str) -> tuple[str, str]:
    """Return both texts, short, from a little before the place where they part."""
    texts = " ".join(was.split()), " ".join(now.split())
    if texts[0] == texts[1]:  # only spaces and line ends differ
        return _short(repr(was)), _short(repr(now))
    same = len(commonprefix(texts))
    start = texts[0].rfind(" ", 0, max(0, same - 15)) + 1 if max(map(len, texts)) > MOST_CHARACTERS else 0
    before, after = (("…" if start else "") + _short(text[start:]) for text in texts)
    return before, after


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= MOST_CHARACTERS else plain[: MOST_CHARACTERS - 1] + "…"
