import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { testBroken } from "./broken.ts";
import { allowed, edited, openPostgres } from "./postgres.ts";
import { checkOf } from "./world.ts";

const world = await openPostgres("master-user");

describe("the two users", () => {
  testBroken(
    () => world,
    [
      {
        title: "no master secret is named",
        check: "master-secret",
        reason: "malformed-secret",
        break: ({ edit }, { arn }) => edit(arn, { masterarn: undefined }),
        cure: ({ edit }, { arn, masterArn }) => edit(arn, { masterarn: masterArn }),
      },
      {
        title: "the master secret is denied",
        check: "master-secret",
        reason: "access-denied",
        break: async ({ deny }, { master: name }) => deny("GetSecretValue", name),
        cure: allowed,
      },
      {
        title: "the master secret's key is denied",
        check: "master-secret",
        reason: "access-denied",
        break: async ({ deny }, { master: name }) => deny("GetSecretValue", name, "KMS"),
        cure: allowed,
        says: /DecryptMasterSecret/,
      },
      {
        title: "the master secret does not exist",
        check: "master-secret",
        reason: "malformed-secret",
        break: ({ edit }, { arn, masterArn }) => edit(arn, { masterarn: `${masterArn}x` }),
        cure: ({ edit }, { arn, masterArn }) => edit(arn, { masterarn: masterArn }),
      },
      {
        title: "the master secret is for another server",
        check: "master-secret",
        reason: "secret-changed",
        break: ({ edit }, { masterArn }) => edit(masterArn, { host: "other.example.com" }),
        cure: ({ edit }, { masterArn }) => edit(masterArn, { host: "localhost" }),
      },
      {
        title: "the master's password was changed",
        check: "master-login",
        reason: "login-rejected",
        break: ({ sql }, { master: name }) => sql(`ALTER ROLE ${name} PASSWORD 'another one'`),
        cure: async ({ sql, stack }, { master: name, masterArn }) =>
          sql(`ALTER ROLE ${name} PASSWORD '${(await stack.value(masterArn)).password}'`),
      },
      {
        title: "the master has NOLOGIN",
        check: "master-login",
        reason: "login-not-allowed",
        break: ({ sql }, { master: name }) => sql(`ALTER ROLE ${name} NOLOGIN`),
        cure: "sql",
      },
      {
        title: "the master lacks CREATEROLE",
        check: "plan",
        reason: "missing-privilege",
        break: ({ sql }, { master: name }) => sql(`ALTER ROLE ${name} NOCREATEROLE`),
        cure: "sql",
      },
      {
        title: "the master lacks ADMIN OPTION",
        check: "plan",
        reason: "missing-privilege",
        break: ({ sql }, { name, master: admin }) => sql(`REVOKE ADMIN OPTION FOR ${name} FROM ${admin}`),
        cure: "sql",
      },
      {
        title: "the current user is a superuser",
        check: "plan",
        reason: "missing-privilege",
        break: ({ sql }, { name }) => sql(`ALTER ROLE ${name} SUPERUSER`),
        cure: "sql",
      },
      {
        title: "the alternate user exists without an ownership marker",
        check: "plan",
        reason: "user-not-owned",
        break: ({ sql }, user) => sql(...prepared(user, false)),
        cure: "sql",
      },
      {
        title: "the alternate user has NOLOGIN",
        check: "plan",
        reason: "login-not-allowed",
        break: ({ sql }, user) => sql(...prepared(user, true), `ALTER ROLE ${user.clone} NOLOGIN`),
        cure: "sql",
      },
      {
        title: "another user is a member of the alternate user",
        check: "plan",
        reason: "user-not-owned",
        break: ({ sql }, user) =>
          sql(
            ...prepared(user, true),
            `CREATE ROLE guest_${user.name}`,
            `GRANT ${user.clone} TO guest_${user.name}`,
          ),
        cure: "sql",
      },
      {
        title: "the alternate user has a privilege that the current one lacks",
        check: "plan",
        reason: "privilege-mismatch",
        break: ({ sql }, user) => sql(...prepared(user, true), `ALTER ROLE ${user.clone} SUPERUSER`),
        cure: ({ sql }, user) => sql(`ALTER ROLE ${user.clone} NOSUPERUSER`),
      },
      edited(
        "the alternate user is the user itself",
        ({ name }) => ({ alternateUsername: name }),
        "value",
        "malformed-secret",
      ),
    ],
  );

  test("shows the plan of the next setSecret as statements, and carries none of them out", async () => {
    const user = await world.newUser();
    const told = await world.report(user.arn);
    const { details } = checkOf(told, "plan");
    expect(details[0]).toBe(`The alternate user ${user.clone} does not exist and is created`);
    expect(details).toContain(`CREATE ROLE "${user.clone}" LOGIN`);
    expect(details.at(-1)).toMatch(/PASSWORD '<the password under AWSPENDING>'$/);
    expect(
      await world.database.server.query(`SELECT FROM pg_roles WHERE rolname = '${user.clone}'`),
    ).toMatchObject({
      rowCount: 0,
    });
    expect(await world.stack.rotate(user.arn)).toMatchObject({ succeeded: true });
  });

  test("takes one complete login per user", async () => {
    const user = await world.newUser();
    const before = await Promise.all(
      [user.name, user.clone, user.master].map((name) => world.database.logins(name)),
    );
    await world.report(user.arn);
    const after = await Promise.all(
      [user.name, user.clone, user.master].map((name) => world.database.logins(name)),
    );
    const made = after.map((logins, index) => ({
      accepted: (logins?.accepted ?? Number.NaN) - (before[index]?.accepted ?? 0),
      rejected: (logins?.rejected ?? Number.NaN) - (before[index]?.rejected ?? 0),
    }));
    expect(made).toEqual([
      { accepted: 1, rejected: 0 },
      { accepted: 0, rejected: 0 },
      { accepted: 1, rejected: 0 },
    ]);
  });
});

function prepared(
  { name, clone, master: admin }: { name: string; clone: string; master: string },
  marked: boolean,
): string[] {
  return [
    `CREATE ROLE ${clone} LOGIN PASSWORD '${randomUUID()}'`,
    `GRANT ${clone} TO ${admin} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
    ...(marked ? [`GRANT ${name} TO ${clone}`] : []),
  ];
}
