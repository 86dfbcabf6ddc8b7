"""The way through a questionnaire: its pages, and which questions lie on a person's path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from questionnaires.expressions import SPECIAL, Tree, evaluate, names
from questionnaires.model import Answer, End, Missing, Question, Questionnaire, Section, Text
from questionnaires.personal import block_order
from questionnaires.piping import pipes
from questionnaires.question_types import QUESTION_TYPES


@dataclass(frozen=True)
class Page:
    """What a person sees at once: a section, or a part of it.

    `step` is the number of its section. A page that is `joined` was cut off only because a condition needs an
    answer of the page before: where scripts run, both can be shown as one. `before` are the names of all that
    is stored on the pages before it, `says` those whose answers stand in its words.
    """

    name: str
    number: int
    step: int
    section: Section
    questions: tuple[Question, ...]
    joined: bool = False
    before: frozenset[str] = frozenset()
    says: frozenset[str] = frozenset()

    @cached_property
    def fixed(self) -> bool:
        """Whether everyone who comes to it sees exactly the same, whatever was answered elsewhere."""
        if self.says or self.section.drawn:
            return False
        for question in self.questions:
            own = {variable.name for variable in question.variables}
            for part in (question, *question.parts):
                depends = part.condition is not None and (
                    part is question or not names(part.condition) <= own
                )
                if depends or part.value is not None or not part.seen_alike:
                    return False
        return all(question.type != "vignette" for question in self.questions)


@dataclass(frozen=True)
class Way:
    """One person's way: an answer for every stored question, what is known of them, and a screen-out."""

    settled: dict[str, Answer]
    known: dict[str, object]
    screened: End | None = None


def pages(questionnaire: Questionnaire, seed: int = 0) -> tuple[Page, ...]:
    """Cut the questionnaire into pages: a section each, in the order in which a person with `seed` sees them.

    A section is cut before a question that needs an answer of the same page, so that every condition is
    decided on the server and the form works without scripts.
    """
    cut: list[Page] = []
    before: set[str] = set()
    for step, section in enumerate(block_order(questionnaire, seed), start=1):
        for count, (joined, questions) in enumerate(_parts(section), start=1):
            name = section.name if count == 1 else f"{section.name}-{count}"
            says = _named(section.title, section.intro).union(*map(names_said_in, questions))
            page = Page(name, len(cut) + 1, step, section, tuple(questions), joined, frozenset(before), says)
            cut.append(page)
            before |= {variable.name for question in questions for variable in question.variables}
    return tuple(cut)


def _parts(section: Section) -> Iterator[tuple[bool, list[Question]]]:
    """Yield the questions of a section page by page, and whether a page can be joined to the one before."""
    part: list[Question] = []
    joined = False
    # What scripts would show at once: this part and those that it joins.
    together: set[str] = set()
    for question in section.questions:
        own = {variable.name for variable in question.variables}
        steering = {
            name
            for each in (question, *question.parts)
            for tree in (each.condition, *(choice.condition for choice in each.choices))
            if tree is not None
            for name in names(tree)
        }
        if together & names_said_in(question):
            # Words with an earlier answer in them are made on the server, so such a page is its own.
            yield joined, part
            joined, part, together = False, [], set()
        elif any(v.name in steering - own for earlier in part for v in earlier.variables):
            yield joined, part
            joined, part = True, []
        part.append(question)
        together |= own
    yield joined, part


def names_said_in(question: Question) -> frozenset[str]:
    """Return the questions whose answers stand in the words of a question."""
    own = {variable.name for variable in question.variables}
    texts: list[Text] = []
    for part in (question, *question.parts):
        texts += [part.text, part.hint, part.label, part.unit, part.low, part.high]
        texts += [text for choice in part.choices for text in (choice.text, choice.hint)]
    return _named(*texts) - own


def _named(*texts: Text) -> frozenset[str]:
    return frozenset(pipe.name for words in texts for text in words.values() for pipe in pipes(text))


def together(cut: tuple[Page, ...], page: Page) -> tuple[Page, ...]:
    """Return a page and those after it that can be shown with it where scripts run."""
    joined = [page]
    for following in cut[page.number :]:
        if not (following.joined and following.section is page.section):
            break
        joined.append(following)
    return tuple(joined)


