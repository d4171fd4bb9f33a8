import { setTimeout as wait } from "node:timers/promises";
import { type Client, escapeIdentifier, escapeLiteral } from "pg";
import { postgres } from "../../../functions/postgres/engine.ts";
import type { Login, OwnRotation } from "../../../shared/engine/engine.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { scramVerifier } from "../minimal/scram.ts";
import { anotherConnection, type BrokenEngine, withVerbs } from "./derive.ts";
import { sqlOf } from "./pairs.ts";

const alter = (username: string, password: string) =>
  `ALTER ROLE ${escapeIdentifier(username)} PASSWORD ${escapeLiteral(password)}`;

/** Engines that change their own password wrongly, or do not keep it to themselves. */
export const BROKEN_PASSWORDS: readonly BrokenEngine[] = [
  {
    name: "the password stands in a statement",
    fails:
      "secrets: none is in the server's log after a change of the own password, with every statement logged",
    saying: /server's log has passwords/,
    engine: () =>
      changingBy(async (client, { username }, password) => client.query(alter(username, password))),
  },
  {
    name: "the password is in the function's log",
    fails: "rotation: three single-user rotations",
    saying: /function's log has passwords/,
    engine: () =>
      withVerbs((session, { username }) => ({
        changeOwnPassword: async (password, rotation) => {
          // Past the log, which redacts it.
          process.stdout.write(`The password of ${username} becomes ${password}\n`);
          return await session.changeOwnPassword(password, rotation);
        },
      })),
  },
  {
    name: "the engine logs the password, and the redaction of the log hides it",
    fails: "secrets: none is in what the engine logs about its own user",
    saying: /engine logged a password/,
    engine: () =>
      withVerbs((session, { username }, { log }) => ({
        changeOwnPassword: async (password, rotation) => {
          log.info("Changing the password", { statement: alter(username, password) });
          return await session.changeOwnPassword(password, rotation);
        },
      })),
  },
  {
    name: "the engine logs the password of a change that is not confirmed",
    fails: "secrets: none is in what the engine logs of a change that was not confirmed",
    saying: /engine logged a password/,
    engine: () =>
      withVerbs((session, _login, { log }) => ({
        changeOwnPassword: (password, rotation) =>
          session.changeOwnPassword(password, rotation).catch((error: unknown) => {
            log.warn("Could not change the password", { to: password });
            throw error;
          }),
      })),
  },
  {
    name: "an error has the statement in it",
    fails: "secrets: none is in an error of changeOwnPassword",
    saying: /carries a secret/,
    engine: () =>
      withVerbs((session, { username }) => ({
        changeOwnPassword: (password, rotation) =>
          session.changeOwnPassword(password, rotation).catch(() => {
            const error = new RotationError("locked", "The role is locked.", "Wait.");
            throw Object.assign(error, { sql: alter(username, password) });
          }),
      })),
  },
  {
    name: "an error has the driver's error as its cause",
    fails: "secrets: none is in an error of changeOwnPassword, whatever the engine is told",
    saying: /carries a secret/,
    engine: () =>
      withVerbs((session, { username }) => ({
        changeOwnPassword: (password, rotation) =>
          session.changeOwnPassword(password, rotation).catch(() => {
            const error = new RotationError("unreachable", "The connection was lost.", "Wait.");
            throw Object.assign(error, { cause: new Error(alter(username, password)) });
          }),
      })),
  },
  {
    name: "quotes are left out of passwords",
    fails: "own password: hostile passwords",
    saying: /expected false to be true/,
    engine: () =>
      withVerbs((session) => ({
        changeOwnPassword: (password, rotation) =>
          session.changeOwnPassword(password.replaceAll("'", "") || "x", rotation),
      })),
  },
  {
    name: "user names are not quoted",
    fails: "names: hostile ones log in and change their password",
    saying: /SQLSTATE 42/,
    engine: () =>
      changingBy((client, { username }, password) =>
        client.query(`ALTER ROLE ${username} PASSWORD ${escapeLiteral(password)}`),
      ),
  },
  {
    name: "changes of the password do not wait for one another",
    fails: "own password: eight changes at once all succeed",
    saying: /SQLSTATE XX000/,
    // In the session itself: a connection of its own might come after another's change, when the old password is refused.
    engine: () =>
      withVerbs(
        (session, login) => ({
          changeOwnPassword: async (password) => {
            await givingUp(sqlOf(session), login, password);
            return "ended";
          },
        }),
        postgres,
      ),
  },
  {
    name: "concurrent changes of the password give up",
    fails: "V38 at once: setSecret, single-user",
    saying: /rejected/,
    engine: () => changingBy(givingUp),
  },
  {
    name: "a second change of the password is an error",
    fails: "own password: changing it again is harmless, in the same session and in a later one",
    saying: /already/,
    engine: () =>
      withVerbs((session) => {
        let changed = false;
        return {
          changeOwnPassword: async (password, rotation) => {
            if (changed) throw new RotationError("database", "The password was changed already.", "");
            changed = true;
            return await session.changeOwnPassword(password, rotation);
          },
        };
      }),
  },
  {
    name: "it reports that the old password is kept, and it is not",
    fails: "own password: the outcome says truly whether the old one goes on working",
    saying: /expected 'kept' to be 'ended'/,
    engine: () =>
      withVerbs((session) => ({
        changeOwnPassword: async (password, rotation) => {
          await session.changeOwnPassword(password, rotation);
          return "kept";
        },
      })),
  },
  {
    name: "no deadline for statements",
    fails: "own password: a lock that blocks it is a clear error within the deadline",
    saying: /unreachable/,
    engine: () => changingBy(inTransaction({ patience: 0 })),
  },
  {
    name: "the client gives up, and the server goes on waiting",
    fails: "own password: what was given up is not done late",
    saying: /done late|still has a session/,
    engine: () =>
      withVerbs((_session, login, invocation) => ({
        changeOwnPassword: async (password) => {
          const client = await anotherConnection(login, invocation);
          const change = client.query(alter(login.username, password)).catch(() => {});
          await Promise.race([change, wait(invocation.deadline.remaining() / 2)]);
          void client.end(); // Which the server reads when it is done.
          throw new RotationError("locked", "Another session holds the lock.", "");
        },
      })),
  },
  {
    name: "confirm is not called",
    fails: "own password: a rotation that is over by the time of the lock changes nothing",
    saying: /resolved to string/,
    engine: () =>
      withVerbs((session) => ({
        changeOwnPassword: (password, rotation) =>
          session.changeOwnPassword(password, { ...rotation, confirm: async () => {} }),
      })),
  },
  {
    name: "confirm is not called, and a frozen step changes the password",
    fails:
      "rotation: a setSecret that wakes after the next rotation has finished changes nothing, single-user",
    saying: /should have thrown|changed the user/,
    engine: () =>
      withVerbs((session) => ({
        changeOwnPassword: (password, rotation) =>
          session.changeOwnPassword(password, { ...rotation, confirm: async () => {} }),
      })),
  },
  {
    name: "confirm is called before the lock",
    fails: "own password: confirm is asked while no other run can change it",
    saying: /too early/,
    engine: () =>
      withVerbs((session) => ({
        changeOwnPassword: async (password, rotation) => {
          await rotation.confirm();
          return await session.changeOwnPassword(password, { ...rotation, confirm: async () => {} });
        },
      })),
  },
  {
    name: "confirm is called after the change",
    fails: "own password: a rotation that is over by the time of the lock changes nothing",
    saying: /Something changed/,
    engine: () =>
      withVerbs((session) => ({
        changeOwnPassword: async (password, rotation) => {
          const outcome = await session.changeOwnPassword(password, { ...rotation, confirm: async () => {} });
          await rotation.confirm();
          return outcome;
        },
      })),
  },
  {
    name: "the server waits for ever for a client that is frozen in a transaction",
    fails: "own password: the lock of a frozen client is free within its deadline",
    saying: /still under way|Another transaction/,
    engine: () => changingBy(inTransaction({ patience: 3000, idle: 0 })),
  },
  {
    name: "a replica is not recognized",
    fails: "own password: a read-only server is reported, and nothing changes",
    saying: /database: The server refused/,
    engine: () =>
      withVerbs((session) => ({
        changeOwnPassword: (password, rotation) =>
          session.changeOwnPassword(password, rotation).catch(() => {
            throw new RotationError("database", "The server refused.", "");
          }),
      })),
  },
];

