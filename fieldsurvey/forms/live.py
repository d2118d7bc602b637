"""A form while it is being filled in: the instance, what is relevant, what is calculated, which answers do not hold.

A `Live` form is one instance of a `Blank` with its lists.
"""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from lxml import etree

from fieldsurvey.forms import evaluation
from fieldsurvey.forms.blank import Blank
from fieldsurvey.forms.evaluation import EvaluationError, Value, World, local, to_bool, to_text
from fieldsurvey.forms.functions import FUNCTIONS, VIETNAM
from fieldsurvey.forms.xform import JR
from fieldsurvey.forms.xpath import XPathError

FIRST_LOAD, NEW_REPEAT, CHANGED = "odk-instance-first-load", "odk-new-repeat", "xforms-value-changed"
_PASSES = 8  # of calculations that wait for each other; a form that needs more goes round in circles
_ITEXT = re.compile(r"jr:itext\((.+)\)\s*\Z")


class Live:
    """One instance being filled in. `read_list`: file name → rows, for external lists."""

    def __init__(
        self,
        blank: Blank,
        read_list: Callable[[str], Iterable[Mapping[str, str]]],
        *,
        now: datetime,
        language: str,
        instance: bytes | None = None,
    ) -> None:
        self.blank, self.read_list, self.language = blank, read_list, language
        self.root = _parsed(instance) if instance is not None else copy.deepcopy(blank.primary)
        self._irrelevant: set[Any] = set()
        self._lists: dict[str, Any] = {}
        self.world = World(self.root, self._list, self.relevant, self.choice_name, now, FUNCTIONS)
        self.now = now
        if instance is None:
            self._begin()
        self.recalculate()

    def _begin(self) -> None:
        for template in self.blank.templates.values():
            self._drop_template(template)
        self._preload()
        self._act(FIRST_LOAD, None)

    def _drop_template(self, template: Any) -> None:
        """A repeat begins without any, as the template only says how a new one looks."""
        for node in self.nodes(self.blank.path_of(template)):
            if node.get(f"{JR}template") is not None:
                node.getparent().remove(node)

    def _preload(self) -> None:
        moment = self.now.astimezone(VIETNAM)
        for bind in self.blank.binds:
            if bind.preload is None:
                continue
            kind, what = bind.preload
            told = {
                ("uid", ""): f"uuid:{uuid.uuid4()}",
                ("timestamp", "start"): moment.isoformat(timespec="milliseconds"),
                ("date", "today"): moment.date().isoformat(),
            }.get((kind, what))
            for node in self.nodes(bind.path) if told else ():
                node.text = told

    # Finding

    def nodes(self, path: str) -> list[Any]:
        """All nodes of a bind's path, through every repeat."""
        found = [self.root]
        for name in path.strip("/").split("/")[1:]:
            found = [child for one in found for child in one if local(child) == name]
        return found

    def node(self, ref: str) -> Any | None:
        """The node of a reference with positions, /data/members[2]/m_name."""
        found = self.root
        for step in ref.strip("/").split("/")[1:]:
            name, _, position = step.rstrip("]").partition("[")
            same = [child for child in found if local(child) == name]
            number = int(position) if position.isdecimal() else 1
            if not 1 <= number <= len(same):
                return None
            found = same[number - 1]
        return found

    def ref(self, node: Any) -> str:
        """The other way round; positions only at repeats."""
        steps: list[str] = []
        while node is not None:
            name = local(node)
            parent = node.getparent()
            if self.path(node) in self.blank.repeats and parent is not None:
                same = [one for one in parent if local(one) == name]
                name = f"{name}[{same.index(node) + 1}]"
            steps.append(name)
            node = parent
        return "/" + "/".join(reversed(steps))

    @staticmethod
    def path(node: Any) -> str:
        return "/" + "/".join(local(one) for one in reversed([node, *node.iterancestors()]))

    # Values

    def evaluate(self, expression: str, node: Any) -> Value:
        """What cannot be evaluated is blank, so that a function we do not know spoils one answer and no form."""
        try:
            return evaluation.evaluate(expression, self.world, node)
        except (XPathError, EvaluationError, ArithmeticError, ValueError, TypeError):
            return ""

    def text(self, expression: str, node: Any) -> str:
        return to_text(self.evaluate(expression, node), evaluation.Context(self.world, node, node))

    def is_true(self, expression: str | None, node: Any, default: bool) -> bool:
        if not expression:
            return default
        return to_bool(self.evaluate(expression, node), evaluation.Context(self.world, node, node))

    def relevant(self, node: Any) -> bool:
        """Whether the node and everything that it stands in is asked."""
        if not self._irrelevant:
            return True
        return node not in self._irrelevant and not any(one in self._irrelevant for one in node.iterancestors())

    def set(self, ref: str, text: str) -> None:
        """An answer; what depends on the change of it follows. `recalculate` comes after the last one."""
        node = self.node(ref)
        if node is None or len(node) or (node.text or "") == text:
            return
        node.text = text or None
        self._act(CHANGED, node)

    def _act(self, event: str, source: Any | None) -> None:
        path = self.path(source) if source is not None else ""
        for action in self.blank.actions:
            if event in action.events and (event == FIRST_LOAD or action.source == path):
                for node in self._targets(action.ref, source):
                    if event == FIRST_LOAD and local(node.getparent()) in {"meta"} and node.text:
                        continue
                    node.text = self.text(action.value, node) or None

    def _targets(self, path: str, source: Any | None) -> list[Any]:
        """The nodes of a path, of a repeat those that belong to the same one as the source."""
        found = self.nodes(path)
        if source is None:
            return found
        around = [one for one in (source, *source.iterancestors()) if self.path(one) in self.blank.repeats]
        return [
            one
            for one in found
            if all(
                repeat in (one, *one.iterancestors()) for repeat in around if path.startswith(self.path(repeat) + "/")
            )
        ]

    def recalculate(self) -> None:
        """Relevance and calculations until nothing changes any more."""
        for _ in range(_PASSES):
            if not (self._judge_relevance() | self._calculate()):
                return

    def _judge_relevance(self) -> bool:
        found = {
            node
            for bind in self.blank.binds
            if bind.relevant
            for node in self.nodes(bind.path)
            if not self.is_true(bind.relevant, node, True)
        }
        changed = found != self._irrelevant
        self._irrelevant = found
        return changed

    def _calculate(self) -> bool:
        changed = False
        for bind in self.blank.binds:
            for node in self.nodes(bind.path) if bind.calculate else ():
                text = self.text(bind.calculate or "", node) if self.relevant(node) else node.text or ""
                if (node.text or "") != text:
                    node.text, changed = text or None, True
        return changed

    def instance(self) -> bytes:
        """The instance as it stands, for going on later."""
        xml: bytes = etree.tostring(self.root, encoding="UTF-8")
        return xml

    def submission(self) -> bytes:
        """The XML to send: what is not asked is left out."""
        root = copy.deepcopy(self.root)
        twins = list(zip(self.root.iter("*"), root.iter("*"), strict=True))
        for own, twin in twins:
            if own in self._irrelevant and twin.getparent() is not None:
                twin.getparent().remove(twin)
        etree.cleanup_namespaces(root)
        xml: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        return xml

    @property
    def instance_id(self) -> str:
        return self._meta("instanceID") or ""

    def correct(self, instance_id: str) -> None:
        """From now on a correction of what is there."""
        meta = next(one for one in self.root if local(one) == "meta")
        for name, text in (("deprecatedID", self.instance_id), ("instanceID", instance_id)):
            node = next((one for one in meta if local(one) == name), None)
            if node is None:
                node = etree.SubElement(meta, meta.tag.replace("meta", name))
            node.text = text

    def _meta(self, name: str) -> str | None:
        meta = next((one for one in self.root if local(one) == "meta"), ())
        return next((one.text for one in meta if local(one) == name), None)

    # Repeats

    def add_repeat(self, path: str, within: Any | None = None) -> Any:
        """One more of a repeat; the new node."""
        parent_path = path.rpartition("/")[0]
        parents = [one for one in self.nodes(parent_path) if within is None or within in (one, *one.iterancestors())]
        parent, name = parents[-1], path.rpartition("/")[2]
        template = self.blank.templates.get(path)
        if template is None:
            template = next(one for one in self.blank.primary.iter("*") if self.blank.path_of(one) == path)
        made = copy.deepcopy(template)
        made.attrib.pop(f"{JR}template", None)
        same = [one for one in parent if local(one) == name]
        if same:
            same[-1].addnext(made)
        else:
            self._insert_in_order(parent, made, name)
        for inner in [one for one in made.iter("*") if one is not made and one.get(f"{JR}template") is not None]:
            inner.getparent().remove(inner)
        for action in self.blank.actions:
            if NEW_REPEAT in action.events:
                for node in self.nodes(action.ref):
                    if made in (node, *node.iterancestors()):
                        node.text = self.text(action.value, node) or None
        self.recalculate()
        return made

    def _insert_in_order(self, parent: Any, made: Any, name: str) -> None:
        """Where the form has it: after what stands before it there."""
        blank = next(one for one in self.blank.primary.iter("*") if self.blank.path_of(one) == self.path(parent))
        before = []
        for one in blank:
            if local(one) == name:
                break
            before.append(local(one))
        position = max((index + 1 for index, one in enumerate(parent) if local(one) in before), default=0)
        parent.insert(position, made)

    def remove_repeat(self, ref: str) -> None:
        node = self.node(ref)
        if node is not None and self.path(node) in self.blank.repeats:
            node.getparent().remove(node)
            self.recalculate()

    # Lists and words

    def _list(self, list_id: str) -> Any | None:
        if list_id not in self._lists:
            found = self.blank.secondary.get(list_id)
            source = self.blank.source_of(list_id)
            if found is not None and source is None:
                made = copy.deepcopy(next((one for one in found if isinstance(one.tag, str)), None))
                self._lists[list_id] = _in_document(made)
            elif found is not None and source is not None:
                self._lists[list_id] = _in_document(_from_rows(self.read_list(source)))
            else:
                self._lists[list_id] = None
        return self._lists[list_id]

    def words(self, node: Any | None, at: Any) -> str:
        """What a label, hint or message says: an itext reference, or text with outputs in it."""
        if node is None:
            return ""
        reference = node.get("ref")
        if reference:
            return self.said(reference, at)
        return self._spoken(node, at)

    def said(self, reference: str, at: Any) -> str:
        """`jr:itext('id')`, `jr:itext(itextId)`, a path, or a sentence that stands there itself."""
        found = _ITEXT.match(reference.strip())
        if found is None:
            return reference
        words = self.blank.texts.get(self.language) or next(iter(self.blank.texts.values()), {})
        spoken = words.get(self.text(found[1], at))
        return self._spoken(spoken, at) if spoken is not None else ""

    def _spoken(self, node: Any, at: Any) -> str:
        parts = [node.text or ""]
        for one in node:
            if local(one) == "output":
                parts.append(self.text(one.get("value") or one.get("ref") or "''", at))
            parts.append(one.tail or "")
        return "".join(parts).strip()

    def choice_name(self, code: str, path: str) -> str:
        """jr:choice-name: the label of a code of the question at a path."""
        control = next((one for one in self.blank.body.iter("*") if one.get("ref") == path.strip()), None)
        nodes = self.nodes(path.strip())
        if control is None or not nodes:
            return code
        return dict(self.choices(control, nodes[0])).get(code, code)

    def choices(self, control: Any, node: Any) -> list[tuple[str, str]]:
        """(code, label) of what a question offers now."""
        found: list[tuple[str, str]] = []
        for one in control:
            if local(one) == "item":
                parts = {local(child): child for child in one}
                found.append(((parts["value"].text or "").strip(), self.words(parts.get("label"), node)))
            elif local(one) == "itemset":
                found += self._itemset(one, node)
        return found

    def _itemset(self, itemset: Any, node: Any) -> Iterator[tuple[str, str]]:
        parts = {local(child): child for child in itemset}
        code, label = parts["value"].get("ref"), parts["label"].get("ref")
        items = self.evaluate(itemset.get("nodeset"), node)
        for item in items if isinstance(items, list) else ():
            yield self._of_item(item, code), self.said(label, item) if "(" in label else self._of_item(item, label)

    @staticmethod
    def _of_item(item: Any, name: str) -> str:
        found = item.findtext(name)
        return found or ""


def _in_document(root: Any) -> Any:
    """As `instance()` gives the instance itself, whose child is the root."""
    if root is None:
        return None
    holder = etree.Element("instance")
    for one in root.iter("*"):
        one.tag = local(one)
    holder.append(root)
    return holder


def _from_rows(rows: Iterable[Mapping[str, str]]) -> Any:
    root = etree.Element("root")
    for row in rows:
        item = etree.SubElement(root, "item")
        for name, text in row.items():
            if name and re.match(r"[A-Za-z_][\w.-]*\Z", name):
                etree.SubElement(item, name).text = text
    return root


def _parsed(xml: bytes) -> Any:
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
