import type { Session } from "../../shared/engine/engine.ts";
import { missingMark, prepareAlternate } from "./alternate.ts";
import { compare } from "./compare.ts";
import type { Dialect } from "./dialect.ts";
import { explained } from "./errors.ts";
import { setPassword } from "./others-password.ts";
import type { Server } from "./session.ts";

/** To compare two users, each of which may see no account but its own. */
const servers = new WeakMap<Session, Server>();

/** The verbs of a session, none of which lets a refusal of the server out as it is. */
export function verbsOf(dialect: Dialect, server: Server, close: () => Promise<void>): Session {
  const explaining = <T>(work: Promise<T>) =>
    work.catch((error) => {
      throw explained(error, server.login);
    });

  async function differences(openCurrent: () => Promise<Session>): Promise<string[]> {
    await using current = await openCurrent();
    const model = servers.get(current) ?? server;
    return compare(
      await dialect.describe(model, model.account),
      await dialect.describe(server, server.account),
    );
  }

  const session: Session = {
    changeOwnPassword: (password) => explaining(dialect.changeOwnPassword(server, password)),
    setPassword: (username, password) => explaining(setPassword(server, dialect, username, password)),
    missingMark: (pair) => explaining(missingMark(server, dialect, pair)),
    prepareAlternate: (pair, password) => explaining(prepareAlternate(server, dialect, pair, password)),
    differences: (_pair, openCurrent) => explaining(differences(openCurrent)),
    [Symbol.asyncDispose]: close,
  };
  const { discardOldPassword } = dialect;
  if (discardOldPassword) {
    session.discardOldPassword = (whyNot) => explaining(discardOldPassword(server, whyNot));
  }
  servers.set(session, server);
  return session;
}
