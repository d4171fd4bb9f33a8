import { afterAll, describe, expect, test } from "vitest";
import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import type { Stack } from "../../local/stack.ts";
import { type Gate, openGate } from "../contract/support/gate.ts";
import { everyCrash } from "../mysql/crashes.ts";
import { reattempt } from "../support/operator.ts";
import { startMariadbLab } from "./given.ts";
import { newUser, privilegesOf, rejectedDuring, stackOf, type User } from "./stacks.ts";

await using started = new AsyncDisposableStack();
const database = started.use(await startMariadbDatabase());
const { server } = database;
/** They work side by side. */
const stacks = await Promise.all([1, 2, 3, 4].map(() => stackOf(database, "master-user")));
for (const stack of stacks) started.use(stack);
const cleanUp = started.move();
afterAll(() => cleanUp.disposeAsync());

/** A user whose rotations go through a gate. */
interface Gated {
  readonly stack: Stack;
  readonly gate: Gate;
  readonly user: User;
}

/** Of the connections of a rotation: the current user's, the master's, and two of testSecret. */
const MASTERS = 2;

/**
 * Rotates with a master whose connection is lost when the server has answered so many times, looks at what that leaves
 * behind, and has the service try again.
 *
 * @returns whether the connection was lost: no, if the server does not answer as often.
 */
async function rotateWithCut({ stack, gate, user }: Gated, answers: number): Promise<boolean> {
  const connections = gate.sent.length + MASTERS;
  let answered = 0;
  gate.onAnswer = () => (gate.sent.length === connections && answered++ >= answers ? "cut" : "pass");

  const rotation = stack.rotate(user.arn);
  expect(await rejectedDuring(database, stack, user.arn, rotation)).toBe(0);
  gate.onAnswer = () => "pass";
  if (!(await rotation).succeeded) {
    await expectNoWeakUser(stack, user);
    const again = reattempt(stack, user.arn);
    expect(await rejectedDuring(database, stack, user.arn, again)).toBe(0);
    expect(await again, `cut after ${answers} answers`).toBe(true);
  }
  await expectAlike(user);
  return answered > answers;
}

async function expectAlike({ username }: User): Promise<void> {
  expect(await privilegesOf(database, `${username}_clone`)).toEqual(await privilegesOf(database, username));
}

/** Whoever logs in with the pending password may do what the current user may. */
async function expectNoWeakUser(stack: Stack, user: User): Promise<void> {
  const pending = await stack.value(user.arn, { VersionStage: "AWSPENDING" });
  if (await database.accepts(String(pending.username), String(pending.password))) await expectAlike(user);
}

async function run(...statements: string[]): Promise<void> {
  for (const statement of statements) await server.query(statement);
}

/** More than a clone can get in one statement. */
async function enrich({ username, master }: User): Promise<void> {
  await run(
    `CREATE DATABASE other_${username}`,
    `GRANT SELECT, INSERT ON other_${username}.* TO ${username}`,
    `GRANT ALL ON other_${username}.* TO ${master} WITH GRANT OPTION`,
    `CREATE ROLE role_of_${username}`,
    `GRANT role_of_${username} TO ${username}@'%'`,
    `GRANT role_of_${username} TO ${master}@'%' WITH ADMIN OPTION`,
    `SET DEFAULT ROLE role_of_${username} FOR ${username}@'%'`,
    `GRANT UPDATE ON mysql.* TO ${master}`,
    `ALTER USER ${username} REQUIRE SSL WITH MAX_USER_CONNECTIONS 50`,
  );
}

/** Answers until the master is logged in. */
const LOGIN = 4;

/** After every answer from the login to the last one. @returns how many there were. */
async function everyCut(work: (stack: Stack, answers: number) => Promise<boolean>): Promise<number> {
  let next = LOGIN;
  let last = Number.POSITIVE_INFINITY;
  await Promise.all(
    stacks.map(async (stack) => {
      while (next < last) {
        const answers = next++;
        if (!(await work(stack, answers))) last = Math.min(last, answers);
      }
    }),
  );
  return last;
}

test("a clone is current whose base user is missing: after a crash at any answer it is the secret's own", async () => {
  await using lab = await startMariadbLab();

  expect(await everyCrash(lab)).toBeGreaterThan(4);
});

describe("the master's connection is lost after any answer of the server", { timeout: 90_000 }, () => {
  test("V8 V9 V10 V11 while the clone is created: no weak user is promoted, and the retry succeeds", async () => {
    const cuts = await everyCut(async (stack, answers) => {
      await using gate = await openGate(server.port);
      const user = await newUser(database, stack, { port: gate.port });
      await enrich(user);
      return await rotateWithCut({ stack, gate, user }, answers);
    });

    expect(cuts).toBeGreaterThan(14);
  });

  test("V9 V10 while an existing clone is brought in line: AWSCURRENT goes on logging in", async () => {
    await using gates = new AsyncDisposableStack();
    const users = new Map<Stack, Gated>();
    for (const stack of stacks) {
      const gate = gates.use(await openGate(server.port));
      const user = await newUser(database, stack, { port: gate.port });
      await enrich(user);
      users.set(stack, { stack, gate, user });
      expect(await stack.rotate(user.arn)).toMatchObject({ succeeded: true });
    }

    const cuts = await everyCut(async (stack, answers) => {
      const gated = users.get(stack) ?? expect.fail("Every stack has a user.");
      const other = `other_${gated.user.username}`;
      const { username } = await stack.value(gated.user.arn);
      // Something to grant, to revoke and to change in every rotation.
      const [more, less] = answers % 2 === 0 ? ["DELETE", "SELECT"] : ["SELECT", "DELETE"];
      await run(
        `GRANT ${more} ON ${other}.* TO ${username}`,
        `REVOKE ${less} ON ${other}.* FROM ${username}`,
        `ALTER USER ${username} WITH MAX_USER_CONNECTIONS ${100 + answers}`,
      );
      return await rotateWithCut(gated, answers);
    });

    expect(cuts).toBeGreaterThan(10);
  });
});
