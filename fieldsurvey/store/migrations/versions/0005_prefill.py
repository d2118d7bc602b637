"""Last year's answers of each household, what a submission says about them, and a version of each village's list."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    # Not in batch mode, which makes a table anew: SQLite adds a column without it.
    op.add_column("progress", sa.Column("list_changes", ID, nullable=False, server_default="0"))
    op.add_column("household_events", sa.Column("version", ID, nullable=True))
    op.add_column("datasets", sa.Column("kind", sa.Text(), nullable=True))
    _create_answers()
    _create_checks()
    _create_changes()
    _create_conflicts()


def downgrade() -> None:
    for table in ("household_conflicts", "household_entity_changes", "prefill_checks", "household_answers"):
        op.drop_table(table)
    op.drop_column("datasets", "kind")
    op.drop_column("household_events", "version")
    op.drop_column("progress", "list_changes")


def _create_answers() -> None:
    op.create_table(
        "household_answers",
        sa.Column("id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("year", ID, nullable=False),
        sa.Column("submission_version_id", ID, nullable=True),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("members", JSON, nullable=False),
        sa.Column("approved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_household_answers_household_id"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_household_answers_round_id"),
        sa.ForeignKeyConstraint(
            ["submission_version_id"], ["submission_versions.id"], name="fk_household_answers_submission_version_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_household_answers"),
        sa.UniqueConstraint("household_id", "round_id", name="uq_household_answers_household_id_round_id"),
    )
    op.create_index("ix_household_answers_round_id", "household_answers", ["round_id"])


def _create_checks() -> None:
    op.create_table(
        "prefill_checks",
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("submitter_id", ID, nullable=True),
        sa.Column("offered", ID, nullable=False),
        sa.Column("same", ID, nullable=False),
        sa.Column("known", ID, nullable=False),
        sa.Column("gone", ID, nullable=False),
        sa.Column("added", ID, nullable=False),
        sa.Column("remarks", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("commune_id", ID, nullable=True),
        sa.Column("village_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_prefill_checks_round_id"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_prefill_checks_submission_id"),
        sa.ForeignKeyConstraint(["submitter_id"], ["actors.id"], name="fk_prefill_checks_submitter_id"),
        sa.PrimaryKeyConstraint("submission_id", name="pk_prefill_checks"),
    )
    op.create_index(
        "ix_prefill_checks_round_id_commune_id_submitter_id",
        "prefill_checks",
        ["round_id", "commune_id", "submitter_id"],
    )
    op.create_index("ix_prefill_checks_round_id_submitter_id", "prefill_checks", ["round_id", "submitter_id"])


def _create_changes() -> None:
    op.create_table(
        "household_entity_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=False),
        sa.Column("version", ID, nullable=False),
        sa.Column("received", JSON, nullable=False),
        sa.Column("base_version", ID, nullable=True),
        sa.Column("branch_id", sa.Text(), nullable=True),
        sa.Column("trunk_version", ID, nullable=True),
        sa.Column("branch_base_version", ID, nullable=True),
        sa.Column("conflicting", JSON, nullable=False),
        sa.Column("source", JSON, nullable=False),
        sa.Column("submission_version_id", ID, nullable=True),
        sa.Column("creator_id", ID, nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["creator_id"], ["actors.id"], name="fk_household_entity_changes_creator_id"),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_household_entity_changes_household_id"),
        sa.ForeignKeyConstraint(
            ["submission_version_id"],
            ["submission_versions.id"],
            name="fk_household_entity_changes_submission_version_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_household_entity_changes"),
        sa.UniqueConstraint("household_id", "version", name="uq_household_entity_changes_household_id_version"),
    )
    op.create_index("ix_household_entity_changes_branch_id", "household_entity_changes", ["branch_id"])
    op.create_index(
        "ix_household_entity_changes_submission_version_id", "household_entity_changes", ["submission_version_id"]
    )


def _create_conflicts() -> None:
    op.create_table(
        "household_conflicts",
        sa.Column("household_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since_version", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("commune_id", ID, nullable=True),
        sa.Column("village_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_household_conflicts_household_id"),
        sa.PrimaryKeyConstraint("household_id", name="pk_household_conflicts"),
    )
    op.create_index("ix_household_conflicts_commune_id", "household_conflicts", ["commune_id"])
