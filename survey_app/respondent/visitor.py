"""A respondent that is a program: fills the form in over HTTP, page after page, as a browser would.

Used to send synthetic respondents through the real form. Knows the form only by what the pages show.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urlencode

from questionnaires.answers import SPECIAL_SUFFIX, field_names
from questionnaires.model import Answer, Missing, Questionnaire
from questionnaires.question_types import form_values

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_TEMPLATE = re.compile(r"<template.*?</template>", re.DOTALL)
_NAMES = re.compile(r' name="([a-z][a-z0-9_.]*)"')
_ACTION = re.compile(r'<form id="page" method="post" action="([^"]+)"')
LONGEST_WAY = 60
"""Pages after which a walk is given up: no questionnaire is that long."""


class Lost(Exception):
    """The form did not lead to its end; carries what came instead."""


class Visitor:
    """One synthetic person with a connection and cookies of their own."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=60)
        self._cookies: dict[str, str] = {}

    def fill_in(self, questionnaire: Questionnaire, answers: Mapping[str, Answer], language: str) -> int:
        """Answer the whole form and return the number of pages posted; raise Lost."""
        address = f"/s/{questionnaire.name}?language={language}"
        try:
            status, page, address = self._get(address)
            posted = 0
            while posted < LONGEST_WAY and (action := _ACTION.search(page)):
                posted += 1
                fields = self._fields(questionnaire, answers, page)
                status, address = self._post(unescape(action[1]), fields)
                if status != 303:
                    raise Lost(f"posting {action[1]} was answered with status {status}")
                status, page, address = self._get(address)
            if status != 200 or not address.endswith("/end"):
                raise Lost(f"the way ended at {address} with status {status}")
            return posted
        except (OSError, http.client.HTTPException) as error:
            raise Lost(f"{type(error).__name__}: {error}") from error
        finally:
            self._connection.close()

    def _fields(
        self, questionnaire: Questionnaire, answers: Mapping[str, Answer], page: str
    ) -> list[tuple[str, str]]:
        page = _TEMPLATE.sub("", page)  # what is in it is for scripts
        shown = set(_NAMES.findall(page))
        fields = [(name, unescape(value)) for name, value in _HIDDEN.findall(page)]
        for question in questionnaire:
            answer = answers.get(question.name, Missing.NOT_ANSWERED)
            if not shown.intersection(field_names(question)) or answer is Missing.NOT_ANSWERED:
                continue
            raw = form_values(question, answer)
            fields += [(question.name, value) for value in raw.values]
            fields += [(f"{question.name}.{name}", value) for name, value in raw.named.items()]
            if raw.special:
                fields.append((question.name + SPECIAL_SUFFIX, raw.special))
        return [*fields, ("_action", "continue")]

    def _get(self, address: str) -> tuple[int, str, str]:
        self._connection.request("GET", address, headers=self._headers())
        response = self._connection.getresponse()
        body = response.read().decode()
        self._remember(response)
        if response.status in (302, 303):
            return self._get(response.headers["Location"])
        return response.status, body, address

    def _post(self, address: str, fields: list[tuple[str, str]]) -> tuple[int, str]:
        headers = {**self._headers(), "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", address, urlencode(fields), headers)
        response = self._connection.getresponse()
        response.read()
        self._remember(response)
        return response.status, response.headers.get("Location", address)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())} if self._cookies else {}

    def _remember(self, response: http.client.HTTPResponse) -> None:
        for cookie in response.headers.get_all("Set-Cookie", ()):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
