// Runs the model beside the page, so that the page answers while it computes.
//
// Gets { id, load: config } once and { id, run: { values, shape, target } } after that; gives { id, result } or
// { id, error }, and { loaded, total } in bytes while it loads.

import { asFloats, asType } from "./elements.js";

let ort;
let session;
let config;

self.onmessage = async ({ data }) => {
  try {
    const result = data.load ? await load(data.load) : await run(data.run);
    self.postMessage({ id: data.id, result });
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error?.message ?? error) });
  }
};

async function load(given) {
  config = given;
  const files = [config.files.model, ...config.files.weights.map((weight) => weight.file)];
  const progress = { loaded: 0, total: config.files.bytes };
  ort = await import(new URL(config.files.runtime, import.meta.url).href);
  ort.env.wasm.numThreads = 1; // more threads need headers that a plain web server does not send
  const [model, ...weights] = await Promise.all(files.map((file) => fetched(file, progress)));
  session = await ort.InferenceSession.create(model, {
    executionProviders: ["wasm"],
    logSeverityLevel: 3, // errors only: what it warns of is for who made the model
    externalData: config.files.weights.map(({ location }, index) => ({ path: location, data: weights[index] })),
  });
}

async function fetched(file, progress) {
  const response = await fetch(new URL(file, import.meta.url));
  if (!response.ok) {
    throw new Error(`the server answers ${response.status} for ${file}`);
  }
  const parts = [];
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) {
      return new Uint8Array(await new Blob(parts).arrayBuffer());
    }
    parts.push(value);
    progress.loaded += value.length;
    self.postMessage(progress);
  }
}

async function run({ values, shape, target }) {
  const feeds = {
    [config.input_name]: new ort.Tensor(config.input_type, asType(values, config.input_type), shape),
  };
  if (session.inputNames.includes(config.target_input)) { // a single score leaves nothing to choose
    feeds[config.target_input] = new ort.Tensor("int64", BigInt64Array.of(BigInt(target)), [1]);
  }
  const wanted = [config.map_output, config.class_output, config.score_output].filter(Boolean);
  const outputs = await session.run(feeds, wanted);
  const floats = (name) => asFloats(outputs[name].data, outputs[name].type);
  return {
    map: floats(config.map_output),
    index: Number(outputs[config.class_output].data[0]),
    scores: config.score_output ? floats(config.score_output) : null,
  };
}
