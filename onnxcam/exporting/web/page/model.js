// The model, from the page's side: one question after the other to the worker that runs it.

import { ShownError } from "./errors.js";

export class Model {
  #worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  #waiting = new Map();
  #next = 0;

  // `onProgress` gets bytes loaded and bytes in all.
  constructor(config, onProgress) {
    this.#worker.onmessage = ({ data }) => {
      if (data.id === undefined) {
        onProgress(data.loaded, data.total);
        return;
      }
      const { resolve, reject } = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.error === undefined) {
        resolve(data.result);
      } else {
        reject(new Error(data.error));
      }
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#waiting.forEach(({ reject }) => reject(new Error(event.message || "its script cannot be started")));
      this.#waiting.clear();
    };
    this.ready = this.#ask({ load: config }).catch((error) => {
      throw new ShownError(`The model cannot be loaded: ${sentence(error.message)}`);
    });
  }

  // { map, index, scores } of one input, for the class `target`; -1 is the predicted one.
  async run({ values, shape }, target) {
    await this.ready;
    try {
      return await this.#ask({ run: { values, shape, target } });
    } catch (error) {
      throw new ShownError(`The model failed on this picture: ${sentence(error.message)}`);
    }
  }

  #ask(message) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...message });
    });
  }
}

function sentence(text) {
  const line = text.trim().replace(/\s+/g, " ");
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
