"""The codes of a commune's phones on paper: a PDF, six slips to a page of A4, to be cut apart and handed out."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from fieldsurvey.translations import say

FONTS = Path(__file__).with_name("fonts")
PLAIN, BOLD = "Tinos", "Tinos-Bold"
ACROSS, DOWN = 2, 3  # slips of a page
_MARGIN, _PADDING = 8 * mm, 4 * mm
_CODE = 46 * mm
_MASK = 3  # as on screen; choosing the best one costs five times as much
_STEPS = ("install", "scan", "fill", "send")


@dataclass(frozen=True, slots=True)
class Slip:
    """One phone: what its QR code holds, and what stands beside it."""

    code: str
    village: str
    name: str
    phone: str | None  # number to sign in with
    pin: str | None
    valid_until: date | None


@cache
def _load_fonts() -> None:
    """Once in a process: Latin and Vietnamese letters of Tinos."""
    pdfmetrics.registerFont(TTFont(PLAIN, str(FONTS / "Tinos-Regular.ttf")))
    pdfmetrics.registerFont(TTFont(BOLD, str(FONTS / "Tinos-Bold.ttf")))


def pdf(slips: Sequence[Slip], commune: str, round_name: str, locale: str) -> bytes:
    """The file. Without slips one page that says whose it is."""
    _load_fonts()
    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=A4, pageCompression=1)
    title = say("phone_sheets.title", locale, commune=commune)
    canvas.setTitle(title)
    pages = [slips[at : at + ACROSS * DOWN] for at in range(0, len(slips), ACROSS * DOWN)] or [[]]
    for number, page in enumerate(pages, start=1):
        _footer(canvas, f"{title} · {say('phone_sheets.page', locale, page=number, pages=len(pages))}")
        for place, slip in enumerate(page):
            _Drawn(canvas, place, locale).slip(slip, commune, round_name)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _footer(canvas: Any, text: str) -> None:
    canvas.setFont(PLAIN, 7.5)
    canvas.drawCentredString(A4[0] / 2, 4 * mm, _nfc(text))


def _nfc(text: str) -> str:
    """One code point for each letter: the font has no loose accents."""
    return unicodedata.normalize("NFC", text)


class _Drawn:
    """One slip at its place of the page."""

    def __init__(self, canvas: Any, place: int, locale: str) -> None:
        self.canvas, self.locale = canvas, locale
        self.width = (A4[0] - 2 * _MARGIN) / ACROSS
        self.height = (A4[1] - 2 * _MARGIN) / DOWN
        self.left = _MARGIN + place % ACROSS * self.width
        self.top = A4[1] - _MARGIN - place // ACROSS * self.height

    def slip(self, slip: Slip, commune: str, round_name: str) -> None:
        self.canvas.setDash(2, 2)
        self.canvas.rect(self.left, self.top - self.height, self.width, self.height)
        self.canvas.setDash()
        self._code(slip.code)
        self.y = self.top - _PADDING - _CODE - 1 * mm
        self._line(slip.village, BOLD, 13)
        self._line(slip.name, BOLD, 11)
        self._line(f"{commune} · {round_name}", PLAIN, 8)
        self._line(self._sign_in(slip), BOLD, 11)
        if slip.valid_until:
            day = slip.valid_until.strftime("%d/%m/%Y")
            self._line(say("phone_sheets.until", self.locale, day=day), PLAIN, 8)
        self._steps()
        self._line(say("phone_sheets.secret", self.locale), PLAIN, 6.5)

    def _sign_in(self, slip: Slip) -> str:
        """Telephone number and PIN, as far as there are any."""
        phone = say("phone_sheets.phone", self.locale, phone=slip.phone) if slip.phone else ""
        pin = f"{say('phone_sheets.pin', self.locale)} {slip.pin[:3]} {slip.pin[3:]}" if slip.pin else ""
        return " · ".join(part for part in (phone, pin) if part)

    def _steps(self) -> None:
        for number, step in enumerate(_STEPS, start=1):
            self._line(f"{number}. {say(f'admin.phones.step.{step}', self.locale)}", PLAIN, 7)

    def _line(self, text: str, font: str, size: float) -> None:
        """Centred below the one before; in several lines if it is too long."""
        text, room = _nfc(text), self.width - 2 * _PADDING
        if not text:
            return
        for part in self._broken(text, font, size, room):
            wide = pdfmetrics.stringWidth(part, font, size)
            fitting = size * min(1.0, room / wide) if wide else size
            self.canvas.setFont(font, fitting)
            self.y -= size * 1.17
            self.canvas.drawCentredString(self.left + self.width / 2, self.y, part)

    def _broken(self, text: str, font: str, size: float, room: float) -> list[str]:
        lines, line = [], ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and pdfmetrics.stringWidth(longer, font, size) > room:
                lines.append(line)
                line = word
            else:
                line = longer
        return [*lines, line]

    def _code(self, text: str) -> None:
        """The modules row by row, neighbours as one bar, with the quiet border that readers need."""
        code = segno.make(text, error="l", mask=_MASK, micro=False)
        rows = [bytes(row) for row in code.matrix]
        side = _CODE / (len(rows) + 4)
        x, y = self.left + (self.width - _CODE) / 2 + 2 * side, self.top - _PADDING - 2 * side
        path = self.canvas.beginPath()
        for down, row in enumerate(rows):
            start = None
            for at, dark in enumerate((*row, 0)):
                if dark and start is None:
                    start = at
                elif not dark and start is not None:
                    path.rect(x + start * side, y - (down + 1) * side, (at - start) * side, side)
                    start = None
        self.canvas.drawPath(path, stroke=0, fill=1)


def lacking(text: str) -> set[str]:
    """The letters of a text that the font does not have; they would vanish silently."""
    _load_fonts()
    found: Any = pdfmetrics.getFont(PLAIN)
    return {letter for letter in _nfc(text) if not letter.isspace() and ord(letter) not in found.face.charToGlyph}
