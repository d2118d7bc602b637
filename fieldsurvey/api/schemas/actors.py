"""People, phones and links on the wire, as they stand beside what they did."""

from __future__ import annotations

from marshmallow import Schema, fields


class ActorSchema(Schema):
    id = fields.Integer(required=True)
    type = fields.String(required=True)
    displayName = fields.String(required=True)
    createdAt = fields.DateTime(required=True)
    updatedAt = fields.DateTime(required=True, allow_none=True)
    deletedAt = fields.DateTime(required=True, allow_none=True)
