// The page: a picture in, the best classes and their maps out. It asks the model in model.js and keeps what it said.

import { Classes } from "./classes.js";
import { ShownError } from "./errors.js";
import { showFacts } from "./facts.js";
import { showSamples, takeFiles } from "./files.js";
import { Model } from "./model.js";
import { readPicture } from "./picture.js";
import { decided, nameOf, ranked, unranked } from "./scores.js";
import { toTensor } from "./tensor.js";
import { Viewer } from "./viewer.js";

const byId = (id) => document.getElementById(id);

let config;
let model;
let viewer;
let classes;
let current = null; // the picture shown: { name, tensor, answers: class -> what the model said }
let pictures = 0; // counts what was asked for, so that of several answers the last one's is shown
let picks = 0;
let running = 0;

async function start() {
  byId("unserved").hidden = true;
  byId("page").hidden = false;
  const response = await fetch("config.json");
  if (!response.ok) {
    throw new ShownError(`The page's config.json cannot be loaded: the server answers ${response.status}.`);
  }
  config = await response.json();
  showFacts(config);
  viewer = new Viewer(config);
  classes = new Classes(config, pickClass);
  byId("save").addEventListener("click", () => attempt(save, () => true));
  model = new Model(config, showProgress);
  takeFiles(explainFile, showError);
  showSamples(config.files.samples, explainFile, showError);
  byId("choose").disabled = false;
  say("Loading the model …");
  await model.ready;
  byId("progress").hidden = true;
  if (pictures === 0) {
    say("Ready. Choose a picture.");
  }
  document.documentElement.dataset.ready = "true";
}

function explainFile(file) {
  const number = ++pictures;
  return attempt((isLatest) => explain(file, isLatest), () => number === pictures);
}

function pickClass(index) {
  const number = ++picks;
  const shown = current;
  return attempt((isLatest) => pick(index, shown, isLatest), () => number === picks && shown === current);
}

// Reads a picture, and shows the best classes and the map of the predicted one.
async function explain(file, isLatest) {
  say(`Reading ${file.name} …`);
  const picture = await readPicture(file);
  const tensor = toTensor(picture, config);
  if (!isLatest()) {
    return;
  }
  current = { name: file.name, tensor, answers: new Map() };
  byId("invitation").hidden = true;
  byId("controls").hidden = false;
  byId("actions").hidden = false;
  classes.show([]);
  viewer.showPicture(picture, file.name);
  say("The model is looking …");
  const answer = await model.run(tensor, -1);
  if (!isLatest()) {
    return;
  }
  current.answers.set(answer.index, answer);
  if (answer.scores?.length === 1) {
    classes.show(decided(answer.scores[0], answer.index, config.score_scale));
  } else if (answer.scores) {
    classes.show(ranked(answer.scores, config.score_scale));
  } else {
    classes.show(unranked(answer.index, config), 1);
  }
  showAnswer(answer);
}

// Shows the map of another class of the same picture.
async function pick(index, shown, isLatest) {
  if (!shown.answers.has(index)) {
    say(`Looking for ${nameOf(config, index)} …`);
    shown.answers.set(index, await model.run(shown.tensor, index));
  }
  if (isLatest()) {
    showAnswer(shown.answers.get(index));
  }
}

function showAnswer(answer) {
  const name = nameOf(config, answer.index);
  const place = viewer.showMap(answer.map, current.tensor.geometry, name);
  classes.choose(answer.index);
  say(
    place === null
      ? `Nothing in this picture speaks for ${name} at this layer: its map is zero everywhere.`
      : `The overlay shows what speaks for ${name}.`,
  );
}

async function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await viewer.toBlob());
  link.download = `${current.name.replace(/\.[^.]*$/, "")}.overlay.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// Does one thing that may fail, and says so in words; `isLatest` tells whether it still matters.
async function attempt(action, isLatest) {
  byId("error").hidden = true;
  setRunning(running + 1);
  try {
    await action(isLatest);
  } catch (error) {
    if (isLatest()) {
      showError(wordsOf(error));
    }
  } finally {
    setRunning(running - 1);
  }
}

function setRunning(count) {
  running = count;
  byId("answers").setAttribute("aria-busy", String(count > 0));
}

function wordsOf(error) {
  return error instanceof ShownError ? error.message : `Something went wrong: ${error?.message ?? error}`;
}

function showProgress(loaded, total) {
  const progress = byId("progress");
  progress.hidden = false;
  progress.max = total;
  progress.value = loaded;
}

function showError(text) {
  say("");
  byId("error").textContent = text;
  byId("error").hidden = false;
}

function say(text) {
  byId("status").textContent = text;
}

start().catch((error) => {
  byId("progress").hidden = true;
  showError(wordsOf(error));
});
