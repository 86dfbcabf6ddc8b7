"""Settings → the web app."""

from __future__ import annotations

from flask import Flask
from flask_compress import Compress
from sqlalchemy import Engine

from questionnaires.formats.study_folder import study_from_files
from survey_app.accounts.account_pages import own
from survey_app.accounts.invitation_pages import joining
from survey_app.accounts.sign_in import signing
from survey_app.config import MAXIMUM_BODY, Settings
from survey_app.cookie import OneSigner
from survey_app.executive.pages import executive
from survey_app.researcher.pages import researcher
from survey_app.researcher.people import staff
from survey_app.respondent.invited import invited
from survey_app.respondent.pages import respondent
from survey_app.respondent.receipt import receipt
from survey_app.respondent.resume import resume
from survey_app.respondent.shelf import keep_shelf
from survey_app.security import add_security_headers
from survey_app.serving.metrics import counts
from survey_app.storage.collect import Collector
from survey_app.storage.database import prove_writable
from survey_app.storage.erase import clearing, studies_pending
from survey_app.storage.opening import open_database

YEAR = 365 * 24 * 3600


def create_app(settings: Settings, engine: Engine | None = None) -> Flask:
    """Return the app; raise Unusable where answers would not be safe, sqlalchemy's errors without a database."""
    app = Flask("survey_app", static_folder=None)
    app.session_interface = OneSigner()
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=settings.cookie,
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MAXIMUM_BODY,
        TRUSTED_HOSTS=list(settings.hosts),
        SEND_FILE_MAX_AGE_DEFAULT=YEAR,
        COMPRESS_ALGORITHM=["br", "gzip"],
        # The form token lives as long as the session: a slow reader loses nothing.
        WTF_CSRF_TIME_LIMIT=None,
        REPORTS=str(settings.reports),
        REPORTS_OPEN=settings.reports_open,
        SNAPSHOTS=str(settings.snapshots),
    )
    if engine is None:
        engine = open_database(settings.database_url)
        prove_writable(engine)
    keep_shelf(app, engine, study_from_files, frozenset(settings.studies), settings.fresh)
    app.extensions["earshot-collector"] = Collector(engine, counts)
    app.extensions["earshot-clearing"] = clearing(settings.data, settings.database_url)
    # The program may have ended before an erasure had reached the snapshots.
    if studies_pending(engine):
        app.extensions["earshot-clearing"]()
    for blueprint in (
        respondent,
        receipt,
        resume,
        invited,
        signing,
        own,
        joining,
        researcher,
        staff,
        executive,
    ):
        app.register_blueprint(blueprint)
    add_security_headers(app)
    Compress(app)
    return app
