"""A finished report in one language: what every renderer reads. Frozen.

Report > Slide > Headline | KeyNumbers | ShareChart | CurveChart | Table | RecordLines | Note | Prose.
Each block carries its printed words and the unrounded numbers behind them, and no markup: a page, a slide
and a workbook are made from the same value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias


class Form(StrEnum):
    """What stands in a column of a table; all but words are lined up at the right."""

    WORDS = "words"
    SHARE = "share"
    INTERVAL = "interval"
    COUNT = "count"


@dataclass(frozen=True)
class TableColumn:
    """One column of a table: its head, with the unit, and the form of its cells."""

    head: str
    form: Form = Form.WORDS


@dataclass(frozen=True)
class Cell:
    """One cell: the printed text, and the number itself where it is one (a share as a fraction)."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class Row:
    """One row of a table; `head` names it and stands in the first column."""

    head: str
    cells: tuple[Cell, ...]
    highlighted: bool = False


@dataclass(frozen=True)
class Table:
    """A table; `columns` includes the first one, which holds the heads of the rows.

    `blocks` says that the rows hold sentences: on a narrow page each row becomes a block.
    """

    kind: ClassVar[str] = "table"
    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    blocks: bool = False


@dataclass(frozen=True)
class Mark:
    """One estimate in a chart: shares as fractions, None where the number is withheld.

    `share_text` and `interval_text` are how it is printed; where it is withheld or zero, `words` says so.
    """

    label: str
    share: float | None
    low: float | None
    high: float | None
    base_text: str
    share_text: str
    interval_text: str
    words: str = ""
    highlighted: bool = False
    total: bool = False


@dataclass(frozen=True)
class Tick:
    """A place on an axis with its text."""

    value: float
    text: str


@dataclass(frozen=True)
class ShareChart:
    """Estimates as interval bars, one below the other; a `total` mark stands first and apart."""

    kind: ClassVar[str] = "shares"
    id: str
    subtitle: str
    marks: tuple[Mark, ...]
    heads: tuple[str, str, str]
    axis: tuple[Tick, ...]
    alt: str
    foot: tuple[str, ...]
    table: Table
    watermark: str = ""


@dataclass(frozen=True)
class Diamond:
    """A published share at a limit of the curve, with its text."""

    share: float
    text: str


@dataclass(frozen=True)
class CurveStep:
    """One limit of a reply-time curve in both readings; `label` is its short name."""

    label: str
    cumulative: Mark
    exclusive: Mark
    published: Diamond | None = None


@dataclass(frozen=True)
class CurveChart:
    """Expected reply time: cumulative estimates above, each answer by itself below."""

    kind: ClassVar[str] = "curve"
    id: str
    subtitle: str
    steps: tuple[CurveStep, ...]
    exclusive_title: str
    published_title: str
    axis: tuple[Tick, ...]
    alt: str
    foot: tuple[str, ...]
    table: Table
    watermark: str = ""


@dataclass(frozen=True)
class Headline:
    """The answer in one sentence, and how sure it is in the next."""

    kind: ClassVar[str] = "headline"
    text: str
    sure: str


@dataclass(frozen=True)
class KeyNumber:
    """A number with its interval, the sentence it begins, what it is held against, and the slide behind it."""

    number: str
    interval: str
    sentence: str
    held: str = ""
    slide: str = ""
    share: float | None = None


@dataclass(frozen=True)
class KeyNumbers:
    """The three to five numbers of the first page."""

    kind: ClassVar[str] = "findings"
    title: str
    numbers: tuple[KeyNumber, ...]


@dataclass(frozen=True)
class RecordLine:
    """One line of the record; `recorded` is False where the record says nothing."""

    label: str
    value: str
    recorded: bool = True


@dataclass(frozen=True)
class RecordLines:
    """Lines of the record under one heading."""

    kind: ClassVar[str] = "facts"
    title: str
    lines: tuple[RecordLine, ...]


@dataclass(frozen=True)
class Note:
    """A labelled sentence, such as one of two readings of the same answers."""

    kind: ClassVar[str] = "note"
    label: str
    text: str


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    kind: ClassVar[str] = "prose"
    text: str


Block: TypeAlias = Headline | KeyNumbers | ShareChart | CurveChart | Table | RecordLines | Note | Prose


@dataclass(frozen=True)
class Slide:
    """One message with what it rests on; `id` is its place in the page and never changes with the language."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """A whole report; `languages` are those that the same report is made in."""

    study: str
    title: str
    language: str
    languages: tuple[str, ...]
    synthetic: bool
    kicker: str
    slides: tuple[Slide, ...]

    @property
    def headline(self) -> str:
        """Return the answer of the first page in one sentence; the title where there is no answer."""
        blocks = (block for slide in self.slides for block in slide.blocks)
        return next((block.text for block in blocks if isinstance(block, Headline)), self.title)

    @property
    def charts(self) -> Iterator[ShareChart | CurveChart]:
        """Return every chart of the report, in order."""
        for slide in self.slides:
            for block in slide.blocks:
                if isinstance(block, ShareChart | CurveChart):
                    yield block
