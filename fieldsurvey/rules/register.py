"""Words of the register: what can happen to a household and its members, why somebody is gone, where a class comes from."""

from __future__ import annotations

from enum import StrEnum


class Change(StrEnum):
    """What one row of a household's history says has happened."""

    REGISTERED = "registered"  # entered by hand
    IMPORTED = "imported"  # entered or changed by an import
    APPROVED = "approved"  # an approved questionnaire was taken over
    REOPENED = "reopened"  # the approval was taken back, and with it the year's class
    CORRECTED = "corrected"  # attributes of the household, the legal number too
    BORN = "born"
    MOVED_IN = "moved_in"  # a member came from outside the register
    MEMBER_CORRECTED = "member_corrected"
    DIED = "died"
    MOVED_OUT = "moved_out"  # a member left for somewhere outside the register
    MEMBER_REMOVED = "member_removed"  # was never in the household: a mistake
    MEMBER_BACK = "member_back"  # whoever was gone is in the household again
    MEMBER_GIVEN = "member_given"  # to another household of the register
    MEMBER_TAKEN = "member_taken"  # from another household of the register
    HEAD_CHANGED = "head_changed"
    SPLIT_OFF = "split_off"  # some members became a household of their own
    SPLIT_FROM = "split_from"  # this is that household
    MERGED_IN = "merged_in"  # another household has become part of this one
    MERGED_AWAY = "merged_away"  # this is the one that ended
    CEASED = "ceased"
    RESTORED = "restored"
    MOVED = "moved"  # to another village; a hand-over was accepted
    AREA_CHANGED = "area_changed"  # the household stayed, its commune or village became another one
    CLASSED = "classed"  # the class of a year was entered or recognised
    UNDONE = "undone"


class Gone(StrEnum):
    """Why a member is no longer in the household."""

    DIED = "died"
    MOVED_OUT = "moved_out"
    MARRIED = "married"  # moved to the spouse's household, which the register does not know
    MISTAKE = "mistake"  # was never a member, or stood there twice
    NOT_ON_FORM = "not_on_form"  # left out of the approved questionnaire, which gives no reason


class Ceased(StrEnum):
    """Why a household is no longer in the register."""

    MOVED_AWAY = "moved_away"  # out of the area that the register covers
    DIED_OUT = "died_out"  # the only member, or the last one, died
    MERGED = "merged"  # into another household
    DUPLICATE = "duplicate"  # stood in the register twice
    MISTAKE = "mistake"  # never was a household


class Source(StrEnum):
    """Where the class of a household in a year comes from; each may replace those before it."""

    IMPORT = "import"  # an older list that was loaded
    APPROVED = "approved"  # an approved case of the round: not recognised yet
    ENTERED = "entered"  # an officer typed it in, with its decision
    RECOGNISED = "recognised"  # the chairman of the commune has decided


class Offer(StrEnum):
    """State of a hand-over: the sender keeps the household until the receiver accepts."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


# Codes of the questionnaire, which the register keeps.
SEXES = ("male", "female")
HEAD = "head"
RELATIONS = (HEAD, "spouse", "child", "parent", "grandparent", "grandchild", "sibling", "other")
ETHNIC_GROUPS = (
    "kinh", "tay", "thai", "muong", "khmer", "hoa", "nung", "hmong", "dao", "gia_rai", "e_de", "ba_na", "san_chay",
    "cham", "co_ho", "xo_dang", "san_diu", "hre", "raglay", "mnong", "tho", "xtieng", "kho_mu", "bru_van_kieu",
    "co_tu", "giay", "ta_oi", "ma", "gie_trieng", "co", "cho_ro", "xinh_mun", "ha_nhi", "chu_ru", "lao", "la_chi",
    "khang", "phu_la", "la_hu", "la_ha", "pa_then", "lu", "ngai", "chut", "lo_lo", "mang", "co_lao", "bo_y", "cong",
    "si_la", "pu_peo", "ro_mam", "brau", "o_du", "foreign",
)  # fmt: skip
# What can be taken back as long as nothing of it has been changed again.
UNDOABLE = frozenset(
    {
        Change.CORRECTED, Change.BORN, Change.MOVED_IN, Change.MEMBER_CORRECTED, Change.DIED, Change.MOVED_OUT,
        Change.MEMBER_REMOVED, Change.MEMBER_BACK, Change.MEMBER_GIVEN, Change.MEMBER_TAKEN, Change.HEAD_CHANGED,
        Change.SPLIT_OFF, Change.SPLIT_FROM, Change.MERGED_IN, Change.MERGED_AWAY, Change.CEASED, Change.CLASSED,
    }
)  # fmt: skip
