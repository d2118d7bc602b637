"""The code that sets ODK Collect up: what it says, and its two pictures."""

from __future__ import annotations

import struct

from lxml import etree

from fieldsurvey.outputs import phone_codes

ADDRESS = "https://rasoat.example.vn/v1/key/" + "a!$Z" * 16 + "/projects/1"
SETTINGS = phone_codes.collect_settings(ADDRESS, "Rà soát định kỳ năm 2026 – Tam Hồng", "vi")


def test_settings_lead_collect_to_the_round() -> None:
    assert SETTINGS["general"]["server_url"] == ADDRESS
    assert SETTINGS["general"]["form_update_mode"] == "match_exactly"
    assert SETTINGS["general"]["app_language"] == "vi"
    assert SETTINGS["project"]["name"] == "Rà soát định kỳ năm 2026 – Tam Hồng"


def test_settings_hold_no_name_and_no_password() -> None:
    assert not {"username", "password"} & SETTINGS["general"].keys()


def test_encoded_text_reads_back() -> None:
    assert phone_codes.decoded(phone_codes.encoded(SETTINGS)) == SETTINGS


def test_svg_takes_its_size_from_the_page_and_carries_no_style() -> None:
    svg = phone_codes.svg(phone_codes.encoded(SETTINGS))
    root = etree.fromstring(svg)

    assert root.get("viewBox")
    assert root.get("width") is None
    assert "style=" not in svg
    assert "<script" not in svg


def test_png_is_large_enough_to_be_scanned_from_a_screen() -> None:
    png = phone_codes.png(phone_codes.encoded(SETTINGS))
    width, height = struct.unpack(">II", png[16:24])

    assert png.startswith(b"\x89PNG")
    assert width == height
    assert width >= 500
