import type { Engine } from "../../../shared/engine/engine.ts";
import type { ContractServer } from "../contract-server.ts";
import { minimal } from "../minimal/engine.ts";
import { type BrokenEngine, withVerbs } from "./derive.ts";
import { preparing } from "./pairs.ts";

/** By user: the passwords that it had, the newest first. */
type Passwords = Map<string, string[]>;

/**
 * Mistakes that PostgreSQL makes impossible: on other products a user has several passwords until somebody takes the old
 * ones away, and a change is lost unless it is saved. The server is one of such a product: it is told what the engine
 * has set.
 */
export const BROKEN_ON_OTHER_PRODUCTS: readonly BrokenEngine[] = [
  {
    name: "old passwords are never taken away",
    fails:
      "own password: after two changes the first one is refused, and after every further one the one before the last",
    saying: /old password logs in still/,
    ...severalPasswords((passwords) => changing(passwords)),
  },
  {
    name: "old passwords are never taken away, and the first one of three rotations logs in",
    fails: "rotation: three single-user rotations",
    saying: /old password logs in still/,
    ...severalPasswords((passwords) => changing(passwords)),
  },
  {
    name: "the alternate user keeps its old passwords",
    fails: "alternate: its password before is refused, three preparations deep",
    saying: /old password logs in still/,
    ...severalPasswords((passwords) => preparingWith(passwords)),
  },
  {
    name: "a change of the password is not saved",
    fails: "own password: a restart of the server keeps the new one",
    saying: /new password is lost/,
    ...forgetful((passwords) => changing(passwords)),
  },
  {
    name: "the preparation of the alternate user is not saved",
    fails: "alternate: a restart of the server keeps its password and its privileges",
    saying: /new password is lost/,
    ...forgetful((passwords) => preparingWith(passwords)),
  },
];

/** An engine that says which passwords it has set. */
function changing(passwords: Passwords): Engine {
  return withVerbs(
    (session, { username, password: before }) => ({
      changeOwnPassword: async (next, rotation) => {
        const outcome = await session.changeOwnPassword(next, rotation);
        remember(passwords, username, before);
        remember(passwords, username, next);
        return outcome;
      },
    }),
    minimal,
  );
}

function preparingWith(passwords: Passwords): Engine {
  return preparing({
    after: async ({ alternate }, password) => remember(passwords, alternate, password),
  });
}

function remember(passwords: Passwords, username: string, password: string): void {
  const known = passwords.get(username) ?? [];
  passwords.set(username, [password, ...known.filter((one) => one !== password)]);
}

type Mistake = Pick<Required<BrokenEngine>, "engine" | "product">;

/** On a product on which a user logs in with any of its passwords. */
function severalPasswords(engine: (passwords: Passwords) => Engine): Mistake {
  const passwords: Passwords = new Map();
  return {
    engine: () => engine(passwords),
    product: (server) => ({
      ...server,
      open: (username, password) => {
        const known = passwords.get(username) ?? [];
        return server.open(username, known.includes(password) ? String(known[0]) : password);
      },
    }),
  };
}

/** On a product that forgets at a restart what was not saved. */
function forgetful(engine: (passwords: Passwords) => Engine): Mistake {
  const passwords: Passwords = new Map();
  return {
    engine: () => engine(passwords),
    product: (server: ContractServer) => ({
      ...server,
      restart: async () => {
        await server.restart();
        for (const [username, [, before]] of passwords) {
          if (before !== undefined) await server.setPassword(username, before);
        }
      },
    }),
  };
}
