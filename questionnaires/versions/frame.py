"""What changed around the questions: languages, sections, checks, ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from questionnaires.model import Check, End, Questionnaire, Section
from questionnaires.versions.formulas import written
from questionnaires.versions.wording import Change, listed, reworded


def frame_changes(old: Questionnaire, new: Questionnaire) -> tuple[Change, ...]:
    """Return the changes that belong to no single question."""
    return tuple(_changes(old, new))


def _changes(old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    if old.name != new.name:
        yield Change("name", f'the questionnaire was called "{old.name}" and is called "{new.name}" now')
    yield from _set("languages", old.languages, new.languages, "language")
    if old.languages[0] != new.languages[0]:
        yield Change("languages", f"written in {old.languages[0]} before, in {new.languages[0]} now")
    if old.check_answers != new.check_answers:
        yield Change(
            "check_answers", f"a page to check the answers: {'yes' if new.check_answers else 'no'} now"
        )
    before = {section.name: section for section in old.sections}
    after = {section.name: section for section in new.sections}
    yield from _set("sections", tuple(before), tuple(after), "section")
    if list(before) != list(after) and set(before) == set(after):
        yield Change("sections", f"the sections follow each other as {', '.join(after)} now")
    for name, section in after.items():
        if name in before:
            yield from _section(before[name], section, old, new)
    yield from _ends("end", old.ends, new.ends, old, new)


def _set(kind: str, old: Sequence[str], new: Sequence[str], what: str) -> Iterator[Change]:
    added, gone = [n for n in new if n not in old], [n for n in old if n not in new]
    if added:
        yield Change(kind, f"{what} added: {', '.join(added)}")
    if gone:
        yield Change(kind, f"{what} removed: {', '.join(gone)}")


def _section(was: Section, now: Section, old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    about = f'section "{now.name}": '
    for key in ("title", "intro"):
        for change in reworded(key, getattr(was, key), getattr(now, key)):
            yield Change("section", about + change.words)
    if was.order is not now.order:
        yield Change("section", f"{about}order of questions {was.order} → {now.order}")
    if was.block != now.block:
        yield Change("section", f"{about}block {was.block or 'none'} → {now.block or 'none'}")
    yield from _checks(about, was.checks, now.checks, old, new)
    for change in _ends("screen-out", was.screen_out, now.screen_out, old, new):
        yield Change(change.kind, about + change.words)


def _checks(
    about: str, was: Sequence[Check], now: Sequence[Check], old: Questionnaire, new: Questionnaire
) -> Iterator[Change]:
    """Checks have no names of their own: they are told apart by what they demand."""
    before: Mapping[str, Check] = {written(check.condition, old): check for check in was}
    after: Mapping[str, Check] = {written(check.condition, new): check for check in now}
    for change in _set("check", tuple(before), tuple(after), "check"):
        yield Change("check", about + change.words)
    for condition, check in after.items():
        if condition not in before:
            continue
        for change in reworded("message", before[condition].text, check.text):
            yield Change("check", f"{about}check {condition}: {change.words}")
        if before[condition].soft != check.soft:
            yield Change("check", f"{about}check {condition}: {'soft' if check.soft else 'strict'} now")


def _ends(
    what: str, was: Sequence[End], now: Sequence[End], old: Questionnaire, new: Questionnaire
) -> Iterator[Change]:
    before, after = {end.name: end for end in was}, {end.name: end for end in now}
    yield from _set(what, tuple(before), tuple(after), what)
    if list(before) != list(after) and set(before) == set(after):
        yield Change(what, f"{what} pages are tried in the order {listed(after)} now")
    for name, end in after.items():
        if name not in before:
            continue
        conditions = written(before[name].condition, old), written(end.condition, new)
        if conditions[0] != conditions[1]:
            yield Change(
                what, f'{what} "{name}": if {conditions[0] or "always"} → if {conditions[1] or "always"}'
            )
        for key in ("title", "text"):
            for change in reworded(key, getattr(before[name], key), getattr(end, key)):
                yield Change(what, f'{what} "{name}": {change.words}')
