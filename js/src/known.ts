/** What is made when it is first asked for, and kept. */

interface Store<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

/** An entry of a map, made where there is none. */
export function ensure<K, V>(map: Store<K, V>, key: K, make: () => V): V {
  let found = map.get(key);
  if (found === undefined) {
    found = make();
    map.set(key, found);
  }
  return found;
}

/** Makes something of an object once, and keeps it as long as the object. */
export function once<K extends object, V>(make: (of: K) => V): (of: K) => V {
  const made = new WeakMap<K, V>();
  return (of) => ensure(made, of, () => make(of));
}
