"""The questionnaire xlsforms/ra-soat-ho: fresh, accepted, complete in both languages, and asking what the rules need.

How a form is filled in and how its answers are judged is tested elsewhere. The tables below are the agreement with the
rules: a name or a code changed here must change there.
"""

from __future__ import annotations

import csv
import re
import shutil
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pyxform.xls2xform import ConvertResult, convert  # type: ignore[import-untyped]

from fieldsurvey.rules import prior

ROOT = Path(__file__).parents[2]
FORM = ROOT / "xlsforms" / "ra-soat-ho"

VI, EN = "Tiếng Việt (vi)", "English (en)"
XFORMS = "{http://www.w3.org/2002/xforms}"

FIELDS = """
identification  review_date province commune village listing household household_code head_name address
                last_on known_members
consent         consent refusal_reason
roster          known_names known_note newcomers people roster_of members_count
members         m_index m_known m_known_name m_known_birth m_id_tail m_status m_person m_gone_reason m_asked m_title
                m_name m_birth_known m_birth_date m_birth_year m_age m_sex m_ethnicity m_relation m_id_number
                m_schooling m_attending m_enterprise_certificate m_work m_contract m_regular_work
                m_health_insurance m_disability m_social_allowance m_pension m_height_for_age m_weight_for_age
traits          member_names members_complete merit_member
housing         wall pillar roof floor_area housing_same
water           source water_same
sanitation      toilet sanitation_same
information     internet_use shared_devices personal_devices information_same
power           electricity electricity_kwh power_same
land            annual_crops_m2 perennial_crops_m2 forest_m2 water_surface_m2 land_same
livestock       cattle pigs goats poultry aquaculture livestock_same
assets          owned assets_same
needs           causes causes_other wishes wishes_other
closing         location house_photo respondent respondent_phone signature remarks
meta            instanceID instanceName
"""

YES_NO = """
consent m_enterprise_certificate m_regular_work m_health_insurance m_social_allowance m_pension merit_member
internet_use aquaculture housing_same water_same sanitation_same information_same power_same land_same livestock_same
assets_same
"""

CODES = """
listing                   listed new
m_status                  here gone
m_gone_reason             died married moved_out split mistake
m_birth_known             full year
m_sex                     male female
m_relation                head spouse child parent grandparent grandchild sibling other
m_schooling               none primary lower_secondary upper_secondary vocational_elementary vocational_intermediate
                          college university
m_attending               none preschool primary lower_secondary upper_secondary vocational college_university
m_work                    wage own_business farming jobless_wants_work studying housework unable retired
m_contract                permanent fixed_term civil_servant none
m_disability              none mild severe very_severe
m_height_for_age          normal low unknown
m_weight_for_age          normal low unknown
wall                      concrete brick_stone durable_wood iron_steel earth bamboo_leaf board_sheet other
pillar                    concrete brick_stone durable_wood iron_steel bamboo temporary_wood other
roof                      concrete tile metal_sheet cement_sheet leaf_thatch tarpaulin other
source                    piped drilled_well protected_dug_well protected_spring rain bottled
                          unprotected_dug_well unprotected_spring surface_water other
toilet                    septic pour_flush vip pit_with_slab double_vault open_pit over_water other none
shared_devices            tv radio desktop phone none
personal_devices          laptop tablet smartphone none
electricity               grid other none
owned                     car motorbike fridge washing_machine air_conditioner water_heater microwave sound_system
                          motor_boat none
causes                    lack_land lack_capital lack_labour lack_tools lack_knowledge lack_skills illness other none
wishes                    health education production loan housing other none
m_ethnicity               kinh tay thai muong khmer hoa nung hmong dao gia_rai e_de ba_na san_chay cham co_ho xo_dang
                          san_diu hre raglay mnong tho xtieng kho_mu bru_van_kieu co_tu giay ta_oi ma gie_trieng co
                          cho_ro xinh_mun ha_nhi chu_ru lao la_chi khang phu_la la_hu la_ha pa_then lu ngai chut lo_lo
                          mang co_lao bo_y cong si_la pu_peo ro_mam brau o_du foreign
"""

TYPES = """
date      review_date m_birth_date
integer   newcomers people m_birth_year electricity_kwh annual_crops_m2 perennial_crops_m2 forest_m2 water_surface_m2
          cattle pigs goats poultry
decimal   floor_area
text      head_name m_name m_id_number respondent_phone
geopoint  location
image     house_photo signature
"""

