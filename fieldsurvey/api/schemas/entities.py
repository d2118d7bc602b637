"""Entities on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from fieldsurvey.api.schemas.actors import ActorSchema


class EntityVersionSchema(Schema):
    label = fields.String(required=True)
    current = fields.Boolean(required=True)
    creatorId = fields.Integer(required=True, allow_none=True)
    createdAt = fields.DateTime(required=True)
    userAgent = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)
    baseVersion = fields.Integer(required=True, allow_none=True)
    branchId = fields.String(required=True, allow_none=True)
    trunkVersion = fields.Integer(required=True, allow_none=True)
    branchBaseVersion = fields.Integer(required=True, allow_none=True)
    conflictingProperties = fields.List(fields.String(), required=True, allow_none=True)
    data = fields.Dict(keys=fields.String(), values=fields.String())
    dataReceived = fields.Dict(keys=fields.String(), values=fields.String())
    creator = fields.Nested(ActorSchema, allow_none=True)


class EntitySchema(Schema):
    uuid = fields.String(required=True)
    creatorId = fields.Integer(required=True, allow_none=True)
    conflict = fields.String(required=True, allow_none=True)
    createdAt = fields.DateTime(required=True)
    updatedAt = fields.DateTime(required=True, allow_none=True)
    deletedAt = fields.DateTime(required=True, allow_none=True)
    currentVersion = fields.Nested(EntityVersionSchema, required=True)
    creator = fields.Nested(ActorSchema, allow_none=True)


class FullVersionSchema(EntityVersionSchema):
    source = fields.Dict(required=True)
    conflict = fields.String(required=True, allow_none=True)
    resolved = fields.Boolean(required=True)
    baseDiff = fields.List(fields.String(), required=True)
    serverDiff = fields.List(fields.String(), required=True)
    lastGoodVersion = fields.Boolean(required=True)
    relevantToConflict = fields.Boolean(required=True)


class EntityChangeSchema(Schema):
    """At least one of both; the properties must be the list's."""

    label = fields.String()
    data = fields.Dict(keys=fields.String(), values=fields.String())


class NewEntitySchema(EntityChangeSchema):
    """One entity; or many: `{"entities": […], "source": {"name": …, "size": …}}`."""

    uuid = fields.String()


class IdsSchema(Schema):
    ids = fields.List(fields.String(), required=True)
