/** The user's last action as the line of Python that does the same. */
import { computed } from "@preact/signals";
import { python } from "../format";
import { NONE, type State } from "./state";

export function pythonLine(state: State) {
  const { tree, action, selected, also, query, sort, columns, colorBy, tab, depth } = state;
  const widget = `${tree.variable}.widget`;
  const selection = () => {
    const keys = [selected.value, ...also.value].map((row) => python(tree.key[row]));
    return keys.length === 1 ? keys[0] : `[${keys.join(", ")}]`;
  };
  return computed(() => {
    switch (action.value) {
      case "find":
        return `${widget}.find(${python(query.value)})`;
      case "depth":
        return `${widget}.expand(depth=${depth.value.depth})`;
      case "columns":
        return `${widget}.columns = [${columns.value.map(python).join(", ")}]`;
      case "color_by":
        return `${widget}.color_by = ${python(colorBy.value)}`;
      case "sort":
        return `${widget}.sort = ${python(sort.value)}`;
      case "tab":
        return `${widget}.tab = ${python(tab.value)}`;
      default:
        return selected.value === NONE ? `${widget}.selected` : `${widget}.select(${selection()})`;
    }
  });
}
