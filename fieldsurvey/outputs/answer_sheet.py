"""A submission's answers in words: under their labels and sections, in the reader's language. Pure; finds no rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from babel.numbers import format_decimal

from fieldsurvey.forms.answers import Answers
from fieldsurvey.forms.xform import FIELD, REPEAT, Field, Schema, labelled
from fieldsurvey.rules.names import masked

_NOT_ASKED = {"", "trigger"}  # calculated, or only acknowledged
_GAP = re.compile(r"\s*[:–-]?\s*…\s*$")  # where a label of a repeat shows an answer
_SPELT_OUT = 10_000  # from here on digits are grouped; below, a number may be a year


class Kind(StrEnum):
    """How an answer is shown."""

    TEXT = "text"
    CHOICE = "choice"
    FILE = "file"
    POINT = "point"
    PHONE = "phone"
    IDENTITY = "identity"  # masked unless the reader has asked to see it


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered question. `path` is how the rules name it: members[2]/m_work."""

    path: str
    ref: str  # how a note names it: /data/members[2]/m_work
    label: str
    kind: Kind
    text: str  # in words; empty when it was taken back
    given: str  # as the phone sent it; empty for identity numbers
    before: str | None = None  # in words, of the version before, where that differs; "" when it was not answered

    @property
    def anchor(self) -> str:
        return anchor(self.path)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Block:
    """A group of the form, or one round of a repeat (titled by its first answer), with what was answered in it."""

    path: str
    title: str
    answers: tuple[Answer, ...] = ()
    blocks: tuple[Block, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)  # calculated values too, such as a member's age
    added: bool = False  # a round of a repeat that the version before did not have

    @property
    def anchor(self) -> str:
        return anchor(self.path)

    def text_of(self, name: str) -> str:
        """The answer to one of the block's questions in words; empty when there is none."""
        return next((answer.text for answer in self.answers if answer.name == name), "")

    def everything(self) -> Iterator[Answer]:
        yield from self.answers
        for block in self.blocks:
            yield from block.everything()


