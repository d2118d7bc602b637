"""People who sign in, on the wire, and what they set for their screens."""

from __future__ import annotations

from marshmallow import Schema, fields

from fieldsurvey.api.schemas.actors import ActorSchema
from fieldsurvey.api.schemas.sessions import LifetimeSchema


class UserSchema(ActorSchema):
    email = fields.String(required=True)  # or a phone number
    lastLoginAt = fields.DateTime(required=True, allow_none=True)


class CurrentUserSchema(UserSchema):
    verbs = fields.List(fields.String())
    preferences = fields.Dict()
    session = fields.Nested(LifetimeSchema)


class UserChangeSchema(Schema):
    email = fields.String(allow_none=True)
    displayName = fields.String(allow_none=True)


class NewUserSchema(UserChangeSchema):
    email = fields.String(required=True)
    password = fields.String(allow_none=True)


class PasswordSchema(Schema):
    new = fields.String(required=True)


class PasswordChangeSchema(PasswordSchema):
    old = fields.Raw(allow_none=True)


class ForgottenSchema(Schema):
    email = fields.String(required=True)


class PreferenceSchema(Schema):
    propertyValue = fields.Raw(required=True, allow_none=True)
