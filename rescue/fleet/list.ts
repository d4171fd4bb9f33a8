import { styleText } from "node:util";
import type { Screen } from "../screen.ts";
import { describeFleet } from "../secrets-manager.ts";
import type { ListOptions } from "./options.ts";
import { progressBar } from "./progress.ts";
import { isWrong, type State, type Status, statusOf, worstFirst } from "./status.ts";

/** @returns the exit status. */
export async function list(
  { functionArn, onlyWrong, json }: ListOptions,
  screen: Screen,
  now: Date = new Date(),
): Promise<number> {
  const fleet = await describeFleet(functionArn, progressBar());
  const all = fleet.map((secret) => statusOf(secret, now)).sort(worstFirst);
  const shown = onlyWrong ? all.filter(isWrong) : all;
  if (json) {
    screen.json(shown);
  } else {
    for (const status of shown) screen.line(lineOf(status, now));
    const wrong = all.filter(isWrong).length;
    screen.line(`${all.length} secrets rotate, ${wrong} of them are overdue or stuck.`);
  }
  return all.some(isWrong) ? 1 : 0;
}

const STYLES: Readonly<Record<State, "red" | "yellow" | "green">> = {
  stuck: "red",
  overdue: "red",
  off: "yellow",
  "never-rotated": "yellow",
  rotating: "green",
  ok: "green",
};

function lineOf(
  { name, state, overdueSeconds, pendingSince, lastRotated, nextRotation }: Status,
  now: Date,
): string {
  const parts = [
    lastRotated ? `rotated ${ago(lastRotated, now)}` : "never rotated",
    overdueSeconds === undefined
      ? nextRotation && `next until ${nextRotation.toISOString().slice(0, 16)}Z`
      : `overdue by ${length(overdueSeconds)}`,
    pendingSince && `AWSPENDING since ${ago(pendingSince, now)}`,
  ];
  const label = styleText(STYLES[state], state.padEnd(14), { stream: process.stdout });
  return `${label}${name}  ${parts.filter(Boolean).join(", ")}`;
}

function ago(date: Date, now: Date): string {
  return `${length(Math.round((now.getTime() - date.getTime()) / 1000))} ago`;
}

function length(seconds: number): string {
  const [unit, name] = seconds < 5400 ? [60, "min"] : seconds < 172_800 ? [3600, "h"] : [86_400, "days"];
  return `${Math.round(seconds / unit)} ${name}`;
}
