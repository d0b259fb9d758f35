// Numbers as the model's element types, and back.

const HALF = new Float32Array(1);
const HALF_BITS = new Uint32Array(HALF.buffer);

// float32 values in the array that ONNX Runtime takes for `type`.
export function asType(values, type) {
  switch (type) {
    case "float16":
      return Uint16Array.from(values, toHalf);
    case "float64":
      return Float64Array.from(values);
    case "uint8":
      return Uint8ClampedArray.from(values); // rounds half to even, and clips
    default:
      return values;
  }
}

// What ONNX Runtime gives, as float32; where a browser has no array of halves, their bits come as whole numbers.
export function asFloats(data, type) {
  return type === "float16" && data instanceof Uint16Array ? Float32Array.from(data, fromHalf) : Float32Array.from(data);
}

function toHalf(value) {
  HALF[0] = value;
  const bits = HALF_BITS[0];
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent >= 31) {
    return sign | 0x7c00 | (Number.isNaN(value) ? 0x200 : 0);
  }
  if (exponent <= 0) {
    return sign | roundedShift(fraction | 0x800000, 14 - exponent);
  }
  return sign | roundedShift((exponent << 23) | fraction, 13);
}

// Shifts right and rounds to nearest, half to even; a carry runs into the exponent, as it should.
function roundedShift(bits, count) {
  if (count > 25) {
    return 0;
  }
  const kept = bits >>> count;
  const rest = bits & (2 ** count - 1);
  const half = 2 ** (count - 1);
  return kept + (rest > half || (rest === half && kept & 1) ? 1 : 0);
}

function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) {
    return sign * fraction * 2 ** -24;
  }
  if (exponent === 31) {
    return fraction ? NaN : sign * Infinity;
  }
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
