// Pixels: planes of voxels become colours. Pure functions on typed arrays; nothing is allocated for
// a pixel, and colours are handled whole, as 0xAABBGGRR.

const LM_BLACK = 0xff000000;

/**
 * Colours of an image from black to white value, as many as a byte counts.
 * @param {string} colormap "gray", "green", "magenta", "#rrggbb", or a name that comes with colours
 * @param {number[][]} [colours] 256 of [red, green, blue], 0 to 255
 * @param {number} share of each colour that is drawn, 0 to 1
 * @returns {Uint32Array}
 */
function lmRamp(colormap, colours, share) {
  const ramp = new Uint32Array(256);
  const [red, green, blue] = lmTint(colormap);
  for (let level = 0; level < 256; level++) {
    const own = colours ? colours[level] : [level * red, level * green, level * blue];
    ramp[level] = lmPack(own[0] * share, own[1] * share, own[2] * share);
  }
  return ramp;
}

/** The colour of white in a colormap, each channel 0 to 1. */
function lmTint(colormap) {
  if (colormap === "green") return [0, 1, 0];
  if (colormap === "magenta") return [1, 0, 1];
  if (!colormap.startsWith("#")) return [1, 1, 1];
  return [1, 3, 5].map((at) => parseInt(colormap.slice(at, at + 2), 16) / 255);
}

/**
 * How a layer of a scene is coloured, as `compose` takes it: made once, for all its planes.
 * @returns {object} of labels `{colours}`; of an image `{ramp, faint}`, where `faint` holds the
 *   layer's share of each colour
 */
function lmStyle({ kind, labels, colormap, colours, opacity }) {
  if (kind === "labels") return { colours: lmCodeColours(labels ?? []) };
  const ramp = lmRamp(colormap, colours, 1);
  return { ramp, faint: opacity < 1 ? lmRamp(colormap, colours, opacity) : ramp };
}

/** Pack red, green and blue, 0 to 255 each, into one opaque colour. */
function lmPack(red, green, blue) {
  return (LM_BLACK | Math.round(blue) << 16 | Math.round(green) << 8 | Math.round(red)) >>> 0;
}

/**
 * Colours of label codes; 0 for what is not drawn, as the background.
 * @param {{index: number, colour: number[], hidden: boolean}[]} labels
 * @returns {Uint32Array}
 */
function lmCodeColours(labels) {
  const most = labels.reduce((top, label) => Math.max(top, label.index), 0);
  const table = new Uint32Array(most + 1);
  for (const { index, colour, hidden } of labels)
    if (index > 0 && !hidden) table[index] = lmPack(...colour);
  return table;
}

/**
 * What turns a stored value into a level of its ramp: level = stored * gain + shift, clipped.
 * @returns {[number, number]} gain and shift, with the half that rounding down wants
 */
function lmLevels(limits, slope, intercept) {
  const range = limits[1] - limits[0];
  const scale = 255 / (range > 0 ? range : 1e-9 * Math.max(1, Math.abs(limits[0])));
  return [slope * scale, (intercept - limits[0]) * scale + 0.5];
}

/**
 * Draw an image as the first layer of a picture: what was there is gone.
 *
 * A plane is `{data, first, across, down}`: the array, the index of the pixel at the top left, and
 * how far it is to the next pixel and to the next row; so planes are cut out of volumes and
 * flipped without copying them.
 * @param {Uint32Array} out
 */
function lmFill(out, width, height, plane, ramp, gain, shift) {
  const { data, first, across, down } = plane;
  let to = 0;
  for (let row = 0; row < height; row++) {
    let at = first + row * down;
    for (let column = 0; column < width; column++, at += across) {
      const level = data[at] * gain + shift;
      out[to++] = ramp[level > 0 ? (level < 255 ? level | 0 : 255) : 0];
    }
  }
}

/** Add an image to a picture; the ramp holds its share already. */
function lmAdd(out, width, height, plane, ramp, gain, shift) {
  const { data, first, across, down } = plane;
  let to = 0;
  for (let row = 0; row < height; row++) {
    let at = first + row * down;
    for (let column = 0; column < width; column++, at += across, to++) {
      const level = data[at] * gain + shift;
      const own = ramp[level > 0 ? (level < 255 ? level | 0 : 255) : 0];
      const under = out[to];
      let pair = (under & 0xff00ff) + (own & 0xff00ff);
      let green = (under & 0xff00) + (own & 0xff00);
      // a channel that ran over has set the bit above it, and is filled from there
      const over = pair & 0x1000100;
      pair = (pair | over - (over >>> 8)) & 0xff00ff;
      if (green > 0xff00) green = 0xff00;
      out[to] = LM_BLACK | pair | green;
    }
  }
}