def head_of(cut: tuple[Page, ...], page: Page) -> Page:
    """Return the first of the pages that are shown together with a page where scripts run."""
    while page.joined:
        page = cut[page.number - 2]
    return page


def walk(questionnaire: Questionnaire, answers: Mapping[str, Answer]) -> Way:
    """Follow one person's answers; an answer off the path steers nothing and does not count."""
    settled: dict[str, Answer] = {}
    path_answers: dict[str, object] = {}
    screened: End | None = None
    for section in questionnaire.sections:
        for question in section.variables:
            if screened or not is_asked(question, path_answers):
                settled[question.name] = Missing.NOT_ASKED
                continue
            if question.value is not None:
                settled[question.name] = compute(question.value, question.name, path_answers)
                continue
            answer = answers.get(question.name, Missing.NOT_ANSWERED)
            # Settled before it came onto the path.
            if answer is Missing.NOT_ASKED:
                answer = Missing.NOT_ANSWERED
            settled[question.name] = answer
            if answer is not Missing.NOT_ANSWERED:
                path_answers[question.name] = comparable(answer)
        screened = screened or next(
            (e for e in section.screen_out if e.condition and evaluate(e.condition, path_answers) is True),
            None,
        )
    return Way(settled, path_answers, screened)


def is_asked(question: Question, path_answers: Mapping[str, object]) -> bool:
    """Tell whether a question is asked of someone with these answers on the path before it."""
    return question.condition is None or evaluate(question.condition, path_answers) is True


def compute(tree: Tree, name: str, path_answers: dict[str, object]) -> Answer:
    """Return a computed value as it is stored, and add it to the answers on the path: a truth stays one there."""
    value = evaluate(tree, path_answers)
    if not isinstance(value, int | float):
        return Missing.NOT_ANSWERED
    path_answers[name] = value
    return float(value)


def on_path(questionnaire: Questionnaire, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return an answer for every stored question: the given one, NOT_ANSWERED, or NOT_ASKED off the path."""
    return walk(questionnaire, answers).settled


def comparable(answer: Answer) -> object:
    """Return an answer as the condition language compares it."""
    return SPECIAL[answer.name.lower()] if isinstance(answer, Missing) else answer


def asked(page: Page, settled: Mapping[str, Answer]) -> tuple[Question, ...]:
    """Return the questions of a page that lie on the path and are shown."""
    return tuple(q for q in page.questions if QUESTION_TYPES[q.type].shown and lies_on(q, settled))


def lies_on(question: Question, settled: Mapping[str, Answer]) -> bool:
    """Tell whether a question, or anything that is stored of it, lies on the path."""
    return any(settled[variable.name] is not Missing.NOT_ASKED for variable in question.variables)


def page_after(cut: tuple[Page, ...], number: int, settled: Mapping[str, Answer]) -> Page | None:
    """Return the next page with anything to ask after page `number`; None at the end."""
    return next((page for page in cut if page.number > number and asked(page, settled)), None)


def page_before(cut: tuple[Page, ...], number: int, settled: Mapping[str, Answer]) -> Page | None:
    """Return the page before page `number` that had anything to ask."""
    return next((page for page in reversed(cut) if page.number < number and asked(page, settled)), None)


def first_open(
    cut: tuple[Page, ...], settled: Mapping[str, Answer], answers: Mapping[str, Answer]
) -> Page | None:
    """Return the first page that asks something the person has not confirmed yet; None when all is.

    `answers` holds what was confirmed, NOT_ANSWERED included. A question that came onto the path by a
    change on an earlier page is open again, even if its page was posted before.
    """
    for page in cut:
        for question in asked(page, settled):
            for variable in question.variables:
                if variable.name not in answers and settled[variable.name] is not Missing.NOT_ASKED:
                    return page
    return None


def end_of(questionnaire: Questionnaire, way: Way) -> End | None:
    """Return the page that ends this way: its screen-out, else the first end whose condition is true."""
    if way.screened:
        return way.screened
    return next(
        (e for e in questionnaire.ends if e.condition is None or evaluate(e.condition, way.known) is True),
        None,
    )
