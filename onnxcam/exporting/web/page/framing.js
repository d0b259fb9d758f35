// Which part of a picture fills the model's input: what onnxcam.imaging's framing and geometry do, number by number.
//
// A size is [height, width]. A geometry is { original, box, input, placement }: the `box` of the original picture, in
// its pixels, becomes `placement` in the input. Boxes are { left, top, right, bottom }, right and bottom exclusive.

import { ShownError } from "./errors.js";
import { roundHalfEven } from "./rounding.js";

const PIXEL_LIMIT = 2 ** 28;

// The geometry that the settings `spec` give a picture; `model` is the size that the model takes, null where any.
export function frame(spec, original, model) {
  const [resized, final] = sizes(spec, original, complete(model, original));
  const geometry = centred(spec, original, resized, final);
  if (model.some((side, axis) => side !== null && side !== geometry.input[axis])) {
    throw new ShownError(
      `This picture of ${text(original)} becomes ${text(geometry.input)}, and the model takes ${text(model)} ` +
        "(height x width). Try a picture of another shape.",
    );
  }
  return geometry;
}

function complete([height, width], original) {
  if (height !== null && width !== null) {
    return [height, width];
  }
  if (height !== null) {
    return [height, Math.max(1, roundHalfEven((original[1] * height) / original[0]))];
  }
  if (width !== null) {
    return [Math.max(1, roundHalfEven((original[0] * width) / original[1])), width];
  }
  return null;
}

// The picture's size after resizing, and that of the frame around its middle.
function sizes(spec, original, wanted) {
  const outer = spec.size ?? (spec.crop && enlarged(spec.crop, spec.crop_ratio)) ?? wanted ?? original;
  switch (spec.resize) {
    case "none":
      return [original, spec.crop ?? original];
    case "fit": {
      const resized = fitting(original, spec.size ?? original);
      return [resized, resized];
    }
    case "letterbox":
      return [within(original, outer), spec.crop ?? outer];
    case "stretch":
      return [outer, spec.crop ?? outer];
    default: {
      const final = spec.crop ?? wanted ?? spec.size;
      if (final === null) {
        return [original, original];
      }
      return [covering(original, spec.size ?? enlarged(final, spec.crop_ratio)), final];
    }
  }
}

function enlarged(size, ratio) {
  return size.map((side) => roundHalfEven(side / ratio));
}

function covering([height, width], [rows, columns]) {
  const whole = rows === columns ? Math.floor : roundHalfEven;
  if (rows * width >= columns * height) {
    return [rows, Math.max(columns, whole((width * rows) / height))];
  }
  return [Math.max(rows, whole((height * columns) / width)), columns];
}

function fitting(original, size) {
  const short = Math.min(...original);
  const long = Math.max(...original);
  const limit = Math.max(...size);
  let wanted = Math.min(...size);
  if ((long / short) * wanted > limit) {
    wanted = (limit * short) / long;
  }
  const lesser = Math.max(1, roundHalfEven(wanted));
  const greater = Math.max(1, Math.trunc((wanted * long) / short));
  return original[0] <= original[1] ? [lesser, greater] : [greater, lesser];
}

function within([height, width], [rows, columns]) {
  const scale = Math.min(rows / height, columns / width);
  return [
    Math.min(rows, Math.max(1, roundHalfEven(height * scale))),
    Math.min(columns, Math.max(1, roundHalfEven(width * scale))),
  ];
}

function centred(spec, original, resized, final) {
  if (spec.resize !== "letterbox" && (final[0] > resized[0] || final[1] > resized[1])) {
    throw new ShownError(
      `This picture is too small: ${text(final)} is cut out of ${text(resized)} (height x width). Try a larger one.`,
    );
  }
  if (resized[0] * resized[1] > PIXEL_LIMIT) {
    throw new ShownError(`This picture is too long and thin: it becomes ${text(resized)} (height x width). Cut it first.`);
  }
  const down = centredSide(original[0], resized[0], final[0]);
  const across = centredSide(original[1], resized[1], final[1]);
  return {
    original,
    box: { left: across.seen[0], top: down.seen[0], right: across.seen[1], bottom: down.seen[1] },
    input: final,
    placement: { left: across.placed[0], top: down.placed[0], right: across.placed[1], bottom: down.placed[1] },
  };
}

// Along one side: what is seen of the original, and where it lies in the frame.
function centredSide(original, resized, final) {
  if (resized <= final) {
    const start = Math.floor((final - resized) / 2);
    return { seen: [0, original], placed: [start, start + resized] };
  }
  const start = roundHalfEven((resized - final) / 2);
  const scale = original / resized;
  return { seen: [start * scale, Math.min(original, (start + final) * scale)], placed: [0, final] };
}

// Size of the whole picture at the scale of the model's input.
export function resizedSize({ original, box, placement }) {
  const down = (placement.bottom - placement.top) / (box.bottom - box.top);
  const across = (placement.right - placement.left) / (box.right - box.left);
  return [roundHalfEven(original[0] * down), roundHalfEven(original[1] * across)];
}

// The original's pixels whose centres the model sees, as a box of whole numbers; never empty.
export function seenPixels({ box }) {
  const [left, right] = coveredPixels(box.left, box.right);
  const [top, bottom] = coveredPixels(box.top, box.bottom);
  return { left, top, right, bottom };
}

function coveredPixels(start, stop) {
  const first = Math.ceil(start - 0.5);
  const last = Math.ceil(stop - 0.5);
  if (last > first) {
    return [first, last];
  }
  const middle = Math.floor((start + stop) / 2);
  return [middle, middle + 1];
}

function text(size) {
  return size.map((side) => side ?? "any").join(" x ");
}
