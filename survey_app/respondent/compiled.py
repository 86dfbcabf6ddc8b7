"""Pages rendered once per questionnaire version and language; a request only fills in what is its own.

Rendering costs a hundred times what filling in does (benchmarks/page.py), so a page is rendered with marks in
it and cut at the marks. What changes with each person (token, key, kept values, errors, earlier answers in the
words) goes into slots. What one person sees and another does not, or in another order (questions, choices,
rows), are the members of groups.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from markupsafe import Markup

from questionnaires.piping import Pipe


@dataclass(frozen=True)
class Slot:
    """Where something is filled in."""

    name: str


@dataclass(frozen=True)
class Group:
    """Members of which each person sees some, in an order of their own."""

    name: str
    members: Mapping[str, tuple[Node, ...]]


Node: TypeAlias = "str | Slot | Group"


@dataclass(frozen=True)
class CompiledPage:
    """A page cut at its marks; `pipes` are the placeholders behind its slots `pipe/<number>`."""

    nodes: tuple[Node, ...]
    pipes: tuple[Pipe, ...] = ()

    def fill(self, members: Mapping[str, Sequence[str]], values: Mapping[str, str]) -> str:
        """Return the page; `values` maps a slot's name to finished HTML, `members` a group to who is seen.

        A group that is not named is shown whole.
        """
        if not members:
            own = any("/" in name for name in values)
            return "".join(
                [
                    piece if isinstance(piece, str) else values.get(piece.name, "")
                    for piece in self._whole(own)
                ]
            )
        out: list[str] = []
        _fill(self.nodes, members, values, out)
        return "".join(out)

    def _whole(self, own: bool) -> Sequence[str | Slot]:
        """Return the page with every member of every group, in as few pieces as can be.

        Without anything of a person's `own` the slots for answers, errors and words, which have a stroke in
        their names, stay empty.
        """
        return self._pieces if own else self._fresh

    @cached_property
    def _pieces(self) -> Sequence[str | Slot]:
        return _joined(_flat(self.nodes))

    @cached_property
    def _fresh(self) -> Sequence[str | Slot]:
        return _joined(piece for piece in self._pieces if isinstance(piece, str) or "/" not in piece.name)


def _flat(nodes: Sequence[Node]) -> Iterator[str | Slot]:
    for node in nodes:
        if isinstance(node, Group):
            for member in node.members.values():
                yield from _flat(member)
        else:
            yield node


def _joined(pieces: Iterable[str | Slot]) -> Sequence[str | Slot]:
    """Join neighbouring texts."""
    found: list[str | Slot] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _fill(
    nodes: Sequence[Node], members: Mapping[str, Sequence[str]], values: Mapping[str, str], out: list[str]
) -> None:
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
        elif isinstance(node, Slot):
            out.append(values.get(node.name, ""))
        else:
            for member in members.get(node.name, node.members):
                if member in node.members:
                    _fill(node.members[member], members, values, out)


class Marks:
    """Makes the marks of one page. They are random, so that no text of a questionnaire can look like one."""

    def __init__(self) -> None:
        self._nonce = secrets.token_hex(16)
        self.pipes: list[Pipe] = []

    def slot(self, name: str) -> Markup:
        """Stand for something filled in later."""
        return self._mark("slot", name)

    def member(self, group: str, name: object) -> Markup:
        """Begin a member of a group; neighbours of one group belong together."""
        return self._mark("open", f"{group} {name}")

    def end(self) -> Markup:
        """End the member that was begun last."""
        return self._mark("close", "")

    def pipe(self, pipe: Pipe) -> Markup:
        """Stand for an earlier answer."""
        self.pipes.append(pipe)
        return self.slot(f"pipe/{len(self.pipes) - 1}")

    def _mark(self, kind: str, text: str) -> Markup:
        return Markup(f"{self._nonce}[{kind} {text}]")

    def cut(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield (kind, text) of everything in a rendered page, kind being text, slot, open or close."""
        parts = re.split(rf"{self._nonce}\[(\w+) ([^\]]*)\]", text)
        yield "text", parts[0]
        for kind, name, following in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            yield kind, name
            yield "text", following


def compile_page(render: Callable[[Marks], str]) -> CompiledPage:
    """Render a page with marks and cut it."""
    marks = Marks()
    pieces = marks.cut(render(marks))
    return CompiledPage(_nodes(pieces), tuple(marks.pipes))


def _nodes(pieces: Iterator[tuple[str, str]]) -> tuple[Node, ...]:
    """Read nodes up to the end of the member that was begun, or of the page."""
    nodes: list[Node] = []
    for kind, text in pieces:
        if kind == "close":
            break
        if kind == "slot":
            nodes.append(Slot(text))
        elif kind == "open":
            group, _, name = text.partition(" ")
            members = {name: _nodes(pieces)}
            if nodes and isinstance(nodes[-1], Group) and nodes[-1].name == group:
                members = {**nodes.pop().members, **members}  # type: ignore[union-attr]
            nodes.append(Group(group, members))
        elif text:
            nodes.append(text)
    return tuple(nodes)
