// What is shown, and where it is from.

export function showFacts(config) {
  document.title = config.title;
  document.getElementById("title").textContent = config.title;
  const size = [config.height, config.width].map((side) => side ?? "any").join(" x ");
  const facts = [
    ["Model", config.source_name],
    ["SHA-256", config.source_sha256.slice(0, 12), config.source_sha256],
    ["Layer", config.layer],
    ["Method", config.method],
    ["Input", `${config.input_name}, ${size} (height x width)`],
    ["Runs on", `ONNX Runtime Web ${config.files.runtime_version}`],
    ["Made with", `onnxcam ${config.onnxcam}`],
  ];
  document.getElementById("facts").replaceChildren(...facts.map(pair));
  const notes = document.getElementById("notes");
  notes.replaceChildren(...config.notes.map((note) => element("li", `Note: ${note}`)));
  notes.hidden = config.notes.length === 0;
}

function pair([name, text, whole]) {
  const group = document.createElement("div");
  const value = element("dd", text);
  if (whole) {
    value.title = whole;
  }
  group.append(element("dt", name), value);
  return group;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
