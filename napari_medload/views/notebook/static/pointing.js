// Mouse, wheel and keys over a plane.

/** How far a pointer may move and still have clicked, in pixels of the screen. */
const LM_CLICK = 4;
/** How near to the curtain a drag has to begin to move it. */
const LM_GRAB = 12;
/** A wheel's notch scrolls at least so far; touchpads scroll by less, which is added up. */
const LM_NOTCH = 50;
const LM_TOUCH_STEP = 30;
const LM_ZOOM_STEP = 1.25;
/** Part of an image's range of values that a drag over one pixel changes. */
const LM_WINDOW_GAIN = 1 / 300;
const LM_PAGE = 10;

const LM_PLANE_KEYS = {
  ArrowUp: (plane, to) => to.step(plane, 1),
  ArrowRight: (plane, to) => to.step(plane, 1),
  ArrowDown: (plane, to) => to.step(plane, -1),
  ArrowLeft: (plane, to) => to.step(plane, -1),
  PageUp: (plane, to) => to.step(plane, LM_PAGE),
  PageDown: (plane, to) => to.step(plane, -LM_PAGE),
  "+": (plane) => plane.zoomBy(LM_ZOOM_STEP),
  "=": (plane) => plane.zoomBy(LM_ZOOM_STEP),
  "-": (plane) => plane.zoomBy(1 / LM_ZOOM_STEP),
  0: (plane) => plane.showAll(),
};

/**
 * Limits after a drag: to the right they part, and upwards they fall, which brightens.
 * @param {number[]} limits at its begin
 * @param {number[]} own limits of the image, for how far a pixel of the drag goes
 */
function lmDragged(limits, own, right, down) {
  const [width, level] = [limits[1] - limits[0], (limits[0] + limits[1]) / 2];
  const gain = Math.max(own[1] - own[0], width) * LM_WINDOW_GAIN;
  const half = Math.max(width + right * gain, gain) / 2;
  const middle = level + down * gain;
  return [middle - half, middle + half];
}

/**
 * Turns what a person does over a plane into what it means.
 *
 * `to` is asked: step(plane, by), goTo(plane, at), hover(plane, at or null), hang(part, ended),
 * startWindow() giving the windows `{role, limits, own}` that a drag changes, and
 * setWindows(list of {role, limits}, ended); its `contrast` says whether the contrast tool is on.
 */
class Pointing {
  constructor(plane, to) {
    this._plane = plane;
    this._to = to;
    this._drag = null;
    this._scrolled = 0;
    this._ends = new AbortController();
    const { stage } = plane;
    const on = (name, act, options = {}) =>
      stage.addEventListener(name, act, { signal: this._ends.signal, ...options });
    on("wheel", (event) => this._onWheel(event), { passive: false });
    on("pointerdown", (event) => this._onDown(event));
    on("pointermove", (event) => this._onMove(event));
    on("pointerup", (event) => this._onUp(event));
    on("pointercancel", () => this._end());
    on("pointerleave", () => { if (!this._drag) to.hover(plane, null); });
    on("contextmenu", (event) => {
      event.preventDefault();
      event.stopPropagation(); // else JupyterLab opens its menu over the picture
    });
    on("dblclick", () => plane.showAll());
    on("keydown", (event) => this._onKey(event));
  }

  close() {
    this._ends.abort();
  }

