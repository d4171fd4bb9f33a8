import { expect } from "vitest";
import { everyEngine, needing } from "../case.ts";
import type { ContractServer } from "../contract-server.ts";
import { prepareWithCures } from "../support/administrator.ts";
import { newName, newPassword } from "../support/context.ts";
import { prepare } from "../support/preparing.ts";
import { mayDo, newTable } from "../support/privileges.ts";
import { change, logsIn, newPair, newUser } from "../support/users.ts";
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

const everyones = everyEngine({
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

  "names: changing the password of the longest leaves its neighbor's alone": async (context) => {
    const start = nameOf(context.server, "x", newName("long")).slice(0, -1);
    const user = await newUser(context, { username: `${start}1` });
    const neighbor = await newUser(context, { username: `${start}2` });
    const changed = { ...user, password: newPassword() };
    await change(context, user, changed.password);
    expect(await logsIn(context, changed)).toBe(true);
    expect(await logsIn(context, neighbor)).toBe(true);
  },
});

const ofPairs = needing(["pair"], {
  "names: an alternate user's hostile passwords": async (context) => {
    const { admin, base, pair } = await newPair(context);
    for (const password of HOSTILE_PASSWORDS) {
      const alternate = await prepare(context, { admin, current: base, pair, password });
      expect(await logsIn(context, alternate), password).toBe(true);
    }
  },

  "names: two of the greatest length are not taken for one another": async (context) => {
    const { server } = context;
    const table = await newTable(context);
    const start = nameOf(server, "x", newName("long")).slice(0, -"_clone".length - 1);
    const one = await newPair(context, `${start}1`);
    const other = await newPair(context, `${start}2`);
    await server.grant("SELECT", table, one.base.username);
    const [alternate, otherAlternate] = [
      await prepare(context, { ...one, current: one.base, password: newPassword() }),
      await prepare(context, { ...other, current: other.base, password: newPassword() }),
    ];
    expect(await mayDo(context, alternate, table)).toEqual(["SELECT"]);
    expect(await mayDo(context, otherAlternate, table)).toEqual([]);
    expect(await logsIn(context, one.base)).toBe(true);
  },
});

const hostile = needing(["names of any characters"], {
  "names: hostile ones log in and change their password": async (context) => {
    for (const username of hostileNames()) {
      expect(context.engine.refusal(username, newPassword()), username).toBeUndefined();
      const user = await newUser(context, { username });
      const password = newPassword();
      await change(context, user, password);
      expect(await logsIn(context, { username, password }), username).toBe(true);
    }
  },
});

const hostilePairs = needing(["pair", "names of any characters"], {
  "names: hostile ones get an alternate user": async (context) => {
    for (const username of hostileNames()) {
      const { admin, base, pair } = await newPair(context, username);
      const alternate = await prepare(context, { admin, current: base, pair, password: newPassword() });
      expect(await logsIn(context, alternate), username).toBe(true);
    }
  },

  "names: the statements of a refusal work for hostile ones": async (context) => {
    for (const username of hostileNames()) {
      const { admin, base, clone, pair } = await newPair(context, username);
      await newUser(context, { username: clone });
      const { alternate } = await prepareWithCures(context, { admin, current: base, pair });
      expect(await logsIn(context, alternate), username).toBe(true);
    }
  },
});

export const nameCases = { ...everyones, ...hostile, ...ofPairs, ...hostilePairs };

function hostileNames(): string[] {
  return HOSTILE_NAMES.map((start) => `${newName(start)}%`);
}

/** A name of the greatest length, made of one letter as far as it goes. */
function nameOf({ longestName }: ContractServer, letter: string, start = ""): string {
  const sizeOf = (text: string) =>
    longestName.unit === "bytes" ? Buffer.byteLength(text) : [...text].length;
  let name = start;
  while (sizeOf(name + letter) <= longestName.length) name += letter;
  return name.padEnd(name.length + longestName.length - sizeOf(name), "x");
}
