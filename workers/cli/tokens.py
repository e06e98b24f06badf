"""`marsad tokens`: who may ask the API, for what, and until when."""

from __future__ import annotations

from datetime import timedelta

import click

from domain.errors import InputError
from workers.bootstrap import open_default
from workers.cli.ask import as_json_option
from workers.cli.output import inline, write_json, write_nothing, write_table
from workers.tokens import SCOPES, digest, new_secret, scopes, written

_LONGEST_NAME = 100


def register(group: click.Group) -> None:
    """Add the verbs."""
    group.add_command(tokens)


@click.group()
def tokens() -> None:
    """Tokens of the API."""


@tokens.command()
@click.argument("name")
@click.option("--scope", "given", multiple=True, type=click.Choice(SCOPES), default=("read",), show_default=True,
              help="What it allows; may be repeated. operate allows everything.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, 3650), help="Good for so long; without it until it is revoked.")
@as_json_option
def add(name: str, given: tuple[str, ...], days: int | None, as_json: bool) -> None:
    """Make a token for NAME; it is printed once."""
    if not 1 <= len(name.strip()) <= _LONGEST_NAME or not name.isprintable():
        raise InputError(f"a token's name is one line of at most {_LONGEST_NAME} characters")
    secret = new_secret()
    with open_default() as app:
        now = app.clock()
        until = None if days is None else now + timedelta(days=days)
        made = app.store.tokens.add(name.strip(), scopes(given), sha256=digest(secret), expires_at=until, now=now)
    token = written(made.id, secret)
    if as_json:
        write_json({"id": made.id, "name": made.name, "scopes": made.scopes, "expires_at": until, "token": token})
    else:
        click.echo(f"token {made.id} for {inline(made.name)}: {', '.join(made.scopes)}\n{token}\nit is not shown again")


@tokens.command(name="list")
@as_json_option
def list_(as_json: bool) -> None:
    """Every token that was made, without its secret."""
    with open_default() as app:
        found, now = app.store.tokens.all(), app.clock()
    if as_json:
        write_json(found)
    elif not found:
        write_nothing("no tokens (marsad tokens add NAME --scope read)")
    else:
        rows = []
        for token in found:
            over = token.expires_at is not None and token.expires_at <= now
            state = "revoked" if token.revoked_at is not None else "expired" if over else "good"
            used = "never" if token.used_at is None else f"{token.used_at:%Y-%m-%d %H:%M}"
            rows.append((str(token.id), inline(token.name), ", ".join(token.scopes), state, used))
        write_table(("no.", "name", "allows", "state", "last used"), rows)


@tokens.command()
@click.argument("number", type=int, metavar="ID")
def revoke(number: int) -> None:
    """End a token at once."""
    with open_default() as app:
        if not app.store.tokens.revoke(number, now=app.clock()):
            raise InputError(f"there is no token {number} that is good: marsad tokens list shows them")
    click.echo(f"token {number} is revoked")
