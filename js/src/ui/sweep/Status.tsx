/** Where a job stands: colour and mark. */
import type { Status } from "../../sweep/payload";
import { Icon, type IconName } from "../Icons";

const ICONS: Record<Status, IconName> = {
  waiting: "ring",
  running: "play",
  ok: "check",
  warned: "warn",
  failed: "cross",
  skipped: "minus",
};

export function StatusIcon({ status }: { status: Status }) {
  return <Icon name={ICONS[status]} kind={`st ${status}`} />;
}
