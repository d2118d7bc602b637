"""XLSForms for the phone app: one with every type of question and every appearance, in every_type.md."""

from __future__ import annotations

from pathlib import Path

EVERY_TYPE = Path(__file__).with_name("every_type.md").read_text(encoding="utf-8")
WITH_FILES = Path(__file__).with_name("with_files.md").read_text(encoding="utf-8")
