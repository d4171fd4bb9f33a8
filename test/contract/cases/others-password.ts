import { expect } from "vitest";
import { found } from "../../support/search.ts";
import type { Cases } from "../case.ts";
import { type Context, newName, newPassword } from "../support/context.ts";
import { expectNoSecret, failureOf, remedyIn } from "../support/failures.ts";
import { connected, invoked, logsIn, newTwins, newUser, type User } from "../support/users.ts";
import { HOSTILE_PASSWORDS } from "./own-password.ts";

/** How often a master may learn of something else that it lacks. */
const MOST_CURES = 3;

/** An administrator gives somebody else a password. */
export const othersPasswordCases = {
  "another's password: the new one logs in, and none that the user had before": async (context) => {
    const { base, master } = await newTwins(context);
    await context.server.database.letKeepOldPassword?.(base.username);
    const changed = { ...base, password: newPassword() };
    using invocation = invoked(context);
    await using own = await connected(context, base, invocation);
    await own.changeOwnPassword(changed.password);

    const given = await give(context, master, base.username, newPassword());

    expect(await logsIn(context, given)).toBe(true);
    expect(await logsIn(context, changed), "The old password still logs in.").toBe(false);
    expect(await logsIn(context, base), "The password before the old one still logs in.").toBe(false);
  },

  "another's password: giving it again is harmless, also the one that the user has": async (context) => {
    const { base, master } = await newTwins(context);
    for (const password of [base.password, base.password, newPassword()]) {
      await give(context, master, base.username, password);
      await give(context, master, base.username, password);
      expect(await logsIn(context, { ...base, password })).toBe(true);
    }
  },

  "another's password: hostile names and passwords": async (context) => {
    const { base, master } = await newTwins(context, `${newName("o'b\"r`i\\en; --")}%`);
    for (const password of HOSTILE_PASSWORDS) {
      expect(await logsIn(context, await give(context, master, base.username, password)), password).toBe(
        true,
      );
    }
  },

  "another's password: nobody else's changes, nor the master's": async (context) => {
    const { base, master } = await newTwins(context);
    const neighbour = await newUser(context, { username: `${base.username}1` });
    await give(context, master, base.username, newPassword());
    expect(await logsIn(context, neighbour)).toBe(true);
    expect(await logsIn(context, master)).toBe(true);
  },

  "another's password: of a user that does not exist is an error, and none is made": async (context) => {
    const { server } = context;
    const { master } = await newTwins(context);
    const before = await server.snapshot();
    await failureOf(give(context, master, newName("nobody"), newPassword()), "unsupported");
    expect(await server.snapshot(), "Something changed.").toBe(before);
  },

  "another's password: without a privilege nothing changes, and the statement in the message cures it":
    async (context) => {
      const { server } = context;
      const [user, powerless] = [await newUser(context), await newUser(context)];
      const password = newPassword();
      let cures = 0;
      for (; !(await logsIn(context, { ...user, password })); cures++) {
        expect(cures, "The statements in its messages do not cure it.").toBeLessThan(MOST_CURES);
        const before = await server.snapshot();
        const work = give(context, powerless, user.username, password);
        if ((await Promise.allSettled([work]))[0].status === "fulfilled") continue;
        const error = await failureOf(work, "missing-privilege");
        expect(await server.snapshot(), "It changed something before it found out that it may not.").toBe(
          before,
        );
        await server.administer(remedyIn(error));
      }
      expect(cures).toBeGreaterThan(0);
    },

  "another's password: a read-only server is reported": async (context) => {
    const { base, master } = await newTwins(context);
    await using _replica = await context.server.becomeReadOnly();
    await failureOf(give(context, master, base.username, newPassword()), "read-only");
  },

  "another's password: it is in no statement, error or log": async (context) => {
    const { server } = context;
    const { base, master } = await newTwins(context);
    const powerless = await newUser(context);
    const [given, refused] = [newPassword(), newPassword()];
    using invocation = invoked(context);
    await using session = await connected(context, master, invocation);
    await session.setPassword(base.username, given);
    const error = await failureOf(give(context, powerless, base.username, refused));
    expectNoSecret(error, refused, powerless.password);
    const secrets = [given, refused];
    expect(found(secrets, await server.log()), "The server's log has passwords.").toEqual([]);
    expect(found(secrets, invocation.logged.join("\n")), "The engine logged a password.").toEqual([]);
  },
} satisfies Cases;

async function give(context: Context, master: User, username: string, password: string): Promise<User> {
  using invocation = invoked(context);
  await using session = await connected(context, master, invocation);
  await session.setPassword(username, password);
  return { username, password };
}
