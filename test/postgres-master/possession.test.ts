import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { startLab } from "./lab.ts";
import { column, edit, existing, newTwins, rotated, whoIs } from "./twins.ts";

const lab = await startLab();
const { database, stack, fixture, server } = lab;

afterAll(() => lab[Symbol.asyncDispose]());

test("AWSCURRENT does not log in: the master's secret is not even read, and it does not log in", async () => {
  const twins = await newTwins(fixture);
  await edit(stack, twins, { password: "guessed" });
  const reads: string[] = [];
  const stop = stack.secretsManager.observe((event) => {
    if (event.type === "request" && event.secretArn === twins.master.arn) reads.push(event.operation);
  });

  const failure = await failedRotation(stack, twins.arn);
  stop();

  expect(failure).toMatchObject({ step: "setSecret", reason: "login-rejected" });
  expect(reads).toEqual([]);
  expect(await database.logins(twins.master.username)).toEqual({ accepted: 0, rejected: 0 });
  expect(await server.log()).not.toContain(twins.master.username);
});

test("a privileged user whose password one does not know gets no clone", async () => {
  const twins = await newTwins(fixture);
  await existing(database, twins, "privileged", "GRANT pg_read_all_data TO privileged");
  await edit(stack, twins, { username: "privileged" });

  expect(await failedRotation(stack, twins.arn)).toMatchObject({ reason: "login-rejected" });

  expect(await column(server, "SELECT rolname FROM pg_roles WHERE rolname = 'privileged_clone'")).toEqual([]);
});

test("a stranger is refused with the statement that marks it; executed, the same token takes it over", async () => {
  const twins = await newTwins(fixture);
  await existing(database, twins, twins.clone);

  const { reason, message } = await failedRotation(stack, twins.arn);

  expect(reason).toBe("stranger");
  const [, statement = ""] = /run as an administrator: (.+?) - if it does not/.exec(message) ?? [];
  expect(statement).toBe(`GRANT "${twins.username}" TO "${twins.clone}"`);
  await server.query(statement);
  expect(await reattempt(stack, twins.arn)).toBe(true);
  expect(await whoIs(fixture, twins)).toEqual({ login: twins.clone, acts: twins.username });
});

test("who logs in with AWSPREVIOUS is taken over and marked, without anybody's help", async () => {
  const twins = await newTwins(fixture);
  await existing(database, twins, twins.clone);
  await edit(stack, twins, { username: twins.clone, password: "its own" });
  await edit(stack, twins, { username: twins.username, password: twins.password });

  for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, twins);

  expect(await whoIs(fixture, twins)).toEqual({ login: twins.clone, acts: twins.username });
});

test.for([
  ["does not log in any more", "of last year"],
  ["is of another user", undefined],
])("an AWSPREVIOUS that %s proves nothing", async ([, password]) => {
  const twins = await newTwins(fixture);
  await existing(database, twins, twins.clone);
  const previous = password ? { username: twins.clone, password } : {};
  await edit(stack, twins, previous);
  await edit(stack, twins, { username: twins.username, password: twins.password });

  expect(await failedRotation(stack, twins.arn)).toMatchObject({ step: "setSecret", reason: "stranger" });

  expect(await database.accepts(twins.clone, "its own")).toBe(true);
});
