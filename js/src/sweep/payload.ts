/** Decodes a sweep: where each job stands in the matrix, how it stands now, and what changes. */
import {
  amount,
  checkVersion,
  damaged,
  index,
  indexes,
  type Json,
  list,
  MANY,
  object,
  someAmounts,
  sparse,
  text,
  texts,
} from "../checks";
import { NONE } from "../store";

/** The newest sweep this widget reads. */
export const VERSION = 1;

export const STATUSES = ["waiting", "running", "ok", "warned", "failed", "skipped"] as const;
export type Status = (typeof STATUSES)[number];

/** Where each job stands in the matrix; job by job. */
interface Places {
  model: Int32Array;
  variant: Int32Array;
  name: string[];
}

/** How each job stands; what is not known is NaN. These change while the sweep runs. */
export interface Standing {
  status: Uint8Array;
  nodes: Float64Array;
  bytes: Float64Array;
  seconds: Float64Array;
  kept: Uint8Array;
  /** The beginning of it. */
  cause: Map<number, string>;
  error: Map<number, string>;
}

export interface Clock {
  running: boolean;
  cancelled: boolean;
  /** Null in a notebook that was saved without times. */
  elapsed: number | null;
  /** Null where that cannot be said yet. */
  remaining: number | null;
}

export interface Sweep extends Places {
  variable: string;
  models: string[];
  variants: string[];
  /** The job in each row and column, row by row; NONE where there is none. */
  at: Int32Array;
  byName: Map<string, number>;
  standing: Standing;
  now: Changes;
}

/** How jobs stand since version `at`. */
export interface Changes extends Clock {
  at: number;
  jobs: Int32Array;
  standing: Standing;
  notes: string[];
}

export const isSweep = (payload: unknown): boolean =>
  typeof payload === "object" && payload !== null && "variants" in payload;

export function decodeSweep(value: unknown): Sweep {
  const payload = object(value, "it");
  checkVersion(payload, "sweep", VERSION);
  const models = texts(payload.models, "models");
  const variants = texts(payload.variants, "variants");
  const count = list(payload.model, "model").length;
  const model = indexes(payload.model, "model", count, 0, models.length);
  const variant = indexes(payload.variant, "variant", count, 0, variants.length);
  const names = sparse(payload.names, "names", count, text);
  const name = Array.from({ length: count }, (_, i) => names.get(i) ?? `${models[model[i]]} / ${variants[variant[i]]}`);
  const at = new Int32Array(models.length * variants.length).fill(NONE);
  for (let job = 0; job < count; job++) at[model[job] * variants.length + variant[job]] = job;
  const now = decodeChanges(payload.now, count);
  const standing = blank(count);
  place(standing, now);
  return {
    variable: text(payload.variable, "variable"),
    models,
    variants,
    model,
    variant,
    name,
    at,
    byName: new Map(name.map((of, job) => [of, job])),
    standing,
    now,
  };
}

export function decodeChanges(value: unknown, count: number): Changes {
  const found = object(value, "now");
  const length = list(found.jobs, "jobs").length;
  const jobs = indexes(found.jobs, "jobs", length, 0, count);
  const kept = new Set(list(found.kept, "kept").map((job) => index(job, "kept", 0, count)));
  return {
    at: index(found.at, "at", 0, MANY),
    jobs,
    standing: {
      status: Uint8Array.from(indexes(found.status, "status", length, 0, STATUSES.length)),
      nodes: someAmounts(found.nodes, "nodes", length),
      bytes: someAmounts(found.bytes, "bytes", length),
      seconds: someAmounts(found.seconds, "seconds", length),
      kept: Uint8Array.from(jobs, (job) => Number(kept.has(job))),
      cause: sparse(found.cause, "cause", count, text),
      error: sparse(found.error, "error", count, text),
    },
    notes: texts(found.notes, "notes"),
    ...clock(found),
  };
}

function clock({ running, cancelled, elapsed, remaining }: Json): Clock {
  if (typeof running !== "boolean" || typeof cancelled !== "boolean") damaged("running is not a truth value");
  return {
    running: running as boolean,
    cancelled: cancelled as boolean,
    elapsed: elapsed === null ? null : amount(elapsed, "elapsed"),
    remaining: remaining === null ? null : amount(remaining, "remaining"),
  };
}

const blank = (count: number): Standing => ({
  status: new Uint8Array(count),
  nodes: new Float64Array(count).fill(Number.NaN),
  bytes: new Float64Array(count).fill(Number.NaN),
  seconds: new Float64Array(count).fill(Number.NaN),
  kept: new Uint8Array(count),
  cause: new Map(),
  error: new Map(),
});

/** Writes how jobs stand where it belongs; the jobs that stood otherwise. */
export function place(to: Standing, { jobs, standing: from }: Changes): number[] {
  const changed = new Set<number>();
  jobs.forEach((job, i) => {
    for (const column of ["status", "nodes", "bytes", "seconds", "kept"] as const) {
      if (!Object.is(to[column][job], from[column][i])) changed.add(job);
      to[column][job] = from[column][i];
    }
    for (const column of ["cause", "error"] as const) {
      const word = from[column].get(job);
      if (word !== to[column].get(job)) changed.add(job);
      if (word === undefined) to[column].delete(job);
      else to[column].set(job, word);
    }
  });
  return [...changed];
}
