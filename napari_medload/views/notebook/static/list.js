/* The list of samples: only the rows that are seen are in the page, others are asked for. */

const ROW_PX = 24;
const ROWS_ASKED = 200;
const ROWS_SPARE = 4;
const SEARCH_MS = 150;
const LEAST_ID = 8; // letters
// the end of an id is read also where there is no room for all: 6 letters, and a file's suffix
const TAIL = /.{0,6}(\.[a-z]\w{1,4}){0,2}$/iu;
const HEADS = [
  ["id", "id", false],
  ["finding", "finding", true],
  ["verdict", "verdict", false],
];

class SampleList {
  /** @param desk what all parts of the browser share; see browser.js */
  constructor(desk) {
    this.desk = desk;
    this.part = null; // latest section
    this.known = new Map(); // rows by their number
    this.token = "";
    this.version = undefined; // of the rows that are known
    this.active = null; // row that the arrow keys have reached
    this.asked = "";
    this.wanted = null; // row that was chosen before it was known
    this.element = make("section", { class: "lm-list", "aria-label": "Samples" });
    this.makeFilters();
    this.makeTable();
    this.makeFoot();
    this.brought = -1; // where the list was scrolled to, so that a row was seen
    this.watch = new ResizeObserver(() => {
      const moved = this.box.scrollTop !== this.brought; // by a person, since then
      if (this.active !== null) this.bring(this.active, !moved);
      this.draw();
    });
    this.watch.observe(this.box);
  }

  makeFilters() {
    const { desk } = this;
    const home = () => desk.home();
    this.search = makeField(
      {
        type: "search",
        placeholder: "search",
        "aria-label": "Search samples by id, group, split or finding",
        class: "lm-search",
      },
      home,
      () => {
        this.findNow();
        home();
      },
    );
    this.search.addEventListener("input", () => {
      clearTimeout(this.soon);
      this.soon = setTimeout(() => this.findNow(), SEARCH_MS);
    });
    this.search.addEventListener("blur", () => this.findNow());
    const choice = (what, name) =>
      makeChoice({ "aria-label": name, title: name }, home, (value) =>
        desk.send("filter", { [what]: value }),
      );
    this.verdict = choice("verdict", "Show samples by their verdict");
    this.finding = choice("finding", "Show samples by what was found");
    fill(this.verdict, [["verdict", ""]]);
    fill(this.finding, [["finding", ""]]);
    this.element.append(
      make("div", { class: "lm-filters" }, this.search, this.verdict, this.finding),
    );
  }

  makeTable() {
    const heads = HEADS.map(([key, title, worstFirst]) => {
      const sort = make("button", { type: "button", class: "lm-sort" });
      sort.append(make("span", { text: title }), make("span", { class: "lm-arrow" }));
      sort.addEventListener("click", () => this.sortBy(key, worstFirst));
      const role = { role: "columnheader", "data-lm-column": key };
      return make("div", { class: `lm-cell lm-column-${key}`, ...role }, sort);
    });
    this.heads = heads;
    this.space = make("div", { class: "lm-space", role: "presentation" });
    this.box = make("div", { class: "lm-rows", role: "rowgroup", tabindex: "-1" });
    this.box.append(this.space);
    this.box.addEventListener("scroll", () => this.draw());
    this.box.addEventListener("click", (event) => this.onClick(event));
    const head = make("div", { class: "lm-row lm-head", role: "row" }, ...heads);
    this.grid = make("div", { class: "lm-grid", role: "grid", tabindex: "0" });
    this.grid.setAttribute("aria-label", "Samples; up and down choose one");
    this.grid.addEventListener("keydown", (event) => this.onKey(event));
    this.grid.append(make("div", { role: "rowgroup", class: "lm-headgroup" }, head), this.box);
    this.element.append(this.grid);
    this.pool = [];
  }

