/** Names with `*` for any text, `?` for one character and `|` between alternatives. */

export interface Wanted {
  /** In lower case; several where the query has alternatives. */
  texts: string[];
  /** How long a name is at least that fits: by text. */
  least: number[];
  /** Taken as they are: no character has a meaning. */
  literal: boolean;
}

export function wanted(value: string, literal: boolean): Wanted {
  const text = value.toLowerCase();
  const texts = literal ? [text] : text.split("|").filter((part) => part !== "");
  return { texts, least: texts.map((part) => (literal ? part : part.replaceAll("*", "")).length), literal };
}

/** Whether a name (in lower case) is one of the wanted. */
export function isWanted({ texts, least, literal }: Wanted, name: string): boolean {
  return texts.some((text, at) => name.length >= least[at] && (literal ? text === name : globbed(text, name)));
}

/**
 * Compares from left to right and, where it fails, goes back to the last `*` only: never longer than the product of
 * the lengths, however many stars there are. A regular expression of the same would need ages for some.
 */
function globbed(pattern: string, name: string): boolean {
  let at = 0;
  let place = 0;
  let star = -1;
  let afterStar = 0;
  while (place < name.length) {
    if (pattern[at] === "*") {
      star = at++;
      afterStar = place;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[place])) {
      at++;
      place++;
    } else if (star >= 0) {
      at = star + 1;
      place = ++afterStar;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
