import { expect } from "vitest";
import { STEPS } from "../../../local/secrets-manager/events.ts";
import { findSecrets } from "../../support/find-secrets.ts";
import { everyEngine, needing, type Run } from "../case.ts";
import { answersOfLogin } from "../support/answers.ts";
import { type Context, newName, newPassword } from "../support/context.ts";
import { failureOf, remedyIn } from "../support/failures.ts";
import { openGate } from "../support/gate.ts";
import { masterUserSecret, STRATEGIES, singleUserSecret, userOf } from "../support/handlers.ts";
import { mayDo, newTable } from "../support/privileges.ts";
import { expectNoSession, logsIn, newPair, newUser, pairsOf } from "../support/users.ts";

type Strategy = keyof typeof STRATEGIES;

/** Milliseconds, and a little more, after which a step reads the labels again (`confirmation` in protocol/guard.ts). */
const LONGEST_TRUSTED_MS = 1200;

const everyones = everyEngine({
  "rotation: three single-user rotations": threeRotations("single-user", 0),
  "rotation: RotateImmediately=false passes at any time, single-user": tryOuts("single-user"),

  "rotation: a database that cannot be reached is not taken for a wrong password": async (context) => {
    const user = await newUser(context);
    const { arn, handler } = singleUserSecret(context, user, { port: 1 });
    await failureOf(context.rotations.rotate(arn, handler), "unreachable");
  },

  "rotation: a setSecret that wakes after the next rotation has finished changes nothing, single-user":
    lateSetSecret("single-user"),
});

const ofSecondPasswords = needing(["secondPassword"], {
  "rotation: a setSecret that wakes late changes nothing where the old password is kept, single-user":
    lateSetSecret("single-user", true),

  "rotation: AWSCURRENT logs in at every moment of three rotations, single-user": async (context) => {
    const { rotations, server } = context;
    const user = await newUser(context);
    await server.secondPasswords?.allow(user.username);
    const { arn, handler } = singleUserSecret(context, user);
    for (let time = 0; time < 3; time++) {
      const token = await rotations.stage(arn);
      for (const step of STEPS) {
        await rotations.invoke(handler, step, arn, token);
        expect(await logsIn(context, userOf(context, arn)), `after ${step}`).toBe(true);
      }
    }
  },

  "rotation: RETAIN_PREVIOUS=false turns the old password off": async (context) => {
    const { server } = context;
    const user = await newUser(context);
    await server.secondPasswords?.allow(user.username);
    const { arn, handler } = singleUserSecret(context, user);
    process.env.RETAIN_PREVIOUS = "false";
    try {
      await context.rotations.rotate(arn, handler);
    } finally {
      delete process.env.RETAIN_PREVIOUS;
    }
    expect(await logsIn(context, userOf(context, arn))).toBe(true);
    expect(await logsIn(context, user), "The old password works still.").toBe(false);
  },
});

const ofPairs = needing(["pair"], {
  "rotation: three master-user rotations": threeRotations("master-user", 1),
  "rotation: RotateImmediately=false passes at any time, master-user": tryOuts("master-user"),

  "rotation: a setSecret that wakes after the next rotation has finished changes nothing, master-user":
    lateSetSecret("master-user"),

  "rotation: a user without an ownership marker is not taken over, and is after the statement": async (
    context,
  ) => {
    const users = await newPair(context);
    const existing = await newUser(context, { username: users.clone });
    const { arn, handler } = masterUserSecret(context, users);
    const error = await failureOf(context.rotations.rotate(arn, handler), "user-not-owned");
    expect(await logsIn(context, existing)).toBe(true);
    expect(remedyIn(error)).toContain(users.clone);
  },

  "rotation: a secret for hr_clone does not seize the user hr": async (context) => {
    const hr = await newUser(context, { username: newName("hr") });
    const users = await newPair(context, `${hr.username}_clone`);
    const { arn, handler } = masterUserSecret(context, users);
    await failureOf(context.rotations.rotate(arn, handler), "user-not-owned");
    expect(await logsIn(context, hr)).toBe(true);
    expect(await logsIn(context, users.base)).toBe(true);
  },

  "rotation: a user really named x_clone alternates with the one that the secret names": async (context) => {
    const { server } = context;
    const users = await newPair(context, `${newName("x")}_clone`);
    const table = await newTable(context);
    await server.grant("SELECT", table, users.base.username);
    const alternateUsername = newName("other");
    const { arn, handler } = masterUserSecret(context, users, { alternateUsername });
    for (const username of [alternateUsername, users.base.username, alternateUsername]) {
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
      const users = await newPair(context);
      await server.grant("SELECT", table, users.base.username);
      const { arn, handler } = masterUserSecret(context, users);
      const token = await rotations.stage(arn);
      await rotations.invoke(handler, "createSecret", arn, token);
      await rotations.invoke(handler, "setSecret", arn, token);
      const report = await apply(server, pairsOf(users.base.username).pair);
      const { message } = await failureOf(
        rotations.invoke(handler, "testSecret", arn, token),
        "privilege-mismatch",
      );
      expect(message, name).toMatch(report);
    }
  },

  "rotation: a name that leaves no room for the alternate user's is refused before anything is stored":
    async (context) => {
      const { longestName } = context.server;
      const users = await newPair(context, newName("long").padEnd(longestName.length, "x"));
      const { arn, handler } = masterUserSecret(context, users);
      const before = await context.server.snapshot();
      await failureOf(context.rotations.rotate(arn, handler), "unstorable");
      expect(() => context.rotations.value(arn, "AWSPENDING")).toThrow();
      expect(await context.server.snapshot()).toBe(before);
    },

  "rotation: the admin user is not used for a current user who does not log in": async (context) => {
    const users = await newPair(context);
    const impostor = { ...users, base: { ...users.base, password: newPassword() } };
    const { arn, handler } = masterUserSecret(context, impostor);
    const before = await context.server.snapshot();
    await failureOf(context.rotations.rotate(arn, handler), "login-rejected");
    expect(await context.server.snapshot()).toBe(before);
  },
});

