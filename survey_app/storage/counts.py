"""RowCounts of a study's rows for who watches the fieldwork: by page and by language. No estimate is made here."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, case, func, select

from survey_app.storage.tables import post, response


@dataclass(frozen=True)
class RowCounts:
    """Responses of one study: all that were begun, those that were finished, and both by language.

    `pages` are how many responses hold each page, by its name; `last_ms` is when the newest post came.
    """

    started: int
    finished: int
    screened: int
    languages: dict[str, tuple[int, int]]
    pages: dict[str, int]
    last_ms: int | None


def count(engine: Engine, name: str) -> RowCounts:
    """Count the rows of a study; a response is in the language that it was begun in."""
    of_study = response.c.study == name
    joined = post.join(response, response.c.key == post.c.response)
    begun = select(response.c.language, func.count()).where(of_study).group_by(response.c.language)
    ended = (
        select(
            response.c.language,
            func.count(response.c.key.distinct()),
            func.count(case((post.c.screened, response.c.key)).distinct()),
        )
        .select_from(joined)
        .where(of_study, post.c.final)
        .group_by(response.c.language)
    )
    pages = (
        select(post.c.page, func.count(post.c.response.distinct()))
        .select_from(joined)
        .where(of_study)
        .group_by(post.c.page)
    )
    newest = select(func.max(post.c.posted_ms)).select_from(joined).where(of_study)
    with engine.connect() as connection:
        started = {row[0]: row[1] for row in connection.execute(begun)}
        finished = {row[0]: (row[1], row[2]) for row in connection.execute(ended)}
        by_page = {row[0]: row[1] for row in connection.execute(pages)}
        last_ms = connection.execute(newest).scalar()
    return RowCounts(
        sum(started.values()),
        sum(number for number, _ in finished.values()),
        sum(number for _, number in finished.values()),
        {
            language: (number, finished.get(language, (0, 0))[0])
            for language, number in sorted(started.items())
        },
        by_page,
        last_ms,
    )
