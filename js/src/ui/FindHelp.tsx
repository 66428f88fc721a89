/** The grammar of the find box, by examples out of the model itself. A click on one searches for it. */
import { examples } from "../find/examples";
import { Popover } from "./Popover";
import { Link } from "./parts";
import type { View } from "./view";

export function FindHelp({ view }: { view: View }) {
  return (
    <Popover view={view} name="find" label="How to find" class="help" button={<span class="key">?</span>}>
      <Grammar view={view} />
    </Popover>
  );
}

function Grammar({ view }: { view: View }) {
  const { tree } = view.store;
  const { op, cls, path, evidence, error, parameters, from, to } = examples(tree);
  return (
    <>
      <dl>
        <Example view={view} query={cls.toLowerCase()} means="at the end of a path, in a class or an operator" />
        <Example view={view} query={`op:${op}`} means="operator" />
        <Example view={view} query={`class:${cls}`} means="class of the module" />
        <Example view={view} query={`path:${path}.*`} means="path; * is any text, ? one character" />
        <Example view={view} query={evidence} means="evidence; a|b is either" />
        <Example view={view} query={error} means="error of the call; also < >= <= =" />
        {tree.totals.parameters > 0 && (
          <Example view={view} query={parameters} means="with everything inside; also bytes, nodes" />
        )}
        {tree.nodes.reads.length > 0 && (
          <>
            <Example view={view} query={`${from} -> ${to}`} means="operators along the data flow" />
            <Example view={view} query={`${from} -> * -> ${to}`} means="* is exactly one operator" />
            <Example view={view} query={`${from} -> ** -> ${to}`} means="** is none to eight" />
          </>
        )}
        <Example view={view} query={`class:${cls} nodes>1`} means="all must hold" />
        <Example view={view} query={`class:"${cls}"`} means="in quotes no character has a meaning" />
      </dl>
      <p class="q">Upper and lower case are alike. Enter steps to the next match.</p>
    </>
  );
}

/** Searches for what is offered, and lets the user go on typing. */
export function use(event: MouseEvent, { store, popover }: View, query: string): void {
  const box = (event.currentTarget as HTMLElement).closest("search");
  popover.value = null;
  store.setQuery(query);
  box?.querySelector("input")?.focus();
}

function Example({ view, query, means }: { view: View; query: string; means: string }) {
  return (
    <div>
      <dt>
        <Link onClick={(event) => use(event, view, query)}>
          <bdi>{query}</bdi>
        </Link>
      </dt>
      <dd>{means}</dd>
    </div>
  );
}
