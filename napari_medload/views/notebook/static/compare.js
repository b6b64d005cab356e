/* How the sample is drawn: compare mode, opacity, labels; contrast and view in two small sheets. */

const MODE_TIPS = {
  overlay: "Moving over fixed, as clear as the slider says",
  "two-colour": "Each image in a colour; where they agree, the colours add up to grey",
  checkerboard: "Fields of fixed and moving in turns",
  curtain: "Fixed on the left of a line, moving on the right",
  flicker: "Both images in turns in the same place; what moves does not match",
  difference: "How far apart the intensities are, once they are matched",
  edges: "Edges of moving drawn over fixed",
  outlines: "Outlines of the labels of both over fixed",
  "side by side": "Both beside each other, with one slice, zoom and cursor",
  fixed: "The fixed image alone",
  moving: "The moving image alone",
};

const SHEET_GAP = 8; // px to the edges

class Compare {
  constructor(desk) {
    this.desk = desk;
    this.options = null;
    this.scene = null;
    this.sheets = [];
    const home = () => desk.home();
    const choice = (name, label, read = (value) => value) =>
      makeChoice({ "aria-label": label, title: label }, home, (value) =>
        desk.send("option", { [name]: read(value) }),
      );
    this.mode = choice("mode", "How moving is compared with fixed");
    this.next = makeButton("↻", { act: () => desk.act("mode"), "data-lm-keyname": "mode" });
    this.labels = choice("labels", "How labels are drawn");
    this.colours = choice("colours", "Colours of fixed and moving");
    this.opacity = this.slider("opacity", "Opacity of the moving image");
    this.curtain = this.slider("curtain", "Where the curtain hangs");
    this.checker = makeField(
      { type: "number", min: "0", step: "any", "aria-label": "Side of a field, in mm" },
      home,
      home,
    );
    this.checker.addEventListener("change", () => {
      const size = this.checker.valueAsNumber;
      desk.send("option", { checker_mm: size > 0 ? size : null });
    });
    this.own = {
      overlay: labelled("opacity", this.opacity, "lm-grows"),
      "two-colour": this.colours,
      checkerboard: labelled("field", this.checker),
      curtain: labelled("curtain", this.curtain, "lm-grows"),
    };
    this.modes = labelled("compare", this.mode);
    this.switch = makeButton("labels", {
      act: () => desk.act("labels"),
      "data-lm-keyname": "labels",
    });
    this.drawn = make("span", { class: "lm-pair" }, this.switch, this.labels);
    this.makeFrame();
    this.element = make("div", { class: "lm-compare", role: "toolbar" });
    this.element.setAttribute("aria-label", "How the sample is drawn");
    this.element.append(
      make("span", { class: "lm-pair" }, this.modes, this.next),
      ...Object.values(this.own),
      this.drawn,
      this.frameLine,
      this.sheet("Window", this.makeContrast()),
      this.sheet("View", this.makeView()),
    );
    this.element.append(desk.planes.tools.element); // one line of tools, not two
    this.onPress = (event) => {
      if (!event.composedPath().some((one) => this.sheets.some((each) => each.holder === one))) {
        this.closeSheets();
      }
    };
    desk.root.addEventListener("pointerdown", this.onPress);
  }

  slider(name, label) {
    const input = makeRange({ max: "100", "aria-label": label, title: label });
    const sent = () => this.desk.latest("option", { [name]: input.valueAsNumber / 100 }, name);
    input.addEventListener("input", sent);
    for (const type of ["pointerdown", "pointerup", "pointercancel"]) {
      input.addEventListener(type, () => {
        input.lmHeld = type === "pointerdown";
      });
    }
    return input;
  }

