/** The word that a mistyped one most likely meant. */

/** The nearest of some words, at most two edits away (one in a short word) or beginning alike; null where none is. */
export function nearest(word: string, others: readonly string[]): string | null {
  const text = word.toLowerCase();
  let best: string | null = null;
  let least = Math.min(3, Math.ceil(text.length / 2));
  for (const other of others) {
    const apart = distance(other.toLowerCase(), text, least);
    if (apart < least) {
      least = apart;
      best = other;
    }
  }
  return best ?? beginsAlike(text, others);
}

/** The shortest word that goes on where the text ends, or that begins with the same three letters. */
function beginsAlike(text: string, others: readonly string[]): string | null {
  if (text.length < 2) return null;
  const shortest = (found: string[]) => found.sort((a, b) => a.length - b.length)[0] ?? null;
  const goesOn = others.filter((other) => other.toLowerCase().startsWith(text));
  if (goesOn.length > 0) return shortest(goesOn);
  return shortest(
    others.filter((other) => {
      const name = other.toLowerCase();
      return (
        (name.length > 1 && text.startsWith(name)) ||
        (text.length >= 4 && name.length >= 4 && name.slice(0, 4) === text.slice(0, 4))
      );
    }),
  );
}

/** Edits between two words, given up once it cannot be below `limit`. */
export function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const line = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      line[j] = Math.min(change, above[j] + 1, line[j - 1] + 1);
    }
    above = line;
  }
  return above[b.length];
}
