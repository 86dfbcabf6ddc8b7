"""`earshot compare`: does the answer depend on the segment, and between which segments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from survey_app.cli.table import of_a_table


@click.command(
    epilog="""\b
Shares, errors and tests come from the sampling design; differences use the covariance of both segments.
A letter beside a share names a column whose share is lower. Exit code 0, or 1 with one line on standard
error that says what to do."""
)
@of_a_table("compare")
@click.option(
    "--test",
    default="rao-scott",
    show_default=True,
    metavar="TEST",
    help="Overall: rao-scott, chisq, wald, adjusted-wald, lincom, saddlepoint, rank, trend or none.",
)
@click.option(
    "--adjust",
    default="holm",
    show_default=True,
    metavar="METHOD",
    help="For the pairs of a choice: holm, bonferroni, bh or none.",
)
@click.option(
    "--equivalence",
    "margin",
    metavar="SHARE",
    help="Ask whether two segments differ by less than this share, such as 5%.",
)
@click.option(
    "--interval", default="auto", show_default=True, metavar="METHOD", help="Of each share, as in tabulate."
)
@click.option(
    "--format", "form", default="text", show_default=True, metavar="FORM", help="text, csv or json."
)
def compare(file: str, form: str, test: str, adjust: str, margin: str | None, **asked: Any) -> None:
    """Compare the answers of segments in a data FILE: one overall test, column letters, every pair.

    FILE is CSV, Parquet, SPSS (.sav, .zsav, .por) or Stata (.dta); the last two need the extra 'formats'.

    \b
    Example
      earshot compare answers.csv --question channel --by age \\
          --bands age=18-23,24-34,35+ --net 'channel:online=social|e-mail' \\
          --weight w --strata region --cluster branch --adjust bh --equivalence 5%
    """
    from analysis.compare import compare as run
    from analysis.evidence.stated import number_of_share
    from analysis.files.formats import open_file
    from analysis.option_words import read_request
    from analysis.problems import DataProblem
    from analysis.rows import check_format
    from analysis.show.comparison import printed
    from analysis.table.design import Design

    try:
        check_format(form)
        design = Design(*(asked.pop(name) for name in ("weight", "strata", "cluster", "fpc", "lonely")))
        level = number_of_share("--level", asked.pop("level"))
        within = None if margin is None else number_of_share("--equivalence", margin)
        opened = open_file(Path(file))
        request = read_request(opened.names, design=design, level=level, **asked)
        found = run(opened, request, test=test, adjust=adjust, margin=within)
        text = printed(found, form)
    except DataProblem as problem:
        click.echo(f"earshot compare: {problem.message}", err=True)
        raise SystemExit(1) from None
    click.echo(text, nl=False)
