// Three linked planes of a sample, and what is told under them.

const LM_PLANES = ["axial", "coronal", "sagittal"];
/** What the axes of the canvas are called where they are those of the array. */
const LM_INDICES = ["k", "j", "i"];
/** After how long a rest the kernel is told which slices a person scrolled to without it, in ms. */
const LM_REST = 100;

/**
 * Steps in one plane add up; a slice takes the place of what came before it in its plane, and a
 * place that of all.
 */
function lmJoinLook(earlier, later) {
  if (later.cmd === "go") return later;
  if (earlier.fields.plane !== later.fields.plane) return null;
  if (later.cmd === "slice") return later;
  if (earlier.cmd !== "step") return null;
  return { cmd: "step", fields: { ...later.fields, by: earlier.fields.by + later.fields.by } };
}

/**
 * The picture half of the page.
 *
 * @param {HTMLElement} root in which its `element` is put at the end
 * @param {Wire} wire
 */
class Planes {
  constructor(root, wire) {
    this._wire = wire;
    this._shown = null; // Slices that are on the screen
    this._coming = null; // Slices of a scene whose first pixels are still to come
    this._windows = new Map(); // role -> limits that a person drags, before the kernel has them
    this._dragging = false;
    this._rest = null;
    this._scrolled = new Map(); // plane -> slice that the kernel has not been told yet
    this._alone = "";
    this._ends = new AbortController();
    this.element = lmMake("div", "lm-picture-half");
    this.planes = new Map(LM_PLANES.map((name) => [name, new Plane(name)]));
    this.tools = new Tools(this);
    this._grid = lmMake("div", "lm-planes");
    this._grid.append(...[...this.planes.values()].map((plane) => plane.element));
    this._problems = lmMake("div", "lm-problems");
    this._problems.hidden = true;
    this._status = lmMake("p", "lm-planes-status");
    this._status.setAttribute("role", "status");
    this._makeReadouts();
    this.element.append(this.tools.element, this._grid, this._problems, this._status, this._readouts);
    root.append(this.element);
    this._grid.hidden = this.tools.element.hidden = this._readouts.hidden = true;
    this._pointing = [...this.planes.values()].map((plane) => new Pointing(plane, this));
    for (const plane of this.planes.values()) this._listen(plane);
  }

  /** Let go of everything that listens or ticks. */
  close() {
    this._ends.abort();
    clearTimeout(this._rest);
    for (const each of [this.tools, this._hover, ...this._pointing, ...this.planes.values()]) each.close();
    this.element.remove();
  }

  /** Id of the sample whose picture is on the screen, or null. */
  get sample() {
    return this._shown ? this._shown.scene.sample : null;
  }

  // --- what the kernel says -----------------------------------------------------------------

  /**
   * Take a part of a message.
   * @returns {boolean} whether it is one of the picture's
   */
  take(part, buffer) {
    const take = {
      scene: () => this.setScene(part),
      frame: () => this.setFrame(part, buffer),
      position: () => this.setPosition(part),
      volume: () => this.setVolume(part, buffer),
      hover: () => this._hover.take(part),
    }[part.type];
    if (!take) return false;
    this._dropWindows();
    take();
    return true;
  }

  /** Take a scene; it is drawn once there are pixels of its generation. */
  setScene(part) {
    if (this._shown?.scene.generation === part.generation) {
      this._coming = null;
      this._shown.setScene(part);
      this._showScene();
      this._hoverAgain();
    } else if (this._coming?.scene.generation === part.generation) {
      this._coming.setScene(part);
    } else {
      this._coming = new Slices(part);
      if (!part.planes.length || !part.layers.some((layer) => layer.visible)) this._swap();
    }
    this._sayWaiting();
  }

  /** Draw the cuts of a frame, unless they are of another scene than the last one told. */
  setFrame(part, buffer) {
    const slices = this._of(part.generation);
    if (!slices) return;
    if (!buffer) {
      this._status.textContent = "The picture did not arrive whole: go to another slice and back.";
      return;
    }
    if (this._isPast(slices)) return;
    const names = slices.setFrame(part, buffer);
    if (slices === this._coming) {
      this._swap();
      return;
    }
    names.forEach((name) => this._draw(name));
    this._sayWaiting();
    this._hoverAgain();
  }

  /** Move the crosshair; planes that are cut here go to their slices. */
  setPosition(part) {
    const slices = this._of(part.generation);
    if (!slices || this._isPast(slices)) return;
    slices.position = part;
    if (slices.isWhole) {
      slices.index = { ...part.index };
      if (slices === this._coming) this._swap();
      else this._drawAll();
    }
    if (slices !== this._shown) return;
    this._showPosition();
    this._hoverAgain();
  }

