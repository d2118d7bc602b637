"""Submissions on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from fieldsurvey.api.schemas.actors import ActorSchema


class VersionSchema(Schema):
    instanceId = fields.String(required=True)
    instanceName = fields.String(allow_none=True, required=True)
    submitterId = fields.Integer(allow_none=True, required=True)
    deviceId = fields.String(allow_none=True, required=True)
    userAgent = fields.String(allow_none=True, required=True)
    createdAt = fields.DateTime(required=True)
    current = fields.Boolean(required=True)
    formVersion = fields.String()
    submitter = fields.Nested(ActorSchema, allow_none=True)


class SubmissionSchema(Schema):
    instanceId = fields.String(required=True)
    submitterId = fields.Integer(allow_none=True, required=True)
    deviceId = fields.String(allow_none=True, required=True)
    userAgent = fields.String(allow_none=True, required=True)
    reviewState = fields.String(allow_none=True, required=True)
    edits = fields.Integer(required=True)
    createdAt = fields.DateTime(required=True)
    updatedAt = fields.DateTime(allow_none=True, required=True)
    deletedAt = fields.DateTime()
    currentVersion = fields.Nested(VersionSchema, required=True)
    submitter = fields.Nested(ActorSchema, allow_none=True)


class SubmissionChangeSchema(Schema):
    reviewState = fields.String(allow_none=True)


class FileSchema(Schema):
    name = fields.String(required=True)
    exists = fields.Boolean(required=True)


class CommentSchema(Schema):
    body = fields.String(required=True)
    actorId = fields.Integer(required=True)
    createdAt = fields.DateTime(required=True)
    actor = fields.Nested(ActorSchema)


class NewCommentSchema(Schema):
    body = fields.String(required=True)


class KeySchema(Schema):
    id = fields.Integer(required=True)
    public = fields.String(required=True)
    managed = fields.Boolean(required=True)
    hint = fields.String(allow_none=True, required=True)
    createdAt = fields.DateTime(required=True)
