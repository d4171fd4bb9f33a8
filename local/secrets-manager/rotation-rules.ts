import * as v from "valibot";
import { refuse } from "./errors.ts";

/**
 * The schedule of a rotation. It is checked and shown, but not run: this service rotates only when RotateSecret is called.
 * The checks follow the User Guide's page on schedule expressions, except for those that need calendar dates.
 */
export interface RotationRules {
  AutomaticallyAfterDays?: number | undefined;
  ScheduleExpression?: string | undefined;
  Duration?: string | undefined;
}

const HOUR = 60 * 60 * 1000;
const RATE = /^rate\(([1-9][0-9]*) (hours?|days?)\)$/;
const CRON = /^cron\(([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+)\)$/;

const DAYS = refuse(
  "InvalidParameterException",
  "RotationRules.AutomaticallyAfterDays must be within 1-1000.",
);

export const rotationRules = v.pipe(
  v.object({
    AutomaticallyAfterDays: v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(1, DAYS), v.maxValue(1000, DAYS)),
    ),
    ScheduleExpression: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(256))),
    Duration: v.optional(v.pipe(v.string(), v.regex(/^[0-9]{1,2}h$/))),
  }),
  v.check(
    (rules) => rules.AutomaticallyAfterDays === undefined || rules.ScheduleExpression === undefined,
    "AutomaticallyAfterDays and ScheduleExpression exclude each other.",
  ),
  v.check(
    ({ ScheduleExpression }) => ScheduleExpression === undefined || isSchedule(ScheduleExpression),
    "ScheduleExpression must be rate(<number> hours|days) of at least 4 hours, or cron(0 <hours> <day> <month> <weekday> *).",
  ),
  v.check(windowFits, "The window must end before the next one begins and within the UTC day it begins in."),
);

/** Hours between two rotations by a rate expression, undefined for cron. */
function hoursOfRate(expression: string): number | undefined {
  const [, count, unit] = RATE.exec(expression) ?? [];
  return count === undefined ? undefined : Number(count) * (unit?.startsWith("day") ? 24 : 1);
}

function isSchedule(expression: string): boolean {
  const hours = hoursOfRate(expression);
  if (hours !== undefined) return hours >= 4;
  const [, minute, , day, , weekday, year] = CRON.exec(expression) ?? [];
  // AWS requires minute 0, every year, and "?" in one of the two fields for days.
  return minute === "0" && year === "*" && (day === "?" || weekday === "?");
}

function windowFits({ ScheduleExpression: expression, Duration }: RotationRules): boolean {
  if (Duration === undefined) return true;
  const duration = Number.parseInt(Duration, 10);
  if (duration < 1 || duration > 24) return false;
  if (expression === undefined) return true;
  const hours = hoursOfRate(expression);
  if (hours !== undefined) return duration <= hours;
  const hourField = CRON.exec(expression)?.[2] ?? "";
  const every = /^[0-9*]*\/([0-9]+)$/.exec(hourField)?.[1];
  if (every !== undefined) return duration <= Number(every);
  return !/^[0-9]+$/.test(hourField) || Number(hourField) + duration <= 24;
}

/** Approximate date of the next rotation: AWS returns the end of the window. Undefined for cron and without rules. */
export function nextRotation(rules: RotationRules | undefined, countedFrom: Date): Date | undefined {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression } = rules ?? {};
  const hours = days === undefined ? hoursOfRate(expression ?? "") : days * 24;
  return hours === undefined ? undefined : new Date(countedFrom.getTime() + hours * HOUR);
}
