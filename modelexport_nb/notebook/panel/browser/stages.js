// The bar in stages. The kernel says which stage began; seconds pass here, where nothing keeps them waiting.
const TICK = 200; // ms
const NAMED = 8; // stages whose names fit beside each other
const CHECK = '<svg class="i" viewBox="0 0 16 16" aria-hidden="true"><path d="M3.5 8.5l3 3 6-7"/></svg>';

function render({ model, el }) {
  el.classList.add("stages");
  el.innerHTML = '<div class="bar" role="progressbar" aria-valuemin="0"><div class="track"></div></div>';
  const bar = el.firstElementChild;
  const track = bar.firstElementChild;
  const list = el.appendChild(document.createElement("ol"));
  const said = el.appendChild(document.createElement("span"));
  list.setAttribute("aria-hidden", "true"); // the bar and the words below say it
  said.className = "unseen";
  said.setAttribute("role", "status");

  let seconds = []; // of the stages that ended while this view was there
  let begun = performance.now();
  let before = -1;

  const plan = () => {
    const names = model.get("names");
    const usual = model.get("usual");
    el.style.setProperty("--stages", usual.map((width) => `minmax(var(--least), ${width}fr)`).join(" "));
    el.classList.toggle("many", names.length > NAMED);
    track.replaceChildren(...names.map(() => document.createElement("b")));
    for (const part of track.children) part.appendChild(document.createElement("i"));
    list.replaceChildren(...names.map(() => document.createElement("li")));
    bar.setAttribute("aria-label", model.get("label"));
    bar.setAttribute("aria-valuemax", String(names.length));
  };
  const move = () => {
    const at = model.get("at");
    const now = performance.now();
    if (at <= 0) seconds = [];
    else if (before === at - 1) seconds[before] = (now - begun) / 1000;
    begun = now;
    before = at;
    draw();
    const name = model.get("names")[at];
    if (name) said.textContent = `${name}, ${at + 1} of ${model.get("names").length}`;
    bar.setAttribute("aria-valuenow", String(Math.max(at, 0)));
    bar.setAttribute("aria-valuetext", said.textContent);
  };
  const draw = () => {
    const at = model.get("at");
    const names = model.get("names");
    const running = (performance.now() - begun) / 1000;
    names.forEach((name, number) => {
      const state = number < at ? "done" : number === at ? "now" : "todo";
      const part = track.children[number];
      part.className = state;
      const share = model.get("known") ? Math.min(running / model.get("usual")[number], 0.95) : 0;
      part.firstElementChild.style.width = state === "now" ? `${100 * share}%` : "";
      const item = list.children[number];
      item.className = number < names.length / 2 ? state : `${state} late`;
      const took = state === "now" ? running : seconds[number];
      item.innerHTML = state === "done" ? CHECK : "";
      item.append(name);
      if (took !== undefined) item.appendChild(time(took));
    });
  };

  plan();
  move();
  const timer = setInterval(() => model.get("at") >= 0 && draw(), TICK);
  model.on("change:names change:usual change:label", plan);
  model.on("change:names change:at", move);
  return () => {
    clearInterval(timer);
    model.off("change:names change:usual change:label", plan);
    model.off("change:names change:at", move);
  };
}

function time(seconds) {
  const element = document.createElement("span");
  element.className = "mono";
  element.textContent = ` ${seconds.toFixed(1)} s`;
  return element;
}

export default { render };
