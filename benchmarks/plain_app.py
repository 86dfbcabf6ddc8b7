"""The plain app that collection is measured against: one page, WTForms widgets in Jinja, one insert.

What a competent developer writes in an afternoon: Flask, Flask-WTF, SQLAlchemy, SQLite in WAL mode with
synchronous=FULL, waitress. It has no versions, routing, languages, receipts or second tab.

    python -m benchmarks.plain_app DATABASE PORT
"""

from __future__ import annotations

import sys
from typing import Any

import waitress
from flask import Flask, redirect, render_template_string, url_for
from flask_wtf import FlaskForm
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, event, insert
from wtforms import (
    Field,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.fields.core import UnboundField
from wtforms.validators import DataRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from benchmarks.ten_questions import CHANNELS, COUNTRIES, HOURS

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Complaints</title></head><body>
<h1>Complaints</h1><form id="page" method="post" action="{{ url_for('page') }}">{{ form.hidden_tag() }}
{% for field in form if field.name != "csrf_token" %}<div>{{ field.label }} {{ field() }}
{% for error in field.errors %}<p>{{ error }}</p>{% endfor %}</div>{% endfor %}
<button>Submit</button></form></body></html>"""


def listed(texts: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(str(code), text) for code, text in enumerate(texts, start=1)]


def one_of(text: str, texts: tuple[str, ...], required: bool = False) -> Field:
    return RadioField(text, choices=listed(texts), validators=[DataRequired() if required else Optional()])


class Survey(FlaskForm):
    """The ten questions."""

    age = IntegerField("How old are you?", [DataRequired(), NumberRange(18, 120)])
    country = SelectField("In which country do you live?", choices=listed(COUNTRIES))
    gender = one_of("Are you …", ("a woman", "a man", "other"))
    complained = one_of("Have you complained in the last 12 months?", ("Yes", "No"), required=True)
    channel = one_of("How would you prefer to complain?", (*CHANNELS, "Other"), required=True)
    used = SelectMultipleField(
        "Which have you used?",
        choices=listed(CHANNELS),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    wait_1 = one_of("How soon do you expect a reply: Facebook?", HOURS)
    wait_2 = one_of("How soon do you expect a reply: X?", HOURS)
    wait_3 = one_of("How soon do you expect a reply: E-mail?", HOURS)
    wait_4 = one_of("How soon do you expect a reply: Phone call?", HOURS)
    timely = one_of("Was the last reply in time?", ("Yes", "No"))
    recommend = one_of("How likely is it that you recommend the company?", tuple(map(str, range(11))))
    comment = TextAreaField("Anything else?", [Length(max=2000)])


def make_app(database: str) -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="plain", WTF_CSRF_TIME_LIMIT=None)
    engine = create_engine(f"sqlite:///{database}", connect_args={"timeout": 30})
    event.listen(engine, "connect", _durable)
    metadata = MetaData()
    fields = [name for name, value in vars(Survey).items() if isinstance(value, UnboundField)]
    answer = Table(
        "answer",
        metadata,
        Column("id", Integer, primary_key=True),
        *(Column(n, String(2000)) for n in fields),
    )
    metadata.create_all(engine)

    @app.route("/s/ten", methods=["GET", "POST"])
    def page() -> Any:
        form = Survey()
        if not form.validate_on_submit():
            return render_template_string(PAGE, form=form)
        with engine.begin() as connection:
            connection.execute(insert(answer), {n: str(form[n].data) for n in fields})
        return redirect(url_for("done"), 303)

    @app.get("/done")
    def done() -> str:
        return "<!doctype html><title>Thank you</title><p>Thank you"

    return app


def _durable(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


if __name__ == "__main__":
    waitress.serve(make_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), threads=4)
