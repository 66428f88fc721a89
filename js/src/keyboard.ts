/** The keys of the tree and of the node list: which key means what, apart from what it does. */

/** Type-ahead ends after this pause. */
const PAUSE = 500;

/** Where a moving key leads in a list of `count` rows, or null for another key. */
export function moved(key: string, at: number, count: number, page: number): number | null {
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: count - 1, PageUp: at - page, PageDown: at + page }[
    key
  ];
  return to === undefined ? null : Math.max(0, Math.min(count - 1, to));
}

/** A key held with a modifier belongs to the browser or the notebook. */
export const modified = (event: KeyboardEvent) => event.ctrlKey || event.metaKey || event.altKey;

/** Keeps a handled key from the page and from the notebook around the widget. */
export function taken(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

/** Collects letters typed in quick succession. */
export function createTypeAhead(now: () => number = () => performance.now()) {
  let typed = "";
  let last = Number.NEGATIVE_INFINITY;
  const running = () => now() - last < PAUSE;
  return {
    running,
    /** The text so far with this letter. */
    push(letter: string): string {
      typed = running() ? typed + letter : letter;
      last = now();
      return typed;
    },
  };
}

/** The next place whose name begins with the text, round and round; a new first letter leaves the current row. */
export function typeAhead(names: (place: number) => string, count: number, at: number, text: string): number | null {
  const wanted = text.toLowerCase();
  const skip = text.length === 1 ? 1 : 0;
  for (let i = 0; i < count; i++) {
    const place = (at + skip + i) % count;
    if (names(place).toLowerCase().startsWith(wanted)) return place;
  }
  return null;
}

export const isLetter = (event: KeyboardEvent) => event.key.length === 1 && event.key !== " ";
