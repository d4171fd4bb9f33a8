import { afterAll, expect, test } from "vitest";
import { failedRotation, lastFailure, refusal } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { storedPassword } from "../support/users.ts";
import { startLab } from "./lab.ts";
import { column, edit, existing, newPair, openCurrent, rotated, whoIs } from "./pairs.ts";
import { preparedPartners, statementsIn } from "./partners.ts";

const lab = await startLab();
const { database, stepwise, stack, fixture, server } = lab;
await server.query("CREATE DATABASE archive");

afterAll(() => lab[Symbol.asyncDispose]());

test("a user that the secret names and that does not exist is created as a clone, although the base is called like one", async () => {
  const users = await newPair(fixture, {
    username: "dolly_clone",
    secret: { alternateUsername: "dolly_b" },
  });
  await server.query("CREATE SCHEMA dolly AUTHORIZATION dolly_clone");
  await database.createUser("dolly", "unrelated");
  const unrelated = await storedPassword(server, "dolly");
  const seen: unknown[] = [];

  for (let rotation = 1; rotation <= 4; rotation++) {
    await rotated(fixture, users);
    await using session = await openCurrent(fixture, users);
    await session.query(`CREATE TABLE dolly.t${rotation} (id INT)`);
    seen.push(await whoIs(fixture, users));
  }

  const [clone, base] = ["dolly_b", "dolly_clone"].map((login) => ({ login, acts: "dolly_clone" }));
  expect(seen).toEqual([clone, base, clone, base]);
  expect(await storedPassword(server, "dolly")).toBe(unrelated);
});

test("two users that act as one role take turns, and use what either has made", async () => {
  const users = await preparedPartners(lab);
  const logins: string[] = [];

  for (let rotation = 1; rotation <= 3; rotation++) {
    await using session = await openCurrent(fixture, users);
    await session.query(
      `CREATE TABLE IF NOT EXISTS ${users.shared}.t (id INT); INSERT INTO ${users.shared}.t VALUES (1)`,
    );
    await session.query("CREATE TEMPORARY TABLE scratch (id SERIAL)");
    await rotated(fixture, users);
    logins.push((await whoIs(fixture, users)).login);
  }

  expect(logins).toEqual([users.green, users.username, users.green]);
});

test("a user that the secret names is refused without the comment that marks it, and taken with it", async () => {
  const users = await preparedPartners(lab);
  await server.query(`COMMENT ON ROLE ${users.green} IS 'of the billing team'`);

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "user-not-owned" });
  expect(await database.accepts(users.green, "its own")).toBe(true);
  await server.query(statementsIn(failure.message));
  expect(await column(server, `SELECT shobj_description('${users.green}'::regrole, 'pg_authid')`)).toEqual([
    `of the billing team\nrotation_partner_of: "${users.username}"`,
  ]);
  expect(await reattempt(stack, users.arn)).toBe(true);
});

test("an equal user of another tenant is not taken over: being alike is no consent", async () => {
  const [mine, other] = [await newPair(fixture), await newPair(fixture)];
  await server.query(`GRANT ${other.username} TO ${mine.master.username} WITH ADMIN OPTION`);
  await edit(stack, mine, { alternateUsername: other.username });
  const before = await storedPassword(server, other.username);

  const failure = await failedRotation(stack, mine.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "user-not-owned" });
  expect(await storedPassword(server, other.username)).toBe(before);
});

test("two users with grants of their own become a pair by the statements in the errors, one after the other", async () => {
  const users = await newPair(fixture, { secret: { alternateUsername: "own_b" } });
  const { username: a } = users;
  await existing(database, users, "own_b");
  await server.query(
    `CREATE TABLE own_t (id INT); GRANT ALL ON own_t TO ${a}, own_b; GRANT CREATE, USAGE ON SCHEMA public TO ${a}, own_b`,
  );
  await using application = await openCurrent(fixture, users);
  const reasons: string[] = [];

  let failure = await failedRotation(stack, users.arn);
  for (let errors = 1; errors <= 3; errors++) {
    reasons.push(failure.reason);
    await application.query(`CREATE TABLE own_t_${errors} (id INT)`);
    await server.query(statementsIn(failure.message));
    if (await reattempt(stack, users.arn)) break;
    failure = lastFailure(stack, users.arn);
  }

  expect(reasons).toEqual(["user-not-owned", "privilege-mismatch", "privilege-mismatch"]);
  for (const login of ["own_b", a, "own_b"]) {
    expect(await whoIs(fixture, users)).toEqual({ login, acts: a });
    await using session = await openCurrent(fixture, users);
    await session.query(
      "INSERT INTO own_t VALUES (1); ALTER TABLE own_t_1 ADD COLUMN IF NOT EXISTS more INT",
    );
    await rotated(fixture, users);
  }
});

test("what becomes different after setSecret, testSecret refuses", async () => {
  const users = await preparedPartners(lab);
  const token = await stepwise.stage(users.arn);
  for (const step of ["createSecret", "setSecret"] as const) await stepwise.invoke(step, users.arn, token);
  await server.query(`GRANT pg_monitor TO ${users.username}; GRANT pg_signal_backend TO ${users.green}`);
  await server.query(`ALTER ROLE ${users.green} IN DATABASE archive SET role TO none`);

  const failure = await refusal(stack, {
    Step: "testSecret",
    SecretId: users.arn,
    ClientRequestToken: token,
  });

  expect(failure.reason).toBe("privilege-mismatch");
  for (const what of [
    "has the role pg_signal_backend",
    "lacks the role pg_monitor",
    `does not act as ${users.shared} in the database "archive"`,
  ]) {
    expect(failure.message).toContain(what);
  }
});

test("alternateUsername cannot be used to seize or strip a member of the user", async () => {
  const users = await newPair(fixture, { secret: { alternateUsername: "alice" } });
  await existing(database, users, "alice");
  await server.query(`GRANT ${users.username}, pg_read_all_data TO alice`);
  await server.query("CREATE TABLE hers (id INT); ALTER TABLE hers OWNER TO alice");
  const before = await storedPassword(server, "alice");

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "user-not-owned" });
  expect(failure.message).not.toContain("pg_read_all_data");
  expect(await storedPassword(server, "alice")).toBe(before);
  expect(await column(server, "SELECT tableowner FROM pg_tables WHERE tablename = 'hers'")).toEqual([
    "alice",
  ]);
});

test.for([
  ["postgres", "the server's own superuser", { step: "setSecret", reason: "user-not-owned" }],
  ["pg_monitor", "a role of the server", { step: "createSecret", reason: "unstorable" }],
] as const)("%s, %s, is not taken over, and no remedy takes anything from it", async ([name, , refused]) => {
  const users = await newPair(fixture, { secret: { alternateUsername: name } });
  await server.query(`COMMENT ON ROLE ${name} IS 'rotation_partner_of: "${users.username}"'`);
  const before = await storedPassword(server, name);

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject(refused);
  expect(failure.message).not.toContain("ALTER ROLE");
  expect(await storedPassword(server, name)).toBe(before);
  await server.query(`COMMENT ON ROLE ${name} IS NULL`);
});
