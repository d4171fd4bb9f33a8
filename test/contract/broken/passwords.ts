import { setTimeout as wait } from "node:timers/promises";
import { escapeIdentifier, escapeLiteral } from "pg";
import { postgres } from "../../../functions/postgres/engine.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { anotherConnection, type BrokenEngine, ENDLESS, withConnect, withVerbs } from "./derive.ts";

const alter = (username: string, password: string) =>
  `ALTER ROLE ${escapeIdentifier(username)} PASSWORD ${escapeLiteral(password)}`;

/** Engines that change passwords wrongly, or do not keep them to themselves. */
export const BROKEN_PASSWORDS: readonly BrokenEngine[] = [
  {
    name: "the password stands in a statement",
    fails: "secrets: none is in the server's log, with every statement logged",
    saying: /server's log has passwords/,
    engine: () =>
      withConnect((login, invocation) =>
        postgres.connect(login, {
          ...invocation,
          settings: { ...invocation.settings, PASSWORD_IN_SQL: "plaintext" },
        }),
      ),
  },
  {
    name: "the password is in the function's log",
    fails: "rotation: three master-user rotations",
    saying: /function's log has passwords/,
    engine: () =>
      withVerbs((session) => ({
        prepareAlternate: async (pair, password) => {
          // Past the log, which keeps it back.
          process.stdout.write(`The password of ${pair.alternate} becomes ${password}\n`);
          await session.prepareAlternate(pair, password);
        },
      })),
  },
  {
    name: "an error has the statement in it",
    fails: "secrets: none is in an error of changeOwnPassword",
    saying: /carries a secret/,
    engine: () =>
      withVerbs((session, { username }) => ({
        changeOwnPassword: (password) =>
          session.changeOwnPassword(password).catch((error: unknown) => {
            throw Object.assign(Object(error), { sql: alter(username, password) });
          }),
      })),
  },
  {
    name: "an error has the driver's error as its cause",
    fails: "secrets: none is in an error of prepareAlternate",
    saying: /carries a secret/,
    engine: () =>
      withVerbs((session) => ({
        prepareAlternate: (pair, password) =>
          session.prepareAlternate(pair, password).catch((error: unknown) => {
            throw Object.assign(Object(error), { cause: new Error(alter(pair.alternate, password)) });
          }),
      })),
  },
  {
    name: "the engine logs the password",
    fails: "secrets: none is in what the engine logs",
    saying: /engine logged a password/,
    engine: () =>
      withVerbs((session, _login, { log }) => ({
        prepareAlternate: async (pair, password) => {
          await session.prepareAlternate(pair, password);
          log.info("Prepared", { statement: alter(pair.alternate, password) });
        },
      })),
  },
  {
    name: "quotes are left out of passwords",
    fails: "own password: hostile passwords",
    saying: /expected false to be true/,
    engine: () =>
      withVerbs((session) => ({
        changeOwnPassword: (password) => session.changeOwnPassword(password.replaceAll("'", "") || "x"),
      })),
  },
  {
    name: "user names are not quoted",
    fails: "names: hostile ones log in, change their password and get an alternate user",
    saying: /syntax error|unterminated/,
    engine: (server) =>
      withVerbs((_session, { username }) => ({
        changeOwnPassword: (password) =>
          server.administer(`ALTER ROLE ${username} PASSWORD ${escapeLiteral(password)}`),
      })),
  },
  {
    name: "changes of the password do not wait for one another",
    fails: "own password: eight changes at once all succeed",
    saying: /tuple concurrently updated/,
    engine: (server) =>
      withVerbs((_session, { username }) => ({
        changeOwnPassword: (password) => server.administer(alter(username, password)),
      })),
  },
  {
    name: "concurrent changes of the password give up",
    fails: "at once: setSecret, single-user",
    saying: /rejected/,
    engine: (server) =>
      withVerbs((_session, { username }) => ({
        changeOwnPassword: (password) => server.administer(alter(username, password)),
      })),
  },
  {
    name: "a second change of the password is an error",
    fails: "own password: changing it again is harmless, in the same session and in a later one",
    saying: /already/,
    engine: () =>
      withVerbs((session) => {
        let changed = false;
        return {
          changeOwnPassword: async (password) => {
            if (changed) throw new RotationError("database", "The password was changed already.", "");
            await session.changeOwnPassword(password);
            changed = true;
          },
        };
      }),
  },
  {
    name: "no deadline for statements",
    fails: "own password: a lock that blocks it is a clear error within the deadline",
    saying: /still under way/,
    engine: () =>
      withConnect((login, invocation) => postgres.connect(login, { ...invocation, deadline: ENDLESS })),
  },
  {
    name: "the client gives up, and the server goes on waiting",
    fails: "own password: what was given up is not done late",
    saying: /done late/,
    engine: () =>
      withVerbs((_session, login, invocation) => ({
        changeOwnPassword: async (password) => {
          const client = await anotherConnection(login, invocation);
          const change = client.query(alter(login.username, password)).catch(() => {});
          await Promise.race([change, wait(invocation.deadline.remaining() / 2)]);
          void client.end(); // Which the server reads when it is done.
          throw new RotationError("locked", "Somebody holds a lock.", "");
        },
      })),
  },
];