  /** Keep the volume of a layer; its planes are cut here from now on. */
  setVolume(part, buffer) {
    const slices = this._of(part.generation);
    if (!slices) return;
    if (buffer) {
      slices.setVolume(part, buffer);
      return;
    }
    const { layer, generation } = part;
    const name = slices.scene.layers[layer]?.name ?? "a layer";
    this._status.textContent = `The volume of ${name} did not arrive whole: `
      + "its slices are asked for one by one.";
    this._wire.send("lacks", { layer, generation });
  }

  /** Say that nothing more comes: what is on the screen stays. */
  setGone() {
    this.element.classList.add("lm-gone");
    this._readouts.classList.remove("lm-stale");
    this._grid.classList.remove("lm-stale");
    this._status.textContent = "";
  }

  /** Whether the page, which cuts the planes itself, is further than what the kernel says. */
  _isPast(slices) {
    return slices === this._shown && slices.isWhole && this._isAhead;
  }

  _of(generation) {
    return [this._coming, this._coming ? null : this._shown]
      .find((slices) => slices && slices.scene.generation === generation);
  }

  _swap() {
    this._shown = this._coming;
    this._coming = null;
    this._forgetScrolled();
    this._showScene();
    this._showPosition();
    this._sayWaiting();
    this._hover.again(true);
  }

  /** While another sample is on its way, nobody shall take this picture for it. */
  _sayWaiting() {
    const coming = this._coming?.scene, shown = this._shown?.scene;
    const waits = Boolean(coming) && coming.sample !== shown?.sample;
    this._grid.classList.toggle("lm-stale", waits && Boolean(shown));
    this._status.textContent = waits ? `loading ${coming.sample} …` : "";
  }

  // --- drawing ------------------------------------------------------------------------------

  _showScene() {
    const { scene } = this._shown;
    const drawable = scene.planes.length > 0;
    for (const half of [this._grid, this.tools.element, this._readouts]) show(half, drawable);
    this._showProblems(drawable ? [] : scene.problems);
    this.tools.setScene(this._shown);
    for (const view of scene.planes) {
      const plane = this.planes.get(view.name);
      const names = ["left", "right"].map((side) =>
        scene.layers.find((one) => one.side === side && one.visible)?.name ?? "");
      // a file that states no directions has no axial plane, but slices along its last axis
      const title = scene.oriented === false ? `along ${LM_INDICES[view.through.axis]}` : view.name;
      plane.setView(view, scene.halved, names, scene.unit, title);
      const hangs = scene.mode === "curtain" && !scene.halved;
      if (!this._dragging) plane.setCurtain(hangs ? scene.options.curtain : null);
      plane.onPlaced = () => lmDrawMarks(plane, scene.landmarks, this._shown?.index[plane.name]);
      this._draw(view.name);
    }
    this._showCaption();
  }

  _showCaption() {
    const caption = lmCaption(this._shown.scene, this.tools.part);
    for (const plane of this.planes.values()) plane.setCaption(caption);
  }

  _draw(name) {
    const slices = this._shown, plane = this.planes.get(name);
    if (!slices || !slices.views.has(name)) return;
    const index = slices.index[name];
    const { part } = this.tools;
    plane.seen.forEach((picture, n) => {
      const side = plane.halved ? ["left", "right"][n] : "";
      picture.draw(slices.layersOf(name, side, part, this._windows));
    });
    if (index !== undefined) plane.setSlice(index, this._sliceNote(name));
  }

  _drawAll() {
    LM_PLANES.forEach((name) => this._draw(name));
  }

  /** The number that a slice has in its file's name is told where the kernel knows it. */
  _sliceNote(name) {
    const { position, scene } = this._shown;
    const here = name === (scene.options.plane ?? "axial");
    return here && position?.index[name] === this._shown.index[name] ? position.slice : "";
  }

  _showPosition() {
    const { position, index, views } = this._shown;
    const place = { ...(position?.index ?? {}), ...(position ? index : {}) };
    const byAxis = [place.axial, place.coronal, place.sagittal];
    for (const [name, { across, down }] of views) {
      const at = [across, down].map((axis) => lmFlip(axis, byAxis[axis.axis]));
      const plane = this.planes.get(name);
      const known = position?.inside !== false && at.every(Number.isFinite);
      plane.setCross(known ? at : null);
      if (index[name] !== undefined) plane.setSlice(index[name], this._sliceNote(name));
    }
    this._readout.textContent = this._readout.title = position?.readout ?? "";
    this._readouts.classList.toggle("lm-stale", this._isAhead);
  }

