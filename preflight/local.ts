import { engineOf } from "../rescue/engines.ts";
import { secretsManager } from "../rescue/secrets-manager.ts";
import { preflight } from "../shared/preflight/preflight.ts";
import type { Report } from "../shared/preflight/report.ts";
import { deadlineOf } from "../shared/protocol/deadline.ts";
import type { Log } from "../shared/report/log.ts";
import { redacting } from "../shared/report/redact.ts";
import { masterUser } from "../shared/strategies/master-user.ts";
import { singleUser } from "../shared/strategies/single-user.ts";
import type { Options } from "./options.ts";

/** Milliseconds: the deployed function's timeout. */
const MOST_TIME_MS = 30_000;

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** Runs the checks in this process, without a function. The secret's value tells the engine. */
export function preflightFromHere(SecretId: string, strategy: Options["strategy"]): Promise<Report> {
  return redacting(async () => {
    using deadline = deadlineOf({ getRemainingTimeInMillis: () => MOST_TIME_MS });
    const version = await secretsManager(SecretId, "secret").read(undefined);
    const subject = {
      engine: engineOf(version?.text, "AWSCURRENT"),
      strategy: { "single-user": singleUser, "master-user": masterUser }[strategy],
      functionArn: undefined,
      deadline,
      log: silent,
    };
    return await preflight({ Step: "preflight", SecretId }, subject);
  });
}
