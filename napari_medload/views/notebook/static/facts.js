/* What is known of the sample: geometry, findings and labels, behind three tabs. */

const TABS = [
  ["geometry", "Geometry"],
  ["findings", "Findings"],
  ["labels", "Labels"],
];

class Facts {
  constructor(desk) {
    this.desk = desk;
    const id = newId("facts");
    this.tabs = new Map();
    this.pages = new Map();
    const line = make("div", { class: "lm-tabs", role: "tablist", "aria-label": "Sample" });
    for (const [name, title] of TABS) {
      const tab = make("button", {
        type: "button",
        class: "lm-tab",
        role: "tab",
        id: `${id}-${name}`,
        "aria-controls": `${id}-${name}-page`,
        text: title,
        on: { click: () => this.choose(name), keydown: (event) => this.onTabKey(event, name) },
      });
      const page = make("div", {
        class: `lm-page lm-${name}-page`,
        role: "tabpanel",
        id: `${id}-${name}-page`,
        "aria-labelledby": `${id}-${name}`,
        tabindex: "0",
      });
      this.tabs.set(name, tab);
      this.pages.set(name, page);
      line.append(tab);
    }
    this.element = make("section", { class: "lm-facts", "aria-label": "Facts of the sample" });
    this.element.append(line, ...this.pages.values());
    this.choose("geometry");
  }

  choose(name) {
    for (const [one, tab] of this.tabs) {
      tab.setAttribute("aria-selected", one === name ? "true" : "false");
      tab.setAttribute("tabindex", one === name ? "0" : "-1");
      show(this.pages.get(one), one === name);
    }
  }

  onTabKey(event, name) {
    const names = TABS.map(([one]) => one);
    const at = names.indexOf(name);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: names.length - 1 };
    if (!(event.key in to) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = names[(to[event.key] + names.length) % names.length];
    this.choose(next);
    this.tabs.get(next).focus();
  }

  setSample(part) {
    const serious = part.findings.filter((one) => ["error", "warning"].includes(one.severity));
    const count = serious.length ? ` (${serious.length})` : "";
    write(this.tabs.get("findings"), `Findings${count}`);
    rebuild(this.pages.get("findings"), this.findings(part));
    const marks = (part.geometry ? part.geometry.rows : []).flatMap((row) => row.cells);
    const marked = marks.some((cell) => cell.marked);
    write(this.tabs.get("geometry"), marked ? "Geometry !" : "Geometry");
    rebuild(this.pages.get("geometry"), geometryOf(part));
  }

  findings(part) {
    const lines = part.findings.map((finding) => this.finding(finding));
    const back = makeButton("← back", {
      act: () => this.desk.send("back"),
      name: "Back to where you were",
      "data-lm-key": "back",
    });
    return [
      part.away ? back : null,
      make("ul", { class: "lm-findings" }, ...lines),
      part.pairing ? make("p", { class: "lm-said", text: part.pairing }) : null,
      part.remark ? make("p", { class: "lm-said", role: "status", text: part.remark }) : null,
    ].filter((one) => one !== null);
  }

  finding(finding) {
    const item = make("li", { class: "lm-finding", "data-lm-severity": finding.severity });
    const text = make("span", { class: "lm-word", text: finding.text });
    if (!finding.place) {
      item.append(text);
      return item;
    }
    const where = typeof finding.place === "string" ? finding.place : "its place";
    const lead = make("button", {
      type: "button",
      class: "lm-lead",
      title: `Go to ${where}`,
      "data-lm-key": `finding-${finding.index}`,
      on: { click: () => this.desk.send("finding", { text: finding.text }) },
    });
    lead.append(text, make("span", { class: "lm-where", text: `→ ${where}` }));
    item.append(lead);
    return item;
  }

  setLabels(part) {
    const { desk } = this;
    const hidden = part.entries.filter((entry) => entry.hidden).length;
    write(this.tabs.get("labels"), part.entries.length ? `Labels (${part.entries.length})` : "Labels");
    const page = this.pages.get("labels");
    if (!part.entries.length) {
      rebuild(page, [make("p", { class: "lm-said", text: "No labels in this sample." })]);
      return;
    }
    const said = hidden ? `${hidden} of ${part.entries.length} hidden` : "all are drawn";
    const all = makeButton("show all", {
      act: () => desk.send("labels_all"),
      name: "Show all labels",
      "data-lm-key": "all",
    });
    enable(all, hidden > 0);
    const entries = part.entries.map((entry) => this.label(entry));
    rebuild(page, [
      make("div", { class: "lm-foot" }, make("span", { class: "lm-count", text: said }), all),
      make("ul", { class: "lm-labels" }, ...entries),
    ]);
  }

