/* Sheets above the browser: the keys, and the form that exports a list. */

class Sheet {
  constructor(desk, title) {
    this.desk = desk;
    const id = newId("title");
    this.element = make("dialog", { class: "lm-dialog", "aria-labelledby": id });
    this.closer = makeButton("Close", { act: () => this.shut(), tip: "Escape" });
    this.body = make("div", { class: "lm-sheetbody" });
    this.foot = make("div", { class: "lm-sheetfoot" }, this.closer);
    this.element.append(make("h2", { class: "lm-title", id, text: title }), this.body, this.foot);
    // Escape closes it by itself; neither it nor any other key is for the notebook
    for (const type of ["keydown", "keypress", "keyup"]) {
      this.element.addEventListener(type, (event) => event.stopPropagation());
    }
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      this.shut();
    });
    this.element.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.shut();
    });
    this.element.addEventListener("click", (event) => {
      if (event.target === this.element) this.shut(); // beside the sheet
    });
  }

  /** Open it; the focus goes back to `from` when it is closed. */
  open(from) {
    if (this.element.open) return;
    this.from = from || null;
    this.element.showModal();
  }

  shut() {
    if (!this.element.open) return;
    this.element.close();
    if (this.from && this.from.isConnected) this.from.focus({ preventScroll: true });
    else this.desk.home();
  }
}

class KeysSheet extends Sheet {
  constructor(desk) {
    super(desk, "Keys and mouse");
    this.list = make("dl", { class: "lm-keys" });
    this.body.append(
      this.list,
      make("p", {
        class: "lm-said",
        text: "They act while the browser has the focus, and are silent while text is typed.",
      }),
    );
  }

  setKeys(keys) {
    const more = [
      ["?", "This sheet"],
      ["wheel, ↑ ↓, Page", "Slices of the plane with the focus"],
      ["click, Shift + move", "All planes go to that place"],
      ["drag, double click", "Move the picture, and back; the curtain is dragged by its line"],
      ["right drag", "Contrast, as by the tool of that name"],
      ["Ctrl + wheel, + − 0", "Zoom the plane, and back"],
      ["Esc", "Leave a field, close a sheet"],
    ];
    const lines = [...keys.map(({ key, tip }) => [key, tip]), ...more].flatMap(([key, tip]) => [
      make("dt", { class: "lm-dt" }, make("kbd", { class: "lm-kbd", text: key })),
      make("dd", { class: "lm-dd", text: tip }),
    ]);
    this.list.replaceChildren(...lines);
  }
}

const GRAVITIES = { error: "✗", warning: "!" };

class ExportSheet extends Sheet {
  constructor(desk) {
    super(desk, "Export a sample list");
    const look = (name) => (value) => desk.send("export_look", { [name]: value });
    const out = () => this.shut();
    this.format = makeChoice({}, out, look("format"));
    this.verdict = makeChoice({}, out, look("verdict"));
    this.path = makeField({ class: "lm-path" }, out, () => this.save());
    this.path.addEventListener("change", () => look("path")(this.path.value));
    this.verdictLine = labelled("samples", this.verdict);
    this.status = make("p", { class: "lm-said", role: "status" });
    this.remarks = make("ul", { class: "lm-remarks" });
    this.outcome = make("p", { class: "lm-outcome", role: "status" });
    this.body.append(
      make(
        "div",
        { class: "lm-stack" },
        labelled("format", this.format),
        this.verdictLine,
        labelled("save as", this.path),
      ),
      this.status,
      this.remarks,
      this.outcome,
    );
    this.saver = makeButton("Save", { act: () => this.save(), kind: "lm-main" });
    this.foot.prepend(this.saver);
  }

  open(from) {
    if (this.element.open || this.desk.gone) return;
    this.desk.send("export_look");
    super.open(from);
    this.path.focus();
  }

  shut() {
    if (this.element.open) this.desk.send("export_end");
    super.shut();
  }

  save() {
    if (isOff(this.saver)) return;
    const fields = { format: this.format.value, path: this.path.value };
    if (!this.verdictLine.hidden) fields.verdict = this.verdict.value;
    this.asked = this.desk.send("export", fields);
    this.setBusy(this.asked !== null);
  }

  setBusy(busy) {
    enable(this.saver, !busy && !this.desk.gone);
    const word = this.replaces ? "Replace" : "Save";
    this.saver.classList.toggle("lm-main", !this.replaces); // a second Enter must not replace
    write(this.saver.querySelector(".lm-word"), busy ? "saving…" : word);
    if (busy) write(this.outcome, "");
  }

  setExport(part) {
    fill(this.format, part.formats.map(({ name, title }) => [title, name]), part.format);
    const verdicts = part.verdicts || [];
    fill(this.verdict, verdicts, part.verdict);
    show(this.verdictLine, verdicts.length > 0);
    if (focusedIn(this.path) === null || !this.path.value) this.path.value = part.path || "";
    write(this.status, part.status || "");
    const told = part.done ? [] : part.remarks || []; // what is done says it itself
    const remarks = told.map(({ gravity, text }) =>
      make("li", { class: `lm-remark lm-${gravity}`, text: `${GRAVITIES[gravity]} ${text}` }),
    );
    this.remarks.replaceChildren(...remarks);
    this.replaces = Boolean(part.replaces);
    this.setBusy(Boolean(part.busy));
    if (part.busy) return;
    write(this.outcome, part.done || "");
    this.outcome.classList.toggle("lm-bad", Boolean(part.failed));
  }

  acked(ack, refused) {
    if (ack === null || ack !== this.asked) return;
    this.asked = null;
    if (!refused) return;
    this.setBusy(false);
    write(this.outcome, `✗ not saved: ${refused}`);
    this.outcome.classList.add("lm-bad");
  }

  lose() {
    this.asked = null;
    this.setBusy(false);
    if (this.element.open) write(this.outcome, `✗ not saved: ${this.desk.reason}`);
  }
}
