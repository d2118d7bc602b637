"""The list of a round (danh sách hộ cần rà soát): why a household stands on it, and what an application asks for."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """Why a household is to be reviewed. QĐ 24/2021/QĐ-TTg, article 4, names the first three."""

    PRIOR_POOR = "prior_poor"  # poor in the list in force
    PRIOR_NEAR_POOR = "prior_near_poor"  # near-poor in the list in force
    APPLICATION = "application"  # Mẫu 01: asks to be reviewed
    EXIT = "exit"  # Mẫu 04: asks to leave the list
    OFFICER = "officer"  # added by the commune, with a reason
    REGISTER = "register"  # every household of the register was listed
    MET = "met"  # not on the list; a phone has sent its questionnaire


PRIOR = {"poor": Source.PRIOR_POOR, "near_poor": Source.PRIOR_NEAR_POOR}


class Application(StrEnum):
    """What a household asks for, by the form that it fills in."""

    REVIEW = "review"  # Mẫu 01: giấy đề nghị rà soát bổ sung
    EXIT = "exit"  # Mẫu 04: giấy đề nghị công nhận thoát nghèo, thoát cận nghèo


SOURCE_OF = {Application.REVIEW: Source.APPLICATION, Application.EXIT: Source.EXIT}


class Channel(StrEnum):
    """How an application came."""

    IN_PERSON = "in_person"
    POST = "post"
    ONLINE = "online"


class Cause(StrEnum):
    """Why a household asks to be reviewed, as far as Mẫu 01 is known to name it."""

    DISASTER = "disaster"  # thiên tai
    POLLUTION = "pollution"  # ô nhiễm
    ACCIDENT = "accident"  # tai nạn
    ILLNESS = "illness"  # bệnh nặng
    OTHER = "other"


class Answer(StrEnum):
    """What became of an application."""

    PENDING = "pending"
    LISTED = "listed"  # the household stands on the list
    REFUSED = "refused"  # with a reason, in writing
    WITHDRAWN = "withdrawn"


class Change(StrEnum):
    """A change of the list."""

    ADD = "add"
    REMOVE = "remove"
