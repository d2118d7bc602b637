"""The pages of a form that is filled in page by page: each group a page, each repeat a list and a page for each of it.

And the answers of a page: read from what was typed, and checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fieldsurvey.forms.blank import Bind
from fieldsurvey.forms.evaluation import local, number_text
from fieldsurvey.forms.live import Live

CONTROLS = frozenset({"input", "select", "select1", "upload", "trigger", "range", "rank"})
QUESTIONS, ROSTER = "questions", "roster"
REQUIRED, CONSTRAINT, NOT_A_DATE, NOT_A_NUMBER, NOT_A_WHOLE_NUMBER, NOT_A_PLACE, NOT_A_TIME = (
    "required", "constraint", "date", "number", "whole", "place", "time",
)  # fmt: skip
_DAY = re.compile(r"\s*(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})\s*\Z", re.ASCII)
_YEAR = re.compile(r"\s*(\d{4})\s*\Z", re.ASCII)
_ISO = re.compile(r"\s*(\d{4}-\d{2}-\d{2})\s*\Z", re.ASCII)
_TIME = re.compile(r"\s*([01]?\d|2[0-3])[:hg.]([0-5]\d)\s*\Z", re.ASCII)
_WHOLE = {"int", "integer", "long"}
_UNKNOWN = Bind("", "string", None, None, None, None, None, None, None, None)


@dataclass(frozen=True, slots=True)
class Wrong:
    """An answer that does not hold. `message`: the form's own sentence; "" where it has none."""

    ref: str
    kind: str
    message: str = ""


@dataclass(frozen=True)
class Question:
    """One control at one place."""

    live: Live
    control: Any
    node: Any

    @property
    def ref(self) -> str:
        return self.live.ref(self.node)

    @property
    def bind(self) -> Bind:
        return self.live.blank.by_path.get(self.live.path(self.node), _UNKNOWN)

    @property
    def kind(self) -> str:
        """input, select, select1, upload, trigger, range, rank; note for what only says something."""
        kind = local(self.control)
        if kind == "input" and self.readonly and not self.value:
            return "note"
        return "shown" if self.readonly and kind != "trigger" else kind

    @property
    def readonly(self) -> bool:
        return bool(self.bind.calculate) or self.live.is_true(self.bind.readonly, self.node, False)

    @property
    def required(self) -> bool:
        return self.live.is_true(self.bind.required, self.node, False)

    @property
    def type(self) -> str:
        return self.bind.type

    @property
    def appearance(self) -> str:
        return self.control.get("appearance") or ""

    @property
    def mediatype(self) -> str:
        return self.control.get("mediatype") or ""

    @property
    def value(self) -> str:
        return self.node.text or ""

    @property
    def typed(self) -> str:
        """The value as people write it."""
        found = _ISO.match(self.value[:10]) if self.type in {"date", "dateTime"} else None
        if found is None:
            return self.value[:5] if self.type == "time" else self.value
        year, month, day = found[1].split("-")
        return year if "year" in self.appearance.split() else f"{day}/{month}/{year}"

    def _words(self, name: str) -> str:
        return self.live.words(next((one for one in self.control if local(one) == name), None), self.node)

    @property
    def label(self) -> str:
        return self._words("label")

    @property
    def hint(self) -> str:
        return self._words("hint")

    @property
    def choices(self) -> list[tuple[str, str]]:
        return self.live.choices(self.control, self.node)

    @property
    def chosen(self) -> list[str]:
        return self.value.split()


@dataclass
class Screen:
    """One page. `ref`: of its group, its repeat, or its first question: the page's name in addresses."""

    ref: str
    kind: str
    title: str
    questions: list[Question] = field(default_factory=list)
    members: list[tuple[str, str]] = field(default_factory=list)  # of a roster: (ref, title)
    fixed: bool = False  # of a roster: the form counts them


def screens(live: Live) -> list[Screen]:
    """The pages that are asked now, in order."""
    return list(_walk(live, live.blank.body, live.root, ""))


def _walk(live: Live, parent: Any, within: Any, title: str) -> Iterator[Screen]:
    loose: list[Question] = []
    for one in parent:
        name = local(one)
        if name in CONTROLS:
            loose += _question(live, one, within)
        elif name in {"group", "repeat"}:
            yield from _page(loose, title, live)
            loose = []
            yield from _repeat(live, one, within) if name == "repeat" else _group(live, one, within, title)
    yield from _page(loose, title, live)


def _page(questions: list[Question], title: str, live: Live) -> Iterator[Screen]:
    if questions:
        yield Screen(questions[0].ref, QUESTIONS, title, questions)


def _question(live: Live, control: Any, within: Any) -> list[Question]:
    path = control.get("ref") or ""
    nodes = [one for one in live.nodes(path) if _inside(one, within) and live.relevant(one)] if path else []
    return [Question(live, control, nodes[0])] if nodes else []


def _inside(node: Any, within: Any) -> bool:
    return node is within or within in node.iterancestors()


def _group(live: Live, group: Any, within: Any, title: str) -> Iterator[Screen]:
    own = live.words(next((one for one in group if local(one) == "label"), None), within) or title
    holds_repeat = any(local(one) == "repeat" for one in group.iter("*"))
    nested = any(local(one) == "group" for one in group)
    if not holds_repeat and (not nested or "field-list" in (group.get("appearance") or "")):
        controls = [one for one in group.iter("*") if local(one) in CONTROLS]
        questions = [found for one in controls for found in _question(live, one, within)]
        yield from _page(questions, own, live)
    else:
        yield from _walk(live, group, within, own)


