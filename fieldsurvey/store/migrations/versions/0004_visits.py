"""The list of a round, who visits whom, attempts, targets, and doubts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

NEW_TABLES = (
    "doubts", "looks", "signals", "assignment_acts", "day_counts", "visits", "applications", "list_changes", "round_lists",
)  # fmt: skip
NEW_OF_CASES = (
    "assignee_id", "due_on", "list_source", "attempts", "outcome", "given_up", "sent_on", "doubts", "lat", "lon",
)  # fmt: skip


def upgrade() -> None:
    _widen()
    _lists()
    _visits()
    _doubts()


def _widen() -> None:
    op.add_column("rounds", sa.Column("attempts_needed", ID, server_default="3", nullable=False))
    for name in ("attempted", "given_up"):
        op.add_column("progress", sa.Column(name, ID, server_default="0", nullable=False))
    op.add_column("cases", sa.Column("assignee_id", ID, nullable=True))
    op.add_column("cases", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column("cases", sa.Column("list_source", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("attempts", ID, server_default="0", nullable=False))
    op.add_column("cases", sa.Column("outcome", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("given_up", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("cases", sa.Column("sent_on", sa.Date(), nullable=True))
    op.add_column("cases", sa.Column("doubts", ID, server_default="0", nullable=False))
    op.add_column("cases", sa.Column("lat", sa.Float(), nullable=True))
    op.add_column("cases", sa.Column("lon", sa.Float(), nullable=True))
    _days_of_old()
    op.create_index("ix_cases_round_id_village_id_id", "cases", ["round_id", "village_id", "id"])
    given, doubted = sa.text("assignee_id IS NOT NULL"), sa.text("doubts > 0")
    op.create_index(
        "ix_cases_assignee", "cases", ["round_id", "assignee_id"], sqlite_where=given, postgresql_where=given
    )
    op.create_index("ix_cases_doubts", "cases", ["round_id", "id"], sqlite_where=doubted, postgresql_where=doubted)


def _days_of_old() -> None:
    """What came before days were kept counts on the day of its newest questionnaire."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "UPDATE cases SET sent_on = date(received_at, '+7 hours') "
            "WHERE state <> 'notVisited' AND received_at IS NOT NULL"
        )
        return
    op.execute(
        "UPDATE cases SET sent_on = (received_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date "
        "WHERE state <> 'notVisited' AND received_at IS NOT NULL"
    )


def _place() -> "list[sa.Column[int]]":
    return [sa.Column(name, ID, nullable=True) for name in ("province_id", "commune_id", "village_id")]


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}")


