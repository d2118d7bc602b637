"""App users and public links on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from fieldsurvey.api.schemas.actors import ActorSchema


class AppUserSchema(ActorSchema):
    token = fields.String(allow_none=True, required=True)
    projectId = fields.Integer(required=True)
    properties = fields.Dict(keys=fields.String(), values=fields.String())
    createdBy = fields.Nested(ActorSchema, allow_none=True)
    lastUsed = fields.DateTime(allow_none=True)


class PublicLinkSchema(ActorSchema):
    token = fields.String(allow_none=True, required=True)
    once = fields.Boolean(allow_none=True, required=True)
    createdBy = fields.Nested(ActorSchema, allow_none=True)


class AppUserChangeSchema(Schema):
    displayName = fields.String()
    properties = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True))


class NewAppUserSchema(AppUserChangeSchema):
    displayName = fields.String(required=True)


class NewPublicLinkSchema(Schema):
    displayName = fields.String(required=True)
    once = fields.Boolean(allow_none=True)


class ActorPropertySchema(Schema):
    name = fields.String(required=True)
