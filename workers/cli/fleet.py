"""The verbs of a fleet: one role a process, each until SIGTERM or Ctrl-C; and `doctor`."""

from __future__ import annotations

import sys

import click

from workers.bootstrap import open_default


def register(group: click.Group) -> None:
    """Add the verbs."""
    for command in (worker, scheduler, projector, web, doctor, healthcheck):
        group.add_command(command)


def _run(role: str) -> None:
    from workers.fleet import roles
    from workers.service import until_told

    todo = {"worker": roles.work, "scheduler": roles.schedule, "projector": roles.project, "web": roles.serve}[role]
    with until_told() as told, open_default() as app:
        todo(app, told, _tell)


def _tell(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()


@click.command()
def worker() -> None:
    """Do the work that a scheduler rings for; any number may run."""
    _run("worker")


@click.command()
def scheduler() -> None:
    """Make polls due and ring for work; several may run, one is active."""
    _run("scheduler")


@click.command()
def projector() -> None:
    """Keep the positions up with the log; several may run, one is active."""
    _run("projector")


@click.command()
def web() -> None:
    """Show the pages and answer the API; any number may run."""
    _run("web")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def doctor(as_json: bool) -> None:
    """Check settings, schema, queue, clocks, disk, feeds and work, and say what to do; exit code 1 if something is."""
    from workers.cli.output import inline, write_json
    from workers.fleet.doctor import examine

    findings = examine()
    if as_json:
        write_json(findings)
    else:
        for finding in findings:
            click.echo(f"{finding.state:<5}{finding.what:<10}{inline(finding.found)}")
            if finding.remedy:
                click.echo(f"{'':<15}→ {finding.remedy}")
    if any(finding.state == "bad" for finding in findings):
        sys.exit(1)


@click.command()
def healthcheck() -> None:
    """Whether the service does its job, for a container or a monitor: says what fails, and ends with code 1 then."""
    from workers import checks

    with open_default() as app:
        bad = [finding for finding in checks.service(app.store.queries, app.clock()) if finding.state == "bad"]
    for finding in bad:
        click.echo(f"{finding.what}: {finding.found} → {finding.remedy}")
    if bad:
        sys.exit(1)
    click.echo("ok")
