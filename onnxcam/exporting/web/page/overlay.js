// A map of the model's input, laid back over the original picture: what onnxcam.imaging's geometry and overlays do.

import { seenPixels } from "./framing.js";
import { roundHalfEven } from "./rounding.js";

// The map in colour, RGBA and as large as the picture; transparent where the model never looked.
export function heat(map, geometry, colours) {
  const seen = seenPixels(geometry);
  const { box, placement } = geometry;
  const rows = places(seen.top, seen.bottom, box.top, box.bottom, placement.top, placement.bottom);
  const columns = places(seen.left, seen.right, box.left, box.right, placement.left, placement.right);
  const [height, width] = geometry.original;
  const result = new Uint8ClampedArray(height * width * 4);
  const line = new Float32Array(geometry.input[1]);
  rows.forEach((row, y) => {
    mixRows(line, map, geometry.input[1], row);
    let at = ((seen.top + y) * width + seen.left) * 4;
    for (const { lower, upper, weight } of columns) {
      const value = Math.fround(line[lower] * (1 - weight)) + Math.fround(line[upper] * weight);
      const level = 3 * roundHalfEven(Math.min(1, Math.max(0, value)) * 255);
      result[at++] = colours[level];
      result[at++] = colours[level + 1];
      result[at++] = colours[level + 2];
      result[at++] = 255;
    }
  });
  return result;
}

// For each pixel from `start` to `stop` of the original: the map's two neighbours along this axis and how they mix.
function places(start, stop, boxStart, boxStop, first, end) {
  const scale = end - first;
  return Array.from({ length: stop - start }, (_, i) => {
    const wanted = ((start + i + 0.5 - boxStart) * scale) / (boxStop - boxStart) - 0.5;
    const place = Math.min(scale - 1, Math.max(0, wanted));
    const lower = Math.floor(place);
    return { lower: first + lower, upper: first + Math.min(lower + 1, scale - 1), weight: Math.fround(place - lower) };
  });
}

function mixRows(line, map, width, { lower, upper, weight }) {
  for (let x = 0; x < width; x++) {
    line[x] = Math.fround(map[lower * width + x] * (1 - weight)) + Math.fround(map[upper * width + x] * weight);
  }
}

// Where the map is strongest, in words; null where it is zero everywhere.
export function strongest(map, [height, width]) {
  let peak = 0;
  for (let i = 1; i < map.length; i++) {
    peak = map[i] > map[peak] ? i : peak;
  }
  if (!(map[peak] > 0)) {
    return null;
  }
  const third = (place, size) => Math.min(2, Math.floor((3 * (place + 0.5)) / size));
  const down = third(Math.floor(peak / width), height);
  const across = third(peak % width, width);
  return [
    ["at the upper left", "at the top", "at the upper right"],
    ["at the left", "in the middle", "at the right"],
    ["at the lower left", "at the bottom", "at the lower right"],
  ][down][across];
}
