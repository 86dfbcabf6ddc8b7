"""How numbers and dates are written in each language: Babel's forms, with the marks it leaves out.

Shares are fractions; they are printed as whole per cent. A range has word joiners around its dash and a
minus is U+2212, so that no line breaks inside a number.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

LOCALES = {"en": "en_GB", "uk": "uk", "ru": "ru"}
JOINER = "\u2060"
MINUS = "\u2212"
SPACE = "\u00a0"


def locale_of(language: str) -> Locale:
    """Return the locale whose habits a language's reports follow."""
    return Locale.parse(LOCALES.get(language, "en_GB"))


def percent(share: float, language: str) -> str:
    """Return a share (0 to 1) in whole per cent: 34%, in Russian with a no-break space before the sign."""
    return str(format_percent(share, locale=locale_of(language)))


def whole(share: float) -> int:
    """Return a share in whole per cent, rounded half to even on its decimal digits, as Babel rounds."""
    return int((Decimal(str(share)) * 100).to_integral_value(ROUND_HALF_EVEN))


def interval(low: float, high: float) -> str:
    """Return an interval of shares without the per cent sign: (32–36)."""
    return f"({span(str(whole(low)), str(whole(high)))})"


def span(start: str, end: str) -> str:
    """Return a range that never breaks across lines."""
    return f"{start}{JOINER}–{JOINER}{end}"


def count(number: float, language: str) -> str:
    """Return a whole number with the language's separator of thousands."""
    return str(format_decimal(round(number), locale=locale_of(language)))


def decimal(number: float, language: str) -> str:
    """Return a number with at most two decimals."""
    return str(format_decimal(number, format="#,##0.##", locale=locale_of(language)))


def n_equals(number: int, language: str) -> str:
    """Return "n = 2,030"; Ukrainian and Russian write four digits after "n =" without a separator."""
    digits = str(number) if language in ("uk", "ru") and number < 10_000 else count(number, language)
    return f"n{SPACE}={SPACE}{digits}"


def points(share: float) -> str:
    """Return a difference of shares in whole points with its sign: +4, −2, 0."""
    number = whole(share)
    return f"{MINUS}{-number}" if number < 0 else f"+{number}" if number > 0 else "0"


def long_date(day: date, language: str) -> str:
    """Return a date in words: 22 November 2026."""
    return str(format_date(day, "long", locale=locale_of(language)))


def period(start: date, end: date, language: str) -> str:
    """Return two dates as one period: 22 November – 6 December 2026."""
    if start == end:
        return long_date(end, language)
    if (start.year, start.month) == (end.year, end.month):
        return span(str(start.day), long_date(end, language))
    locale = locale_of(language)
    first = (
        format_skeleton("MMMMd", start, locale=locale)
        if start.year == end.year
        else long_date(start, language)
    )
    return f"{first}{SPACE}– {long_date(end, language)}"


def local(moment: datetime, zone: str) -> datetime:
    """Return a moment on the clock of a zone; one without a zone is already on it."""
    return moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment


def moment(value: datetime, zone: str, language: str) -> str:
    """Return a date and a time of day with the name of their zone."""
    there = local(value, zone)
    return f"{long_date(there.date(), language)}, {there:%H:%M} ({zone})"


def listed(words: list[str], language: str, style: str = "standard") -> str:
    """Return words as a list in a sentence; `style` is "standard" (and) or "or"."""
    joined = format_list(words, style="or" if style == "or" else "standard", locale=locale_of(language))
    return str(joined)


def share_of_sample(share: float, language: str) -> str:
    """Return a small share with one decimal: 1.5%."""
    locale = locale_of(language)
    pattern = str(locale.percent_formats[None].pattern).replace("#,##0", "#,##0.#")
    return str(format_percent(share, format=pattern, locale=locale))
