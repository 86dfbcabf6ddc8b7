"""The "ask only if" language: text → tree → value, with a defined meaning for the unanswered.

A small whitelisted part of Python's expression syntax, parsed with `ast` and never evaluated by Python.
The tree is nested tuples of plain values: written as JSON it is evaluated by the form's script as well,
so every rule below is one that both languages keep to the last bit.

- *Unknown* (None) is what is unanswered or off the path, and whatever cannot be worked out. A comparison
  with it is unknown, and and/or/not are those of Kleene's three-valued logic.
- Only true and false are truths: a part of and/or/not that is neither counts as unknown.
- Numbers are IEEE doubles, whole ones too. What is not finite, and any division by zero, is unknown.
- `==` and `!=` compare like with like: number with number, text with text, truth with truth. Two known
  values of different kinds are not equal. A set of answers is never compared: unknown.
- `<`, `<=`, `>`, `>=` order numbers only; anything else is unknown.
- "Don't know" and its like are answers, written as texts (SPECIAL): they are equal to themselves by name,
  have no order, and count as nothing chosen.
- `x in used` asks whether a set contains x, `channel in […]` whether an answer, or any member of a set, is
  among those named. `answered`, `count` and `first` ask about the answering itself and know the unanswered.
- A date is the number yyyymmdd, with 00 for a day or month that is not given.

What can be seen to be a mistake from the text alone is refused when it is read.
"""

from __future__ import annotations

from questionnaires.expressions.evaluation import evaluate
from questionnaires.expressions.parsing import choice_codes, parse, parse_condition
from questionnaires.expressions.trees import (
    MAXIMUM_DEPTH,
    MAXIMUM_LENGTH,
    SPECIAL,
    Asked,
    Code,
    ExpressionFault,
    Tree,
    from_data,
    names,
    to_data,
)
from questionnaires.expressions.words import minutes

__all__ = [
    "MAXIMUM_DEPTH",
    "MAXIMUM_LENGTH",
    "SPECIAL",
    "Asked",
    "Code",
    "ExpressionFault",
    "Tree",
    "choice_codes",
    "evaluate",
    "from_data",
    "minutes",
    "names",
    "parse",
    "parse_condition",
    "to_data",
]
