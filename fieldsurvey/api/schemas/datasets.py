"""Entity lists on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields


class FormNameSchema(Schema):
    xmlFormId = fields.String(required=True)
    name = fields.String(required=True)


class DatasetPropertySchema(Schema):
    name = fields.String(required=True)
    odataName = fields.String(required=True)
    publishedAt = fields.DateTime(required=True)
    forms = fields.List(fields.Nested(FormNameSchema), required=True)


class AccessRuleSchema(Schema):
    """An entity reaches a phone when this property of it equals that property of the phone."""

    datasetProperty = fields.String(required=True)
    actorProperty = fields.String(required=True)


class AccessFilterSchema(Schema):
    type = fields.String(required=True)
    rules = fields.List(fields.Nested(AccessRuleSchema))


class DatasetSchema(Schema):
    name = fields.String(required=True)
    projectId = fields.Integer(required=True)
    approvalRequired = fields.Boolean(required=True)
    ownerOnly = fields.Boolean(required=True)
    createdAt = fields.DateTime(required=True)
    accessFilter = fields.Nested(AccessFilterSchema)
    entities = fields.Integer()
    lastEntity = fields.DateTime(allow_none=True)
    conflicts = fields.Integer()
    id = fields.Integer()
    deletedAt = fields.DateTime()


class FullDatasetSchema(DatasetSchema):
    lastUpdate = fields.DateTime(required=True, allow_none=True)
    linkedForms = fields.List(fields.Nested(FormNameSchema), required=True)
    sourceForms = fields.List(fields.Nested(FormNameSchema), required=True)
    properties = fields.List(fields.Nested(DatasetPropertySchema), required=True)


class DatasetChangeSchema(Schema):
    approvalRequired = fields.Boolean(truthy={True}, falsy={False})
    ownerOnly = fields.Boolean(truthy={True}, falsy={False})
    accessFilter = fields.Raw(allow_none=True)


class NewDatasetSchema(DatasetChangeSchema):
    name = fields.Raw(allow_none=True)


class NewPropertySchema(Schema):
    name = fields.Raw(allow_none=True)


class DiffPropertySchema(Schema):
    name = fields.String(required=True)
    isNew = fields.Boolean()
    inForm = fields.Boolean(required=True)


class DatasetDiffSchema(Schema):
    """`isNew` stands only in what is said of a draft."""

    name = fields.String(required=True)
    isNew = fields.Boolean()
    properties = fields.List(fields.Nested(DiffPropertySchema), required=True)
