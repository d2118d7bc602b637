"""The demo's stage: commune Tam Hồng, its people and phones, an open round, the questionnaire, some 300 listed households."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random

from sqlalchemy.orm import Session

from fieldsurvey.casework import people, publishing
from fieldsurvey.forms import xlsform
from fieldsurvey.forms.xform import Schema
from fieldsurvey.rules.areas import Level
from fieldsurvey.rules.names import fold
from fieldsurvey.rules.permissions import Doer
from fieldsurvey.rules.workflow import State
from fieldsurvey.seed import cast, country, families
from fieldsurvey.store import areas, forms, progress, rounds
from fieldsurvey.store.areas import Area
from fieldsurvey.store.blobs import BlobFolder
from fieldsurvey.store.cases import Case
from fieldsurvey.store.people import Actor
from fieldsurvey.store.register import Household
from fieldsurvey.store.rounds import Round

QUESTIONNAIRE = Path(__file__).parents[2] / "xlsforms" / "ra-soat-ho" / "form.xlsx"
STARTS, ENDS = date(2026, 9, 1), date(2026, 12, 14)  # QĐ 24/2021/QĐ-TTg, article 3
HOUSEHOLDS_PER_VILLAGE = 22
_SEED = 9043
_NAMESPACE = uuid.UUID("0f5b9c52-52a4-4d38-8cf1-1d6e8b1a9043")


@dataclass(frozen=True)
class Stage:
    """What the demo is played on."""

    session: Session
    folder: BlobFolder
    secret: str
    now: datetime


@dataclass(frozen=True)
class Setting:
    """The cast in place: area, round, published form."""

    commune: Area
    villages: tuple[Area, ...]
    people: dict[str, Actor]
    phones: tuple[Actor, ...]
    round: Round
    schema: Schema


def set_up(stage: Stage) -> Setting:
    """Areas, people, a round with the questionnaire published, and a phone for each village head. No households yet."""
    session, now = stage.session, stage.now
    country.load(session)
    commune = _area(session, Level.COMMUNE, cast.COMMUNE)
    villages = tuple(country.add_village(session, commune, at, name) for at, name in enumerate(cast.VILLAGES, start=1))
    members = {one.key: _person(stage, one) for one in (*cast.CAST, *cast.village_heads()[2:])}
    opened = Round(
        name="Rà soát định kỳ năm 2026 – Tam Hồng",
        year=2026,
        area_id=commune.id,
        starts_on=STARTS,
        ends_on=ENDS,
        state=rounds.OPEN,
        created_at=now,
    )
    session.add(opened)
    session.flush()
    admin = members["admin"].doer()
    schema = _publish(stage, opened, admin)
    phones = tuple(
        people.create_phone(
            session, head.name, opened.id, village, secret=stage.secret, by=admin, now=now, owner=members[head.key]
        )
        for head, village in zip(cast.village_heads(), villages, strict=True)
    )
    return Setting(commune, villages, members, phones, opened, schema)


def _area(session: Session, level: Level, code: str) -> Area:
    found = areas.by_code(session, level, code, STARTS)
    if found is None:
        raise LookupError(f"no {level} {code}")
    return found


def _person(stage: Stage, person: cast.Person) -> Actor:
    level = {0: None, 2: Level.PROVINCE, 5: Level.COMMUNE}.get(len(person.area), Level.VILLAGE)
    area = _area(stage.session, level, person.area) if level else None
    return people.create_user(
        stage.session, person.name, person.sign_in, cast.PASSWORD, person.role, area, by=None, now=stage.now
    )


def _publish(stage: Stage, opened: Round, admin: Doer) -> Schema:
    content = QUESTIONNAIRE.read_bytes()
    converted = xlsform.convert(content, QUESTIONNAIRE.name)
    draft = publishing.upload(stage.session, opened.id, converted, content, stage.folder, by=admin, now=stage.now)
    form = stage.session.get_one(forms.Form, draft.form_id)
    return Schema.from_dict(publishing.publish(stage.session, form, by=admin, now=stage.now).fields)


def list_households(stage: Stage, setting: Setting) -> list[tuple[int, Household, str]]:
    """The households to be reviewed: (village's place in the list, household, how well off)."""
    rng = Random(_SEED)
    listed = []
    for at, village in enumerate(setting.villages):
        for number in range(1, HOUSEHOLDS_PER_VILLAGE + 1):
            profile = rng.choices(families.PROFILES, weights=(3, 4, 5))[0]
            listed.append((at, _household(rng, village, number, profile, stage.now), profile))
    stage.session.add_all(household for _, household, _ in listed)
    stage.session.flush()
    stage.session.add_all(
        Case(
            round_id=setting.round.id,
            household_id=household.id,
            state=State.NOT_VISITED.value,
            updated_at=stage.now,
            province_id=household.province_id,
            commune_id=household.commune_id,
            village_id=household.village_id,
        )
        for _, household, _ in listed
    )
    stage.session.flush()
    progress.recount(stage.session, setting.round.id)
    return listed


def _household(rng: Random, village: Area, number: int, profile: str, now: datetime) -> Household:
    name = families.head_name(rng)
    prior = {families.POOR: "poor", families.NEAR_POOR: "near_poor"}.get(profile, "near_poor")
    return Household(
        uuid=str(uuid.uuid5(_NAMESPACE, f"{village.code}/{number}")),
        version=1,
        code=f"{village.code}-{number:03}",
        head_name=name,
        name_fold=fold(name),
        address=f"Ngõ {rng.randint(1, 40)}",
        member_count=rng.randint(2, 6),
        prior_class=prior if rng.random() < 0.9 else None,
        created_at=now,
        updated_at=now,
        province_id=village.province_id,
        commune_id=village.parent_id,
        village_id=village.id,
    )
