"""Pages rendered once per questionnaire version and language; a request only fills in what is its own.

Rendering costs a hundred times what filling in does (benchmarks/page.py), so a page is rendered with marks in
it and cut at the marks. What changes with each person (token, key, kept values, errors) goes into these slots; a block
between two marks belongs to one question and is left out where the question is not asked.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from markupsafe import Markup

SlotMaker = Callable[[str], Markup]


@dataclass(frozen=True)
class Block:
    """A stretch of a page: literal text and slot names in turn, beginning with text."""

    question: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class CompiledPage:
    blocks: tuple[Block, ...]

    def fill(self, asked: Collection[str], values: Mapping[str, str]) -> str:
        """Return the page for the questions asked; `values` maps a slot's name to finished HTML."""
        out: list[str] = []
        for block in self.blocks:
            if block.question and block.question not in asked:
                continue
            parts = block.parts
            out.append(parts[0])
            for index in range(1, len(parts), 2):
                out.append(values.get(parts[index], ""))
                out.append(parts[index + 1])
        return "".join(out)


def compile_page(render: Callable[[SlotMaker, SlotMaker], str]) -> CompiledPage:
    """Render a page with marks by `render(slot, block)` and cut it.

    `slot(name)` stands for something filled in later; `block(question)` begins a question's own part
    and `block("")` ends it. The marks are random, so that no text of a questionnaire can look like one.
    """
    nonce = secrets.token_hex(16)
    text = render(
        lambda name: Markup(f"{nonce}[slot {name}]"),
        lambda name: Markup(f"{nonce}[block {name}]"),
    )
    pieces = re.split(rf"{nonce}\[block ([^\]]*)\]", text)
    questions = ["", *pieces[1::2]]
    return CompiledPage(
        tuple(
            Block(question, tuple(re.split(rf"{nonce}\[slot ([^\]]*)\]", piece)))
            for question, piece in zip(questions, pieces[::2], strict=True)
        )
    )
