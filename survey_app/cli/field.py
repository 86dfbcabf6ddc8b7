"""`earshot publish`, `serve`, `close`: a study in the field."""

from __future__ import annotations

from pathlib import Path

import click

from survey_app.cli.opening import STUDY, now_ms, open_engine, open_settings, open_study, refuse


@click.command(epilog="Example:  earshot publish my_study")
@STUDY
def publish(study: Path) -> None:
    """Let a study collect on its present version."""
    from questionnaires.problems import StudyFault
    from survey_app.storage import fieldwork

    found = open_study(study)
    settings = open_settings()
    engine = open_engine(settings)
    try:
        changed = fieldwork.publish(engine, found, now_ms())
    except StudyFault as fault:
        refuse("\n".join(map(str, [*fault.problems, f"{study}: not published; nothing was changed"])))
    if changed:
        click.echo(f"{found.name} collects now, on version {found.version[:12]}, into {settings.data}.")
        if found.synthetic:
            click.echo("It is marked synthetic: nothing it collects counts. For real people change `sample`.")
        click.echo(f"Next: earshot serve {study}")
    else:
        click.echo(f"{found.name} already collects on version {found.version[:12]}; nothing changed.")


@click.command(epilog="Example:  earshot close my_study")
@STUDY
def close(study: Path) -> None:
    """End a study's fieldwork; what was answered stays."""
    from survey_app.storage import fieldwork

    found = open_study(study)
    engine = open_engine(open_settings())
    if not fieldwork.close(engine, found.name, now_ms()):
        refuse(f"{found.name} is not open, so it cannot be closed")
    counts = fieldwork.counts(engine, found.name)
    click.echo(f"{found.name} is closed: {counts['started']} started, {counts['finished']} finished.")


@click.command(epilog="Example:  earshot serve my_study --port 8080")
@STUDY
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--data", type=click.Path(path_type=Path), help="The data folder, instead of EARSHOT_DATA.")
@click.option("--with-reports", is_flag=True, help="Show the finished reports too (this machine only).")
@click.option("--behind-https", is_flag=True, help="People reach the form over https, through a proxy here.")
@click.option("--insecure-lan", is_flag=True, help="Let --host be reached from outside over plain http.")
def serve(
    study: Path,
    host: str,
    port: int,
    data: Path | None,
    with_reports: bool,
    behind_https: bool,
    insecure_lan: bool,
) -> None:
    """Serve a published study's form until Ctrl-C.

    The server itself speaks plain http on this machine. Behind a proxy that speaks https, name the hosts
    that people use in EARSHOT_HOSTS (divided by commas) and say --behind-https. In a network that you trust,
    to try the form on a phone, say --insecure-lan: whoever listens there can read the answers.
    """
    from dataclasses import replace

    from survey_app.cli.server import run_server
    from survey_app.storage import fieldwork

    if host in ("0.0.0.0", "::") and insecure_lan:
        refuse(f"{host} is no address that a phone can open; give --host the address of this machine")
    if host not in ("127.0.0.1", "localhost", "::1") and not insecure_lan:
        refuse(
            f"{host} is reached from outside and this server speaks plain http; use 127.0.0.1 behind a proxy, "
            "or --insecure-lan to try the form in a network that you trust"
        )
    found = open_study(study)
    if insecure_lan and (with_reports or behind_https):
        refuse("--insecure-lan goes alone: reports stay on this machine, and https needs a proxy")
    if with_reports and behind_https:
        refuse(
            "--with-reports shows reports to everyone who reaches the server; it goes with this machine only"
        )
    settings = open_settings(data, reports_open=with_reports, secure=behind_https)
    settings = replace(settings, studies=(found.name,))
    if insecure_lan:
        settings = replace(settings, hosts=(*settings.hosts, host))
    engine = open_engine(settings)
    field = fieldwork.fielded(engine, found.name)
    if field is None or field.status != "open":
        refuse(f"{found.name} does not collect; let it with: earshot publish {study}")
    if field.version != found.version:
        click.echo(f"The folder has changed since it was published; serving version {field.version[:12]}.")
    click.echo(f"The form: http://{host}:{port}/s/{found.name}  (Ctrl-C ends)")
    run_server(settings, engine, host, port)
