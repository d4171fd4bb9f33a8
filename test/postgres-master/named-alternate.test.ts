import { afterAll, expect, test } from "vitest";
import { failedRotation, lastFailure, refusal } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { storedPassword } from "../support/users.ts";
import { startLab } from "./lab.ts";
import { column, edit, existing, newTwins, openCurrent, rotated, whoIs } from "./twins.ts";

const lab = await startLab();
const { database, driven, stack, fixture, server } = lab;

afterAll(() => lab[Symbol.asyncDispose]());

test("alternateUsername: a base user that is really called like a clone", async () => {
  const twins = await newTwins(fixture, {
    username: "dolly_clone",
    secret: { alternateUsername: "dolly_b" },
  });
  await server.query("CREATE SCHEMA dolly AUTHORIZATION dolly_clone");
  await database.createUser("dolly", "unrelated");
  const unrelated = await storedPassword(server, "dolly");
  const seen: unknown[] = [];

  for (let rotation = 1; rotation <= 4; rotation++) {
    await rotated(fixture, twins);
    await using session = await openCurrent(fixture, twins);
    await session.query(`CREATE TABLE dolly.t${rotation} (id INT)`);
    seen.push(await whoIs(fixture, twins));
  }

  const [clone, base] = ["dolly_b", "dolly_clone"].map((login) => ({ login, acts: "dolly_clone" }));
  expect(seen).toEqual([clone, base, clone, base]);
  expect(await storedPassword(server, "dolly")).toBe(unrelated);
});

test("alternateUsername: two equal users whom administrators have prepared take turns", async () => {
  const twins = await newTwins(fixture, { secret: { alternateUsername: "peer_a" } });
  await existing(database, twins, "peer_a");
  await server.query(`CREATE ROLE peers; GRANT peers TO peer_a, ${twins.username}`);
  await server.query(`CREATE TABLE peered (id INT); GRANT SELECT ON peered TO peer_a, ${twins.username}`);
  await using session = await openCurrent(fixture, twins);
  await session.query("CREATE TEMPORARY TABLE scratch (id SERIAL)");
  const logins: string[] = [];

  for (let rotation = 1; rotation <= 3; rotation++) {
    await rotated(fixture, twins);
    logins.push((await whoIs(fixture, twins)).login);
  }

  expect(logins).toEqual(["peer_a", twins.username, "peer_a"]);
});

test.for([
  ["more: a role", (a: string) => `GRANT pg_read_all_data TO ${a}`, "has the role pg_read_all_data"],
  ["more: an attribute", (a: string) => `ALTER ROLE ${a} CREATEDB`, "has CREATEDB"],
  [
    "more: a table of its own",
    (a: string) => `CREATE TABLE t_${a} (); ALTER TABLE t_${a} OWNER TO ${a}`,
    "has the ownership of table public.t_",
  ],
  [
    "more: a privilege",
    (a: string) => `GRANT CREATE ON SCHEMA public TO ${a}`,
    "has the privilege CREATE ON SCHEMA public",
  ],
  ["less: a role", (_: string, u: string) => `GRANT pg_monitor TO ${u}`, "lacks the role pg_monitor"],
  [
    "less: a table",
    (_: string, u: string) => `CREATE TABLE t_${u} (); ALTER TABLE t_${u} OWNER TO ${u}`,
    "lacks the ownership of table public.t_",
  ],
  [
    "otherwise different: a setting",
    (a: string) => `ALTER ROLE ${a} SET work_mem TO '5MB'`,
    "has the setting work_mem",
  ],
  [
    "otherwise different: a limit",
    (a: string) => `ALTER ROLE ${a} CONNECTION LIMIT 3`,
    "has CONNECTION LIMIT 3 instead of -1",
  ],
] as const)(
  "alternateUsername: a user that may do %s is refused, and keeps its password",
  async ([, how, difference]) => {
    const twins = await newTwins(fixture);
    const other = `other_of_${twins.username}`;
    await existing(database, twins, other, how(other, twins.username));
    await edit(stack, twins, { alternateUsername: other });

    const failure = await failedRotation(stack, twins.arn);

    expect(failure.reason).toBe("difference");
    expect(failure.message).toContain(difference);
    expect(await database.accepts(other, "its own")).toBe(true);
  },
);

