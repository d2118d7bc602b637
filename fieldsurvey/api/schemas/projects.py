"""Projects on the wire: review rounds."""

from __future__ import annotations

from marshmallow import Schema, fields


class FormOfProjectSchema(Schema):
    """A form in the deep update of a project."""

    xmlFormId = fields.String(required=True)
    state = fields.String()
    assignments = fields.List(fields.Dict())


class ProjectChangeSchema(Schema):
    name = fields.String()
    description = fields.String(allow_none=True)
    archived = fields.Boolean(allow_none=True)


class NewProjectSchema(ProjectChangeSchema):
    name = fields.String(required=True)


class ProjectUpdateSchema(NewProjectSchema):
    forms = fields.List(fields.Nested(FormOfProjectSchema))


class ProjectSchema(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    description = fields.String(allow_none=True, required=True)
    archived = fields.Boolean(allow_none=True, required=True)
    keyId = fields.Integer(allow_none=True, required=True)
    createdAt = fields.DateTime(required=True)
    updatedAt = fields.DateTime(allow_none=True, required=True)
    deletedAt = fields.DateTime(allow_none=True, required=True)
    verbs = fields.List(fields.String(), metadata={"description": "with X-Extended-Metadata"})
    forms = fields.Integer(metadata={"description": "with X-Extended-Metadata"})
    appUsers = fields.Integer(metadata={"description": "with X-Extended-Metadata"})
    datasets = fields.Integer(metadata={"description": "with X-Extended-Metadata"})
    lastSubmission = fields.DateTime(allow_none=True, metadata={"description": "with X-Extended-Metadata"})
    lastEntity = fields.DateTime(allow_none=True, metadata={"description": "with X-Extended-Metadata"})
