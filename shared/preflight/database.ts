import type { CarefulEngine } from "../engine/careful-engine.ts";
import type { Inspection, Session } from "../engine/engine.ts";
import type { Examination } from "../report/examination.ts";
import { shellWord } from "../report/shell.ts";
import { AWSCURRENT } from "../staging-labels.ts";
import type { Preview, Strategy } from "../strategies/strategy.ts";
import { examineLogin } from "./login.ts";

/** For engines without `inspect`. */
const UNSEEN: Inspection = { version: "The server answers", window: "always" };

/** Logs in as a rotation would, then examines the server and, with two users, the plan. */
export async function examineDatabase(
  preview: Preview,
  strategy: Strategy,
  found: Examination,
): Promise<void> {
  const { engine, invocation, current } = preview;
  const opened = await examineLogin(found, current.login, (observe) =>
    invocation.deadline.bound(strategy.open({ ...preview, invocation: { ...invocation, observe } })),
  );
  await using session = opened?.session;
  if (opened && opened.by !== AWSCURRENT) {
    found.note("login", {
      status: "warning",
      milliseconds: 0,
      cause: `The database rejects the password under AWSCURRENT, and accepts the one under ${opened.by}.`,
      remedy: `The next rotation repairs that: aws secretsmanager rotate-secret --secret-id ${shellWord(preview.event.SecretId)}`,
    });
  }
  const serves = session && (await examineServer(engine, session, strategy, found));
  await strategy.preview?.(preview, serves ? session : undefined, found.run);
}

async function examineServer(
  engine: CarefulEngine,
  session: Session,
  strategy: Strategy,
  { run, note }: Examination,
): Promise<boolean> {
  const window = await run("server", async (notes) => {
    const { version, window } = (await engine.inspect?.(session, "user")) ?? UNSEEN;
    notes.detail(version);
    return window;
  });
  if (window === undefined || strategy.preview) {
    return window !== undefined;
  }
  if (typeof window === "object") {
    note("unavailability-window", { status: "warning", milliseconds: 0, ...window });
  } else {
    const details = {
      none: "The old password goes on working beside the new one",
      always:
        "From setSecret to finishSecret AWSCURRENT does not log in; the strategy master-user has no such window",
    };
    note("unavailability-window", { status: "ok", milliseconds: 0, details: [details[window]] });
  }
  return true;
}
