"""The standard task of tables, one program each: ours, DuckDB's bare GROUP BYs, svy, R survey.

    python -m benchmarks.table_tasks ours|duckdb|svy FILE [OPTION]

The task: 20 questions of 5 choices by 6 ages, standard errors of all 600 cells under strata, clusters and weights,
and 20 Rao-Scott tests. `benchmarks.tables` starts these and measures them from outside. Each prints one line of
JSON; svy and R also print the CPU seconds of the task without reading the file, scaled where they did a part.
"""

from __future__ import annotations

import json
import os
import sys
import time

QUESTIONS = [f"q{number:02d}" for number in range(1, 21)]
BY = "age_group"

R_SCRIPT = """
suppressMessages(library(survey))
given <- commandArgs(TRUE)
d <- read.csv(given[1])
for (name in c("age_group", "q01", "q02")) d[[name]] <- factor(d[[name]])
begun <- proc.time()
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = d)
made <- proc.time()
a <- svyby(~q01, ~age_group, design, svymean)
b <- svyby(~q02, ~age_group, design, svymean)
shares <- proc.time()
t <- svychisq(~q01 + age_group, design)
tests <- proc.time()
cpu <- function(from, to) sum((to - from)[1:2])
total <- cpu(begun, made) + 10 * cpu(made, shares) + 20 * cpu(shares, tests)
cat(sprintf('{"cpu": %.2f, "f": %.12f, "se": %.15f}\\n', total, t$statistic, SE(a)[1, 1]))
"""
"""Two questions' shares and one test, scaled to twenty; columns of other questions are not even read."""


def ours(file: str, _: str = "") -> dict[str, object]:
    """Do the task with the library's own functions, under the settings that `earshot` makes for itself."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from pathlib import Path

    from analysis.answers import answers
    from analysis.estimators.association import rao_scott
    from analysis.estimators.design_variance import staged
    from analysis.estimators.proportion import shares
    from analysis.files.formats import open_file
    from analysis.request import Request
    from analysis.table.design import Design

    design = Design("weight", "stratum", "psu")
    cells, tests = [], []
    request = Request(tuple(QUESTIONS), by=(BY,), design=design)
    for each in answers(open_file(Path(file)), request):
        ((sums, choices),) = each.parts
        stage = staged(sums, design)
        cells += shares(stage, question=each.question, answers=choices, segments=each.segments, design=design)
        tests.append(rao_scott(stage, answers=choices, segments=each.segments, design=design))
    return {"cells": len(cells), "f": tests[0].statistic, "se": cells[0].se}


def duckdb(file: str, threads: str = "1") -> dict[str, object]:
    """Group the same columns twenty times; the groups stay inside, only their number and sum come out."""
    import duckdb as engine

    connection = engine.connect()
    if threads != "all":
        connection.execute(f"SET threads = {int(threads)}")
    groups = 0
    for question in QUESTIONS:
        inner = f"SELECT psu, {BY}, {question}, sum(weight) AS w FROM '{file}' GROUP BY ALL"
        found = connection.execute(f"SELECT count(*), sum(w) FROM ({inner})").fetchone()
        groups += 0 if found is None else int(found[0])
    return {"cells": groups}


def svy(file: str, _: str = "") -> dict[str, object]:
    """Do the task with svy; reading the file is not counted."""
    import polars
    import svy as rival

    data = polars.read_parquet(file)
    begun = time.process_time()
    sample = rival.Sample(data, rival.Design(stratum="stratum", psu="psu", wgt="weight"))
    sample.estimation.prop(QUESTIONS, by=BY)
    for question in QUESTIONS:
        sample.categorical.tabulate(question, BY)
    return {"cells": 600, "cpu": time.process_time() - begun}


def as_csv(file: str, to: str) -> dict[str, object]:
    """Write the columns that the R script reads."""
    import pyarrow.csv as writer
    import pyarrow.parquet as pq

    writer.write_csv(pq.read_table(file, columns=["stratum", "psu", "weight", BY, "q01", "q02"]), to)
    return {}


TASKS = {"ours": ours, "duckdb": duckdb, "svy": svy, "csv": as_csv}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
