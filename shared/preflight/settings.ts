import { randomPassword } from "../aws/secrets-manager.ts";
import type { Examination } from "../report/examination.ts";
import { passwordRules } from "../secret/password.ts";
import { readSettings, type Settings } from "../secret/settings.ts";
import type { Subject } from "./subject.ts";

/** The settings, and a password by their rules. Undefined if the check has failed. */
export interface Examined {
  readonly settings: Settings | undefined;
  readonly password: string | undefined;
}

/** Reads the environment variables, and has Secrets Manager make a password by them, as createSecret does. */
export async function examineSettings(
  { engine, deadline }: Subject,
  { run }: Examination,
): Promise<Examined> {
  const settings = await run("settings", () => {
    const read = readSettings();
    passwordRules(read, engine);
    return read;
  });
  const password =
    settings &&
    (await run("random-password", async (notes) => {
      const rules = passwordRules(settings, engine);
      notes.detail(`${rules.PasswordLength} characters`);
      return await randomPassword(rules, deadline);
    }));
  return { settings, password };
}
