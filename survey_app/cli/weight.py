"""`earshot weight`: weights for a data file that bring it to what is known of its population."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command(
    epilog="""\b
The file is written with one more column and stays as it was otherwise. Beside it stands OUT.weights.json, from
which earshot tabulate takes errors that know of the margins. A category that the population does not give
keeps its share. Exit code 0, or 1 with one line on standard error that says what to do."""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), metavar="OUT",
              help="The weighted file: .csv, .tsv or .parquet.")  # fmt: skip
@click.option("--margin", "margins", multiple=True, metavar="COL:CATEGORY=SHARE,...",
              help="Shares (0.3 or 30%) or counts of a column's categories (repeatable).")  # fmt: skip
@click.option("--population", type=click.Path(path_type=Path), metavar="FILE",
              help="A population.yaml with margins and bands.")  # fmt: skip
@click.option("--cell", metavar="COL,COL", help="Columns whose combinations have known shares, with --cells.")
@click.option("--cells", type=click.Path(path_type=Path), metavar="FILE",
              help="CSV with --cell's columns and one of shares or counts.")  # fmt: skip
@click.option("--mean", "means", multiple=True, metavar="COL=NUMBER",
              help="The population's mean of a column of numbers (repeatable).")  # fmt: skip
@click.option("--sum", "sums", multiple=True, metavar="COL=NUMBER",
              help="The population's total of a column of numbers (repeatable).")  # fmt: skip
@click.option("--method", metavar="METHOD",
              help="rake (default), poststratify (default with --cell), linear, logit or raking-distance.")  # fmt: skip
@click.option("--bounds", metavar="LOW,HIGH", help="Limits of new weight / base weight, such as 0.3,3.")
@click.option("--trim", metavar="[LOW,]HIGH", help="Limits of the weights, as multiples of their mean.")
@click.option("--trim-of", default="mean", show_default=True, metavar="WHAT",
              help="What --trim is a multiple of: mean, median, or weight (limits as they are).")  # fmt: skip
@click.option("--after-trim", default="recalibrate", show_default=True, metavar="HOW",
              help="recalibrate: margins and limits both hold; spread: what was cut goes to the others.")  # fmt: skip
@click.option("--weight", metavar="COL", help="Column of base weights.")
@click.option("--bands", multiple=True, metavar="COL=BANDS",
              help="Cut a column of numbers into bands, ends included: age=18-23,24-34,35+ (repeatable).")  # fmt: skip
@click.option("--missing", multiple=True, metavar="VALUE", help="A value that means no answer (repeatable).")
@click.option(
    "--total", metavar="N", help="What the weights add up to: a number, or 'sample' for a mean of 1."
)
@click.option("--tolerance", default=1e-10, show_default=True, metavar="GAP", type=float,
              help="How near to its target, relative to it, is near enough.")  # fmt: skip
@click.option("--name", default="weight", show_default=True, metavar="COL", help="Name of the new column.")
@click.option("--picture", type=click.Path(path_type=Path), metavar="FILE.svg",
              help="Draw margins and weights.")  # fmt: skip
@click.option("--force", is_flag=True, help="Write over files that are already there.")
@click.option(
    "--format", "form", default="text", show_default=True, metavar="FORM", help="text, csv or json."
)
def weight(file: Path, target: Path, picture: Path | None, force: bool, form: str, **asked: Any) -> None:
    """Weight a data FILE to what is known of its population, and say what that costs.

    FILE is CSV, Parquet, SPSS (.sav, .zsav, .por) or Stata (.dta); the last two need the extra 'formats'.

    \b
    Examples
      earshot weight answers.csv --to weighted.csv --bands age=18-34,35-54,55+ \\
          --margin age:18-34=0.31,35-54=0.33,55+=0.36 --margin gender:woman=0.51,man=0.49 --trim 0.2,5
      earshot weight answers.csv --to weighted.csv --weight w --cell age,region --cells census.csv
      earshot weight answers.csv --to weighted.csv --method linear --mean income=31000 \\
          --margin gender:woman=0.51,man=0.49 --bounds 0.3,3
    """
    from analysis.problems import DataProblem
    from analysis.rows import check_format
    from analysis.show.weighting import printed
    from analysis.weighting.output_files import check_files, write_files
    from analysis.weighting.request import WeightRequest
    from analysis.weighting.weighting import weigh

    try:
        check_format(form)
        check_files(file, target, picture, force)
        found = weigh(file, WeightRequest(**asked))
        written = write_files(file, found, target, picture, force)
        text = printed(found, form, written)
    except DataProblem as problem:
        click.echo(f"earshot weight: {problem.message}", err=True)
        raise SystemExit(1) from None
    click.echo(text, nl=False)
