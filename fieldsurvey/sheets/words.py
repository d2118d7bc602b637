"""What people write in the columns of a register, as codes: relation, sex, class, ethnicity, cause, yes and no.

Words are compared folded and without anything but letters, so `Hộ nghèo`, `HO NGHEO` and `hộ  nghèo.` are one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fieldsurvey.rules.names import fold
from fieldsurvey.sheets.remarks import CellError

_NOT_LETTERS = re.compile(r"[^a-z]+")


@lru_cache(maxsize=20_000)
def bare(text: str) -> str:
    """`Vợ/chồng` → `vochong`"""
    return _NOT_LETTERS.sub("", fold(text))


def table(lines: dict[str, str]) -> dict[str, str]:
    return {word: code for code, words in lines.items() for word in words.split()}


SEX = table({"male": "nam trai male m ong", "female": "nu gai female f ba"})
RELATION = table(
    {
        "head": "chuho chuhogiadinh ch head banthanchuho dungtenchuho",
        "spouse": "vo chong vochong vohoacchong wife husband spouse",
        "child": "con conde contrai congai condau conre connuoi conruot concaudaurenuoi concadaureconnuoi "
        "concaduareconnuoi conrieng child son daughter condaure conrecondau",
        "parent": "bo me cha bome chame bovo mevo bochong mechong bode mede boruot meruot bomecabenvochong bonuoi "
        "menuoi menuoibonuoi parent mother father boduong meke thay",
        "grandparent": "ong ba ongba ongnoi banoi ongngoai bangoai ongbanoi ongbangoai grandparent",
        "grandchild": "chaunoi chaungoai chaunoichaungoai chaunoingoai grandchild chaugai chautrai chaudichton",
        "sibling": "anh chi em anhchiem anhtrai chigai emtrai emgai anhem chiem anhre chidau emdau emre anhruot chiruot "
        "emruot sibling brother sister anhchiemruot",
        "other": "khac quanhekhac other chau chaudau chaure chauho co di chu bac cau mo duong thim nguoigiupviec "
        "nguoidonhau chatdo chat codichubac onhau",
    }
)
CLASS = table(
    {
        "poor": "hongheo ngheo hn n poor hongheodachieu hongheomoi hongheocu taingheo",
        "near_poor": "hocanngheo canngheo hcn cn nearpoor hocanngheodachieu canngheomoi",
        "not_poor": "hokhongngheo khongngheo thoatngheo hothoatngheo thoatcanngheo hothoatcanngheo hkn kn notpoor "
        "binhthuong vuotchuan vuotchuanngheo vuotchuancanngheo",
        "average": "mstb mucsongtrungbinh hocomucsongtrungbinh homucsongtrungbinh homstb trungbinh",
    }
)
ETHNICITY = table(
    {
        "kinh": "kinh viet kinhviet", "tay": "tay", "thai": "thai", "muong": "muong", "khmer": "khmer khome",
        "hoa": "hoa han", "nung": "nung", "hmong": "mong hmong hmongmeo meo monghmong", "dao": "dao",
        "gia_rai": "giarai jrai gialai", "e_de": "ede rade", "ba_na": "bana bahnar", "san_chay": "sanchay caolan "
        "sanchi sanchaycaolan", "cham": "cham chiem", "co_ho": "coho koho", "xo_dang": "xodang sedang",
        "san_diu": "sandiu", "hre": "hre", "raglay": "raglay raglai", "mnong": "mnong", "tho": "tho",
        "xtieng": "xtieng stieng", "kho_mu": "khomu", "bru_van_kieu": "bruvankieu vankieu bru", "co_tu": "cotu katu",
        "giay": "giay nhang", "ta_oi": "taoi paco", "ma": "ma", "gie_trieng": "gietrieng dietrieng", "co": "co cor",
        "cho_ro": "choro", "xinh_mun": "xinhmun", "ha_nhi": "hanhi", "chu_ru": "churu", "lao": "lao", "la_chi": "lachi",
        "khang": "khang", "phu_la": "phula", "la_hu": "lahu", "la_ha": "laha", "pa_then": "pathen", "lu": "lu",
        "ngai": "ngai", "chut": "chut", "lo_lo": "lolo", "mang": "mang", "co_lao": "colao", "bo_y": "boy",
        "cong": "cong", "si_la": "sila", "pu_peo": "pupeo", "ro_mam": "romam", "brau": "brau", "o_du": "odu",
        "foreign": "nguoinuocngoai nuocngoai foreign",
    }
)  # fmt: skip
CAUSES = table(
    {
        "lack_land": "thieudatsanxuat thieudat khongcodatsanxuat khongcodat",
        "lack_capital": "thieuvon thieuvonsanxuat khongcovon khongcovonsanxuat",
        "lack_labour": "thieulaodong khongcolaodong",
        "lack_tools": "thieucongcuphuongtiensanxuat thieucongcu thieuphuongtiensanxuat khongcocongcuphuongtiensanxuat",
        "lack_knowledge": "thieukienthucsanxuat thieukienthucvesanxuat thieukienthuc khongcokienthucvesanxuat",
        "lack_skills": "thieukynanglaodongsanxuat thieukynang khongcokynanglaodongsanxuat thieukynanglaodong",
        "illness": "omdaubenhnangtainan comoiomdaubenhnangtainan conguoiomdaubenhnanghoactainan omdau benhnang tainan "
        "conguoiomdaubenhnangtainan",
        "other": "khac nguyennhankhac khokhankhac",
        "none": "khong khongco",
    }
)
_CAUSE_NUMBERS = dict(zip("12345678", [code for code in dict.fromkeys(CAUSES.values()) if code != "none"], strict=True))
_YES = {"x", "co", "yes", "true", "y", "dung"}
_NO = {"", "khong", "no", "false", "k", "sai"}


def sex(text: str) -> str:
    found = SEX.get(bare(text))
    if found is None:
        raise CellError("sex_unknown", value=text[:60])
    return found


def relation(text: str) -> str | None:
    """The code; None for words that nobody here knows."""
    return RELATION.get(bare(text))


def household_class(text: str) -> str:
    """poor · near_poor · not_poor · average"""
    found = CLASS.get(bare(text))
    if found is None:
        raise CellError("class_unknown", value=text[:60])
    return found


def ethnicity(text: str) -> str:
    """A name, never a number: 06 is Hoa in one official list and Mường in another."""
    if text.strip().isdigit():
        raise CellError("ethnicity_code", value=text[:60])
    found = ETHNICITY.get(bare(text)) or ETHNICITY.get(bare(text.partition("(")[0]))
    if found is None:
        raise CellError("ethnicity_unknown", value=text[:60])
    return found


def causes(text: str) -> list[str]:
    """`Thiếu vốn; ốm đau` or the numbers of the report form: `2, 7`."""
    found = []
    for part in re.split(r"[;,/|+\n]", text):
        code = _CAUSE_NUMBERS.get(part.strip()) or CAUSES.get(bare(part))
        if code is None and part.strip():
            raise CellError("cause_unknown", value=part.strip()[:60])
        if code:
            found.append(code)
    return list(dict.fromkeys(found))


def flag(text: str) -> bool:
    """`x`, `1`, `có` or nothing, `0`, `không`."""
    word = fold(text)
    if word in _YES or word in {"1", "1.0"}:
        return True
    if word in _NO or word in {"0", "0.0", "-"}:
        return False
    raise CellError("flag_unknown", value=text[:60])
