"""The surface for notebooks: every block of its page runs and prints what the page shows."""

from __future__ import annotations

import ast
import contextlib
import gc
import io
import math
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import analysis
from analysis import (
    Data,
    DataProblem,
    audit,
    kaplan_meier,
    log_rank,
    plan_sample,
    read,
    synthetic_table,
)
from analysis.evidence.marked import synthetic_reason
from analysis.files.formats import open_file
from analysis.show import tabulation
from analysis.table.design import Design
from tests.analysis.by_path import Words, tabulate

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "notebook.md"
BLOCKS = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

COLUMNS: dict[str, list[Any]] = {
    "q": ["yes", "no", "no", "yes", None, "no", "yes", "<b>maybe</b>"] * 30,
    "g": ["a", "a", "b", "b", "a", "b", "a", "b"] * 30,
    "x": [1.5, 2, 3, None, 5, 6, 7, 8] * 30,
    "w": [1, 2, 1, 2, 1, 2, 1, 2] * 30,
    "c": [at // 12 for at in range(240)],
}


def run(block: str, names: dict[str, Any]) -> str:
    """Run a cell as a notebook would, its last expression shown; return what it prints."""
    tree = ast.parse(block)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "notebook.md", "exec"), names)
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), "notebook.md", "eval"), names)
            assert shown is None or repr(shown)
            if hasattr(shown, "_repr_html_"):
                assert "<table>" in shown._repr_html_()
    return said.getvalue()


def test_every_block_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    said = ""
    blocks = BLOCKS.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) > 12
    for kind, block in blocks:
        if kind == "text":
            assert _plain(said) == _plain(block)
        else:
            said = run(block, names)
    assert (tmp_path / "weighted.weights.json").is_file()


