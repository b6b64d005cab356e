/* What a person says of the sample. Nothing counts as saved until the kernel has said so. */

const DECISION_SIGNS = { accept: "✓", reject: "✗", unsure: "?" };
const DECISION_DONE = { accept: "accepted", reject: "rejected", unsure: "unsure" };
const NOTE_MS = 300;
const DOUBLE = 2; // presses of a double click

class VerdictBar {
  /** @param openExport opens the form that saves a list */
  constructor(desk, openExport) {
    this.desk = desk;
    this.stand = null; // latest section
    this.saving = null; // verdict that is under way
    this.owed = new Map(); // what else is under way, by the number of its command
    this.refusal = ""; // what the page itself has to say
    this.failure = ""; // what is not saved, or not known to be; stays until the next act
    this.noteOf = null; // sample that the note in the field is about
    this.noteSent = ""; // what the kernel was last told, or has told
    this.kept = new Map(); // texts by their sample that the kernel has not taken yet
    this.typedAt = -Infinity;
    this.makeControls(openExport);
    this.lay();
  }

  makeControls(openExport) {
    const { desk } = this;
    this.decisions = {};
    for (const decision of Object.keys(DECISION_SIGNS)) {
      this.decisions[decision] = makeButton("", {
        act: (event) => this.judge(decision, event),
        kind: `lm-decision lm-${decision}`,
        says: true,
        "aria-pressed": "false",
        "data-lm-keyname": decision,
      });
    }
    const step = (name, word) =>
      makeButton(word, { act: () => desk.act(name), "data-lm-keyname": name });
    this.previous = step("previous", "◀");
    this.next = step("next", "▶");
    this.undo = step("undo", "↶");
    this.redo = step("redo", "↷");
    this.reasons = make("div", { class: "lm-reasons", role: "group", "aria-label": "Reasons" });
    this.note = makeField(
      {
        placeholder: "note, kept with your verdict",
        "aria-label": "Note on this sample",
        title: "Keys are silent while you type. Enter or Escape leaves the note",
        class: "lm-note",
      },
      () => desk.home(),
      () => desk.home(),
    );
    this.note.addEventListener("input", () => {
      this.typedAt = performance.now();
      if (this.noteOf !== null) this.kept.set(this.noteOf, this.note.value);
      clearTimeout(this.noteSoon);
      this.noteSoon = setTimeout(() => this.sendNote(false), NOTE_MS);
      this.say();
    });
    this.note.addEventListener("blur", () => this.sendNote(true));
    this.retry = makeButton("Try to save again", { act: () => this.owe("retry", {}, "saving") });
    this.export = makeButton("Export…", {
      act: () => openExport(this.export),
      tip: "Save a list of the samples, for training or a report",
    });
    this.finishedExport = makeButton("Export…", {
      act: () => openExport(this.finishedExport),
      kind: "lm-main",
    });
  }

  lay() {
    this.finishedText = make("span", { role: "status" });
    this.finished = make("div", { class: "lm-finished" }, this.finishedText, this.finishedExport);
    this.trouble = make("div", { class: "lm-trouble", role: "status" });
    this.about = make("span", { class: "lm-about" });
    this.message = make("span", { class: "lm-message", role: "status" });
    this.heard = make("span", { class: "lm-heard" });
    this.asleep = make("span", { class: "lm-asleep", text: "click here to wake the keys" });
    this.progress = make("span", { class: "lm-progress" });
    const group = (name, kind, ...parts) =>
      make("div", { class: `lm-group ${kind}`, role: "group", "aria-label": name }, ...parts);
    const decisions = Object.values(this.decisions);
    const line = make("div", { class: "lm-state" });
    line.append(this.about, this.message, this.retry, this.heard, this.asleep, this.progress);
    this.tail = group("List and keys", "lm-tail", this.export);
    this.element = make("section", { class: "lm-verdict", "aria-label": "Verdict" });
    this.group = group("Verdict", "lm-decisions", ...decisions);
    this.element.append(
      this.finished,
      this.trouble,
      this.group,
      group("Samples in turn", "lm-turns", this.previous, this.next),
      this.note,
      group("Take back", "lm-steps", this.undo, this.redo),
      this.reasons,
      line,
      this.tail,
    );
    for (const one of [this.finished, this.trouble, this.retry]) show(one, false);
    this.say();
  }

  // --- what a person does ------------------------------------------------------------------

  judge(decision, event) {
    if (event && event.detail >= DOUBLE) {
      this.refuse("The second press of a double click was ignored.");
      return;
    }
    const no = this.whyNot();
    if (no) {
      this.refuse(no);
      return;
    }
    const { sample } = this.stand;
    const fields = { decision, sample };
    if (this.noteOf === sample) {
      fields.note = this.takeNote(); // with the verdict, in one line of the journal
      this.noteOpen = false;
    }
    this.refusal = this.failure = "";
    this.saving = { ...fields, n: null };
    this.saving.n = this.desk.send("judge", fields);
    if (this.saving && this.saving.n === null) this.lose();
    this.refresh();
  }

