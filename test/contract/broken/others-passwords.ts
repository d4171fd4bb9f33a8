import { escapeIdentifier, escapeLiteral } from "pg";
import { postgres } from "../../../functions/postgres/engine.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { type BrokenEngine, withConnect, withVerbs } from "./derive.ts";

/** Engines that give others their passwords wrongly. */
export const BROKEN_OTHERS_PASSWORDS: readonly BrokenEngine[] = [
  {
    name: "the administrator's own password changes",
    fails: "another's password: nobody else's changes, nor the master's",
    saying: /expected false to be true/,
    engine: () =>
      withVerbs((session) => ({ setPassword: (_username, password) => session.changeOwnPassword(password) })),
  },
  {
    name: "the user keeps its old password",
    fails: "another's password: the new one logs in, and none that the user had before",
    saying: /expected false to be true/,
    engine: () => withVerbs(() => ({ setPassword: async () => {} })),
  },
  {
    name: "giving a password again is an error",
    fails: "another's password: giving it again is harmless, also the one that the user has",
    saying: /had it before/,
    engine: () => {
      const before = new Set<string>();
      return withVerbs((session) => ({
        setPassword: async (username, password) => {
          if (before.has(password))
            throw new RotationError("password-refused", "The user had it before.", "");
          before.add(password);
          await session.setPassword(username, password);
        },
      }));
    },
  },
  {
    name: "names of others are not quoted",
    fails: "another's password: hostile names and passwords",
    saying: /syntax error|unterminated/,
    engine: (server) =>
      withVerbs(() => ({
        setPassword: (username, password) =>
          server.administer(`ALTER ROLE ${username} PASSWORD ${escapeLiteral(password)}`),
      })),
  },
  {
    name: "a user that is missing is made",
    fails: "another's password: of a user that does not exist is an error, and none is made",
    saying: /should have thrown/,
    engine: (server) =>
      withVerbs(() => ({
        setPassword: (username, password) =>
          server.administer(`CREATE ROLE ${escapeIdentifier(username)} PASSWORD ${escapeLiteral(password)}`),
      })),
  },
  {
    name: "the message does not say what lets the master give passwords",
    fails:
      "another's password: without a privilege nothing changes, and the statement in the message cures it",
    saying: /should end in the statement/,
    engine: () =>
      withVerbs((session) => ({
        setPassword: (username, password) =>
          session.setPassword(username, password).catch(() => {
            throw new RotationError("missing-privilege", "The master may not do this.", "Ask somebody.");
          }),
      })),
  },
  {
    name: "a replica is not recognised when a password is given",
    fails: "another's password: a read-only server is reported",
    saying: /database: The server refused/,
    engine: () =>
      withVerbs((session) => ({
        setPassword: (username, password) =>
          session.setPassword(username, password).catch(() => {
            throw new RotationError("database", "The server refused.", "");
          }),
      })),
  },
  {
    name: "the password that is given stands in a statement",
    fails: "another's password: it is in no statement, error or log",
    saying: /server's log has passwords/,
    engine: () =>
      withConnect((login, invocation) =>
        postgres.connect(login, {
          ...invocation,
          settings: { ...invocation.settings, PASSWORD_IN_SQL: "plaintext" },
        }),
      ),
  },
];
