/** Sweeps as Python sends them. */
import { STATUSES, type Status } from "../src/sweep/payload";

export interface Job {
  status?: Status;
  nodes?: number | null;
  bytes?: number | null;
  seconds?: number | null;
  kept?: boolean;
  cause?: string;
  error?: string;
}

/** Three models by three variants; the last has no job in the middle. */
export const MODELS = ["bert-10", "bert-9", "<b>net</b>"];
export const VARIANTS = ["fx", "htp", "usage | based"];
const PLACES = [0, 1, 2, 3, 4, 5, 6, 8];

export const JOBS: Job[] = [
  { status: "ok", nodes: 10, bytes: 1000, seconds: 1 },
  { status: "ok", nodes: 12, bytes: 900, seconds: 2, kept: true },
  { status: "failed", cause: "a branch on data", error: "CaptureError", seconds: 0.5 },
  { status: "warned", nodes: 20, bytes: 50, seconds: 9, cause: "two nodes at the root" },
  { status: "warned", nodes: 20, bytes: 50, seconds: 9, cause: "two nodes at the root" },
  { status: "running" },
  {},
  { status: "skipped", cause: "the sweep ended before it ran" },
];

/** What changed, in columns. */
export function changes(jobs: Record<number, Job>, head: Record<string, unknown> = {}) {
  const numbers = Object.keys(jobs).map(Number);
  const column = <T>(read: (job: Job) => T) => numbers.map((number) => read(jobs[number]));
  const words = (read: (job: Job) => string | undefined) =>
    Object.fromEntries(numbers.flatMap((number) => (read(jobs[number]) ? [[String(number), read(jobs[number])]] : [])));
  return {
    at: 0,
    jobs: numbers,
    status: column(({ status = "waiting" }) => STATUSES.indexOf(status)),
    nodes: column(({ nodes = null }) => nodes),
    bytes: column(({ bytes = null }) => bytes),
    seconds: column(({ seconds = null }) => seconds),
    kept: numbers.filter((number) => jobs[number].kept),
    cause: words(({ cause }) => cause),
    error: words(({ error }) => error),
    running: true,
    cancelled: false,
    elapsed: 80,
    remaining: 125,
    notes: [],
    ...head,
  };
}

export function sweepOf(jobs = JOBS, head: Record<string, unknown> = {}) {
  return {
    version: 1,
    variable: "s",
    models: MODELS,
    variants: VARIANTS,
    model: PLACES.map((place) => Math.floor(place / 3)),
    variant: PLACES.map((place) => place % 3),
    names: { 7: "a name of its own" },
    now: changes({ ...jobs }, head),
  };
}

/** All that Python says of a job when it is asked. */
export const DETAIL = {
  name: "bert-10 / fx",
  cause: "",
  error: "",
  strategy: "fx",
  capture: "torch.export",
  opset: 20,
  nodes: 10,
  measures: { coverage: "10/10" },
  parity: "largest difference 1.2e-07",
  max_abs: 1.2e-7,
  bytes: 1000,
  versions: { torch: "2.13" },
  notes: ["The inputs were made."],
  seconds: 1,
  stages: { run: 0.25, capture: 0.5 },
  peak_bytes: 5e6,
  folder: "out/bert",
  attempt: 2,
  kept: false,
};
