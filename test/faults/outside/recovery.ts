import { lastFailure } from "../../support/failures.ts";
import { followCommands, followRescue, promisesToRetry } from "../../support/remedies.ts";
import { rescueProcess } from "../../support/rescue.ts";
import { unfinished } from "../../support/world/snapshot.ts";
import type { Harness } from "../harness.ts";
import type { Subject } from "../subject.ts";
import type { Monitor } from "./monitor.ts";

/** So often somebody rotates again, and does before it what the last message says. */
const ROUNDS = 6;

export interface Recovery {
  /** Whether a rotation with a new token has succeeded. */
  readonly recovered: boolean;
  /** The messages that somebody has done something about. */
  readonly followed: readonly string[];
  /** A message that tells nobody what to do, or what does not help. */
  readonly helpless?: string;
}

/** When people keep away from the command that follows, though they prefer it. */
const UNLESS = "only if the password under AWSCURRENT logs in";

/** What needs nothing but the next rotation, which comes anyway. */
const ROTATE = /Start a new rotation|then rotate/;

/**
 * Rotates until a rotation with a new token succeeds. When one fails, or AWS refuses it, somebody does what the message
 * says, and nothing else.
 *
 * @param byProgram whether people prefer `npm run rescue` to the commands of the AWS CLI that stand beside it.
 */
export async function recover(
  harness: Harness,
  { arn }: Subject,
  { look }: Monitor,
  byProgram: boolean,
): Promise<Recovery> {
  const { stack, gate } = harness;
  const followed: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = unfinished(await look());
    const lines = stack.log.length;
    const outcome = await stack.rotate(arn).catch(() => undefined);
    await stack.secretsManager.settled(arn);
    if (outcome?.succeeded) return { recovered: true, followed };
    const now = await look();
    // AWS refuses it while one is unfinished, and tries that one again.
    if (outcome === undefined && before !== undefined && now.current === before) continue;
    const said = stack.log.slice(lines).some((line) => line.includes('"failed"') && line.includes(arn));
    const message = said ? lastFailure(stack, arn).message : await explained(harness, arn);
    const blanks = {
      "<that version>": now.working[0] ?? "",
      "<the current version>": now.current ?? "",
    };
    const isUnsafe = message.includes(UNLESS) && !now.working.includes(now.current ?? "");
    const prefersProgram = byProgram || isUnsafe || !message.includes("aws secretsmanager");
    const helped = prefersProgram
      ? (await followRescue(stack, message, gate.caFile, rescueProcess)) !== undefined
      : followCommands(stack, message, blanks).length > 0;
    if (helped) followed.push(message);
    else if (!promisesToRetry(message) && !ROTATE.test(message))
      return { recovered: false, followed, helpless: message };
  }
  return { recovered: false, followed };
}

/** What somebody is told who asks how the secret stands: nothing else says a word when rotation is off. */
async function explained({ stack, gate }: Harness, arn: string): Promise<string> {
  const { stdout } = await rescueProcess(stack, ["explain", "--secret-id", arn], { caFile: gate.caFile });
  return stdout;
}
