"""The phone app: device keys, PINs, receipts, sealed drafts, practice rounds."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("rounds") as rounds:
        rounds.add_column(sa.Column("practice", sa.Boolean(), nullable=False, server_default=sa.false()))
        rounds.add_column(sa.Column("practice_round_id", ID, nullable=True))
        rounds.add_column(sa.Column("practice_needed", ID, nullable=False, server_default="0"))
        rounds.create_foreign_key("fk_rounds_practice_round_id", "rounds", ["practice_round_id"], ["id"])
    with op.batch_alter_table("rounds") as rounds:  # the defaults were for the rows that were there
        rounds.alter_column("practice", server_default=None)
        rounds.alter_column("practice_needed", server_default=None)
    _create_devices()
    _create_receipts()
    _create_sealed_drafts()


def _create_devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("sign_in_key", sa.Text(), nullable=False),
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("app_version", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("free_mb", ID, nullable=True),
        sa.Column("battery", ID, nullable=True),
        sa.Column("unsent", ID, nullable=True),
        sa.Column("drafts", ID, nullable=True),
        sa.Column("persisted", sa.Boolean(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("wipe_asked_at", MOMENT, nullable=True),
        sa.Column("wiped_at", MOMENT, nullable=True),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("commune_id", ID, nullable=True),
        sa.Column("village_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_devices_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
    )
    op.create_index("uq_devices_token_hash", "devices", ["token_hash"], unique=True)
    op.create_index("uq_devices_install", "devices", ["actor_id", "install_id"], unique=True)
    op.create_index("ix_devices_commune_id_id", "devices", ["commune_id", "id"])
    op.create_table(
        "phone_secrets",
        sa.Column("actor_id", ID, autoincrement=False, nullable=False),
        sa.Column("draft_salt", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=True),
        sa.Column("failures", ID, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_phone_secrets_actor_id"),
        sa.PrimaryKeyConstraint("actor_id", name="pk_phone_secrets"),
    )


def _create_receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("device_id", ID, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["submission_versions.id"], name="fk_receipts_version_id"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_receipts_device_id"),
        sa.PrimaryKeyConstraint("code", name="pk_receipts"),
    )
    op.create_index("uq_receipts_version_id", "receipts", ["version_id"], unique=True)


def _create_sealed_drafts() -> None:
    op.create_table(
        "sealed_drafts",
        sa.Column("id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("device_id", ID, nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", ID, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_sealed_drafts_actor_id"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_sealed_drafts_device_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sealed_drafts"),
    )
    op.create_index("uq_sealed_drafts", "sealed_drafts", ["actor_id", "instance_id"], unique=True)
    op.create_index("ix_sealed_drafts_updated_at", "sealed_drafts", ["updated_at"])


def downgrade() -> None:
    op.drop_table("sealed_drafts")
    op.drop_table("receipts")
    op.drop_table("phone_secrets")
    op.drop_table("devices")
    with op.batch_alter_table("rounds") as rounds:
        rounds.drop_constraint("fk_rounds_practice_round_id", type_="foreignkey")
        rounds.drop_column("practice_needed")
        rounds.drop_column("practice_round_id")
        rounds.drop_column("practice")
