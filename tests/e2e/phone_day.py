"""The stage of the phone app's tests in a browser: a short household form, listed households, what has arrived."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import select, update

from fieldsurvey.extensions import db, write
from fieldsurvey.forms.xform import Schema
from fieldsurvey.store import forms
from fieldsurvey.store.forms import Form
from fieldsurvey.store.submissions import Attachment, SubmissionVersion
from tests.cast import ROUND, TAO_PHU
from tests.web.scene import behind
from tests.xforms import publish

PHOTO = Path(__file__).parents[2] / "fieldsurvey" / "seed" / "photos" / "house-poor.jpg"
# The household questionnaire in little: what makes it one is there but not asked; a remark and a photo are.
SHORT = f"""
| survey | | | | | | | |
| | type | name | label | appearance | default | relevant | parameters |
| | begin_group | identification | Hộ | field-list | | | |
| | date | review_date | Ngày | | 2026-10-05 | | |
| | text | village | Thôn | | {TAO_PHU} | | |
| | select_one listing | listing | Có trong danh sách không? | | | | |
| | select_one_from_file households.csv | household | Hộ | minimal | | ${{listing}} = 'listed' | |
| | text | head_name | Chủ hộ | | | ${{listing}} = 'new' | |
| | end_group | | | | | | |
| | begin_repeat | members | Người | | | 1 = 2 | |
| | text | m_name | Tên | | | | |
| | end_repeat | | | | | | |
| | begin_group | housing | Nhà | | | 1 = 2 | |
| | text | wall | Tường | | | | |
| | end_group | | | | | | |
| | begin_group | water | Nước | | | 1 = 2 | |
| | text | source | Nguồn nước | | | | |
| | end_group | | | | | | |
| | begin_group | closing | Kết thúc | field-list | | | |
| | image | house_photo | Ảnh | | | | max-pixels=1024 |
| | text | remarks | Ghi chú | | | | |
| | end_group | | | | | | |
| choices | | | | | | | |
| | list_name | name | label | | | | |
| | listing | listed | Có | | | | |
| | listing | new | Không | | | | |
| settings | | | | | | | |
| | form_title | form_id | version | style | name | | |
| | Phiếu ngắn | phieu-ngan | 1 | pages | data | | |
"""


def prepared(app: Flask, *names: str) -> None:
    """These households are listed, and the short form is the only one."""
    with behind(app) as world:
        for name in names:
            world.list_household(name)
        publish(SHORT)
        with write() as session:
            session.execute(update(Form).where(Form.xml_form_id == "ra-soat-ho").values(state="closed"))


def arrived(app: Flask) -> list[tuple[str, str, bool]]:
    """(instanceID, remarks, whether the photo is there) of each version that arrived, oldest first."""
    with behind(app):
        found = db.session.scalars(select(SubmissionVersion).order_by(SubmissionVersion.id)).all()
        lacking = set(db.session.scalars(select(Attachment.version_id).where(Attachment.blob.is_(None))))
        return [(one.instance_id, one.answers["closing"].get("remarks", ""), one.id not in lacking) for one in found]


def schema() -> Schema:
    """Of the short form; inside an application context."""
    return Schema.from_dict(forms.published(db.session(), ROUND, "phieu-ngan")[0][1].fields)
