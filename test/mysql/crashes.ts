import { expect } from "vitest";
import type { Session } from "../../shared/engine/engine.ts";
import { cutAfter, openGate } from "../contract/support/gate.ts";
import { backFrom, cloneOf, type Lab, MASTER } from "./given.ts";

/** Answers before the first change: until then the master only looks. */
const LOOKS = 9;

/**
 * A clone is current, and its base user does not exist. The master's connection is lost after every answer of the
 * server in turn, and the same is tried again, as after a crash.
 *
 * @returns how often it was lost.
 */
export async function everyCrash(lab: Lab): Promise<number> {
  await using gate = await openGate(lab.database.server.port);
  const lost: Session[] = [];
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
    const ended = await master.prepareAlternate(pair, "pending").catch(({ reason }) => reason);
    expect([undefined, "unreachable"]).toContain(ended);

    await using again = await lab.session(MASTER.username, MASTER.password);
    expect(await again.missingMark(pair), `lost after ${answers} answers`).toBeUndefined();
    await again.prepareAlternate(pair, "pending");
    expect(await lab.differences(pair, "pending", "current")).toEqual([]);
    expect(await again.missingMark(backFrom(pair))).toBeUndefined();
  }
  await Promise.all(lost.map((session) => session[Symbol.asyncDispose]()));
  return lost.length - 1;
}
