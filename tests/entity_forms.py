"""Short forms that fill entity lists, and submissions of them, for tests on every floor."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

ACTIONS = 'create="" update="" baseVersion="" trunkVersion="" branchId=""'
NAMESPACES = (
    'xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" '
    'xmlns:jr="http://openrosa.org/javarosa" xmlns:entities="http://www.opendatakit.org/xforms/entities"'
)


def form(
    saved: Mapping[str, str] | None = None,
    *,
    form_id: str = "households",
    version: str = "1",
    dataset: str = "people",
    spec: str = "2024.1.0",
    actions: str = ACTIONS,
    instance: str | None = None,
    body: str = "",
) -> str:
    """An XForm; `saved`: path of a question → the property that it gives ("" for none). `instance` replaces all inside."""
    saved = {"name": "first_name", "age": "age", "status": "status"} if saved is None else saved
    inside = instance if instance is not None else "".join(f"<{path}/>" for path in saved) + block(dataset, actions)
    return f"""<h:html {NAMESPACES}><h:head><h:title>{form_id}</h:title>
      <model entities:entities-version="{spec}">
        <instance><data id="{form_id}" version="{version}">{inside}</data></instance>
        {binds(saved)}
      </model></h:head><h:body>{body}</h:body></h:html>"""


def block(dataset: str, actions: str = ACTIONS) -> str:
    return f'<meta><instanceID/><entity dataset="{dataset}" id="" {actions}><label/></entity></meta>'


def binds(saved: Mapping[str, str]) -> str:
    return "".join(
        f'<bind nodeset="/data/{path}" type="string"' + (f' entities:saveto="{name}"/>' if name else "/>")
        for path, name in saved.items()
    )


TREES = form(
    {"plot": "", "tree/species": "species", "tree/girth": "girth"},
    form_id="trees",
    spec="2025.1.0",
    instance='<plot/><tree><species/><girth/><meta><entity dataset="trees" id="" create="" update=""><label/></entity>'
    "</meta></tree><meta><instanceID/></meta>",
    body='<repeat nodeset="/data/tree"/>',
)


def tree(uuid: str, species: str, **attributes: str) -> str:
    """One instance of the repeat of TREES."""
    given = {"create": "1"} | attributes
    said = " ".join(f'{name}="{value}"' for name, value in given.items())
    return (
        f"<tree><species>{species}</species><girth>12</girth><meta>"
        f'<entity dataset="trees" id="{uuid}" {said}><label>{species}</label></entity></meta></tree>'
    )


def trees(instance_id: str, *instances: str) -> bytes:
    inside = "".join(instances)
    return f'<data id="trees" version="1">{inside}<meta><instanceID>{instance_id}</instanceID></meta></data>'.encode()


def submission(
    instance_id: str,
    uuid: str,
    answers: Mapping[str, str],
    *,
    form_id: str = "households",
    version: str = "1",
    dataset: str = "people",
    label: str | None = None,
    replaces: str | None = None,
    **attributes: str | int,
) -> bytes:
    """A submission of `form()`; `attributes`: create="1", update="1", baseVersion=1, branchId=…"""
    said = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in answers.items())
    named = f"<label>{label}</label>" if label is not None else ""
    deprecated = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    return f"""<data id="{form_id}" version="{version}">{inside}<meta><instanceID>{instance_id}</instanceID>{deprecated}
      <entity dataset="{dataset}" id="{uuid}" {said}>{named}</entity></meta></data>""".encode()


def uuid4(number: int) -> str:
    """A version 4 UUID that is the same each time."""
    return str(UUID(int=number, version=4))
