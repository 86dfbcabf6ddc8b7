"""The condition language has two evaluators, ours in Python and ours in the browser: no difference between them.

Half of the trees are made directly over all operations, half by parsing expressions as an author writes them.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from questionnaires.expressions import SPECIAL, ExpressionFault, Tree, evaluate, parse, to_data

SCRIPT = Path(__file__).parents[2] / "survey_app" / "respondent" / "static" / "respondent.js"
CASES = 100_000
EACH, PEOPLE = 4, 4000
"""How many people's answers each tree meets, of how many people."""
WORK = "JSON.stringify(cases.map(([tree, who]) => who.map((n) => window.earshot.evaluate(tree, people[n]))))"
NO_PAGE = """
const nothing = {addEventListener() {}, querySelector() { return null; }};
globalThis.window = nothing; globalThis.document = nothing;
"""

NUMBERS = [0, 1, 2, 3, 9, 18, 34, 35, -1, 0.1, 0.2, 0.30000000000000004, 1.5, -0.0, 1e16, 2**53, 2**53 + 1, 10**22,
           1e200, -1e200, 1e308, 5e-324, 20260131]  # fmt: skip
WORDS = ["yes", "no", "", " ", "1", "0", "true", "ї", "ё", "é", "e\u0301", "😀", "answer", "__proto__",
         *SPECIAL.values()]  # fmt: skip
