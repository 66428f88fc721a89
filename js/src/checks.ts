/** Reads untrusted JSON piece by piece: each reader returns what it is asked for or says what is damaged. */

export class PayloadError extends Error {
  constructor(
    message: string,
    readonly next: string,
  ) {
    super(message);
  }
}

export type Json = Record<string, unknown>;

export const MANY = 2 ** 31 - 1;

export function damaged(what: string): never {
  throw new PayloadError(`The payload is damaged: ${what}.`, "Run the cell again.");
}

export function checkVersion({ version }: Json, what: string, newest: number): void {
  if (version === newest) return;
  const found = typeof version === "number" ? version : "unknown";
  throw new PayloadError(
    `The ${what} is of version ${found}, this widget reads up to ${newest}.`,
    "Update modelexport_nb and run the cell again.",
  );
}

export function object(value: unknown, name: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) damaged(`${name} is not an object`);
  return value as Json;
}

export function list(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) damaged(`${name} is not a list`);
  return value;
}

export function text(value: unknown, name: string): string {
  if (typeof value !== "string") damaged(`${name} is not a text`);
  return value;
}

export function texts(value: unknown, name: string): string[] {
  return list(value, name).map((item, i) => text(item, `${name}[${i}]`));
}

export function amount(value: unknown, name: string): number {
  if (typeof value !== "number" || !(value >= 0)) damaged(`${name} is not a count`);
  return value;
}

/** A whole number of `low <= n < high`. */
export function index(value: unknown, name: string, low: number, high: number): number {
  if (!Number.isInteger(value) || (value as number) < low || (value as number) >= high) {
    damaged(`${name} is ${String(value)}`);
  }
  return value as number;
}

/** A column of whole numbers, each of `low <= n < high`. */
export function indexes(value: unknown, name: string, length: number, low: number, high: number): Int32Array {
  const column = sized(value, name, length);
  const out = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const n = column[i];
    if (!Number.isInteger(n) || (n as number) < low || (n as number) >= high) damaged(`${name}[${i}] is ${String(n)}`);
    out[i] = n as number;
  }
  return out;
}

export function amounts(value: unknown, name: string, length: number): Float64Array {
  return Float64Array.from(sized(value, name, length), (n, i) => amount(n, `${name}[${i}]`));
}

/** A column of amounts where null stands for "not known"; decoded as NaN. */
export function someAmounts(value: unknown, name: string, length: number): Float64Array {
  return Float64Array.from(sized(value, name, length), (n, i) =>
    n === null ? Number.NaN : amount(n, `${name}[${i}]`),
  );
}

function sized(value: unknown, name: string, length: number): unknown[] {
  const column = list(value, name);
  if (column.length !== length) damaged(`${name} has ${column.length} entries, not ${length}`);
  return column;
}

/** A sparse column: the keys are numbers below `length`. Absent is empty. */
export function sparse<T>(value: unknown, name: string, length: number, read: (item: unknown, name: string) => T) {
  const out = new Map<number, T>();
  for (const [key, item] of Object.entries(object(value ?? {}, name))) {
    const where = `${name}[${key}]`;
    const at = Number(key);
    if (!Number.isInteger(at) || at < 0 || at >= length) damaged(`${where} is out of range`);
    out.set(at, read(item, where));
  }
  return out;
}