RELEVANCE = {
    "household": "${listing} = 'listed'",
    "household_code": "${household} != ''",
    "refusal_reason": "/data/consent/consent = 'no'",
    "known_note": "${known_members} > 0",
    "newcomers": "${known_members} > 0",
    "people": "${known_members} = 0",
    "m_status": "${m_known} != ''",
    "m_gone_reason": "${m_status} = 'gone'",
    **dict.fromkeys(
        (
            "m_name",
            "m_birth_known",
            "m_sex",
            "m_ethnicity",
            "m_relation",
            "m_id_number",
            "m_health_insurance",
            "m_disability",
            "m_social_allowance",
        ),
        "${m_asked} = 'yes'",
    ),
    **dict.fromkeys((f"{block}_same" for block in prior.BLOCKS), "${last_on} != ''"),
    "m_birth_date": "${m_birth_known} = 'full'",
    "m_birth_year": "${m_birth_known} = 'year'",
    "m_schooling": "${m_age} >= 6",
    "m_attending": "${m_age} >= 3",
    "m_enterprise_certificate": "${m_age} >= 16 and ${m_age} <= 30",
    "m_work": "${m_age} >= 15",
    "m_contract": "${m_work} = 'wage'",
    "m_regular_work": "${m_contract} = 'none'",
    "m_pension": "${m_age} >= 15",
    "m_height_for_age": "${m_age} < 16",
    "m_weight_for_age": "${m_age} < 16",
    "electricity_kwh": "${electricity} = 'grid' or ${electricity} = 'other'",
    "causes_other": "selected(${causes}, 'other')",
    "wishes_other": "selected(${wishes}, 'other')",
}

OPTIONAL = {"address", "refusal_reason", "m_id_number", "location", "house_photo", "respondent_phone", "signature"}
OPTIONAL |= {"remarks", "household_code", "known_note"}
COMPUTED = {"household_code", "m_age", "member_names", "instanceName", "last_on", "known_members", "known_names"}
COMPUTED |= {"members_count", "m_index", "m_known", "m_known_name", "m_known_birth", "m_id_tail", "m_asked", "m_title"}
"""Everything the form computes: what the lists say, an age for hiding questions, names to read back, a title."""

VERDICTS = re.compile(
    r"(?<!đặc )(?<!địa )điểm|thiếu hụt|chuẩn nghèo|\bB[12]\b|score|points|depriv|indicator|poverty line", re.IGNORECASE
)


