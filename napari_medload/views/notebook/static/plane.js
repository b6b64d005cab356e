// One plane on the screen: its pixels, and what is drawn over them.

const LM_SVG = "http://www.w3.org/2000/svg";
/** Part of the room that a picture fills when it is not zoomed. */
const LM_FILLED = 0.94;
const LM_ZOOMS = [0.2, 40];
/** What a crosshair leaves free around its place, in pixels of the screen. */
const LM_GAP = 6;
/** How long a scale bar may be, as a part of the picture's room, and at most in pixels. */
const LM_BAR = [0.3, 140];

/** Make an element with a class, and a text if any; text from data is never anything else. */
function lmMake(tag, name, text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

function lmMakeSvg(tag, name) {
  const made = document.createElementNS(LM_SVG, tag);
  made.setAttribute("class", name);
  return made;
}

/** One picture of a plane; a plane has two of them where images are shown side by side. */
class Picture {
  constructor() {
    this.element = lmMake("div", "lm-picture");
    this.canvas = lmMake("canvas", "lm-pixels");
    this.canvas.width = this.canvas.height = 1;
    this._context = this.canvas.getContext("2d", { alpha: false });
    this._image = this._out = null;
    const lines = lmMakeSvg("svg", "lm-lines");
    lines.setAttribute("aria-hidden", "true");
    this._paths = {};
    for (const name of ["shade", "cross", "curtain"])
      lines.append((this._paths[name] = lmMakeSvg("path", `lm-${name}`)));
    this.marks = lmMakeSvg("g", "lm-marks");
    lines.append(this.marks);
    this._letters = ["left", "right", "top", "bottom"].map((side) => {
      const letter = lmMake("span", `lm-letter lm-at-${side}`);
      letter.setAttribute("aria-hidden", "true");
      return letter;
    });
    this.name = lmMake("span", "lm-picture-name");
    this.element.append(this.canvas, lines, ...this._letters, this.name);
  }

  setSize(width, height) {
    if (this._image && this.canvas.width === width && this.canvas.height === height) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this._image = this._context.createImageData(width, height);
    this._out = new Uint32Array(this._image.data.buffer);
  }

  setLetters(letters) {
    this._letters.forEach((element, n) => { element.textContent = letters[n]; });
  }

  draw(layers) {
    compose(this._out, this._image.width, this._image.height, layers);
    this._context.putImageData(this._image, 0, 0);
  }

  setLine(name, path) {
    this._paths[name].setAttribute("d", path);
    if (name === "cross") this._paths.shade.setAttribute("d", path);
  }
}

/**
 * One plane: pictures, letters, crosshair, scale bar, slice slider and buttons.
 *
 * Pixels of a picture count from its top left corner: the first pixel lies between 0 and 1.
 */
class Plane {
  constructor(name) {
    this.name = name;
    this.view = null;
    this.zoom = 1;
    this.shift = [0, 0]; // of the picture's middle from that of its room, in pixels of the screen
    this.halved = false;
    this._room = [0, 0];
    this._cross = this._curtain = null;
    this.element = lmMake("section", `lm-plane lm-${name}`);
    this.element.setAttribute("aria-label", `${name} plane`);
    this.stage = lmMake("div", "lm-stage");
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "group");
    this.pictures = [new Picture(), new Picture()];
    this._bar = lmMake("div", "lm-scale-bar");
    this._bar.setAttribute("aria-hidden", "true");
    this._bar.append(lmMake("span", "lm-scale-text"), lmMake("span", "lm-scale-line"));
    this._caption = lmMake("div", "lm-caption");
    this.stage.append(...this.pictures.map((one) => one.element), this._bar, this._caption);
    this._makeFoot();
    this.element.append(this.stage, this.foot);
    this._sizes = new ResizeObserver(() => this.fit());
    this._sizes.observe(this.stage);
  }

  close() {
    this._sizes.disconnect();
  }

  /** Show a plane of another scene. Zoom and place stay where the field of view does. */
  setView(view, halved, names, unit, title) {
    const field = JSON.stringify([view.across, view.down].map((axis) => [axis.size, axis.step]));
    if (field !== this._field) this._reset();
    this._field = field;
    Object.assign(this, { view, halved, _unit: unit, _title: title });
    this._named.textContent = title;
    this.element.classList.toggle("lm-halved", halved);
    this.pictures.forEach((picture, n) => {
      picture.setSize(view.across.size, view.down.size);
      picture.setLetters(view.letters);
      picture.name.textContent = halved ? names[n] : "";
    });
    this.slider.max = String(view.through.size - 1);
    this.fit();
  }

  /** Say over the picture what is what in it: texts, each in a colour or none. */
  setCaption(texts) {
    this._caption.replaceChildren(...texts.map(([text, colour]) => {
      const said = lmMake("span", "lm-caption-text", text);
      if (colour) said.style.setProperty("--lm-own", colour);
      said.classList.toggle("lm-coloured", Boolean(colour));
      return said;
    }));
  }

  /** Pictures that are seen. */
  get seen() {
    return this.halved ? this.pictures : this.pictures.slice(0, 1);
  }

  /** Say which slice is drawn. */
  setSlice(index, extra) {
    const count = this.view.through.size;
    const text = `${index + 1} of ${count}${extra ? `, ${extra}` : ""}`;
    this._said.textContent = text;
    if (!this.slider.matches(":active")) this.slider.value = String(index);
    this.slider.setAttribute("aria-valuetext", text);
    this.stage.setAttribute("aria-label", `${this._title} plane, slice ${text}. `
      + "Arrow keys change the slice, plus and minus zoom, zero shows all.");
  }

  /** Draw the crosshair through the middle of a pixel, or none for null. */
  setCross(cross) {
    this._cross = cross;
    this._drawLines();
  }

  /** Hang the curtain at a part of the picture's width, or none for null. */
  setCurtain(part) {
    this._curtain = part;
    this._drawLines();
  }

  /** Fit the picture into its room again, zoomed and shifted as it was. */
  fit() {
    const { clientWidth, clientHeight } = this.pictures[0].element;
    if (!this.view || !clientWidth || !clientHeight) return;
    this._room = [clientWidth, clientHeight];
    const { across, down } = this.view;
    const wide = across.size * Math.abs(across.step), high = down.size * Math.abs(down.step);
    // pixels of the screen per mm: one number for both directions, so that shapes are true
    this.scale = LM_FILLED * this.zoom * Math.min(clientWidth / wide, clientHeight / high);
    this._step = [Math.abs(across.step) * this.scale, Math.abs(down.step) * this.scale];
    this._corner = [
      (clientWidth - wide * this.scale) / 2 + this.shift[0],
      (clientHeight - high * this.scale) / 2 + this.shift[1],
    ];
    const matrix = [this._step[0], 0, 0, this._step[1], ...this._corner].join(",");
    for (const picture of this.pictures) picture.canvas.style.transform = `matrix(${matrix})`;
    this._drawLines();
    this._drawBar();
  }

  /** Zoom by a factor around a point of the room, its middle by default. */
  zoomBy(factor, point = [this._room[0] / 2, this._room[1] / 2]) {
    const zoom = Math.min(LM_ZOOMS[1], Math.max(LM_ZOOMS[0], this.zoom * factor));
    const by = zoom / this.zoom;
    this.shift = this.shift.map((old, n) => {
      const away = point[n] - this._room[n] / 2;
      return away + (old - away) * by;
    });
    this.zoom = zoom;
    this.fit();
  }

  panBy(across, down) {
    this.shift = [this.shift[0] + across, this.shift[1] + down];
    this.fit();
  }

  /** Show all of the picture again. */
  showAll() {
    this._reset();
    this.fit();
  }

  /**
   * Where on a picture a point of the window lies.
   * @returns {{clientX: number, clientY: number, point: number[], pixel: number[],
   *   inside: boolean}|null} point in the room of the picture, pixel from its corner; null beside
   *   the pictures
   */
  at({ clientX, clientY }) {
    if (!this.view || !this.scale) return null;
    for (const { element } of this.seen) {
      const box = element.getBoundingClientRect();
      const point = [clientX - box.left, clientY - box.top];
      if (point[0] < 0 || point[1] < 0 || point[0] > box.width || point[1] > box.height) continue;
      const pixel = point.map((at, n) => (at - this._corner[n]) / this._step[n]);
      const { across, down } = this.view;
      const inside = pixel[0] >= 0 && pixel[1] >= 0
        && pixel[0] < across.size && pixel[1] < down.size;
      return { clientX, clientY, point, pixel, inside };
    }
    return null;
  }

  /** Canvas point (S, A, R) of a pixel in a slice. */
  toCanvas(pixel, index) {
    const { across, down, through } = this.view;
    const canvas = [0, 0, 0];
    canvas[across.axis] = across.start + (pixel[0] - 0.5) * across.step;
    canvas[down.axis] = down.start + (pixel[1] - 0.5) * down.step;
    canvas[through.axis] = lmSliceAt(through, index);
    return canvas;
  }

  /** Place in the room of a picture at which a canvas point is drawn. */
  toRoom(canvas) {
    return [this.view.across, this.view.down].map((axis, n) => this._corner[n]
      + ((canvas[axis.axis] - axis.start) / axis.step + 0.5) * this._step[n]);
  }

  /** How far a point of the room is from the curtain, in pixels of the screen. */
  fromCurtain(point) {
    if (this._curtain === null) return Infinity;
    return Math.abs(point[0] - this._acrossAt(this._curtain * this.view.across.size));
  }

  _acrossAt(column) {
    return this._corner[0] + column * this._step[0];
  }

  _reset() {
    this.zoom = 1;
    this.shift = [0, 0];
  }

  _drawLines() {
    if (!this.view || !this.scale) return;
    const { across, down } = this.view;
    const [left, top] = this._corner;
    const right = this._acrossAt(across.size), bottom = top + down.size * this._step[1];
    let cross = "", curtain = "";
    if (this._cross) {
      const x = this._acrossAt(this._cross[0] + 0.5);
      const y = top + (this._cross[1] + 0.5) * this._step[1];
      cross = `M${left},${y}H${Math.max(left, x - LM_GAP)}M${Math.min(right, x + LM_GAP)},${y}`
        + `H${right}M${x},${top}V${Math.max(top, y - LM_GAP)}`
        + `M${x},${Math.min(bottom, y + LM_GAP)}V${bottom}`;
    }
    if (this._curtain !== null)
      curtain = `M${this._acrossAt(this._curtain * across.size)},${top}V${bottom}`;
    for (const picture of this.seen) {
      picture.setLine("cross", cross);
      picture.setLine("curtain", curtain);
    }
    this.onPlaced?.();
  }

  /** A bar of 1, 2 or 5 times a power of ten, as long as there is room for. */
  _drawBar() {
    const most = Math.min(this._room[0] * LM_BAR[0], LM_BAR[1]) / this.scale;
    const power = 10 ** Math.floor(Math.log10(most));
    const length = [5, 2, 1].find((times) => times * power <= most) * power;
    this._bar.firstChild.textContent = `${Number(length.toPrecision(1))} ${this._unit}`;
    this._bar.lastChild.style.width = `${length * this.scale}px`;
  }

  _makeFoot() {
    this.foot = lmMake("div", "lm-plane-foot");
    this._said = lmMake("span", "lm-slice-said");
    this.slider = lmMake("input", "lm-slice-slider");
    Object.assign(this.slider, { type: "range", min: "0", step: "1", value: "0" });
    this.slider.setAttribute("aria-label", `${this.name} slice`);
    const button = (word, kind, tip, act) => makeButton(word, { act, kind, tip, name: tip });
    this.alone = button("⤢", "lm-alone", `Show the ${this.name} plane alone, or all three`,
      () => this.onAlone?.());
    this.alone.setAttribute("aria-pressed", "false");
    this._named = lmMake("span", "lm-plane-name", this.name);
    this.foot.append(
      this._named, this.slider, this._said,
      button("−", "lm-zoom-out", `Zoom out of the ${this.name} plane (-)`,
        () => this.zoomBy(1 / LM_ZOOM_STEP)),
      button("+", "lm-zoom-in", `Zoom into the ${this.name} plane (+)`,
        () => this.zoomBy(LM_ZOOM_STEP)),
      button("fit", "lm-show-all", `Show all of the ${this.name} plane (0)`, () => this.showAll()),
      this.alone,
    );
  }
}
