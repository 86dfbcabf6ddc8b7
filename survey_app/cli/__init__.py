"""`earshot`: the command line, one verb a module. The only place that sees every room.

The modules of the verbs import nothing but click at their top, so that `earshot --help` answers at once;
what a verb needs it imports when it runs.
"""

from __future__ import annotations

import click

from survey_app.cli import (
    backup,
    database,
    demo,
    diff,
    doctor,
    erase,
    field,
    invite,
    outcome,
    receipt,
    serve,
    study,
    tabulate,
    user,
    work,
)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="See one study from the question to the report:  earshot demo",
)
@click.version_option(package_name="earshot", prog_name="earshot")
def main() -> None:
    """How customers want to complain, how fast they expect an answer, and what to do about it."""


for verb in (
    demo.demo,
    study.new,
    study.check,
    field.publish,
    serve.serve,
    field.close,
    invite.invite,
    outcome.snapshot,
    outcome.report,
    tabulate.tabulate,
    diff.diff,
    receipt.receipt,
    erase.erase,
    backup.backup,
    backup.restore,
    database.upgrade,
    doctor.doctor,
    user.user,
    work.worker,
):
    main.add_command(verb)
