"""How often one browser, or one invitation, may send a page; and which route a request was for.

Whoever is too fast is told so with everything typed still there, and can send it again after a while.
"""

from __future__ import annotations

import math

from flask import Blueprint, Flask, Response, make_response, render_template, request, session

from questionnaires.texts import LANGUAGES, catalogue
from survey_app.respondent.markup import chrome
from survey_app.respondent.visit import spoken
from survey_app.serving.buckets import Buckets
from survey_app.serving.metrics import counts

POSTS_A_MINUTE = 60
PERSON = "person"
"""The name that a browser has in its session."""
SECRET = frozenset({"password", "again", "now"})
"""Fields that never go back to a page."""
TOKEN = "token"
"""What routes call an invitation in their address."""


def limit_posts(app: Flask, posts: int = POSTS_A_MINUTE) -> None:
    """Note the route of every request, and refuse posts of a session or an invitation that are too many."""
    app.register_blueprint(Blueprint("serving", __name__, template_folder="templates"))
    buckets = Buckets(posts, posts / 60)

    @app.before_request
    def _count() -> Response | None:
        rule = request.url_rule
        if rule is not None:
            request.environ["earshot.route"] = rule.rule
        if request.method != "POST":
            return None
        named = (("session", session.get(PERSON)), ("invitation", (request.view_args or {}).get(TOKEN)))
        wait = max((buckets.take(f"{kind} {name}") for kind, name in named if name), default=0.0)
        return _too_fast(wait) if wait else None


def _too_fast(wait: float) -> Response:
    counts.add("too_fast")
    language = spoken(LANGUAGES)
    texts = catalogue("survey_app.serving")
    page = render_template(
        "serving/too_fast.html",
        **chrome(language),
        words={key: texts.text(language, key) for key in ("too_fast_title", "too_fast_text", "send_again")},
        fields=[(name, value) for name, value in request.form.items(multi=True) if name not in SECRET],
    )
    response = make_response(page, 429)
    response.headers["Retry-After"] = str(math.ceil(wait))
    return response