/**
 * Lay an image over a picture.
 *
 * What is left of the picture and what comes of the image are shares of one whole and rounded as
 * one: rounded apart, white over white would run over into black.
 * @param {number} share of the image, of 256
 */
function lmLayOver(out, width, height, plane, ramp, gain, shift, share) {
  const { data, first, across, down } = plane;
  const rest = 256 - share;
  let to = 0;
  for (let row = 0; row < height; row++) {
    let at = first + row * down;
    for (let column = 0; column < width; column++, at += across, to++) {
      const level = data[at] * gain + shift;
      const own = ramp[level > 0 ? (level < 255 ? level | 0 : 255) : 0];
      const under = out[to];
      const pair = (Math.imul(under & 0xff00ff, rest) + Math.imul(own & 0xff00ff, share)
        + 0x800080 >>> 8) & 0xff00ff;
      const green = (Math.imul(under & 0xff00, rest) + Math.imul(own & 0xff00, share)
        + 0x8000 >>> 8) & 0xff00;
      out[to] = LM_BLACK | pair | green;
    }
  }
}

/**
 * Lay labels over a picture.
 * @param {Uint32Array} colours of the codes; codes beyond them, and those of colour 0, stay clear
 * @param {number} share of their colour, of 256
 * @param {boolean} outline whether only pixels with another code beside them are drawn
 */
function lmLabel(out, width, height, plane, colours, share, outline) {
  const { data, first, across, down } = plane;
  const rest = 256 - share, lastColumn = width - 1, lastRow = height - 1;
  for (let row = 0; row < height; row++) {
    let at = first + row * down;
    let to = row * width;
    for (let column = 0; column < width; column++, at += across, to++) {
      const code = data[at];
      if (code === 0 || code >= colours.length) continue;
      const own = colours[code];
      if (own === 0) continue;
      if (outline
        && (column === 0 || data[at - across] === code)
        && (column === lastColumn || data[at + across] === code)
        && (row === 0 || data[at - down] === code)
        && (row === lastRow || data[at + down] === code)) continue;
      if (rest === 0) {
        out[to] = own;
        continue;
      }
      const under = out[to];
      const pair = (Math.imul(under & 0xff00ff, rest) + Math.imul(own & 0xff00ff, share)
        + 0x800080 >>> 8) & 0xff00ff;
      const green = (Math.imul(under & 0xff00, rest) + Math.imul(own & 0xff00, share)
        + 0x8000 >>> 8) & 0xff00;
      out[to] = LM_BLACK | pair | green;
    }
  }
}

/**
 * Lay layers over each other, the bottom one first.
 *
 * @param {Uint32Array} out width * height colours, which are all written
 * @param {object[]} layers images `{kind: "image", plane, slope, intercept, limits, ramp, faint,
 *   blending, opacity}` and labels `{kind: "labels", plane, colours, opacity, outline}`; see
 *   `lmFill` for planes and `lmStyle` for colours.
 */
function compose(out, width, height, layers) {
  let bare = true;
  for (const layer of layers) {
    const { plane } = layer;
    const share = Math.round(layer.opacity * 256);
    if (layer.kind === "labels") {
      if (bare) out.fill(LM_BLACK);
      if (share > 0) lmLabel(out, width, height, plane, layer.colours, share, layer.outline);
    } else {
      const [gain, shift] = lmLevels(layer.limits, layer.slope, layer.intercept);
      const { ramp, faint } = layer;
      if (bare || (share === 256 && layer.blending !== "additive"))
        lmFill(out, width, height, plane, faint, gain, shift);
      else if (layer.blending === "additive")
        lmAdd(out, width, height, plane, faint, gain, shift);
      else lmLayOver(out, width, height, plane, ramp, gain, shift, share);
    }
    bare = false;
  }
  if (bare) out.fill(LM_BLACK);
}

/**
 * Cut a plane out of a volume without copying it.
 * @param {{data: object, size: number[]}} volume axes (k, j, i)
 * @param {object} view how the plane lies on the screen, as a scene tells it
 * @param {number} index of the slice
 * @returns {object} a plane, see `lmFill`
 */
function cutVolume({ data, size }, view, index) {
  const strides = [size[1] * size[2], size[2], 1];
  const far = (axis) => (axis.step < 0 ? strides[axis.axis] * (axis.size - 1) : 0);
  const next = (axis) => strides[axis.axis] * (axis.step < 0 ? -1 : 1);
  const { across, down, through } = view;
  return {
    data,
    first: index * strides[through.axis] + far(across) + far(down),
    across: next(across),
    down: next(down),
  };
}
