import { expect } from "vitest";
import { found } from "../../support/search.ts";
import type { Cases, Run } from "../case.ts";
import { type Context, newName, newPassword } from "../support/context.ts";
import { failureOf, remedyIn } from "../support/failures.ts";
import { masterUserSecret, STRATEGIES, singleUserSecret, userOf } from "../support/handlers.ts";
import { grant, mayDo, newTable } from "../support/privileges.ts";
import { expectNoSession, logsIn, newTwins, newUser, pairsOf } from "../support/users.ts";

type Strategy = keyof typeof STRATEGIES;

export const rotationCases = {
  "rotation: three single-user rotations": threeRotations("single-user", 0),
  "rotation: three master-user rotations": threeRotations("master-user", 1),
  "rotation: RotateImmediately=false passes at any time, single-user": tryOuts("single-user"),
  "rotation: RotateImmediately=false passes at any time, master-user": tryOuts("master-user"),

  "rotation: a stranger with the alternate user's name is not taken over": async (context) => {
    const twins = await newTwins(context);
    const stranger = await newUser(context, { username: twins.clone });
    const { arn, handler } = masterUserSecret(context, twins);
    const error = await failureOf(context.rotations.rotate(arn, handler), "stranger");
    expect(await logsIn(context, stranger)).toBe(true);
    expect(remedyIn(error)).toContain(twins.clone);
  },

  "rotation: a secret for hr_clone does not seize the user hr": async (context) => {
    const hr = await newUser(context, { username: newName("hr") });
    const twins = await newTwins(context, `${hr.username}_clone`);
    const { arn, handler } = masterUserSecret(context, twins);
    await failureOf(context.rotations.rotate(arn, handler), "stranger");
    expect(await logsIn(context, hr)).toBe(true);
    expect(await logsIn(context, twins.base)).toBe(true);
  },

  "rotation: a user really named x_clone alternates with the one that the secret names": async (context) => {
    const { server } = context;
    const twins = await newTwins(context, `${newName("x")}_clone`);
    const table = await newTable(context);
    await server.administer(grant(server, "SELECT", table, twins.base.username));
    const alternateUsername = newName("other");
    const { arn, handler } = masterUserSecret(context, twins, { alternateUsername });
    for (const username of [alternateUsername, twins.base.username, alternateUsername]) {
      await context.rotations.rotate(arn, handler);
      const current = userOf(context, arn);
      expect(current.username).toBe(username);
      expect(await mayDo(context, current, table)).toEqual(["SELECT"]);
    }
  },

  "rotation: a pending user that differs is not promoted": async (context) => {
    const { rotations, server } = context;
    const table = await newTable(context);
    for (const { name, apply } of server.deviations) {
      const twins = await newTwins(context);
      await server.administer(grant(server, "SELECT", table, twins.base.username));
      const { arn, handler } = masterUserSecret(context, twins);
      const token = await rotations.stage(arn);
      await rotations.invoke(handler, "createSecret", arn, token);
      await rotations.invoke(handler, "setSecret", arn, token);
      const report = await apply(server, pairsOf(twins.base.username, twins.clone).pair);
      const { message } = await failureOf(rotations.invoke(handler, "testSecret", arn, token), "difference");
      expect(message, name).toMatch(report);
    }
  },

  "rotation: a name that leaves no room for the alternate user's is refused before anything is stored":
    async (context) => {
      const { longestName } = context.server;
      const twins = await newTwins(context, newName("long").padEnd(longestName.length, "x"));
      const { arn, handler } = masterUserSecret(context, twins);
      const before = await context.server.snapshot();
      await failureOf(context.rotations.rotate(arn, handler), "unstorable");
      expect(() => context.rotations.value(arn, "AWSPENDING")).toThrow();
      expect(await context.server.snapshot()).toBe(before);
    },

  "rotation: the master is not used for a current user who does not log in": async (context) => {
    const twins = await newTwins(context);
    const impostor = { ...twins, base: { ...twins.base, password: newPassword() } };
    const { arn, handler } = masterUserSecret(context, impostor);
    const before = await context.server.snapshot();
    await failureOf(context.rotations.rotate(arn, handler), "login-rejected");
    expect(await context.server.snapshot()).toBe(before);
  },

  "rotation: a database that cannot be reached is not taken for a wrong password": async (context) => {
    const user = await newUser(context);
    const { arn, handler } = singleUserSecret(context, user, { port: 1 });
    await failureOf(context.rotations.rotate(arn, handler), "unreachable");
  },
} satisfies Cases;

/** @param kept how many passwords, counted back from the current one, must still log in. */
function threeRotations(strategy: Strategy, kept: number): Run {
  return async (context) => {
    const { rotations, server } = context;
    const { arn, handler } = await STRATEGIES[strategy](context);
    const used = [userOf(context, arn)];
    for (let time = 0; time < 3; time++) {
      await rotations.rotate(arn, handler);
      used.unshift(userOf(context, arn));
      for (const user of used.slice(0, 1 + kept)) expect(await logsIn(context, user)).toBe(true);
    }
    for (const { username } of used) {
      await expectNoSession(context, username);
      expect((await server.database.logins(username)).rejected, "Rotations have rejected logins.").toBe(0);
    }
    const passwords = used.map(({ password }) => password);
    expect(found(passwords, rotations.log()), "The function's log has passwords.").toEqual([]);
    const rotated = passwords.slice(0, -1); // The first one an administrator set, and that may be logged.
    expect(found(rotated, await server.log()), "The server's log has passwords.").toEqual([]);
  };
}

function tryOuts(strategy: Strategy): Run {
  return async (context: Context) => {
    const { rotations } = context;
    const { arn, handler } = await STRATEGIES[strategy](context);
    for (let time = 0; time < 3; time++) {
      await rotations.tryOut(arn, handler);
      await rotations.rotate(arn, handler);
    }
    await rotations.tryOut(arn, handler);
  };
}
