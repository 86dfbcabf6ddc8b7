"""The files that others run earshot by: they say only what there is, and promise what the code keeps."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from survey_app.cli import main
from survey_app.serving import connection, doors, supervisor, web
from survey_app.storage.postgresql import NEEDED

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
ENVIRONMENT = re.compile(r"\bEARSHOT_[A-Z_]+\b")


def compose() -> dict[str, Any]:
    read: dict[str, Any] = YAML(typ="safe").load(DEPLOY / "compose.yaml")
    return read


def unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "earshot.service").read_text().splitlines():
        name, sign, value = line.partition("=")
        if sign and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def nginx() -> str:
    return re.sub(r"#.*", "", (DEPLOY / "nginx.conf").read_text())


def number(name: str) -> int:
    """Return a size or a time of nginx in bytes or seconds."""
    found = re.search(rf"\b{name}\s+(\d+)([kms]?)\s*;", nginx())
    assert found, name
    return int(found[1]) * {"k": 1024, "m": 1024**2}.get(found[2], 1)


def parsed(words: list[str]) -> dict[str, Any]:
    """Read a command line as the verb would, without running it; a name that is not there fails."""
    verb = main.commands[words[0]]
    return verb.make_context(f"earshot {words[0]}", words[1:]).params


def test_commands_are_those_that_there_are() -> None:
    services = compose()["services"]
    composed = parsed([str(word) for word in services["earshot"]["command"]])
    words = shlex.split(unit()["ExecStart"][0])
    assert words[0].endswith("/bin/earshot")
    by_systemd = parsed(words[1:])
    for options in (composed, by_systemd):
        assert options["processes"] == 2 and options["behind_https"] and options["proxy_hops"] == 1
    assert parsed(services["tables"]["command"]) == {}
    with pytest.raises(click.NoSuchOption):
        parsed(["serve", "study", "--no-such-option"])


def test_names_of_the_environment_are_known_to_the_code_and_told_in_the_docs() -> None:
    code = "".join(path.read_text() for path in (ROOT / "survey_app").rglob("*.py"))
    docs = (ROOT / "docs" / "running.md").read_text()
    for path in DEPLOY.iterdir():
        for name in ENVIRONMENT.findall(path.read_text()):
            assert f'"{name}"' in code, f"{path.name}: {name}"
            assert f"`{name}`" in docs or f"{name}=" in docs, name


def test_the_database_of_compose_is_as_durable_as_the_app_demands() -> None:
    command = compose()["services"]["database"]["command"]
    said = dict(word.split("=") for word in command if "=" in word)
    for name, allowed in NEEDED.items():
        if name in said:
            assert said[name] in allowed
    assert {"fsync", "full_page_writes", "synchronous_commit"} <= said.keys()


def test_everything_has_the_time_that_it_needs() -> None:
    grace = int(compose()["services"]["earshot"]["stop_grace_period"].rstrip("s"))
    timeout = int(unit()["TimeoutStopSec"][0])
    assert min(grace, timeout) > supervisor.FINISH > web.FINISH
    assert supervisor.RETIREMENT > web.RETIRE > connection.IDLE


def test_the_unit_takes_over_by_reload_and_stops_in_order() -> None:
    found = unit()
    assert found["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert found["KillMode"] == ["mixed"]
    assert found["NoNewPrivileges"] == ["yes"] and found["ProtectSystem"] == ["strict"]


def test_nginx_has_the_limits_of_the_doors() -> None:
    assert number("client_header_timeout") == connection.HEADER
    assert number("client_max_body_size") > doors.LARGEST_REQUEST
    assert re.search(r"keepalive 64;\s+keepalive_timeout 10s;", nginx())  # upstream: sooner than the doors
    assert connection.IDLE > 10
    assert "proxy_request_buffering on;" in nginx()
    assert "X-Forwarded-For $proxy_add_x_forwarded_for;" in nginx()
    assert re.search(r"location = /metrics \{\s+return 404;", nginx())
    assert "access_log off;" in nginx()  # addresses and links of people


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_reads_its_file(tmp_path: Path) -> None:
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-days",
        "1",
    ]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    text = (DEPLOY / "nginx.conf").read_text()
    text = text.replace("/etc/nginx/certificates", str(tmp_path)).replace(
        "/tmp/nginx.pid", str(tmp_path / "pid")
    )
    (tmp_path / "nginx.conf").write_text(text)
    command = ["nginx", "-t", "-q", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "errors")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_image_is_pinned_and_runs_without_rights() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    pins = (ROOT / "requirements-dev.txt").read_text().splitlines()
    named = re.findall(r"\b[\w-]+==[\w.]+", text)
    assert named and all(pin in pins for pin in named)
    assert re.search(r"^USER earshot$", text, re.M) and "HEALTHCHECK" in text
    for folder in re.findall(r"^COPY (\w+) \w+$", text, re.M):
        assert (ROOT / folder).is_dir()
        assert f"!{folder}" in (ROOT / ".dockerignore").read_text().splitlines()


def test_options_of_serve_are_told() -> None:
    text = (ROOT / "docs" / "running.md").read_text()
    for parameter in main.commands["serve"].params:
        if isinstance(parameter, click.Option):
            assert f"`{parameter.opts[0]}" in text, parameter.opts


def test_every_count_is_told() -> None:
    from survey_app.serving.front import COUNTERS, GAUGES, HISTOGRAMS

    text = (ROOT / "docs" / "running.md").read_text()
    names = [one[1] for one in (*COUNTERS, *HISTOGRAMS)] + [f"earshot_{name}" for name in GAUGES]
    for name in (*names, "earshot_jobs", "earshot_build"):
        assert f"`{name}" in text, name