  /** A button that opens a small sheet over the picture; Escape closes it. */
  sheet(word, content) {
    const id = newId("sheet");
    const body = make("div", { class: "lm-sheet", id, role: "group", "aria-label": word }, content);
    const button = makeButton(`${word} ▾`, {
      act: () => this.toggle(one),
      name: word,
      "aria-expanded": "false",
      "aria-controls": id,
    });
    const holder = make("div", { class: "lm-holder" }, button, body);
    const one = { holder, body, button };
    show(body, false);
    holder.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || body.hidden) return;
      event.stopPropagation();
      event.preventDefault();
      this.toggle(one);
      button.focus();
    });
    this.sheets.push(one);
    return holder;
  }

  toggle(one) {
    const open = one.body.hidden;
    this.closeSheets();
    show(one.body, open);
    one.button.setAttribute("aria-expanded", open ? "true" : "false");
    if (!open) return;
    const { button, body } = one;
    const room = this.element.parentElement.clientWidth - body.offsetWidth - SHEET_GAP;
    body.style.left = `${Math.max(SHEET_GAP, Math.min(button.offsetLeft, room))}px`;
    body.style.top = `${button.offsetTop + button.offsetHeight + 3}px`;
  }

  closeSheets() {
    for (const { body, button } of this.sheets) {
      show(body, false);
      button.setAttribute("aria-expanded", "false");
    }
  }

  makeContrast() {
    const { desk } = this;
    const resetAll = () => desk.send("reset_window", { role: null });
    this.preset = makeChoice({ "aria-label": "CT window" }, () => desk.home(), (name) => {
      if (name) desk.send("preset", { name });
      else resetAll();
    });
    const reset = makeButton("reset all", {
      act: resetAll,
      name: "Reset the contrast of all images",
    });
    this.fields = make("div", { class: "lm-windows" });
    const line = make("div", { class: "lm-line" }, labelled("CT window", this.preset), reset);
    return make("div", {}, line, this.fields, desk.planes.tools.settings);
  }

  makeView() {
    const { desk } = this;
    const home = () => desk.home();
    const option = (name, value) => desk.send("option", { [name]: value });
    const tick = (name, word, tip, read = (on) => on) => {
      const box = make("input", { type: "checkbox", class: "lm-check", title: tip });
      box.addEventListener("change", () => option(name, read(box.checked)));
      const line = make("label", { class: "lm-labelled lm-tick", title: tip }, box, word);
      return { box, line };
    };
    this.grid = makeChoice({ "aria-label": "Grid that everything is drawn on" }, home, (value) =>
      option("grid", value),
    );
    this.convention = makeChoice({ "aria-label": "Side of the patient's right" }, home, (value) =>
      option("radiological", value === "radiological"),
    );
    fill(this.convention, ["radiological", "neurological"]);
    this.byIndex = tick(
      "aligned",
      "ignore headers, lay by index",
      "Lay moving over fixed voxel by voxel, as programs do that read no headers",
      (on) => (on ? "index" : "world"),
    );
    this.after = tick("after", "registration result", "Show moving as it was registered");
    this.labelOpacity = this.slider("label_opacity", "Opacity of filled labels");
    return make(
      "div",
      { class: "lm-stack" },
      labelled("grid of", this.grid),
      labelled("patient's right", this.convention),
      labelled("opacity of fills", this.labelOpacity),
      this.byIndex.line,
      this.after.line,
    );
  }

  /** The time point or channel of a volume that has several. */
  makeFrame() {
    this.frame = makeRange({ "aria-label": "Time point or channel" });
    this.frame.addEventListener("input", () => {
      this.sayFrame();
      this.desk.latest("option", { frame: this.frame.valueAsNumber }, "frame");
    });
    this.frameSaid = make("span", { class: "lm-label" });
    this.frameLine = labelled("frame", this.frame, "lm-grows");
    this.frameLine.append(this.frameSaid);
    show(this.frameLine, false);
  }

  sayFrame() {
    const text = `${this.frame.valueAsNumber + 1} of ${Number(this.frame.max) + 1}`;
    write(this.frameSaid, text);
    this.frame.setAttribute("aria-valuetext", text);
  }

  setFrames(frames, frame) {
    this.frame.max = String(frames - 1);
    if (!this.desk.isBusy("option", "frame")) this.frame.value = String(frame);
    this.sayFrame();
    show(this.frameLine, frames > 1);
  }

  setOptions(part) {
    this.options = part;
    const { choices } = part;
    fill(this.labels, choices.labels, part.labels);
    fill(this.colours, choices.colours, part.colours);
    fill(this.grid, choices.grid, part.grid);
    const own = Object.keys(part.windows).length ? "set by hand" : "own contrast";
    fill(this.preset, [[own, ""], ...part.presets], part.preset);
    this.convention.value = part.radiological ? "radiological" : "neurological";
    this.byIndex.box.checked = part.aligned === "index";
    this.after.box.checked = Boolean(part.after);
    show(this.after.line, Boolean(part.can_after));
    for (const [slider, name] of [
      [this.opacity, "opacity"],
      [this.curtain, "curtain"],
      [this.labelOpacity, "label_opacity"],
    ]) {
      // what the kernel says of a step is old where the next one is under way
      if (slider.lmHeld || this.desk.isBusy("option", name)) continue;
      slider.value = String(Math.round(part[name] * 100));
    }
    if (focusedIn(this.checker) === null) this.checker.value = part.checker_mm ?? "";
    this.checker.placeholder = part.checker ? String(Math.round(part.checker * 10) / 10) : "auto";
    this.setFrames(part.frames || 1, part.frame || 0);
    this.sayWindow(part);
    this.drawModes();
  }

  setScene(part) {
    this.scene = part;
    this.drawModes();
    this.drawWindows();
  }

  /** A contrast that was set stays from sample to sample, and must not go unseen. */
  sayWindow({ windows, preset }) {
    const { button } = this.sheets[0];
    const set = Object.keys(windows).length > 0;
    write(button.querySelector(".lm-word"), `Window${set ? `: ${preset || "set"}` : ""} ▾`);
    button.classList.toggle("lm-set", set);
    button.title = set ? "The contrast is not the images' own" : "";
  }

  drawModes() {
    const { options, scene } = this;
    if (options === null) return;
    const offered = scene && scene.modes ? scene.modes : options.choices.mode;
    const mode = scene && scene.mode ? scene.mode : options.mode;
    const all = offered.includes(mode) || !mode ? offered : [mode, ...offered];
    fill(this.mode, all, mode);
    this.mode.title = MODE_TIPS[mode] || "How moving is compared with fixed";
    const paired = all.length > 1;
    for (const [name, control] of Object.entries(this.own)) show(control, paired && name === mode);
    show(this.modes.parentElement, paired);
    const labelled = !scene || scene.layers.some((layer) => layer.kind === "labels");
    show(this.drawn, labelled);
  }

  /** Fields for black and white of each image; they follow what was dragged on the picture. */
  drawWindows() {
    const layers = this.scene.layers.filter((layer) =>
      layer.windowed === undefined ? layer.kind === "image" : layer.windowed,
    );
    const roles = JSON.stringify(layers.map((layer) => [layer.role, layer.name]));
    if (roles !== this.roles) {
      this.roles = roles;
      rebuild(
        this.fields,
        layers.map((layer) => this.makeWindow(layer)),
      );
    }
    for (const layer of layers) this.setLimits(layer.role, layer.limits);
  }

  /** Take in what is drawn black and white, also while it is dragged. */
  setLimits(role, limits) {
    const line = [...this.fields.children].find((one) => one.lmRole === role);
    if (!line) return;
    line.lmFields.forEach((field, n) => {
      if (focusedIn(field) === null) field.value = String(Number(limits[n].toPrecision(6)));
    });
  }

  makeWindow(layer) {
    const { desk } = this;
    const error = make("span", { class: "lm-error", role: "alert" });
    const fields = ["black", "white"].map((word) =>
      makeField(
        {
          type: "number",
          step: "any",
          "aria-label": `${word} of ${layer.name}`,
          "data-lm-key": `${word}-${layer.role}`,
        },
        () => desk.home(),
        () => sent(),
      ),
    );
    const sent = () => {
      const [low, high] = fields.map((field) => field.valueAsNumber);
      const right = high > low; // false also where one is no number
      for (const field of fields) field.setAttribute("aria-invalid", right ? "false" : "true");
      write(error, right ? "" : "black must lie below white");
      if (right) desk.latest("window", { role: layer.role, low, high }, layer.role);
    };
    for (const field of fields) field.addEventListener("change", sent);
    const reset = makeButton("reset", {
      act: () => {
        for (const field of fields) field.setAttribute("aria-invalid", "false");
        write(error, "");
        desk.send("reset_window", { role: layer.role });
      },
      name: `Reset the contrast of ${layer.name}`,
      "data-lm-key": `reset-${layer.role}`,
    });
    const name = make("span", { class: "lm-label lm-name", text: layer.name, title: layer.name });
    const [black, white] = fields;
    const both = [labelled("black", black), labelled("white", white)];
    const line = make("div", { class: "lm-line" }, name, ...both, reset, error);
    line.setAttribute("role", "group");
    line.setAttribute("aria-label", `Contrast of ${layer.name}`);
    line.lmRole = layer.role;
    line.lmFields = fields;
    return line;
  }

  close() {
    this.desk.root.removeEventListener("pointerdown", this.onPress);
  }
}
