import { randomBytes } from "node:crypto";
import { isSameServer, loginOfVersion } from "../shared/secret/same-server.ts";
import { masterUser, pairOf } from "../shared/strategies/master-user.ts";
import { takeOver } from "../shared/strategies/take-over.ts";
import { tryLogin } from "./database.ts";
import { assertRefused, type DiscardJob, REFUSED } from "./discard-own.ts";
import { asMaster, findMaster, type Master, setPasswordAsMaster } from "./master.ts";
import { nothingToDo, notRepairable, type Plan } from "./plan.ts";
import { assertUnchanged } from "./secret-state.ts";
import { changedMeanwhile } from "./secrets-manager.ts";

/**
 * Gives AWSPREVIOUS's user a random password that is not stored; the next rotation replaces it. The user must first log in
 * with AWSPREVIOUS: a secret writer could name another user there, and the password proves that the user is the secret's.
 */
export async function discardOfAlternate(job: DiscardJob): Promise<Plan> {
  const { context, state, current, previous, next } = job;
  const { secretsManager, databases } = context;
  const { username, host, port } = previous.secret.login;
  if (
    !isSameServer(previous.secret.login, current.secret.login) ||
    masterUser.nextUser(current.secret).username !== username
  ) {
    return notRepairable(
      [
        `AWSPREVIOUS names ${username} on ${host}:${port}, who does not take turns with AWSCURRENT's user there.`,
      ],
      [
        "The secret has been edited. Ask an administrator of the database to change that user's password.",
        ...next,
      ],
    );
  }
  const login = loginOfVersion(previous.secret.login, current.secret.login);
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
    return notRepairable(
      [`${username} is the master user. This command does not change the password of a master user.`],
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
        description:
          `As ${master.login.username} on ${host}:${port}: give the user ${username} a random password that is ` +
          "not stored",
        run: async () => {
          // "Aa1!" satisfies password policies that require every kind of character.
          const password = `Aa1!${randomBytes(32).toString("base64url")}`;
          await setPasswordAsMaster(context, master, username, password);
          return `${username} has a random password that is not stored.`;
        },
      },
      {
        description: "Log in with AWSPREVIOUS, which the server must refuse",
        run: async () => {
          assertRefused(await tryOld());
          return REFUSED;
        },
      },
    ],
    assertStillValid: async () => {
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
