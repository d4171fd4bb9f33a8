import { randomUUID } from "node:crypto";
import type { StrategyName } from "../../../local/engines.ts";
import type { Reason } from "../../../shared/report/errors.ts";
import type { Context } from "./context.ts";

/** What only whoever brought a change about can undo, by the name of the instruction that asks for it. */
export type Cures = Readonly<Record<string, () => PromiseLike<void>>>;

/** Something that happens to the database while a rotation is under way, and that the function has no part in. */
export interface Change {
  /** The end of "While it rotates, …". */
  readonly what: string;
  /** All subjects on the server feel it: it is brought about for one of them at a time. */
  readonly wide?: true;
  /** Both unless told. */
  readonly strategy?: StrategyName;
  /** What cannot be looked at as long as it lasts. */
  readonly hides?: "everything" | "privileges";
  /** What a rotation may fail with; "nothing" if it goes through by itself, the service's retries included. */
  readonly reasons: readonly Reason[];
  /** What users of the subject may do with its table from then on; SELECT and UPDATE unless told. */
  readonly allows?: string;
  bringAbout(context: Context): Promise<Cures>;
}

const NONE: Cures = {};

export const CHANGES = {
  "password-changed": {
    what: "somebody changes the password of the current user by hand",
    // `second-password` where the password under AWSCURRENT goes on working beside the new one.
    reasons: ["login-rejected", "second-password"],
    bringAbout: async ({ server, current }) => {
      await server.setPassword(await current(), randomUUID());
      return NONE;
    },
  },
  "other-password-changed": {
    what: "somebody changes the password of the other user by hand, if there is one",
    strategy: "master-user",
    reasons: ["login-rejected"],
    bringAbout: async ({ server, alternate, exists }) => {
      const username = await alternate();
      if (await exists(username)) await server.setPassword(username, randomUUID());
      return NONE;
    },
  },
  "master-password-changed": {
    what: "the master gets another password, which its secret does not know",
    strategy: "master-user",
    reasons: ["login-rejected"],
    bringAbout: async ({ server, master, edit }) => {
      const password = randomUUID();
      await server.setPassword(master, password);
      return { "bring the master secret up to date": () => edit("master secret", { password }) };
    },
  },
  "clone-dropped": {
    what: "somebody drops the clone, if there is one",
    strategy: "master-user",
    reasons: ["login-rejected"],
    bringAbout: async ({ server, clone }) => {
      await server.dropUser(clone);
      return NONE;
    },
  },
  "base-dropped": {
    what: "somebody drops the base user",
    reasons: ["login-rejected", "unsupported", "privilege-mismatch", "missing-privilege", "database"],
    bringAbout: async ({ server, base }) => {
      await server.dropUser(base);
      return NONE;
    },
  },
  "privilege-revoked": {
    what: "a privilege is revoked where the README says that it be done",
    reasons: ["privilege-mismatch"],
    allows: "SELECT",
    bringAbout: async ({ server, base, current, subject }) => {
      const user = server.sourceOfTruth === "base" ? base : await current();
      await server.revoke("UPDATE", subject.table, user);
      return NONE;
    },
  },
  "master-weakened": {
    what: "the master loses what it needs",
    strategy: "master-user",
    reasons: ["missing-privilege", "login-rejected"],
    bringAbout: async ({ server, master }) => {
      await server.weakenMaster(master);
      return NONE;
    },
  },
  "account-locked": {
    what: "the current user is forbidden to log in",
    reasons: ["login-not-allowed", "account-locked"],
    bringAbout: async ({ server, current }) => {
      await server.lockAccount(await current());
      return NONE;
    },
  },
  restarted: {
    what: "the server is restarted",
    wide: true,
    reasons: [],
    bringAbout: async ({ server }) => {
      await server.restart();
      return NONE;
    },
  },
  "read-only": {
    what: "the server becomes read-only",
    wide: true,
    hides: "privileges",
    reasons: ["read-only"],
    bringAbout: async ({ server }) => {
      const readOnly = await server.becomeReadOnly();
      return { "find a primary": () => readOnly[Symbol.asyncDispose]() };
    },
  },
  "out-of-connections": {
    what: "other people take all connections",
    wide: true,
    hides: "everything",
    reasons: ["connection-limit"],
    bringAbout: async ({ server }) => {
      const crowd = await server.useUpConnections();
      return { "make room for a connection": () => crowd[Symbol.asyncDispose]() };
    },
  },
  "certificate-expired": {
    what: "the server's certificate expires",
    reasons: ["tls"],
    bringAbout: async ({ gate }) => {
      const expired = await gate.letCertificateExpire();
      return { "renew the certificate": () => expired[Symbol.asyncDispose]() };
    },
  },
} satisfies Record<string, Change>;
