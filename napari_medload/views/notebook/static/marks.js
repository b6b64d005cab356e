// Landmarks over the planes: rings for the fixed ones, crosses for the moving ones.

/** Of more pairs than these in one slice, nobody could read the texts. */
const LM_TEXTS = 40;
/** Part of its size at which a mark is still seen, before its slice is too far away. */
const LM_SMALLEST = 0.35;

/**
 * Draw the landmarks near a slice as small balls that it cuts, each pair with a line between.
 * @param {Plane} plane
 * @param {object|null} landmarks `{fixed, moving, texts, size}` with canvas points (S, A, R) or null
 * @param {number} [index] of the slice
 */
function lmDrawMarks(plane, landmarks, index) {
  const none = !landmarks || index === undefined || !plane.scale;
  if (none && !plane.pictures[0].marks.hasChildNodes()) return;
  const drawn = [];
  const radius = (point) => lmCutRadius(plane, point, index, landmarks.size);
  for (let n = 0; !none && n < Math.max(landmarks.fixed.length, landmarks.moving.length); n++) {
    const ends = [landmarks.fixed[n], landmarks.moving[n]];
    const sizes = ends.map((point) => (point ? radius(point) : 0));
    const places = ends.map((point) => (point ? plane.toRoom(point) : null));
    if (!sizes[0] && !sizes[1]) continue;
    if (places[0] && places[1]) drawn.push(["line", places, 0, ""]);
    if (sizes[0]) drawn.push(["ring", places[0], sizes[0], landmarks.texts[n] ?? ""]);
    if (sizes[1])
      drawn.push(["times", places[1], sizes[1], sizes[0] ? "" : landmarks.texts[n] ?? ""]);
  }
  const named = drawn.length <= 3 * LM_TEXTS;
  for (const { marks } of plane.seen)
    marks.replaceChildren(...drawn.flatMap((one) => lmMarkOf(named, ...one)));
}

/** Radius in pixels of the screen of the circle in which a slice cuts a ball; 0 where it misses. */
function lmCutRadius(plane, point, index, size) {
  const { through } = plane.view;
  const away = Math.abs(point[through.axis] - lmSliceAt(through, index)) / size;
  return away < 1 ? Math.max(LM_SMALLEST, Math.sqrt(1 - away * away)) * size * plane.scale : 0;
}

function lmMarkOf(named, kind, place, size, text) {
  const made = [];
  const path = lmMakeSvg("path", `lm-mark-${kind}`);
  if (kind === "line") path.setAttribute("d", `M${place[0]}L${place[1]}`);
  else if (kind === "ring")
    path.setAttribute("d", `M${place[0] - size},${place[1]}a${size},${size} 0 1 0 ${2 * size},0`
      + `a${size},${size} 0 1 0 ${-2 * size},0`);
  else
    path.setAttribute("d", `M${place[0] - size},${place[1] - size}l${2 * size},${2 * size}`
      + `M${place[0] - size},${place[1] + size}l${2 * size},${-2 * size}`);
  made.push(path);
  if (named && text) {
    const said = lmMakeSvg("text", "lm-mark-text");
    said.setAttribute("x", place[0] + size + 3);
    said.setAttribute("y", place[1] - size);
    said.textContent = text;
    made.push(said);
  }
  return made;
}
