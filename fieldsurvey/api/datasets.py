"""Entity lists: what they are called, which properties they have, who gets what of them, and each as a file."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from fieldsurvey.api import wire
from fieldsurvey.api.door import route
from fieldsurvey.api.schemas.datasets import (
    AccessRuleSchema,
    DatasetChangeSchema,
    DatasetSchema,
    FullDatasetSchema,
    NewDatasetSchema,
    NewPropertySchema,
)
from fieldsurvey.casework import dataset_settings as verbs
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.extensions import session, utcnow, write
from fieldsurvey.guards import doer
from fieldsurvey.outputs import datasets as output
from fieldsurvey.outputs import entity_files, entity_filters, entity_map, entity_sources
from fieldsurvey.rules import permissions
from fieldsurvey.rules.permissions import Permission, Scope
from fieldsurvey.sending import list_file
from fieldsurvey.store.entities import Dataset
from fieldsurvey.store.rounds import Round

DATASETS = "/projects/<project_id>/datasets"
DATASET = f"{DATASETS}/<dataset_name>"


def reading_scope(project: Round) -> Scope:
    return permissions.scope(doer(), Permission.READ_ENTITIES, project.id)


def require_stored(dataset: Dataset) -> None:
    """The register is changed by submissions and reviews; here it is only read. Raises NOT_SUPPORTED."""
    if dataset.is_register:
        raise Problem(Kind.NOT_SUPPORTED, feature="changing the register as an entity list")


@route("GET", DATASETS, asks=Permission.READ_ENTITIES, gives=DatasetSchema, many=True)
def datasets(project: Round) -> list[dict[str, Any]]:
    """The published entity lists, by name. `?deleted=true`: those that were deleted, with their numbers."""
    found = (output.deleted if wire.flag("deleted") else output.of_round)(session(), project)
    described = [output.on_wire(one) for one in found]
    if not wire.extended():
        return described
    counted = output.counts(session(), found, reading_scope(project))
    return [{**one, **counts} for one, counts in zip(described, counted, strict=True)]


@route("POST", DATASETS, asks=Permission.MANAGE_ENTITIES, takes=NewDatasetSchema, gives=FullDatasetSchema)
def create(project: Round) -> dict[str, Any]:
    """A new entity list, without properties yet."""
    given = wire.loaded(NewDatasetSchema())
    with write() as current:
        made = verbs.create(
            current,
            project,
            given.get("name"),
            approval_required=given.get("approvalRequired", False),
            owner_only=given.get("ownerOnly", False),
            by=doer(),
            now=utcnow(),
        )
    return output.in_full(session(), made)


@route("GET", DATASET, asks=Permission.READ_ENTITIES, gives=FullDatasetSchema)
def dataset(project: Round, dataset: Dataset) -> dict[str, Any]:
    """One entity list, with its properties and forms."""
    described = output.in_full(session(), dataset)
    if wire.extended():
        described |= output.counts(session(), [dataset], reading_scope(project))[0]
    return described


@route("PATCH", DATASET, asks=Permission.MANAGE_ENTITIES, takes=DatasetChangeSchema, gives=FullDatasetSchema)
def change(project: Round, dataset: Dataset) -> dict[str, Any]:
    """Change what is given of approvalRequired, ownerOnly and accessFilter. `?convert`: what waits becomes entities."""
    require_stored(dataset)
    convert = request.args.get("convert")
    if convert not in (None, "true", "false"):
        raise Problem(Kind.UNEXPECTED_VALUE, field="convert", value=convert)
    given = wire.loaded(DatasetChangeSchema())
    changes: dict[str, Any] = {name: given[name] for name in ("approvalRequired", "ownerOnly") if name in given}
    rules: verbs.Rules | None = [] if changes.get("ownerOnly") else None
    if "accessFilter" in given:
        changes["ownerOnly"], rules = _access(given["accessFilter"])
    with write() as current:
        verbs.change(
            current,
            dataset,
            changes,
            rules=rules,
            convert=convert == "true" if convert else None,
            by=doer(),
            now=utcnow(),
        )
    return output.in_full(session(), dataset)


def _access(given: Any) -> tuple[bool, verbs.Rules]:
    """(ownerOnly, rules) of `{"type": "ownerOnly"}`, `{"type": "property", "rules": […]}` or null, which lifts both."""
    if given is None:
        return False, []
    kind = given.get("type") if isinstance(given, dict) else given
    if kind == "ownerOnly":
        return True, []
    if kind != "property":
        raise Problem(Kind.UNEXPECTED_VALUE, field="accessFilter.type", value=kind, reason="ownerOnly or property")
    rules = given.get("rules")
    if not isinstance(rules, list) or not rules:
        raise Problem(Kind.UNEXPECTED_VALUE, field="accessFilter.rules", value=rules, reason="not a list of rules")
    return False, [_rule(rule, "accessFilter.rules") for rule in rules]


def _rule(given: Any, field: str) -> dict[str, str]:
    names = ("datasetProperty", "actorProperty")
    if not isinstance(given, dict) or not all(isinstance(given.get(name), str) and given[name] for name in names):
        raise Problem(Kind.UNEXPECTED_VALUE, field=field, value=given, reason=" and ".join(names))
    return {name: given[name] for name in names}


@route("GET", f"{DATASET}/access-filter", asks=Permission.READ_ENTITIES, gives=AccessRuleSchema)
def access_filter(project: Round, dataset: Dataset) -> Any:
    """The rule by which phones get entities; null: there is none."""
    return wire.answer(dataset.filters[0] if dataset.filters else None)


@route(
    "PUT", f"{DATASET}/access-filter", asks=Permission.MANAGE_ENTITIES, takes=AccessRuleSchema, gives=AccessRuleSchema
)
def set_access_filter(project: Round, dataset: Dataset) -> dict[str, str]:
    """Phones get the entities whose property equals that of the phone."""
    require_stored(dataset)
    rule = _rule(wire.json_body(), "accessFilter")
    with write() as current:
        verbs.change(current, dataset, {"ownerOnly": False}, rules=[rule], by=doer(), now=utcnow())
    return rule


@route("POST", f"{DATASET}/properties", asks=Permission.MANAGE_ENTITIES, takes=NewPropertySchema)
def add_property(project: Round, dataset: Dataset) -> dict[str, Any]:
    """A property that entities may have from now on."""
    require_stored(dataset)
    with write() as current:
        verbs.add_property(current, dataset, wire.json_body().get("name"), by=doer(), now=utcnow())
    return wire.SUCCESS


@route("DELETE", f"{DATASET}/properties/<name>", asks=Permission.MANAGE_ENTITIES)
def remove_property(project: Round, dataset: Dataset, name: str) -> dict[str, Any]:
    """Delete a property that no form fills and no entity has a value for."""
    require_stored(dataset)
    with write() as current:
        verbs.remove_property(current, dataset, name, by=doer(), now=utcnow())
    return wire.SUCCESS


@route("DELETE", DATASET, asks=Permission.MANAGE_ENTITIES)
def delete(project: Round, dataset: Dataset) -> dict[str, Any]:
    """Delete a list that no form uses; its entities stay to be had by the number of the list."""
    require_stored(dataset)
    with write() as current:
        verbs.delete(current, dataset, by=doer(), now=utcnow())
    return wire.SUCCESS


@route("GET", "/projects/<project_id>/trash/datasets/<dataset_id>/entities.csv", asks=Permission.READ_ENTITIES)
def deleted_entities_csv(project: Round, dataset_id: str) -> Response:
    """The entities of a deleted list as a file."""
    number, scope = wire.whole_number(dataset_id), reading_scope(project)
    found = next((one for one in output.deleted(session(), project) if one.id == number), None)
    if found is None:
        raise Problem(Kind.NOT_FOUND)
    source = entity_sources.of_dataset(session(), found)
    return list_file(lambda reading: entity_files.export(reading, source, scope), f"{found.name}-deleted.csv", None)


@route("GET", f"{DATASET}/entities.csv", asks=Permission.READ_ENTITIES)
def entities_csv(project: Round, dataset: Dataset) -> Response:
    """All entities as a file; `$filter` and `$search` choose among them."""
    scope = reading_scope(project)
    source = entity_sources.of_dataset(session(), dataset)
    sought = entity_filters.conditions(session(), source, request.args, utcnow())
    digest = None if sought else entity_files.digest(session(), dataset, entity_files.Cut(scope))
    return list_file(
        lambda reading: entity_files.export(reading, source, scope, *sought), f"{dataset.name}.csv", digest
    )


@route("GET", f"{DATASET}/entities.geojson", asks=Permission.READ_ENTITIES)
def entities_geojson(project: Round, dataset: Dataset) -> Response:
    """The entities that have a place, as GeoJSON; by `creatorId`, `entityUUID`, `conflict`, `deleted`, time, `$search`."""
    scope = reading_scope(project)
    source = entity_sources.of_dataset(session(), dataset)
    sought = entity_filters.on_map(source, _sought_on_map())
    _, limit = wire.paging()
    return wire.feature_collection(lambda reading: entity_map.features(reading, source, scope, *sought, limit=limit))


def _sought_on_map() -> entity_filters.OnMap:
    """Raises WRONG_TYPE, OUT_OF_RANGE."""
    given = request.args
    times = {name: at for name in entity_filters.TIMES if (at := wire.asked_moment(name)) is not None}
    return entity_filters.OnMap(
        creator_ids=[wire.whole_number(text, "creatorId") for text in given.getlist("creatorId")],
        uuids=given.getlist("entityUUID"),
        conflicts=[None if text == "null" else text for text in given.getlist("conflict")],
        deleted=wire.flag("deleted"),
        times=times,
        search=given.get("$search", ""),
    )
