// What the kernel has sent of a sample, and which slices of it are drawn.

/** Typed arrays of the kinds that a part names. */
const LM_ARRAYS = { u1: Uint8Array, i2: Int16Array, u2: Uint16Array };

/** The array that a part refers to: `at` bytes into the buffer of its message. */
function lmArray(buffer, { at, dtype, size }) {
  return new LM_ARRAYS[dtype](buffer, at, size.reduce((all, side) => all * side, 1));
}

/** Pixel (column or row, centres are whole numbers) at which a voxel is drawn, or the reverse. */
function lmFlip(axis, at) {
  return axis.step < 0 ? axis.size - 1 - at : at;
}

/** Canvas coordinate of a slice. */
function lmSliceAt(through, index) {
  return through.start + index * through.step;
}

/**
 * Which image is which, in modes whose picture does not tell: texts with a colour or none.
 * @param {string} shown the part of the pair that the flicker shows at present
 */
function lmCaption({ mode, layers, halved }, shown) {
  const pair = ["fixed", "moving"].map((part) => layers.find((layer) =>
    layer.kind === "image" && layer.part === part && !layer.composed));
  if (!pair[0] || !pair[1] || halved) return []; // halves have their names in them
  // short, because it lies on the picture
  const [fixed, moving] = pair.map(({ name }) => name.replace(/ image$/, ""));
  const images = {
    overlay: [[`${moving} over ${fixed}`, ""]],
    curtain: [[`${fixed} | ${moving}`, ""]],
    checkerboard: [[`fields: ${fixed} / ${moving}`, ""]],
    difference: [[`difference of ${fixed} and ${moving}`, ""]],
    flicker: [[shown === "moving" ? moving : fixed, ""]],
    fixed: [[fixed, ""]],
    moving: [[moving, ""]],
    edges: [[`edges of ${moving} over ${fixed}`, ""]],
    "two-colour": pair.map(({ name, colormap }) =>
      [name, `rgb(${lmTint(colormap).map((share) => share * 255).join(" ")})`]),
  }[mode] ?? [];
  const [lower, upper] = ["fixed", "moving"].map((part) =>
    layers.find((one) => one.kind === "labels" && one.visible && one.part === part));
  if (!lower || !upper) return images;
  const how = mode === "outlines" ? ["solid", "dashed"] : [lower, upper].map((one) =>
    `${one.pale ? "pale" : "bright"}${one.outline ? "" : " fill"}`);
  return [...images, [`labels: ${fixed} ${how[0]}, ${moving} ${how[1]}`, ""]];
}

/** One scene with the pixels that came for it: those of its generation. */
class Slices {
  constructor(scene) {
    this.position = null;
    this.index = {}; // of each plane: the slice that is drawn
    this._cuts = new Map(); // plane -> {index, layers: Map of layer -> {plane, slope, intercept}}
    this._volumes = new Map(); // layer -> {data, size, slope, intercept}
    this.setScene(scene);
  }

  /** Take what has changed of the scene without new pixels: colours, opacity, contrast. */
  setScene(scene) {
    this.scene = scene;
    this.views = new Map(scene.planes.map((view) => [view.name, view]));
    this._styles = scene.layers.map(lmStyle);
  }

  /** Take the cuts of a frame; returns the planes that they are of. */
  setFrame({ cuts }, buffer) {
    for (const { plane, index, layers } of cuts) {
      const width = this.views.get(plane)?.across.size;
      this._cuts.set(plane, { index, layers: new Map(layers.map((one) => [one.layer, {
        plane: { data: lmArray(buffer, one), first: 0, across: 1, down: width },
        slope: one.slope,
        intercept: one.intercept,
      }])) });
      this.index[plane] = index;
    }
    return cuts.map((cut) => cut.plane);
  }

  /** Take the volume of a layer, of which any plane is cut here from now on. */
  setVolume(part, buffer) {
    const { layer, size, slope, intercept } = part;
    this._volumes.set(layer, { data: lmArray(buffer, part), size, slope, intercept });
  }

  /** Whether every plane of what is drawn can be cut without the kernel. */
  get isWhole() {
    return this._volumes.size > 0
      && this.scene.layers.every((layer, n) => !layer.visible || this._volumes.has(n));
  }

  /** Whether both images are there that the flicker turns between. */
  get flickers() {
    const parts = new Set(this.scene.layers.map((one) => one.visible && this._isImage(one)));
    return this.scene.mode === "flicker" && parts.has("fixed") && parts.has("moving");
  }

  _isImage(layer) {
    return layer.kind === "image" && layer.part;
  }

  /** Name of the image of a part, for people. */
  nameOf(part) {
    return this.scene.layers.find((one) => this._isImage(one) === part)?.name ?? part;
  }

  /**
   * Layers of a plane as `compose` takes them, bottom first.
   * @param {string} name of the plane
   * @param {string} side "left" or "right" of what is shown side by side; "" for all
   * @param {string} part "fixed" or "moving" where only one is shown; "" for both
   * @param {Map<string, number[]>} windows limits by role that go before those of the scene
   */
  layersOf(name, side, part, windows) {
    const found = [];
    const view = this.views.get(name);
    for (let n = 0; n < this.scene.layers.length; n++) {
      const layer = this.scene.layers[n];
      if (!layer.visible || (side && layer.side && layer.side !== side)) continue;
      if (part && layer.part && layer.part !== part) continue;
      const pixels = this._pixels(n, name, view);
      if (!pixels) continue;
      const limits = windows.get(layer.role) ?? layer.limits;
      const { kind, blending, opacity, outline } = layer;
      found.push({ kind, blending, opacity, outline, limits, ...this._styles[n], ...pixels });
    }
    return found;
  }

  _pixels(n, name, view) {
    const index = this.index[name];
    const volume = this._volumes.get(n);
    if (volume && index !== undefined) {
      const { slope, intercept } = volume;
      return { plane: cutVolume(volume, view, index), slope, intercept };
    }
    const cut = this._cuts.get(name);
    return cut && cut.index === index ? cut.layers.get(n) : undefined;
  }
}
