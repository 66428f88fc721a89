/** The columns of the tree: their headers, which sort, and the choice of which are shown. */
import { COLUMNS, type Column, nextSort, parseSort } from "../columns";
import { Icon } from "./Icons";
import { headerKey } from "./listEvents";
import { Popover } from "./Popover";
import { STEP } from "./TreeRow";
import { quiet, type View } from "./view";

interface About {
  header: string;
  /** As the choice says it. */
  word: string;
  help: string;
  width: number;
}

const ABOUT: Record<Column, About> = {
  nodes: {
    header: "ONNX nodes",
    word: "ONNX nodes",
    help: "Bar: share of the parent; dark: made by the module itself, light: by its children",
    width: 98,
  },
  parameters: { header: "parameters", word: "parameters", help: "Numbers that the module owns", width: 80 },
  bytes: { header: "bytes", word: "bytes", help: "Bytes of its parameters and buffers", width: 80 },
  error: {
    header: "max |Δ|",
    word: "max |Δ| to PyTorch",
    help: "Largest absolute difference of its outputs to PyTorch's",
    width: 74,
  },
  evidence: {
    header: "evidence",
    word: "evidence",
    help: "Why its nodes stand where they stand; sorted, the least certain come first",
    width: 100,
  },
  share: { header: "share", word: "share of all nodes", help: "Share of all nodes of the model", width: 68 },
};

/** A name that is cut to less than this tells nothing. */
const NAME = 130;
/** Once columns have to go, the name gets its due; in a narrow tree it comes first. */
const GOOD_NAME = 220;
const NARROW = 470;
const EDGE = 12;

/** The chosen columns that fit into a tree of a certain width; at least one. */
export function fitting(chosen: Column[], width: number): Column[] {
  const room = (columns: Column[]) => columns.reduce((left, column) => left - ABOUT[column].width, width - EDGE);
  if (room(chosen) >= (width < NARROW ? GOOD_NAME : NAME)) return chosen;
  let count = chosen.length;
  while (count > 1 && room(chosen.slice(0, count)) < GOOD_NAME) count--;
  return chosen.slice(0, count);
}

/** How many levels of guides leave room for a name. */
export function levels(columns: Column[], width: number): number {
  const name = columns.reduce((left, column) => left - ABOUT[column].width, width - EDGE);
  return Math.max(4, Math.min(40, Math.floor((name - NAME - 20) / STEP)));
}

/** Whether the tree is so narrow that a name and a number is all there is. */
export const isSlim = (width: number) => width < 290;

export function template(columns: Column[], width: number): string {
  const widths = columns.map((column) => (isSlim(width) && column === "nodes" ? 46 : ABOUT[column].width));
  return ["minmax(0, 1fr)", ...widths.map((px) => `${px}px`)].join(" ");
}

const UNITS: ReadonlySet<Column> = new Set(["parameters", "bytes", "share"]);

export function Header({ view, columns, slim }: { view: View; columns: Column[]; slim: boolean }) {
  const { store } = view;
  const sorting = parseSort(store.sort.value);
  return (
    <div role="rowgroup" onKeyDown={(event) => headerKey(event, view)}>
      <div class="tr th" role="row" aria-rowindex={1}>
        <div role="columnheader">module</div>
        {columns.map((column) => {
          const sorted = sorting?.column === column;
          const { header, help } = ABOUT[column];
          return (
            <div
              key={column}
              class={`col ${column}${UNITS.has(column) ? " unit" : ""}`}
              role="columnheader"
              aria-sort={sorted ? (sorting.ascending ? "ascending" : "descending") : undefined}
            >
              <button
                type="button"
                tabIndex={-1}
                title={`${help}. Click to sort`}
                onClick={() => store.setSort(nextSort(store.sort.peek(), column))}
                {...quiet}
              >
                {sorted && <Icon name={sorting.ascending ? "up" : "down"} />}
                {slim && column === "nodes" ? "nodes" : header}
              </button>
            </div>
          );
        })}
      </div>
    </div>
  );
}

export function ColumnChoice({ view }: { view: View }) {
  const { tree, columns, setColumns } = view.store;
  const chosen = columns.value;
  const compared = tree.error.some((n) => !Number.isNaN(n));
  const toggle = (column: Column) => {
    setColumns(COLUMNS.filter((name) => chosen.includes(name) !== (name === column)));
  };
  return (
    <Popover view={view} name="columns" label="Columns" button={<Icon name="cols" />}>
      <fieldset class="pick">
        <legend>Columns</legend>
        {COLUMNS.map((column) => (
          <label key={column} class={column === "error" && !compared ? "q" : undefined}>
            <input
              type="checkbox"
              checked={chosen.includes(column)}
              disabled={column === "error" && !compared}
              onChange={() => toggle(column)}
              {...quiet}
            />
            {ABOUT[column].word}
            {column === "error" && !compared && ": not compared"}
          </label>
        ))}
      </fieldset>
    </Popover>
  );
}
