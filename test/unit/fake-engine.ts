import type { Engine, Login, Session } from "../../shared/engine/engine.ts";
import type { PairCapability } from "../../shared/engine/pair.ts";

export interface FakeEngine extends Engine {
  /** The one password that the server accepts; a change replaces it. */
  accepted: string;
  /** The requests to the server, in order: `login <password>`, `change to <password>`, `close`. */
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
    explain: () => undefined,
    async connect(login) {
      engine.logins.push(login);
      engine.calls.push(`login ${login.password}`);
      if (login.password !== engine.accepted) {
        return undefined;
      }
      return fakeSession(login, {
        async changeOwnPassword(password, { confirm }) {
          await confirm();
          engine.calls.push(`change to ${password}`);
          engine.accepted = password;
          return "ended";
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

/** The session of a user, with the verbs that a test expects. */
export function fakeSession({ username }: Pick<Login, "username">, verbs: Partial<Session>): Session {
  const session = {
    changeOwnPassword: unexpected,
    identity: { username },
    [Symbol.asyncDispose]: async () => {},
    ...verbs,
  };
  return session as Session; // Whatever else is not expected is not there: calling it fails the test.
}

/** The pair capability with the verbs that a test expects. No other process changes the pair. */
export function fakePair(verbs: Partial<PairCapability>): PairCapability {
  const exclusively: PairCapability["exclusively"] = (_admin, _pair, work) => work();
  return { checkedBy: "users", exclusively, read: unexpected, apply: unexpected, ...verbs };
}

async function unexpected(): Promise<never> {
  throw new Error("The test does not expect this call.");
}
