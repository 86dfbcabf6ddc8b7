"""The doors: slow clients, forwarded addresses, delays, limits, and what every answer carries."""

from __future__ import annotations

import http.client
import json
import logging
import resource
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import create_engine
from werkzeug.datastructures import MultiDict

from questionnaires.texts import LANGUAGES, catalogue
from survey_app.security import headers
from survey_app.serving import connection, doors, log
from survey_app.serving.buckets import Buckets, network, sender
from survey_app.serving.doors import Doors
from survey_app.serving.front import Front, Readiness
from survey_app.serving.limits import limit_posts
from survey_app.serving.metrics import Metrics, counts, fold_ended
from survey_app.serving.notices import tell_errors

from .conftest import Field, Person

PATIENCE = 30.0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def told(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """An app that says who it believes is asking, and with what."""
    body = repr(
        [environ["REMOTE_ADDR"], sorted(name for name in environ if "FORWARD" in name or "REAL_IP" in name)]
    ).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


@contextmanager
def open_doors(app: Any = told, **options: Any) -> Iterator[tuple[Doors, int]]:
    """Run the doors in this process; yield them and their port."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        one = Doors(app, listener, lambda *_: None, headers(True), **options)
        thread = threading.Thread(target=one.run)
        thread.start()
        try:
            yield one, one.effective_port
        finally:
            one.ask(lambda: one.stop(0.1))
            thread.join(PATIENCE)
            assert not thread.is_alive()


def ask(port: int, path: str = "/", **named: str) -> http.client.HTTPResponse:
    """Ask on a connection of its own; the answer holds its body in `text`."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    asking.request("GET", path, headers={name.replace("_", "-"): value for name, value in named.items()})
    response = asking.getresponse()
    response.text = response.read().decode()  # type: ignore[attr-defined]
    asking.close()
    return response


def whole(stream: socket.socket) -> bytes:
    stream.settimeout(PATIENCE)
    return b"".join(iter(lambda: stream.recv(65536), b""))


# Who asks.


@pytest.mark.parametrize(
    ("forwarded", "hops", "who"),
    [
        ("", 0, "10.0.0.1"),
        ("203.0.113.9", 0, "10.0.0.1"),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", 1, "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "10.0.0.1"),
        ("203.0.113.9:4711", 1, "203.0.113.9"),
        ("[2001:db8::1]:4711", 1, "2001:db8::1"),
        ("2001:db8::1", 1, "2001:db8::1"),
        ("nonsense", 1, "10.0.0.1"),
        ("unknown, _hidden", 1, "10.0.0.1"),
        ("", 1, "10.0.0.1"),
    ],
)
def test_who_sent_a_request(forwarded: str, hops: int, who: str) -> None:
    assert sender("10.0.0.1", forwarded, hops) == who


