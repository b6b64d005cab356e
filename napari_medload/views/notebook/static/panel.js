/* All that stands beside the picture, and where each section of the kernel's goes. */

const GONE =
  "The kernel is gone. The last picture stays; verdicts can no longer be saved. " +
  "Run the notebook's cells again, from the first one on.";

class Panel {
  constructor(desk) {
    this.desk = desk;
    this.keys = [];
    this.sheet = new KeysSheet(desk);
    this.exporting = new ExportSheet(desk);
    this.list = new SampleList(desk);
    this.facts = new Facts(desk);
    this.compare = new Compare(desk);
    this.verdict = new VerdictBar(desk, (from) => this.exporting.open(from));
    this.makeHead();
    this.makeNotices();
    this.help = makeButton("Keys", {
      act: () => this.sheet.open(this.help),
      name: "Keys and mouse, key ?",
      "aria-keyshortcuts": "?",
    });
    this.help.append(make("kbd", { class: "lm-kbd", text: "?" }));
    this.verdict.tail.append(this.help);
  }

  makeHead() {
    this.name = make("strong", { class: "lm-id" });
    this.mark = make("span", { class: "lm-asif" });
    this.notes = make("span", { class: "lm-notes" });
    this.waiting = make("strong", { class: "lm-waiting", role: "status" });
    const told = [this.name, this.mark, this.notes, this.waiting];
    this.title = make("div", { class: "lm-sample" }, ...told);
    this.selected = ""; // sample that all but the picture is about
    this.worst = makeButton("", { act: () => this.followWorst(), kind: "lm-worst" });
    this.unread = make("div", { class: "lm-unread", role: "status" });
    show(this.unread, false);
    this.dataset = make("div", { class: "lm-dataset" });
    this.work = make("span", { class: "lm-word" });
    this.bar = make("progress", { class: "lm-bar", "aria-label": "Work in the background" });
    this.cancel = makeButton("cancel", {
      act: () => this.desk.send("cancel"),
      name: "Cancel the work in the background",
    });
    this.working = make("div", { class: "lm-working" }, this.work, this.bar, this.cancel);
    show(this.working, false);
    show(this.mark, false);
  }

  makeNotices() {
    this.goneText = make("p", { class: "lm-notice lm-notice-gone", role: "alert" });
    this.seconds = make("span", { "aria-hidden": "true" });
    this.quietText = make("span", { role: "status" });
    this.quiet = make("p", { class: "lm-notice" }, this.quietText, this.seconds);
    this.troubleText = make("span", { role: "status" });
    const clear = makeButton("dismiss", { act: () => this.clearTrouble() });
    this.trouble = make("div", { class: "lm-notice" }, this.troubleText, clear);
    this.notices = make("div", { class: "lm-notices" }, this.goneText, this.quiet, this.trouble);
    for (const one of [this.goneText, this.quiet, this.trouble]) show(one, false);
  }

  clearTrouble() {
    this.setTrouble("");
    this.desk.send("clear_trouble");
    this.desk.home();
  }

  /** Take a section of the kernel's; returns whether it was one for the panel. */
  setSection(part) {
    const take = {
      dataset: () => this.setDataset(part),
      list: () => this.list.setList(part),
      sample: () => this.setSample(part),
      labels: () => this.facts.setLabels(part),
      verdict: () => this.setVerdict(part),
      options: () => this.compare.setOptions(part),
      progress: () => this.setProgress(part),
      loading: () => this.desk.root.toggleAttribute("data-lm-loading", Boolean(part.loading)),
      trouble: () => this.setTrouble(part.message),
      keys: () => this.setKeys(part.keys),
      export: () => this.exporting.setExport(part),
    }[part.section];
    if (take) take();
    return Boolean(take);
  }

  setScene(part) {
    this.compare.setScene(part);
    const notes = part.notes || [];
    write(this.notes, notes.join(" · "));
    this.notes.title = notes.join("\n");
    // where nothing at all is drawn, the picture half says why
    const unread = part.planes.length ? part.problems || [] : [];
    const why = unread.map(([role, reason]) => `✗ ${role} cannot be shown: ${reason}`);
    write(this.unread, why.join("\n"));
    this.unread.title = this.unread.textContent;
    show(this.unread, why.length > 0);
    show(this.worst, !why.length); // it would say the same, in short
    write(this.mark, part.as_if || "");
    show(this.mark, Boolean(part.as_if));
  }

  setDataset(part) {
    const count = Number(part.samples).toLocaleString("en-GB");
    const samples = part.samples === 1 ? "1 sample" : `${count} samples`;
    const told = [part.kind, samples, part.alignment && `aligned: ${part.alignment}`];
    this.dataset.replaceChildren(
      make("strong", { class: "lm-id", text: part.name }),
      make("span", { class: "lm-notes", text: told.filter(Boolean).join(" · ") }),
    );
    this.dataset.title = part.path || "";
  }

