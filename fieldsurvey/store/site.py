"""What an administrator sets for the whole site while it runs: by key, either JSON or a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldsurvey.store.base import Base


class SiteSetting(Base):
    __tablename__ = "site_settings"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    value: Mapped[dict[str, Any] | None]
    blob: Mapped[str | None] = mapped_column(ForeignKey("blobs.sha256"))
    mime: Mapped[str | None]
    set_at: Mapped[datetime]


def by_key(session: Session, key: str) -> SiteSetting | None:
    return session.scalar(select(SiteSetting).where(SiteSetting.key == key))


def of_keys(session: Session, keys: Sequence[str]) -> Sequence[SiteSetting]:
    """Those that are set, by key."""
    return session.scalars(select(SiteSetting).where(SiteSetting.key.in_(keys)).order_by(SiteSetting.key)).all()
