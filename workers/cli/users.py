"""`marsad users`: people who sign in to the pages, their roles, and the links that let them in."""

from __future__ import annotations

import click
import msgspec

from domain.errors import InputError
from workers.bootstrap import App, open_default
from workers.cli.ask import as_json_option
from workers.cli.output import plain, write_json, write_nothing, write_table
from workers.store.accounts import ROLES, User

_DAY_SECONDS = 24 * 3600.0
_WHO = "marsad users"  # what the trail has for those who give commands


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A user as the command shows them."""

    name: str
    role: str
    can_sign_in: bool
    disabled: bool


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(users)


@click.group(invoke_without_command=True)
@as_json_option
@click.pass_context
def users(context: click.Context, as_json: bool) -> None:
    """Who signs in to the pages, and as what: reader, analyst (reviews), operator (retries), admin."""
    if context.invoked_subcommand is not None:
        return
    with open_default() as app:
        found = [_shown(user) for user in app.store.accounts.users()]
    if as_json:
        write_json(found)
    elif not found:
        write_nothing("nobody yet: marsad users add NAME --role admin")
    else:
        rows = [
            (plain(u.name), u.role, "disabled" if u.disabled else "" if u.can_sign_in else "no password yet")
            for u in found
        ]
        write_table(("name", "role", ""), rows)


@users.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="reader", show_default=True, help="What they may do.")
def add(name: str, role: str) -> None:
    """A new user; prints the link that lets them in once, within a day, to choose a password."""
    with open_default() as app:
        user = app.store.accounts.add_user(name, role, now=app.clock())
        _note(app, "user-added", user.name, role)
        _tell_link(app, user)


@users.command()
@click.argument("name")
def link(name: str) -> None:
    """Another link for a user, good once and for a day: for a forgotten password."""
    with open_default() as app:
        user = app.store.accounts.user(name)
        if user is None or user.disabled:
            raise InputError(f"there is no user {name} who may sign in: marsad users lists them")
        _tell_link(app, user)


@users.command()
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
def role(name: str, role: str) -> None:
    """Give a user another role; they have to sign in again."""
    with open_default() as app:
        app.store.accounts.change_user(name, role=role, now=app.clock())
        _note(app, "user-changed", name, role)
    click.echo(f"{plain(name)} is {role} from now on")


@users.command()
@click.argument("name")
def disable(name: str) -> None:
    """Let a user in no more; whatever they are signed in to ends at once."""
    _stand(name, disabled=True)


@users.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let a disabled user in again."""
    _stand(name, disabled=False)


def _stand(name: str, *, disabled: bool) -> None:
    word = "disabled" if disabled else "enabled"
    with open_default() as app:
        app.store.accounts.change_user(name, disabled=disabled, now=app.clock())
        _note(app, "user-changed", name, word)
    click.echo(f"{plain(name)} is {word}")


def _tell_link(app: App, user: User) -> None:
    _note(app, "link-made", user.name, "")
    secret = app.store.accounts.make_link(user, now=app.clock(), seconds=_DAY_SECONDS)
    base = app.settings.public_url or f"http://{app.settings.host}:{app.settings.port}"
    click.echo(f"{plain(user.name)} signs in once, within a day, at {base.rstrip('/')}/enter/{secret}")


def _note(app: App, what: str, subject: str, detail: str) -> None:
    app.store.accounts.note(_WHO, what, subject=subject, detail=detail, now=app.clock())


def _shown(user: User) -> Shown:
    return Shown(
        name=user.name, role=user.role, disabled=user.disabled,
        can_sign_in=user.password is not None and not user.disabled,
    )  # fmt: skip
