/* The keys: alive while the browser has the focus, silent in fields, kept from the notebook. */

const TYPING_MS = 1000; // between two letters of one who types on

class Keys {
  /**
   * @param root element that hears them
   * @param actions what each name of the kernel's table does
   * @param help opens the sheet of keys
   */
  constructor(root, actions, help) {
    this.root = root;
    this.actions = actions;
    this.help = help;
    this.keys = [];
    this.hushed = 0; // until when letters are those of a text that was cut short
    this.onKey = (event) => this.take(event);
    root.addEventListener("keydown", this.onKey);
    this.onOther = (event) => {
      // the end of a press that left a field, or closed a sheet, is of no concern outside either
      if (isPlain(event) || /^(Enter|Escape)$/.test(event.key)) event.stopPropagation();
    };
    root.addEventListener("keypress", this.onOther);
    root.addEventListener("keyup", this.onOther);
  }

  setKeys(keys) {
    this.keys = keys.filter((key) => key.name in this.actions);
  }

  /** Take no letter for a key until the typing has paused: a field was left under the hands. */
  hush() {
    this.hushed = performance.now() + TYPING_MS;
  }

  take(event) {
    if (event.defaultPrevented || !isPlain(event)) return;
    event.stopPropagation(); // a notebook has keys of one letter too, such as d, d to delete
    if (performance.now() < this.hushed) {
      this.hush();
      event.preventDefault();
      return;
    }
    const key = this.keys.find((one) => isKey(event, one.key));
    const sheet = event.key === "?";
    if (!key && !sheet) return;
    event.preventDefault();
    if (event.repeat && !(key && key.repeats)) return;
    if (key) this.actions[key.name](event.repeat);
    else this.help();
  }

  close() {
    this.root.removeEventListener("keydown", this.onKey);
    this.root.removeEventListener("keypress", this.onOther);
    this.root.removeEventListener("keyup", this.onOther);
  }
}

/** Whether a key types one character, with nothing held but Shift. */
function isPlain(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return false;
  // the space presses what has the focus
  return typeof event.key === "string" && event.key.length === 1 && event.key !== " ";
}

/** Whether a key was pressed; where another script is typed, the place on the keyboard counts. */
function isKey(event, wanted) {
  if (event.key.toUpperCase() === wanted.toUpperCase()) return true;
  const other = event.key.charCodeAt(0) > 127;
  return other && !event.shiftKey && event.code === `Key${wanted.toUpperCase()}`;
}