def read_rows(name: str) -> list[dict[str, str]]:
    with (FORM / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_table(text: str) -> dict[str, list[str]]:
    """A key at the start of a line, its words after it; an indented line continues the one above."""
    table: dict[str, list[str]] = {}
    key = ""
    for line in text.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            key, words = words[0], words[1:]
        table.setdefault(key, []).extend(words)
    return table


AGREED_CODES = read_table(CODES) | {field: ["yes", "no"] for field in YES_NO.split()}
SURVEY = [row for row in read_rows("survey") if not row["type"].startswith("end_")]
CHOICES = read_rows("choices")
QUESTIONS = {row["name"]: row for row in SURVEY if not row["type"].startswith("begin_")}


@pytest.fixture(scope="module")
def converted() -> ConvertResult:
    return convert(FORM / "form.xlsx")


@pytest.fixture(scope="module")
def model(converted: ConvertResult) -> ElementTree.Element:
    """The <model> of the XForm: its instances and binds."""
    found = ElementTree.fromstring(converted.xform).find(f".//{XFORMS}model")  # noqa: S314  (our own form)
    assert found is not None
    return found


def primary_instance(model: ElementTree.Element) -> ElementTree.Element:
    return model.findall(f"{XFORMS}instance")[0][0]


def local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def test_sheets_are_plain_utf8_with_unix_lines_and_no_list_of_people_is_shipped() -> None:
    sheets = {path.name: path.read_bytes() for path in FORM.glob("*.csv")}
    assert set(sheets) == {"survey.csv", "choices.csv", "settings.csv"}
    assert not [name for name, content in sheets.items() if b"\r" in content or content.startswith(b"\xef\xbb\xbf")]


def test_pyxform_converts_without_any_warning(converted: ConvertResult) -> None:
    assert converted.warnings == []


@pytest.mark.skipif(shutil.which("java") is None, reason="ODK Validate needs Java")
def test_odk_validate_accepts_the_form() -> None:
    assert convert(FORM / "form.xlsx", validate=True).warnings == []


def test_form_is_known_by_its_id_version_and_root(model: ElementTree.Element) -> None:
    root = primary_instance(model)
    assert (local(root), root.attrib["id"]) == ("data", "ra-soat-ho")
    assert re.fullmatch(r"20\d{8}", root.attrib["version"]), "year, month, day and a running number"


def test_vietnamese_is_the_first_language(model: ElementTree.Element) -> None:
    translations = model.findall(f"{XFORMS}itext/{XFORMS}translation")
    assert [t.attrib["lang"] for t in translations] == [VI, EN]
    assert translations[0].attrib["default"] == "true()"


def test_areas_and_households_come_from_the_server(model: ElementTree.Element) -> None:
    sources = {i.attrib["id"]: i.attrib["src"] for i in model.findall(f"{XFORMS}instance") if "src" in i.attrib}
    assert sources == {name: f"jr://file-csv/{name}.csv" for name in ("areas", "households", "members")}


def test_groups_and_fields_are_the_agreed_ones_in_order(model: ElementTree.Element) -> None:
    template = "{http://openrosa.org/javarosa}template"
    groups = [group for group in primary_instance(model) if template not in group.attrib]
    assert {local(group): [local(field) for field in group] for group in groups} == read_table(FIELDS)
    assert [local(group) for group in groups] == list(read_table(FIELDS))


def test_every_internal_select_has_agreed_codes() -> None:
    selects = {name for name, row in QUESTIONS.items() if re.match(r"select_(one|multiple) ", row["type"])}
    assert selects == set(AGREED_CODES)
    assert len(set(AGREED_CODES["m_ethnicity"])) == 54 + 1, "54 groups and foreigners"


@pytest.mark.parametrize(("field", "codes"), AGREED_CODES.items())
def test_choices_have_the_agreed_codes_in_order(field: str, codes: list[str]) -> None:
    list_name = QUESTIONS[field]["type"].split()[1]
    assert [choice["name"] for choice in CHOICES if choice["list_name"] == list_name] == codes


def test_answers_have_the_agreed_type() -> None:
    agreed = {field: kind for kind, fields in read_table(TYPES).items() for field in fields}
    assert {field: QUESTIONS[field]["type"] for field in agreed} == agreed


def test_a_question_is_hidden_exactly_when_it_cannot_apply() -> None:
    assert {name: row["relevant"] for name, row in QUESTIONS.items() if row["relevant"]} == RELEVANCE


def test_everything_after_consent_needs_consent() -> None:
    groups = {row["name"]: row["relevant"] for row in SURVEY if row["type"].startswith("begin_")}
    before = {"identification": "", "consent": ""}
    after = {name: "/data/consent/consent = 'yes'" for name in groups if name not in before}
    assert groups == before | after


def test_every_fact_is_required_but_the_optional_ones() -> None:
    asked = [row for row in QUESTIONS.values() if row["type"] not in {"calculate", "csv-external"}]
    assert {row["name"] for row in asked if row["required"] != "yes"} == OPTIONAL


def test_area_cascade_filters_by_level_and_parent() -> None:
    filters = {name: QUESTIONS[name]["choice_filter"] for name in ("province", "commune", "village", "household")}
    assert filters == {
        "province": "level = 'province'",
        "commune": "level = 'commune' and parent = ${province}",
        "village": "level = 'village' and parent = ${commune}",
        "household": "village = ${village}",
    }


AGE = (
    "if(${review_date} = '', '', "
    "if(${m_birth_known} = 'full' and ${m_birth_date} != '', "
    "int((number(format-date(${review_date}, '%Y%m%d')) - number(format-date(${m_birth_date}, '%Y%m%d'))) div 10000), "
    "if(${m_birth_known} = 'year' and ${m_birth_year} != '', "
    "number(format-date(${review_date}, '%Y')) - ${m_birth_year}, '')))"
)


def test_age_is_counted_at_the_review_date() -> None:
    assert QUESTIONS["m_age"]["calculation"] == AGE


@pytest.mark.parametrize(
    ("born", "reviewed", "age"),
    [
        ("2010-10-01", "2026-10-01", 16),
        ("2010-10-02", "2026-10-01", 15),
        ("1995-10-02", "2026-10-01", 30),
        ("1995-10-01", "2026-10-01", 31),
        ("2025-12-31", "2026-01-01", 0),
        ("2008-02-29", "2026-02-28", 17),
        ("2008-02-29", "2026-03-01", 18),
    ],
)
def test_the_arithmetic_of_age_is_right_at_birthdays(born: str, reviewed: str, age: int) -> None:
    """AGE subtracts dates written as yyyymmdd, divides by 10000 and cuts off: checked here in the same steps."""
    written = [int(date.fromisoformat(day).strftime("%Y%m%d")) for day in (reviewed, born)]
    assert int((written[0] - written[1]) / 10000) == age


@pytest.mark.parametrize("column", ["label", "hint", "constraint_message"])
def test_every_text_is_in_both_languages_and_names_the_same_answers(column: str) -> None:
    for row in SURVEY:
        vietnamese, english = row[f"{column}::{VI}"], row[f"{column}::{EN}"]
        assert bool(vietnamese) == bool(english), f"{row['name']}: {column} is missing in one language"
        assert vietnamese != english or not vietnamese, f"{row['name']}: {column} is not translated"
        assert re.findall(r"\$\{\w+}", vietnamese) == re.findall(r"\$\{\w+}", english), row["name"]


def test_every_question_group_and_choice_has_a_label_in_both_languages() -> None:
    rows = [row for row in [*SURVEY, *CHOICES] if row.get("type") not in {"calculate", "csv-external"}]
    assert [row["name"] for row in rows if not (row[f"label::{VI}"] and row[f"label::{EN}"])] == []


def test_every_constraint_says_what_is_wrong() -> None:
    constrained = {name for name, row in QUESTIONS.items() if row["constraint"]}
    explained = {name for name, row in QUESTIONS.items() if row[f"constraint_message::{VI}"]}
    assert constrained == explained


@pytest.mark.parametrize("field", ["shared_devices", "personal_devices", "owned", "causes", "wishes"])
def test_none_excludes_the_other_choices(field: str) -> None:
    assert "not(selected(., 'none')) or count-selected(.) = 1" in QUESTIONS[field]["constraint"]


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        ("review_date", ". <= today()"),
        ("m_birth_date", ". >= date('1900-01-01') and . <= ${review_date}"),
        ("m_birth_year", ". >= 1900 and . <= number(format-date(${review_date}, '%Y'))"),
        ("members_complete", "count(/data/members[m_relation = 'head']) = 1"),
        ("floor_area", ". > 0 and . < 2000"),
        ("causes", "count-selected(.) <= 3 and (not(selected(., 'none')) or count-selected(.) = 1)"),
        ("electricity_kwh", ". >= 0 and . <= 5000"),
    ],
)
def test_answers_are_held_within_what_is_possible(field: str, rule: str) -> None:
    assert QUESTIONS[field]["constraint"] == rule


