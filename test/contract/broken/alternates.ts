import { escapeLiteral, escapeIdentifier as id } from "pg";
import type { Engine } from "../../../shared/engine/engine.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { scramVerifier } from "../minimal/scram.ts";
import { revokeMembership } from "../postgres-deviations.ts";
import type { BrokenEngine } from "./derive.ts";
import {
  copyPrivileges,
  exists,
  logOf,
  notHoldingTheLock,
  planning,
  preparing,
  sqlOf,
  withPair,
} from "./pairs.ts";

/** Engines that prepare the alternate user wrongly. */
export const BROKEN_ALTERNATES: readonly BrokenEngine[] = [
  {
    name: "the password comes before the privileges",
    fails: "order: a new user may do everything before it can log in",
    saying: /logs in and privileges are missing/,
    engine: loggingInFirst,
  },
  {
    name: "the password comes before the privileges, and a crash after it",
    fails: "order: a connection that is lost at any statement leaves no weak user, and trying again succeeds",
    saying: /left without privileges/,
    engine: loggingInFirst,
  },
  {
    name: "an existing clone is locked meanwhile",
    fails: "order: an existing alternate user logs in and loses nothing on the way",
    saying: /cannot log in/,
    engine: (server) =>
      preparing({
        first: async ({ alternate }) => {
          if (await exists(server, alternate)) await server.administer(`ALTER ROLE ${id(alternate)} NOLOGIN`);
        },
      }),
  },
  {
    name: "an existing clone is stripped before it gets its privileges again",
    fails: "order: an existing alternate user logs in and loses nothing on the way",
    saying: /lacks a privilege/,
    engine: (server) =>
      preparing({
        first: async ({ current, alternate }) => {
          if (await exists(server, alternate)) await server.administer(revokeMembership(current, alternate));
        },
      }),
  },
  {
    name: "what was revoked is never taken away",
    fails: "alternate: what is granted and revoked between rotations follows, three alternations deep",
    saying: /given INSERT|user_\d+_clone has/,
    engine: (server) => preparing({ after: (pair) => copyPrivileges(server, pair) }),
  },
  {
    name: "WITH GRANT OPTION is dropped",
    fails: "alternate: it may hand on what the current user may hand on, and nothing else",
    saying: /WITH GRANT OPTION is lost/,
    engine: (server) =>
      preparing({
        after: async (pair) => {
          await copyPrivileges(server, pair);
          await server.administer(revokeMembership(pair.current, pair.alternate));
        },
      }),
  },
  {
    name: "everything is granted WITH GRANT OPTION",
    fails: "alternate: it may hand on what the current user may hand on, and nothing else",
    saying: /WITH GRANT OPTION is won/,
    engine: (server) => preparing({ after: (pair) => copyPrivileges(server, pair, "WITH GRANT OPTION") }),
  },
  {
    name: "the clone may do more",
    fails: "alternate: it logs in and may do what the current user may, no more and no less",
    saying: /'INSERT'/,
    engine: (server) =>
      preparing({
        after: ({ alternate }) =>
          server.administer(
            `GRANT pg_write_all_data TO ${id(alternate)}; ALTER ROLE ${id(alternate)} RESET role`,
          ),
      }),
  },
  {
    name: "preparing a user twice is an error",
    fails: "alternate: preparing it again with the same password is harmless",
    saying: /already exists/,
    engine: (server) =>
      preparing({
        first: async ({ alternate }) => {
          if (await exists(server, alternate))
            throw new RotationError("database", "The user already exists.", "");
        },
      }),
  },
  {
    name: "nothing keeps two preparations apart",
    fails: "alternate: a second preparation waits for the first one's lock",
    saying: /Two runs held the lock/,
    engine: () => notHoldingTheLock(),
  },
  {
    name: "concurrent preparations create the user twice",
    fails: "alternate: eight preparations at once all succeed",
    saying: /locked|SQLSTATE|nothing shows/,
    engine: () => notHoldingTheLock(),
  },
  {
    name: "the server waits for ever for a client that is frozen with the lock",
    fails: "alternate: the lock of a frozen client is free within its deadline",
    saying: /still under way|took longer/,
    engine: () => notHoldingTheLock("ALTER ROLE"),
  },
  {
    name: "the plan has the password first",
    fails: "alternate: a plan names no password, and its last change is the password",
    saying: /comes after the password/,
    engine: () => planning((plan) => ({ ...plan, changes: plan.changes.toReversed() })),
  },
  {
    name: "the plan is never empty",
    fails: "alternate: the plan after a preparation changes nothing but the password",
    saying: /\[ 'adds' \] to deeply equal \[\]/,
    engine: () =>
      planning((plan) => ({ ...plan, changes: [{ kind: "adds", statement: "SELECT 1" }, ...plan.changes] })),
  },
  {
    name: "the current user gets the password, too",
    fails: "alternate: the current user's password stays what it is",
    saying: /expected false to be true/,
    engine: (server) =>
      preparing({
        after: ({ current }, password) =>
          server.administer(`ALTER ROLE ${id(current)} PASSWORD ${escapeLiteral(password)}`),
      }),
  },
  {
    name: "the current user is changed",
    fails: "alternate: what the server decides the logins of the current user by stays as it is",
    saying: /current user was changed/,
    engine: (server) =>
      preparing({
        after: ({ current }) => server.administer(`ALTER ROLE ${id(current)} CONNECTION LIMIT 50`),
      }),
  },
  {
    name: "the password is in the function's log",
    fails: "rotation: three master-user rotations",
    saying: /function's log has passwords/,
    engine: () =>
      preparing({
        before: async ({ alternate }, password) => {
          // Past the log, which redacts it.
          process.stdout.write(`The password of ${alternate} becomes ${password}\n`);
        },
      }),
  },
  {
    name: "the password stands in a statement about the alternate user",
    fails: "secrets: none is in the server's log after preparations, with every statement logged",
    saying: /server's log has passwords/,
    engine: () =>
      withPair((right) => ({
        apply: async (by, changes, password) => {
          await right.apply(by, changes, password);
          await sqlOf(by.admin).query(`SELECT ${escapeLiteral(password)}`);
        },
      })),
  },
  {
    name: "the engine logs the password of the alternate user",
    fails: "secrets: none is in what is logged of a preparation",
    saying: /engine logged a password/,
    engine: () =>
      withPair((right) => ({
        apply: async (by, changes, password) => {
          await right.apply(by, changes, password);
          logOf(by.admin).info("Prepared", { statement: `ALTER ROLE x PASSWORD '${password}'` });
        },
      })),
  },
  {
    name: "an error of a preparation has the driver's error as its cause",
    fails: "secrets: none is in an error of a preparation that loses its connection",
    saying: /carries a secret/,
    engine: () =>
      withPair((right) => ({
        apply: (by, changes, password) =>
          right.apply(by, changes, password).catch(() => {
            const error = new RotationError("unreachable", "The connection was lost.", "Wait.");
            throw Object.assign(error, { cause: new Error(`ALTER ROLE x PASSWORD '${password}'`) });
          }),
      })),
  },
];

/** The user is created with its password; what it is to be and may do comes after that. */
function loggingInFirst(): Engine {
  return withPair((right) => ({
    apply: async (by, changes, password) => {
      const [first, ...others] = changes;
      const [create] = /^CREATE ROLE "(?:[^"]|"")+"/.exec(first?.statement ?? "") ?? [];
      if (create === undefined) return await right.apply(by, changes, password);
      const login = `${create} LOGIN PASSWORD ${escapeLiteral(await scramVerifier(password))}`;
      await sqlOf(by.admin).query(`${login}; COMMIT; BEGIN`);
      await right.apply(by, others, password);
    },
  }));
}
