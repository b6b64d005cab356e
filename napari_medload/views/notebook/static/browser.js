/* The browser in a page: its layout, and what joins picture, panel, keys and wire. */

/** Attribute that keeps the shortcuts of Jupyter's applications from an element. */
const SUPPRESSED = "data-lm-suppress-shortcuts";

/** Commands of one kind wait for each other. */
function kindOf(cmd, about) {
  return about ? `${cmd} ${about}` : cmd;
}

/** What all parts of one view share. */
class Desk {
  constructor(root, wire) {
    this.root = root;
    this.wire = wire;
    this.gone = false;
    this.planes = null;
    this.actions = {};
    this.keepNote = () => {}; // tells the kernel what is typed, before another sample comes
    this.hush = () => {}; // silences the keys until the typing has paused
  }

  /** Send a command; returns its number, or null where nobody hears it. */
  send(cmd, fields) {
    return this.gone ? null : this.wire.send(cmd, fields || {});
  }

  /** Send a command of which only the last one counts; `about` tells those of one name apart. */
  latest(cmd, fields, about) {
    if (!this.gone) this.wire.sendLatest(kindOf(cmd, about), cmd, fields);
  }

  /** Whether such a command is under way. */
  isBusy(cmd, about) {
    return this.wire.isBusy(kindOf(cmd, about));
  }

  act(name) {
    if (!this.gone) this.actions[name]();
  }

  /** Id of the sample whose picture is seen, or null; while another one comes, it is the old. */
  get drawn() {
    return this.planes ? this.planes.sample : null;
  }

  /** Give the focus to the browser itself, so that its keys live. */
  home() {
    this.root.focus({ preventScroll: true });
  }
}

function render({ model, el }) {
  const root = make("div", {
    class: "lm-browser",
    tabindex: "0",
    role: "region",
    "aria-label": "Browser of image pairs",
    [SUPPRESSED]: "true",
  });
  // Lumino looks at what has the focus before what is around it, and its selectors match any focus
  root.addEventListener("focusin", (event) => event.target.setAttribute(SUPPRESSED, "true"));
  const early = [];
  let view = null;
  const wire = new Wire(model, {
    onParts: (parts, buffer, ack) =>
      view ? view.take(parts, buffer, ack) : early.push([parts, buffer, ack]),
    onLost: (n) => view && view.panel.acked(n, { refused: "", judged: null }),
    onQuiet: (seconds) => view && view.panel.setQuiet(seconds),
    onGone: (reason) => view && view.lose(reason),
  });
  view = new View(root, wire);
  el.append(root);
  const theme = followTheme(root);
  for (const message of early) view.take(...message);
  wire.send("hello");
  return () => {
    theme();
    view.close();
    wire.close();
    root.remove();
  };
}

/** One view: its parts in their places. */
class View {
  constructor(root, wire) {
    const desk = new Desk(root, wire);
    this.desk = desk;
    this.planes = new Planes(root, wire);
    desk.planes = this.planes;
    this.panel = new Panel(desk);
    desk.actions = this.actions();
    this.keys = new Keys(root, desk.actions, () => this.panel.sheet.open(null));
    desk.keepNote = () => this.panel.verdict.sendNote(true);
    desk.hush = () => this.keys.hush();
    this.lay(root);
    this.touch = new AbortController();
    const touched = () => {
      this.touch.abort();
      desk.send("touch");
    };
    for (const type of ["keydown", "pointerdown", "wheel", "focusin"]) {
      const how = { capture: true, passive: true, signal: this.touch.signal };
      root.addEventListener(type, touched, how);
    }
    Object.assign(root, { lmWire: wire, lmPlanes: this.planes, lmPanel: this.panel });
  }

