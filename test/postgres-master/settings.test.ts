import { escapeLiteral } from "pg";
import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { startDatabase } from "../support/fixture.ts";
import { reattempt } from "../support/operator.ts";
import { alteredPair, limitsOf, settingsOf } from "./alterations.ts";
import { column, newPair, openCurrent, rotated, startMasterStack, warnings } from "./pairs.ts";

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase());
const stack = started.use(await startMasterStack(database));
const cleanUp = started.move();
const fixture = { database, stack };
const { server } = database;
await server.query("CREATE DATABASE sales");

afterAll(() => cleanUp.disposeAsync());

/** As ALTER ROLE takes them. */
const LISTS = [
  `"$user", public, pg_catalog`,
  `"a b", "Quoted", "with ""quotes""", "a,b"`,
  `"a'b", "back\\slash", "x;y", "$1", "%s", "ünï"`,
  `''`,
];

test.for(LISTS)("V27 the search_path %s is the clone's, letter by letter", async (path) => {
  const users = await alteredPair(fixture, [`SET search_path TO ${path}`]);

  await rotated(fixture, users);

  expect(await settingsOf(fixture, users.clone)).toEqual(await settingsOf(fixture, users.username));
  expect(warnings(stack, users)).toEqual([]);
});

test.for(["", "Public, pg_catalog ,b"])(
  "V27 an unquoted search_path (%j) means the same in the clone",
  async (path) => {
    const users = await newPair(fixture);
    await using administrator = await server.connect();
    await administrator.query("SELECT set_config('search_path', $1, false)", [path]);
    await administrator.query(`ALTER ROLE ${users.username} SET search_path FROM CURRENT`);
    await using byBase = await openCurrent(fixture, users);

    for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, users);

    await using byClone = await openCurrent(fixture, users);
    const effective = "SELECT current_schemas(true)";
    expect(await column(byClone, effective)).toEqual(await column(byBase, effective));
    expect(warnings(stack, users)).toEqual([]);
  },
);

const HOSTILE_VALUES = [
  "x;y",
  "it's",
  'say "hi"',
  "back\\slash",
  "a=b=c",
  "$$",
  "%s",
  "'; DROP TABLE x; --",
  "a, b",
  "",
];

test("V27 settings whose values are hostile", async () => {
  const users = await alteredPair(
    fixture,
    HOSTILE_VALUES.map((value, index) => `SET app."Value_${index}" TO ${escapeLiteral(value)}`),
    { attributes: "SUPERUSER" },
  );

  for (let rotation = 1; rotation <= 3; rotation++) await rotated(fixture, users);

  expect(await settingsOf(fixture, users.clone)).toEqual(
    HOSTILE_VALUES.map((value, index) => `: app.Value_${index}=${value}`),
  );
});

test("V27 a master who is a superuser carries over what only a superuser may set", async () => {
  const users = await alteredPair(
    fixture,
    ["SET app.tenant TO 'x;y'", "SET log_min_duration_statement TO '1min'", "REPLICATION"],
    { attributes: "SUPERUSER" },
  );

  await rotated(fixture, users);

  expect(await settingsOf(fixture, users.clone)).toEqual([
    ": app.tenant=x;y",
    ": log_min_duration_statement=1min",
  ]);
  expect(await limitsOf(fixture, users.clone)).toEqual(await limitsOf(fixture, users.username));
  expect(warnings(stack, users)).toEqual([]);
});

test("a setting that changes nothing for the application is reported, with the statement, and no more", async () => {
  const users = await alteredPair(fixture, [
    "SET log_min_duration_statement TO '1min'",
    "SET session_preload_libraries TO auto_explain",
  ]);

  await rotated(fixture, users);

  expect(warnings(stack, users).sort()).toEqual([
    `The master user may not do this; an administrator can: ALTER ROLE "${users.clone}" SET "log_min_duration_statement" TO '1min'`,
    `The master user may not do this; an administrator can: ALTER ROLE "${users.clone}" SET "session_preload_libraries" TO 'auto_explain'`,
  ]);
  expect(await settingsOf(fixture, users.clone)).toEqual([]);
});

test.for([
  ["a setting of its own", "SET app.tenant TO 'a'", "lacks the setting app.tenant"],
  ["REPLICATION", "REPLICATION", "lacks REPLICATION"],
] as const)(
  "%s that the master may not give stops the promotion, until its statement is executed",
  async ([, how, what]) => {
    const users = await alteredPair(fixture, [how]);

    const failure = await failedRotation(stack, users.arn);

    expect(failure).toMatchObject({ step: "testSecret", reason: "privilege-mismatch" });
    expect(failure.message).toContain(what);
    const [warning = ""] = warnings(stack, users);
    await server.query(
      warning.slice(warning.indexOf("ALTER ROLE")).replace(/<the value that \w+ has>/, "'a'"),
    );
    expect(await reattempt(stack, users.arn)).toBe(true);
  },
);

test("a setting whose value is not valid any more is reported as such, and the rotation does not blame the password", async () => {
  const users = await alteredPair(fixture, []);
  await server.query(`ALTER ROLE ${users.username} IN DATABASE sales SET timezone TO 'UTC'`);
  // What an update of the server's time zones does.
  await server.query(
    "UPDATE pg_db_role_setting SET setconfig = '{TimeZone=Mars/Olympus}' WHERE setrole = $1::regrole AND setdatabase <> 0",
    [users.username],
  );

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "testSecret", reason: "privilege-mismatch" });
  expect(failure.message).toContain("lacks the setting TimeZone in sales");
  expect(warnings(stack, users)).toContainEqual(
    expect.stringMatching(/^The server refuses this \(SQLSTATE 22023\): ALTER/),
  );
  await server.query(`ALTER ROLE ${users.username} IN DATABASE sales RESET ALL`);
  expect(await reattempt(stack, users.arn)).toBe(true);
});

test("no value of a setting that an application has made up is in the log, since some are keys", async () => {
  const users = await alteredPair(fixture, ["SET app.signing_key TO 'a-very-secret-key'"]);
  expect((await stack.rotate(users.arn)).succeeded).toBe(false);
  await server.query(`ALTER ROLE ${users.clone} SET app.signing_key TO 'another-secret-key'`);
  expect(await reattempt(stack, users.arn)).toBe(false);

  const log = stack.log.filter((line) => line.includes(users.arn)).join("\n");

  expect(log).toContain("app.signing_key");
  expect(log).not.toContain("secret-key");
});
