/** Draws the widget without Jupyter, for looking at it: `npm run dev`. Options stand in the address: ?dark&width=1000&rows=4000&nodes=10000&wild&views=2&file=payload.json; ?compare=3&nodes=10000 compares so many columns, with &only&baseline=1 */
import widget from "../src/index";
import { largeComparison } from "../tests/comparePayloads";
import { mockModel } from "../tests/mockModel";
import { miniLM, payloadOf, synthetic } from "../tests/payloads";

const options = new URLSearchParams(location.search);
const dark = options.has("dark");
document.body.dataset.jpThemeLight = String(!dark);
document.body.classList.toggle("dark", dark);

/** Names that a hostile or careless model may have. */
const wild = () =>
  payloadOf(
    {
      name: "",
      cls: '<b>Net</b> & "Co"',
      children: [
        { name: "<img src=x onerror=alert(1)>", cls: "A".repeat(300), params: 12, ops: [["MatMul", "f32 1×2", 3]] },
        { name: "x".repeat(10000), cls: "Linear", params: 1e12, ops: [["Add", "f32 1×2", 3]] },
        { name: "\u202egnp.exe\nline two", cls: "שלום", ops: [["Add", "f32 batch×sequence×hidden×heads×9999"]] },
        { name: "🦊🐻", cls: "", reason: `folded into ${"y".repeat(400)}` },
        { name: "", cls: "Empty", reason: "never called", call: -1 },
        { name: "shared", cls: "Linear", ops: [["MatMul", "f32 2×2", 1]] },
        { name: "shared", cls: "Linear", call: 1, ops: [["MatMul", "f32 2×2", 1]] },
        {
          name: "other.path",
          cls: "Linear",
          absolute: true,
          children: [{ name: "inner", cls: "Tanh", ops: [["Tanh", "f32 1", 1]] }],
        },
      ],
    },
    {
      notes: [
        "The first note.",
        "A second <i>note</i> that is a good deal longer than the first one and goes on for a while.",
      ],
      parity: { status: "bad", text: "max |Δ| 2.4e-02, first at encoder.layer.3.output.dense", help: "", row: 2 },
    },
  );

/** A chain of modules, each in the one before. */
const deep = () => {
  let module: Parameters<typeof payloadOf>[0] = { name: "leaf", cls: "Linear", ops: [["MatMul", "f32 1", 1]] };
  for (let n = 999; n > 0; n--) module = { name: `inner_${n}`, cls: "Block", children: [module] };
  return payloadOf({ name: "", cls: "Deep", children: [module] });
};

const payload = options.has("file")
  ? await (await fetch(options.get("file") as string)).json()
  : options.has("compare")
    ? largeComparison(Number(options.get("nodes") ?? 300), Number(options.get("compare") || 3))
    : options.has("rows")
      ? synthetic(Number(options.get("rows")), Number(options.get("nodes")))
      : options.has("deep")
        ? deep()
        : options.has("wild")
          ? wild()
          : options.has("broken")
            ? { version: 3 }
            : miniLM();

/** What a kernel would answer, by "column:index", with &details=answers.json. */
const answers = options.has("details") ? await (await fetch(options.get("details") as string)).json() : {};

const detail = (index: number) => ({
  name: `/encoder/layer.0/attention/self/Cast_${index}`,
  op: "Cast",
  domain: "",
  inputs: [
    { name: "bitwise_and_1", type: "bool 2×1×10×10", parameter: null },
    { name: "val_7", type: "f32 384×384", parameter: "encoder.layer.0.attention.self.query.weight" },
  ],
  outputs: [{ name: "_to_copy_1", type: "f32 2×1×10×10" }],
  attributes: [{ name: "to", value: "1", type: "INT" }],
  evidence: "trace",
  confidence: 1,
  source: "transformers/models/bert/modeling_bert.py:192",
  also: [1, 2, 3, 4, 5].map((n) => `encoder.layer.${n}.attention.self`),
});

const traits = {
  selected: options.get("selected"),
  tab: options.get("tab") ?? "nodes",
  color_by: options.get("colour") ?? "none",
  columns: (options.get("columns") ?? "nodes,parameters,bytes,error").split(","),
  sort: options.get("sort") ?? "",
  query: options.get("query") ?? "",
  depth: options.has("depth") ? Number(options.get("depth")) : null,
  only_differences: options.has("only"),
  ...(options.has("baseline") && { baseline: Number(options.get("baseline")) }),
};

const host = document.getElementById("host") as HTMLElement;
host.style.width = `${options.get("width") ?? 1000}px`;
const marks: Record<string, number> = {};
Object.assign(window, { marks });

for (let n = 0; n < Number(options.get("widgets") ?? 1); n++) {
  const mock = mockModel(payload, traits);
  const { model } = mock;
  model.send = ({ id, index, column }: { id: number; index: number; column?: number }) => {
    const known = answers[`${column}:${index}`] ?? detail(index);
    if (!options.has("nokernel"))
      setTimeout(() => mock.fire("msg:custom", { kind: "node", id, index, detail: known }), 40);
  };
  const { signal } = new AbortController();
  const start = performance.now();
  const instance = widget();
  const shared = { model, signal, experimental: {} as never };
  await instance.initialize(shared);
  for (let v = 0; v < Number(options.get("views") ?? 1); v++) {
    const el = document.createElement("div");
    el.className = "view";
    host.append(el);
    await instance.render({ ...shared, el, host: {} as never });
  }
  Object.assign(window, { model });
  marks[`draw ${n}`] = performance.now() - start;
}
