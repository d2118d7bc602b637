"""Who was handed personal data over the wire."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "disclosures",
        sa.Column("id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("form_id", ID, nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_disclosures_actor_id_actors")),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name=op.f("fk_disclosures_form_id_forms")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosures")),
        sa.UniqueConstraint("actor_id", "form_id", "way", "day", name=op.f("uq_disclosures_actor_id_form_id_way_day")),
    )
    op.create_index(op.f("ix_disclosures_form_id_day"), "disclosures", ["form_id", "day"])


def downgrade() -> None:
    op.drop_index(op.f("ix_disclosures_form_id_day"), table_name="disclosures")
    op.drop_table("disclosures")
