"""People in bulk: the dry run of a list of enumerators, their accounts with PINs and phones, and the undo.

An officer makes enumerators of the own commune; only who manages all accounts makes officers and leaders.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from fieldsurvey.casework import import_check, import_content, import_files, import_marks, people, phone_sign_in, pins
from fieldsurvey.casework.import_areas import AreaFinder
from fieldsurvey.casework.import_units import as_date
from fieldsurvey.casework.jobs import Progress, Step, Task
from fieldsurvey.rules import permissions
from fieldsurvey.rules.areas import Level, Place
from fieldsurvey.rules.permissions import Permission, Role
from fieldsurvey.sheets.accounts import Account, Reader
from fieldsurvey.store import audit
from fieldsurvey.store import imports as store
from fieldsurvey.store import people as people_store
from fieldsurvey.store.areas import Area
from fieldsurvey.store.audit import AuditEntry
from fieldsurvey.store.imports import Import, ImportRow
from fieldsurvey.store.people import USER, Actor, Grant
from fieldsurvey.translations import DEFAULT_LOCALE

CHUNK = 100  # accounts of one transaction
TAKING, UNDOING, ENDING = "taking", "undoing", "ending"
_ROWS: Any = ImportRow.__table__


def check(task: Task) -> Iterator[Step]:
    """A list of people is short: an interrupted check begins anew."""
    of = task.session.get_one(Import, task.subject_id)
    yield from import_check.clear(task)
    sheets = import_files.open_file(of, task.folder)
    checking, number = _Check(task, of), 0
    for at, (sheet, layout) in enumerate(zip(sheets, import_files.layouts(of), strict=True)):
        if not layout.read:
            continue
        waiting: list[Account] = []
        reader = Reader(layout.columns, of.valid_on)
        for account in reader.accounts(row for row in sheet.rows() if row[0] > layout.heading):
            waiting.append(account)
            if len(waiting) == CHUNK:
                number += len(waiting)
                yield checking.step(at, number, waiting)
                waiting = []
        number += len(waiting)
        yield checking.step(at, number, waiting)
    import_marks.write(task.session, of, task.folder, DEFAULT_LOCALE)
    counts = {"rows": checking.total, "households": number, "people": number}
    yield lambda session: import_check.finish(session, task, of.id, counts)


class _Check:
    def __init__(self, task: Task, of: Import) -> None:
        self.task, self.of = task, of
        self.scope = permissions.scope(task.by, Permission.MANAGE_ENUMERATORS)
        self.manages = permissions.scope(task.by, Permission.MANAGE_PEOPLE)
        self.areas = AreaFinder(task.session, of.valid_on, self.scope, add_villages=False)
        self.village_by_code = {one.code: one for inside in self.areas.villages.values() for one in inside}
        self.phones: dict[str, int] = {}
        self.total = sum(one.rows for one in import_files.layouts(of) if one.read)

    def step(self, at: int, number: int, accounts: Sequence[Account]) -> Step:
        known = _known(self.task.session, [one.phone for one in accounts if one.phone])
        first = number - len(accounts)
        rows = [self._row(first + place, at, one, known.get(one.phone)) for place, one in enumerate(accounts, 1)]

        def write(session: Session) -> Progress:
            if rows:
                session.connection().execute(insert(_ROWS), rows)
            return Progress(import_check.READING, min(number, self.total), self.total, {})

        return write

    def _row(self, number: int, at: int, account: Account, known: Any) -> dict[str, Any]:
        areas = self._areas(account)
        if account.phone:
            row = self.phones.setdefault(account.phone, account.row)
            if row != account.row:
                account.remark("phone", "phone_twice", row=row)
        match_id = self._match(account, known)
        state = store.BAD if not account.can_be_taken else store.KNOWN if match_id else (
            store.WARNED if account.remarks else store.GOOD)  # fmt: skip
        content = {
            "name": account.name, "phone": account.phone, "role": account.role.value, "areas": areas,
            "until": account.valid_until.isoformat() if account.valid_until else None,
        }  # fmt: skip
        return {
            "import_id": self.of.id, "number": number, "sheet": at, "first_row": account.row, "last_row": account.row,
            "state": state, "label": account.name, "match_id": match_id, "content": import_content.pack(content),
            "remarks": [one.as_list() for one in account.remarks] or None,
        }  # fmt: skip

    def _match(self, account: Account, known: Any) -> int | None:
        """An account with this number: one that the sender does not look after cannot be touched."""
        if known is None:
            return None
        place = Place(known.province_id, known.commune_id, known.village_id)
        if not self.scope.covers(place) or (known.role != Role.ENUMERATOR and not self.manages.covers(place)):
            account.remark("phone", "phone_taken")
            return None
        account.remark("phone", "account_known", name=known.display_name)
        return int(known.id)

    def _areas(self, account: Account) -> list[list[Any]]:
        """[level, id, province, commune, village] of each area of the account."""
        if account.role is not Role.ENUMERATOR:
            return self._commune(account)
        codes = account.village_codes
        if codes or not account.villages:
            return self._by_codes(account, codes)
        found = []
        for name in account.villages:
            words = {"province": "", **account.place, "village_code": "", "village": name}
            result = self.areas.find(words)
            for field, code, params in result.wrong:
                account.remark(field, code, **params)
            if result.place:
                found.append(_area(Level.VILLAGE, result.place))
        return found

    def _by_codes(self, account: Account, codes: Sequence[str]) -> list[list[Any]]:
        found = []
        if not codes:
            account.remark("village_code", "village_missing")
        for code in codes:
            words = {"province": "", **account.place, "village_code": code, "village": ""}
            if code in self.village_by_code:
                words["commune_code"] = self.areas.communes[self.village_by_code[code].parent_id].code
            elif "-" in code:
                words["commune_code"] = code.partition("-")[0]
            result = self.areas.find(words)
            for field, wrong, params in result.wrong:
                account.remark("village_code" if field == "commune_code" else field, wrong, **params)
            if result.place:
                found.append(_area(Level.VILLAGE, result.place))
        return found

    def _commune(self, account: Account) -> list[list[Any]]:
        if not self.manages:
            account.remark("role", "role_forbidden")
            return []
        code = account.place["commune_code"]
        commune = self.areas.by_code.get(code)
        if commune is None or not self.manages.covers(Place(commune.parent_id, commune.id)):
            account.remark("commune_code", "commune_unknown" if code else "commune_missing", value=code)
            return []
        return [_area(Level.COMMUNE, Place(commune.parent_id, commune.id))]


def _area(level: Level, place: Place) -> list[Any]:
    return [level.value, getattr(place, f"{level.value}_id"), place.province_id, place.commune_id, place.village_id]


def _known(session: Session, phones: Sequence[str]) -> dict[str, Any]:
    """Telephone number → account; the widest role of several."""
    columns = (Actor.id, Actor.phone, Actor.display_name, Actor.province_id, Actor.commune_id, Actor.village_id)
    query = (
        select(*columns, Grant.role)
        .outerjoin(Grant, Grant.actor_id == Actor.id)
        .where(Actor.kind == USER, Actor.deleted_at.is_(None), Actor.phone.in_(phones))
    )
    found: dict[str, Any] = {}
    for row in session.execute(query):
        if row.phone not in found or row.role != Role.ENUMERATOR:
            found[row.phone] = row
    return found


def take(task: Task) -> Iterator[Step]:
    of = task.session.get_one(Import, task.subject_id)
    total = sum(c for state, c in store.count_by_state(task.session, of.id).items() if state != store.BAD)
    yield from _chunks(task, total, TAKING, _take_row, ImportRow.state != store.BAD)
    yield lambda session: _finish(session, task, total, store.DONE, "import.done")


def undo(task: Task) -> Iterator[Step]:
    done = store.count_by_outcome(task.session, task.subject_id)
    total = task.cursor.get("done", 0) + done.get(store.CREATED, 0) + done.get(store.UPDATED, 0)
    undoable = ImportRow.outcome.in_((store.CREATED, store.UPDATED))
    yield from _chunks(task, total, UNDOING, _undo_row, undoable)
    yield lambda session: _finish(session, task, total, store.UNDONE, "import.undone")


def _chunks(task: Task, total: int, phase: str, act: Any, wanted: Any) -> Iterator[Step]:
    last, done = task.cursor.get("number", 0), task.cursor.get("done", 0)
    while True:
        reached: list[tuple[int, int]] = []

        def step(session: Session, last: int = last, done: int = done, reached: Any = reached) -> Progress:
            of = session.get_one(Import, task.subject_id)
            rows = store.rows_after(session, of.id, last, CHUNK, wanted)
            for row in rows:
                act(session, of, row, task)
            if rows:
                session.flush()
                last, done = rows[-1].number, done + len(rows)
                reached.append((last, done))
            return Progress(phase, done, total, {"number": last, "done": done})

        yield step
        if not reached:
            return
        last, done = reached[0]


def _take_row(session: Session, of: Import, row: ImportRow, task: Task) -> None:
    content = import_content.unpack(row.content)
    known = people_store.by_sign_in_name(session, None, content["phone"])
    wanted = row.choice or of.duplicates
    if known is not None and (row.match_id != known.id or wanted != store.UPDATE):
        row.outcome = store.SKIPPED if row.match_id == known.id else store.HELD
        return
    if known is None:
        actor = _create(session, content, task)
        row.outcome = store.CREATED
    else:
        actor = known
        row.before = _before(actor)
        row.outcome = store.UPDATED if _change(session, actor, content, task) else store.SKIPPED
    row.result_id = actor.id
    if of.round_id is not None and row.outcome == store.CREATED and content["role"] == Role.ENUMERATOR:
        _phones(session, of.round_id, actor, content, task)


def _create(session: Session, content: dict[str, Any], task: Task) -> Actor:
    area = content["areas"][0]
    role = Role(content["role"])
    actor = Actor(
        kind=USER, display_name=content["name"], phone=content["phone"], sign_in_key=secrets.token_hex(8),
        pin_nonce=pins.new_nonce() if role is Role.ENUMERATOR else None, valid_until=as_date(content["until"]),
        created_by=task.by.id or None, created_at=task.now(), grants=_grants(content),
        province_id=area[2], commune_id=area[3], village_id=area[4],
    )  # fmt: skip
    session.add(actor)
    session.flush()
    if actor.pin_nonce is not None:
        phone_sign_in.secret_of(session, actor, task.now())  # counts the wrong attempts
    audit.record(session, "user.create", "actor", actor.id, by=task.by, now=task.now(), role=content["role"])
    return actor


def _grants(content: dict[str, Any]) -> list[Grant]:
    return [Grant(role=content["role"], area_level=level, area_id=id_) for level, id_, *_ in content["areas"]]


def _before(actor: Actor) -> dict[str, Any]:
    return {
        "name": actor.display_name,
        "until": actor.valid_until.isoformat() if actor.valid_until else None,
        "grants": sorted([one.role, one.area_level, one.area_id] for one in actor.grants if one.area_id),
    }


def _change(session: Session, actor: Actor, content: dict[str, Any], task: Task) -> bool:
    """Name, last day and further villages; nobody loses a village because a list does not name it."""
    before = _before(actor)
    actor.display_name = content["name"] or actor.display_name
    if content["until"]:
        _set_until(session, actor, as_date(content["until"]))
    have = {(one.role, one.area_id) for one in actor.grants}
    actor.grants += [one for one in _grants(content) if (one.role, one.area_id) not in have]
    session.flush()
    if _before(actor) == before:
        return False
    actor.updated_at = task.now()
    audit.record(session, "user.update", "actor", actor.id, by=task.by, now=task.now(), data={"bulk": True})
    return True


def _set_until(session: Session, actor: Actor, until: date | None) -> None:
    actor.valid_until = until
    for phone in people_store.phones_of_owner(session, actor.id):
        phone.valid_until = until


def _phones(session: Session, round_id: int, actor: Actor, content: dict[str, Any], task: Task) -> None:
    """A phone in the round for each of the person's villages, in the person's name."""
    for _, village_id, *_ in content["areas"]:
        village = session.get_one(Area, village_id)
        if not permissions.allows(task.by, Permission.MANAGE_DEVICES, village.place, round_id):
            continue
        phone = people.create_phone(
            session, actor.display_name, round_id, village, secret=task.secret, by=task.by, now=task.now(), owner=actor
        )
        phone.valid_until = actor.valid_until


def _undo_row(session: Session, of: Import, row: ImportRow, task: Task) -> None:
    """An account that nobody has used goes with its phones; one that was changed gets back what it had."""
    actor = people_store.active(session, row.result_id or 0)
    if actor is None or (row.outcome == store.CREATED and _has_acted(session, actor)):
        row.outcome = store.KEPT
        return
    if row.outcome == store.UPDATED:
        _give_back(session, actor, row.before or {}, import_content.unpack(row.content))
    else:
        for phone in people_store.phones_of_owner(session, actor.id):
            phone.token_hash = phone.token_nonce = None
            phone.deleted_at = task.now()
        actor.deleted_at, actor.sign_in_key = task.now(), secrets.token_hex(8)
    action = "user.delete" if row.outcome == store.CREATED else "user.update"
    row.outcome = store.GONE
    audit.record(session, action, "actor", actor.id, by=task.by, now=task.now(), batch=of.batch_id)


def _has_acted(session: Session, actor: Actor) -> bool:
    """Whether the person or one of their phones has signed in or sent anything."""
    ids = [actor.id, *(phone.id for phone in people_store.phones_of_owner(session, actor.id))]
    acted = session.scalar(select(AuditEntry.id).where(AuditEntry.actor_id.in_(ids)).limit(1))
    return actor.last_seen_at is not None or acted is not None


def _give_back(session: Session, actor: Actor, before: dict[str, Any], content: dict[str, Any]) -> None:
    had = {tuple(one) for one in before["grants"]}
    given = {(content["role"], level, id_) for level, id_, *_ in content["areas"]}
    actor.grants = [
        one for one in actor.grants
        if (one.role, one.area_level, one.area_id) in had or (one.role, one.area_level, one.area_id) not in given
    ]  # fmt: skip
    if actor.display_name == content["name"]:
        actor.display_name = before["name"]
    if content["until"] and actor.valid_until == as_date(content["until"]):
        _set_until(session, actor, as_date(before["until"]))


def _finish(session: Session, task: Task, total: int, state: str, action: str) -> Progress:
    of, now = store.locked(session, task.subject_id), task.now()
    outcomes = store.count_by_outcome(session, of.id)
    of.state, of.counts = state, {**of.counts, "outcomes": outcomes}
    if state == store.DONE:
        of.finished_at = now
    else:
        of.undone_at, of.undone_by = now, task.by.id or None
    audit.record(session, action, "import", of.id, by=task.by, now=now, **outcomes)
    return Progress(ENDING, total, total, {"done": total})