  label(entry) {
    const box = make("input", {
      type: "checkbox",
      class: "lm-check",
      "data-lm-key": `label-${entry.value}`,
      on: {
        change: () => this.desk.send("label", { value: entry.value }),
      },
    });
    box.checked = !entry.hidden;
    const swatch = make("span", { class: "lm-swatch", "aria-hidden": "true" });
    swatch.style.backgroundColor = colourText(entry.colour);
    const where = entry.present_in.length ? entry.present_in.join(", ") : "not in this sample";
    const line = make(
      "label",
      { class: `lm-entry${entry.present_in.length ? "" : " lm-absent"}` },
      box,
      swatch,
      make("span", { class: "lm-name", title: entry.name }, breakable(entry.name)),
      make("span", { class: "lm-value", text: entry.value }),
      make("span", { class: "lm-in", text: where, title: where }),
    );
    return make("li", {}, line);
  }
}

/** Write a colour of 0 to 255 each for CSS; only numbers get into it. */
function colourText(colour) {
  const parts = colour.map((part) => Math.min(255, Math.max(0, Math.round(Number(part) || 0))));
  return `rgb(${parts.join(", ")})`;
}

/** Lay out the geometry: a table, what is marked in it in words, and what needs several lines. */
function geometryOf(part) {
  if (!part.geometry) return [make("p", { class: "lm-said", text: "Not read yet." })];
  const { columns, rows } = part.geometry;
  const isLong = (row) => row.cells.some((cell) => cell.text.includes("\n"));
  const head = make("tr", { class: "lm-tr" }, make("td", { class: "lm-td" }));
  for (const name of columns) head.append(make("th", { class: "lm-th", scope: "col", text: name }));
  const body = rows.filter((row) => !isLong(row)).map((row) => geometryRow(row));
  const table = make("table", { class: "lm-table" });
  table.append(
    make("caption", { class: "lm-spoken", text: `Geometry of ${part.id}` }),
    make("thead", { class: "lm-thead" }, head),
    make("tbody", { class: "lm-tbody" }, ...body),
  );
  const marks = rows.flatMap((row) =>
    row.cells.flatMap((cell, n) =>
      cell.marked ? [`! ${row.name} of ${columns[n]}: ${cell.text}${cell.tip ? `; ${cell.tip}` : ""}`] : [],
    ),
  );
  const told = marks.map((text) => make("li", { class: "lm-disagree", text }));
  return [
    table,
    marks.length ? make("ul", { class: "lm-disagrees", "aria-label": "What is marked" }, ...told) : null,
    ...rows.filter(isLong).map((row) => longRow(row, columns)),
  ].filter((one) => one !== null);
}

function geometryRow(row) {
  const line = make("tr", { class: "lm-tr" });
  line.append(make("th", { class: "lm-th", scope: "row", text: row.name }));
  for (const cell of row.cells) {
    const tip = cell.tip && cell.tip !== cell.text ? `${cell.text}\n${cell.tip}` : cell.text;
    const kind = `lm-td${cell.marked ? " lm-marked" : ""}`;
    const data = make("td", { class: kind, title: tip }, breakable(cell.text));
    if (cell.marked) {
      data.append(
        make("span", { class: "lm-sign", "aria-hidden": "true", text: " !" }),
        make("span", { class: "lm-spoken", text: " (disagrees)" }),
      );
    }
    line.append(data);
  }
  return line;
}

/** A fact of several lines, such as the affine, folded away below the table. */
function longRow(row, columns) {
  const marked = row.cells.some((cell) => cell.marked) ? " !" : "";
  const key = `long-${row.name}`;
  const summary = make("summary", { class: "lm-summary", text: row.name + marked });
  summary.dataset.lmKey = key;
  const fold = make("details", { class: "lm-details" }, summary);
  row.cells.forEach((cell, n) => {
    fold.append(
      make("div", { class: "lm-longname", text: columns[n] + (cell.marked ? " !" : "") }),
      make("pre", { class: "lm-pre", text: cell.text, title: cell.tip || null }),
    );
  });
  return fold;
}
