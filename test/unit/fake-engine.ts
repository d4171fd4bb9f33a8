import type { Engine, Login, Session } from "../../shared/engine/engine.ts";

export interface FakeEngine extends Engine {
  /** The one password that the server accepts; a change replaces it. */
  accepted: string;
  /** What was asked of the server, in order: `login <password>`, `change to <password>`, `close`. */
  readonly calls: string[];
  readonly logins: Login[];
}

/** A server with one user. Verbs can be replaced, to let them fail. */
export function fakeEngine(accepted: string, replaced: Partial<Engine> = {}): FakeEngine {
  const engine: FakeEngine = {
    accepted,
    calls: [],
    logins: [],
    names: ["fake", "aurora-fake"],
    defaultPort: 5432,
    defaultDatabase: "fakedb",
    excludedCharacters: "/@",
    refusal: () => undefined,
    async connect(login) {
      engine.logins.push(login);
      engine.calls.push(`login ${login.password}`);
      if (login.password !== engine.accepted) {
        return undefined;
      }
      return fakeSession({
        async changeOwnPassword(password) {
          engine.calls.push(`change to ${password}`);
          engine.accepted = password;
        },
        async [Symbol.asyncDispose]() {
          engine.calls.push("close");
        },
      });
    },
    ...replaced,
  };
  return engine;
}

/** A session with the verbs that a test expects. */
export function fakeSession(verbs: Partial<Session>): Session {
  return verbs as Session; // A verb that is not expected is not there: calling it fails the test.
}
