import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { RotationError } from "../../shared/report/errors.ts";
import { judge } from "./judge.ts";
import type { Outcome } from "./outcome.ts";

const SECRET = randomUUID();

function outcome(changes: Partial<Outcome> & { error?: Error } = {}): Outcome {
  const { error = new RotationError("tls", "There is no TLS.", "Turn it on at the server."), ...more } =
    changes;
  return { thrown: error, reason: "tls", milliseconds: 10, given: 700, log: [], ...more };
}

const judged = (given: Outcome, operations: string[] = [], heard: Buffer[] = []) =>
  judge({ outcome: given, canaries: [SECRET], operations, heard });

test("reports nothing about a step that ends in time with a message of the function", () => {
  expect(judged(outcome())).toEqual([]);
  expect(judged(outcome({ thrown: undefined, reason: undefined }))).toEqual([]);
});

const line = (message: string) => [JSON.stringify({ message })];

test.for<[what: string, given: Outcome, finding: string]>([
  ["an error of a driver", outcome({ error: new TypeError("x is undefined") }), "no RotationError"],
  ["a text", outcome({ thrown: "no" }), "no RotationError"],
  ["a reason that nobody knows", outcome({ reason: "bad luck" }), "unknown reason"],
  ["a mistake in the code", outcome({ reason: "unexpected" }), "unexpected"],
  [
    "an own property more",
    outcome({ error: Object.assign(outcome().thrown as Error, { sql: "" }) }),
    "also sql",
  ],
  ["an error of two lines", outcome({ error: named("No.\nReally no. Turn it on.") }), "several lines"],
  [
    "an error of a terminal's commands",
    outcome({ error: named("No\u009b2J. Turn it on.") }),
    "several lines",
  ],
  ["an endless error", outcome({ error: named(`No. ${"x".repeat(20_000)}`) }), "20004 characters"],
  ["an error without a remedy", outcome({ error: named("It does not work") }), "no remedy"],
  ["a secret in the error", outcome({ error: named(`No ${SECRET}. Turn it on.`) }), "the error has"],
  ["a secret in the log", outcome({ log: line(`It is ${SECRET}`) }), "the log has"],
  [
    "a secret in the log, in base64",
    outcome({ log: line(Buffer.from(SECRET).toString("base64")) }),
    "the log has",
  ],
  ["a line that could be two", outcome({ log: line("one\ntwo") }), "could be two"],
  ["an end after the deadline", outcome({ milliseconds: 2000 }), "2000 of 700 ms"],
])("reports %s", ([, given, finding]) => {
  expect(judged(given).join("\n")).toContain(finding);
});

test("reports a write or a login before bad input is refused", () => {
  const refused = outcome({ reason: "malformed-secret" });

  expect(judged(refused, ["DescribeSecret", "PutSecretValue"])).toEqual([
    "malformed-secret, but after PutSecretValue",
  ]);
  expect(judged(refused, [], [Buffer.from("hello")])).toEqual([
    "malformed-secret, but after a login was tried",
  ]);
  expect(judged(refused, ["DescribeSecret", "GetSecretValue"])).toEqual([]);
});

/** As one of ours would be if it did not look after its text. */
function named(message: string): Error {
  return Object.assign(new Error(message), { name: "RotationError" });
}
