"""The people of a study and their roles; invitations; and, for administrators of everything, all accounts."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from survey_app.accounts import door
from survey_app.accounts.forms import InviteForm, RoleForm
from survey_app.accounts.showing import show, title_of
from survey_app.storage.accounts import audit, invitations, people, rights
from survey_app.storage.accounts.rights import ROLES, Colleague

staff = Blueprint("staff", __name__, template_folder="templates", url_prefix="/desk")
door.keep_door(staff)
DONE = ("role_given", "role_taken", "invitation_withdrawn", "account_disabled", "account_enabled")


@staff.get("/<study>/people")
@door.requires("people")
def members(study: str) -> Response:
    return _members(study, 200)


@staff.post("/<study>/people/invite")
@door.requires("people")
def invite(study: str) -> Response:
    """Make a link for a colleague. It is on this page once: only its hash is stored."""
    form, me = InviteForm(), door.me()
    if not form.validate():
        return _members(study, 422, form.problems(), form.email.data)
    email = people.read_email(form.email.data or "") or ""
    token = invitations.invite(door.engine(), email, study, form.role.data, door.now_ms(), by=me.account)
    link = url_for("joining.invitation", token=token, _external=True)
    return _members(study, 200, link=link, invited=email)


@staff.post("/<study>/people/invitations/<invitation>/withdraw")
@door.requires("people")
def withdraw(study: str, invitation: str) -> Response:
    if not invitations.withdraw(door.engine(), invitation, study, door.now_ms(), by=door.me().account):
        abort(404)
    return redirect(url_for("staff.members", study=study, done="invitation_withdrawn"), 303)


@staff.post("/<study>/people/<account>/role")
@door.requires("people")
def give_role(study: str, account: str) -> Response:
    """Give someone of the study another role. One's own is changed by somebody else: nobody locks themselves out."""
    form, member = RoleForm(), _other(study, account)
    if not form.validate():
        abort(400)
    me = door.me().account
    rights.give_role(door.engine(), member.account, study, form.role.data, door.now_ms(), by=me)
    return redirect(url_for("staff.members", study=study, done="role_given"), 303)


@staff.get("/<study>/people/<account>/remove")
@door.requires("people")
def ask_remove(study: str, account: str) -> Response:
    """A page between the click and the role that is gone."""
    member = _other(study, account)
    return show("researcher/sure.html", question="remove", name=member.name, email=member.email,
                study=study, title=title_of(study), account=account)  # fmt: skip


@staff.post("/<study>/people/<account>/remove")
@door.requires("people")
def remove(study: str, account: str) -> Response:
    member = _other(study, account)
    rights.take_role(door.engine(), member.account, study, door.now_ms(), by=door.me().account)
    return redirect(url_for("staff.members", study=study, done="role_taken"), 303)


@staff.get("/<study>/log")
@door.requires("log")
def study_log(study: str) -> Response:
    return _log(study)


@staff.get("/people")
@door.administers
def accounts() -> Response:
    """Every account here, with its roles."""
    done = request.args.get("done")
    roles = rights.roles_by_account(door.engine())
    return show(
        "researcher/accounts.html",
        accounts=people.everyone(door.engine()),
        roles=roles,
        titles={study: title_of(study) for study in {study for own in roles.values() for study, _ in own}},
        done=done if done in DONE else "",
        me=door.me().account,
    )


@staff.get("/people/<account>/disable")
@door.administers
def ask_disable(account: str) -> Response:
    found = people.by_id(door.engine(), account)
    if found is None or account == door.me().account:
        abort(404)
    return show("researcher/sure.html", question="disable", name=found.name, email=found.email,
                study="", title="", account=account)  # fmt: skip


@staff.post("/people/<account>/disable")
@door.administers
def disable(account: str) -> Response:
    """Let someone in no more, from this moment on; an administrator cannot do that to themselves."""
    if people.by_id(door.engine(), account) is None or account == door.me().account:
        abort(404)
    people.disable(door.engine(), account, door.now_ms(), by=door.me().account)
    return redirect(url_for("staff.accounts", done="account_disabled"), 303)


@staff.post("/people/<account>/enable")
@door.administers
def enable(account: str) -> Response:
    if people.by_id(door.engine(), account) is None:
        abort(404)
    people.enable(door.engine(), account, door.now_ms(), by=door.me().account)
    return redirect(url_for("staff.accounts", done="account_enabled"), 303)


@staff.get("/log")
@door.administers
def log() -> Response:
    return _log(None)


def _log(study: str | None) -> Response:
    before = request.args.get("before", "")
    mark = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    lines = audit.lines(door.engine(), study, mark)
    return show(
        "researcher/log.html",
        study=study,
        title=title_of(study) if study else "",
        may=door.may,
        lines=lines,
        names={one.id: f"{one.name} ({one.email})" for one in people.everyone(door.engine())},
        older=lines[-1].id if len(lines) == audit.PAGE else None,
    )


def _other(study: str, account: str) -> Colleague:
    found = next((one for one in rights.members(door.engine(), study) if one.account == account), None)
    if found is None or account == door.me().account:
        abort(404)
    return found


def _members(
    study: str,
    status: int,
    problems: dict[str, str] | None = None,
    email: str | None = "",
    link: str = "",
    invited: str = "",
) -> Response:
    done = request.args.get("done")
    return show(
        "researcher/people.html",
        status,
        here=url_for("staff.members", study=study),
        study=study,
        title=title_of(study),
        may=door.may,
        members=rights.members(door.engine(), study),
        invitations=invitations.open_ones(door.engine(), study, door.now_ms()),
        roles=ROLES,
        me=door.me().account,
        problems=problems or {},
        email=(email or "")[:254],
        link=link,
        invited=invited,
        done=done if done in DONE else "",
    )
