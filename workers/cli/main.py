"""The `marsad` command: its group, its error line and its logging. Each verb lives in a module of its own."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import traceback
from typing import Any

import click
import structlog

from domain.errors import MarsadError
from workers.cli import (
    ask,
    database,
    deliveries,
    evaluate,
    feeds,
    fleet,
    keep,
    log,
    quarantine,
    read,
    registry,
    run,
    subscribe,
    tokens,
    users,
)

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130


class Group(click.Group):
    """Says every error in one line on standard error and exits non-zero; a traceback is for `--verbose` only."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run a command line; never returns in standalone mode."""
        run: Any = super().main
        if not standalone_mode:
            return run(*args, standalone_mode=False, **extra)
        try:
            code = run(*args, standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as exc:
            exc.show()
            code = EXIT_ERROR
        except Exception as exc:
            code = _end(exc)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; a reader that goes away ends it quietly (click would say nothing, and exit 1)."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as exc:
            ctx.exit(_end(exc))


def _end(exc: Exception) -> int:
    """Say an error; the exit code that it gives."""
    if isinstance(exc, click.Abort):
        return EXIT_INTERRUPTED
    if isinstance(exc, BrokenPipeError):
        # nobody reads any more; what is still buffered must not fail again at the interpreter's end
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(exc, click.UsageError):
        path = exc.ctx.command_path if exc.ctx is not None else "marsad"
        _say(f"{exc.format_message().rstrip('.')} (see {path} --help)")
    elif isinstance(exc, click.ClickException):
        _say(exc.format_message())
    elif isinstance(exc, MarsadError):
        _say(str(exc))
    elif isinstance(exc, OSError):
        _say(f"{exc.strerror or exc}{f': {exc.filename}' if exc.filename else ''}")
    else:
        _say(f"unforeseen {type(exc).__name__}: {exc} (marsad --verbose shows where)")
        if structlog.is_configured() and logging.getLogger().isEnabledFor(logging.INFO):
            traceback.print_exception(exc)
    return EXIT_ERROR


def _say(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        click.echo(f"marsad: {' '.join(line.split())}", err=True)


@click.group("marsad", cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option("0.1.0", prog_name="marsad")
@click.option("-v", "--verbose", is_flag=True, help="Log every step.")
def cli(verbose: bool) -> None:
    """Marsad (مرصد) reads Arabic news as it appears and keeps, with evidence, what the powers hold."""
    configure_logging(verbose=verbose)


def configure_logging(*, verbose: bool) -> None:
    """One line an event on standard error: a constant name and key=value pairs."""
    level = logging.INFO if verbose else logging.WARNING
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=logging.INFO if verbose else logging.ERROR,
        stream=sys.stderr,
        format="%(levelname)s %(name)s %(message)s",
    )
    for noisy in ("apscheduler", "trafilatura", "htmldate", "httpx", "dramatiq"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)


for module in (
    run,
    fleet,
    read,
    evaluate,
    ask,
    subscribe,
    deliveries,
    quarantine,
    log,
    database,
    registry,
    keep,
    users,
    tokens,
):
    module.register(cli)
feeds.register(ask.feeds)


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Arabic letters is no reason to fail
    cli(prog_name="marsad")