test("two prepared users who became different after setSecret: testSecret names the difference and refuses", async () => {
  const twins = await newTwins(fixture, { secret: { alternateUsername: "late" } });
  await existing(database, twins, "late");
  const token = await driven.stage(twins.arn);
  for (const step of ["createSecret", "setSecret"] as const) await driven.invoke(step, twins.arn, token);
  await server.query(`GRANT pg_monitor TO ${twins.username}`);
  await server.query("GRANT pg_signal_backend TO late");

  const failure = await refusal(stack, {
    Step: "testSecret",
    SecretId: twins.arn,
    ClientRequestToken: token,
  });

  expect(failure.reason).toBe("difference");
  expect(failure.message).toContain("lacks the role pg_monitor; it has the role pg_signal_backend");
});

test("alternateUsername cannot be used to strip or seize somebody who is a member of the user", async () => {
  const twins = await newTwins(fixture, { secret: { alternateUsername: "alice" } });
  await existing(database, twins, "alice");
  await server.query(`GRANT ${twins.username}, pg_read_all_data TO alice`);
  await server.query("CREATE TABLE hers (id INT); ALTER TABLE hers OWNER TO alice");
  await server.query(`GRANT pg_read_all_data TO ${twins.master.username} WITH ADMIN OPTION`);

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "difference" });
  expect(failure.message).toContain("alice has the role pg_read_all_data");
  expect(await database.accepts("alice", "its own")).toBe(true);
  await server.query("REVOKE pg_read_all_data FROM alice");
  expect(await reattempt(stack, twins.arn)).toBe(false);
  const second = lastFailure(stack, twins.arn);
  expect(second).toMatchObject({ step: "setSecret", reason: "difference" });
  expect(second.message).toContain("alice has objects or privileges of its own in postgres");
  expect(await column(server, "SELECT tableowner FROM pg_tables WHERE tablename = 'hers'")).toEqual([
    "alice",
  ]);
  expect(await database.accepts("alice", "its own")).toBe(true);

  await server.query(/REASSIGN .*(?= - )/.exec(second.message)?.[0] ?? "");
  expect(await reattempt(stack, twins.arn)).toBe(true);
});

test("nor can it be used to get at what a member of the user was granted", async () => {
  const twins = await newTwins(fixture, { secret: { alternateUsername: "bob" } });
  await existing(database, twins, "bob");
  await server.query(
    `GRANT ${twins.username} TO bob; CREATE TABLE salaries (id INT); GRANT SELECT ON salaries TO bob`,
  );

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "difference" });
  expect(await database.accepts("bob", "its own")).toBe(true);
});

test("nor somebody whom the user is a member of, for what SET ROLE does not give", async () => {
  const twins = await newTwins(fixture, { secret: { alternateUsername: "carol" } });
  await existing(database, twins, "carol");
  await server.query(`ALTER ROLE carol REPLICATION; GRANT carol TO ${twins.username}`);

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "difference" });
  expect(failure.message).toContain("The user carol has REPLICATION");
  expect(await database.accepts("carol", "its own")).toBe(true);
  await server.query("ALTER ROLE carol NOREPLICATION");
  expect(await reattempt(stack, twins.arn)).toBe(true);
});

test("a clone of ours that the secret names may have made something: its password is proof, the new one as well", async () => {
  const twins = await newTwins(fixture, { secret: { alternateUsername: "maker" } });
  await rotated(fixture, twins);
  await rotated(fixture, twins);
  await server.query("CREATE TABLE made (id INT); ALTER TABLE made OWNER TO maker");
  const token = await driven.stage(twins.arn);

  for (const step of ["createSecret", "setSecret", "setSecret", "testSecret", "finishSecret"] as const) {
    await driven.invoke(step, twins.arn, token);
  }

  expect((await whoIs(fixture, twins)).login).toBe("maker");
});
