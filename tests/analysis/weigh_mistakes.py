"""Mistakes in what is asked of `weigh`, each with its code and words of its message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.files.formats import open_file
from analysis.weighting.output_files import write_files
from analysis.weighting.recipe import read_recipe
from analysis.weighting.request import WeightRequest
from analysis.weighting.weighted_file import weighted_file
from analysis.weighting.weighting import Weighting, weigh

GENDER = "g:w=0.5,m=0.5"
ROWS = "g,age,w,x\nw,20,1,1\nw,30,2,2\nw,40,1,3\nm,50,1,4\nm,60,2,5\n,70,1,6\n"


def file_of(folder: Path, text: str = ROWS) -> Path:
    """Write rows to a file."""
    file = folder / "answers.csv"
    file.write_text(text, encoding="utf-8")
    return file


def found(folder: Path, text: str = ROWS, **asked: Any) -> Weighting:
    """Weight rows."""
    return weigh(file_of(folder, text), WeightRequest(**asked))


def asked(text: str = ROWS, **more: Any) -> Callable[[Path], None]:
    """Return the call that weights `text` written to a file; a path among `more` is a file of that content."""

    def call(folder: Path) -> None:
        files = {name: more.pop(name) for name in ("cells", "population") if isinstance(more.get(name), str)}
        for name, content in files.items():
            (folder / f"{name}.csv").write_text(content, encoding="utf-8")
        found(folder, text, **more, **{name: folder / f"{name}.csv" for name in files})

    return call


def written(target: str, beside: str = "", **more: Any) -> Callable[[Path], None]:
    """Return the call that writes a weighted file to `target`, with a file `beside` already there."""

    def call(folder: Path) -> None:
        done = found(folder, margins=(GENDER,))
        if beside:
            (folder / beside).write_text("mine", encoding="utf-8")
        write_files(folder / "answers.csv", done, folder / target, **more)

    return call


def spoiled_recipe(folder: Path) -> None:
    (folder / "a.weights.json").write_text("{", encoding="utf-8")
    read_recipe(folder / "a.weights.json")


def recipe_of_another_column(folder: Path) -> None:
    """Name the recipe of one column of weights for another."""
    written("out.csv")(folder)
    weighted_file(open_file(folder / "out.csv"), "w", folder / "out.weights.json")


CELL = "g,age"
BANDS = ("age=18-45,46+",)
MISTAKES: list[tuple[str, Callable[[Path], None], str]] = [
    ("no_margin", asked(), "'g', 'age', 'w', 'x'"),
    ("unknown_column", asked(margins=("gg:w=1",)), "'gg'"),
    ("unknown_column", asked(margins=(GENDER,), weight="weigth"), "it has 'g'"),
    ("bad_option", asked(margins=("g",)), "COLUMN:CATEGORY=SHARE"),
    ("bad_option", asked(margins=("g:",)), "COLUMN:CATEGORY=SHARE"),
    ("bad_option", asked(margins=("g:w",)), "COLUMN:CATEGORY=SHARE"),
    ("bad_option", asked(margins=("g:w=0.5,w=0.5",)), "'g:w=0.5,w=0.5'"),
    ("bad_option", asked(margins=(GENDER,), name=" "), "--name ' '"),
    ("margin_bad_share", asked(margins=("g:w=0.5,m=1.2.3",)), "category 'm': 1.2.3 is not a share"),
    ("margin_bad_share", asked(margins=("g:w=nan,m=0.5",)), "category 'w': nan is not a share"),
    ("margin_bad_share", asked(margins=("g:w=0.5,m=Inf",)), "category 'm': Inf is not a share"),
    ("margin_bad_share", asked(margins=("g:w=1e300,m=1e300",)), "category 'w': 1e+300 is not a share"),
    ("bad_option", asked(margins=(GENDER,), total="1e300"), "1e-15 to 1e15"),
    ("bad_option", asked(margins=(GENDER,), total="1e-300"), "1e-15 to 1e15"),
    ("bad_option", asked(margins=(GENDER,), bounds="0.1,1e300"), "1e6 at most"),
    ("bad_option", asked(margins=(GENDER,), trim="1"), "LOW below 1 and HIGH above 1"),
    ("bad_option", asked(margins=(GENDER,), trim="3,2", trim_of="median"), "LOW below HIGH"),
    ("number_beyond", asked("x\n1\n1e300\n", means=("x=2",), method="linear"), "row 3: 1e+300"),
    (
        "mean_outside",
        asked(means=("x=100",), method="linear"),
        "'x' to a mean of 100: its values lie between 1 and 6",
    ),
    ("mean_outside", asked(sums=("x=1e300",), total="6", method="linear"), "between 1 and 6"),
    (
        "weight_beyond",
        asked("g,w\nw,9e49\nm,1e49\nm,1e-49\n", margins=("g:w=0.9999,m=0.0001",), weight="w"),
        "row 4 would get the weight",
    ),
    ("bad_option", asked(means=("x=many",), method="linear"), "COLUMN=NUMBER"),
    ("bad_option", asked(margins=(GENDER,), bounds="2,3"), "LOW < 1 < HIGH"),
    ("bad_option", asked(margins=(GENDER,), bounds="wide"), "LOW,HIGH"),
    ("bad_option", asked(margins=(GENDER,), trim="0.5"), "0.2,5"),
    ("bad_option", asked(margins=(GENDER,), total="-3"), "a number above 0"),
    ("unknown_option", asked(margins=(GENDER,), method="rim"), "rake, poststratify"),
    ("unknown_option", asked(margins=(GENDER,), trim="5", trim_of="mode"), "mean, median, weight"),
    ("unknown_option", asked(margins=(GENDER,), trim="5", after_trim="stop"), "recalibrate, spread"),
    ("margin_bad_share", asked(margins=("g:w=-0.5,m=1.5",)), "category 'w'"),
    ("margin_category_empty", asked(margins=("g:w=0.5,m=0.4,x=0.1",)), "category 'x'"),
    ("margin_zero_target", asked(margins=("g:w=1,m=0",)), "the sample has 2 people in it"),
    ("margin_repeated", asked(margins=(GENDER, GENDER)), "'g'"),
    ("margin_sum", asked(margins=("g:w=0.5,m=0.4",)), "('w' 0.5, 'm' 0.4) add up to 0.9"),
    (
        "margin_totals_differ",
        asked(margins=("g:w=500,m=500", "x:1=800,2=900")),
        "counts 1700 people, margin 'g'",
    ),
    (
        "margin_categories",
        asked(margins=("g:woman=0.5,man=0.5",)),
        "'woman', but no category of the column: it has",
    ),
    (
        "margins_infeasible",
        asked(margins=("g:w=0.95,m=0.05", "x:1=0.2,2=0.2,3=0.1,4=0.2,5=0.2,6=0.1")),
        "leave",
    ),
    ("margins_infeasible", asked(margins=("g:w=0.8,m=0.2",), bounds="0.9,1.1"), "category 'm'"),
    ("total_infeasible", asked(margins=("g:w=500,m=500",), weight="w", bounds="0.5,2"), "no nearer than 16"),
    (
        "bad_limits",
        asked(margins=(GENDER,), weight="w", trim="30,40", trim_of="weight", bounds="0.5,2"),
        "--trim",
    ),
    ("logit_limits", asked(margins=(GENDER,), method="logit"), "--bounds 0.3,3"),
    (
        "trim_impossible",
        asked(weight="w", trim="2,3", trim_of="weight", after_trim="spread"),
        "mean is 1.33333",
    ),
    ("bands_unused", asked(margins=(GENDER,), bands=BANDS), "'age'"),
    ("total_unknown", asked(sums=("x=20",), method="linear"), "--total"),
    ("method_means", asked(means=("x=3",)), "'x'"),
    ("method_margins", asked(margins=(GENDER, "x:1=0.5,2=0.5"), method="poststratify"), "not 2"),
    (
        "too_many_choices",
        asked("id\n" + "".join(f"p{n}\n" for n in range(1001)), margins=("id:p1=1",)),
        "an id",
    ),
    ("number_missing", asked("x\n1\n\n3\n", means=("x=2",), method="linear"), "row 3: an empty cell"),
    ("number_missing", asked(means=("x=3",), method="linear", missing=("2",)), "row 3: '2'"),
    ("not_a_number", asked("x\n1\nold\n3\n", margins=("x:0-5=1",), bands=("x=0-5",)), "row 3: 'old'"),
    ("population_unreadable", asked(population="population: [all]"), "population.csv"),
    ("population_unreadable", asked(margins=(GENDER,), population="margins: {"), "population.csv"),
    ("cells_apart", asked(cell="g"), "--cells"),
    ("cells_columns", asked(cell=CELL, cells="g,share\nw,1\n"), "give it the columns g, age, share"),
    ("cells_row", asked(cell=CELL, bands=BANDS, cells="g,age,n\nw,46+,1\nw,46+,2\n"), "row 3"),
    ("cells_row", asked(cell=CELL, bands=BANDS, cells="g,age,n\nw,46+,many\n"), "row 2"),
    (
        "weights_negative",
        asked(means=("x=6",), method="linear"),
        "2 people would get a weight below 0, the first in row 2: use --method raking-distance,",
    ),
    ("column_taken", asked(margins=(GENDER,), name="w"), "'w'"),
    ("file_exists", written("out.csv", "out.weights.json"), "out.weights.json"),
    ("file_itself", written("answers.csv", force=True), "answers.csv"),
    ("file_unwritable", written("no/out.csv"), "there is no folder"),
    ("file_unsupported", written("out.csv", picture=Path("a.png")), "use .svg"),
    ("recipe_unreadable", spoiled_recipe, "a.weights.json"),
    ("recipe_unfit", recipe_of_another_column, "column 'weight', not of 'w'"),
    (
        "calibration_stuck",
        asked(means=("x=3.7",), method="raking-distance", tolerance=1e-30),
        "another --method",
    ),
    ("bad_option", asked(margins=(GENDER,), tolerance=0.0), "--tolerance '0'"),
    ("bad_weight", asked("g,w\nw,-1\nm,1\n", margins=(GENDER,), weight="w"), "row 2: '-1'"),
    ("bad_weight", asked("g,w\nw,1\nm,\n", margins=(GENDER,), weight="w"), "row 3: an empty cell"),
    ("bad_weight", asked("g,w\nw,1\nm,1e60\n", margins=(GENDER,), weight="w"), "'1e60'"),
    ("weights_zero", asked("g,w\nw,0\nm,0\n", margins=(GENDER,), weight="w"), "'w'"),
]
