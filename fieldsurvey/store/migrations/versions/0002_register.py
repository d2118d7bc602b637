"""The register's history: classes by year, events, members that stay known, crosswalk of areas, hand-overs."""

import unicodedata
import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
OPEN = sa.text("state = 'offered'")
BATCH = 5_000


def upgrade() -> None:
    _widen_households()
    _know_members()
    _create_years()
    _create_events()
    _create_handovers()
    _create_area_changes()


def downgrade() -> None:
    for table in ("area_changes", "handovers", "household_events", "household_years"):
        op.drop_table(table)
    _forget_members()
    op.drop_index("ix_households_prior_class_id", table_name="households")
    op.drop_index("ix_households_code", table_name="households")
    for column in ("lon", "lat", "gone_reason"):
        op.drop_column("households", column)


def _widen_households() -> None:
    """Not in batch mode: making the table anew would lose the triggers of the index of names."""
    op.add_column("households", sa.Column("gone_reason", sa.Text(), nullable=True))
    op.add_column("households", sa.Column("lat", sa.Float(), nullable=True))
    op.add_column("households", sa.Column("lon", sa.Float(), nullable=True))
    op.create_index("ix_households_code", "households", ["code"], postgresql_ops={"code": "text_pattern_ops"})
    op.create_index("ix_households_prior_class_id", "households", ["prior_class", "id"])


def _know_members() -> None:
    for column in (
        sa.Column("uuid", sa.Text(), nullable=True),
        sa.Column("name_fold", sa.Text(), nullable=True),
        sa.Column("gone_at", sa.Date(), nullable=True),
        sa.Column("gone_reason", sa.Text(), nullable=True),
    ):
        op.add_column("members", column)
    _name_members()
    with op.batch_alter_table("members") as table:
        table.drop_constraint("uq_members_household_id_position", type_="unique")
        table.alter_column("uuid", existing_type=sa.Text(), nullable=False)
        table.alter_column("name_fold", existing_type=sa.Text(), nullable=False)
        table.create_unique_constraint("uq_members_uuid", ["uuid"])
    op.create_index("ix_members_household_id_position", "members", ["household_id", "position"])
    op.create_index("ix_members_id_number", "members", ["id_number"])
    op.create_index("ix_members_name_fold_birth_year", "members", ["name_fold", "birth_year"])


def _name_members() -> None:
    """A UUID and the folded name for each person who is there already."""
    connection, last = op.get_bind(), 0
    naming = sa.text("UPDATE members SET uuid = :uuid, name_fold = :fold WHERE id = :id")
    page = sa.text("SELECT id, name FROM members WHERE id > :last ORDER BY id LIMIT :size")
    while rows := connection.execute(page, {"last": last, "size": BATCH}).all():
        connection.execute(naming, [{"id": id_, "uuid": str(uuid.uuid4()), "fold": _fold(name)} for id_, name in rows])
        last = rows[-1][0]


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    stripped = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(stripped.casefold().split())


def _forget_members() -> None:
    """Before, a household had only those present, numbered without gaps."""
    op.execute("DELETE FROM members WHERE gone_at IS NOT NULL")
    op.execute(
        "UPDATE members SET position = (SELECT count(*) FROM members AS other WHERE other.household_id = "
        "members.household_id AND (other.position < members.position OR "
        "(other.position = members.position AND other.id <= members.id)))"
    )
    for columns in ("household_id_position", "id_number", "name_fold_birth_year"):
        op.drop_index(f"ix_members_{columns}", table_name="members")
    with op.batch_alter_table("members") as table:
        table.drop_constraint("uq_members_uuid", type_="unique")
        for column in ("gone_reason", "gone_at", "name_fold", "uuid"):
            table.drop_column(column)
        table.create_unique_constraint("uq_members_household_id_position", ["household_id", "position"])


def _create_years() -> None:
    op.create_table(
        "household_years",
        sa.Column("id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=False),
        sa.Column("year", ID, nullable=False),
        sa.Column("household_class", sa.Text(), nullable=False),
        sa.Column("member_count", ID, nullable=True),
        sa.Column("decision_number", sa.Text(), nullable=True),
        sa.Column("decision_date", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("commune_id", ID, nullable=True),
        sa.Column("village_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_household_years_household_id"),
        sa.PrimaryKeyConstraint("id", name="pk_household_years"),
        sa.UniqueConstraint("household_id", "year", name="uq_household_years_household_id_year"),
    )
    op.create_index(
        "ix_household_years_year_household_class_household_id",
        "household_years",
        ["year", "household_class", "household_id"],
    )
    op.create_index(
        "ix_household_years_commune_id_year_household_class_village_id",
        "household_years",
        ["commune_id", "year", "household_class", "village_id"],
    )


def _create_events() -> None:
    op.create_table(
        "household_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=True),
        sa.Column("undoes_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_household_events_actor_id"),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_household_events_household_id"),
        sa.ForeignKeyConstraint(["undoes_id"], ["household_events.id"], name="fk_household_events_undoes_id"),
        sa.PrimaryKeyConstraint("id", name="pk_household_events"),
    )
    op.create_index("ix_household_events_household_id_id", "household_events", ["household_id", "id"])
    op.create_index("ix_household_events_batch_id_id", "household_events", ["batch_id", "id"])
    op.create_index("ix_household_events_undoes_id", "household_events", ["undoes_id"])


def _create_handovers() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_province_id", ID, nullable=True),
        sa.Column("from_commune_id", ID, nullable=True),
        sa.Column("from_village_id", ID, nullable=True),
        sa.Column("to_province_id", ID, nullable=True),
        sa.Column("to_commune_id", ID, nullable=False),
        sa.Column("to_village_id", ID, nullable=True),
        sa.Column("offered_at", MOMENT, nullable=False),
        sa.Column("offered_by", ID, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["actors.id"], name="fk_handovers_answered_by"),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_handovers_household_id"),
        sa.ForeignKeyConstraint(["offered_by"], ["actors.id"], name="fk_handovers_offered_by"),
        sa.PrimaryKeyConstraint("id", name="pk_handovers"),
    )
    op.create_index(
        "uq_handovers_open", "handovers", ["household_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("ix_handovers_household_id_id", "handovers", ["household_id", "id"])
    op.create_index("ix_handovers_to_commune_id_state", "handovers", ["to_commune_id", "state"])
    op.create_index("ix_handovers_from_commune_id_state", "handovers", ["from_commune_id", "state"])


def _create_area_changes() -> None:
    op.create_table(
        "area_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("old_id", ID, nullable=False),
        sa.Column("new_id", ID, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["actors.id"], name="fk_area_changes_made_by"),
        sa.ForeignKeyConstraint(["new_id"], ["areas.id"], name="fk_area_changes_new_id"),
        sa.ForeignKeyConstraint(["old_id"], ["areas.id"], name="fk_area_changes_old_id"),
        sa.PrimaryKeyConstraint("id", name="pk_area_changes"),
        sa.UniqueConstraint("old_id", "new_id", name="uq_area_changes_old_id_new_id"),
    )
    op.create_index("ix_area_changes_new_id", "area_changes", ["new_id"])