  /** While the picture is still that of the sample before, say so, and let nobody miss it. */
  sayWaiting() {
    const { root, drawn, gone } = this.desk;
    const { selected } = this;
    const waits = Boolean(selected) && drawn !== selected;
    const coming = gone ? `${selected} was not loaded` : `loading ${selected}`;
    const text = drawn === null ? `${coming} …` : `${coming} – this is still ${drawn}`;
    write(this.waiting, waits ? text : "");
    root.toggleAttribute("data-lm-waits", waits);
  }

  setSample(part) {
    this.selected = part.id || "";
    write(this.name, part.id || "no sample");
    this.name.title = part.id || "";
    this.facts.setSample(part);
    this.setWorst(part.findings);
  }

  /** The worst finding stands under the sample's name, where a person looks while judging. */
  setWorst(findings) {
    const [worst] = findings;
    const more = findings.length > 1 ? ` (+${findings.length - 1})` : "";
    write(this.worst.querySelector(".lm-word"), worst ? worst.text + more : "");
    this.worst.title = findings.map(({ text }) => text).join("\n");
    this.worst.dataset.lmSeverity = worst ? worst.severity : "";
    this.leadsTo = worst && worst.place ? worst.text : null;
    enable(this.worst, Boolean(worst));
  }

  /** Go to the place of the worst finding, and show all of them. */
  followWorst() {
    this.facts.choose("findings");
    if (this.leadsTo !== null) this.desk.send("finding", { text: this.leadsTo });
    this.desk.home();
  }

  setVerdict(part) {
    this.selected = part.sample || "";
    this.verdict.setVerdict(part);
  }

  setProgress(part) {
    show(this.working, Boolean(part.what));
    if (!part.what) return;
    const count = (number) => Number(number).toLocaleString("en-GB");
    write(this.work, part.total ? `${part.what} ${count(part.done)}/${count(part.total)}` : part.what);
    if (part.total) {
      this.bar.max = part.total;
      this.bar.value = part.done;
    } else this.bar.removeAttribute("value");
  }

  setTrouble(message) {
    write(this.troubleText, message ? `! ${message}` : "");
    show(this.trouble, Boolean(message));
  }

  /** Print the keys on their buttons. */
  setKeys(keys) {
    this.keys = keys;
    this.sheet.setKeys(keys);
    const byName = new Map(keys.map((key) => [key.name, key]));
    for (const button of this.desk.root.querySelectorAll("[data-lm-keyname]")) {
      const key = byName.get(button.dataset.lmKeyname);
      const old = button.querySelector(".lm-kbd");
      if (old) old.remove();
      if (!key) continue;
      button.append(make("kbd", { class: "lm-kbd", "aria-hidden": "true", text: key.key }));
      button.title = `${key.tip} (key ${key.key})`;
      const word = button.dataset.lmKeyname;
      const name = word[0].toUpperCase() + word.slice(1);
      button.setAttribute("aria-label", `${name}, key ${key.key}: ${key.tip}`);
      button.setAttribute("aria-keyshortcuts", key.key);
    }
  }

  /**
   * An answer has come.
   *
   * @param answer `refused` is what the kernel said against what was asked, `judged` what became
   *   of a verdict, or null
   */
  acked(ack, { refused, judged }) {
    this.verdict.acked(ack, refused, judged);
    this.exporting.acked(ack, refused);
  }

  /** The kernel owes an answer since some seconds; null once it has given it. */
  setQuiet(seconds) {
    show(this.quiet, seconds !== null);
    if (seconds === null) {
      write(this.quietText, "");
      return;
    }
    write(
      this.quietText,
      "No answer from the kernel: it is busy, has stopped, or the connection is lost. " +
        "Nothing below counts as saved until it answers.",
    );
    write(this.seconds, ` (${seconds} s)`);
  }

  setGone(reason) {
    const { root } = this.desk;
    if (focusedIn(root) !== null && focusedIn(root) !== root) this.desk.home();
    this.setQuiet(null);
    write(this.goneText, reason || GONE);
    show(this.goneText, true);
    root.setAttribute("data-lm-gone", "true");
    show(this.working, false);
    this.verdict.lose();
    this.exporting.lose();
    const stay = [this.help, this.sheet.closer, this.exporting.closer];
    for (const one of root.querySelectorAll(".lm-panel :is(button, input, select)")) {
      // what is drawn can still be looked at
      const looks = one.closest(".lm-picture-tools") || one.getAttribute("role") === "tab";
      if (!looks && !stay.includes(one)) one.disabled = true;
    }
  }

  close() {
    this.verdict.close();
    this.list.close();
    this.compare.close();
    this.exporting.element.close();
    this.sheet.element.close();
  }
}
