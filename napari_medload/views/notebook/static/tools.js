// The line of tools above the planes: contrast by drag, and the flicker.

/** How long each image of the flicker is shown, in ms; never so short that it could harm. */
const LM_FLICKER = 500;

/**
 * Tools of the picture half.
 *
 * `to.turn()` is asked for where the other image is to be drawn. `element` is the line of tools,
 * and `settings` says what a drag of the contrast changes.
 */
class Tools {
  constructor(to) {
    this._to = to;
    this._part = "fixed";
    // who asked their system for less motion sees none that they did not start
    this._playing = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this._timer = null;
    this._slices = null;
    this.element = lmMake("div", "lm-picture-tools");
    this._contrast = makeButton("contrast", {
      act: () => this._contrast.setAttribute("aria-pressed", String(!this.contrast)),
      tip: "Drag over a plane to change the contrast: right for more values, up for brighter; "
        + "the right mouse button does so without this tool",
    });
    this._contrast.setAttribute("aria-pressed", "false");
    const name = { "aria-label": "images whose contrast is dragged" };
    this._target = makeChoice(name, () => handOver(this._target), () => {});
    this._flicker = lmMake("span", "lm-flicker");
    this._said = lmMake("span", "lm-flicker-said");
    this._pause = makeButton("pause", { act: () => this._play(!this._playing) });
    this._flicker.append(this._said, this._pause, makeButton("other image", {
      act: () => this._turn(),
      tip: "Show the other image of the flicker",
    }));
    this._flicker.hidden = true;
    this.element.append(this._contrast, this._flicker);
    this.settings = labelled("a drag changes", this._target);
  }

  close() {
    clearInterval(this._timer);
  }

  /** Whether a drag changes the contrast. */
  get contrast() {
    return this._contrast.getAttribute("aria-pressed") === "true";
  }

  /** Layers whose contrast a drag changes. */
  get windowed() {
    return this._layers.filter((one) => !this._target.value || one.role === this._target.value);
  }

  /** The only part of the pair that is drawn at present, "fixed" or "moving"; "" for both. */
  get part() {
    return this._slices?.flickers ? this._part : "";
  }

  /** Offer what a scene has use for. */
  setScene(slices) {
    this._slices = slices;
    this._layers = slices.scene.layers.filter((layer) =>
      layer.windowed ?? (layer.kind === "image" && !layer.composed));
    const choices = [["", "all images"], ...this._layers.map(({ role, name }) => [role, name])];
    const chosen = this._target.value;
    const stays = choices.some(([role]) => role === chosen);
    fill(this._target, choices.map(([role, name]) => [name, role]), stays ? chosen : "");
    for (const tool of [this._contrast, this._target]) enable(tool, this._layers.length > 0);
    show(this._flicker, slices.flickers);
    if (slices.flickers) this._play(this._playing);
    else this._stop();
  }

  _play(playing) {
    this._playing = playing;
    this._stop();
    if (playing) this._timer = setInterval(() => { if (!document.hidden) this._turn(); }, LM_FLICKER);
    write(this._pause.querySelector(".lm-word"), playing ? "pause" : "play");
    this._pause.title = playing ? "Stop the flicker" : "Show both images in turns";
    this._pause.setAttribute("aria-label", this._pause.title);
    this._say();
  }

  _stop() {
    clearInterval(this._timer);
    this._timer = null;
  }

  _turn() {
    this._part = this._part === "fixed" ? "moving" : "fixed";
    this._say();
    this._to.turn();
  }

  _say() {
    if (this._slices) this._said.textContent = `flicker: ${this._slices.nameOf(this._part)}`;
  }
}
