"""Search by name: an index of the folded words of each head's name, SQLite's FTS5 or PostgreSQL's full text.

The index is made in a migration and follows `households` by itself. Words match by their beginning, in any order.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, column, false, func, literal, select, table, text
from sqlalchemy.orm import Session

from fieldsurvey.store.register import Household

FEW = 2000
_WORD = re.compile(r"[^\W_]+")
_NOTHING = "\t"  # stands in no folded name


def words(name_fold: str) -> list[str]:
    """The words of what was typed, without signs that mean something to a search engine."""
    return _WORD.findall(name_fold)


def spoken(name_fold: str) -> ColumnElement[bool]:
    """The same as a condition on one household: cheaper than the index where only a commune is looked through."""
    name = literal(" ") + Household.name_fold
    return and_(*(name.contains(f" {word}", autoescape=True) for word in words(name_fold) or [_NOTHING]))


def typed(name_fold: str) -> str:
    """What SQLite's index is asked: each word by its beginning."""
    return " ".join(f'"{word}"*' for word in words(name_fold) or [_NOTHING])


def matching(name_fold: str, dialect: str) -> Any:
    """SELECT of the ids of the households whose head has these words in the name."""
    if not words(name_fold):
        return select(Household.id).where(false())
    if dialect == "sqlite":
        index = table("household_names", column("rowid"))
        return select(index.c.rowid).where(text("household_names MATCH :wanted").bindparams(wanted=typed(name_fold)))
    # Written into the statement: a prepared one is planned for any words and then looks through all cases.
    tsquery = " & ".join(f"{word}:*" for word in words(name_fold))
    query: ColumnElement[str] = bindparam("wanted", tsquery, literal_execute=True)
    document = func.to_tsvector(text("'simple'"), Household.name_fold)
    return select(Household.id).where(document.op("@@")(func.to_tsquery(text("'simple'"), query)))


def rare(session: Session, name_fold: str) -> bool:
    """Whether so few households match that their cases are better looked up than looked for.

    PostgreSQL weighs that by itself, from its statistics of words.
    """
    dialect = session.get_bind().dialect.name
    if dialect != "sqlite":
        return False
    some = matching(name_fold, dialect).limit(FEW + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) <= FEW