  /** Why nothing can be said at present; empty where it can. */
  whyNot() {
    const { desk, stand } = this;
    if (desk.gone) return `Nothing can be saved: ${desk.reason}.`;
    if (this.saving !== null) return "Ignored: a verdict is still being saved. One at a time.";
    if (stand === null || !stand.sample) return "No sample is selected.";
    if (!stand.can) return stand.closed || "Nothing can be judged at present.";
    if (desk.drawn !== stand.sample) {
      return `Nothing was judged: ${stand.sample} is not drawn yet.`;
    }
    return "";
  }

  toggleReason(reason) {
    if ([...this.owed.values()].some((one) => one.reason === reason)) return; // under way
    const no = this.whyNot();
    if (no) this.refuse(no);
    else this.owe("reason", { reason, sample: this.stand.sample }, "saving");
  }

  /** Undo or redo; not while a verdict is under way, which is what it might be about. */
  step(name) {
    if (this.desk.gone) return;
    if (this.saving !== null) {
      this.refuse("Ignored: a verdict is still being saved.");
      return;
    }
    this.sendNote(true);
    this.owe(name, {}, "saving");
  }

  owe(cmd, fields, word) {
    this.refusal = "";
    if (word) this.failure = "";
    const n = this.desk.send(cmd, fields);
    if (n !== null) this.owed.set(n, { cmd, word, ...fields });
    this.refresh();
  }

  /** Tell the kernel what is in the note; `done` once the field is left. */
  sendNote(done) {
    const told = this.noteSent;
    if (this.desk.gone || this.noteOf === null) return;
    const text = this.takeNote();
    if (text === told && !(done && this.noteOpen)) {
      if (!this.isOwed(this.noteOf)) this.kept.delete(this.noteOf); // as it was before
      return;
    }
    this.kept.set(this.noteOf, text);
    this.noteOpen = !done;
    this.owe("note", { text, sample: this.noteOf, done }, done ? "saving" : "");
  }

  /** What stands in the note, which is told to the kernel now. */
  takeNote() {
    clearTimeout(this.noteSoon);
    this.noteSent = this.note.value;
    return this.noteSent;
  }

  /** Whether the answer to a note of a sample is still to come. */
  isOwed(sample) {
    const told = this.saving && this.saving.note !== undefined ? [this.saving] : [];
    const notes = [...this.owed.values()].filter((one) => one.cmd === "note");
    return [...told, ...notes].some((one) => one.sample === sample);
  }

  /** The kernel has taken a text, or refused it: then it is kept, and told again later. */
  settleNote(sample, text, taken) {
    if (taken && this.kept.get(sample) === text) this.kept.delete(sample);
    if (taken) return;
    if (!this.kept.has(sample)) this.kept.set(sample, text);
    if (sample === this.noteOf) this.noteSent = null;
  }

  /** Whether the note says something that the kernel does not know. */
  isTyped() {
    const known = this.stand ? this.stand.note : "";
    return this.noteOf !== null && this.note.value.trim() !== known.trim();
  }

  refuse(text) {
    this.refusal = text;
    this.refresh();
  }

  // --- what the kernel says ----------------------------------------------------------------

  setVerdict(part) {
    this.stand = part;
    this.refusal = "";
    if (part.sample !== this.noteOf) this.changeNote(part);
    else if (focusedIn(this.note) === null && !this.kept.has(part.sample)) this.setNote(part);
    this.setReasons(part);
    this.refresh();
  }

  /** Leave the note of one sample, whose text stays its own, and show that of another. */
  changeNote(part) {
    this.sendNote(true);
    if (focusedIn(this.note) !== null) {
      // who types on means the sample that is gone, and gives no verdict on this one
      if (performance.now() - this.typedAt < TYPING_MS) this.desk.hush();
      this.desk.home();
    }
    this.note.value = "";
    this.setNote(part);
  }

  setNote(part) {
    clearTimeout(this.noteSoon);
    this.noteOf = part.sample;
    this.noteSent = part.note;
    this.noteOpen = false;
    const text = this.kept.get(part.sample) ?? part.note;
    if (this.note.value.trim() !== text.trim()) this.note.value = text;
  }

  setReasons(part) {
    const names = JSON.stringify(part.all_reasons);
    if (names !== this.reasonNames) {
      this.reasonNames = names;
      const buttons = part.all_reasons.map(({ name, tip }) =>
        makeButton(name, {
          act: () => this.toggleReason(name),
          tip,
          kind: "lm-reason",
          "data-lm-key": `reason-${name}`,
          "data-lm-reason": name,
        }),
      );
      rebuild(this.reasons, buttons);
    }
  }

