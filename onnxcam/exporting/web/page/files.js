// The ways in which a picture comes: chosen, dropped, pasted, or one of the page's own.

// Calls `onFile` with each picture file that arrives, and `onOther` with a sentence when something else does.
export function takeFiles(onFile, onOther) {
  const input = document.getElementById("file");
  const drop = document.getElementById("drop");
  const choose = () => input.click();
  document.getElementById("choose").addEventListener("click", choose);
  document.getElementById("another").addEventListener("click", choose);
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) {
      onFile(file);
    }
    input.value = ""; // so that the same file can be chosen again
  });
  takeDrops(drop, onFile, onOther);
  document.addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files ?? [];
    if (file) {
      event.preventDefault();
      onFile(file);
    }
  });
}

// All of the page takes drops: a file that misses the frame would otherwise replace the page.
function takeDrops(drop, onFile, onOther) {
  let depth = 0;
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    drop.classList.toggle("over", depth > 0);
  };
  document.addEventListener("dragenter", () => mark(1));
  document.addEventListener("dragleave", () => mark(-1));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    const [file] = event.dataTransfer.files;
    if (file) {
      onFile(file);
    } else {
      onOther("What was dropped is not a file. Save the picture first, then drop the file.");
    }
  });
}

// Buttons for the pictures that came with the page.
export function showSamples(samples, onFile, onOther) {
  const list = document.getElementById("sample-list");
  for (const { file, name } of samples) {
    const image = document.createElement("img");
    image.src = file;
    image.alt = "";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sample";
    button.setAttribute("aria-label", `Explain ${name}`);
    button.append(image);
    button.addEventListener("click", async () => {
      try {
        const response = await fetch(file);
        onFile(new File([await response.blob()], name));
      } catch {
        onOther(`The picture ${name} cannot be loaded. Choose one of your own.`);
      }
    });
    const item = document.createElement("li");
    item.append(button);
    list.append(item);
  }
  document.getElementById("samples").hidden = samples.length === 0;
}
