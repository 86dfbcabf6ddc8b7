"""Every problem code, raised by the mistake it is for, with a message that names what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimators.proportion import Answer, shares
from analysis.problems import CODES, DataProblem
from analysis.quality import read_checks
from analysis.table.column import TextColumn
from analysis.table.design import Design, sample_of
from analysis.table.segments import Segment
from analysis.table.sums import joined, sums_of
from analysis.weighting.margins import Margin, cells_of
from analysis.weighting.raking import rake
from tests.analysis.by_path import Words, tabulate
from tests.analysis.estimators.mistakes import MISTAKES as OF_ESTIMATORS
from tests.analysis.evidence.mistakes import MISTAKES as OF_EVIDENCE
from tests.analysis.notebook_mistakes import MISTAKES as OF_NOTEBOOKS
from tests.analysis.table.mistakes import MISTAKES as OF_TABLES
from tests.analysis.weigh_mistakes import MISTAKES as OF_WEIGHTING

ROWS = "q,age,w,s,c,N,bad\nyes,20,1,a,1,10,1\nno,30,2,a,2,10,x\nno,40,1,b,1,20,3\nyes,50,1,b,2,20,4\n"


def asked(text: str = ROWS, question: str = "q", design: Mapping[str, str] | None = None, **more: Any) -> Any:
    """Return the call that tabulates `text` written to a file."""

    def call(folder: Path) -> None:
        (folder / "answers.csv").write_text(text, encoding="utf-8")
        names = (question,) if question else ()
        tabulate(folder / "answers.csv", Words(names, design=Design(**(design or {})), **more))

    return call


def of_file(name: str, content: bytes | None) -> Callable[[Path], None]:
    """Return the call that tabulates a file of that name and content (None: no such file)."""

    def call(folder: Path) -> None:
        if content is not None:
            (folder / name).write_bytes(content)
        tabulate(folder / name, Words(("q",)))

    return call


def raking(shares: Mapping[str, float], variable: str = "g", **more: int) -> Callable[[Path], None]:
    """Return the call that rakes one woman and one man, both young and old by gender."""

    def call(folder: Path) -> None:
        codes = np.array([0, 1])
        columns = [TextColumn("g", ("w", "m"), codes), TextColumn("a", ("young", "old"), codes)]
        cell, cells = cells_of(columns)
        sums = sums_of(sample_of(2), codes, None, cell)
        rake(sums, cells, [Margin(variable, shares), Margin("a", {"young": 0.5, "old": 0.5})], **more)

    return call


def merged_beyond_the_population(folder: Path) -> None:
    drawn = sample_of(2)
    drawn = type(drawn)(drawn.weight, drawn.stratum, None, ("",), (3.0,))
    sums = sums_of(drawn, np.array([1, 2]))
    segment = Segment("all", {}, frozenset({0}))
    shares(
        joined(sums, sums),
        question="q",
        answers=[Answer("x", frozenset({1}))],
        segments=[segment],
        design=Design(),
    )


def too_many_lines(folder: Path) -> None:
    (folder / "answers.csv").write_text(ROWS, encoding="utf-8")
    tabulate(folder / "answers.csv", Words(("q",), by=("age",)), most=7)


def short_grid(folder: Path) -> None:
    read_checks(["grid:a,b,c,a"], ("a", "b", "c"))


STRATA = {"strata": "s", "cluster": "c"}
ONE_EACH = "q,s\nyes,a\nno,b\n"
MISTAKES: list[tuple[str, Callable[[Path], None], str]] = [
    ("file_not_found", of_file("none.csv", None), "none.csv"),
    ("file_unsupported", of_file("a.docx", b"x"), "use .csv"),
    ("file_unreadable", of_file("a.parquet", b"x"), "a.parquet"),
    ("ragged_row", asked("q,b\n1\n"), "row 2 has 1 cells where the header has 2"),
    ("no_rows", asked("q,b\n"), "answers.csv"),
    ("no_question", asked(question=""), "'q', 'age'"),
    ("unknown_column", asked(question="agee"), "did you mean 'age'"),
    ("unknown_column", asked(by=("region",)), "it has 'q'"),
    ("unknown_column", asked(design={"weight": "ww"}), "'ww'"),
    ("unknown_column", asked(multi=("set=q,x",)), "'x'"),
    ("unknown_column", asked(where=("z=1",)), "'z'"),
    ("unknown_choice", asked(nets=("q:any=yes|maybe",)), "no choice 'maybe': it has 'yes', 'no'"),
    ("unknown_choice", asked(where=("q=maybe",)), "no choice 'maybe': it has 'yes', 'no'"),
    ("unknown_option", asked(interval="wald"), "use one of auto, logit, beta, wilson"),
    ("unknown_option", asked(design={"lonely": "remove"}, question="q"), "fail, certainty"),
    ("bad_option", asked(nets=("q:any",)), "COLUMN:NAME=CHOICE|CHOICE"),
    ("bad_option", asked(multi=("set",)), "NAME=COLUMN,COLUMN"),
    ("bad_option", asked(where=("q",)), "COLUMN=VALUE"),
    ("unused_option", asked(bands=("age=18+",)), "--bands names 'age'"),
    ("multi_mixed", asked("q,r\n1,0\n0,99\n", question="", multi=("u=q,r",)), "'r' of the set"),
    ("unused_option", asked(nets=("age:x=20",)), "--net names 'age'"),
    ("name_taken", asked(nets=("q:yes=yes|no",)), "'yes' is already a choice"),
    ("named_twice", asked(nets=("q:any=yes", "q:any=no")), "--net names 'any' twice"),
    (
        "named_twice",
        asked(question="", multi=("u=q,s",), nets=("u:any=q", "u:any=s")),
        "--net names 'any' twice",
    ),
    ("named_twice", asked(question="", multi=("u=q", "u=s")), "--multi names 'u' twice"),
    ("named_twice", asked(by=("age",), bands=("age=18-30", "age=31+")), "--bands names 'age' twice"),
    ("too_many_choices", asked("q\n" + "".join(f"{n}\n" for n in range(1001))), "1001 different values"),
    ("too_many_lines", too_many_lines, "'q' would have 8 figures (2 choices by 4 segments), more than 7"),
    ("grid_short", short_grid, "'grid:a,b,c,a' is a grid of 3, and needs 4 items or more"),
    ("bad_bands", asked(by=("age",), bands=("age=18-x",)), "the band '18-x'"),
    ("not_a_number", asked(by=("bad",), bands=("bad=1+",)), "column 'bad', row 3: 'x'"),
    ("bad_weight", asked(design={"weight": "bad"}), "column 'bad', row 3: 'x'"),
    ("bad_weight", asked("q,w\nyes,1\nno,-2\n", design={"weight": "w"}), "row 3: '-2'"),
    ("bad_weight", asked("q,w\nyes,1\nno,\n", design={"weight": "w"}), "row 3: an empty cell"),
    ("bad_weight", asked("q,w\nyes,1\nno,1e99\n", design={"weight": "w"}), "row 3: '1e99'"),
    ("weights_zero", asked("q,w\nyes,0\nno,0\n", design={"weight": "w"}), "all weights in column 'w'"),
    (
        "design_missing",
        asked("q,s\nyes,a\nno,\n", design={"strata": "s"}),
        "strata column 's' is empty in row 3",
    ),
    ("bad_fpc", asked("q,N\nyes,5\nno,0\n", design={"fpc": "N"}), "row 3: '0'"),
    ("fpc_varies", asked("q,N\nyes,5\nno,6\n", design={"fpc": "N"}), "differs from 5"),
    ("fpc_small", asked("q,N\nyes,1.5\nno,1.5\n", design={"fpc": "N"}), "1.5 people"),
    ("fpc_small", merged_beyond_the_population, "the sample holds 4"),
    (
        "fpc_mixed",
        asked("q,s,N\nyes,a,9\nno,a,9\nyes,b,0.5\nno,b,0.5\n", design={"strata": "s", "fpc": "N"}),
        "holds 0.5 beside 9",
    ),
    (
        "lonely_stratum",
        asked(ONE_EACH, design={"strata": "s"}),
        "stratum 'a' of column 's' has only one person",
    ),
    ("lonely_stratum", asked("q,s,c\nyes,a,1\nno,a,1\n", design=STRATA), "only one cluster"),
    ("lonely_all", asked(ONE_EACH, design={"strata": "s", "lonely": "average"}), "column 's'"),
    ("margin_unknown", raking({"w": 1.0}, "height"), "'height'"),
    ("margin_bad_share", raking({"w": -1.0}), "category 'w'"),
    ("margin_category_empty", raking({"w": 0.5, "m": 0.4, "x": 0.1}), "category 'x'"),
    ("margin_zero_target", raking({"w": 1.0, "m": 0.0}), "category 'm'"),
    ("raking_stuck", raking({"w": 0.9, "m": 0.1}, rounds=30), "30 rounds"),
    *OF_ESTIMATORS,
    *OF_EVIDENCE,
    *OF_NOTEBOOKS,
    *OF_TABLES,
    *OF_WEIGHTING,
]


@pytest.mark.parametrize(("code", "mistake", "words"), MISTAKES)
def test_a_mistake_is_named(code: str, mistake: Callable[[Path], None], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataProblem) as caught:
        mistake(tmp_path)
    assert caught.value.code == code
    assert words in caught.value.message
    assert "\n" not in caught.value.message


def test_absent_formats_say_how_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(DataProblem, match=r"pip install 'earshot\[formats\]'") as caught:
        of_file("a.sav", b"x")(tmp_path)
    assert caught.value.code == "formats_missing"


def test_a_broken_labelled_file_is_said(tmp_path: Path) -> None:
    pytest.importorskip("pyreadstat", reason="the extra 'formats' is not installed")
    with pytest.raises(DataProblem) as caught:
        of_file("a.sav", b"no SPSS file")(tmp_path)
    assert caught.value.code == "file_unreadable"


def test_every_code_is_raised_here() -> None:
    of_snapshots = {code for code in CODES if code.startswith("snapshot_")}  # raised where snapshots are read
    assert {code for code, _, _ in MISTAKES} | {"formats_missing"} == set(CODES) - of_snapshots
