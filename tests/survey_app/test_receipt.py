"""The receipt: a code that leads from a person's answers to the root in the report, and claims only that."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from survey_app.cli.receipt import receipt as verb
from survey_app.respondent import receipt
from survey_app.respondent.fielded import shelf
from survey_app.storage.codes import read_code
from survey_app.storage.current import ended
from survey_app.storage.database import writing
from survey_app.storage.leaves import read_leaves
from survey_app.storage.merkle import merkle_root
from survey_app.storage.receipts import find
from survey_app.storage.tables import response

from .conftest import Field, Person
from .receipted import Finished, finish, show, shown_hashes, snapshot

pytestmark = pytest.mark.both_databases
WRONG = "0000-0000-00000-0000-0000-00000"


@pytest.fixture
def finished(field: Field) -> list[Finished]:
    return [finish(field, number) for number in range(1, 6)]


def run(field: Field, *arguments: str) -> Result:
    return CliRunner().invoke(verb, [*arguments], env=field.environment)


def test_a_code_has_two_halves_and_is_kept_nowhere(field: Field, finished: list[Finished]) -> None:
    assert len({one.code for one in finished}) == 5
    for one in finished:
        assert re.fullmatch(
            r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}", one.code
        )
    lookup = str(read_code(finished[0].code, 26))[:13]
    folder = snapshot(field)
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in [*files, *field.settings.data.glob("earshot.db*")]:
        assert lookup.encode() not in path.read_bytes(), path
    salt = str(read_code(finished[0].code, 26))[13:]
    assert all(salt.encode() not in path.read_bytes() for path in files)
    assert all(salt not in str(pq.read_table(path).to_pylist()) for path in folder.rglob("*.parquet"))


def test_the_end_page_shows_the_same_code_again(field: Field, finished: list[Finished]) -> None:
    found = ended(field.engine, finished[0].key)
    assert found is not None
    with field.app.test_request_context("/"):
        assert receipt.code_of(found) == finished[0].code
        field.app.secret_key = "another"  # the stored hash is of a code that nobody can make any more
        assert receipt.code_of(found) == ""
    assert ended(field.engine, "nobody") is None


def test_the_code_on_the_end_page_opens_the_receipt(field: Field, person: Person) -> None:
    person.open("/s/small").post({"age": "34", "channel": "8"}).post({"comment": "my own words"})
    assert person.address.endswith("/end")
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}", person.text)
    assert code
    snapshot(field)
    show(person, code[0])
    assert "Your answers are in the data taken on" in person.text
    found = find(field.engine, code[0])
    assert found is not None
    assert "my own words" in found.row.decode()


def test_a_study_without_receipts_gives_none(field: Field) -> None:
    class Silent:
        receipts = False

    with field.app.test_request_context("/"):
        served, _ = shelf().study("small")
        assert served is not None
        assert receipt.hash_of(replace(served, record=Silent()), "k") == ""  # type: ignore[arg-type]
        assert len(receipt.hash_of(served, "k")) == 64


def test_a_code_is_found_however_it_is_written(field: Field, finished: list[Finished]) -> None:
    wanted = finished[2]
    plain = wanted.code.replace("-", "")
    for typed in (wanted.code, plain, plain.lower(), f" {' '.join(plain)} ", plain.replace("0", "o")):
        found = find(field.engine, typed)
        assert found is not None
        assert found.key == wanted.key
    for typed in (plain[:-1], plain + "0", plain[:13] + finished[0].code.replace("-", "")[13:], "", WRONG):
        assert find(field.engine, typed) is None


def test_the_verb_shows_a_path_that_anyone_can_follow(field: Field, finished: list[Finished]) -> None:
    """The path is followed here by hand, from the salt and the row to the root of the manifest."""
    folder = snapshot(field)
    result = run(field, finished[3].code, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert "text of 4" in told["row"]
    reached = hashlib.sha256((told["salt"] + told["row"]).encode()).digest()
    assert reached.hex() == told["leaf"]
    reached = hashlib.sha256(b"\x00" + reached).digest()
    for step in told["snapshots"][0]["path"]:
        other = bytes.fromhex(step["hash"])
        pair = other + reached if step["side"] == "left" else reached + other
        reached = hashlib.sha256(b"\x01" + pair).digest()
    root = json.loads((folder / "manifest.json").read_text())["merkle_root"]
    assert reached.hex() == told["snapshots"][0]["root"] == root == merkle_root(read_leaves(folder)).hex()
    assert "does not prove that nobody was left out" in told["claim"]


def test_the_lines_in_the_docs_do_it(
    field: Field,
    finished: list[Finished],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "receipts.md").read_text(encoding="utf-8")
    lines = page.split("```python\n")[1].split("```")[0]
    folders = [snapshot(field), snapshot(field, 11)]
    told = tmp_path / "told.json"
    told.write_text(run(field, finished[0].code, "--json").stdout, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["verify", str(told)])
    roots = [json.loads((folder / "manifest.json").read_text())["merkle_root"] for folder in folders]
    exec(lines, {})
    assert capsys.readouterr().out == "".join(f"{root} True\n" for root in roots)


def test_the_verb_in_words(field: Field, finished: list[Finished]) -> None:
    folders = [snapshot(field), snapshot(field, 11)]
    result = run(field, finished[0].code)
    assert result.exit_code == 0
    assert [line for line in result.output.splitlines() if line.startswith("snapshot")] == [
        f"snapshot  {folder}" for folder in folders
    ]
    assert result.output.count("\nverified\n") == 2
    assert "included in the data" in result.output
    assert "text of" not in result.output


def test_what_the_verb_refuses(field: Field, finished: list[Finished]) -> None:
    result = run(field, "NOT-A-CODE")
    assert result.exit_code == 1
    assert "'NOT-A-CODE' is not a receipt: a receipt is 26" in result.output
    result = run(field, WRONG)
    assert result.exit_code == 1
    assert result.output.startswith("there are no answers with this code")
    result = run(field, finished[0].code)
    assert result.exit_code == 1
    assert "no snapshot has been made" in result.output


def test_a_snapshot_from_before_says_nothing(field: Field, finished: list[Finished]) -> None:
    snapshot(field, 8)
    later = finish(field, 9)
    manifest = field.settings.snapshots / "small" / "20261122T080000.000000Z" / "manifest.json"
    assert manifest.exists()
    assert "no snapshot has been made" in run(field, later.code).output


def test_answers_altered_in_the_database_do_not_verify(field: Field, finished: list[Finished]) -> None:
    snapshot(field)
    with writing(field.engine).begin() as connection:
        connection.execute(text("UPDATE post SET answers = replace(answers, 'text of 1', 'other')"))
    result = run(field, finished[0].code)
    assert result.exit_code == 1
    assert "NOT VERIFIED" in result.output
    assert run(field, finished[1].code).exit_code == 0


@pytest.mark.parametrize("fault", ["row", "leaves", "root"])
def test_a_snapshot_that_was_changed_does_not_verify(
    field: Field, finished: list[Finished], fault: str
) -> None:
    folder = snapshot(field)
    if fault == "row":
        _change_rows(folder)
    elif fault == "leaves":
        (folder / "leaves.txt").write_text("zz\n")
    else:
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**manifest, "merkle_root": "00" * 32}))
    result = run(field, finished[0].code)
    assert result.exit_code == 1
    assert "NOT VERIFIED" in result.output


def _change_rows(folder: Path) -> None:
    path = folder / "responses" / "part-00000.parquet"
    table = pq.read_table(path)
    rows: list[dict[str, Any]] = [{**row, "age": 99} for row in table.to_pylist()]
    pq.write_table(table.from_pylist(rows, schema=table.schema), path)


def test_the_page_waits_for_a_report(person: Person, finished: list[Finished]) -> None:
    show(person, finished[0].code)
    assert person.response.status_code == 200
    assert "not yet in the data of any report" in person.text
    assert finished[0].code not in person.response.request.url


def test_the_page_shows_root_leaf_and_path(field: Field, person: Person, finished: list[Finished]) -> None:
    folder = snapshot(field)
    show(person, finished[1].code)
    root = json.loads((folder / "manifest.json").read_text())["merkle_root"]
    found = find(field.engine, finished[1].code)
    assert found is not None
    assert shown_hashes(person.text)[:2] == [root, found.leaf.hex()]
    assert len(shown_hashes(person.text)) >= 3  # root, leaf and at least one step of the path
    assert "Your answers are in the data taken on 2026-11-22 10:00 UTC" in person.text
    assert "It does not prove that nobody was left out" in person.text


def test_the_page_says_where_answers_are_missing(
    field: Field, person: Person, finished: list[Finished]
) -> None:
    folder = snapshot(field)
    leaves = (folder / "leaves.txt").read_text().splitlines()
    found = find(field.engine, finished[1].code)
    assert found is not None
    (folder / "leaves.txt").write_text("\n".join(x for x in leaves if x != found.leaf.hex()))
    show(person, finished[1].code)
    assert "Your answers are not in the data taken on" in person.text
    assert "What this shows" not in person.text


@pytest.mark.parametrize("code", ["", "x", WRONG, "<script>", "U" * 26])
def test_malformed_and_unknown_codes_are_told_alike(
    field: Field, person: Person, finished: list[Finished], code: str
) -> None:
    show(person, code)
    assert person.response.status_code == 404
    assert "There are no answers with this code" in person.text
    assert "<script>" not in person.text
    assert re.search(r'id="code"[^>]*aria-invalid="true" aria-describedby="code-error"', person.text)


def test_the_page_takes_posts_of_its_own_form_only(person: Person, finished: list[Finished]) -> None:
    sent = {"code": finished[0].code}
    assert (
        person.client.post("/receipt", data=sent, headers={"Origin": "https://evil.example"}).status_code
        == 403
    )
    again = person.client.post("/receipt", data=sent)
    assert again.status_code == 400
    assert finished[0].code in again.get_data(as_text=True)


def test_the_page_in_every_language(person: Person) -> None:
    assert "Код квитанції" in person.open("/receipt?language=uk").text
    assert "Код квитанции" in person.open("/receipt?language=ru").text


def test_unfinished_answers_have_no_receipt(field: Field, person: Person) -> None:
    person.open("/s/small").post({"age": "34", "channel": "8"})
    with field.engine.connect() as connection:
        key, hashed = connection.execute(select(response.c.key, response.c.receipt_hash)).one()
    assert hashed is None
    found = ended(field.engine, key)
    assert found is not None and found.end is None
    with field.app.test_request_context("/"):
        assert receipt.code_of(found) == ""


def test_the_form_stays_small() -> None:
    """The process that serves people reads no Parquet; whatever needs it runs in a program of its own."""
    code = "import sys, survey_app.factory; print([m for m in ('pyarrow', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