  makeFoot() {
    this.count = make("span", { class: "lm-count", role: "status" });
    this.again = makeButton("↻ sort again", {
      act: () => this.desk.send("sort_again"),
      tip: "More was found since the list was sorted",
    });
    this.all = makeButton("show all", { act: () => this.clearFilters() });
    show(this.again, false);
    show(this.all, false);
    this.element.append(make("div", { class: "lm-foot" }, this.count, this.all, this.again));
  }

  setList(part) {
    const before = this.part;
    this.part = part;
    const order = [part.total, part.matching, part.search, part.sort];
    const token = JSON.stringify([...order, part.verdict_filter, part.finding_filter]);
    // marks and findings of rows that are not told may have changed too; they are asked for again
    const same = part.version !== undefined && part.version === this.version;
    if (token !== this.token || !same) this.known.clear();
    this.token = token;
    this.version = part.version;
    for (const row of part.rows) this.known.set(row.row, row);
    const longest = part.rows.reduce((most, { id }) => Math.max(most, id.length), LEAST_ID);
    this.grid.style.setProperty("--lm-ids", `calc(${longest}ch + 16px)`);
    this.asked = "";
    if (focusedIn(this.search) === null && !this.typing) this.search.value = part.search || "";
    fill(this.verdict, [["verdict", ""], ...part.verdict_filters], part.verdict_filter || "");
    const found = part.finding_filters.filter(([, value]) => value !== "");
    fill(this.finding, [["finding", ""], ...found], part.finding_filter || "");
    this.sayOrder();
    this.space.style.height = `${part.matching * ROW_PX}px`;
    const selected = part.selected_row;
    if (before === null || before.selected_row !== selected) {
      this.active = selected;
      if (selected !== null && selected !== undefined) this.bring(selected);
    }
    this.draw();
    if (this.wanted !== null && this.known.has(this.wanted)) this.choose(this.wanted);
  }

  sayOrder() {
    const { part } = this;
    for (const head of this.heads) {
      const mine = part.sort && part.sort.key === head.dataset.lmColumn;
      const way = mine ? (part.sort.descending ? "descending" : "ascending") : "none";
      head.setAttribute("aria-sort", way);
      const arrow = part.sort && part.sort.descending ? "▼▽" : "▲△";
      // hollow where more was found since: the order is an old one
      write(head.querySelector(".lm-arrow"), mine ? ` ${arrow[part.outdated ? 1 : 0]}` : "");
    }
    const all = part.total.toLocaleString("en-GB");
    const some = part.matching.toLocaleString("en-GB");
    const filtered = Boolean(part.search || part.verdict_filter || part.finding_filter);
    const samples = part.total === 1 ? "sample" : "samples";
    const nothing = filtered ? "no sample matches" : "no samples";
    write(
      this.count,
      part.matching === 0 ? nothing : filtered ? `${some} of ${all} ${samples}` : `${all} ${samples}`,
    );
    show(this.all, filtered);
    show(this.again, Boolean(part.outdated));
    this.grid.setAttribute("aria-rowcount", part.matching + 1);
  }

  get typing() {
    return this.soon !== undefined;
  }

  findNow() {
    if (this.soon === undefined) return;
    clearTimeout(this.soon);
    this.soon = undefined;
    this.desk.send("search", { text: this.search.value });
  }

  clearFilters() {
    this.search.value = "";
    if (this.part.search) this.desk.send("search", { text: "" });
    if (this.part.verdict_filter || this.part.finding_filter) {
      this.desk.send("filter", { verdict: "", finding: "" });
    }
    this.desk.home();
  }

  sortBy(key, worstFirst) {
    const now = this.part && this.part.sort;
    const descending = now && now.key === key ? !now.descending : worstFirst;
    this.desk.send("sort", { key, descending });
  }

  /** Bring a row into sight, with rows around it; one that is seen moves only if `anew`. */
  bring(row, anew = false) {
    const top = row * ROW_PX;
    const high = this.box.clientHeight || ROW_PX;
    const seen = top >= this.box.scrollTop && top + ROW_PX <= this.box.scrollTop + high;
    if (seen && !anew) return;
    const above = Math.floor((high / ROW_PX - 1) / 2);
    this.box.scrollTop = Math.max(0, row - above) * ROW_PX;
    this.brought = this.box.scrollTop;
  }

