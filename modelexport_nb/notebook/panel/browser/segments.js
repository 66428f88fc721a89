// A choice in a row: native radio buttons, so that arrows move and a screen reader tells group, name and state.
function render({ model, el }) {
  const id = `modelexport-segments-${Math.random()}`; // every view has a script of its own: none can count them all
  el.classList.add("segments");
  const label = append(el, "span", { id: `${id}-label`, className: "widget-label" });
  const field = append(el, "div", { className: "field" });
  const group = append(field, "div", { className: "seg" });
  const hint = append(field, "span", { id: `${id}-hint`, className: "hint" });
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-labelledby", label.id);
  group.setAttribute("aria-describedby", hint.id);
  group.addEventListener("change", (event) => {
    model.set("value", event.target.value);
    model.save_changes();
  });

  const options = () => {
    group.replaceChildren();
    for (const value of model.get("options")) {
      const option = append(group, "label");
      append(option, "input", { type: "radio", name: id, value });
      append(option, "span", { textContent: value });
    }
    update();
  };
  const update = () => {
    label.textContent = model.get("label");
    hint.textContent = model.get("hint");
    for (const input of group.querySelectorAll("input")) {
      input.checked = input.value === model.get("value");
      input.disabled = model.get("disabled");
    }
  };
  options();
  model.on("change:options", options);
  model.on("change:label change:hint change:value change:disabled", update);
  return () => {
    model.off("change:options", options);
    model.off("change:label change:hint change:value change:disabled", update);
  };
}

const append = (parent, tag, properties = {}) =>
  parent.appendChild(Object.assign(document.createElement(tag), properties));

export default { render };