def anchor(path: str) -> str:
    """The id of an answer's element on a page."""
    return "a-" + re.sub(r"[^A-Za-z0-9_]+", "-", path).strip("-")


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom the sheet is written. `names`: codes of external lists in words; `reveal`: show identity numbers."""

    language: str
    names: Mapping[str, str] = field(default_factory=dict)
    reveal: bool = False


def sheet(schema: Schema, answers: Answers, reader: Reader, before: Answers | None = None) -> tuple[Block, ...]:
    """The top-level groups and repeats that have answers. `before`: the answers that these ones replaced."""
    writer = _Writer(schema, reader)
    blocks = (writer.block(one, one.path, answers.get(one.name), _below(before, one.name)) for one in writer.below(""))
    return tuple(block for block in blocks if block is not None)


def _below(before: Any, name: str) -> Any:
    """The group or repeat of the version before; {} where that had none of it, None where there is no such version."""
    return before.get(name, {}) if isinstance(before, dict) else None


def _text_in(before: Answers | None, name: str) -> str | None:
    found = before.get(name) if before else None
    return found if isinstance(found, str) else None


class _Writer:
    """Walks the schema and the answers side by side."""

    def __init__(self, schema: Schema, reader: Reader) -> None:
        self.schema, self.reader = schema, reader
        self.children: dict[str, list[Field]] = {}
        for one in schema.fields:
            self.children.setdefault(one.parent, []).append(one)

    def below(self, path: str) -> Iterator[Field]:
        return (one for one in self.children.get(path, ()) if one.kind != FIELD)

    def block(self, one: Field, path: str, given: Any, before: Any) -> Block | None:
        title = _GAP.sub("", labelled(one.label, self.reader.language))
        if one.kind == REPEAT:
            rounds = self._rounds(one, path, given or [], before)
            return Block(path, title, blocks=rounds) if rounds else None
        earlier = before if before is None or isinstance(before, dict) else {}  # another version's form may differ
        block = self._inside(one, path, title, given or {}, earlier)
        return block if block.answers or block.blocks else None

    def _rounds(self, one: Field, path: str, given: Sequence[Answers], before: Any) -> tuple[Block, ...]:
        old: list[Answers] = before if isinstance(before, list) else []
        pairs: Iterable[tuple[Answers, Answers | None]] = zip_longest(given, old)
        blocks = (
            self._inside(one, f"{path}[{at}]", None, answers or {}, earlier)  # a round that is gone was all taken back
            for at, (answers, earlier) in enumerate(pairs, start=1)
        )
        return tuple(replace(block, added=before is not None and at >= len(old)) for at, block in enumerate(blocks))

    def _inside(self, one: Field, path: str, title: str | None, given: Answers, before: Answers | None) -> Block:
        children = self.children.get(one.path, [])
        asked = (self._answer(child, path, given, before) for child in children if child.kind == FIELD)
        told = tuple(answer for answer in asked if answer is not None)
        nested = (
            self.block(child, f"{path}/{child.name}", given.get(child.name), _below(before, child.name))
            for child in children
            if child.kind != FIELD
        )
        facts = {name: text for name, text in given.items() if isinstance(text, str) and not _is_identity(name)}
        if title is None:
            title = next((answer.text or answer.before or "" for answer in told), "")
        return Block(path, title, told, tuple(block for block in nested if block is not None), facts)

    def _answer(self, one: Field, path: str, given: Answers, before: Answers | None) -> Answer | None:
        value, old = given.get(one.name), _text_in(before, one.name)
        if one.control in _NOT_ASKED or (value is None and old is None):
            return None
        if self._is_known(one, value) and (before is None or old == value):
            return None
        kind = _kind(one)
        full = f"{path}/{one.name}"
        return Answer(
            path=full,
            ref=f"/{self.schema.root}/{full}",
            label=labelled(one.label, self.reader.language) or one.name,
            kind=kind,
            text=self._text(one, kind, value),
            given=value or "" if kind is not Kind.IDENTITY else "",
            before=self._text(one, kind, old) if before is not None and old != value else None,
        )

    def _is_known(self, one: Field, value: str | None) -> bool:
        """The household's own place or entry in the list: every page says it in its heading."""
        return (
            bool(one.choices) and value in self.reader.names and value not in self.schema.choices.get(one.choices, {})
        )

    def _text(self, one: Field, kind: Kind, value: str | None) -> str:
        if not value:
            return ""
        if kind is Kind.CHOICE:
            codes = value.split() if one.control == "select" else [value]
            return ", ".join(self._choice(one.choices, code) for code in codes)
        if kind is Kind.IDENTITY:
            return value if self.reader.reveal else masked(value)
        return _written(one.type, value, self.reader.language)

    def _choice(self, list_name: str, code: str) -> str:
        if code in self.schema.choices.get(list_name, {}):
            return self.schema.choice_label(list_name, code, self.reader.language)
        return self.reader.names.get(code, code)


def in_words(schema: Schema, item: str, code: str, language: str) -> str:
    """The answer that an item of the points table rated: a code in the words of the list that the item is about."""
    lists = (name for name, codes in schema.choices.items() if code in codes and (name in item or name == "yes_no"))
    found = next(lists, None)
    return schema.choice_label(found, code, language) if found else code


def _is_identity(name: str) -> bool:
    return name.endswith("id_number")


def _kind(one: Field) -> Kind:
    by_type = {"binary": Kind.FILE, "geopoint": Kind.POINT}
    if one.type in by_type:
        return by_type[one.type]
    if one.control in {"select", "select1"}:
        return Kind.CHOICE
    if _is_identity(one.name):
        return Kind.IDENTITY
    return Kind.PHONE if one.name.endswith("phone") else Kind.TEXT


def _written(field_type: str, value: str, language: str) -> str:
    """Dates as 31/12/2026, numbers with the language's comma; what cannot be read stays as it is."""
    try:
        if field_type == "date":
            return date.fromisoformat(value[:10]).strftime("%d/%m/%Y")
        if field_type in {"int", "decimal"}:
            number = Decimal(value)
            return str(format_decimal(number, locale=language, group_separator=abs(number) >= _SPELT_OUT))
    except (ValueError, InvalidOperation):
        pass
    return value
