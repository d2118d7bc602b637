"""Who was handed personal data over the wire: one row for each person, form, way and day.

Not in the audit, because there every entry tells that something has changed, and programs read pages by the thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base
from fieldsurvey.store.forms import Form
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import insert_if_new


class Disclosure(Base):
    __tablename__ = "disclosures"
    __table_args__ = (
        UniqueConstraint("actor_id", "form_id", "way", "day"),
        Index(None, "form_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    form_id: Mapped[int] = mapped_column(ForeignKey("forms.id"))
    way: Mapped[str]  # odata, xml, diffs, geojson
    day: Mapped[date]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]  # to some minutes


def note(session: Session, actor_id: int, form_id: int, way: str, now: datetime) -> None:
    """The first of the day makes the row, later ones move its end."""
    row = {"actor_id": actor_id, "form_id": form_id, "way": way, "day": now.date()}
    connection = session.connection()
    connection.execute(insert_if_new(Disclosure, connection), {**row, "first_at": now, "last_at": now})
    connection.execute(update(Disclosure).filter_by(**row).where(Disclosure.last_at < now).values(last_at=now))


def of_actor(session: Session, actor_id: int, limit: int = 30) -> Sequence[Row[Any]]:
    """Newest first: day, way, first_at, last_at, form (its id on the wire), round (its name)."""
    columns = (Disclosure.day, Disclosure.way, Disclosure.first_at, Disclosure.last_at)
    query: Any = (
        select(*columns, Form.xml_form_id.label("form"), Round.name.label("round"))
        .join(Form, Form.id == Disclosure.form_id)
        .join(Round, Round.id == Form.round_id)
        .where(Disclosure.actor_id == actor_id)
        .order_by(Disclosure.id.desc())
    )
    return session.execute(query.limit(limit)).all()