const ofOutsiders = needing(["pair", "users who see what others may do to them"], {
  "rotation: a pending user that an outsider has power over is not promoted": async (context) => {
    const { rotations, server } = context;
    for (const { apply } of server.intrusions) {
      const users = await newPair(context);
      const outsider = await newUser(context);
      const { arn, handler } = masterUserSecret(context, users);
      const token = await rotations.stage(arn);
      await rotations.invoke(handler, "createSecret", arn, token);
      await rotations.invoke(handler, "setSecret", arn, token);
      await apply(server, users.pair, outsider.username);
      await failureOf(rotations.invoke(handler, "testSecret", arn, token), "privilege-mismatch");
    }
  },
});

export const rotationCases = { ...everyones, ...ofSecondPasswords, ...ofPairs, ...ofOutsiders };

/** A setSecret that is frozen after its logins, before its lock, while the service gives up on it and rotates anew. */
function lateSetSecret(strategy: Strategy, keeps = false): Run {
  return async (context) => {
    const { rotations, server } = context;
    const { port } = server.database.address;
    await using gate = await openGate(port);
    const { arn, handler } = await STRATEGIES[strategy](context, { port: gate.port });
    const user = userOf(context, arn);
    if (keeps) await server.secondPasswords?.allow(user.username);
    const answers = (await answersOfLogin(context, user)) * (strategy === "single-user" ? 1 : 2);
    const token = await rotations.stage(arn);
    await rotations.invoke(handler, "createSecret", arn, token);
    const [reached, awake] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let answered = 0;
    gate.onAnswer = async () => {
      answered++;
      if (answered === answers) {
        reached.resolve(); // Every login of the step is done, and nothing is changed yet.
        await awake.promise;
      }
      return "pass" as const;
    };
    const late = rotations.invoke(handler, "setSecret", arn, token);
    const ended = Promise.allSettled([late]);
    await Promise.race([reached.promise, ended]);
    rotations.abandon(arn);
    await rotations.rotate(arn, handler);
    const labels = rotations.labels(arn);
    const fingerprint = await server.fingerprint(userOf(context, arn).username);
    await new Promise((resolve) => setTimeout(resolve, LONGEST_TRUSTED_MS));
    awake.resolve();
    await ended;
    await failureOf(late);
    expect(await server.fingerprint(userOf(context, arn).username), "The late step changed the user.").toBe(
      fingerprint,
    );
    expect(rotations.labels(arn)).toEqual(labels);
    expect(await logsIn(context, userOf(context, arn)), "AWSCURRENT is locked out.").toBe(true);
  };
}

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
      const logins = await server.database.logins(username);
      if (logins) expect(logins.rejected, "Rotations have rejected logins.").toBe(0);
    }
    for (const user of used.slice(2)) {
      expect(await logsIn(context, user), "An old password logs in still.").toBe(false);
    }
    const passwords = used.map(({ password }) => password);
    expect(findSecrets(passwords, rotations.log()), "The function's log has passwords.").toEqual([]);
    const rotated = passwords.slice(0, -1); // The first one an administrator set, and that may be logged.
    expect(findSecrets(rotated, await server.log()), "The server's log has passwords.").toEqual([]);
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
