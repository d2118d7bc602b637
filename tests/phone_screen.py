"""The phone app in a real browser, as its user sees it: what a thumb does, on a profile that survives restarts."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from tests.cast import PASSWORD, Person

SIZE = {"width": 360, "height": 740}
PIN = "270395"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip
Wsgi = Callable[[dict[str, Any], Any], Any]


@dataclass
class BadLine:
    """Stands before the app and does to `/sync` what lines and proxies do. Counts what arrives of files."""

    app: Wsgi
    say: Callable[[dict[str, Any]], tuple[str, list[tuple[str, str]], bytes] | None] = lambda _environ: None
    cuts: list[int] = field(default_factory=list)  # of the next PATCHes: so many bytes get through
    dead: bool = False  # nothing gets through, neither of the app nor of its data
    received: int = 0  # bytes of files
    announced: int = 0  # bytes of the file that was sent last
    posts: int = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if self.dead:
            return _hang_up(environ, start_response)
        if not environ["PATH_INFO"].startswith("/sync"):
            return self.app(environ, start_response)
        if (said := self.say(environ)) is not None:
            status, headers, body = said
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response(status, [*headers, ("Content-Length", str(len(body)))])
            return [body]
        self.posts += environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == "/sync/submissions"
        if environ["REQUEST_METHOD"] == "PATCH":
            return self._patch(environ, start_response)
        return self.app(environ, start_response)

    def _patch(self, environ: dict[str, Any], start_response: Any) -> Any:
        size = int(environ["CONTENT_LENGTH"])
        self.announced = int(environ["HTTP_UPLOAD_LENGTH"])
        cut = self.cuts.pop(0) if self.cuts else None
        self.received += size if cut is None else min(cut, size)
        if cut is None or cut >= size:
            return self.app(environ, start_response)
        environ["wsgi.input"] = _Cut(environ["wsgi.input"], cut)
        list(self.app(environ, lambda *_said: lambda _body: None))
        return _hang_up(environ, start_response)


def _hang_up(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    with suppress(OSError):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    start_response("200 OK", [])  # the server wants to have said something; nobody hears it
    return []


class _Cut:
    """A body whose line goes dead after some bytes."""

    def __init__(self, stream: Any, left: int) -> None:
        self.stream, self.left = stream, left

    def read(self, size: int = -1) -> bytes:
        if self.left <= 0:
            raise ConnectionResetError
        piece: bytes = self.stream.read(min(self.left, size) if size >= 0 else self.left)
        self.left -= len(piece)
        return piece

    def readinto(self, into: Any) -> int:
        piece = self.read(len(into))
        into[: len(piece)] = piece
        return len(piece)


@contextmanager
def serving(app: Flask) -> Iterator[tuple[str, BadLine]]:
    """The app on a port of its own, behind a line that can be made bad."""
    line = BadLine(app.wsgi_app)
    server = make_server("127.0.0.1", 0, line, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", line
    server.shutdown()
    thread.join()
    server.server_close()


class Handset:
    """One phone: a browser profile on disk. `restart` is what a village head calls switching it off and on."""

    def __init__(self, playwright: Any, chromium: str, profile: Path, url: str, line: BadLine) -> None:
        self.playwright, self.chromium, self.profile, self.url, self.line = playwright, chromium, profile, url, line
        self.troubles: list[str] = []
        self._start()

    def _start(self) -> None:
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile), executable_path=self.chromium, args=ARGUMENTS, viewport=SIZE, device_scale_factor=2,
            is_mobile=True, has_touch=True, locale="vi-VN", accept_downloads=True,
            permissions=["geolocation", "background-sync"], geolocation={"latitude": 21.2, "longitude": 105.6},
        )  # fmt: skip
        self.context.set_default_timeout(15_000)
        self.page = self.context.pages[0]
        self._watch()
        self.context.set_offline(self.line.dead)

    def _watch(self) -> None:
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda said: self._said(said))

    def _said(self, said: Any) -> None:
        """What the app itself reports as an error; what the browser says of the line does not count."""
        if said.type == "error" and "Failed to load resource" not in said.text:
            self.troubles.append(said.text)

    def open(self, place: str = "") -> Handset:
        self.page.goto(f"{self.url}/app/{place}")
        return self

    def offline(self, without: bool = True) -> None:
        """Also for what the browser does while no page is open, as it starts."""
        self.line.dead = without
        self.context.set_offline(without)

    def restart(self) -> Handset:
        """The browser ends and starts again on the same profile; the app is opened from the home screen."""
        self.context.close()
        self._start()
        return self.open()

    def killed(self) -> Handset:
        """The battery comes out: the browser gets no chance to say anything to the page. Then it starts again."""
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = process.read_bytes().split(b"\0")
                if f"--user-data-dir={self.profile}".encode() in words and not any(
                    w.startswith(b"--type") for w in words
                ):
                    os.kill(int(process.parent.name), signal.SIGKILL)
        with suppress(Exception):  # nobody is there to close
            self.context.close()
        self._start()
        return self.open()

    def close(self) -> None:
        self.context.close()

    # Signing in

    def sign_in(self, person: Person, pin: str = PIN) -> Handset:
        """With the password, as the first time; then the PIN of this phone. Waits until the phone has everything."""
        self.page.fill("#name", person.sign_in)
        self.page.fill("#secret", PASSWORD)
        self.page.click("button.main:has-text('Vào')")
        self.page.fill("#pin", pin)
        self.page.fill("#again", pin)
        self.page.click("button.main:has-text('Bắt đầu')")
        return self.synced()

    def unlock(self, pin: str = PIN) -> Handset:
        self.page.fill("#pin", pin)
        self.page.click("button.main")
        self.page.wait_for_selector("[data-left]")
        return self

    def shell_kept(self) -> Handset:
        """Waits until the worker has put the whole app on the phone."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        return self

    # The village

    def synced(self) -> Handset:
        """Waits for the sync that is under way to end."""
        self.page.wait_for_selector("[data-left], .locked")
        self.page.wait_for_selector("[data-sync]:not([disabled]), .locked")
        return self

    def sync(self) -> Handset:
        self.page.click("[data-sync]")
        self.page.wait_for_timeout(50)
        return self.synced()

    def sync_until_refused(self) -> Handset:
        """A sync after which the server does not know the phone any more."""
        self.page.wait_for_selector("[data-warning=sign-in]")
        return self

    def lock(self) -> Handset:
        self.open("#/more")
        self.page.click("text=Khóa lại")
        return self

    @property
    def left(self) -> str:
        """What the strip says is to be sent."""
        text: str = self.page.inner_text("[data-left] strong")
        return text

    def rows(self, state: str = "") -> list[str]:
        """Names in the list, from the top; with `state`, those in it."""
        chosen = f"[data-state={state}]" if state else ""
        names: list[str] = self.page.locator(f"[data-rows] .row{chosen} .row-name").all_inner_texts()
        return names

    def row(self, name: str) -> Any:
        return self.page.locator("[data-rows] .row", has_text=name).first

    # The short form of tests/e2e/test_phone_app.py

    def next_household(self) -> str:
        name: str = self.page.inner_text("[data-next] .next-name")
        self.page.click("[data-next]")
        self.page.wait_for_selector(".form-page")
        return name

    def fill(self, remarks: str, photo: Path | None = None) -> Handset:
        """The page that is open: remarks, and a photo of the house."""
        self.page.locator(".form-page textarea, .form-page input[type=text]").last.fill(remarks)
        if photo:
            self.page.locator(".form-page input[type=file]").first.set_input_files(photo)
            self.page.wait_for_selector(".form-page figure img")
        return self

    def forward(self, pages: int = 1) -> Handset:
        for _ in range(pages):
            self.page.click(".form-foot button.main")
        return self

    def forward_to_the_end(self) -> Handset:
        while not self.page.locator(".form-foot button.main:has-text('Hoàn thành')").count():
            self.forward()
        return self

    def leave(self) -> Handset:
        """Close the form; it is kept as a draft."""
        self.page.click(".form-head button >> nth=0")
        self.page.wait_for_selector("[data-left]")
        return self

    def finish(self) -> Handset:
        self.page.click(".form-foot button.main:has-text('Hoàn thành')")
        self.page.wait_for_selector("[data-left]")
        return self

    # Behind the screen

    def unsent(self) -> list[str]:
        """instanceIDs in the outbox of the person who was here last."""
        return list(self.page.evaluate(_UNSENT))

    def without_room(self, full: bool = True) -> None:
        """The phone is full: the browser keeps nothing more, as it says itself."""
        self.page.evaluate(_FULL, full)

    def told(self, text: str) -> Handset:
        """Waits until the screen says this."""
        self.page.wait_for_selector(f"text={text}")
        return self

    def clock(self, off: timedelta) -> None:
        """From the next page on the phone's clock is wrong by so much."""
        self.context.add_init_script(
            f"{{ const off = {int(off.total_seconds() * 1000)}; const now = Date.now.bind(Date); const Real = Date;"
            " globalThis.Date = class extends Real {"
            " constructor(...given) { given.length ? super(...given) : super(now() + off); }"
            " static now() { return now() + off; } }; }"
        )

    def warned(self, name: str) -> bool:
        return bool(self.page.locator(f"[data-warning={name}]").count())


_FULL = """(full) => {
  const store = IDBObjectStore.prototype;
  store.real ??= store.put;
  store.put = full ? () => { throw new DOMException("full", "QuotaExceededError"); } : store.real;
  const { storage } = navigator;
  storage.estimate = full ? async () => ({ usage: 95, quota: 100 }) : StorageManager.prototype.estimate;
}"""
_UNSENT = """async () => {
  const names = (await indexedDB.databases()).map((one) => one.name).filter((name) => /^fieldsurvey-/.test(name));
  const keys = await Promise.all(names.map((name) => new Promise((resolve, reject) => {
    const opening = indexedDB.open(name);
    opening.onerror = reject;
    opening.onsuccess = () => {
      const asked = opening.result.transaction("outbox").objectStore("outbox").getAllKeys();
      asked.onsuccess = () => { opening.result.close(); resolve(asked.result); };
    };
  })));
  return keys.flat();
}"""