  _onWheel(event) {
    event.preventDefault();
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey) {
      const at = this._plane.at(event);
      if (at) this._plane.zoomBy(Math.exp(-Math.sign(event.deltaY)
        * Math.min(Math.abs(event.deltaY), LM_NOTCH) * 0.0045), at.point);
      return;
    }
    const by = this._notches(event);
    if (by) this._to.step(this._plane, by);
  }

  /** Slices that a turn of the wheel means; up is towards the head. */
  _notches({ deltaY, deltaMode }) {
    if (deltaMode !== 0 || Math.abs(deltaY) >= LM_NOTCH) {
      this._scrolled = 0;
      return -Math.sign(deltaY);
    }
    if (this._scrolled * deltaY < 0) this._scrolled = 0;
    this._scrolled += deltaY;
    const whole = Math.trunc(this._scrolled / LM_TOUCH_STEP);
    this._scrolled -= whole * LM_TOUCH_STEP;
    return -whole || 0;
  }

  _onDown(event) {
    const at = this._plane.at(event);
    if (!at || this._drag || event.button === 1) return;
    this._plane.stage.setPointerCapture(event.pointerId);
    this._drag = { kind: this._kindOf(event, at), x: event.clientX, y: event.clientY, far: false,
      last: [event.clientX, event.clientY] };
    if (this._drag.kind === "window") this._drag.windows = this._to.startWindow();
  }

  _kindOf(event, at) {
    if (event.button === 2 || this._to.contrast) return "window";
    return this._plane.fromCurtain(at.point) <= LM_GRAB ? "curtain" : "pan";
  }

  _onMove(event) {
    const drag = this._drag;
    const at = this._plane.at(event);
    if (!drag) {
      this._plane.stage.classList.toggle("lm-on-curtain",
        at !== null && !this._to.contrast && this._plane.fromCurtain(at.point) <= LM_GRAB);
      if (event.shiftKey && at?.inside) this._to.goTo(this._plane, at);
      this._to.hover(this._plane, at?.inside ? at : null);
      return;
    }
    const [right, down] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.far ||= Math.max(Math.abs(right), Math.abs(down)) > LM_CLICK;
    if (!drag.far) return;
    if (drag.kind === "window") this._window(right, down, false);
    else if (drag.kind === "curtain") this._hang(event, false);
    else this._plane.panBy(event.clientX - drag.last[0], event.clientY - drag.last[1]);
    drag.last = [event.clientX, event.clientY];
  }

  _onUp(event) {
    const drag = this._drag;
    if (!drag) return;
    if (drag.far) {
      if (drag.kind === "window") this._window(event.clientX - drag.x, event.clientY - drag.y, true);
      else if (drag.kind === "curtain") this._hang(event, true);
    } else if (event.button === 0 && !this._to.contrast) {
      const at = this._plane.at(event);
      if (at?.inside) this._to.goTo(this._plane, at);
    }
    this._end();
  }

  /** A drag that the system took away ends where it was. */
  _end() {
    const drag = this._drag;
    this._drag = null;
    if (drag) this._to.endDrag();
  }

  _window(right, down, ended) {
    this._to.setWindows(this._drag.windows.map(({ role, limits, own }) =>
      ({ role, limits: lmDragged(limits, own, right, down) })), ended);
  }

  _hang(event, ended) {
    const at = this._plane.at(event);
    if (!at) return;
    const part = Math.min(1, Math.max(0, at.pixel[0] / this._plane.view.across.size));
    this._to.hang(Math.round(part * 1e4) / 1e4, ended);
  }

  _onKey(event) {
    const act = LM_PLANE_KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act(this._plane, this._to);
  }
}

/**
 * What is told of the place under the pointer.
 *
 * @param {Wire} wire
 * @param {function} indexOf gives the slice that a plane shows, or undefined
 */
class Hover {
  constructor(wire, indexOf) {
    this._wire = wire;
    this._indexOf = indexOf;
    this._over = null; // {plane, at} where the pointer is on a picture
    this._past = 0; // number of the last command that asked for what is no longer drawn there
    this._asks = false;
    this.element = lmMake("p", "lm-hover");
    this.element.setAttribute("aria-live", "off");
  }

  close() {
    this._over = null;
  }

  /** Ask for a place of a plane; null where the pointer left the picture. */
  over(plane, at) {
    this._over = at && { plane, at };
    const index = this._indexOf(plane);
    if (!at?.inside || index === undefined) this.element.textContent = "";
    // what a person looks at comes first
    else if (!this._wire.isBusy("look"))
      this._wire.sendLatest("hover", "hover", { canvas: plane.toCanvas(at.pixel, index) });
  }

  /**
   * Ask anew, for a pointer that rests while the picture under it became another one.
   * @param {boolean} [moved] whether the picture may lie elsewhere on the screen, too
   */
  again(moved = false) {
    if (!this._over) return;
    const { plane, at } = this._over;
    if (moved) this._over.at = plane.at(at) ?? { ...at, inside: false };
    this.element.textContent = "";
    this._past = lmCount;
    if (this._asks) return;
    this._asks = true; // once for all parts of a message
    queueMicrotask(() => {
      this._asks = false;
      if (this._over) this.over(this._over.plane, this._over.at);
    });
  }

  /** Tell what the kernel found, unless it was asked for another slice or picture. */
  take({ readout, n }) {
    if (this._over && n > this._past && !this._wire.isBusy("look"))
      this.element.textContent = readout;
  }
}
