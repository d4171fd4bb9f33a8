import { expect } from "vitest";
import type { Invocation, OwnRotation } from "../../../shared/engine/engine.ts";
import { findSecrets } from "../../support/find-secrets.ts";
import { needing } from "../case.ts";
import { type Context, newPassword } from "../support/context.ts";
import { failureOf, remedyIn } from "../support/failures.ts";
import { change, connected, invoked, logsIn, newUser, type User, WANTED } from "../support/users.ts";

/** The old password goes on working beside the new one until it is turned off. */
export const secondPasswordCases = needing(["secondPassword"], {
  "second password: a user who may keep it does, and one who may not does not": async (context) => {
    const keeper = await newKeeper(context);
    expect(await change(context, keeper, newPassword())).toBe("kept");
    expect(await logsIn(context, keeper), "The old password does not work.").toBe(true);
    const other = await newUser(context);
    expect(await change(context, other, newPassword())).toBe("ended");
    expect(await logsIn(context, other), "The old password works.").toBe(false);
  },

  "second password: the second change with the same password finds it done, and keeps the old one": async (
    context,
  ) => {
    const user = await newKeeper(context);
    const password = newPassword();
    await change(context, user, password);
    expect(await change(context, user, password), "by the old password").toBe("already");
    expect(await logsIn(context, user), "The old password does not work.").toBe(true);
    expect(await change(context, { ...user, password }, password), "by the new password").toBe("already");
    expect(await logsIn(context, user), "The old password does not work.").toBe(true);
  },

  "second password: discard ends the old one, and repeating it is harmless": async (context) => {
    const user = await newKeeper(context);
    const changed = { ...user, password: newPassword() };
    await change(context, user, changed.password);
    for (let time = 0; time < 2; time++) {
      expect(await discard(context, changed)).toBeUndefined();
      expect(await logsIn(context, user), "The old password works still.").toBe(false);
      expect(await logsIn(context, changed)).toBe(true);
    }
  },

  "second password: discard ends the old one if there is no reason not to": async (context) => {
    const user = await newKeeper(context);
    const changed = { ...user, password: newPassword() };
    await change(context, user, changed.password);
    let asked = 0;
    const whyNot = async () => {
      asked++;
      return undefined;
    };
    expect(await discard(context, changed, whyNot)).toBeUndefined();
    expect(asked, "It was not asked why not.").toBe(1);
    expect(await logsIn(context, user), "The old password works still.").toBe(false);
    expect(await logsIn(context, changed)).toBe(true);
  },

  "secrets: none is in what the engine logs when it turns the old password off": async (context) => {
    const user = await newKeeper(context);
    const changed = { ...user, password: newPassword() };
    await change(context, user, changed.password);
    for (const whyNot of [undefined, async () => "Another rotation has started."]) {
      using invocation = invoked(context);
      await discard(context, changed, whyNot, invocation);
      const logged = invocation.logged.join("\n");
      expect(findSecrets([user.password, changed.password], logged), "The engine logged a password.").toEqual(
        [],
      );
    }
  },

  "second password: discard does nothing if it is told why not": async (context) => {
    const user = await newKeeper(context);
    const changed = { ...user, password: newPassword() };
    await change(context, user, changed.password);
    const why = "Another rotation has started.";
    expect(await discard(context, changed, async () => why)).toBe(why);
    expect(await logsIn(context, user), "The old password was turned off.").toBe(true);
  },

  "second password: discard asks why not while no other run can change the password": async (context) => {
    const user = await newKeeper(context);
    const changed = { ...user, password: newPassword() };
    await change(context, user, changed.password);
    let isChanging = false;
    const why = await discard(context, changed, async () => {
      const next = change(context, changed, newPassword()).then(() => {
        isChanging = true;
      });
      await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 500))]);
      const found = isChanging ? "The password changed meanwhile." : undefined;
      next.catch(() => {});
      return found;
    });
    expect(why).toBeUndefined();
  },

  "second password: a user who may not discard gets the statement that an administrator runs": async (
    context,
  ) => {
    const { server } = context;
    const user = await newKeeper(context);
    const changed = { ...user, password: newPassword() };
    await change(context, user, changed.password);
    await server.secondPasswords?.forbid(user.username);
    const why = (await discard(context, changed)) ?? expect.fail("It says that it was done.");
    await server.administer(remedyIn(new Error(why)));
    await discard(context, changed);
    expect(await logsIn(context, user), "The old password works still.").toBe(false);
  },

  "second password: what an abandoned rotation left is replaced, and AWSCURRENT goes on working": async (
    context,
  ) => {
    const user = await newKeeper(context);
    const [abandoned, next] = [newPassword(), newPassword()];
    await change(context, user, abandoned); // AWSCURRENT is the user's old password now.
    const rotation: OwnRotation = { ...WANTED, abandoned: async () => [newPassword(), abandoned] };
    await change(context, user, next, rotation);
    expect(await logsIn(context, { ...user, password: next })).toBe(true);
    expect(await logsIn(context, user), "AWSCURRENT does not work.").toBe(true);
    expect(await logsIn(context, { ...user, password: abandoned }), "The abandoned one works.").toBe(false);
  },

  "second password: one of unknown origin is not replaced, and the statements cure it": async (context) => {
    const { server } = context;
    const user = await newKeeper(context);
    const unknown = { ...user, password: newPassword() };
    await server.secondPasswords?.keepOldAndSet(user.username, unknown.password);
    const before = await server.fingerprint(user.username);
    const next = newPassword();
    const error = await failureOf(change(context, user, next), "second-password");
    expect(await server.fingerprint(user.username), "Something changed.").toBe(before);
    await server.administer(remedyIn(error).replace("<the password under AWSCURRENT>", user.password));
    await change(context, user, next);
    expect(await logsIn(context, { ...user, password: next })).toBe(true);
  },
});

async function newKeeper(context: Context): Promise<User> {
  const user = await newUser(context);
  const { secondPasswords } = context.server;
  await (secondPasswords ?? expect.fail("An engine with secondPassword has a server with it.")).allow(
    user.username,
  );
  return user;
}

async function discard(
  context: Context,
  user: User,
  whyNot?: () => Promise<string | undefined>,
  given?: Invocation,
): Promise<string | undefined> {
  using own = given ? undefined : invoked(context);
  await using session = await connected(context, user, given ?? own ?? expect.fail("There is one."));
  const capability = context.engine.secondPassword ?? expect.fail("The case needs secondPassword.");
  return await capability.discard(session, whyNot);
}
