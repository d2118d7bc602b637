"""Settings of the site on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields


class SiteSettingSchema(Schema):
    key = fields.String(required=True)
    value = fields.Dict()
    blobExists = fields.Boolean()
    setAt = fields.DateTime(required=True)
