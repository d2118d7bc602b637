"""Two people on one phone, a lost key, a forgotten PIN, a wiped phone, a returned household, practice, a carried file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from fieldsurvey.casework import practice, review
from fieldsurvey.casework.review import Note
from fieldsurvey.extensions import db, utcnow, write
from fieldsurvey.rules.workflow import Decision
from fieldsurvey.store.cases import Case
from fieldsurvey.store.devices import Device
from fieldsurvey.store.rounds import Round
from fieldsurvey.store.submissions import Submission, SubmissionVersion
from tests.browser import Browser
from tests.cast import ADMIN, HEAD, OFFICER, OTHER_HEAD, PHU_LUU, ROUND, Person
from tests.e2e.phone_day import PHOTO, arrived, prepared
from tests.phone_screen import Handset
from tests.web.scene import behind

pytestmark = pytest.mark.browser


def test_two_people_share_a_phone_and_each_sees_and_sends_only_their_own(
    app: Flask, handset: Callable[[], Handset]
) -> None:
    prepared(app, "Trần Văn Đạo")
    with behind(app) as world:
        world.list_household("Đỗ Văn Bảy", PHU_LUU)
    phone = handset().open().sign_in(HEAD)
    phone.offline()
    phone.next_household()
    phone.forward().fill("của ông Tuyến", PHOTO).forward().finish()
    phone.lock().offline(False)
    phone.page.click("text=Người khác")
    phone.sign_in(OTHER_HEAD, "841206")
    assert phone.rows() == ["Đỗ Văn Bảy"]
    phone.next_household()
    phone.forward().fill("của người khác").forward().finish()
    phone.synced()

    phone.lock()
    phone.page.click(f"text={HEAD.name}")
    phone.page.fill("#pin", "841206")
    phone.page.click("button.main")
    phone.told("Mã PIN chưa đúng")
    phone.unlock().sync()

    assert phone.rows() == ["Trần Văn Đạo"]
    with behind(app) as world:
        by = {one.id: one.display_name for one in (world.actor(HEAD), world.actor(OTHER_HEAD))}
        sent = db.session.execute(select(SubmissionVersion.answers, SubmissionVersion.submitter_id)).all()
        assert {one.answers["closing"]["remarks"]: by[one.submitter_id] for one in sent} == {
            "của ông Tuyến": HEAD.name,
            "của người khác": OTHER_HEAD.name,
        }


def test_key_that_was_revoked_without_a_line_keeps_everything_until_the_next_sign_in(
    app: Flask, handset: Callable[[], Handset]
) -> None:
    prepared(app, "Trần Văn Đạo")
    phone = handset().open().sign_in(HEAD)
    phone.offline()
    phone.next_household()
    phone.forward().fill("trước khi khóa", PHOTO).forward().finish()
    with behind(app), write() as session:
        session.execute(update(Device).values(revoked_at=utcnow()))

    phone.offline(False)
    phone.sync_until_refused()
    assert phone.warned("sign-in")
    assert phone.left.startswith("1 phiếu chưa gửi")

    phone.page.click("[data-warning=sign-in] button")
    assert phone.page.input_value("#name") == HEAD.sign_in
    phone.sign_in(HEAD, "519374").synced()

    assert phone.left == "Đã gửi hết"
    assert [remarks for _, remarks, _ in arrived(app)] == ["trước khi khóa"]


def test_draft_comes_back_after_the_phone_was_wiped(app: Flask, handset: Callable[[], Handset]) -> None:
    prepared(app, "Trần Văn Đạo")
    phone = handset().open().sign_in(HEAD)
    phone.next_household()
    phone.forward().fill("viết dở dang", PHOTO).leave()
    phone.sync()

    fresh = handset().open().sign_in(HEAD)

    assert fresh.rows("draft") == ["Trần Văn Đạo"]
    fresh.row("Trần Văn Đạo").click()
    assert fresh.page.input_value(".form-page input[type=text]") == "viết dở dang"
    fresh.page.wait_for_selector(".form-page figure img")
    fresh.forward().finish().synced()
    assert [(remarks, complete) for _, remarks, complete in arrived(app)] == [("viết dở dang", True)]


def test_returned_household_comes_first_and_its_correction_replaces_what_was_sent(
    app: Flask, handset: Callable[[], Handset]
) -> None:
    prepared(app, "Trần Văn Đạo", "Lê Văn Hùng")
    phone = handset().open().sign_in(HEAD)
    phone.next_household()
    phone.forward().fill("tường gỗ", PHOTO).forward().finish().synced()
    with behind(app) as world, write() as session:
        case = session.scalars(select(Case).join(Submission, Submission.case_id == Case.id)).one()
        notes = [Note("/data/closing/remarks", "Tường gỗ hay tường gạch?")]
        review.decide(
            session,
            case.id,
            Decision.RETURN,
            by=world.doer(OFFICER),
            now=utcnow(),
            reason="Xem lại tường.",
            notes=notes,
        )

    phone.sync()
    assert "1 câu cần xem" in phone.page.inner_text("[data-next]")
    phone.offline()
    phone.next_household()
    phone.told("Tường gỗ hay tường gạch?")
    phone.fill("tường gạch").leave()
    assert phone.rows("draft") == ["Lê Văn Hùng"]
    phone.restart().unlock()
    phone.row("Lê Văn Hùng").click()
    phone.forward_to_the_end().finish()
    phone.offline(False)
    phone.sync()

    with behind(app):
        first, second = db.session.scalars(select(SubmissionVersion).order_by(SubmissionVersion.id))
        assert second.deprecated_id == first.instance_id
        assert second.answers["closing"]["remarks"] == "tường gạch"
        assert second.answers["closing"]["house_photo"] == first.answers["closing"]["house_photo"]
    assert phone.rows("returned") == []


def test_practice_opens_real_work_and_never_mixes_with_it(app: Flask, handset: Callable[[], Handset]) -> None:
    prepared(app, "Trần Văn Đạo")
    with behind(app) as world, write() as session:
        practice.set_up(session, session.get_one(Round, ROUND), "Làng tập", 1, by=world.doer(ADMIN), now=utcnow())
    phone = handset().open().sign_in(HEAD)
    phone.told("Tập trước, làm thật sau")
    phone.page.click("text=Vào làng tập")
    phone.told("LÀNG TẬP").synced()
    assert "Trần Văn Đạo" not in phone.rows()
    assert len(phone.rows()) == 5

    phone.next_household()
    phone.forward().fill("tập").forward().finish().synced()
    phone.page.click("text=Về việc thật")
    phone.synced().sync()

    assert phone.rows() == ["Trần Văn Đạo"]
    with behind(app) as world:
        assert world.counts().get("received", 0) == 0


def test_carried_file_is_taken_in_twice_and_the_phone_sends_nothing_double(
    app: Flask, handset: Callable[[], Handset], browser: Callable[[Person | None], Browser]
) -> None:
    prepared(app, "Trần Văn Đạo", "Lê Văn Hùng")
    phone = handset().open().sign_in(HEAD)
    phone.offline()
    phone.next_household()
    phone.forward().fill("mang lên xã", PHOTO).forward().finish()
    phone.next_household()
    phone.forward().fill("còn dở").leave()
    phone.open("#/carry").told("1 phiếu đã xong, 1 phiếu đang ghi")
    with phone.page.expect_download() as saved:
        phone.page.click("[data-save]")
    content = saved.value.path().read_bytes()

    office = browser(OFFICER)
    for _ in range(2):
        office.get("/office/intake")
        page = office.upload("/office/intake", saved.value.suggested_filename, content)
        assert page.status_code == 200
    assert [(remarks, complete) for _, remarks, complete in arrived(app)] == [("mang lên xã", True)]

    phone.open("#/").offline(False)
    phone.sync()
    assert phone.left == "Đã gửi hết"
    assert len(arrived(app)) == 1


def test_clock_that_is_a_year_off_and_a_full_phone_are_told_and_break_nothing(
    app: Flask, handset: Callable[[], Handset]
) -> None:
    prepared(app, "Trần Văn Đạo", "Lê Văn Hùng")
    phone = handset()
    phone.clock(timedelta(days=-366))
    phone.open().sign_in(HEAD)
    assert phone.warned("clock")
    phone.next_household()
    phone.forward().fill("đồng hồ sai", PHOTO).forward().finish().synced()
    assert [remarks for _, remarks, _ in arrived(app)] == ["đồng hồ sai"]

    phone.next_household()
    phone.forward().without_room()
    phone.fill("máy đầy")
    phone.page.wait_for_selector("[data-not-kept]")
    phone.without_room(False)
    phone.fill("có chỗ rồi").leave()
    assert phone.rows("draft") == ["Trần Văn Đạo"]