  /** Draw the rows that are seen, in elements that are used again; ask for what is not known. */
  draw() {
    if (this.part === null) return;
    const most = this.part.matching;
    const high = Math.max(this.box.clientHeight, ROW_PX);
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW_PX) - ROWS_SPARE);
    const last = Math.min(most, Math.ceil((this.box.scrollTop + high) / ROW_PX) + ROWS_SPARE);
    const count = Math.max(0, last - first);
    while (this.pool.length < count) this.pool.push(this.makeRow());
    while (this.pool.length > count) this.pool.pop().remove();
    let missing = false;
    this.pool.forEach((element, place) => {
      missing = !this.drawRow(element, first + place) || missing;
    });
    if (missing) this.ask(first, last);
    const at = this.active;
    const active = at !== null && at >= first && at < last ? this.pool[at - first] : null;
    if (active) this.grid.setAttribute("aria-activedescendant", active.id);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  ask(first, last) {
    const spare = Math.floor((ROWS_ASKED - (last - first)) / 2);
    const start = Math.max(0, first - Math.max(0, spare));
    const wish = `${start}`;
    if (wish === this.asked) return; // it is under way
    this.asked = wish;
    this.desk.latest("rows", { first: start, count: ROWS_ASKED });
  }

  makeRow() {
    const id = newId("row");
    const cells = HEADS.map(([key]) =>
      make("div", { class: `lm-cell lm-column-${key}`, role: "gridcell" }),
    );
    cells[0].append(make("span", { class: "lm-idhead" }), make("span", { class: "lm-idtail" }));
    const row = make("div", { class: "lm-row", role: "row", id }, ...cells);
    this.box.append(row);
    return row;
  }

  /** Returns whether the row is known. */
  drawRow(element, number) {
    const row = this.known.get(number);
    element.style.transform = `translateY(${number * ROW_PX}px)`;
    element.lmRow = number;
    element.setAttribute("aria-rowindex", number + 2); // the head is the first
    const chosen = number === this.part.selected_row;
    element.setAttribute("aria-selected", chosen ? "true" : "false");
    const [id, finding, verdict] = element.children;
    const name = row ? row.id : "…";
    const [tail] = TAIL.exec(name);
    write(id.firstChild, name.slice(0, name.length - tail.length));
    write(id.lastChild, tail);
    write(finding, row ? row.finding : "");
    write(verdict, row ? row.verdict : "");
    element.title = row ? [row.id, row.finding, row.verdict].filter(Boolean).join("\n") : "";
    element.dataset.lmSeverity = row ? row.severity : "";
    element.dataset.lmDecision = (row && row.decision) || "";
    element.classList.toggle("lm-active", number === this.active);
    return row !== undefined;
  }

  onClick(event) {
    const element = event.target.closest(".lm-row");
    if (!element || element.lmRow === undefined) return;
    this.grid.focus({ preventScroll: true });
    this.choose(element.lmRow);
  }

  onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || this.part === null) return;
    if (event.target.closest(".lm-sort")) return;
    const page = Math.max(1, Math.floor(this.box.clientHeight / ROW_PX) - 1);
    const end = this.part.matching - 1;
    const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page };
    const to = { Home: 0, End: end };
    if (!(event.key in by) && !(event.key in to)) return;
    event.preventDefault();
    event.stopPropagation();
    if (end < 0) return;
    const from = this.active ?? -1;
    const wanted = event.key in by ? from + by[event.key] : to[event.key];
    this.choose(Math.min(end, Math.max(0, wanted)));
  }

  choose(number) {
    const row = this.known.get(number);
    this.active = number;
    this.bring(number);
    this.draw();
    this.wanted = row ? null : number;
    if (!row) return;
    this.desk.keepNote();
    this.desk.latest("select", { sample: row.sample });
  }

  close() {
    clearTimeout(this.soon);
    this.watch.disconnect();
  }
}
