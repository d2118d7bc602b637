"""Imports: files with their rows and what became of each, long work, accounts with a PIN that stop at a date."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("actors", sa.Column("pin_nonce", sa.Text(), nullable=True))
    op.add_column("actors", sa.Column("valid_until", sa.Date(), nullable=True))
    op.add_column("household_years", sa.Column("facts", JSON, nullable=True))
    op.create_index("ix_cases_household_id", "cases", ["household_id"])
    _create_jobs()
    _create_imports()
    _create_rows()


def downgrade() -> None:
    for table in ("column_matches", "import_rows", "imports", "jobs"):
        op.drop_table(table)
    op.drop_index("ix_cases_household_id", table_name="cases")
    op.drop_column("household_years", "facts")
    op.drop_column("actors", "valid_until")
    op.drop_column("actors", "pin_nonce")


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("done", ID, nullable=False),
        sa.Column("total", ID, nullable=False),
        sa.Column("cursor", JSON, nullable=False),
        sa.Column("attempts", ID, nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("phase_at", MOMENT, nullable=True),
        sa.Column("phase_from", ID, nullable=False),
        sa.Column("stepped_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["actors.id"], name="fk_jobs_created_by"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_state_id", "jobs", ["state", "id"])
    op.create_index("ix_jobs_kind_subject_id_id", "jobs", ["kind", "subject_id", "id"])


def _create_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("size", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("year", ID, nullable=True),
        sa.Column("valid_on", sa.Date(), nullable=False),
        sa.Column("round_id", ID, nullable=True),
        sa.Column("duplicates", sa.Text(), nullable=False),
        sa.Column("add_villages", sa.Boolean(), nullable=False),
        sa.Column("layout", JSON, nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("problem_params", JSON, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("taken_by", ID, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("undone_by", ID, nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("commune_id", ID, nullable=True),
        sa.Column("village_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["blob"], ["blobs.sha256"], name="fk_imports_blob"),
        sa.ForeignKeyConstraint(["created_by"], ["actors.id"], name="fk_imports_created_by"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_imports_round_id"),
        sa.ForeignKeyConstraint(["taken_by"], ["actors.id"], name="fk_imports_taken_by"),
        sa.ForeignKeyConstraint(["undone_by"], ["actors.id"], name="fk_imports_undone_by"),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_index("ix_imports_commune_id_id", "imports", ["commune_id", "id"])
    op.create_index("ix_imports_blob", "imports", ["blob"])


def _create_rows() -> None:
    op.create_table(
        "import_rows",
        sa.Column("id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        sa.Column("number", ID, nullable=False),
        sa.Column("sheet", ID, nullable=False),
        sa.Column("first_row", ID, nullable=False),
        sa.Column("last_row", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("match_id", ID, nullable=True),
        sa.Column("choice", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("remarks", JSON, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("result_id", ID, nullable=True),
        sa.Column("result_version", ID, nullable=True),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_import_rows_import_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_rows"),
        sa.UniqueConstraint("import_id", "number", name="uq_import_rows_import_id_number"),
    )
    op.create_index("ix_import_rows_import_id_state_number", "import_rows", ["import_id", "state", "number"])
    op.create_index("ix_import_rows_import_id_outcome_number", "import_rows", ["import_id", "outcome", "number"])
    op.create_table(
        "column_matches",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("columns", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_column_matches"),
        sa.UniqueConstraint("kind", "fingerprint", name="uq_column_matches_kind_fingerprint"),
    )
