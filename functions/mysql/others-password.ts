import { RotationError } from "../../shared/report/errors.ts";
import { run } from "./align.ts";
import type { Dialect } from "./dialect.ts";
import { explained } from "./errors.ts";
import { assertMasterMay } from "./master-privileges.ts";
import { accountsOf } from "./pair-accounts.ts";
import { alone, assertWritable, type Server } from "./session.ts";
import { accountText } from "./sql.ts";

/** @see Session.setPassword */
export async function setPassword(
  server: Server,
  dialect: Dialect,
  username: string,
  password: string,
): Promise<void> {
  await assertWritable(server);
  await dialect.assertTakesPasswords(server);
  const accounts = await accountsOf(server, dialect, username);
  const [model] = accounts;
  if (model === undefined) {
    throw new RotationError(
      "unsupported",
      `There is no user ${username}.`,
      "Create it, or correct the secret's username.",
    );
  }
  for (const account of accounts) {
    await assertMasterMay(server, dialect, account, [account], "change the password of others");
  }
  const changes = accounts.map(
    (account) => `${accountText(account.name)} ${dialect.identified(server, password, account)}`,
  );
  await alone(server, accountText(model.name), async () => {
    const refusal = await server.attempt(`ALTER USER ${changes.join(", ")}`);
    if (refusal?.number === dialect.usedBefore && (await server.letsIn(username, password))) {
      // Which of two passwords it is, the server does not say: turning the other one off could turn this one off.
      server.invocation.log.info("The user has the password already");
    } else if (refusal) {
      throw explained(refusal);
    } else {
      await run(server, dialect.retire?.(accounts.map(({ name }) => name)) ?? []);
    }
  });
}
