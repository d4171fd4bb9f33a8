import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Stack } from "../../local/stack.ts";
import { type Fixture, startDatabase, startPostgresStack } from "../support/fixture.ts";
import { newUser } from "../support/users.ts";
import { readTemplate } from "../template/template.ts";

// docs/monitoring.md, held to what the built function logs and to template.yaml.

const page = readFileSync(join(import.meta.dirname, "../../docs/monitoring.md"), "utf8");
const table = (head: string) =>
  (page.split(head)[1]?.split("\n\n")[0] ?? "")
    .split("\n")
    .flatMap((row) => /^\| `(\w+)`/.exec(row)?.[1] ?? []);

const cleanUp = new AsyncDisposableStack();
let stack: Stack;
let fixture: Fixture;

beforeAll(async () => {
  const database = cleanUp.use(await startDatabase());
  stack = cleanUp.use(await startPostgresStack(database));
  fixture = { database, stack };
});
afterAll(() => cleanUp.disposeAsync());

test("lists every field that is logged, and no other", async () => {
  const [fine, broken] = [await newUser(fixture), await newUser(fixture, { secret: { port: 1 } })];
  await stack.rotate(fine.arn);
  await stack.rotate(broken.arn);
  await stack.rotationFunction.ask({ Step: "preflight", SecretId: fine.arn });
  const lines: Record<string, unknown>[] = stack.log
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter(({ service }) => service === "rotation");
  const logged = new Set(lines.flatMap((line) => Object.keys(line)));
  const listed = table("| field | type | unit | on which lines |");
  expect([...logged].filter((field) => !listed.includes(field))).toEqual([]);
  expect(listed.filter((field) => !logged.has(field) && field !== "xray_trace_id")).toEqual([]);
  const failed = lines.find(({ outcome }) => outcome === "failed");
  expect(failed).toMatchObject({
    reason: "unreachable",
    step: "setSecret",
    milliseconds: expect.any(Number),
  });
  expect(String(failed?.message)).toMatch(/ \[unreachable\]$/);
});

test("names the template's metrics and alarms", () => {
  const { Resources } = readTemplate();
  const ids = (type: string) => Object.keys(Resources).filter((id) => Resources[id]?.Type === type);
  expect(table("| metric | unit | dimensions | counts |").sort()).toEqual(
    ids("AWS::Logs::MetricFilter").sort(),
  );
  const alarms = [...ids("AWS::CloudWatch::Alarm"), ...ids("AWS::Events::Rule")];
  expect(table("| alarm (template.yaml) | rings when | needs |").sort()).toEqual(alarms.sort());
});
