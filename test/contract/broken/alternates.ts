import { escapeLiteral, escapeIdentifier as id } from "pg";
import { RotationError } from "../../../shared/report/errors.ts";
import { revokeMembership } from "../postgres-deviations.ts";
import type { BrokenEngine } from "./derive.ts";
import { copyPrivileges, create, exists, preparing } from "./preparing.ts";

/** Engines that prepare the alternate user wrongly. */
export const BROKEN_ALTERNATES: readonly BrokenEngine[] = [
  {
    name: "the password comes before the privileges",
    fails: "order: a new user may do everything before it can log in",
    saying: /logs in and privileges are missing/,
    engine: (server) =>
      preparing({
        before: (pair, password) =>
          server.administer(create(pair, `LOGIN PASSWORD ${escapeLiteral(password)}`)),
      }),
  },
  {
    name: "the password comes before the privileges, and a crash after it",
    fails: "order: a connection that is lost at any statement leaves no weak user, and trying again succeeds",
    saying: /left without privileges/,
    engine: (server) =>
      preparing({
        before: (pair, password) =>
          server.administer(create(pair, `LOGIN PASSWORD ${escapeLiteral(password)}`)),
      }),
  },
  {
    name: "an existing clone is locked meanwhile",
    fails: "order: an existing alternate user logs in and loses nothing on the way",
    saying: /cannot log in/,
    engine: (server) =>
      preparing({
        before: async ({ alternate }) => {
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
        before: async ({ current, alternate }) => {
          if (await exists(server, alternate)) await server.administer(revokeMembership(current, alternate));
        },
      }),
  },
  {
    name: "what was revoked is never taken away",
    fails: "alternate: what is granted and revoked between rotations follows, three alternations deep",
    saying: /given INSERT: expected \[ 'SELECT', 'INSERT' \]/,
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
        before: async ({ alternate }) => {
          if (await exists(server, alternate))
            throw new RotationError("database", "The user already exists.", "");
        },
      }),
  },
  {
    name: "concurrent preparations create the user twice",
    fails: "alternate: eight preparations at once all succeed",
    // Who comes second may also find a user that the master does not administer: it was not the master that made it.
    saying: /duplicate key|already exists|concurrently|may not prepare/,
    engine: (server) =>
      preparing({
        before: async ({ alternate }) => {
          if (await exists(server, alternate)) return;
          await server.administer(`CREATE ROLE ${id(alternate)} NOLOGIN`);
        },
      }),
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
];
