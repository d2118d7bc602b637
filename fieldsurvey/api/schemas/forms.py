"""Forms and their versions on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields

from fieldsurvey.api.schemas.actors import ActorSchema

_MORE = {"description": "with X-Extended-Metadata"}


class FormSchema(Schema):
    projectId = fields.Integer(required=True)
    xmlFormId = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    version = fields.String(required=True)
    state = fields.String(required=True)
    hash = fields.String(required=True, metadata={"description": "MD5 of the XForm"})
    sha = fields.String(required=True)
    sha256 = fields.String(required=True)
    keyId = fields.Integer(required=True, allow_none=True)
    draftToken = fields.String(required=True, allow_none=True)
    enketoId = fields.String(required=True, allow_none=True)
    enketoOnceId = fields.String(required=True, allow_none=True)
    webformsEnabled = fields.Boolean(required=True)
    publishedAt = fields.DateTime(required=True, allow_none=True)
    createdAt = fields.DateTime(required=True)
    updatedAt = fields.DateTime(required=True, allow_none=True)
    submissions = fields.Integer(metadata=_MORE)
    reviewStates = fields.Dict(keys=fields.String(), values=fields.Integer(), metadata=_MORE)
    lastSubmission = fields.DateTime(allow_none=True, metadata=_MORE)
    excelContentType = fields.String(allow_none=True, metadata=_MORE)
    entityRelated = fields.Boolean(metadata=_MORE)
    publicLinks = fields.Integer(metadata=_MORE)
    createdBy = fields.Nested(ActorSchema, allow_none=True, metadata=_MORE)


class FormVersionSchema(FormSchema):
    publishedBy = fields.Nested(ActorSchema, allow_none=True, metadata=_MORE)
    publishNotes = fields.String(allow_none=True, metadata=_MORE)


class FormChangeSchema(Schema):
    state = fields.String()
    webformsEnabled = fields.Boolean()


class FieldSchema(Schema):
    path = fields.String(required=True)
    name = fields.String(required=True)
    type = fields.String(required=True)
    binary = fields.Boolean(allow_none=True, required=True)
    selectMultiple = fields.Boolean(allow_none=True, required=True)


class FormFileSchema(Schema):
    name = fields.String(required=True)
    type = fields.String(required=True)
    hash = fields.String(allow_none=True, required=True)
    exists = fields.Boolean(required=True)
    blobExists = fields.Boolean(required=True)
    datasetExists = fields.Boolean(required=True)
    updatedAt = fields.DateTime(allow_none=True, required=True)


class LinkSchema(Schema):
    dataset = fields.Boolean(required=True)
