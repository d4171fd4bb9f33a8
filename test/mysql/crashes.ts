import { expect } from "vitest";
import type { MysqlSession } from "../../functions/mysql/session.ts";
import { cutAfter, openGate } from "../contract/support/gate.ts";
import { backFrom, cloneOf, type Lab, MASTER } from "./given.ts";

/** Number of answers before the first change: until then the master user only reads. */
const LOOKS = 5;

/**
 * Prepares a base user that does not exist yet, while its clone is current. Cuts the master user's connection after
 * each answer of the server in turn. Then prepares the same pair again, as after a crash.
 *
 * @returns the number of connections that were cut.
 */
export async function everyCrash(lab: Lab): Promise<number> {
  await using gate = await openGate(lab.database.server.port);
  const lost: MysqlSession[] = [];
  for (let cut = { happened: true }, answers = LOOKS; cut.happened; answers++) {
    const pair = backFrom(cloneOf(lab.newName()));
    await lab.sql(
      `CREATE USER ${pair.current} IDENTIFIED BY 'current'`,
      `GRANT SELECT ON app.* TO ${pair.current}`,
    );
    gate.onAnswer = () => "pass";
    const master = await lab.session(MASTER.username, MASTER.password, { port: gate.port });
    lost.push(master);
    cut = cutAfter(gate, answers);
    const ended = await lab.prepare(pair, "pending", { master }).catch(({ reason }) => reason);
    expect([undefined, "unreachable"]).toContain(ended);

    expect(await lab.missingMark(pair), `lost after ${answers} answers`).toBeUndefined();
    await lab.prepare(pair, "pending");
    expect(await lab.differences(pair, "pending", "current")).toEqual([]);
    expect(await lab.missingMark(cloneOf(pair.alternate))).toBeUndefined();
  }
  await Promise.all(lost.map((session) => session[Symbol.asyncDispose]()));
  return lost.length - 1;
}
