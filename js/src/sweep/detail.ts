/** All that the kernel knows of a job, as it says it. */
import { type Json, list, object } from "../checks";

export interface JobDetail {
  cause: string;
  error: string;
  strategy: string;
  capture: string;
  opset: number | null;
  nodes: number | null;
  measures: [name: string, value: string][];
  parity: string;
  max_abs: number | string | null;
  bytes: number | null;
  versions: [name: string, version: string][];
  notes: string[];
  seconds: number | null;
  stages: [stage: string, seconds: number][];
  peak_bytes: number | null;
  folder: string;
  attempt: number;
  kept: boolean;
}

/** Pairs come as objects. */
export function decodeDetail(value: unknown): JobDetail {
  const job = object(value, "job");
  const pairs = <T>(of: unknown) => Object.entries(object(of, "job") as Json) as [string, T][];
  return {
    ...(job as unknown as JobDetail),
    measures: pairs<string>(job.measures),
    versions: pairs<string>(job.versions),
    stages: pairs<number>(job.stages),
    notes: list(job.notes, "notes").map(String),
  };
}
