"""Colours of pixels, against the same rules in floating point."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.views.notebook.host import module

if TYPE_CHECKING:
    from collections.abc import Callable

END = """
window.drawn = (text) => {
  const kinds = { u1: Uint8Array, i2: Int16Array, u2: Uint16Array };
  const { width, height, layers } = JSON.parse(text);
  const made = layers.map((layer) => {
    const bytes = Uint8Array.from(atob(layer.bytes), (one) => one.charCodeAt(0));
    const data = new kinds[layer.dtype](bytes.buffer);
    return { ...layer, plane: { data, first: 0, across: 1, down: width },
      ...lmStyle({ ...layer, colours: layer.table }) };
  });
  const out = new Uint32Array(width * height).fill(0x12345678);
  compose(out, width, height, made);
  return btoa(String.fromCharCode(...new Uint8Array(out.buffer)));
};
export default { render() { return () => {}; } };
"""

SHAPE = (23, 31)
TINTS = {
    "gray": (1.0, 1.0, 1.0),
    "green": (0.0, 1.0, 0.0),
    "magenta": (1.0, 0.0, 1.0),
    "#2080ff": (32 / 255, 128 / 255, 1.0),
    "#ff0080": (1.0, 0.0, 128 / 255),
}


@pytest.fixture
def draw(open_host: Callable[..., Any]) -> Callable[..., Any]:
    """Draw layers in the page: RGBA of each pixel."""
    host = open_host(text=module(("raster.js",), END), views=0)

    def drawn(layers: list[dict[str, Any]]) -> Any:
        wired = []
        for layer in layers:
            data = np.ascontiguousarray(layer["data"])
            packed = base64.b64encode(data.tobytes()).decode()
            rest = {name: value for name, value in layer.items() if name != "data"}
            wired.append({**rest, "dtype": data.dtype.str[1:], "bytes": packed})
        height, width = layers[0]["data"].shape if layers else SHAPE
        text = json.dumps({"width": width, "height": height, "layers": wired})
        raw = base64.b64decode(host.page.evaluate("text => drawn(text)", text))
        return np.frombuffer(raw, np.uint8).reshape(height, width, 4)

    return drawn


def truth(layers: list[dict[str, Any]]) -> Any:
    """The rules, pixel by pixel in floats, 0 to 255."""
    out = np.zeros((*SHAPE, 3))
    for layer in layers:
        data, opacity = layer["data"].astype(float), layer["opacity"]
        if layer["kind"] == "image":
            low, high = layer["limits"]
            values = data * layer["slope"] + layer["intercept"]
            part = np.clip((values - low) / (high - low), 0, 1)
            rgb = part[..., None] * np.array(TINTS[layer["colormap"]])
            if layer["blending"] == "additive":
                out = np.minimum(1, out + rgb * opacity)
            else:
                out = out * (1 - opacity) + rgb * opacity
            continue
        codes = layer["data"].astype(int)
        for one in layer["labels"]:
            here = (codes == one["index"]) & (not one["hidden"])
            if layer["outline"]:
                here &= edge(codes)
            out[here] = out[here] * (1 - opacity) + np.array(one["colour"]) / 255 * opacity
    return out * 255


def edge(codes: Any) -> Any:
    """Pixels one of whose four neighbours in the picture has another code."""
    found = np.zeros(codes.shape, bool)
    for row, column in np.ndindex(*codes.shape):
        for down, across in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            r, c = row + down, column + across
            if 0 <= r < codes.shape[0] and 0 <= c < codes.shape[1]:
                found[row, column] |= codes[r, c] != codes[row, column]
    return found


def image(data: Any, **how: Any) -> dict[str, Any]:
    usual = {"slope": 1.0, "intercept": 0.0, "limits": [-200, 800], "colormap": "gray"}
    blended = {"blending": "translucent_no_depth", "opacity": 1.0}
    return {"kind": "image", "data": data, **usual, **blended, **how}


def labels(**how: Any) -> dict[str, Any]:
    codes = np.zeros(SHAPE, np.uint8)
    codes[4:15, 5:20], codes[10:, 15:], codes[0:4, 0:3] = 1, 2, 3
    told = [
        {"index": n, "colour": rgb, "hidden": False}
        for n, rgb in enumerate([(230, 159, 0), (86, 180, 233), (0, 0, 0)], 1)
    ]
    return {"kind": "labels", "data": codes, "labels": told, "opacity": 1.0, "outline": False} | how


RANDOM = np.random.default_rng(3)
SIGNED = RANDOM.integers(-1000, 2000, SHAPE).astype(np.int16)
BYTES = RANDOM.integers(0, 256, SHAPE).astype(np.uint8)
WIDE = RANDOM.integers(0, 65536, SHAPE).astype(np.uint16)
SCALED = {"slope": 0.02, "intercept": -300.0}

CASES = {
    "signed": [image(SIGNED)],
    "bytes": [image(BYTES, limits=[10, 200])],
    "scaled": [image(WIDE, **SCALED)],
    "falling": [image(WIDE, slope=-0.02, intercept=700.0)],
    "tinted": [image(SIGNED, colormap="#2080ff")],
    "two colours": [
        image(SIGNED, colormap="green", blending="additive"),
        image(WIDE, colormap="magenta", blending="additive", **SCALED),
    ],
    "sums that run over": [
        image(SIGNED, blending="additive"),
        image(WIDE, colormap="#2080ff", blending="additive", opacity=0.8, **SCALED),
        image(BYTES, blending="additive", limits=[0, 100]),
    ],
    "overlay": [image(SIGNED), image(WIDE, opacity=0.3, **SCALED)],
    "one hides another": [image(SIGNED), image(WIDE, **SCALED)],
    "faint alone": [image(SIGNED, opacity=0.4)],
    "filled labels": [image(SIGNED), labels(opacity=0.2)],
    "outlines": [image(SIGNED), labels(outline=True)],
    "faint outlines": [image(SIGNED), labels(outline=True, opacity=0.5)],
    "labels alone": [labels()],
}


@pytest.mark.parametrize("layers", CASES.values(), ids=CASES)
def test_layers_are_composed_by_the_rules(draw: Any, layers: list[dict[str, Any]]) -> None:
    drawn = draw(layers)
    assert np.abs(drawn[..., :3] - truth(layers)).max() <= len(layers) * 0.8
    assert (drawn[..., 3] == 255).all()


STEPS = [step / 100 for step in range(101)]
"""Opacities of the slider."""


def test_white_over_white_is_white_at_every_opacity(draw: Any) -> None:
    white = image(np.full((2, 2), 200, np.uint8), limits=[0, 100])
    darkest = {opacity: draw([white, white | {"opacity": opacity}]).min() for opacity in STEPS}
    assert darkest == dict.fromkeys(STEPS, 255)


def test_an_image_over_another_is_their_mean_at_every_opacity(draw: Any) -> None:
    under, over = (image(RANDOM.integers(0, 256, SHAPE).astype(np.uint8)) for _ in range(2))
    both = [under | {"limits": [0, 255]}, over | {"limits": [0, 255], "colormap": "#ff0080"}]
    for opacity in STEPS:
        both[1]["opacity"] = opacity
        # levels of the colour are whole numbers, too: half a one for that
        assert np.abs(draw(both)[..., :3] - truth(both)).max() <= 1.5, opacity


def test_hidden_and_unknown_codes_are_clear(draw: Any) -> None:
    layer = labels()
    layer["labels"][0]["hidden"] = True
    layer["data"][20:22, 0:2] = 9  # a code that no label has
    drawn = draw([image(SIGNED), layer])
    below = draw([image(SIGNED)])
    clear = (layer["data"] == 1) | (layer["data"] == 9)
    assert (drawn[clear] == below[clear]).all()
    assert (drawn[layer["data"] == 2][:, :3] == (86, 180, 233)).all()
    assert (drawn[layer["data"] == 3][:, :3] == 0).all()  # a black label hides what is below it


def test_a_table_of_colours_is_followed(draw: Any) -> None:
    table = [[n, 255 - n, n // 2] for n in range(256)]
    data = np.arange(256, dtype=np.uint8).reshape(16, 16)
    layer = image(data, colormap="inferno", table=table, limits=[0, 255])
    assert draw([layer])[..., :3].reshape(-1, 3).tolist() == table


def test_nothing_to_draw_is_black(draw: Any) -> None:
    assert (draw([]) == (0, 0, 0, 255)).all()


def test_limits_that_meet_make_a_threshold(draw: Any) -> None:
    drawn = draw([image(SIGNED, limits=[100, 100])])[..., 0]
    assert (drawn[SIGNED > 100] == 255).all() and (drawn[SIGNED < 100] == 0).all()
