"""`earshot tabulate`: shares with their uncertainty from a data file, without a study around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from survey_app.cli.table import of_a_table


@click.command(
    epilog="""\b
Shares are ratio estimates with linearised standard errors; a question's base is everyone who answered it.
Rows without an answer, and rows outside --where, leave the base and stay in the design.
Exit code 0, or 1 with one line on standard error that says what to do."""
)
@of_a_table("tabulate")
@click.option(
    "--interval",
    default="auto",
    show_default=True,
    metavar="METHOD",
    help="auto, logit, beta, wilson, likelihood, asin or xlogit.",
)
@click.option("--total", is_flag=True, help="With --by, show everyone as the segment 'all' too.")
@click.option(
    "--quality",
    "checks",
    multiple=True,
    metavar="KIND:COL,…",
    help="Show tables with and without rows flagged by seconds:COL, grid:COL,COL, text:COL or sequence:COL,COL.",
)
@click.option(
    "--not-asked", multiple=True, metavar="VALUE", help="With --quality: a value that means not asked."
)
@click.option(
    "--format", "form", default="text", show_default=True, metavar="FORM", help="text, csv or json."
)
def tabulate(file: str, form: str, checks: tuple[str, ...], not_asked: tuple[str, ...], **asked: Any) -> None:
    """Tabulate questions of a data FILE by segments: shares, standard errors, intervals, bases.

    FILE is CSV, Parquet, SPSS (.sav, .zsav, .por) or Stata (.dta); the last two need the extra 'formats'.
    A folder of Parquet files, or a snapshot, is read as one file.

    \b
    Example
      earshot tabulate answers.csv --question channel --by age \\
          --bands age=18-23,24-34,35+ --net 'channel:online=social|e-mail' \\
          --weight w --strata region --cluster branch --format json
    """
    from analysis.evidence.stated import number_of_share
    from analysis.files.formats import open_file
    from analysis.option_words import read_request
    from analysis.problems import DataProblem
    from analysis.rows import check_format, printed
    from analysis.show import tabulation as printing
    from analysis.table.design import Design
    from analysis.tabulate import MOST_LINES, MOST_PRINTED
    from analysis.tabulate import tabulate as run

    try:
        check_format(form)
        design = Design(*(asked.pop(name) for name in ("weight", "strata", "cluster", "fpc", "lonely")))
        level = number_of_share("--level", asked.pop("level"))
        opened = open_file(Path(file))
        request = read_request(opened.names, design=design, level=level, **asked)
        most = MOST_PRINTED if form == "text" else MOST_LINES
        if checks:
            from analysis.quality import read_checks, with_and_without

            flagged = read_checks(checks, opened.names)
            both = with_and_without(opened, request, flagged, not_asked, most)
            text = printed(both, both.as_rows(), form)
        else:
            text = printing.printed(run(opened, request, most), form)
    except DataProblem as problem:
        click.echo(f"earshot tabulate: {problem.message}", err=True)
        raise SystemExit(1) from None
    click.echo(text, nl=False)
