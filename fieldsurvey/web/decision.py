"""What the officer typed to decide about one case: read from the form, and shown again when it is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask import request

from fieldsurvey.casework.review import Note
from fieldsurvey.errors import Kind, Problem
from fieldsurvey.rules.workflow import Decision

NOTE = "note:"  # + ref: name of the text field beside an answer
LONGEST_NOTE = 1000
# Reasons that can be ticked, `web.quick.<decision>.<name>`; the sentence itself is what is stored.
QUICK: dict[str, tuple[str, ...]] = {
    Decision.RETURN: ("members", "birth", "housing", "income", "photo", "position", "signature"),
    Decision.REJECT: ("moved", "other_round", "twice", "not_concerned"),
    Decision.REOPEN: ("mistake", "new_facts", "complaint"),
}
# What can be decided about many at once, by tab of the queue.
BATCH: dict[str, tuple[Decision, ...]] = {
    "waiting": (Decision.APPROVE, Decision.RETURN),
    "returned": (Decision.APPROVE,),
    "approved": (Decision.REOPEN,),
    "rejected": (Decision.REOPEN,),
    "not_visited": (),
    "all": (),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """One decision as it was typed. `quick`: the reasons that were ticked; `notes`: question's ref → text."""

    decision: Decision
    text: str = ""
    quick: tuple[str, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    seen_version: int | None = None
    seen_at: datetime | None = None  # what happened later is new to the officer

    @property
    def reason(self) -> str:
        return " ".join([*self.quick, self.text]).strip()

    def as_notes(self) -> list[Note]:
        return [Note(ref, text) for ref, text in self.notes.items()]


def read() -> Typed:
    """The posted decision; raises UNEXPECTED_VALUE."""
    form = request.form
    given = form.get("decision", "")
    if given not in set(Decision):
        raise Problem(Kind.UNEXPECTED_VALUE, field="decision", value=given)
    return Typed(
        decision=Decision(given),
        text=form.get("reason", "").strip(),
        quick=tuple(form.getlist("quick")),
        notes=_notes(),
        seen_version=form.get("seen_version", type=int),
        seen_at=_moment(form.get("seen_at", "")),
    )


def _notes() -> dict[str, str]:
    given = {name[len(NOTE) :]: text.strip() for name, text in request.form.items() if name.startswith(NOTE)}
    return {ref: text[:LONGEST_NOTE] for ref, text in given.items() if text}


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
