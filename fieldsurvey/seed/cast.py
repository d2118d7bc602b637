"""The cast: the same invented people in the demo, the tests and the documentation. Nobody real."""

from __future__ import annotations

from typing import NamedTuple

from fieldsurvey.rules.permissions import Role

PASSWORD = "fieldsurvey-demo"  # noqa: S105 - printed in the README
PROVINCE, COMMUNE = "25", "09043"  # Phú Thọ, Tam Hồng
OTHER_COMMUNE = "09025"  # Yên Lạc, the neighbour who must not see Tam Hồng's households


class Person(NamedTuple):
    key: str
    name: str
    sign_in: str
    role: Role
    area: str  # its code; "" for everywhere


ADMIN = Person("admin", "Phạm Quốc Việt", "admin@example.org", Role.ADMINISTRATOR, "")
SUPERVISOR = Person("supervisor", "Trần Minh Đức", "supervisor@example.org", Role.PROVINCE_SUPERVISOR, PROVINCE)
OFFICER = Person("officer", "Lê Thị Hạnh", "0912000001", Role.COMMUNE_OFFICER, COMMUNE)
LEADER = Person("leader", "Nguyễn Văn Bình", "0912000002", Role.COMMUNE_LEADER, COMMUNE)
NEIGHBOUR = Person("neighbour", "Đỗ Thị Lan", "0912000003", Role.COMMUNE_OFFICER, OTHER_COMMUNE)
HEAD = Person("head", "Phùng Văn Tuyến", "0913000001", Role.ENUMERATOR, f"{COMMUNE}-01")
OTHER_HEAD = Person("other_head", "Nguyễn Thị Đào", "0913000002", Role.ENUMERATOR, f"{COMMUNE}-02")

CAST = (ADMIN, SUPERVISOR, OFFICER, LEADER, NEIGHBOUR, HEAD, OTHER_HEAD)

VILLAGES = (
    "Tảo Phú", "Phù Lưu", "Lâm Xuyên", "Man Để", "Nho Lẻo", "Bình Lâm", "Dịch Đồng", "Yên Tâm", "Đông Mẫu", "Phương Nha",
    "Đinh Xá", "Lũng Hạ", "Cổ Lãm", "Vĩnh Đông",
)  # fmt: skip

OTHER_HEADS = (
    "Trần Văn Khải", "Vũ Thị Nga", "Kim Văn Sơn", "Nguyễn Đình Thi", "Lê Văn Thắng", "Tạ Thị Oanh", "Đặng Đức Đạt",
    "Hoàng Thị Mai", "Nguyễn Văn Hợp", "Bùi Thị Yến", "Dương Văn Lợi", "Phan Thị Thu",
)  # fmt: skip


def village_heads() -> tuple[Person, ...]:
    """One for each village of the demo commune, in order."""
    others = tuple(
        Person(f"head-{at:02}", name, f"09130000{at:02}", Role.ENUMERATOR, f"{COMMUNE}-{at:02}")
        for at, name in enumerate(OTHER_HEADS, start=3)
    )
    return (HEAD, OTHER_HEAD, *others)
