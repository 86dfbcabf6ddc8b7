"""`weigh`: a file and what is known of its population, in the words of the command line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.problems import DataProblem
from analysis.show.weighting import as_text, printed
from analysis.show.weighting_picture import as_svg
from analysis.weighting.output_files import write_files
from analysis.weighting.recipe import Trim, read_recipe, recipe_json
from analysis.weighting.weighted_file import recipe_path
from analysis.weighting.weighting import Weighting
from tests.analysis.weigh_mistakes import GENDER, ROWS, found


def after(weighting: Weighting, margin: str) -> dict[str | None, float]:
    return {row.category: row.after for row in weighting.margins if row.margin == margin}


def test_a_margin_is_met_and_the_missing_keep_their_share(tmp_path: Path) -> None:
    done = found(tmp_path, margins=(GENDER,))
    # one of six gave no gender: 5/6 of the weight is halved between three women and two men
    assert done.weights.tolist() == pytest.approx([2.5 / 3] * 3 + [1.25] * 2 + [1.0])
    assert after(done, "g") == pytest.approx({"w": 5 / 12, "m": 5 / 12, "not given": 1 / 6})
    assert [note.code for note in done.notes if note.value == "not given"] == ["margin_kept"]


def test_a_missing_value_is_no_category(tmp_path: Path) -> None:
    done = found(tmp_path, ROWS.replace(",70", "-9,70"), margins=(GENDER,), missing=("-9",))
    assert set(after(done, "g")) == {"w", "m", "not given"}


@pytest.mark.parametrize("text", ["g:w=50%,m=50%", "g:w=50,m=50", "g: w = 0.5 , m = 0.5 "])
def test_shares_percent_and_blanks(text: str, tmp_path: Path) -> None:
    assert found(tmp_path, margins=(text,)).weights.sum() == pytest.approx(6)


def test_counts_say_how_many_people_there_are(tmp_path: Path) -> None:
    assert found(tmp_path, margins=("g:w=600,m=600",)).weights.sum() == pytest.approx(1200)
    assert found(tmp_path, margins=("g:w=600,m=600",), total="sample").weights.sum() == pytest.approx(6)
    assert found(tmp_path, margins=(GENDER,), total="90").weights.sum() == pytest.approx(90)


def test_names_may_hold_what_separates_them(tmp_path: Path) -> None:
    text = '"a: b","c"\n"x, y=1",1\n"x, y=1",1\n"z, 2",1\n'
    done = found(tmp_path, text, margins=("a: b:x, y=1=0.5,z, 2=0.5",))
    assert done.weights.tolist() == pytest.approx([0.75, 0.75, 1.5])


def test_numbers_are_cut_into_the_bands_of_their_margin(tmp_path: Path) -> None:
    done = found(tmp_path, margins=("age:18-45=0.6,46+=0.4",))
    assert done.weights.tolist() == pytest.approx([1.2] * 3 + [0.8] * 3)
    assert done.recipe.bands == {"age": ("18-45", "46+")}
    assert "banded" in [note.code for note in done.notes]
    told = found(tmp_path, margins=("age:18-45=0.6,46+=0.4",), bands=("age=18-45,46+",))
    np.testing.assert_array_equal(told.weights, done.weights)


def test_a_population_file_has_margins_and_bands(tmp_path: Path) -> None:
    file = tmp_path / "population.yaml"
    file.write_text(
        "population: all\nsource: invented\nbands: {age: [18-45, 46+]}\n"
        "margins: {age: {18-45: 0.6, 46+: 0.4}, g: {w: 0.5, m: 0.5}}\n",
        encoding="utf-8",
    )
    done = found(tmp_path, ROWS.replace("w,20", "m,20"), population=file)
    assert after(done, "age") == pytest.approx({"18-45": 0.6, "46+": 0.4})
    assert after(done, "g")["w"] == pytest.approx(5 / 12)


def cells(folder: Path, text: str = "age,share,g\n18-45,30,w\n18-45,0,m\n46+,70,m\n") -> Path:
    file = folder / "cells.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_cells_are_poststratified(tmp_path: Path) -> None:
    done = found(tmp_path, cell="g,age", cells=cells(tmp_path), bands=("age=18-45,46+",))
    assert done.recipe.method == "poststratify"
    assert done.weights.tolist() == pytest.approx([0.3 * 5 / 3] * 3 + [0.7 * 5 / 2] * 2 + [1.0])
    assert after(done, "g x age")["m x 46+"] == pytest.approx(0.7 * 5 / 6)


def test_a_mean_and_a_sum_are_the_same_request(tmp_path: Path) -> None:
    by_mean = found(tmp_path, means=("x=3",), method="linear", weight="w")
    by_sum = found(tmp_path, sums=("x=24",), method="linear", weight="w", total="8")
    assert by_mean.weights @ np.arange(1, 7) / 8 == pytest.approx(3)
    np.testing.assert_allclose(by_mean.weights, by_sum.weights)


def test_bounds_are_of_the_base_weights_or_of_equal_parts(tmp_path: Path) -> None:
    done = found(tmp_path, margins=("g:w=620,m=580",), bounds="0.5,1.6", method="logit")
    assert done.weights.sum() == pytest.approx(1200)
    ratio = done.weights / 200
    assert ratio.min() > 0.5 and ratio.max() < 1.6


def test_raking_within_bounds_has_the_errors_of_raking(tmp_path: Path) -> None:
    free = found(tmp_path, margins=(GENDER,))
    bound = found(tmp_path, margins=(GENDER,), bounds="0.5,1.5")
    np.testing.assert_allclose(free.weights, bound.weights)
    assert bound.calibration.mass == free.calibration.mass == "people"


def test_trimming_keeps_margins_and_limits(tmp_path: Path) -> None:
    text = "g,r,w\n" + "".join(f"{'wm'[n % 2]},{'nso'[n % 3]},{1 + n % 7}\n" for n in range(60))
    asked: dict[str, Any] = {"margins": ("g:w=0.4,m=0.6", "r:n=0.2,s=0.4,o=0.4"), "weight": "w"}
    free, cut = found(tmp_path, text, **asked), found(tmp_path, text, **asked, trim="0.4,1.7")
    assert free.weights.max() > 1.7 * 4 - 0.3
    mean = free.weights.mean()
    assert 0.4 * mean - 1e-9 <= cut.weights.min() and cut.weights.max() <= 1.7 * mean + 1e-9
    assert after(cut, "g") == pytest.approx({"w": 0.4, "m": 0.6})
    assert after(cut, "r") == pytest.approx({"n": 0.2, "s": 0.4, "o": 0.4})
    loose = found(tmp_path, text, **asked, trim="0.4,1.7", after_trim="spread")
    assert loose.weights.max() <= 1.7 * mean + 1e-9
    assert loose.weights.sum() == pytest.approx(free.weights.sum())
    assert "margins_loose" in [note.code for note in loose.notes]
    median = float(np.median(free.weights))
    by_median = found(tmp_path, text, **asked, trim="2", trim_of="median")
    assert by_median.weights.max() == pytest.approx(min(2 * median, float(by_median.weights.max())))


def test_limits_that_nobody_reaches_change_nothing(tmp_path: Path) -> None:
    plain, trimmed = (found(tmp_path, margins=(GENDER,), trim=trim) for trim in (None, "0.1,9"))
    np.testing.assert_array_equal(plain.weights, trimmed.weights)
    spread = found(tmp_path, margins=(GENDER,), trim="0.1,9", after_trim="spread")
    assert "margins_loose" not in [note.code for note in spread.notes]


def test_weights_alone_can_be_trimmed(tmp_path: Path) -> None:
    done = found(tmp_path, weight="w", trim="1.2", after_trim="spread")
    assert done.weights.max() == pytest.approx(1.2 * 8 / 6)
    assert done.weights.sum() == pytest.approx(8)


def test_zero_weights_stay_zero_and_are_said(tmp_path: Path) -> None:
    done = found(tmp_path, ROWS.replace("w,20,1,1", "w,20,0,1"), margins=(GENDER,), weight="w")
    assert done.weights[0] == 0
    assert done.diagnostics.idle == 1 and done.diagnostics.people == 5
    assert "zero_weight" in [note.code for note in done.notes]


def test_diagnostics_by_hand(tmp_path: Path) -> None:
    text = "g\n" + "w\n" * 3 + "m\n"
    figures = found(tmp_path, text, margins=(GENDER,)).diagnostics
    assert figures.design_effect == pytest.approx(4 / 3) and figures.effective_base == pytest.approx(3)
    assert (figures.smallest, figures.median, figures.largest) == pytest.approx((2 / 3, 2 / 3, 2))
    assert figures.ratio == pytest.approx(3)
    assert figures.top_5 == pytest.approx(0.2 * 2 / 4)  # a fifth of the heaviest person
    assert sum(figures.counts) == 4


def test_equal_weights_have_a_histogram_of_one_bin(tmp_path: Path) -> None:
    figures = found(tmp_path, "g\nw\nm\n", margins=(GENDER,)).diagnostics
    assert figures.counts == (2,)
    assert figures.design_effect == pytest.approx(1)


def test_one_person_with_nearly_all_weight_is_told(tmp_path: Path) -> None:
    done = found(tmp_path, "g,w\n" + "w,1\nm,1\n" * 9 + "w,1e9\n", margins=(GENDER,), weight="w")
    codes = [note.code for note in done.notes]
    assert "heavy_weights" in codes


def test_made_up_answers_are_told_and_keep_their_mark(tmp_path: Path) -> None:
    done = found(tmp_path, "g,_synthetic\nw,1\nm,1\n", margins=(GENDER,))
    assert done.notes[0].code == "synthetic"
    write_files(tmp_path / "answers.csv", done, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith("g,_synthetic,weight\nw,1,")


def test_thin_categories_are_told(tmp_path: Path) -> None:
    done = found(tmp_path, "g\n" + "w\n" * 30 + "m\n", margins=(GENDER,))
    (note,) = [note for note in done.notes if note.code == "margin_thin"]
    assert (note.column, note.value, note.count) == ("g", "m", 1)
    assert "rests on 1 person" in note.text


def test_shares_that_nearly_add_up_are_scaled_and_said(tmp_path: Path) -> None:
    (note,) = [
        one for one in found(tmp_path, margins=("g:w=0.5,m=0.49",)).notes if one.code == "margin_scaled"
    ]
    assert "add up to 0.99:" in note.text and note.column == "g"
    (note,) = [one for one in found(tmp_path, margins=("g:w=50,m=49",)).notes if one.code == "margin_scaled"]
    assert "add up to 99 %:" in note.text
    for exact in (GENDER, "g:w=50,m=50", "g:w=30,m=70000"):
        assert "margin_scaled" not in [one.code for one in found(tmp_path, margins=(exact,)).notes]


def test_a_value_that_nobody_has_is_said(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"margins": (GENDER,), "means": ("x=3.5",), "method": "linear"}
    (note,) = [one for one in found(tmp_path, missing=("-9",), **asked).notes if one.code == "missing_unused"]
    assert "'-9'" in note.text
    text = ROWS.replace(",70", "-9,70")
    assert "missing_unused" not in [one.code for one in found(tmp_path, text, missing=("-9",), **asked).notes]


def test_one_is_said_as_one(tmp_path: Path) -> None:
    done = found(tmp_path, ROWS.replace("w,20,1,1", "w,20,0,1"), margins=(GENDER,), weight="w")
    texts = [note.text for note in done.notes]
    assert any(text.startswith("1 person has 'not given' in 'g'") for text in texts)
    assert any(text.startswith("1 row has weight 0: it stays") for text in texts)


def remedy(folder: Path, **asked: Any) -> str:
    with pytest.raises(DataProblem) as caught:
        found(folder, **asked)
    assert caught.value.code == "margins_infeasible"
    return caught.value.message.rpartition("; ")[2]


def test_only_what_helps_is_proposed(tmp_path: Path) -> None:
    """A mean cannot be merged, raking has no limits to be wider, and another way must know means."""
    numbers = "x:1=0.2,2=0.2,3=0.1,4=0.2,5=0.2,6=0.1"
    for asked in (
        {"bounds": "0.9,1.1", "method": "linear"},
        {"trim": "0.9,1.1", "method": "raking-distance"},
    ):
        told = remedy(tmp_path, means=("x=4.9",), **asked)
        assert told == "leave out the mean of 'x', correct it, or set wider limits"
    told = remedy(tmp_path, margins=(GENDER,), means=("x=5.9",), method="raking-distance")
    assert "the mean of 'x'" in told and "margin 'g'" in told and "limits" not in told
    told = remedy(tmp_path, margins=("g:w=0.95,m=0.05", numbers))
    assert "merge the category" in told and "limits" not in told


def test_limits_are_said_once(tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match=r"no weights that lie between 0 and 1\.01 meet everything"):
        found(tmp_path, margins=("g:w=0.9,m=0.1",), trim="1.01")


def test_weights_of_any_size_have_few_digits(tmp_path: Path) -> None:
    done = found(tmp_path, "g,w\n" + "w,1e49\nm,3e49\n" * 5, margins=(GENDER,), weight="w")
    assert max(map(len, as_text(done).splitlines())) < 110


# --- what is written and printed ----------------------------------------------------------------------------


def test_the_file_says_how_it_was_weighted(tmp_path: Path) -> None:
    done = found(
        tmp_path,
        margins=("age:18-45=0.6,46+=0.4",),
        weight="w",
        missing=("-9",),
        trim="0.2,4",
        bounds="0.1,8",
    )
    target = tmp_path / "weighted.csv"
    assert write_files(tmp_path / "answers.csv", done, target) == (target, recipe_path(target))
    assert read_recipe(recipe_path(target)) == done.recipe
    lines = target.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "g,age,w,x,weight"
    assert [float(line.rsplit(",", 1)[1]) for line in lines[1:]] == done.weights.tolist()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weights": 99}', '{"weights": 1, "margins": 3}'])
def test_a_spoiled_recipe_is_said(content: str, tmp_path: Path) -> None:
    (tmp_path / "a.weights.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataProblem) as caught:
        read_recipe(tmp_path / "a.weights.json")
    assert caught.value.code == "recipe_unreadable"


def test_recipes_come_back_as_they_were(tmp_path: Path) -> None:
    done = found(tmp_path, cell="g,age", cells=cells(tmp_path), bands=("age=18-45,46+",)).recipe
    for recipe in (done, replace(done, trim=Trim(0.1, 3.0, "median", False), levels={"x": 3.0})):
        (tmp_path / "r.weights.json").write_text(recipe_json(recipe, {"rows": 6}), encoding="utf-8")
        assert read_recipe(tmp_path / "r.weights.json") == recipe


def test_the_text_shows_margins_and_costs(tmp_path: Path) -> None:
    text = as_text(found(tmp_path, "g\n" + "w\n" * 3 + "m\n", margins=(GENDER,)))
    assert "answers.csv: raking, column 'weight'" in text
    assert "  w       3   75.00   75.00  50.00   50.00" in text
    assert re.search(r"design effect \(Kish, 1 \+ CV²\) +1\.333", text)
    assert "######" in text
    assert "- 'm' of 'g' rests on 1 person" in text


def test_csv_has_a_line_for_each_category(tmp_path: Path) -> None:
    lines = printed(found(tmp_path, margins=(GENDER,)), "csv").splitlines()
    assert lines[0] == "margin,category,people,sample,before,after,target,kept"
    assert len(lines) == 4


def test_a_picture_of_means_only_shows_the_weights(tmp_path: Path) -> None:
    picture = as_svg(found(tmp_path, means=("x=3.4",), method="linear"))
    assert "how many people have them" in picture and "<circle" not in picture


def test_the_picture_is_svg_without_script_or_style(tmp_path: Path) -> None:
    picture = as_svg(found(tmp_path, "g<b>\n" + "w&\n" * 3 + "m\n", margins=("g<b>:w&=0.5,m=0.5",)))
    assert picture.startswith("<svg ") and picture.rstrip().endswith("</svg>")
    assert "w&amp;" in picture and "g&lt;b&gt;" in picture
    assert "<script" not in picture and "style=" not in picture and "http://www.w3.org/2000/svg" in picture
