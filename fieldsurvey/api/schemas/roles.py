"""Roles on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields


class RoleSchema(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    system = fields.String(required=True)
    verbs = fields.List(fields.String(), required=True)
    createdAt = fields.DateTime(required=True)
    updatedAt = fields.DateTime(required=True, allow_none=True)