def _plain(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def test_the_six_lines_of_the_docstring_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert analysis.__doc__ is not None
    lines = [line[4:] for line in analysis.__doc__.splitlines() if line.startswith("    ")]
    people = range(200)
    table = {
        "channel": ["web" if i % 3 else "phone" for i in people],
        "age": [18 + i % 50 for i in people],
        "gender": ["woman" if i % 2 else "man" for i in people],
        "minutes": [i % 17 for i in people],
        "w": [1 + i % 2 for i in people],
        "region": [i // 100 for i in people],
        "branch": [i // 10 for i in people],
    }
    rows = [",".join(table), *(",".join(str(table[name][i]) for name in table) for i in people)]
    (tmp_path / "answers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert len(lines) == 6
    run("\n".join(lines), {})


def test_importing_the_room_loads_nothing() -> None:
    code = "import sys, analysis; print([n for n in sys.modules if n.split('.')[0] in ('numpy', 'pyarrow', 'scipy')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_surface_is_what_it_says() -> None:
    assert set(analysis.__all__) <= set(dir(analysis))
    for name in analysis.__all__:
        assert getattr(analysis, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = analysis.nothing


# --- sources -----------------------------------------------------------------------------------------------


def test_arrays_give_the_figures_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "answers.parquet"
    pq.write_table(pa.table(COLUMNS), file)
    asked = Words(("q",), ("g",), design=Design(weight="w", cluster="c"))
    (expected,) = tabulate(file, asked)
    found = read(COLUMNS, weight="w", cluster="c").tabulate("q", by="g")
    assert found.result[0].estimates == expected.estimates


@pytest.mark.parametrize("kind", ["arrow", "interchange", "numpy", "pandas"])
def test_frames_are_read(kind: str) -> None:
    table = pa.table(COLUMNS)
    source: object = table
    if kind == "interchange":

        class Frame:
            """A frame that knows the interchange protocol only."""

            def __dataframe__(self, **asked: Any) -> Any:
                return table.__dataframe__(**asked)

        source = Frame()
    if kind == "numpy":
        source = {name: np.array(values) for name, values in COLUMNS.items()}
    if kind == "pandas":
        source = pytest.importorskip("pandas").DataFrame(COLUMNS)
    assert read(source).tabulate("q").rows == read(COLUMNS).tabulate("q").rows
    assert read(source).means("x").rows == read(COLUMNS).means("x").rows


def test_arrays_leave_no_file_behind() -> None:
    data = read(COLUMNS)
    kept = data.opened.path
    assert kept.is_file()
    del data
    gc.collect()
    assert not kept.parent.exists()


def test_words_and_numbers_in_one_column_are_words() -> None:
    assert read({"a": [1, "x", 2.5, None]}).tabulate("a").column("choice") == ["1", "x", "2.5"]


def test_missing_values_are_said_once() -> None:
    for missing in ([99], 99, "99"):
        data = read({"a": [1, 2, 99, 1], "b": ["x", "y", "99", "x"]}, missing=missing)
        assert data.tabulate("b").column("choice") == ["x", "y"]
        assert data.means("a").rows[0]["value"] == pytest.approx(4 / 3)


# --- numbers -----------------------------------------------------------------------------------------------


def test_means_by_hand() -> None:
    data = read({"x": [1.0, 2, 3, 6], "g": ["a", "a", "b", "b"], "w": [1, 3, 1, 1]}, weight="w")
    rows = data.means("x", by="g", total=True).rows
    assert [row["segment"] for row in rows] == ["all", "a", "b"]
    assert [row["value"] for row in rows] == pytest.approx([16 / 6, 7 / 4, 9 / 2])
    assert data.totals("x").rows[0]["value"] == pytest.approx(16)
    assert data.means("x", where={"g": "b"}).rows[0]["base"] == 2


def test_means_of_weighted_data_take_errors_from_what_is_left(tmp_path: Path) -> None:
    """A column that the margins explain whole has no error."""
    people = range(120)
    data = read({"g": ["a" if i % 3 else "b" for i in people], "x": [float(i % 3 > 0) for i in people]})
    weighted = data.weigh({"g": {"a": 0.5, "b": 0.5}})
    row = weighted.means("x").rows[0]
    assert (row["value"], row["se"]) == (pytest.approx(0.5), pytest.approx(0, abs=1e-9))
    saved = weighted.save(tmp_path / "weighted.parquet")
    assert read(saved, weight="weight").means("x").rows == weighted.means("x").rows
    with pytest.raises(DataProblem):
        weighted.save(saved)


def test_an_error_does_not_depend_on_the_other_segments() -> None:
    """With the rule "average", strata of one person count only where the segment has people in them (R's svyby)."""
    data = read(
        {"y": [1, 2, 3, 4, 5, 6, 7], "g": list("aaabbbc"), "s": list("1122334")}, strata="s", lonely="average"
    )
    rows = data.means("y", by="g").rows
    assert [row["se"] for row in rows[:2]] == pytest.approx([math.sqrt(2) / 3] * 2)
    assert rows[0]["se"] == pytest.approx(data.means("y", where={"g": "a"}).rows[0]["se"])
    assert (rows[2]["value"], rows[2]["se"], rows[2]["low"]) == (7, None, None)
    with pytest.raises(DataProblem, match="has nothing to average"):
        data.means("y", where={"g": "c"})


def test_the_level_of_intervals_is_shown() -> None:
    data = read(COLUMNS)
    limits = {"yes": 5.0, "no": 60.0, "<b>maybe</b>": "none"}
    for table in (
        data.tabulate("q", level=0.8),
        data.compare("q", by="g", level=0.8),
        data.reply_curve("q", limits, level=0.8),
        data.means("x", level=0.8),
        data.totals("x", level=0.8),
        data.quantiles("x", level=0.8),
        kaplan_meier([1, 2], [True, False], level=0.8),
    ):
        assert '<th scope="col">80% interval</th>' in table._repr_html_()
    assert "80% interval" in str(data.tabulate("q", level=0.8))
    assert "80% interval" in str(data.means("x", level=0.8))
    assert "99.95% interval" in str(data.means("x", level=0.9995))
    assert "95% interval" in str(data.tabulate("q"))


def test_large_and_small_numbers_have_errors() -> None:
    y = np.array([1.0, 2, 3, 6] * 10)
    plain = read({"y": y}).means("y").rows[0]
    for scale in (1e40, 1e-40):
        rows = [ask("y").rows[0] for data in [read({"y": y * scale})] for ask in (data.means, data.totals)]
        assert rows[0]["se"] == pytest.approx(plain["se"] * scale, rel=1e-9, abs=0)
        assert rows[1]["low"] == pytest.approx(40 * plain["low"] * scale, rel=1e-9, abs=0)


def test_many_segments_need_little_memory() -> None:
    """A table of people by segments would take 480 MB."""
    people = np.arange(60_000)
    data = read({"y": people * 1.5, "g": np.array([f"g{i}" for i in range(1000)])[people % 1000]})
    tracemalloc.start()
    rows = data.means("y", by="g").rows
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(rows) == 1000
    assert most < 100e6


def test_one_probability_or_several() -> None:
    data = read(COLUMNS)
    assert data.quantiles("x", 0.5).rows == data.quantiles("x", [0.5]).rows
    assert len(data.quantiles("x", np.array([0.25, 0.5])).rows) == 2


def test_rows_without_a_number_are_counted() -> None:
    assert read({"x": [1, 2, None]}).means("x").notes == ("1 row has no number in 'x': it is in no base.",)
    assert read({"x": [1, None, None]}).means("x").notes == (
        "2 rows have no number in 'x': they are in no base.",
    )


def test_numbers_carry_the_notes_of_their_file() -> None:
    answers = {"x": [1, 2, 3, 99], "N": [4, 4, 4, 4], "_synthetic": [True] * 4}
    notes = read(answers, fpc="N", missing=[99, 77]).means("x").notes
    assert len(notes) == 4
    assert "synthetic" in notes[0]
    assert notes[1].startswith("Nobody has '77'")
    assert "figures have no sampling error" in notes[2]
    assert notes[3] == "1 row has no number in 'x': it is in no base."


def test_columns_may_be_named_by_numbers() -> None:
    data = read({0: [1.0, 2, 3, 6], 1: list("aabb"), 2: [1, 1, 2, 2]}, weight=2)
    assert data.means(0, by=1).column("value") == [1.5, 4.5]
    assert data.tabulate(1).column("share") == pytest.approx([1 / 3, 2 / 3])


def test_a_choice_that_is_not_there_is_said() -> None:
    with pytest.raises(DataProblem, match="no choice 'z'"):
        read(COLUMNS).means("x", where={"g": "z"})


# --- results -----------------------------------------------------------------------------------------------


def test_words_of_people_are_escaped() -> None:
    data = read({**COLUMNS, "<i>": COLUMNS["q"]})
    for table in (data.tabulate("<i>", by="g"), data.compare("<i>", by="g"), data.quality({"text": "<i>"})):
        html = table._repr_html_()
        assert "<b>" not in html
        assert "<i>" not in html
    assert "&lt;b&gt;maybe" in data.tabulate("<i>")._repr_html_()


def test_a_table_has_rows_text_and_csv() -> None:
    table = read(COLUMNS).tabulate("q")
    assert str(table) == repr(table)
    assert len(table) == len(list(table)) == 3
    assert table.csv().splitlines()[0].startswith("question,segment,")
    assert any("no answer" in note for note in table.notes)


def test_weights_show_themselves() -> None:
    weighted = read(COLUMNS).weigh({"g": {"a": 0.3, "b": 0.7}}, trim=(0.2, 5))
    assert isinstance(weighted, Data)
    assert weighted.weights.shape == (240,)
    assert "raking" in repr(weighted)
    assert "<table>" in weighted._repr_html_()


def test_what_needs_no_data() -> None:
    assert plan_sample(0.34, margin=0.02).result.total == 2152
    assert plan_sample(0.5, difference=0.1, segments=3).rows[0]["power"] == 0.8
    assert audit("34%", 2030).result.audits[0].audit.verdict == "not checkable"
    assert audit(0.34, 2030).rows == audit("34%", 2030).rows
    own = audit("34%", 2030, data=read(COLUMNS), question="q", choice="yes")
    assert own.result.audits[0].own is not None
    with pytest.raises(DataProblem, match="question and choice"):
        audit("34%", data=read(COLUMNS))
    with pytest.raises(DataProblem, match="nothing to audit"):
        audit()
    assert kaplan_meier([1, 2], [True, False]).rows[0]["open_share"] == 0.5
    assert kaplan_meier([1, 2], [1, 0], weight=[1, 3]).rows[0]["open_share"] == 0.75


def test_groups_of_delivered_times_are_tested() -> None:
    times, delivered = [1, 2, 3, 4, 5, 6], [True, True, True, True, False, True]
    named = log_rank(times, delivered, ["web", "web", "app", "web", "app", "app"])
    assert named.rows == log_rank(times, delivered, [1, 1, 0, 1, 0, 0]).rows
    assert named.rows[0]["method"] == "plain"
    assert named.text in str(named) and "<td>plain</td>" in named._repr_html_()
    weighted = log_rank(times, delivered, [1, 1, 0, 1, 0, 0], weight=[1, 2, 1, 2, 1, 2])
    assert weighted.rows[0]["method"] == "design"
    assert log_rank(times, delivered, [1] * 6).notes == ("there is one group only",)
    with pytest.raises(DataProblem, match="column 'group' has 2 values, 'times' has 6"):
        log_rank(times, delivered, [1, 2])


def test_a_synthetic_table_has_the_published_shares(tmp_path: Path) -> None:
    axes = {"age": ["young", "old"], "channel": ["web", "other"]}
    figures = {"young": ("30%", {"age": "young"}), "web": ("60%", {"channel": ["web"]}, {"age": "young"})}
    table = synthetic_table(axes, figures, 500)
    assert sum(row["people"] for row in table if row["age"] == "young") == pytest.approx(150, abs=2)
    assert table.notes[0].startswith("SYNTHETIC") and "young: published 30%" in table.notes[1]
    table.result.write(tmp_path / "made_up.parquet")
    assert synthetic_reason(open_file(tmp_path / "made_up.parquet"))
    with pytest.raises(DataProblem, match="young 'x' cannot be read"):
        synthetic_table(axes, {"young": ("x", {"age": "young"})}, 500)
    with pytest.raises(DataProblem, match="axis: category"):
        synthetic_table(axes, {"young": ("30%",)}, 500)


def test_a_file_of_figures_takes_what_it_does_not_say() -> None:
    """The command line and the notebook make one request: what no file says holds for its figures too."""
    study = ROOT / "questionnaires" / "library" / "complaint_channels"
    found = audit(file=study, ids=["complain_online"], level=0.9, effects=[1.0]).result.audits[0].audit
    assert found.claim.level == 0.9
    assert [row["design_effect"] for row in found.intervals] == [1.0]


def test_bands_cut_the_column_of_a_condition() -> None:
    """A condition names a band or a value of a column that is neither asked about nor a segment."""
    data = read({"q": ["yes", "no"] * 20, "y": list(range(40)), "age": [20, 30, 40, 50] * 10})
    old = {"bands": {"age": "18-34,35+"}, "where": {"age": "35+"}}
    assert sum(row["base"] for row in data.tabulate("q", **old).result[0].as_json()["rows"][:1]) == 20
    for found in (data.means("y", **old), data.totals("y", **old), data.quantiles("y", 0.5, **old)):
        assert found.rows[0]["base"] == 20
    exact = {"bands": {"age": "18-34,35+"}, "where": {"age": "40"}}
    assert data.means("y", **exact).rows[0]["base"] == 10
    with pytest.raises(DataProblem, match="it has '18-34', '35\\+'"):
        data.means("y", bands=old["bands"], where={"age": "36+"})


def test_a_tabulation_prints_itself() -> None:
    found = read(COLUMNS).tabulate("q", by="g")
    assert tabulation.as_text(found.result) == found.text
    assert found.text.startswith("q\nby g\n")


def test_both_tables_show_their_notes() -> None:
    data = read({"q": ["yes", "no", None] * 20, "t": [1, *[100] * 59]})
    found = data.with_and_without("q", {"seconds": "t"})
    assert found.notes[0] == "20 of 60 rows have no answer to 'q': they are not in its base."
    assert found.notes == found.result.notes
