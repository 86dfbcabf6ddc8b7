"""`earshot tabulate`: shares with their uncertainty from a data file, without a study around it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from survey_app.cli.table import of_a_table

if TYPE_CHECKING:
    from analysis.request import Request


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
    from analysis import printing
    from analysis.evidence.stated import number_of_share
    from analysis.problems import DataProblem
    from analysis.request import Request
    from analysis.rows import check_format
    from analysis.table.design import Design
    from analysis.tabulate import MOST_LINES, MOST_PRINTED
    from analysis.tabulate import tabulate as run

    try:
        check_format(form)
        design = Design(*(asked.pop(name) for name in ("weight", "strata", "cluster", "fpc", "lonely")))
        level = number_of_share("--level", asked.pop("level"))
        request = Request(design=design, level=level, **asked)
        most = MOST_PRINTED if form == "text" else MOST_LINES
        if checks:
            text = _beside(Path(file), request, checks, not_asked, most, form)
        else:
            text = printing.printed(run(Path(file), request, most), form)
    except DataProblem as problem:
        click.echo(f"earshot tabulate: {problem.message}", err=True)
        raise SystemExit(1) from None
    click.echo(text, nl=False)


def _beside(
    file: Path, request: Request, checks: tuple[str, ...], not_asked: tuple[str, ...], most: int, form: str
) -> str:
    """Return the tables with and without the rows that checks flag."""
    from analysis.files.formats import open_file
    from analysis.quality import read_checks, with_and_without
    from analysis.rows import printed

    found = with_and_without(file, request, read_checks(checks, open_file(file).names), not_asked, most)
    return printed(found, found.as_rows(), form)
