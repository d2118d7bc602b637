"""Visits that brought no questionnaire, on the wire."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from fieldsurvey.rules.visiting import Outcome


class NewVisitSchema(Schema):
    uuid = fields.UUID(required=True, metadata={"description": "made by the sender: the same again changes nothing"})
    household = fields.String(required=True, validate=validate.Length(max=100))
    outcome = fields.String(required=True, validate=validate.OneOf([one.value for one in Outcome]))
    at = fields.AwareDateTime(required=True)
    note = fields.String(load_default="", validate=validate.Length(max=1000))
    lat = fields.Float(allow_none=True, load_default=None)
    lon = fields.Float(allow_none=True, load_default=None)


class VisitSchema(Schema):
    uuid = fields.String(required=True)
    household = fields.String(required=True)
    attempts = fields.Integer(required=True)
    givenUp = fields.Boolean(required=True)
