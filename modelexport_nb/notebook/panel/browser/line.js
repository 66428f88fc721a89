// A line of code and the button that copies it.
const COPY = '<rect x="5.5" y="5.5" width="8" height="8" rx="1"/><path d="M3.5 10.5h-1v-8h8v1"/>';
const CHECK = '<path d="M3.5 8.5l3 3 6-7"/>';

// JupyterLab's shortcuts reach a select or a button in an output, where "b" inserts a cell. It looks for this mark on
// the focused element alone, and ipywidgets' controls do not bear it.
function initialize() {
  const mark = ({ target }) => {
    if (target.closest?.(".modelexport-panel .controls")) target.setAttribute("data-lm-suppress-shortcuts", "true");
  };
  document.addEventListener("focusin", mark);
  return () => document.removeEventListener("focusin", mark);
}

function render({ model, el }) {
  el.classList.add("line");
  const code = el.appendChild(document.createElement("code"));
  const note = el.appendChild(document.createElement("span"));
  const button = el.appendChild(document.createElement("button"));
  note.className = "hint";
  button.type = "button";
  button.className = "copy";
  let timer;

  const show = (path, label) => {
    button.innerHTML = `<svg class="i" viewBox="0 0 16 16" aria-hidden="true">${path}</svg>`;
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  const update = () => {
    code.replaceChildren(
      ...model
        .get("text")
        .split(/( )/)
        .map((part) => (part === " " ? part : word(part))),
    );
    code.title = model.get("text");
    note.textContent = model.get("note");
    code.hidden = button.hidden = model.get("note") !== "";
    note.hidden = model.get("note") === "";
    show(COPY, model.get("label"));
  };
  button.addEventListener("click", async () => {
    if (!(await copy(model.get("text"), button))) return;
    show(CHECK, "Copied");
    clearTimeout(timer);
    timer = setTimeout(update, 1200);
  });
  update();
  model.on("change:text change:note change:label", update);
  return () => {
    clearTimeout(timer);
    model.off("change:text change:note change:label", update);
  };
}

// Lines break between words, not after the hyphens of an option.
function word(text) {
  return Object.assign(document.createElement("span"), { textContent: text, className: "word" });
}

// A page served without https has no clipboard; the old command still works there.
async function copy(text, beside) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const field = beside.parentElement.appendChild(document.createElement("textarea"));
  field.value = text;
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  beside.focus();
  return done;
}

export default { initialize, render };
