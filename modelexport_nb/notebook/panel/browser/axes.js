// Tensors with a box to tick for each of their axes.
function render({ model, el }) {
  const id = `modelexport-axes-${Math.random()}`; // every view has a script of its own: none can count them all
  el.classList.add("axes");
  const label = el.appendChild(document.createElement("span"));
  const group = el.appendChild(document.createElement("div"));
  label.className = "widget-label";
  label.id = id;
  group.className = "table";
  group.setAttribute("role", "group");
  group.setAttribute("aria-labelledby", id);
  group.addEventListener("change", () => {
    const boxes = [...group.querySelectorAll("input:checked")];
    model.set(
      "ticked",
      boxes.map(({ dataset }) => [dataset.name, Number(dataset.axis)]),
    );
    model.save_changes();
  });

  const rows = () => {
    label.textContent = model.get("label");
    group.replaceChildren(...model.get("rows").map(row));
    update();
  };
  const update = () => {
    const ticked = new Set(model.get("ticked").map(([name, axis]) => `${axis} ${name}`));
    for (const box of group.querySelectorAll("input")) {
      box.checked = ticked.has(`${box.dataset.axis} ${box.dataset.name}`);
      box.disabled = model.get("disabled");
    }
  };
  rows();
  model.on("change:rows change:label", rows);
  model.on("change:ticked change:disabled", update);
  return () => {
    model.off("change:rows change:label", rows);
    model.off("change:ticked change:disabled", update);
  };
}

function row({ name, about, axes }) {
  const line = document.createElement("div");
  line.append(text("span", name, "name"), text("span", about, "about"));
  for (let axis = 0; axis < axes; axis += 1) {
    const option = line.appendChild(document.createElement("label"));
    const box = option.appendChild(document.createElement("input"));
    box.type = "checkbox";
    box.dataset.name = name;
    box.dataset.axis = String(axis);
    option.append(text("span", `${name}, axis `, "unseen"), String(axis));
  }
  return line;
}

function text(tag, content, className) {
  return Object.assign(document.createElement(tag), { textContent: content, className });
}

export default { render };
