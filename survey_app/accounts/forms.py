"""The workplace's forms: WTForms binds them; what is wrong is the key of a text."""

from __future__ import annotations

from typing import Any, ClassVar

from flask_wtf import FlaskForm
from wtforms import Field, Form, PasswordField, SelectField, StringField, ValidationError
from wtforms.validators import StopValidation

from questionnaires.texts import LANGUAGES
from survey_app.storage.accounts import passwords, people
from survey_app.storage.accounts.rights import ROLES

LONGEST_TYPED = 1000
"""Characters of a field that are looked at, or shown again."""


class _Form(FlaskForm):
    FIRST: ClassVar[str] = ""
    """The field that is first on the page, where a subclass adds it to inherited fields."""

    def problems(self) -> dict[str, str]:
        """Return the key of what is wrong by field, in the order of the fields on the page."""
        texts = {name: str(errors[0]) for name, errors in self.errors.items() if name and errors}
        return dict(sorted(texts.items(), key=lambda item: item[0] != self.FIRST))


class _Needed:
    """The field is filled in, and not too long."""

    field_flags: dict[str, Any] = {}  # noqa: RUF012  # wtforms asks for it

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, form: Form, field: Field) -> None:
        if not (field.data or "").strip():
            raise StopValidation(self._key)
        if len(field.data) > LONGEST_TYPED:
            raise StopValidation("too_long")


def _email(form: Form, field: Field) -> None:
    if people.read_email(field.data or "") is None:
        raise ValidationError("email_bad")


def _name(form: Form, field: Field) -> None:
    if people.read_name(field.data or "") is None:
        raise ValidationError("name_bad")


def _same(form: Form, field: Field) -> None:
    if field.data != form.password.data:
        raise ValidationError("password_differs")


class _Choice(SelectField):
    """One of a list, refused with a text of ours otherwise."""

    def pre_validate(self, form: Form) -> None:
        if self.data not in self.choices:
            raise ValidationError("choice_bad")


class SignInForm(_Form):
    """E-mail and password; the page never tells which of them was wrong."""

    email = StringField(validators=[_Needed("email_needed")])
    password = PasswordField(validators=[_Needed("password_needed")])
    next = StringField()


class SignInCodeForm(_Form):
    """A code of the authenticator app, or a recovery code."""

    code = StringField(validators=[_Needed("code_needed")])
    next = StringField()


class NewPasswordForm(_Form):
    """A new password, twice, for an account whose e-mail is known."""

    password = PasswordField(validators=[_Needed("password_needed")])
    again = PasswordField(validators=[_Needed("again_needed"), _same])

    def validate_for(self, email: str) -> bool:
        """Tell whether the form may be accepted for an account."""
        valid = self.validate()
        fault = "" if self.password.errors else passwords.fault(self.password.data or "", email)
        if fault:
            self.password.errors = [f"password_{fault}"]
        return valid and not fault


class JoinForm(NewPasswordForm):
    FIRST = "name"
    name = StringField(validators=[_Needed("name_bad"), _name])


class ChangePasswordForm(NewPasswordForm):
    FIRST = "now"
    now = PasswordField(validators=[_Needed("now_needed")])


class OwnForm(_Form):
    name = StringField(validators=[_Needed("name_bad"), _name])
    language = _Choice(choices=[*LANGUAGES])


class SecondFactorForm(_Form):
    """The password, for every change of the second factor; a first code, to turn it on."""

    now = PasswordField(validators=[_Needed("now_needed")])
    code = StringField()


class InviteForm(_Form):
    email = StringField(validators=[_Needed("email_needed"), _email])
    role = _Choice(choices=[*ROLES])


class RoleForm(_Form):
    role = _Choice(choices=[*ROLES])


class PlainForm(_Form):
    """Nothing but the form's own token."""
