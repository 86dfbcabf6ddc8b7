"""The people of a study and their roles; invitations; and, for administrators of everything, all accounts."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from survey_app.accounts import access
from survey_app.accounts.forms import InviteForm, RoleForm
from survey_app.accounts.layout import show, title_of
from survey_app.storage.accounts import audit, invitations, people, rights
from survey_app.storage.accounts.rights import ROLES, Colleague

staff = Blueprint("staff", __name__, template_folder="templates", url_prefix="/desk")
access.guard(staff)
DONE = ("role_given", "role_taken", "invitation_withdrawn", "account_disabled", "account_enabled")


@staff.get("/<study>/people")
@access.requires("people")
def members(study: str) -> Response:
    return _members(study, 200)


@staff.post("/<study>/people/invite")
@access.requires("people")
def invite(study: str) -> Response:
    """Make a link for a colleague and show it once: only its hash is stored."""
    form, me = InviteForm(), access.me()
    if not form.validate():
        return _members(study, 422, form.problems(), form.email.data)
    email = people.read_email(form.email.data or "") or ""
    token = invitations.invite(access.engine(), email, study, form.role.data, access.now_ms(), by=me.account)
    link = url_for("joining.invitation", token=token, _external=True)
    return _members(study, 200, link=link, invited=email)


@staff.post("/<study>/people/invitations/<invitation>/withdraw")
@access.requires("people")
def withdraw(study: str, invitation: str) -> Response:
    if not invitations.withdraw(access.engine(), invitation, study, access.now_ms(), by=access.me().account):
        abort(404)
    return redirect(url_for("staff.members", study=study, done="invitation_withdrawn"), 303)


@staff.post("/<study>/people/<account>/role")
@access.requires("people")
def give_role(study: str, account: str) -> Response:
    """Give a member of the study another role; one's own role is changed by somebody else."""
    form, member = RoleForm(), _other(study, account)
    if not form.validate():
        abort(400)
    me = access.me().account
    rights.give_role(access.engine(), member.account, study, form.role.data, access.now_ms(), by=me)
    return redirect(url_for("staff.members", study=study, done="role_given"), 303)


@staff.get("/<study>/people/<account>/remove")
@access.requires("people")
def ask_remove(study: str, account: str) -> Response:
    """Ask once more before a role is taken away."""
    member = _other(study, account)
    return show("researcher/sure.html", question="remove", name=member.name, email=member.email,
                study=study, title=title_of(study), account=account)  # fmt: skip


@staff.post("/<study>/people/<account>/remove")
@access.requires("people")
def remove(study: str, account: str) -> Response:
    member = _other(study, account)
    rights.take_role(access.engine(), member.account, study, access.now_ms(), by=access.me().account)
    return redirect(url_for("staff.members", study=study, done="role_taken"), 303)


@staff.get("/<study>/log")
@access.requires("log")
def study_log(study: str) -> Response:
    return _log(study)


@staff.get("/people")
@access.administers
def accounts() -> Response:
    """Every account here, with its roles."""
    done = request.args.get("done")
    roles = rights.roles_by_account(access.engine())
    return show(
        "researcher/accounts.html",
        accounts=people.everyone(access.engine()),
        roles=roles,
        titles={study: title_of(study) for study in {study for own in roles.values() for study, _ in own}},
        done=done if done in DONE else "",
        me=access.me().account,
    )


@staff.get("/people/<account>/disable")
@access.administers
def ask_disable(account: str) -> Response:
    person = people.by_id(access.engine(), account)
    if person is None or account == access.me().account:
        abort(404)
    return show("researcher/sure.html", question="disable", name=person.name, email=person.email,
                study="", title="", account=account)  # fmt: skip


@staff.post("/people/<account>/disable")
@access.administers
def disable(account: str) -> Response:
    """Close an account at once; administrators cannot close their own."""
    if people.by_id(access.engine(), account) is None or account == access.me().account:
        abort(404)
    people.disable(access.engine(), account, access.now_ms(), by=access.me().account)
    return redirect(url_for("staff.accounts", done="account_disabled"), 303)


@staff.post("/people/<account>/enable")
@access.administers
def enable(account: str) -> Response:
    if people.by_id(access.engine(), account) is None:
        abort(404)
    people.enable(access.engine(), account, access.now_ms(), by=access.me().account)
    return redirect(url_for("staff.accounts", done="account_enabled"), 303)


@staff.get("/log")
@access.administers
def log() -> Response:
    return _log(None)


def _log(study: str | None) -> Response:
    before = request.args.get("before", "")
    mark = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    lines = audit.lines(access.engine(), study, mark)
    return show(
        "researcher/log.html",
        study=study,
        title=title_of(study) if study else "",
        may=access.may,
        lines=lines,
        names={person.id: f"{person.name} ({person.email})" for person in people.everyone(access.engine())},
        older=lines[-1].id if len(lines) == audit.PAGE else None,
    )


def _other(study: str, account: str) -> Colleague:
    """Return a member of the study who is somebody else than whoever asks."""
    members = {member.account: member for member in rights.members(access.engine(), study)}
    if account not in members or account == access.me().account:
        abort(404)
    return members[account]


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
        may=access.may,
        members=rights.members(access.engine(), study),
        invitations=invitations.open_ones(access.engine(), study, access.now_ms()),
        roles=ROLES,
        me=access.me().account,
        problems=problems or {},
        email=(email or "")[:254],
        link=link,
        invited=invited,
        done=done if done in DONE else "",
    )
