// A picture as the model's input: what onnxcam.imaging's tensor does, number by number.

import { frame, resizedSize } from "./framing.js";
import { resize } from "./resampling.js";
import { roundHalfEven } from "./rounding.js";

// `picture` is { height, width, pixels }, its pixels RGBA; `config` is config.json's. Gives { values, shape, geometry },
// the values float32 and with a batch axis.
export function toTensor(picture, config) {
  const spec = config.preprocess;
  const order = config.channels === 1 ? "gray" : spec.channel_order;
  const geometry = frame(spec, [picture.height, picture.width], [config.height, config.width]);
  const channels = order === "gray" ? 1 : 3;
  const pixels = placed(picture, spec, geometry, order, channels);
  const [height, width] = geometry.input;
  const values = config.layout === "NHWC" ? scaled(pixels, spec, channels, (at) => at) : planes(pixels, spec, channels);
  const shape = config.layout === "NHWC" ? [1, height, width, channels] : [1, channels, height, width];
  return { values, shape, geometry };
}

function planes(pixels, spec, channels) {
  const size = pixels.length / channels;
  return scaled(pixels, spec, channels, (at, channel) => channel * size + (at - channel) / channels);
}

// (x * scale - mean) / std, each step in float32.
function scaled(pixels, spec, channels, placeOf) {
  const one = (numbers, channel) => Math.fround(numbers[numbers.length === 1 ? 0 : channel]);
  const scale = Math.fround(spec.scale);
  const result = new Float32Array(pixels.length);
  for (let channel = 0; channel < channels; channel++) {
    const mean = one(spec.mean, channel);
    const std = one(spec.std, channel);
    for (let at = channel; at < pixels.length; at += channels) {
      result[placeOf(at, channel)] = Math.fround(Math.fround(pixels[at] * scale) - mean) / std;
    }
  }
  return result;
}

// The picture in the model's input, height x width x channels, 0..255: resized whole, then cut, then padded.
function placed(picture, spec, geometry, order, channels) {
  const size = resizedSize(geometry);
  const whole = resize(channelsOf(picture, order), geometry.original, size, channels, spec.interpolation);
  const { box, placement } = geometry;
  const [rows, columns] = geometry.input;
  const result = new Uint8ClampedArray(rows * columns * channels);
  const pad = Array.isArray(spec.pad) ? spec.pad : Array(channels).fill(spec.pad);
  for (let at = 0; at < result.length; at++) {
    result[at] = pad[at % channels];
  }
  const top = roundHalfEven((box.top * size[0]) / geometry.original[0]);
  const left = roundHalfEven((box.left * size[1]) / geometry.original[1]);
  const length = (placement.right - placement.left) * channels;
  for (let row = 0; row < placement.bottom - placement.top; row++) {
    const from = ((top + row) * size[1] + left) * channels;
    const to = ((placement.top + row) * columns + placement.left) * channels;
    result.set(whole.subarray(from, from + length), to);
  }
  return result;
}

// RGBA as RGB, BGR, or the luma that Pillow makes.
function channelsOf({ height, width, pixels }, order) {
  const count = height * width;
  if (order === "gray") {
    const luma = new Uint8ClampedArray(count);
    for (let i = 0, at = 0; i < count; i++, at += 4) {
      luma[i] = (pixels[at] * 19595 + pixels[at + 1] * 38470 + pixels[at + 2] * 7471 + 32768) >> 16;
    }
    return luma;
  }
  const [first, last] = order === "bgr" ? [2, 0] : [0, 2];
  const result = new Uint8ClampedArray(count * 3);
  for (let to = 0, at = 0; to < result.length; to += 3, at += 4) {
    result[to] = pixels[at + first];
    result[to + 1] = pixels[at + 1];
    result[to + 2] = pixels[at + last];
  }
  return result;
}
