"""The `marsad` command: its group, its error line and its logging. Each verb lives in a module of its own."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import click
import structlog

from domain.errors import MarsadError
from workers.cli import ask, database, read, registry, run, subscribe

EXIT_ERROR = 2


class Group(click.Group):
    """Says every error that Marsad raises on purpose in one line, and exits non-zero."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MarsadError as exc:
            click.echo(f"marsad: {' '.join(str(exc).split())}", err=True)
            ctx.exit(EXIT_ERROR)
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 -- nobody reads any more
            ctx.exit(0)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
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
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    for noisy in ("apscheduler", "trafilatura", "htmldate", "httpx", "dramatiq"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)


for module in (run, read, ask, subscribe, database, registry):
    module.register(cli)


def main() -> None:
    """The console script."""
    cli()
