// Runs model.onnx, which lies beside this page, once.

import * as ort from "./runtime/ort.wasm.bundle.min.mjs";

const ARRAYS = {
  bool: Uint8Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
};

window.run = async ({ inputs, outputs, weights }) => {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(await bytes("model.onnx"), {
    executionProviders: ["wasm"],
    logSeverityLevel: 3, // warnings about initializers and the like are no trouble
    externalData: await Promise.all(
      weights.map(async (path, index) => ({ path, data: await bytes(`${index}.weights`) })),
    ),
  });
  const feeds = {};
  for (const [index, { name, type, shape }] of inputs.entries()) {
    feeds[name] = new ort.Tensor(type, new ARRAYS[type]((await bytes(`${index}.input`)).buffer), shape);
  }
  const found = await session.run(feeds, outputs ?? session.outputNames);
  await session.release();
  return Promise.all(Object.entries(found).map(told));
};

async function bytes(file) {
  const response = await fetch(file);
  return new Uint8Array(await response.arrayBuffer());
}

async function told([name, { type, dims, data }]) {
  const url = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(new Blob([data]));
  });
  return { name, type, shape: dims, data: url.slice(url.indexOf(",") + 1) };
}
