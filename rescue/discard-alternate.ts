import { randomBytes } from "node:crypto";
import { isSameServer } from "../shared/secret/same-server.ts";
import { masterUser, pairOf } from "../shared/strategies/master-user.ts";
import { takeOver } from "../shared/strategies/take-over.ts";
import { tryLogin } from "./database.ts";
import { assertRefused, type DiscardJob, REFUSED } from "./discard-own.ts";
import { asMaster, findMaster, type Master, setPasswordAsMaster } from "./master.ts";
import { nothingToDo, noWay, type Plan } from "./plan.ts";
import { assertUnchanged } from "./secret-state.ts";
import { changedMeanwhile } from "./secrets-manager.ts";

/**
 * The user whose turn it was gets a password that nobody knows; its next turn gives it one that is stored. Only if it
 * logs in with AWSPREVIOUS: whoever may write a secret could name anybody there, and a password is what proves it.
 */
export async function discardOfAlternate(job: DiscardJob): Promise<Plan> {
  const { context, state, current, previous, next } = job;
  const { secretsManager, databases } = context;
  const { username, host, port } = previous.secret.login;
  if (
    !isSameServer(previous.secret.login, current.secret.login) ||
    masterUser.nextUser(current.secret).username !== username
  ) {
    return noWay(
      [
        `AWSPREVIOUS names ${username} on ${host}:${port}, who does not take turns with AWSCURRENT's user there.`,
      ],
      [
        "The secret was edited since: have an administrator of the database change that user's password.",
        ...next,
      ],
    );
  }
  // AWSCURRENT's address and TLS: the password goes nowhere else.
  const login = { ...current.secret.login, username, password: previous.secret.login.password };
  const tryOld = () => tryLogin(databases, current.engine, login);
  const old = await tryOld();
  if (typeof old === "object") {
    throw old;
  }
  if (old === "refused") {
    const dead = `The password under AWSPREVIOUS, of ${username}, is refused: there is nothing to turn off.`;
    return nothingToDo([dead], next);
  }
  const master = { engine: current.engine, login: await findMaster(context, current) };
  if (master.login.username === username) {
    return noWay(
      [`${username} is the master itself, whose password is not for this secret to change.`],
      next,
    );
  }
  const statement = await missingMarker(job, master);
  const proof =
    `That ${username} belongs to this secret, only its password proves, which this takes away. Before the next rotation run as an ` +
    `administrator: ${statement}`;
  return {
    findings: [
      `${current.secret.login.username} logs in with AWSCURRENT, and keeps its password.`,
      `Clients that still log in as ${username}, with AWSPREVIOUS, are refused from then on; open sessions stay.`,
      ...(statement === undefined ? [] : [proof]),
    ],
    steps: [
      {
        words: `As ${master.login.username} on ${host}:${port}: give the user ${username} a random password that is kept nowhere`,
        run: async () => {
          // All kinds of characters, for servers that ask for them.
          const password = `Aa1!${randomBytes(32).toString("base64url")}`;
          await setPasswordAsMaster(context, master, username, password);
          return `${username} has a password that nobody knows.`;
        },
      },
      {
        words: "Log in with AWSPREVIOUS, which must be refused",
        run: async () => {
          assertRefused(await tryOld());
          return REFUSED;
        },
      },
    ],
    stillHolds: async () => {
      await assertUnchanged(secretsManager, state);
      if ((await tryOld()) !== "logs in") {
        throw changedMeanwhile("the password under AWSPREVIOUS is not accepted any more");
      }
    },
    next,
    healthy: true,
  };
}

/** The statement that sets the ownership marker of the alternate user; undefined if it has one. */
async function missingMarker({ context, current }: DiscardJob, master: Master): Promise<string | undefined> {
  const { engine, secret } = current;
  const pair = pairOf(secret);
  return await asMaster(context, master, (admin) =>
    context.databases.withSession(engine, secret.login, async (byCurrent) => {
      const view = byCurrent && (await engine.pair?.read({ admin, current: byCurrent }, pair));
      return view && takeOver(view.ownership, pair) === "undecided" ? view.ownership.mark : undefined;
    }),
  );
}
