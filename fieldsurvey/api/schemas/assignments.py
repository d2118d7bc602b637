"""Who has which role, on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from fieldsurvey.api.schemas.actors import ActorSchema


class AssignmentSchema(Schema):
    actorId = fields.Integer(required=True)
    roleId = fields.Integer(required=True)
    actor = fields.Nested(ActorSchema)


class FormAssignmentSchema(AssignmentSchema):
    xmlFormId = fields.String(required=True)
