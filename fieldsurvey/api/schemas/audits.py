"""The audit trail on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from fieldsurvey.api.schemas.actors import ActorSchema


class AuditSchema(Schema):
    actorId = fields.Integer(required=True, allow_none=True)
    action = fields.String(required=True)
    acteeId = fields.UUID(required=True, allow_none=True)
    details = fields.Dict(required=True, allow_none=True)
    notes = fields.String(required=True, allow_none=True)
    loggedAt = fields.DateTime(required=True)
    actor = fields.Nested(ActorSchema, allow_none=True)
    actee = fields.Dict(allow_none=True)