type Change = (client: Client, login: Login, password: string, rotation: OwnRotation) => Promise<unknown>;

/** Changes the password by a connection that the engine knows nothing of. */
function changingBy(change: Change) {
  return withVerbs((_session, login, invocation) => ({
    changeOwnPassword: async (password, rotation) => {
      const client = await anotherConnection(login, invocation);
      invocation.deadline.signal.addEventListener("abort", () => client.connection.stream.destroy());
      try {
        await change(client, login, password, rotation);
        return "ended";
      } finally {
        void client.end().catch(() => {});
      }
    },
  }));
}

async function givingUp(
  client: { query(text: string): Promise<unknown> },
  { username }: Login,
  password: string,
): Promise<void> {
  await client.query("BEGIN");
  await client.query(alter(username, await scramVerifier(password)));
  await client.query("COMMIT");
}

/** @param patience for statements and locks, in milliseconds; 0 is for ever. @param idle for the client. */
function inTransaction({ patience, idle = patience }: { patience: number; idle?: number }): Change {
  return async (client, { username }, password, { confirm }) => {
    await client.query(
      `BEGIN; SET statement_timeout = ${patience}; SET idle_in_transaction_session_timeout = ${idle}`,
    );
    await client.query(alter(username, await scramVerifier(password)));
    await confirm();
    await client.query("COMMIT");
  };
}
