"""Signing in and out, and the link that lets a person in once to choose a password.

Failed tries are counted for a name and for an address, and slow both down. It must not know how accounts are stored.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from domain.errors import InputError
from workers.passwords import fits, hash_password
from workers.store.accounts import AccountRows, User
from workers.web.access import COOKIE, SESSION_SECONDS, Fields, address_of, form, needed, safe_next, visitor_of
from workers.web.render import Renderer

_WINDOW = timedelta(minutes=15)
_MOST_FOR_NAME = 5  # failed tries in the window, for one name from one address
_MOST_FROM_ADDRESS = 25  # and for any names


class Login:
    """The routes. `secure`: the cookie travels over TLS alone."""

    def __init__(
        self, accounts: AccountRows, renderer: Renderer, clock: Callable[[], datetime], *, secure: bool
    ) -> None:
        self._accounts = accounts
        self._renderer = renderer
        self._clock = clock
        self._secure = secure

    def routes(self) -> list[Route]:
        """Where each answers."""
        return [
            Route("/login", self.ask, methods=["GET"]),
            Route("/login", form(self.sign_in, signed_in=False), methods=["POST"]),
            Route("/logout", form(self.sign_out), methods=["POST"]),
            Route("/enter/{secret}", self.welcome, methods=["GET"]),
            Route("/enter/{secret}", form(self.enter, signed_in=False), methods=["POST"]),
            Route("/audit", self.audit, methods=["GET"]),
        ]

    def ask(self, request: Request) -> Response:
        """The form."""
        return self._form(request, next_=safe_next(request.query_params.get("next", "/")))

    def sign_in(self, request: Request, fields: Fields) -> Response:
        """Check name and password; 429 after too many failures."""
        name, address, now = fields.get("name", "").strip(), address_of(request), self._clock()
        of_name, of_address = self._accounts.failures(name, address, since=now - _WINDOW)
        if of_name >= _MOST_FOR_NAME or of_address >= _MOST_FROM_ADDRESS:
            answer = self._form(request, next_=safe_next(fields.get("next", "/")), wrong="too_many_tries", status=429)
            answer.headers["retry-after"] = str(int(_WINDOW.total_seconds()))
            return answer
        user = self._accounts.user(name)
        known = user is not None and not user.disabled
        if not fits(fields.get("password", ""), user.password if user is not None and known else None) or user is None:
            self._accounts.note_failure(name, address, now=now)
            self._accounts.note(name[:64], "sign-in-failed", address=address, now=now)
            return self._form(request, next_=safe_next(fields.get("next", "/")), wrong="wrong_password", status=403)
        self._accounts.note(user.name, "signed-in", address=address, now=now)
        return self._opened(user, safe_next(fields.get("next", "/")))

    def sign_out(self, request: Request, _fields: Fields) -> Response:
        """End the session."""
        self._accounts.close_session(request.cookies.get(COOKIE, ""))
        visitor = visitor_of(request)
        if visitor.user is not None:
            self._accounts.note(visitor.user.name, "signed-out", address=address_of(request), now=self._clock())
        answer = RedirectResponse("/", status_code=303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=self._secure)
        return answer

    def welcome(self, request: Request) -> Response:
        """Looking at a link does not use it up: mail programs look at links by themselves."""
        user = self._accounts.link(request.path_params["secret"], now=self._clock())
        if user is None:
            raise HTTPException(404, "This link was used, or ran out: ask for another one (marsad users link NAME).")
        return self._plain(self._renderer.page(request, "enter.html", user=user, wrong="", here=""))

    def enter(self, request: Request, fields: Fields) -> Response:
        """Choose a password, and be signed in."""
        secret, now = request.path_params["secret"], self._clock()
        user = self._accounts.link(secret, now=now)
        if user is None:
            raise HTTPException(404, "This link was used, or ran out: ask for another one (marsad users link NAME).")
        try:
            password = hash_password(fields.get("password", ""))
        except InputError:
            page = self._renderer.page(request, "enter.html", user=user, wrong="password_length", here="", status=400)
            return self._plain(page)
        if self._accounts.use_link(secret, password, now=now) is None:
            raise HTTPException(404, "This link was used meanwhile.")
        self._accounts.note(user.name, "password-chosen", address=address_of(request), now=now)
        return self._opened(user, "/")

    def audit(self, request: Request) -> Response:
        """Who did what, newest first; for admins."""
        needed(request, "manage")
        return self._plain(self._renderer.page(request, "audit.html", audited=self._accounts.audited(), here="audit"))

    def _opened(self, user: User, next_: str) -> Response:
        secret = self._accounts.open_session(user, now=self._clock(), seconds=SESSION_SECONDS)
        answer = RedirectResponse(next_, status_code=303)
        answer.set_cookie(COOKIE, secret, max_age=SESSION_SECONDS, httponly=True, samesite="lax", secure=self._secure)
        return answer

    def _form(self, request: Request, *, next_: str, wrong: str = "", status: int = 200) -> Response:
        page = self._renderer.page(request, "login.html", next=next_, wrong=wrong, here="login", status=status)
        return self._plain(page)

    @staticmethod
    def _plain(answer: Response) -> Response:
        answer.headers["cache-control"] = "no-store"
        return answer
