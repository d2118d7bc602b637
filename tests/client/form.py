"""Drives the open form as a person would: by the words on the screen, one question after the other."""

from __future__ import annotations

import json
from typing import Any

from lxml import etree

PHONE_SIZE = {"width": 360, "height": 740}
PLACE_OF_TRIAL = "fieldsurvey.try."


class Form:
    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)

    def open(self) -> Form:
        self.page.goto(self.address)
        self.page.locator(".form-page, .broken").first.wait_for()
        assert not self.page.locator(".broken").count(), self.page.locator(".broken").inner_text()
        return self

    def reopen(self, **changed: Any) -> Form:
        """Opens the trial's draft anew, as after the browser has closed the page; with something of it changed."""
        self.saved()
        if changed:
            kept = {**self.kept(), **changed}
            self.page.evaluate(
                "([name, text]) => sessionStorage.setItem(name, text)", [self._place(), json.dumps(kept)]
            )
        self.page.goto("about:blank")
        return self.open()

    def kept(self) -> dict[str, Any]:
        text = self.page.evaluate("name => sessionStorage.getItem(name)", self._place())
        found: dict[str, Any] = json.loads(text) if text else {}
        return found

    def saved(self) -> None:
        """Waits until what was entered last is kept."""
        self.page.wait_for_timeout(1700)

    def _place(self) -> str:
        return PLACE_OF_TRIAL + ".".join(self.address.split("#/try/")[1].split("/")[:2])

    @property
    def where(self) -> str:
        return self.page.locator(".form-page").get_attribute("data-page") or ""

    def question(self, name: str) -> Any:
        """By the end of its path: `head_name`, `members[2]/m_name`."""
        return self.page.locator(f"[data-path$='/{name}']")

    def type(self, name: str, text: str) -> None:
        field = self.question(name).locator("input, textarea").first
        field.fill(text)
        field.blur()

    def day(self, name: str, text: str) -> None:
        """31/12/2026, or a part of it, into the fields in their order."""
        fields = self.question(name).locator(".parts input")
        for index, part in enumerate(text.replace(":", "/").replace(" ", "/").split("/")):
            fields.nth(index).fill(part)
        fields.last.blur()

    def choose(self, name: str, *words: str) -> None:
        question = self.question(name)
        sheet = question.locator(".chooser")
        if sheet.count():
            sheet.click()
        within = self.page.locator("dialog.sheet") if sheet.count() else question
        for word in words:
            within.locator("label").filter(has=self.page.get_by_text(word, exact=True)).first.click()
        done = within.get_by_role("button", name="Xong", exact=True)
        if sheet.count() and done.count():
            done.click()

    def give(self, name: str, value: str) -> None:
        """An answer as XForms writes it, entered by tapping or typing, whichever widget the question has."""
        question = self.question(name)
        if question.locator(".parts").count():
            return self.day(name, "/".join(reversed(value.split("-"))))
        if question.locator(".chooser").count():
            question.locator(".chooser").click()
            return self._tick(self.page.locator("dialog.sheet"), value)
        if question.locator("input[type=radio], input[type=checkbox]").count():
            return self._tick(question, value)
        return self.type(name, value.replace(".", ","))

    def _tick(self, within: Any, value: str) -> None:
        for code in value.split():
            one = within.locator(f"label:has(input[value='{code}'])")
            (one if one.count() else within.locator("label")).first.click()
        done = within.locator(".sheet-buttons button")
        if done.count():
            done.click()

    def press(self, name: str, word: str) -> None:
        self.question(name).get_by_role("button", name=word, exact=True).click()

    def attach(self, name: str, file: dict[str, Any], which: int = 0) -> None:
        self.question(name).locator("input[type=file]").nth(which).set_input_files(file)

    def next(self) -> str:
        self.page.locator(".form-foot button").last.click()
        self.page.wait_for_timeout(60)
        return self.where

    def back(self) -> str:
        self.page.locator(".form-foot button").first.click()
        self.page.wait_for_timeout(60)
        return self.where

    def mistakes(self) -> list[str]:
        return [text.strip() for text in self.page.locator(".mistake").all_inner_texts()]

    def to(self, where: str) -> None:
        """Goes on until that page; what is wrong on the way is left for later."""
        for _ in range(80):
            if self.where == where:
                return
            self.next()
        raise AssertionError(f"no page {where}; the last was {self.where}")

    def finish(self) -> Any:
        """Finishes and gives the XML that would be sent."""
        self.to("#end")
        self.page.get_by_role("button", name="Hoàn thành").click()
        self.page.locator("#try-xml").wait_for(state="attached")
        return etree.fromstring((self.page.locator("#try-xml").text_content() or "").encode())

    def files(self) -> dict[str, tuple[str, int]]:
        """After finishing: name → type and size."""
        lines = self.page.locator("#try-files li").all_inner_texts()
        found = [line.rstrip(")").partition(" (") for line in lines]
        return {name: (rest.split(", ")[0], int(rest.split(", ")[1])) for name, _, rest in found}


def answers(node: Any, path: str = "") -> list[tuple[str, str]]:
    """(path, text) of every leaf in the order of the document; names without namespace, entries by their place."""
    found: list[tuple[str, str]] = []
    count: dict[str, int] = {}
    for child in node:
        name = etree.QName(child).localname
        count[name] = count.get(name, 0) + 1
        here = f"{path}/{name}" + (f"[{count[name]}]" if len(child) else "")
        found += answers(child, here) if len(child) else [(here, (child.text or "").strip())]
    return found
