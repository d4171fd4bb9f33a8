import * as v from "valibot";
import type { Report } from "../shared/preflight/report.ts";
import { CHECKS, STATUSES } from "../shared/report/examination.ts";

const text = v.pipe(v.string(), v.nonEmpty());
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0));

const check = v.pipe(
  v.strictObject({
    name: v.picklist(CHECKS),
    status: v.picklist(STATUSES),
    milliseconds,
    reason: v.optional(text),
    cause: v.optional(text),
    remedy: v.optional(text),
    details: v.array(v.string()),
  }),
  v.check(({ status, cause, remedy }) => status === "ok" || (cause !== undefined && remedy !== undefined)),
  v.check(({ status, reason }) => status !== "failed" || reason !== undefined),
);

/** A function's response to preflight. docs/preflight.md describes it. */
export const reportSchema = v.strictObject({
  secret: text,
  outcome: v.picklist(["healthy", "unhealthy", "rotating"]),
  milliseconds,
  checks: v.array(check),
}) as v.GenericSchema<unknown, Report>; // `reason` is any text: a newer function may have further reasons.