def test_no_whole_number_can_be_negative_or_without_bounds() -> None:
    constraints = [row["constraint"] for row in QUESTIONS.values() if row["type"] == "integer"]
    assert [text for text in constraints if not re.match(r"\. >= \d+ and \. <= ", text)] == []


@pytest.mark.parametrize(
    ("field", "fine", "refused"),
    [
        ("m_id_number", "026095000012 012345678", "02609500001 0260950000123 0123456789 12345678 02609500001x"),
        ("respondent_phone", "0912345678 02113836123", "912345678 091234567 091234567890 +84912345678"),
    ],
)
def test_numbers_written_as_text_have_the_right_length(field: str, fine: str, refused: str) -> None:
    pattern = re.fullmatch(r"regex\(\., '(.+)'\)", QUESTIONS[field]["constraint"])
    assert pattern is not None
    assert [number for number in f"{fine} {refused}".split() if re.search(pattern[1], number)] == fine.split()


def test_form_computes_nothing_but_the_listed_helpers(model: ElementTree.Element) -> None:
    binds = model.findall(f"{XFORMS}bind")
    assert {bind.attrib["nodeset"].rpartition("/")[2] for bind in binds if "calculate" in bind.attrib} == COMPUTED


def test_form_begins_with_the_date_and_the_area(model: ElementTree.Element) -> None:
    prefilled = {row.attrib["ref"] for row in model.findall(f"{XFORMS}setvalue")}
    assert prefilled == {f"/data/identification/{name}" for name in ("review_date", "province", "commune", "village")}
    fixed = {name: row["default"] for name, row in QUESTIONS.items() if row["default"] and "(" not in row["default"]}
    assert fixed == {"m_birth_known": "full"}


def test_no_text_speaks_of_an_indicator_or_a_score() -> None:
    texts = [text for row in [*SURVEY, *CHOICES] for column, text in row.items() if "::" in column]
    assert [text for text in texts if VERDICTS.search(text)] == []
