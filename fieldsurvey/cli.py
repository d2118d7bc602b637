"""The command line: parses, then calls a verb. `fieldsurvey --help` lists the commands."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import click
from flask import Flask

from fieldsurvey import importing, work
from fieldsurvey.app import create_app
from fieldsurvey.casework import area_changes, doubt_search, entity_intake, people
from fieldsurvey.casework import areas as area_verbs
from fieldsurvey.casework import publishing as form_verbs
from fieldsurvey.config import ConfigError, from_environment
from fieldsurvey.doctor import examine
from fieldsurvey.errors import Problem
from fieldsurvey.extensions import blobs, config, db, session, utcnow, write
from fieldsurvey.forms import xlsform
from fieldsurvey.outputs import case_table
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.permissions import Permission, Role, scope
from fieldsurvey.seed import country, demo, province, province_file
from fieldsurvey.sheets import areas as area_sheets
from fieldsurvey.sheets.areas import Complaint
from fieldsurvey.store import areas, forms, progress, rounds, schema
from fieldsurvey.translations import say


@click.group()
@click.pass_context
def cli(context: click.Context) -> None:
    """fieldsurvey: a field survey server. Settings are FIELDSURVEY_* variables; see .env.sample."""
    try:
        app = create_app(from_environment(os.environ))
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
    context.with_resource(app.app_context())
    context.obj = app


@cli.command()
@click.option("--to", default=schema.HEAD, help="a revision, -1 for one down, base for an empty database")
def migrate(to: str) -> None:
    """Bring the database to the newest schema."""
    schema.migrate(db.engine, to)
    click.echo(f"The database stands at {schema.present(db.engine)}.")


@cli.group()
def seed() -> None:
    """Areas of Vietnam, the demo commune, a province for benchmarks."""


@seed.command("areas")
def seed_areas() -> None:
    """Load the provinces and communes with their official codes."""
    with write() as current:
        click.echo(f"{country.load(current)} areas added.")


@seed.command("demo")
def seed_demo() -> None:
    """Make the demo commune with its cast; does nothing where a round exists."""
    with write() as current:
        made = demo.play(demo.Stage(current, blobs(), config().secret_key, utcnow()))
    click.echo("The demo commune is ready." if made else "There is a round already: nothing was changed.")


@seed.command("province")
@click.option("--households", default=300_000, show_default=True)
def seed_province(households: int) -> None:
    """Add a round of a whole province with many bare households, for benchmarks of pages."""
    with write() as current:
        country.load(current)
        opened = province.fill(current, households, utcnow())
    click.echo(f"Round {opened.id} has {households} households.")


@seed.command("province-file")
@click.argument("path", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--households", default=300_000, show_default=True)
def seed_province_file(path: Path, households: int) -> None:
    """Write the spreadsheet of a whole invented province, .csv or .xlsx, to be imported."""
    province_file.write(path, households)
    click.echo(f"{path}: {households} households, {path.stat().st_size // 1_000_000} MB")


@cli.group("areas")
def area_commands() -> None:
    """Provinces, communes and villages with the days from which they hold."""


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@area_commands.command("import")
@click.argument("path", type=_FILE)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="the first day on which the list holds")
@click.option("--complete", is_flag=True, help="close the communes of the file's provinces that it lacks")
@click.option("--dry-run", is_flag=True, help="say what would change, and change nothing")
def areas_import(path: Path, on: datetime, complete: bool, dry_run: bool) -> None:
    """Load a list of units: XLSX, CSV (level, code, name, full_name, parent, area_type) or JSON."""
    read = area_sheets.areas(path, path.name)
    _complain(read.wrong)
    with write() as current:
        tried = current.begin_nested()
        day, now = on.date(), utcnow()
        found = area_verbs.load(current, read.rows, day, by=people.SYSTEM, now=now, complete=complete)
        (tried.rollback if found.wrong or dry_run else tried.commit)()
    _complain(found.wrong)
    counts = [len(found.added), len(found.changed), len(found.moved), len(found.closed), found.same]
    click.echo("added {}, mended {}, moved {}, closed {}, unchanged {}".format(*counts) + _not_done(dry_run))


@area_commands.command("crosswalk")
@click.argument("path", type=_FILE)
@click.option("--dry-run", is_flag=True, help="say what would change, and change nothing")
def areas_crosswalk(path: Path, dry_run: bool) -> None:
    """Take mergers and splits over: CSV or XLSX with old_code, new_code, on, decision."""
    read = area_sheets.crosswalk(path, path.name)
    _complain(read.wrong)
    with write() as current:
        tried = current.begin_nested()
        found = area_changes.apply(current, read.rows, by=people.SYSTEM, now=utcnow())
        (tried.rollback if found.wrong or dry_run else tried.commit)()
    _complain(found.wrong)
    click.echo(f"{found.pairs} changes, {found.villages} villages, {found.households} households" + _not_done(dry_run))
    for name in found.officers:
        click.echo(f"holds a role in an area that is gone: {name}")


def _not_done(dry_run: bool) -> str:
    return " (nothing was written)" if dry_run else ""


def _complain(wrong: Sequence[Complaint]) -> None:
    """Each with its place; nothing has been written."""
    for one in wrong:
        click.echo(
            f"row {one.row}, {one.column}: {say(f'areas.wrong.{one.code}', 'en')} {one.value}".rstrip(), err=True
        )
    if wrong:
        raise click.ClickException(f"Nothing was loaded: {len(wrong)} places need mending.")


@cli.group()
def user() -> None:
    """Accounts."""


@user.command("create")
@click.argument("name")
@click.argument("sign_in")
@click.option("--role", type=click.Choice([role.value for role in people.LEVELS]), required=True)
@click.option("--area", default="", help="code of a province, commune or village; none for everywhere")
@click.option("--password", default="", help="made and printed when not given")
def user_create(name: str, sign_in: str, role: str, area: str, password: str) -> None:
    """Create an account. SIGN_IN is an e-mail address or a phone number."""
    password = password or secrets.token_urlsafe(9)
    with write() as current:
        people.create_user(current, name, sign_in, password, Role(role), _area(area), by=None, now=utcnow())
    click.echo(f"{sign_in} can sign in with the password {password}")


def _area(code: str) -> areas.Area | None:
    if not code:
        return None
    found = next((one for level in Level if (one := areas.by_code(session(), level, code, utcnow().date()))), None)
    if found is None:
        raise click.ClickException(f"There is no area with the code {code}.")
    return found


@cli.group()
def form() -> None:
    """Questionnaires."""


@form.command("publish")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--round", "round_id", type=int, default=None, help="the newest open round when not given")
def form_publish(path: Path, round_id: int | None) -> None:
    """Upload an XLSForm and publish it."""
    round_id = round_id or _current_round()
    content = path.read_bytes()
    converted = xlsform.convert(content, path.name)
    with write() as current:
        draft = form_verbs.upload(current, round_id, converted, content, blobs(), by=people.SYSTEM, now=utcnow())
        found = current.get_one(forms.Form, draft.form_id)
        version = form_verbs.publish(current, found, by=people.SYSTEM, now=utcnow())
    for warning in converted.warnings:
        click.echo(f"warning: {warning.sheet} {warning.row or ''} {warning.text}", err=True)
    click.echo(f"{found.xml_form_id} {version.version} is published in round {round_id}.")


def _current_round() -> int:
    found = rounds.current(session())
    if found is None:
        raise click.ClickException("There is no round yet: create one on the page “Đợt rà soát”, or seed the demo.")
    return found.id


@cli.command("export")
@click.option("--round", "round_id", type=int, default=None, help="the newest open round when not given")
@click.option("--state", "states", multiple=True, help="only these review states; may be given several times")
@click.option("--out", type=click.File("wb"), default="-")
def export_cases(round_id: int | None, states: tuple[str, ...], out: BinaryIO) -> None:
    """The households of a round with state, class and points, as CSV."""
    round_id = round_id or _current_round()
    everywhere = scope(people.SYSTEM, Permission.EXPORT, round_id)
    for chunk in case_table.csv(session(), round_id, everywhere, states):
        out.write(chunk)


@cli.command()
@click.option("--fix", is_flag=True, help="count again where it is wrong")
def recount(fix: bool) -> None:
    """Compare the kept completion counters with a recount."""
    wrong = 0
    for one in rounds.all_rounds(session()):
        villages = progress.differences(session(), one.id)
        wrong += len(villages)
        click.echo(f"{one.name}: {len(villages)} villages differ")
        if villages and fix:
            with write() as current:
                progress.recount(current, one.id)
    if wrong and not fix:
        raise click.ClickException("Run again with --fix to count anew.")


@cli.command("work")
@click.option("--until-idle", is_flag=True, help="go home when nothing waits; else wait for more")
@click.option("--parent", type=int, default=None, help="go home when this process is no longer the parent")
def work_jobs(until_idle: bool, parent: int | None) -> None:
    """Do long work that waits: imports and their undo. The server starts one by itself; in production run it as a service."""
    click.echo(f"{work.work(until_idle=until_idle, parent=parent)} jobs ended.")


@cli.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(["register", "people"]), default="register", show_default=True)
@click.option("--dry-run", is_flag=True, help="only check, and write the remarks")
@click.option("--take-good-rows", is_flag=True, help="take what is good although other rows cannot be taken")
@click.option(
    "--by", "sign_in", default="", help="who imports: e-mail or telephone number; the server itself if not given"
)
@click.option("--year", type=int, default=None, help="of the list; this year if not given")
@click.option(
    "--known",
    type=click.Choice(["update", "skip", "new"]),
    default="update",
    show_default=True,
    help="what becomes of households that are in the register already",
)
@click.option(
    "--create-villages", is_flag=True, help="create the villages that the file names and the server does not know"
)
@click.option("--phones", "round_id", type=int, default=None, help="people: hand out phones in this round")
def import_file(path: Path, **options: Any) -> None:
    """Import the register, or people, from a spreadsheet: check, write the remarks beside the file, then take it."""
    importing.run(path, importing.Options(**options), click.echo)


@cli.command("import-undo")
@click.argument("number", type=int)
def import_undo(number: int) -> None:
    """Take a whole import back; what somebody has changed since stays."""
    importing.undo(number, click.echo)


@cli.command()
@click.option("--again", is_flag=True, help="look at all of them, not only at those that nobody has looked at")
def doubts(again: bool) -> None:
    """Look for doubts about the households under review: the same person twice, the same photo, far from the village …"""
    found, looked, last = 0, 0, 0
    while batch := doubt_search.under_review(session(), last, again=again):
        with write() as current:
            found += doubt_search.look(current, batch, now=utcnow())
        looked, last = looked + len(batch), batch[-1]
    click.echo(f"{looked} households looked at, {found} doubts are new.")


@cli.command()
@click.option("--days", default=entity_intake.LONGEST_WAIT.days, show_default=True, help="0: all that wait")
def backlog(days: int) -> None:
    """Make the changes of entities that have waited too long for the change which they follow."""
    with write() as current:
        made = entity_intake.force(
            current.connection(), by=people.SYSTEM, now=utcnow(), older_than=timedelta(days=days)
        )
    click.echo(f"{made} changes wait no longer.")


@cli.command()
@click.pass_obj
def doctor(app: Flask) -> None:
    """Say what is wrong with this set-up and how to mend it."""
    findings = list(examine(app))
    for finding in findings:
        click.echo(
            f"{'✓' if finding.well else '✗'} {finding.what}" + ("" if finding.well else f"\n    → {finding.cure}")
        )
    if not all(finding.well for finding in findings):
        sys.exit(1)


def main(run: Callable[[], None] = cli) -> None:
    """Run the command line; a Problem is said in a sentence."""
    try:
        run()
    except Problem as problem:
        click.echo(say(problem.kind.message_id, "en", **problem.params), err=True)
        for complaint in problem.params.get("complaints", []):
            click.echo(f"  {complaint['sheet']} row {complaint['row'] or '?'}: {complaint['text']}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