  _showProblems(problems) {
    show(this._problems, problems.length > 0);
    this._problems.replaceChildren(...problems.map(([role, why]) => {
      const line = lmMake("p", "lm-problem");
      line.append(lmMake("strong", "", `${role} cannot be shown: `), why);
      return line;
    }));
  }

  // --- what a person does -------------------------------------------------------------------

  /** Go some slices on in a plane: at once where the page holds the volumes. */
  step(plane, by) {
    const slices = this._shown;
    if (!slices || !plane.view) return;
    if (!slices.isWhole || !slices.position) {
      this._look("step", { plane: plane.name, by });
      return;
    }
    this._moveTo(plane, slices.index[plane.name] + by);
  }

  /** Draw another slice, of volumes that are here; the kernel is told once a person rests. */
  _moveTo(plane, wanted) {
    const slices = this._shown, { name } = plane;
    const index = Math.min(plane.view.through.size - 1, Math.max(0, wanted));
    if (index === slices.index[name]) return;
    slices.index[name] = index;
    this._scrolled.set(name, index);
    clearTimeout(this._rest);
    this._rest = setTimeout(() => this._tellScrolled(), LM_REST);
    this._draw(name);
    this._showPosition();
    this._hoverAgain();
  }

  _tellScrolled() {
    const scrolled = [...this._scrolled];
    this._forgetScrolled();
    for (const [plane, index] of scrolled) this._look("slice", { plane, index });
  }

  _forgetScrolled() {
    clearTimeout(this._rest);
    this._rest = null;
    this._scrolled.clear();
  }

  goTo(plane, { pixel }) {
    const index = this._shown?.index[plane.name];
    if (index === undefined) return;
    this._forgetScrolled(); // the place says it for every plane, and must not be undone by it
    this._look("go", { canvas: plane.toCanvas(pixel, index) });
  }

  hover(plane, at) {
    this._hover.over(plane, at);
  }

  _hoverAgain() {
    if (!this._dragging) this._hover.again();
  }

  hang(part, ended) {
    this._dragging = !ended;
    for (const plane of this.planes.values()) if (plane.view) plane.setCurtain(part);
    this._wire.sendLatest("option curtain", "option", { curtain: part });
  }

  /** Windows that a drag changes: of all images, or of the one chosen. */
  startWindow() {
    return this.tools.windowed.map(({ role, limits, own_limits: own }) =>
      ({ role, limits: this._windows.get(role) ?? limits, own: own ?? limits }));
  }

  setWindows(windows, ended) {
    this._dragging = !ended;
    for (const { role, limits: [low, high] } of windows) {
      this._windows.set(role, [low, high]);
      this._wire.sendLatest(`window ${role}`, "window", { role, low, high });
    }
    this._drawAll();
  }

  endDrag() {
    this._dragging = false;
  }

  /** Whether a drag changes the contrast. */
  get contrast() {
    return this.tools.contrast;
  }

  /** Draw the other image of the flicker. */
  turn() {
    this._showCaption();
    this._drawAll();
  }

  _look(cmd, fields) {
    this._wire.sendLatest("look", cmd, fields, lmJoinLook);
  }

  /** Whether the page shows another place than the kernel knows of. */
  get _isAhead() {
    return this._rest !== null || this._wire.isBusy("look");
  }

  /** Let the scene's own limits count again once the kernel has heard of all that was dragged. */
  _dropWindows() {
    const busy = (role) => this._wire.isBusy(`window ${role}`);
    if (!this._windows.size || this._dragging || [...this._windows.keys()].some(busy)) return;
    this._windows.clear();
    this._drawAll();
  }

  _listen(plane) {
    const on = (element, name, act) =>
      element.addEventListener(name, act, { signal: this._ends.signal });
    on(plane.slider, "input", () => {
      const wanted = Number(plane.slider.value), slices = this._shown;
      if (!slices?.position) return;
      if (slices.isWhole) this._moveTo(plane, wanted);
      else this._look("slice", { plane: plane.name, index: wanted });
    });
    plane.onAlone = () => this.showAlone(this._alone === plane.name ? "" : plane.name);
  }

  /** Show one plane by its name, or all for "". */
  showAlone(name) {
    this._alone = name;
    this._grid.dataset.alone = name;
    for (const plane of this.planes.values()) {
      show(plane.element, !name || plane.name === name);
      plane.alone.setAttribute("aria-pressed", String(plane.name === name));
    }
  }

  _makeReadouts() {
    this._readouts = lmMake("div", "lm-readouts");
    this._readout = lmMake("p", "lm-readout");
    this._hover = new Hover(this._wire, (plane) => this._shown?.index[plane.name]);
    this._readouts.append(this._readout, this._hover.element);
  }
}
