"""The first tables: areas, people, rounds, forms, register, cases, submissions, results, reviews, audit, progress."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _create_tables()
    _forbid_changes_of_the_audit()
    _index_names()


def downgrade() -> None:
    _forget_names()
    _allow_changes_of_the_audit()
    _drop_tables()


def _forbid_changes_of_the_audit() -> None:
    """The audit is append-only, whoever holds the connection."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER audit_no_{event} BEFORE {event.upper()} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    )


def _allow_changes_of_the_audit() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_no_{event}")
        return
    op.execute("DROP TRIGGER audit_append_only ON audit")
    op.execute("DROP FUNCTION audit_append_only()")


def _index_names() -> None:
    """Search by the folded words of the head's name (store/names.py)."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute("CREATE INDEX ix_households_names ON households USING gin (to_tsvector('simple', name_fold))")
        return
    op.execute(
        "CREATE VIRTUAL TABLE household_names USING fts5"
        "(name_fold, content='households', content_rowid='id', tokenize='unicode61', prefix='1 2 3')"
    )
    remove = "INSERT INTO household_names (household_names, rowid, name_fold) VALUES ('delete', old.id, old.name_fold);"
    add = "INSERT INTO household_names (rowid, name_fold) VALUES (new.id, new.name_fold);"
    for name, event, body in (
        ("added", "INSERT", add),
        ("removed", "DELETE", remove),
        ("renamed", "UPDATE OF name_fold", remove + add),
    ):
        op.execute(f"CREATE TRIGGER household_{name} AFTER {event} ON households BEGIN {body} END")


def _forget_names() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP INDEX ix_households_names")
        return
    for name in ("added", "removed", "renamed"):
        op.execute(f"DROP TRIGGER household_{name}")
    op.execute("DROP TABLE household_names")


def _create_tables() -> None:
    op.create_table(
        "areas",
        sa.Column("id", ID, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("name_fold", sa.Text(), nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("area_type", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["areas.id"], name="fk_areas_parent_id"),
        sa.ForeignKeyConstraint(["province_id"], ["areas.id"], name="fk_areas_province_id"),
        sa.PrimaryKeyConstraint("id", name="pk_areas"),
        sa.UniqueConstraint("level", "code", "valid_from", name="uq_areas_level_code_valid_from"),
    )
    op.create_index("ix_areas_parent_id_code", "areas", ["parent_id", "code"], unique=False)
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("size", ID, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )
    op.create_table(
        "households",
        sa.Column("id", ID, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("version", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("head_name", sa.Text(), nullable=False),
        sa.Column("name_fold", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("member_count", ID, nullable=True),
        sa.Column("prior_class", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("commune_id", ID, nullable=True),
        sa.Column("village_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_households"),
        sa.UniqueConstraint("uuid", name="uq_households_uuid"),
    )
    op.create_index("ix_households_commune_id_id", "households", ["commune_id", "id"], unique=False)
    op.create_index("ix_households_village_id_id", "households", ["village_id", "id"], unique=False)
    op.create_table(
        "sign_in_failures",
        sa.Column("id", ID, nullable=False),
        sa.Column("name_hash", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_failures"),
    )
    op.create_index("ix_sign_in_failures_name_hash_at", "sign_in_failures", ["name_hash", "at"], unique=False)
    op.create_table(
        "members",
        sa.Column("id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=False),
        sa.Column("position", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("birth_year", ID, nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("relation", sa.Text(), nullable=True),
        sa.Column("ethnicity", sa.Text(), nullable=True),
        sa.Column("id_number", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_members_household_id"),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.UniqueConstraint("household_id", "position", name="uq_members_household_id_position"),
    )
    op.create_table(
        "rounds",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("year", ID, nullable=False),
        sa.Column("area_id", ID, nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_rounds_area_id"),
        sa.PrimaryKeyConstraint("id", name="pk_rounds"),
    )
    op.create_table(
        "actor_properties",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_fold", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_actor_properties_round_id"),
        sa.PrimaryKeyConstraint("id", name="pk_actor_properties"),
    )
    op.create_index("uq_actor_properties", "actor_properties", ["round_id", "name_fold"], unique=True)
    op.create_table(
        "actors",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("sign_in_key", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("round_id", ID, nullable=True),
        sa.Column("form_id", ID, nullable=True),
        sa.Column("once", sa.Boolean(), nullable=True),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("owner_id", ID, nullable=True),
        sa.Column("token_nonce", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=True),
        sa.Column("last_seen_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("commune_id", ID, nullable=True),
        sa.Column("village_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["actors.id"], name="fk_actors_owner_id"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_actors_round_id"),
        sa.PrimaryKeyConstraint("id", name="pk_actors"),
    )
    op.create_index("ix_actors_form_id", "actors", ["form_id"], unique=False)
    op.create_index("ix_actors_round_id_commune_id", "actors", ["round_id", "commune_id"], unique=False)
    op.create_index(
        "uq_actors_email",
        "actors",
        ["email"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_actors_phone",
        "actors",
        ["phone"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("uq_actors_token_hash", "actors", ["token_hash"], unique=True)
    op.create_table(
        "cases",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("submission_id", ID, nullable=True),
        sa.Column("duplicates", ID, nullable=False),
        sa.Column("household_class", sa.Text(), nullable=True),
        sa.Column("b1", ID, nullable=True),
        sa.Column("b2", ID, nullable=True),
        sa.Column("received_at", MOMENT, nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", ID, nullable=False),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("commune_id", ID, nullable=True),
        sa.Column("village_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_cases_household_id"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_cases_round_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("round_id", "household_id", name="uq_cases_round_id_household_id"),
    )
    op.create_index("ix_cases_queue", "cases", ["round_id", "state", "id"], unique=False)
    op.create_index("ix_cases_queue_commune", "cases", ["round_id", "commune_id", "state", "id"], unique=False)
    op.create_index("ix_cases_round_id_id", "cases", ["round_id", "id"], unique=False)
    op.create_table(
        "forms",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("xml_form_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("published_id", ID, nullable=True),
        sa.Column("draft_id", ID, nullable=True),
        sa.Column("draft_token", sa.Text(), nullable=True),
        sa.Column("once_token", sa.Text(), nullable=True),
        sa.Column("webforms", sa.Boolean(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_forms_round_id"),
        sa.PrimaryKeyConstraint("id", name="pk_forms"),
    )
    op.create_index(
        "uq_forms_round_id_xml_form_id",
        "forms",
        ["round_id", "xml_form_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "progress",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("not_visited", ID, server_default="0", nullable=False),
        sa.Column("received", ID, server_default="0", nullable=False),
        sa.Column("has_issues", ID, server_default="0", nullable=False),
        sa.Column("edited", ID, server_default="0", nullable=False),
        sa.Column("approved", ID, server_default="0", nullable=False),
        sa.Column("rejected", ID, server_default="0", nullable=False),
        sa.Column("poor", ID, server_default="0", nullable=False),
        sa.Column("near_poor", ID, server_default="0", nullable=False),
        sa.Column("not_poor", ID, server_default="0", nullable=False),
        sa.Column("last_received_at", MOMENT, nullable=True),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("commune_id", ID, nullable=True),
        sa.Column("village_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_progress_round_id"),
        sa.PrimaryKeyConstraint("id", name="pk_progress"),
        sa.UniqueConstraint("round_id", "village_id", name="uq_progress_round_id_village_id"),
    )
    op.create_index("ix_progress_round_id_commune_id", "progress", ["round_id", "commune_id"], unique=False)
    op.create_index("ix_progress_round_id_province_id", "progress", ["round_id", "province_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", ID, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", ID, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("params", JSON, nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_audit_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_action_id", "audit", ["action", "id"], unique=False)
    op.create_index("ix_audit_at", "audit", ["at"], unique=False, postgresql_using="brin")
    op.create_index("ix_audit_actor_id_id", "audit", ["actor_id", "id"], unique=False)
    op.create_index("ix_audit_subject_subject_id_id", "audit", ["subject", "subject_id", "id"], unique=False)
    op.create_table(
        "site_settings",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", JSON, nullable=True),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.Column("mime", sa.Text(), nullable=True),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["blob"], ["blobs.sha256"], name="fk_site_settings_blob"),
        sa.PrimaryKeyConstraint("id", name="pk_site_settings"),
        sa.UniqueConstraint("key", name="uq_site_settings_key"),
    )
    op.create_table(
        "datasets",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("approval_required", sa.Boolean(), nullable=False),
        sa.Column("owner_only", sa.Boolean(), nullable=False),
        sa.Column("filters", JSON, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.Column("changes", ID, nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["actors.id"], name="fk_datasets_created_by"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_datasets_round_id"),
        sa.PrimaryKeyConstraint("id", name="pk_datasets"),
    )
    op.create_index(
        "uq_datasets_round_id_name",
        "datasets",
        ["round_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "form_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("form_id", ID, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("xml", sa.Text(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("sha1", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("xlsx_sha256", sa.Text(), nullable=True),
        sa.Column("xlsx_mime", sa.Text(), nullable=True),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("client_editable", sa.Boolean(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("published_by", ID, nullable=True),
        sa.Column("publish_note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["actors.id"], name="fk_form_versions_created_by"),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name="fk_form_versions_form_id"),
        sa.ForeignKeyConstraint(["published_by"], ["actors.id"], name="fk_form_versions_published_by"),
        sa.ForeignKeyConstraint(["xlsx_sha256"], ["blobs.sha256"], name="fk_form_versions_xlsx_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_form_versions"),
    )
    op.create_index("ix_form_versions_form_id_version", "form_versions", ["form_id", "version"], unique=False)
    op.create_table(
        "grants",
        sa.Column("id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("area_level", sa.Text(), nullable=True),
        sa.Column("area_id", ID, nullable=True),
        sa.Column("round_id", ID, nullable=True),
        sa.Column("form_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_grants_actor_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_grants_area_id"),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name="fk_grants_form_id"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_grants_round_id"),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_actor_id", "grants", ["actor_id"], unique=False)
    op.create_index("ix_grants_round_id_form_id", "grants", ["round_id", "form_id"], unique=False)
    op.create_table(
        "preferences",
        sa.Column("id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("scope", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_preferences_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_preferences"),
    )
    op.create_index("uq_preferences", "preferences", ["actor_id", "scope", "key"], unique=True)
    op.create_table(
        "rescues",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_rescues_actor_id"),
        sa.ForeignKeyConstraint(["blob"], ["blobs.sha256"], name="fk_rescues_blob"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_rescues_round_id"),
        sa.PrimaryKeyConstraint("id", name="pk_rescues"),
    )
    op.create_index("ix_rescues_round_id_id", "rescues", ["round_id", "id"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_sign_ins_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ins"),
    )
    op.create_index("ix_sign_ins_actor_id", "sign_ins", ["actor_id"], unique=False)
    op.create_index("uq_sign_ins_token_hash", "sign_ins", ["token_hash"], unique=True)
    op.create_table(
        "submissions",
        sa.Column("id", ID, nullable=False),
        sa.Column("form_id", ID, nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("submitter_id", ID, nullable=True),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("review_state", sa.Text(), nullable=True),
        sa.Column("edits", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("commune_id", ID, nullable=True),
        sa.Column("village_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_submissions_case_id"),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name="fk_submissions_form_id"),
        sa.ForeignKeyConstraint(["submitter_id"], ["actors.id"], name="fk_submissions_submitter_id"),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
        sa.UniqueConstraint("form_id", "instance_id", "draft", name="uq_submissions_form_id_instance_id_draft"),
    )
    op.create_index("ix_submissions_case_id", "submissions", ["case_id"], unique=False)
    op.create_index("ix_submissions_form_id_draft_id", "submissions", ["form_id", "draft", "id"], unique=False)
    op.create_table(
        "comments",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_comments_actor_id"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_comments_submission_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_submission_id_id", "comments", ["submission_id", "id"], unique=False)
    op.create_table(
        "dataset_properties",
        sa.Column("id", ID, nullable=False),
        sa.Column("dataset_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("position", ID, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="fk_dataset_properties_dataset_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dataset_properties"),
        sa.UniqueConstraint("dataset_id", "name", name="uq_dataset_properties_dataset_id_name"),
    )
    op.create_table(
        "entities",
        sa.Column("id", ID, nullable=False),
        sa.Column("dataset_id", ID, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("version", ID, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("conflict", sa.Text(), nullable=True),
        sa.Column("creator_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("province_id", ID, nullable=True),
        sa.Column("commune_id", ID, nullable=True),
        sa.Column("village_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["creator_id"], ["actors.id"], name="fk_entities_creator_id"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="fk_entities_dataset_id"),
        sa.PrimaryKeyConstraint("id", name="pk_entities"),
        sa.UniqueConstraint("dataset_id", "uuid", name="uq_entities_dataset_id_uuid"),
    )
    op.create_index(
        "ix_entities_live",
        "entities",
        ["dataset_id", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_entities_deleted",
        "entities",
        ["dataset_id", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_entities_conflict",
        "entities",
        ["dataset_id", "id"],
        unique=False,
        postgresql_where=sa.text("conflict IS NOT NULL"),
        sqlite_where=sa.text("conflict IS NOT NULL"),
    )
    op.create_table(
        "form_datasets",
        sa.Column("id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("dataset_id", ID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("repeat", sa.Boolean(), nullable=False),
        sa.Column("actions", JSON, nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="fk_form_datasets_dataset_id"),
        sa.ForeignKeyConstraint(
            ["version_id"], ["form_versions.id"], name="fk_form_datasets_version_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_form_datasets"),
    )
    op.create_index("ix_form_datasets_dataset_id", "form_datasets", ["dataset_id"], unique=False)
    op.create_index("ix_form_datasets_version_id", "form_datasets", ["version_id"], unique=False)
    op.create_table(
        "form_media",
        sa.Column("id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.Column("mime", sa.Text(), nullable=True),
        sa.Column("dataset_id", ID, nullable=True),
        sa.Column("updated_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["blob"], ["blobs.sha256"], name="fk_form_media_blob"),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="fk_form_media_dataset_id"),
        sa.ForeignKeyConstraint(["version_id"], ["form_versions.id"], name="fk_form_media_version_id"),
        sa.PrimaryKeyConstraint("id", name="pk_form_media"),
        sa.UniqueConstraint("version_id", "name", name="uq_form_media_version_id_name"),
    )
    op.create_table(
        "submission_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("form_id", ID, nullable=False),
        sa.Column("form_version_id", ID, nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("deprecated_id", sa.Text(), nullable=True),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("local_key", sa.Text(), nullable=True),
        sa.Column("encrypted_file", sa.Text(), nullable=True),
        sa.Column("instance_name", sa.Text(), nullable=True),
        sa.Column("submitter_id", ID, nullable=True),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["forms.id"], name="fk_submission_versions_form_id"),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_versions.id"], name="fk_submission_versions_form_version_id"
        ),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_submission_versions_submission_id"),
        sa.ForeignKeyConstraint(["submitter_id"], ["actors.id"], name="fk_submission_versions_submitter_id"),
        sa.PrimaryKeyConstraint("id", name="pk_submission_versions"),
        sa.UniqueConstraint("form_id", "instance_id", "draft", name="uq_submission_versions_form_id_instance_id_draft"),
    )
    op.create_index("ix_submission_versions_submission", "submission_versions", ["submission_id", "id"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=True),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["blob"], ["blobs.sha256"], name="fk_attachments_blob"),
        sa.ForeignKeyConstraint(["version_id"], ["submission_versions.id"], name="fk_attachments_version_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
        sa.UniqueConstraint("version_id", "name", name="uq_attachments_version_id_name"),
    )
    op.create_table(
        "entity_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("entity_id", ID, nullable=False),
        sa.Column("version", ID, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("data", JSON, nullable=False),
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
        sa.ForeignKeyConstraint(["creator_id"], ["actors.id"], name="fk_entity_versions_creator_id"),
        sa.ForeignKeyConstraint(["entity_id"], ["entities.id"], name="fk_entity_versions_entity_id"),
        sa.ForeignKeyConstraint(
            ["submission_version_id"], ["submission_versions.id"], name="fk_entity_versions_submission_version_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_entity_versions"),
        sa.UniqueConstraint("entity_id", "version", name="uq_entity_versions_entity_id_version"),
    )
    op.create_index("ix_entity_versions_branch_id", "entity_versions", ["branch_id"], unique=False)
    op.create_index(
        "ix_entity_versions_submission_version_id", "entity_versions", ["submission_version_id"], unique=False
    )
    op.create_table(
        "held_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("dataset_id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("submission_version_id", ID, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("branch_base_version", ID, nullable=False),
        sa.Column("held_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name="fk_held_changes_dataset_id"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_held_changes_submission_id"),
        sa.ForeignKeyConstraint(
            ["submission_version_id"], ["submission_versions.id"], name="fk_held_changes_submission_version_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_held_changes"),
    )
    op.create_index("ix_held_changes_dataset_id_id", "held_changes", ["dataset_id", "id"], unique=False)
    op.create_index("ix_held_changes_submission_id", "held_changes", ["submission_id"], unique=False)
    op.create_index(
        "ix_held_changes_uuid_branch_base_version", "held_changes", ["uuid", "branch_base_version"], unique=False
    )
    op.create_table(
        "results",
        sa.Column("id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("standard_id", sa.Text(), nullable=False),
        sa.Column("table_id", sa.Text(), nullable=False),
        sa.Column("household_class", sa.Text(), nullable=False),
        sa.Column("b1", ID, nullable=False),
        sa.Column("b2", ID, nullable=False),
        sa.Column("paper_score_by", ID, nullable=True),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["paper_score_by"], ["actors.id"], name="fk_results_paper_score_by"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_results_submission_id"),
        sa.ForeignKeyConstraint(["version_id"], ["submission_versions.id"], name="fk_results_version_id"),
        sa.PrimaryKeyConstraint("id", name="pk_results"),
    )
    op.create_index("ix_results_submission_id_id", "results", ["submission_id", "id"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=True),
        sa.Column("version_id", ID, nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("notes", JSON, nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["actors.id"], name="fk_reviews_by_id"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_reviews_case_id"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_reviews_submission_id"),
        sa.ForeignKeyConstraint(["version_id"], ["submission_versions.id"], name="fk_reviews_version_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
    )
    op.create_index("ix_reviews_case_id_id", "reviews", ["case_id", "id"], unique=False)


def _drop_tables() -> None:
    op.drop_index("ix_reviews_case_id_id", table_name="reviews")
    op.drop_table("reviews")
    op.drop_index("ix_results_submission_id_id", table_name="results")
    op.drop_table("results")
    op.drop_index("ix_held_changes_uuid_branch_base_version", table_name="held_changes")
    op.drop_index("ix_held_changes_submission_id", table_name="held_changes")
    op.drop_index("ix_held_changes_dataset_id_id", table_name="held_changes")
    op.drop_table("held_changes")
    op.drop_index("ix_entity_versions_submission_version_id", table_name="entity_versions")
    op.drop_index("ix_entity_versions_branch_id", table_name="entity_versions")
    op.drop_table("entity_versions")
    op.drop_table("attachments")
    op.drop_index("ix_submission_versions_submission", table_name="submission_versions")
    op.drop_table("submission_versions")
    op.drop_table("form_media")
    op.drop_index("ix_form_datasets_version_id", table_name="form_datasets")
    op.drop_index("ix_form_datasets_dataset_id", table_name="form_datasets")
    op.drop_table("form_datasets")
    op.drop_index("ix_entities_conflict", table_name="entities")
    op.drop_index("ix_entities_deleted", table_name="entities")
    op.drop_index("ix_entities_live", table_name="entities")
    op.drop_table("entities")
    op.drop_table("dataset_properties")
    op.drop_index("ix_comments_submission_id_id", table_name="comments")
    op.drop_table("comments")
    op.drop_index("ix_submissions_form_id_draft_id", table_name="submissions")
    op.drop_index("ix_submissions_case_id", table_name="submissions")
    op.drop_table("submissions")
    op.drop_index("uq_sign_ins_token_hash", table_name="sign_ins")
    op.drop_index("ix_sign_ins_actor_id", table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_index("ix_rescues_round_id_id", table_name="rescues")
    op.drop_table("rescues")
    op.drop_index("uq_preferences", table_name="preferences")
    op.drop_table("preferences")
    op.drop_index("ix_grants_round_id_form_id", table_name="grants")
    op.drop_index("ix_grants_actor_id", table_name="grants")
    op.drop_table("grants")
    op.drop_index("ix_form_versions_form_id_version", table_name="form_versions")
    op.drop_table("form_versions")
    op.drop_index("uq_datasets_round_id_name", table_name="datasets")
    op.drop_table("datasets")
    op.drop_index("ix_audit_subject_subject_id_id", table_name="audit")
    op.drop_index("ix_audit_actor_id_id", table_name="audit")
    op.drop_index("ix_audit_at", table_name="audit", postgresql_using="brin")
    op.drop_index("ix_audit_action_id", table_name="audit")
    op.drop_table("audit")
    op.drop_table("site_settings")
    op.drop_index("ix_progress_round_id_province_id", table_name="progress")
    op.drop_index("ix_progress_round_id_commune_id", table_name="progress")
    op.drop_table("progress")
    op.drop_index(
        "uq_forms_round_id_xml_form_id",
        table_name="forms",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("forms")
    op.drop_index("ix_cases_round_id_id", table_name="cases")
    op.drop_index("ix_cases_queue_commune", table_name="cases")
    op.drop_index("ix_cases_queue", table_name="cases")
    op.drop_table("cases")
    op.drop_index("uq_actors_token_hash", table_name="actors")
    op.drop_index(
        "uq_actors_phone",
        table_name="actors",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "uq_actors_email",
        table_name="actors",
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index("ix_actors_round_id_commune_id", table_name="actors")
    op.drop_index("ix_actors_form_id", table_name="actors")
    op.drop_table("actors")
    op.drop_index("uq_actor_properties", table_name="actor_properties")
    op.drop_table("actor_properties")
    op.drop_table("rounds")
    op.drop_table("members")
    op.drop_index("ix_sign_in_failures_name_hash_at", table_name="sign_in_failures")
    op.drop_table("sign_in_failures")
    op.drop_index("ix_households_village_id_id", table_name="households")
    op.drop_index("ix_households_commune_id_id", table_name="households")
    op.drop_table("households")
    op.drop_table("blobs")
    op.drop_index("ix_areas_parent_id_code", table_name="areas")
    op.drop_table("areas")
