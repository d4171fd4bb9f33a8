import { expect } from "vitest";
import type { Cases } from "../case.ts";
import type { ContractServer } from "../contract-server.ts";
import { newName, newPassword } from "../support/context.ts";
import { grant, mayDo, newTable } from "../support/privileges.ts";
import { connected, invoked, logsIn, newTwins, newUser, prepare } from "../support/users.ts";
import { HOSTILE_PASSWORDS } from "./own-password.ts";

/** What is special to SQL, to logs, to drivers and to shells. Not at the ends: some products cut spaces off. */
const HOSTILE_NAMES = [
  "o'brien",
  'say "hi"',
  "tick`s",
  "back\\slash",
  "100%d",
  "under_score",
  "drop; --",
  "Mixed Case",
  "$1 ?",
  "me@home.example",
];

export const nameCases = {
  "names: hostile ones log in, change their password and get an alternate user": async (context) => {
    for (const start of HOSTILE_NAMES) {
      const username = `${newName(start)}%`;
      expect(context.engine.refusal(username, newPassword()), username).toBeUndefined();
      const twins = await newTwins(context, username);
      const changed = { username, password: newPassword() };
      using invocation = invoked(context);
      await using session = await connected(context, twins.base, invocation);
      await session.changeOwnPassword(changed.password);
      const alternate = await prepare(context, twins, twins.pair, newPassword());
      expect(await logsIn(context, changed), username).toBe(true);
      expect(await logsIn(context, alternate), username).toBe(true);
    }
  },

  "names: an alternate user's hostile passwords": async (context) => {
    const twins = await newTwins(context);
    for (const password of HOSTILE_PASSWORDS) {
      const alternate = await prepare(context, twins, twins.pair, password);
      expect(await logsIn(context, alternate), password).toBe(true);
    }
  },

  "names: one that is too long is refused with a sentence, the longest is not": async ({
    engine,
    server,
  }) => {
    for (const letter of ["x", "ü"]) {
      const longest = nameOf(server, letter);
      expect(engine.refusal(longest, newPassword())).toBeUndefined();
      const sentence = engine.refusal(`${longest}x`, newPassword()) ?? "";
      expect(sentence, `${letter}, one too many`).toMatch(/\w+ \w+/);
    }
  },

  "names: two of the greatest length are not taken for one another": async (context) => {
    const { server } = context;
    const table = await newTable(context);
    const start = nameOf(server, "x", newName("long")).slice(0, -"_clone".length - 1);
    const twins = await newTwins(context, `${start}1`);
    const other = await newTwins(context, `${start}2`);
    await server.administer(grant(server, "SELECT", table, twins.base.username));
    const alternate = await prepare(context, twins, twins.pair, newPassword());
    const otherAlternate = await prepare(context, other, other.pair, newPassword());
    expect(await mayDo(context, alternate, table)).toEqual(["SELECT"]);
    expect(await mayDo(context, otherAlternate, table)).toEqual([]);
    expect(await logsIn(context, twins.base)).toBe(true);
  },

  "names: changing the password of the longest leaves its neighbour's alone": async (context) => {
    const start = nameOf(context.server, "x", newName("long")).slice(0, -1);
    const user = await newUser(context, { username: `${start}1` });
    const neighbour = await newUser(context, { username: `${start}2` });
    const changed = { ...user, password: newPassword() };
    using invocation = invoked(context);
    await using session = await connected(context, user, invocation);
    await session.changeOwnPassword(changed.password);
    expect(await logsIn(context, changed)).toBe(true);
    expect(await logsIn(context, neighbour)).toBe(true);
  },
} satisfies Cases;

/** A name of the greatest length, made of one letter as far as it goes. */
function nameOf({ longestName }: ContractServer, letter: string, start = ""): string {
  const sizeOf = (text: string) =>
    longestName.unit === "bytes" ? Buffer.byteLength(text) : [...text].length;
  let name = start;
  while (sizeOf(name + letter) <= longestName.length) name += letter;
  return name.padEnd(name.length + longestName.length - sizeOf(name), "x");
}
