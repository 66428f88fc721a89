/** What stands in place of the widget when it cannot be drawn: cause, then next step. */
import { PayloadError } from "../payload";
import { ROOT } from "./root";

export interface Failure {
  failure: string;
  next: string;
}

export function asFailure(error: unknown): Failure {
  if (error instanceof PayloadError) return { failure: error.message, next: error.next };
  const cause = error instanceof Error ? error.message : String(error);
  return { failure: `${cause.replace(/\.?$/, ".")}`, next: "Run the cell again." };
}

export function FailureMessage({ failure, next }: Failure) {
  return (
    <section class={ROOT} role="alert">
      <div class="msg err">
        <b>The tree could not be drawn.</b> {failure} <span class="q">{next}</span>
      </div>
    </section>
  );
}
