import type { SecretDescription } from "../aws/secrets-manager.ts";
import type { Examination } from "../report/examination.ts";
import { AWSCURRENT, AWSPENDING, holderOf, type StagingLabels } from "../staging-labels.ts";

/** Milliseconds. A secret that changed within this time may be rotating: four steps of 30 s. */
const ROTATING_MS = 120_000;

export function isUnderWay({ labels, changed }: SecretDescription): boolean {
  const pending = holderOf(labels, AWSPENDING);
  const age = Date.now() - (changed?.getTime() ?? 0);
  return pending !== undefined && pending !== holderOf(labels, AWSCURRENT) && age < ROTATING_MS;
}

export function noteRotating({ note }: Examination, { labels }: SecretDescription, cause: string): void {
  const pending = holderOf(labels, AWSPENDING);
  note("labels", {
    status: "warning",
    milliseconds: 0,
    cause,
    remedy:
      "Run preflight again in two minutes: meanwhile its logins and its plan would be those of another moment.",
    details: pending === undefined ? [] : [`AWSPENDING is on version ${pending}`],
  });
}

/** Whether the staging labels of a secret have moved between two descriptions. */
export function haveMoved(before: SecretDescription, after: SecretDescription): boolean {
  return labelText(after.labels) !== labelText(before.labels);
}

function labelText(labels: StagingLabels): string {
  const sorted = Object.entries(labels).map(([id, names]) => [id, ...[...names].sort()]);
  return JSON.stringify(sorted.sort());
}
