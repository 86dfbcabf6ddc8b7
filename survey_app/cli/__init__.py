"""`earshot`: the command line, the verbs of one subject in a module. The only place that sees every room.

The modules of the verbs import nothing but click at their top, so that `earshot --help` answers at once;
what a verb needs it imports when it runs.
"""

from __future__ import annotations

import os

import click

from survey_app.cli import (
    audit,
    backup,
    compare,
    database,
    demo,
    fieldwork,
    plan_sample,
    receipt,
    results,
    serve,
    study_folder,
    tabulate,
    user,
    weight,
)

# Tables are many small products of matrices: threads for each only wait for one another. Read when NumPy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Arrow's own pools keep what was freed, up to a whole file's worth.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="See one study from the question to the report:  earshot demo",
)
@click.version_option(package_name="earshot", prog_name="earshot")
def main() -> None:
    """How customers want to complain, how fast they expect an answer, and what to do about it."""


for verb in (
    demo.demo,
    study_folder.new,
    study_folder.check,
    fieldwork.publish,
    serve.serve,
    fieldwork.close,
    fieldwork.invite,
    results.snapshot,
    results.report,
    tabulate.tabulate,
    weight.weight,
    compare.compare,
    plan_sample.plan_sample,
    audit.audit,
    study_folder.diff,
    receipt.receipt,
    receipt.erase,
    backup.backup,
    backup.restore,
    database.upgrade,
    database.doctor,
    user.user,
    results.worker,
):
    main.add_command(verb)