  /** An answer has come, with all that it had to tell. */
  acked(ack, refused, judged) {
    if (this.saving && this.saving.n === ack) this.settle(refused, judged);
    const owed = this.owed.get(ack);
    if (owed) {
      this.owed.delete(ack);
      if (owed.cmd === "note") this.settleNote(owed.sample, owed.text, !refused);
      if (refused && owed.word) this.failure = "Not saved: what you said last.";
    }
    this.refresh();
  }

  /** Only what the kernel says of this very verdict tells whether it is saved. */
  settle(refused, judged) {
    const { decision, sample, note } = this.saving;
    this.saving = null;
    const what = `${decision} of ${sample}`;
    const told = judged !== null && judged.sample === sample && judged.decision === decision;
    const saved = told && judged.saved === true;
    if (note !== undefined) this.settleNote(sample, note, saved);
    if (saved) return;
    if (!refused && !told) this.failure = `Not confirmed: ${what}.`;
    else this.failure = `Not saved: ${what}. ${told ? judged.message || "" : ""}`.trim();
  }

  /** There is no kernel any more: what was under way is not known to be saved. */
  lose() {
    const lost = this.saving;
    this.saving = null;
    this.owed.clear();
    const drafted = this.stand ? this.stand.drafted : [];
    const texts = new Set([...drafted, ...this.kept.keys()]);
    if (this.isTyped()) texts.add(this.noteOf);
    const parts = [...texts].map((sample) => `Not saved: what was noted on ${sample}.`);
    if (lost) parts.unshift(`Not known to be saved: ${lost.decision} of ${lost.sample}.`);
    this.failure = parts.join(" ");
    this.refresh();
  }

  // --- what is seen ------------------------------------------------------------------------

  refresh() {
    const { desk, stand } = this;
    const can = stand !== null && stand.can && !desk.gone;
    for (const [decision, button] of Object.entries(this.decisions)) {
      const under = this.saving !== null && this.saving.decision === decision;
      const here = stand !== null && stand.decision === decision;
      const sign = under ? "…" : DECISION_SIGNS[decision];
      const name = decision[0].toUpperCase() + decision.slice(1);
      write(button.querySelector(".lm-word"), `${sign} ${name}`);
      button.setAttribute("aria-pressed", here ? "true" : "false");
      button.classList.toggle("lm-busy", under);
      enable(button, can);
    }
    this.group.setAttribute("aria-busy", this.saving === null ? "false" : "true");
    const given = stand === null ? [] : stand.reasons;
    for (const button of this.reasons.children) {
      const reason = button.dataset.lmReason;
      button.setAttribute("aria-pressed", given.includes(reason) ? "true" : "false");
      enable(button, can);
    }
    if (!can) handOver(this.note); // a field that takes nothing would still keep the keys
    this.note.readOnly = !can;
    for (const one of [this.undo, this.redo, this.retry]) enable(one, can);
    for (const one of [this.previous, this.next, this.export, this.finishedExport]) {
      enable(one, !desk.gone);
    }
    this.say();
  }

  say() {
    const { desk, stand } = this;
    const trouble = stand === null ? "" : stand.closed || stand.warning;
    write(this.trouble, trouble ? `! ${trouble}` : "");
    show(this.trouble, Boolean(trouble));
    write(this.message, this.words());
    this.message.classList.toggle("lm-bad", this.isBad());
    if (stand === null) return;
    write(this.about, this.aboutText());
    show(this.retry, stand.waiting > 0 && !desk.gone);
    write(this.heard, stand.heard || "");
    write(this.progress, stand.progress || (stand.reviewer ? `reviewer: ${stand.reviewer}` : ""));
    write(this.finishedText, stand.finished || "");
    show(this.finished, Boolean(stand.finished));
  }

  aboutText() {
    const { stand } = this;
    if (!stand.sample) return "";
    const { decision } = stand;
    const said = decision ? `${DECISION_SIGNS[decision]} ${DECISION_DONE[decision]}` : "not reviewed";
    return `${stand.sample}: ${said}${stand.unsaved ? ", new verdict not saved" : ""}`;
  }

  /** What has become of the latest act, in words. */
  words() {
    const { saving, stand } = this;
    if (saving) {
      const what = `saving… ${saving.decision} of ${saving.sample}, not saved yet`;
      return this.refusal ? `${what}. ${this.refusal}` : what;
    }
    if (this.failure || this.refusal) return `${this.failure} ${this.refusal}`.trim();
    if ([...this.owed.values()].some((one) => one.word)) return "saving…";
    if (stand === null) return "";
    const drafted = stand.drafted.includes(stand.sample);
    if (this.isTyped() || (drafted && stand.decision)) return "note not saved yet";
    if (!drafted) return stand.message;
    const waits = `Reasons and note on ${stand.sample} wait for your verdict.`;
    return stand.message ? `${stand.message}. ${waits}` : waits;
  }

  isBad() {
    const { stand } = this;
    if (this.failure || this.refusal) return true;
    return stand !== null && (stand.unsaved || stand.waiting > 0);
  }

  close() {
    this.sendNote(true);
    clearTimeout(this.noteSoon);
  }
}
