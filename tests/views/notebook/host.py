"""A page in Chromium that hosts the browser's own module, with a kernel that is a test.

The model there has what a notebook gives any widget and no more: on, off, send, get, set and
save_changes. What the module sends is kept, and the test answers with messages as the kernel's.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import napari_medload
from napari_medload.views.notebook.page import MODULE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Page

STATIC = Path(napari_medload.__file__).parent / "views" / "notebook" / "static"

PICTURE_PARTS = (*MODULE[: MODULE.index("planes.js") + 1], "dom.js")
"""The picture half of the page, in the order in which the parts are joined."""

PICTURE_STYLES = ("planes.css",)

PICTURE_ONLY = """
function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "lm-browser";
  root.tabIndex = 0;
  el.append(root);
  let planes = null;
  const wire = root.lmWire = new Wire(model, {
    onParts(parts, buffer) { for (const part of parts) planes.take(part, buffer); },
    onQuiet(seconds) { root.dataset.quiet = seconds === null ? "" : String(seconds); },
    onGone() { root.dataset.gone = "yes"; planes.setGone(); },
  });
  planes = new Planes(root, wire);
  wire.send("hello");
  return () => { planes.close(); wire.close(); root.remove(); };
}
export default { render };
"""
"""What ends the module where only the picture is shown."""

ADDRESS = "http://localhost/"
_SHELL = """<!doctype html><meta charset="utf-8"><title>a notebook</title>
<style>body { margin: 0; background: #fff; font: 13px sans-serif; }</style>
<style id="styles"></style><div id="views"></div><script src="/host.js"></script>"""

_HOST = """
"use strict";
class FakeModel {
  constructor() { this.listeners = []; this.state = {}; this.sent = []; this.answering = false; }
  get(name) { return this.state[name]; }
  set(name, value) { this.state[name] = value; }
  save_changes() {}
  on(name, heard) { this.listeners.push({ name, heard }); }
  off(name, heard) {
    this.listeners = this.listeners.filter(
      (one) => (name && one.name !== name) || (heard && one.heard !== heard));
  }
  emit(name, ...given) {
    for (const one of [...this.listeners]) if (one.name === name) one.heard(...given);
  }
  send(content, _callbacks, _buffers) {
    const plain = JSON.parse(JSON.stringify(content));
    this.sent.push(plain);
    if (this.answering)
      queueMicrotask(() => this.emit("msg:custom", { parts: [], ack: plain.n }, []));
  }
}
const host = {
  model: new FakeModel(), views: [],
  async load() { this.module = (await import("/module.js")).default; },
  async mount(width) {
    const el = document.createElement("div");
    el.style.width = width;
    document.getElementById("views").append(el);
    const left = await this.module.render({ model: this.model, el });
    return this.views.push({ el, left }) - 1;
  },
  unmount(number) { const view = this.views[number]; view.left(); view.el.remove(); },
  receive(content, packed, offset) {
    const buffers = packed.map((text) => {
      const raw = atob(text);
      const bytes = new Uint8Array(raw.length + offset);
      for (let i = 0; i < raw.length; i++) bytes[i + offset] = raw.charCodeAt(i);
      return new DataView(bytes.buffer, offset);
    });
    this.model.emit("msg:custom", content, buffers);
  },
};
window.host = host;
"""


def module(parts: Sequence[str] = PICTURE_PARTS, end: str = PICTURE_ONLY) -> str:
    """Join parts of the page into one module, as the kernel does."""
    return "\n".join([*((STATIC / name).read_text("utf-8") for name in parts), end])


def styles(parts: Sequence[str] = PICTURE_STYLES) -> str:
    """Join the stylesheets of the page."""
    return "\n".join((STATIC / name).read_text("utf-8") for name in parts)


def array(values: Any) -> dict[str, Any]:
    """Mark an array that stands in a part; `pack` lays it into the buffer of the message."""
    return {"array": np.ascontiguousarray(values)}


def pack(parts: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], bytes, int]:
    """Lay the arrays of parts into one buffer, as the kernel does.

    Parameters
    ----------
    parts : sequence of dict
        Any object in them that has an ``array`` gets ``at``, ``dtype`` and ``size`` in place of it.

    Returns
    -------
    parts, buffer, length
        The buffer is compressed, and empty where there are no arrays; the length is that of it
        inflated.
    """
    raw = bytearray()

    def lay(thing: Any) -> Any:
        if isinstance(thing, dict):
            laid = {key: lay(value) for key, value in thing.items() if key != "array"}
            if "array" in thing:
                values = thing["array"]
                raw.extend(b"\0" * (len(raw) % 2))
                kind = values.dtype.newbyteorder("<")
                laid |= {"at": len(raw), "dtype": kind.str[1:], "size": list(values.shape)}
                raw.extend(values.astype(kind).tobytes())
            return laid
        return [lay(one) for one in thing] if isinstance(thing, (list, tuple)) else thing

    laid = [lay(part) for part in parts]
    return laid, zlib.compress(bytes(raw), 1) if raw else b"", len(raw)


@dataclass
class Host:
    """A page with the module in it.

    Parameters
    ----------
    page : playwright.sync_api.Page
    text, style : str
        The module and its stylesheet; the picture alone by default.
    """

    page: Page
    text: str = field(default_factory=module)
    style: str = field(default_factory=styles)
    requests: list[str] = field(default_factory=list)
    """Addresses that the page asked for, its own three left out."""
    troubles: list[str] = field(default_factory=list)
    """Errors and warnings of the page."""

    def open(self, views: int = 1, width: str = "1000px") -> Host:
        """Load the page and show some views of its one model, each of a width in CSS.

        Anything the page asks for beyond its own address fails, and is kept in `requests`.
        """
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._on_console)
        self.page.route("**/*", self._serve)
        self.page.goto(ADDRESS)
        self.page.evaluate("host.load()")
        self.page.evaluate(
            "text => { document.getElementById('styles').textContent = text; }", self.style
        )
        for _ in range(views):
            self.mount(width)
        return self

    def mount(self, width: str = "1000px") -> int:
        """Show one more view of the model, and return its number."""
        return int(self.page.evaluate("width => host.mount(width)", width))

    def unmount(self, number: int = 0) -> None:
        """Call the clean-up of a view, as a notebook does."""
        self.page.evaluate("number => host.unmount(number)", number)

    def receive(
        self,
        *parts: dict[str, Any],
        ack: int | None = None,
        offset: int = 0,
        wait: bool = True,
    ) -> None:
        """Give the page a message of the kernel.

        Parameters
        ----------
        *parts : dict
            With arrays as `array` marks them.
        ack : int, optional
            Number of the command that is answered.
        offset : int
            Bytes in front of the buffer in what holds it: at odd ones it is not aligned.
        wait : bool
            Return only when the page has taken it, for buffers are inflated aside.
        """
        laid, packed, inflated = pack(parts)
        content: dict[str, Any] = {"parts": laid, "ack": ack}
        if packed:
            content["inflated"] = inflated
        self.receive_raw(content, packed, offset, wait)

    def receive_raw(
        self, content: dict[str, Any], packed: bytes, offset: int = 0, wait: bool = True
    ) -> None:
        """Give the page a message as it is, with the bytes of its buffer if there are any."""
        buffers = [base64.b64encode(packed).decode("ascii")] if packed else []
        self.page.evaluate(
            "([content, buffers, offset]) => host.receive(content, buffers, offset)",
            [content, buffers, offset],
        )
        if wait:
            self.settle()

    def settle(self) -> None:
        """Wait until every message so far was taken, which goes by their order."""
        self.page.evaluate(
            "() => Promise.all([...document.querySelectorAll('.lm-browser')]"
            ".map((root) => root.lmWire?.idle()))"
        )

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Commands that the page has sent, oldest first."""
        return list(self.page.evaluate("host.model.sent"))

    def take(self) -> list[dict[str, Any]]:
        """Return the commands sent since the last call."""
        return list(self.page.evaluate("host.model.sent.splice(0)"))

    def answering(self, on: bool = True) -> None:
        """Answer every command from now on by a bare `ack`, as a kernel that changes nothing."""
        self.page.evaluate("on => { host.model.answering = on; }", on)

    def end_kernel(self) -> None:
        """Close the comm, as where the kernel dies or is restarted."""
        self.page.evaluate("host.model.emit('comm:close')")

    @property
    def listeners(self) -> int:
        """How many callbacks listen to the model."""
        return int(self.page.evaluate("host.model.listeners.length"))

    def _serve(self, route: Any) -> None:
        address = route.request.url
        served = {
            ADDRESS: ("text/html", _SHELL),
            ADDRESS + "host.js": ("text/javascript", _HOST),
            ADDRESS + "module.js": ("text/javascript", self.text),
        }.get(address)
        if served is None:
            if not address.endswith("/favicon.ico"):  # asked for by Chromium of its own accord
                self.requests.append(address)
            route.abort()
            return
        kind, body = served
        route.fulfill(status=200, content_type=f"{kind}; charset=utf-8", body=body)

    def _on_console(self, message: Any) -> None:
        # advice on canvases that are read often, which only tests do
        passed = "favicon" in message.text or "willReadFrequently" in message.text
        if message.type in ("error", "warning") and not passed:
            self.troubles.append(message.text)