  actions() {
    const { desk, panel } = this;
    return {
      accept: () => panel.verdict.judge("accept"),
      reject: () => panel.verdict.judge("reject"),
      unsure: () => panel.verdict.judge("unsure"),
      next: (held) => this.turn("next", held),
      previous: (held) => this.turn("previous", held),
      undo: () => panel.verdict.step("undo"),
      redo: () => panel.verdict.step("redo"),
      mode: () => desk.send("mode"),
      labels: () => desk.send("labels"),
    };
  }

  /** Go to another sample, as often as a key was pressed; held down, as fast as they come. */
  turn(name, held) {
    const { wire, gone } = this.desk;
    if (gone || (held && wire.isBusy("turn"))) return;
    if (wire.isStuck("turn")) {
      // each press would count once the kernel is free, and lead past samples nobody has seen
      this.panel.verdict.refuse("Ignored: the kernel has not gone on yet.");
      return;
    }
    this.desk.keepNote();
    wire.sendLatest("turn", name, {}, () => null);
  }

  lay(root) {
    const { panel } = this;
    const head = make("div", { class: "lm-top lm-panel" });
    head.append(panel.title, panel.worst, panel.compare.element, panel.unread);
    const left = make("div", { class: "lm-left" }, head, this.planes.element);
    const right = make("div", { class: "lm-right lm-panel" });
    right.append(panel.dataset, panel.list.element, panel.working, panel.facts.element);
    const bottom = make("div", { class: "lm-bottom lm-panel" }, panel.verdict.element);
    const body = make("div", { class: "lm-body" }, panel.notices, left, right, bottom);
    root.append(body, panel.sheet.element, panel.exporting.element);
  }

  take(parts, buffer, ack) {
    const { root } = this.desk;
    const held = focusedIn(root);
    const answer = { refused: "", judged: null };
    this.takeParts(parts, buffer, ack, answer);
    if (ack !== null) this.panel.acked(ack, answer);
    this.panel.sayWaiting();
    // what had the focus may have gone with its plane
    const now = focusedIn(root);
    if (held && !(now && now.checkVisibility()) && !root.querySelector("dialog[open]")) {
      this.desk.home();
    }
  }

  takeParts(parts, buffer, ack, answer) {
    for (const part of parts) {
      if (part.type === "judged") answer.judged = part;
      // trouble of work in the background may come with any answer
      if (ack !== null && part.refused === ack) answer.refused = part.message;
      try {
        this.takePart(part, buffer);
      } catch (error) {
        console.error(error); // the other parts still count
      }
    }
  }

  takePart(part, buffer) {
    if (part.type === "panel") {
      this.panel.setSection(part);
      if (part.section === "keys") this.keys.setKeys(part.keys);
      return;
    }
    this.planes.take(part, buffer);
    if (part.type === "scene") this.panel.setScene(part);
  }

  lose(reason) {
    if (this.desk.gone) return;
    this.desk.gone = true;
    this.desk.reason = reason ? "this browser was closed" : "the kernel is gone";
    this.planes.setGone();
    this.panel.setGone(reason);
    this.panel.sayWaiting();
  }

  close() {
    this.touch.abort();
    this.panel.close();
    this.keys.close();
    this.planes.close();
  }
}

/** Follow the theme of the notebook, or of the system where there is none; returns the end of it. */
function followTheme(root) {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const look = () => root.setAttribute("data-lm-theme", isDark(dark) ? "dark" : "light");
  const watch = new MutationObserver(look);
  for (const node of [document.documentElement, document.body]) {
    watch.observe(node, { attributes: true });
  }
  dark.addEventListener("change", look);
  look();
  return () => {
    watch.disconnect();
    dark.removeEventListener("change", look);
  };
}

function isDark(dark) {
  const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
  if (jpThemeLight !== undefined) return jpThemeLight === "false";
  if (vscodeThemeKind !== undefined) return !vscodeThemeKind.includes("light");
  for (const node of [document.body, document.documentElement]) {
    if (node.classList.contains("dark")) return true;
    if (node.classList.contains("light")) return false;
    if (node.dataset.theme) return node.dataset.theme === "dark";
  }
  return dark.matches;
}

export default { render };
