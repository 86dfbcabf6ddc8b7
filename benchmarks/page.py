"""What compiling a page saves: CPU per page, filled from compiled blocks and rendered anew by Jinja.

    python -m benchmarks.page [--pages 300]

Both ways produce the same third page of the library's study, in one process, in turn; the smallest of
five rounds counts, because other work on the machine can only add time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from questionnaires.formats.study_folder import read_study
from survey_app.config import read_settings
from survey_app.factory import create_app
from survey_app.respondent.compiled import compile_page
from survey_app.respondent.markup import render_page
from survey_app.respondent.page_view import fill
from survey_app.respondent.shelf import shelf
from survey_app.respondent.visit import Visit
from survey_app.storage import fieldwork
from survey_app.storage.opening import open_database

LIBRARY = Path(__file__).parent.parent / "questionnaires" / "library" / "complaint_channels"


def main() -> None:
    """Measure and print both ways."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=300)
    pages = parser.parse_args().pages
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings({}, data=Path(folder))
        engine = open_database(settings.database_url)
        study = read_study(LIBRARY)
        fieldwork.publish(engine, study, 0)
        app = create_app(settings, engine)
        with app.test_request_context("/"):
            served, _ = shelf().study(study.name)
            assert served is not None
            shown = (served.pages(0)[2],)
            visit = Visit(served, shown[0], "en", "k" * 32, None)

            def render() -> str:
                return compile_page(lambda marks: render_page(served, shown, "en", marks)).fill({}, {})

            def show() -> str:
                return fill(visit, {}, 200).get_data(as_text=True)

            compiled = shelf().compiled(served, shown, "en")
            assert len(render()) == len(compiled.fill({}, {}))
            rendered, filled = in_turn(render, lambda: compiled.fill({}, {}), pages)
            _, whole = in_turn(render, show, pages)
        app.extensions["earshot-collector"].close()
        engine.dispose()
    print(f"rendered by Jinja  {1000 * rendered:8.3f} ms CPU a page")
    print(f"filled, compiled   {1000 * filled:8.3f} ms CPU a page")
    print(f"ratio              {rendered / filled:8.0f}")
    print(f"filled for a person{1000 * whole:8.3f} ms CPU a page, with its ticket and token")


def in_turn(first: Callable[[], str], second: Callable[[], str], times: int) -> tuple[float, float]:
    """Return the CPU seconds of one call of each, the smallest of five rounds."""
    best = [float("inf"), float("inf")]
    for _ in range(5):
        for place, call in enumerate((first, second)):
            start = time.process_time()
            for _ in range(times):
                call()
            best[place] = min(best[place], (time.process_time() - start) / times)
    return best[0], best[1]


if __name__ == "__main__":
    main()