@pytest.mark.parametrize(
    ("address", "of"),
    [
        ("203.0.113.9", "cb0071"),
        ("::ffff:203.0.113.9", "cb0071"),
        ("2001:db8:1:2::3", "20010db80001"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("nonsense", ""),
    ],
)
def test_networks(address: str, of: str) -> None:
    assert network(address) == of


@pytest.mark.parametrize(("hops", "who"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.1")])
def test_headers_of_proxies_are_dropped_and_read_only_as_configured(hops: int, who: str) -> None:
    claims = dict.fromkeys(
        ("Forwarded", "X_Real_IP", "X_Forwarded_Host", "X_Forwarded_Proto", "X_Forwarded_Prefix"),
        "192.0.2.66",
    )
    with open_doors(hops=hops) as (_, port):
        answer = ask(port, X_Forwarded_For="6.6.6.6, 198.51.100.1, 203.0.113.9", **claims)
    assert answer.text == repr([who, []])  # type: ignore[attr-defined]


# Buckets.


def test_a_bucket_is_refilled() -> None:
    clock = Clock()
    bucket = Buckets(3, 0.5, clock=clock)
    assert [bucket.take("a") for _ in range(4)] == [0, 0, 0, 2.0]
    assert bucket.take("b") == 0
    clock.now += 2
    assert [bucket.take("a"), bucket.take("a")] == [0, 2.0]


def test_a_bucket_with_debt_delays_up_to_its_limit_and_refuses_nobody() -> None:
    clock = Clock()
    bucket = Buckets(600, 20, debt=40, clock=clock)
    assert [bucket.take("a") for _ in range(600)] == [0] * 600
    assert bucket.take("a") == pytest.approx(0.05)
    assert max(bucket.take("a") for _ in range(10_000)) == 2.0
    clock.now += 1
    assert bucket.take("a") == pytest.approx(1.05)


def test_buckets_forget_and_never_hold_a_name() -> None:
    clock = Clock()
    bucket = Buckets(600, 20, debt=40, clock=clock)
    for number in range(50):
        for _ in range(700 if number == 0 else 1):
            bucket.take(f"203.0.{number}.0/24")
    assert len(bucket) == 50
    assert "203.0" not in repr(vars(bucket))
    clock.now += 20
    bucket.take("another")
    assert len(bucket) == 2  # the one that is still empty, and the last
    clock.now += 580
    bucket.take("yet another")
    assert len(bucket) == 1


def test_five_hundred_people_behind_one_address_all_get_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Far more than the bucket holds: they wait a little, without a thread, and none is refused."""
    monkeypatch.setattr(doors, "BURST", 100)
    monkeypatch.setattr(doors, "LONGEST_DELAY", 0.5)
    waited: list[float] = []

    def come(port: int) -> None:
        began = time.perf_counter()
        assert ask(port, "/s/small", X_Forwarded_For="203.0.113.9").status == 200
        waited.append(time.perf_counter() - began)

    with open_doors(hops=1) as (_, port):
        people = [threading.Thread(target=come, args=(port,)) for _ in range(500)]
        for one in people:
            one.start()
        time.sleep(0.2)
        began = time.perf_counter()
        assert ask(port, "/s/small", X_Forwarded_For="198.51.100.1").status == 200
        assert ask(port, "/a/key/page", X_Forwarded_For="203.0.113.9").status == 200
        elsewhere = time.perf_counter() - began
        for one in people:
            one.join()
    assert len(waited) == 500
    assert statistics.median(waited) > 0.4
    assert elsewhere < max(waited)


def test_whoever_is_on_this_machine_is_not_delayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "BURST", 1)
    before = counts.state()["sums"].get("delayed", 0)
    with open_doors() as (_, port):
        for _ in range(10):
            ask(port, "/s/small")
    assert counts.state()["sums"].get("delayed", 0) == before


# Slow clients.

LIMITS = {"HEADER": 1.0, "BODY": 2.0}
HEAD = b"POST /s/small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n"


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in LIMITS.items():
        monkeypatch.setattr(connection, name, seconds)
    monkeypatch.setattr(doors, "SWEEP", 0.1)


@pytest.mark.parametrize(
    ("begun", "trickle", "limit"),
    [(b"", b"X", 1.0), (b"", b"\r\n", 1.0), (HEAD, b"a", 2.0), (b"GET / HTTP/1.1\r\nX-Long: ", b"y", 1.0)],
)
def test_a_request_that_trickles_is_refused_in_time(
    short: None, begun: bytes, trickle: bytes, limit: float
) -> None:
    with open_doors() as (_, port), socket.create_connection(("127.0.0.1", port)) as slow:
        started = time.monotonic()
        slow.settimeout(0.05)
        slow.sendall(begun)
        answer = b""
        while time.monotonic() - started < PATIENCE and not answer.endswith(b"</html>\n"):
            try:
                slow.sendall(trickle)
                answer += slow.recv(65536) or b"</html>\n"
            except TimeoutError:
                continue
            except OSError:
                break
        took = time.monotonic() - started
    assert limit <= took < limit + 2
    assert answer.startswith(b"HTTP/1.1 408 ") and b"Content-Security-Policy: default-src 'none'" in answer


def test_limits_are_as_promised() -> None:
    assert (connection.HEADER, connection.BODY) == (10.0, 30.0)
    assert doors.CONNECTIONS >= 2000


def test_idle_connections_are_closed_and_busy_ones_are_not(
    short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "IDLE", 0.5)

    def slowly(environ: Any, start_response: Any) -> list[bytes]:
        time.sleep(1.5)
        return told(environ, start_response)

    with open_doors(slowly) as (_, port), socket.create_connection(("127.0.0.1", port)) as idle:
        assert ask(port).status == 200
        assert whole(idle) == b""


def test_an_answer_that_nobody_takes_is_given_up(short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "IDLE", 0.1)
    monkeypatch.setattr(connection, "SLOWEST", 1e9)
    body = b"x" * 30_000_000

    def long(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    with open_doors(long) as (one, port), socket.create_connection(("127.0.0.1", port)) as deaf:
        deaf.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until = time.monotonic() + PATIENCE
        while not one.active_channels:
            assert time.monotonic() < until
        while one.active_channels:
            assert time.monotonic() < until
            time.sleep(0.02)


def test_four_hundred_slow_clients_are_in_nobodys_way() -> None:
    """The 99th percentile of others stays; the limit of the machine in open files is not reached."""
    slow, starts = 400, [HEAD, b"GET / HTTP/1.1\r\nX-Long: "]
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with open_doors() as (one, port):
        alone = others(port)
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(slow)]
        for number, client in enumerate(clients):
            client.sendall(starts[number % 2])
        over = threading.Event()

        def trickle() -> None:
            while not over.wait(0.1):
                for client in clients:
                    client.sendall(b"a")

        thread = threading.Thread(target=trickle)
        thread.start()
        beside = others(port)
        assert len(one.active_channels) >= slow
        over.set()
        thread.join()
        for client in clients:
            client.close()
    assert beside < max(2 * alone, 0.1), (alone, beside)


def others(port: int) -> float:
    """Return the 99th percentile of what people wait for while others are in their way, in seconds."""
    waits = []
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for _ in range(300):
        began = time.perf_counter()
        asking.request("GET", "/a/key/page")
        asking.getresponse().read()
        waits.append(time.perf_counter() - began)
        time.sleep(0.002)
    asking.close()
    return statistics.quantiles(waits, n=100)[-2]


def test_when_there_is_no_room_the_slow_go_first(short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEADER", 60.0)
    monkeypatch.setattr(connection, "CROWDED", 0.3)
    monkeypatch.setattr(connection, "FAREWELL", 0.3)
    with open_doors(connections=20) as (_, port):
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
        for one in slow:
            one.sendall(b"GET")
        assert ask(port).status == 200
        for one in slow:
            one.close()


def test_a_refusal_is_read_by_who_is_still_sending(short: None) -> None:
    with open_doors() as (one, port), socket.create_connection(("127.0.0.1", port)) as hasty:
        hasty.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n")
        hasty.sendall(b"x" * 5_000_000)
        assert whole(hasty).startswith(b"HTTP/1.1 413 ")
        hasty.close()
        until = time.monotonic() + PATIENCE
        while one.active_channels:
            assert time.monotonic() < until
            time.sleep(0.02)


def test_who_never_stops_sending_is_cut_off(short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "FAREWELL", 0.5)
    with open_doors() as (_, port), socket.create_connection(("127.0.0.1", port)) as hasty:
        hasty.sendall(b"nonsense\r\n\r\n")
        until = time.monotonic() + PATIENCE
        with pytest.raises(OSError):
            while time.monotonic() < until:
                hasty.sendall(b"x" * 1000)
                time.sleep(0.01)


# What every answer carries.

ODD = [
    b"nonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: odd\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"y" * 40_000 + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
]


@pytest.mark.parametrize("request_", ODD, ids=["nonsense", "length", "encoding", "header", "body"])
def test_a_refusal_carries_what_every_answer_carries(request_: bytes) -> None:
    with open_doors() as (_, port), socket.create_connection(("127.0.0.1", port)) as odd:
        odd.sendall(request_)
        answer = whole(odd)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] in (b"400", b"413", b"431", b"501")
    for name, value in headers(True).items():
        assert f"{name}: {value}".encode() in head, name
    assert b'<p class="lede">' in body and b"waitress" not in answer.lower()


def test_a_refusal_speaks_the_language_of_the_browser() -> None:
    with open_doors() as (_, port):
        for language in LANGUAGES:
            title = catalogue("survey_app.respondent").text(language, "too_large_title")
            asking = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            asking.putrequest("POST", "/")
            asking.putheader("Accept-Language", f"{language}-XX,{language};q=0.9,de;q=0.5")
            asking.putheader("Content-Length", str(doors.LARGEST_REQUEST))
            asking.endheaders()
            assert f"<h1>{title}</h1>" in asking.getresponse().read().decode()
            asking.close()


@pytest.mark.parametrize(
    "path", ["/", "/s/small", "/s/none", "/nothing", "/a/x/y", "/form/respondent.css", "/receipt"]
)
def test_every_answer_of_the_app_carries_the_same(field: Field, path: str) -> None:
    answer = field.app.test_client().get(path)
    for name, value in headers(False).items():
        if name != "Cache-Control" or not path.startswith("/form/"):
            assert answer.headers[name] == value, name
    assert len(answer.headers.getlist("Set-Cookie")) <= 1
    answer.close()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost, evil.example", "a b"])
def test_other_hosts_are_refused(field: Field, host: str) -> None:
    answer = field.app.test_client().get("/s/small", headers={"Host": host})
    assert answer.status_code == 400
    assert "Content-Security-Policy" in answer.headers
    assert "evil" not in answer.get_data(as_text=True)


def test_an_error_of_the_app_carries_it_too(field: Field) -> None:
    def fail() -> str:
        raise ZeroDivisionError

    field.app.add_url_rule("/fail", view_func=fail)
    answer = field.app.test_client().get("/fail")
    assert answer.status_code == 500
    assert answer.headers["Content-Security-Policy"] == headers(False)["Content-Security-Policy"]


# How often.


def test_who_sends_too_fast_keeps_what_was_typed(field: Field) -> None:
    limit_posts(field.app, posts=3)
    person = Person(field.app.test_client()).open("/s/small")
    for age in (17, 17, 17):
        assert person.post({"age": str(age), "channel": "8"}).response.status_code == 422
    person.post({"age": "40", "channel": '8"><b>'})
    assert person.response.status_code == 429
    assert 1 <= int(person.response.headers["Retry-After"]) <= 20
    for kept in (
        'name="age" value="40"',
        'name="channel" value="8&#34;&gt;&lt;b&gt;"',
        'name="_ticket"',
        "Send again",
    ):
        assert kept in person.text
    assert Person(field.app.test_client()).open("/s/small").post({"age": "17"}).response.status_code == 422


def test_passwords_are_not_kept_for_who_sends_too_fast(field: Field) -> None:
    limit_posts(field.app, posts=1)
    client = field.app.test_client()
    client.get("/s/small")
    typed = {
        "email": "anna@example.org",
        "password": "not to be seen",
        "again": "nor this",
        "now": "nor that",
    }
    page = [client.post("/s/small", data=typed) for _ in range(2)][-1]
    assert page.status_code == 429
    assert "anna@example.org" in page.text
    assert not [word for word in ("not to be seen", "nor this", "nor that") if word in page.text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_for_who_is_too_fast_speaks_every_language(field: Field, language: str) -> None:
    limit_posts(field.app, posts=1)
    client = field.app.test_client()
    person = Person(client).open(f"/s/small?language={language}")
    person.post({"age": "17"})
    page = client.post("/s/small", data=MultiDict({"age": "41"}), headers={"Accept-Language": language})
    assert page.status_code == 429
    assert catalogue("survey_app.serving").text(language, "too_fast_title") in page.get_data(as_text=True)


def test_every_text_in_every_language() -> None:
    texts = catalogue("survey_app.serving")
    for language in LANGUAGES:
        assert texts.keys(language) == texts.keys("en")


def test_an_invitation_is_limited_whoever_sends(field: Field) -> None:
    field.app.add_url_rule("/invited/<token>", view_func=lambda token: "", methods=["POST"])
    limit_posts(field.app, posts=2)
    statuses = [field.app.test_client().post("/invited/abc").status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert field.app.test_client().post("/invited/other").status_code == 200


# Before the app.


def front(environ: dict[str, str], **options: Any) -> tuple[str, dict[str, str], bytes]:
    given: list[Any] = []
    asked = {"REQUEST_METHOD": "GET", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000", **environ}
    one = Front(
        lambda *_: [b"the app"], headers(True), options.pop("why_not", str), lambda: b"counts", **options
    )
    body = b"".join(one(dict(asked), lambda *told: given.extend(told)))
    return (*given, body) if not given else (given[0], dict(given[1]), body)  # type: ignore[return-value]


def test_readiness_says_in_a_word_what_is_in_the_way() -> None:
    status, carried, body = front({"PATH_INFO": "/ready"}, why_not=lambda: "disk")
    assert (status, body) == ("503 Service Unavailable", b'{"ready": false, "why": "disk"}\n')
    assert carried["Strict-Transport-Security"]
    assert front({"PATH_INFO": "/ready"})[0] == "200 OK"
    assert front({"PATH_INFO": "/health", "REQUEST_METHOD": "HEAD"})[2] == b""
    assert front({"PATH_INFO": "/health", "REQUEST_METHOD": "POST"})[-1] == b"the app"


@pytest.mark.parametrize(
    ("environ", "token", "status"),
    [
        ({}, "", "200 OK"),
        ({"HTTP_HOST": "[::1]:8000", "REMOTE_ADDR": "::1"}, "", "200 OK"),
        ({"REMOTE_ADDR": "203.0.113.9"}, "", "404 Not Found"),
        ({"HTTP_HOST": "rebound.example"}, "", "404 Not Found"),
        ({"earshot.proxied": True}, "", "404 Not Found"),
        ({}, "secret", "404 Not Found"),
        ({"HTTP_AUTHORIZATION": "Bearer wrong"}, "secret", "404 Not Found"),
        ({"HTTP_AUTHORIZATION": "Bearer sécret"}, "secret", "404 Not Found"),
        ({"HTTP_AUTHORIZATION": "Bearer secret", "REMOTE_ADDR": "203.0.113.9"}, "secret", "200 OK"),
    ],
)
def test_who_may_read_the_counts(environ: dict[str, Any], token: str, status: str) -> None:
    assert front({"PATH_INFO": "/metrics", **environ}, token=token)[0] == status


# Counts.


def test_sums_of_processes_that_ended_stay(tmp_path: Any) -> None:
    ended, living = Metrics(), Metrics()
    ended.kept(5, 0.02)
    ended.served("/s/<study>", "GET", "200", 0.003)
    living.kept(2, 0.3)
    living.refused("full")
    (tmp_path / "77-1.json").write_text("not whole")
    (tmp_path / "77-2.json").write_text(json.dumps(ended.state()))
    before, _ = living.everything(tmp_path)
    fold_ended(tmp_path, 77)
    after, _ = living.everything(tmp_path)
    assert before == after
    assert after[("kept",)] == 7 and after[("refused", "full")] == 1
    assert after[("group", "3")] == 1 and after[("group_sum",)] == 7
    assert after[("requests", "/s/<study>", "GET", "200")] == 1


# Whether people can be let in.


def test_readiness_looks_at_everything_once_a_second(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    readiness = Readiness(field.engine, field.settings.data, clock)
    assert readiness.why_not() == ""
    monkeypatch.setattr("survey_app.serving.front.free_bytes", lambda folder: 1000)
    assert readiness.why_not() == ""  # found less than a second ago
    clock.now += 1.1
    assert readiness.why_not() == "disk"
    monkeypatch.setattr("survey_app.serving.front.REVISION", "9999")
    clock.now += 1.1
    assert readiness.why_not() == "schema"
    weak = create_engine("sqlite://")  # in memory
    assert Readiness(weak, field.settings.data).why_not() == "durability"
    weak.dispose()
    nowhere = create_engine("sqlite:////nowhere/at/all.db")
    assert Readiness(nowhere, field.settings.data).why_not() == "database"


def test_a_look_that_does_not_come_back_is_an_answer_itself(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, hangs, entered = Clock(), threading.Event(), threading.Event()
    readiness = Readiness(field.engine, field.settings.data, clock)
    assert readiness.why_not() == ""

    def hang(engine: object) -> None:
        entered.set()
        hangs.wait(PATIENCE)

    monkeypatch.setattr("survey_app.serving.front.check_durability", hang)
    clock.now += 2
    looking = threading.Thread(target=readiness.why_not)
    looking.start()
    assert entered.wait(PATIENCE)
    assert readiness.why_not() == ""
    clock.now += 4
    assert readiness.why_not() == "database"
    hangs.set()
    looking.join()


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_is_told_by_its_place_and_not_by_its_words(
    field: Field, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(log, "_write", said.append)
    root, level = logging.getLogger(), logging.getLogger("waitress.queue").level
    before = root.handlers[:]

    def fail(secret: str) -> str:
        return str(int(secret))

    field.app.add_url_rule("/fail/<secret>", view_func=fail)
    try:
        tell_errors(field.app, log.Log(form, "web"))
        assert field.app.test_client().get("/fail/canary").status_code == 500
        logging.getLogger("waitress").error("Exception while serving %s", "/a/canary/page")
    finally:
        root.handlers[:] = before
        logging.getLogger("waitress.queue").setLevel(level)
    told = "\n".join(said)
    assert "canary" not in told
    assert "an error at /fail/<secret>" in told and "ValueError at " in told and "test_doors.py:" in told
    assert "Exception while serving …" in told


def test_the_loop_is_woken_for_every_answer() -> None:
    """It closes what is answered at once, not when it next looks after idle connections."""
    with open_doors() as (_, port):
        began = time.monotonic()
        for _ in range(6):
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as stream:
                stream.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                assert whole(stream).startswith(b"HTTP/1.1 200")
        assert time.monotonic() - began < 2 * doors.SWEEP
