"""`earshot serve`: take the port for a study's form, and hand over to the supervisor."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from survey_app.cli.console import STUDY, open_engine, open_settings, open_study, refuse

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from questionnaires.study import Study
    from survey_app.config import Settings
    from survey_app.serving.processes import Orders

HERE = ("127.0.0.1", "localhost", "::1")
BACKLOG = 1024
"""Connections that wait while all processes are busy, or are being replaced."""
PATIENCE = 1.0
"""Seconds in which an earlier server that was just ended may let go of the port."""


@click.command(epilog="Example:  earshot serve my_study --port 8080")
@STUDY
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--data", type=click.Path(path_type=Path), help="The data folder, instead of EARSHOT_DATA.")
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64),
              help="How many processes serve people.")  # fmt: skip
@click.option("--no-worker", is_flag=True, help="Leave the jobs (snapshots, reports) to another earshot.")
@click.option("--with-reports", is_flag=True, help="Show the finished reports too (this machine only).")
@click.option("--behind-https", is_flag=True, help="People reach the form over https, through a proxy here.")
@click.option("--proxy-hops", default=0, show_default=True, type=click.IntRange(0, 8),
              help="How many proxies of yours add to X-Forwarded-For.")  # fmt: skip
@click.option("--insecure-lan", is_flag=True, help="Let --host be reached from outside over plain http.")
@click.option("--log", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="On standard error: errors only, or JSON with a line a request.")  # fmt: skip
def serve(
    study: Path,
    host: str,
    port: int,
    data: Path | None,
    processes: int,
    no_worker: bool,
    with_reports: bool,
    behind_https: bool,
    proxy_hops: int,
    insecure_lan: bool,
    log: str,
) -> None:
    """Serve a published study's form until Ctrl-C.

    The server itself speaks plain http on this machine. Behind a proxy that speaks https, name the hosts
    that people use in EARSHOT_HOSTS (divided by commas) and say --behind-https. In a network that you trust,
    to try the form on a phone, say --insecure-lan: whoever listens there can read the answers.
    """
    from dataclasses import replace

    from survey_app.serving.processes import Orders
    from survey_app.storage import fieldwork

    _refuse_places(host, with_reports=with_reports, behind_https=behind_https, insecure_lan=insecure_lan)
    _refuse_hosts(behind_https)
    opened = open_study(study)
    _refuse_other_folder(opened, study, data)
    settings = open_settings(data, reports_open=with_reports, secure=behind_https)
    hosts = (host,) if insecure_lan else ()
    settings = replace(settings, studies=(opened.name,), hosts=(*settings.hosts, *hosts))
    engine = open_engine(settings)
    field = fieldwork.fielded(engine, opened.name)
    if field is None:
        _refuse_unpublished(opened, study, settings.data)
    if field.status != "open":
        refuse(f"{opened.name} does not collect; let it with: earshot publish {study}")
    if field.version != opened.version:
        click.echo(f"The folder has changed since it was published; serving version {field.version[:12]}.")
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    orders = Orders(
        studies=(opened.name,),
        data=str(settings.data) if data else "",
        hosts=hosts,
        secure=behind_https,
        reports_open=with_reports,
        processes=processes,
        worker=not no_worker,
        proxy_hops=proxy_hops,
        log=log,
        announced=f"The form: http://{authority}/s/{opened.name}  (Ctrl-C ends)",
    )
    run_server(settings, engine, orders, host, port)


def _refuse_places(host: str, *, with_reports: bool, behind_https: bool, insecure_lan: bool) -> None:
    """Refuse what would let the wrong people in."""
    if host in ("0.0.0.0", "::") and insecure_lan:
        refuse(f"{host} is no address that a phone can open; give --host the address of this machine")
    if host not in HERE and not insecure_lan:
        refuse(
            f"{host} is reached from outside and this server speaks plain http; use 127.0.0.1 behind a proxy, "
            "or --insecure-lan to try the form in a network that you trust"
        )
    if insecure_lan and (with_reports or behind_https):
        refuse("--insecure-lan goes alone: reports stay on this machine, and https needs a proxy")
    if with_reports and behind_https:
        refuse(
            "--with-reports shows reports to everyone who reaches the server; it goes with this machine only"
        )
    if host in HERE:
        return
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        refuse(
            f"{host} is no address, and no name that can be found from here; give --host the address of this "
            "machine in your network, for example 192.168.1.20"
        )


def _refuse_hosts(behind_https: bool) -> None:
    """Refuse names that no request could be addressed to: everyone who comes would be turned away."""
    import os

    from survey_app import config
    from survey_app.cli.database import check_hosts

    for diagnosis in check_hosts(config.hosts_of(os.environ), config.LOOPBACK):
        if not diagnosis.ok:
            refuse(f"{diagnosis.state}; {diagnosis.remedy}")
    if behind_https and not os.environ.get("EARSHOT_HOSTS"):
        refuse(
            "--behind-https needs the name that people use, and all others are refused; name it: "
            "EARSHOT_HOSTS=survey.example.org"
        )


def _refuse_other_folder(opened: Study, study: Path, data: Path | None) -> None:
    """Refuse a data folder without a database before anything is made in it: its name may be mistyped."""
    import os

    from survey_app import config

    # Opening a server's database says what is wrong.
    if os.environ.get("EARSHOT_DATABASE_URL") and not data:
        return
    folder = config.data_folder(os.environ, data)
    if not (folder / config.DATABASE).exists():
        _refuse_unpublished(opened, study, folder)


def _refuse_unpublished(opened: Study, study: Path, where: Path) -> NoReturn:
    refuse(
        f"{opened.name} was never published in {where}; if it was published elsewhere, name that folder with "
        f"EARSHOT_DATA or --data, else let it collect with: earshot publish {study}"
    )


def listen(host: str, port: int, patience: float = 0.0) -> socket.socket:
    """Take the port now, or say who to ask."""
    import time

    until = time.monotonic() + patience
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    while True:
        try:
            listener.bind((host, port))
        except OSError as error:
            if time.monotonic() < until:
                time.sleep(0.05)
                continue
            listener.close()
            refuse(
                f"port {port} on {host} cannot be used ({error.strerror}); "
                f"stop the program that has it, or take another: --port {port + 1}"
            )
        return listener


def run_server(settings: Settings, engine: Engine, orders: Orders, host: str, port: int) -> None:
    """Serve until interrupted: this process becomes the supervisor, with none of what it has loaded."""
    import os
    import sys

    listener = listen(host, port, PATIENCE)
    listener.listen(BACKLOG)
    # The supervisor inherits the socket by its number; the connections of the database it must not inherit.
    listener.set_inheritable(True)
    engine.dispose()
    sys.stdout.flush()
    text = orders.written(listener=listener.fileno())
    os.execv(sys.executable, [sys.executable, "-m", "survey_app.serving.supervisor", text])