def _repeat(live: Live, repeat: Any, within: Any) -> Iterator[Screen]:
    path = repeat.get("nodeset")
    bind = live.blank.by_path.get(path)
    parents = [one for one in live.nodes(path.rpartition("/")[0]) if _inside(one, within) or _inside(within, one)]
    if not parents or not live.relevant(parents[0]):
        return
    if bind is not None and not live.is_true(bind.relevant, parents[0], True):
        return
    label = repeat.getparent()
    fixed = _count(live, repeat, path, within)
    found = [one for one in live.nodes(path) if _inside(one, within) and live.relevant(one)]
    titles = [live.words(next((one for one in label if local(one) == "label"), None), one) for one in found]
    within_title = live.words(next((one for one in label if local(one) == "label"), None), parents[0])
    members = [(live.ref(one), title) for one, title in zip(found, titles, strict=True)]
    yield Screen(path, ROSTER, within_title, members=members, fixed=fixed)
    for one, title in zip(found, titles, strict=True):
        flat = not any(local(inner) in {"group", "repeat"} for inner in repeat)
        made = list(_walk(live, repeat, one, title))
        if made and flat:
            made[0].ref = live.ref(one)
        yield from made


def _count(live: Live, repeat: Any, path: str, within: Any) -> bool:
    """Where the form says how many there are, that many are made; none is taken away without being asked."""
    said = next((text for name, text in repeat.attrib.items() if name.endswith("}count")), None)
    if not said:
        return False
    wanted = live.text(said, within)
    present = len([one for one in live.nodes(path) if _inside(one, within)])
    for _ in range(min(int(wanted) if wanted.isdecimal() else 0, 200) - present):
        live.add_repeat(path, within)
    return True


# Answers


def read(question: Question, given: list[str]) -> tuple[str, Wrong | None]:
    """The answer as the instance holds it, of what was typed or ticked; what cannot be read stays as it was typed."""
    if question.kind in {"select", "rank"}:
        return " ".join(one for one in given if one), None
    text = (given[0] if given else "").replace("\r\n", "\n").replace("\0", "").strip()
    if question.kind == "trigger":
        return ("OK" if text else ""), None
    if not text or question.kind == "select1":
        return text, None
    reader = _READERS.get(question.type)
    if reader is None:
        return text, None
    found = reader(text, question)
    return (found, None) if found is not None else (text, Wrong(question.ref, _KINDS[question.type]))


def _read_date(text: str, question: Question) -> str | None:
    only_year, day = _YEAR.match(text), _DAY.match(text)
    try:
        if day:
            return date(int(day[3]), int(day[2]), int(day[1])).isoformat()
        if only_year and "year" in question.appearance.split():
            return f"{only_year[1]}-01-01"
        iso = _ISO.match(text)
        return date.fromisoformat(iso[1]).isoformat() if iso else None
    except ValueError:
        return None


def _read_number(text: str, question: Question) -> str | None:
    """Vietnamese and English ways: 1.234,5 and 1234.5; a point before three digits parts thousands only with a comma."""
    plain = text.replace(" ", "")
    if "," in plain:
        plain = plain.replace(".", "").replace(",", ".") if plain.count(",") == 1 else plain.replace(",", "")
    elif plain.count(".") > 1 or (question.type in _WHOLE and re.fullmatch(r"\d{1,3}(\.\d{3})+", plain)):
        plain = plain.replace(".", "")
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,10})?", plain, re.ASCII):
        return None
    if question.type in _WHOLE:
        return plain if "." not in plain else None
    return plain if "." in plain else number_text(float(plain))


def _read_place(text: str, _question: Question) -> str | None:
    """Latitude and longitude, and perhaps height and accuracy."""
    parts = text.replace(",", " ").split()
    try:
        numbers = [float(one) for one in parts]
    except ValueError:
        return None
    if not 2 <= len(numbers) <= 4 or abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        return None
    return " ".join(parts + ["0"] * (4 - len(parts)))


def _read_time(text: str, _question: Question) -> str | None:
    found = _TIME.match(text)
    return f"{int(found[1]):02d}:{found[2]}:00.000+07:00" if found else None


_READERS = {
    "date": _read_date, "dateTime": _read_date, "int": _read_number, "integer": _read_number, "long": _read_number,
    "decimal": _read_number, "geopoint": _read_place, "time": _read_time,
}  # fmt: skip
_KINDS = {
    "date": NOT_A_DATE, "dateTime": NOT_A_DATE, "int": NOT_A_WHOLE_NUMBER, "integer": NOT_A_WHOLE_NUMBER,
    "long": NOT_A_WHOLE_NUMBER, "decimal": NOT_A_NUMBER, "geopoint": NOT_A_PLACE, "time": NOT_A_TIME,
}  # fmt: skip


def check(question: Question) -> Wrong | None:
    """Whether the answer that is there holds."""
    bind, live = question.bind, question.live
    if question.kind in {"note", "shown"}:
        return None
    if not question.value:
        if not question.required:
            return None
        return Wrong(
            question.ref, REQUIRED, live.said(bind.required_message, question.node) if bind.required_message else ""
        )
    if live.is_true(bind.constraint, question.node, True):
        return None
    return Wrong(question.ref, CONSTRAINT, live.said(bind.message, question.node) if bind.message else "")