def _lists() -> None:
    op.create_table(
        "round_lists",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("households", ID, nullable=False),
        sa.Column("frozen_at", MOMENT, nullable=False),
        sa.Column("frozen_by", ID, nullable=True),
        *_place(),
        _key("round_lists", "round_id", "rounds"),
        _key("round_lists", "frozen_by", "actors"),
        sa.PrimaryKeyConstraint("id", name="pk_round_lists"),
        sa.UniqueConstraint("round_id", "commune_id", name="uq_round_lists_round_id_commune_id"),
    )
    op.create_table(
        "list_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        *_place(),
        _key("list_changes", "round_id", "rounds"),
        _key("list_changes", "household_id", "households"),
        _key("list_changes", "actor_id", "actors"),
        sa.PrimaryKeyConstraint("id", name="pk_list_changes"),
    )
    op.create_index("ix_list_changes_round_id_commune_id_id", "list_changes", ["round_id", "commune_id", "id"])
    op.create_index("ix_list_changes_household_id", "list_changes", ["household_id"])
    op.create_table(
        "applications",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("household_id", ID, nullable=True),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("name_fold", sa.Text(), nullable=False),
        sa.Column("id_number", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("causes", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("received_by", ID, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answer_reason", sa.Text(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        *_place(),
        _key("applications", "round_id", "rounds"),
        _key("applications", "household_id", "households"),
        _key("applications", "received_by", "actors"),
        _key("applications", "answered_by", "actors"),
        sa.PrimaryKeyConstraint("id", name="pk_applications"),
    )
    op.create_index(
        "ix_applications_round_id_commune_id_answer_id", "applications", ["round_id", "commune_id", "answer", "id"]
    )
    op.create_index("ix_applications_household_id", "applications", ["household_id"])


def _visits() -> None:
    op.create_table(
        "visits",
        sa.Column("id", ID, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        *_place(),
        _key("visits", "round_id", "rounds"),
        _key("visits", "household_id", "households"),
        _key("visits", "actor_id", "actors"),
        sa.PrimaryKeyConstraint("id", name="pk_visits"),
        sa.UniqueConstraint("uuid", name="uq_visits_uuid"),
    )
    op.create_index("ix_visits_round_id_household_id_at", "visits", ["round_id", "household_id", "at"])
    op.create_table(
        "day_counts",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sent", ID, server_default="0", nullable=False),
        sa.Column("due", ID, server_default="0", nullable=False),
        *_place(),
        _key("day_counts", "round_id", "rounds"),
        sa.PrimaryKeyConstraint("id", name="pk_day_counts"),
        sa.UniqueConstraint("round_id", "village_id", "day", name="uq_day_counts_round_id_village_id_day"),
    )
    op.create_index("ix_day_counts_round_id_day", "day_counts", ["round_id", "day"])
    op.execute(
        "INSERT INTO day_counts (round_id, province_id, commune_id, village_id, day, sent) SELECT round_id, province_id, "
        "commune_id, village_id, sent_on, count(*) FROM cases WHERE sent_on IS NOT NULL AND village_id IS NOT NULL "
        "GROUP BY round_id, province_id, commune_id, village_id, sent_on"
    )
    op.create_table(
        "assignment_acts",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("to_id", ID, nullable=True),
        sa.Column("households", ID, nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        *_place(),
        _key("assignment_acts", "round_id", "rounds"),
        _key("assignment_acts", "to_id", "actors"),
        _key("assignment_acts", "actor_id", "actors"),
        sa.PrimaryKeyConstraint("id", name="pk_assignment_acts"),
    )
    op.create_index("ix_assignment_acts_round_id_commune_id_id", "assignment_acts", ["round_id", "commune_id", "id"])


def _doubts() -> None:
    op.create_table(
        "signals",
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("detail", JSON, nullable=False),
        _key("signals", "submission_id", "submissions"),
        _key("signals", "case_id", "cases"),
        sa.PrimaryKeyConstraint("submission_id", "key", name="pk_signals"),
    )
    op.create_index("ix_signals_key", "signals", ["key"])
    op.create_table(
        "looks",
        sa.Column("submission_id", ID, autoincrement=False, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        _key("looks", "submission_id", "submissions"),
        _key("looks", "version_id", "submission_versions"),
        sa.PrimaryKeyConstraint("submission_id", name="pk_looks"),
    )
    op.create_table(
        "doubts",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("other_case_id", ID, nullable=True),
        sa.Column("other_household_id", ID, nullable=True),
        sa.Column("other_commune_id", ID, nullable=True),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        sa.Column("settled_name", sa.Text(), nullable=True),
        *_place(),
        _key("doubts", "round_id", "rounds"),
        _key("doubts", "case_id", "cases"),
        _key("doubts", "other_case_id", "cases"),
        _key("doubts", "other_household_id", "households"),
        _key("doubts", "other_commune_id", "areas"),
        _key("doubts", "settled_by", "actors"),
        sa.PrimaryKeyConstraint("id", name="pk_doubts"),
        sa.UniqueConstraint("case_id", "kind", "about", name="uq_doubts_case_id_kind_about"),
    )
    op.create_index("ix_doubts_other_case_id", "doubts", ["other_case_id"])
    op.create_index("ix_doubts_round_id_commune_id_state_id", "doubts", ["round_id", "commune_id", "state", "id"])


def downgrade() -> None:
    for table in NEW_TABLES:
        op.drop_table(table)
    for index in ("ix_cases_doubts", "ix_cases_assignee", "ix_cases_round_id_village_id_id"):
        op.drop_index(index, table_name="cases")
    for column in reversed(NEW_OF_CASES):
        op.drop_column("cases", column)
    for column in ("given_up", "attempted"):
        op.drop_column("progress", column)
    op.drop_column("rounds", "attempts_needed")