NAMES = [
    "age",
    "born",
    "channel",
    "used",
    "rank",
    "comment",
    "channel.other",
    "rating.phone",
    "total",
    "constructor",
]
ARITHMETIC, ORDER = ["+", "-", "*", "/"], ["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True)
class Plain:
    """As much of a question as an expression sees."""

    name: str
    type: str
    choices: tuple[SimpleNamespace, ...] = ()
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


CHOICES = tuple(SimpleNamespace(code=code, name=f"c{code}") for code in (0, 1, 2, 3, 9))
TYPES = {"born": "date", "comment": "text", "channel.other": "text", "total": "computed", "used": "several",
         "rank": "ranking", "channel": "single", "rating.phone": "scale"}  # fmt: skip
QUESTIONS = {
    name: Plain(name, kind, CHOICES, {"some": (1, 2)})
    if kind in ("single", "scale", "several", "ranking")
    else Plain(name, kind)
    for name, kind in ((name, TYPES.get(name, "number")) for name in NAMES)
}


class Author:
    """Makes trees, expressions and answers; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def tree(self, depth: int) -> Tree:
        some = self.chance
        if depth == 0 or some.random() < 0.15:
            return self.leaf()
        operation = some.choice(
            ["and", "or", "not", "compare", "compare", "in", "contains", "arithmetic", "first"]
        )
        match operation:
            case "and" | "or":
                return (operation, *(self.tree(depth - 1) for _ in range(some.randint(1, 3))))
            case "not":
                return (operation, self.tree(depth - 1))
            case "compare" | "arithmetic":
                sign = some.choice(ORDER if operation == "compare" else ARITHMETIC)
                return (operation, sign, self.tree(depth - 1), self.tree(depth - 1))
            case "in":
                return (
                    operation,
                    self.tree(depth - 1),
                    tuple(self.plain() for _ in range(some.randint(0, 4))),
                )
            case "contains":
                return (operation, self.tree(depth - 1), ("value", self.plain()))
        return (operation, some.choice(NAMES), self.tree(depth - 1))

    def leaf(self) -> Tree:
        kind = self.chance.choice(["value", "answer", "answer", "answered", "count"])
        return (kind, self.plain() if kind == "value" else self.chance.choice(NAMES))

    def plain(self) -> Any:
        kind = self.chance.random()
        if kind < 0.15:
            return self.chance.random() < 0.5
        return self.chance.choice(WORDS) if kind < 0.35 else self.number()

    def number(self) -> float:
        kind = self.chance.random()
        if kind < 0.7:
            return self.chance.choice(NUMBERS)
        return self.chance.uniform(-50, 50) if kind < 0.9 else self.chance.randint(0, 10)

    def answers(self) -> dict[str, Any]:
        return {name: self.answer() for name in NAMES if self.chance.random() < 0.75}

    def answer(self) -> Any:
        kind = self.chance.random()
        if kind < 0.25:
            return tuple(self.chance.choice([0, 1, 2, 3, 9]) for _ in range(self.chance.randint(0, 4)))
        if kind < 0.35:
            return self.chance.choice(list(SPECIAL.values()))
        if kind < 0.4:
            return self.chance.choice([None, float("nan"), float("inf"), -float("inf"), 10**400])
        return self.plain()

    def text(self, depth: int) -> str:
        """An expression, sometimes one that is refused."""
        some = self.chance
        if depth == 0:
            return self.atom()
        kind = some.random()
        if kind < 0.35:
            return f"({self.text(depth - 1)} {some.choice(['and', 'or'])} {self.text(depth - 1)})"
        if kind < 0.45:
            return f"not {self.text(depth - 1)}"
        if kind < 0.85:
            return f"({self.sum(depth - 1)} {some.choice(ORDER)} {self.sum(depth - 1)})"
        return self.atom()

    def sum(self, depth: int) -> str:
        if depth <= 0 or self.chance.random() < 0.5:
            return self.chance.choice(
                [str(self.number()), "age", "total", "rating.phone", "channel", "count(used)", "first(rank, 0)",
                 "constructor", "first(total, age)"]
            )  # fmt: skip
        return f"({self.sum(depth - 1)} {self.chance.choice(ARITHMETIC)} {self.sum(depth - 1)})"

    def atom(self) -> str:
        return self.chance.choice(
            ['channel in group("some")', '"c2" in used', '"c1" not in rank', 'channel == "dont_know"', "18 <= age < 35",
             'used in ["c1", "c9"]', 'comment == "yes"', 'channel.other in ["answer", "yes"]', 'born > "2026"',
             "answered(used)", "count(rank) > 1", 'first(rank, 0) == "c3"', 'rating.phone != "c1"', "True",
             'first(comment, "no") == channel.other', "(age > 18) == answered(comment)", "-age < -total"]
        )  # fmt: skip


@dataclass(frozen=True)
class Cases:
    """The answers of people, and trees with the places of the people whose answers they meet."""

    people: list[dict[str, Any]]
    trees: list[tuple[Tree, list[int]]]


def made(number: int, seed: int = 20261122) -> Cases:
    author = Author(seed)
    people = [author.answers() for _ in range(PEOPLE)]
    trees: list[tuple[Tree, list[int]]] = []
    while len(trees) * EACH < number:
        depth = author.chance.randint(1, 4)
        try:
            tree = author.tree(depth) if len(trees) % 2 else parse(author.text(depth), QUESTIONS)
        except ExpressionFault:
            continue
        trees.append((tree, author.chance.sample(range(PEOPLE), EACH)))
    return Cases(people, trees)


def in_the_browser(request: pytest.FixtureRequest, folder: Path, cases: Cases) -> list[list[Any]]:
    """Evaluate all cases in one call of the very file that pages load; by Node where there is no browser."""
    # As JavaScript, not as JSON: only so do NaN and Infinity arrive as themselves.
    trees = json.dumps([(to_data(tree), who) for tree, who in cases.trees])
    data = f"const cases = {trees}; const people = {json.dumps(cases.people)};"
    if shutil.which("node") and not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        program = folder / "cases.js"
        program.write_text(f"{NO_PAGE}{SCRIPT.read_text()}\n{data}\nconsole.log({WORK})")
        found = subprocess.run(["node", program], capture_output=True, text=True, timeout=120, check=True)
        return json.loads(found.stdout)
    page = request.getfixturevalue("browser").new_page()
    page.add_script_tag(path=SCRIPT)
    result = page.evaluate(f"() => {{ {data} return {WORK}; }}")
    page.close()
    return json.loads(result)


def written(value: Any) -> Any:
    """A value as it looks after its way through JavaScript, where every number is a double."""
    if isinstance(value, tuple | list):
        return [written(member) for member in value]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def test_both_evaluators_agree(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    cases = made(CASES)
    compared, different = 0, []
    for (tree, who), values in zip(cases.trees, in_the_browser(request, tmp_path, cases), strict=True):
        for person, value in zip(who, values, strict=True):
            ours, theirs = written(evaluate(tree, cases.people[person])), written(value)
            compared += 1
            if type(ours) is not type(theirs) or ours != theirs:
                different.append((tree, cases.people[person], ours, theirs))
    assert different[:3] == [], f"{len(different)} of {compared} differ"
    assert compared == CASES


def test_the_cases_reach_everything() -> None:
    """A comparison of evaluators is worth what its cases are: every operation, every outcome."""
    cases = made(8000)
    outcomes = Counter(str(evaluate(tree, cases.people[n])) for tree, who in cases.trees for n in who)
    assert all(outcomes[name] > 800 for name in ("True", "False", "None")), outcomes
    used = Counter(operation for tree, _ in cases.trees for operation in operations(tree))
    assert min(used.values()) > 100 and len(used) == 12 + len(ORDER) + len(ARITHMETIC), used


def operations(tree: Tree) -> list[str]:
    own = [tree[0], tree[1]] if tree[0] in ("compare", "arithmetic") else [tree[0]]
    inner = [part for part in tree[1:] if tree[0] not in ("value", "answer") and isinstance(part, tuple)]
    inner = inner[:1] if tree[0] == "in" else inner
    return own + [name for part in inner for name in operations(part)]
