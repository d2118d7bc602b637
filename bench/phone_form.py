"""How fast the phone app's form is: CPU time of the page's main thread in Chromium, times four, as on a cheap phone.

Wall time on a busy machine says little; the thread's own CPU time is the sturdy figure. Run it against a server that has the
household questionnaire: `python -m bench.phone_form http://localhost:8000 0913000001 PASSWORD`.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from typing import Any

SLOWER = 4  # a cheap phone against a laptop
PEOPLE = 15
SETTLED = "await new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
NEXT = "async () => {[...document.querySelectorAll('.form-foot button')].at(-1).click(); " + SETTLED + "}"
TYPE = """
  const field = document.querySelector("[data-path$='/people'] input");
  field.focus(); field.value = count;
  field.dispatchEvent(new Event('input', {bubbles: true})); field.dispatchEvent(new Event('blur'));
"""
ADD = "async count => {" + TYPE + SETTLED + "}"


class Meter:
    """Milliseconds of CPU that the page has used, as a slow phone would need."""

    def __init__(self, page: Any) -> None:
        self.line = page.context.new_cdp_session(page)
        self.line.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.page = page

    def used(self) -> float:
        metrics = self.line.send("Performance.getMetrics")["metrics"]
        seconds: float = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
        return seconds * 1000 * SLOWER

    def of(self, script: str, *arguments: Any) -> float:
        before = self.used()
        self.page.evaluate(script, *arguments)
        return self.used() - before


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.phone_form")
    parser.add_argument("server")
    parser.add_argument("name")
    parser.add_argument("password")
    asked = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 360, "height": 740}, locale="vi-VN").new_page()
        page.goto(f"{asked.server}/sign-in")
        page.fill("[name=name]", asked.name)
        page.fill("[name=password]", asked.password)
        page.click("button.main")
        page.wait_for_url(lambda url: "sign-in" not in url)
        measure(page, asked.server)
        browser.close()


def measure(page: Any, server: str) -> None:
    from tests.client.form import Form

    meter, form = Meter(page), Form(page, f"{server}/app/#/try/1/ra-soat-ho")
    page.goto(f"{server}/app/")  # as on a phone that has the app
    page.wait_for_timeout(2000)
    before = meter.used()
    form.open()
    print(f"open the form             {meter.used() - before:7.0f} ms")
    begin(form)
    added = [meter.of(ADD, str(count)) for count in range(2, PEOPLE + 1)]
    print(f"one more member, median   {statistics.median(added):7.0f} ms; of {PEOPLE} the last {added[-1]:.0f} ms")
    page.wait_for_timeout(1500)
    turned = []
    while form.where != "#end":
        turned.append(meter.of(NEXT))
    print(f"next page, median         {statistics.median(turned):7.0f} ms; the slowest {max(turned):.0f} ms")


def begin(form: Any) -> None:
    form.give("listing", "new")
    form.type("head_name", "Giàng A Páo")
    if form.question("village").locator(".chooser.empty").count():
        form.question("village").locator(".chooser").click()
        form.page.locator("dialog.sheet label").first.click()
    form.next()
    form.give("consent/consent", "yes")
    form.next()


if __name__ == "__main__":
    main()
