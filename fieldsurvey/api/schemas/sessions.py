"""Sessions on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields


class NewSessionSchema(Schema):
    email = fields.String(required=True)  # or a phone number
    password = fields.String(required=True)


class LifetimeSchema(Schema):
    createdAt = fields.DateTime(required=True)
    expiresAt = fields.DateTime(required=True)


class SessionSchema(LifetimeSchema):
    token = fields.String(required=True)
    csrf = fields.String(required=True)
