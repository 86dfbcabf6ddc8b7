"""What kind of value a tree can have, as far as it can be told before anyone has answered."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from questionnaires.expressions.trees import Asked, Tree, names


class Kind(Enum):
    """The kinds of value; ANY is what only the answers tell."""

    TRUTH = "truth"
    NUMBER = "number"
    TEXT = "text"
    SET = "set"
    ANY = "any"


_BY_TYPE = {
    "several": Kind.SET,
    "ranking": Kind.SET,
    "number": Kind.NUMBER,
    "date": Kind.NUMBER,
    "consent": Kind.NUMBER,
    "text": Kind.TEXT,
}
_BY_OPERATION = {"arithmetic": Kind.NUMBER, "count": Kind.NUMBER}
_BY_CONSTANT = {bool: Kind.TRUTH, str: Kind.TEXT, int: Kind.NUMBER, float: Kind.NUMBER}


class Kinds:
    """The kinds of trees over the named questions."""

    def __init__(self, questions: Mapping[str, Asked]) -> None:
        self.questions = questions

    def of(self, tree: Tree) -> Kind:
        match tree[0]:
            case "value":
                return _BY_CONSTANT[type(tree[1])]
            case "answer":
                return self.asked(self.questions[tree[1]])
            case "first":
                own, default = self.asked(self.questions[tree[1]]), self.of(tree[2])
                own = Kind.NUMBER if own is Kind.SET else own
                return own if own is default else Kind.ANY
        return _BY_OPERATION.get(tree[0], Kind.TRUTH)

    def asked(self, question: Asked) -> Kind:
        """Return the kind of a question's answers; codes of choices are numbers."""
        value = getattr(question, "value", None)
        if value is not None:
            return self.of(value) if names(value) <= self.questions.keys() else Kind.ANY
        return _BY_TYPE.get(question.type) or (Kind.NUMBER if question.choices else Kind.ANY)
