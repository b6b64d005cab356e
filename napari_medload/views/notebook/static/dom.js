/* Building elements. What comes from data is set as text or as a value, never as markup. */

/** Each copy of the module, as each browser of a notebook has one, makes ids of its own. */
const COPY = Math.random().toString(36).slice(2, 10);
let idsMade = 0;

function newId(kind) {
  idsMade += 1;
  return `lm-${kind}-${COPY}-${idsMade}`;
}

/** Make an element: `text`, `class`, `value`, `on: {event: act}`; all else are attributes. */
function make(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "class") node.className = value;
    else if (name === "value") node.value = value;
    else if (name === "on") {
      for (const [type, act] of Object.entries(value)) node.addEventListener(type, act);
    } else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Write a text only where it is another one, so that screen readers do not say it again. */
function write(node, text) {
  const words = text === null || text === undefined ? "" : String(text);
  if (node.textContent !== words) node.textContent = words;
}

/** A text that may be broken after its signs, and not within a number or a word. */
function breakable(text) {
  const parts = document.createDocumentFragment();
  for (const piece of text.split(/(?<=[×,_/.-](?=[^\d]))|(?<=[×_])/u)) {
    if (parts.childNodes.length) parts.append(document.createElement("wbr"));
    parts.append(piece);
  }
  return parts;
}

function show(node, seen) {
  if (node.hidden !== seen) return;
  if (!seen) handOver(node);
  node.hidden = !seen;
}

/**
 * Give the focus that stands in what goes away to the browser, or to the dialog around; else the
 * next key would reach the notebook.
 */
function handOver(node) {
  if (!node.isConnected || focusedIn(node) === null) return;
  const dialog = node.closest("dialog[open]");
  const next = dialog && dialog !== node ? dialog : node.closest(".lm-browser");
  if (!next) return;
  if (next === dialog) next.setAttribute("tabindex", "-1");
  next.focus({ preventScroll: true });
}

/** Let a button act or not. One that cannot stays focusable, so that its tip can be read. */
function enable(node, on) {
  if (on) node.removeAttribute("aria-disabled");
  else if (!isOff(node)) {
    handOver(node);
    node.setAttribute("aria-disabled", "true");
  }
}

function isOff(node) {
  return node.getAttribute("aria-disabled") === "true";
}

/**
 * Make a button with a word on it; `name` is what a screen reader says. One that `says` why it
 * cannot act is asked also while it is off.
 */
function makeButton(word, { act, name, tip, kind, says, ...rest } = {}) {
  const button = make("button", {
    type: "button",
    class: `lm-button${kind ? ` ${kind}` : ""}`,
    "aria-label": name,
    title: tip,
    ...rest,
  });
  button.append(make("span", { class: "lm-word", text: word }));
  button.addEventListener("click", (event) => {
    if (says || !isOff(button)) act(event);
  });
  return button;
}

/**
 * Keep what is typed in a field from the browser's keys and from the notebook's.
 *
 * Escape gives the focus back to the browser, and so does Enter where `onEnter` is given.
 */
function silence(field, leave, onEnter) {
  for (const type of ["keydown", "keypress", "keyup"]) {
    field.addEventListener(type, (event) => event.stopPropagation());
  }
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" || (event.key === "Enter" && onEnter)) {
      if (field.closest("dialog") && event.key === "Escape") return; // it closes the dialog
      event.preventDefault();
      if (event.key === "Enter") onEnter();
      else leave();
    }
  });
  return field;
}

/** Make a field for text or numbers that keeps its keys to itself. */
function makeField(props, leave, onEnter) {
  const rest = { type: "text", autocomplete: "off", spellcheck: "false", ...props };
  const field = make("input", { ...rest, class: `lm-field ${props.class || ""}`.trim() });
  return silence(field, leave, onEnter);
}

/**
 * Make a choice; `fill` gives it its entries, as texts or as [text, value].
 *
 * Who chose with the mouse gets the browser's keys back; who goes through the entries by arrow
 * keys goes on until Escape.
 */
function makeChoice(props, leave, choose) {
  const box = make("select", { ...props, class: `lm-choice ${props.class || ""}`.trim() });
  let pointed = false;
  box.addEventListener("pointerdown", () => (pointed = true));
  box.addEventListener("keydown", () => (pointed = false));
  box.addEventListener("change", () => {
    choose(box.value);
    if (pointed && !box.closest("dialog")) leave();
  });
  return silence(box, leave);
}

/** Make a slider from 0 on, in whole steps; it keeps the keys that move it to itself. */
function makeRange(props) {
  const range = make("input", { type: "range", class: "lm-range", min: "0", step: "1", ...props });
  range.addEventListener("keydown", (event) => {
    if (/^(Arrow|Page|Home|End)/.test(event.key)) event.stopPropagation();
  });
  return range;
}

/** Offer entries; those of `off` cannot be chosen. An open list is not disturbed needlessly. */
function fill(box, entries, chosen, off = []) {
  const pairs = entries.map((entry) => (Array.isArray(entry) ? entry : [entry, entry]));
  const told = JSON.stringify([pairs, off]);
  if (box.lmEntries !== told) {
    box.lmEntries = told;
    box.replaceChildren(
      ...pairs.map(([text, value]) =>
        make("option", { text, value, disabled: off.includes(value) }),
      ),
    );
  }
  if (chosen !== undefined && box.value !== String(chosen)) box.value = String(chosen);
}

/** Put a word before a control, as its label. */
function labelled(word, control, kind) {
  const text = make("span", { class: "lm-label", text: word });
  return make("label", { class: `lm-labelled${kind ? ` ${kind}` : ""}` }, text, control);
}

/** The element of a tree that has the focus, also inside a shadow root. */
function focusedIn(node) {
  const active = node.getRootNode().activeElement;
  return active && node.contains(active) ? active : null;
}

/** Replace all children, and leave the focus on the one with the same `data-lm-key`. */
function rebuild(parent, children) {
  const held = focusedIn(parent);
  const key = held && held !== parent ? held.dataset.lmKey : undefined;
  const had = held !== null && held !== parent;
  parent.replaceChildren(...children);
  if (!had) return;
  const all = [...parent.querySelectorAll("[data-lm-key]")];
  const again = all.find((one) => one.dataset.lmKey === key);
  const next = again || parent.closest("[tabindex]");
  if (next) next.focus({ preventScroll: true });
}
