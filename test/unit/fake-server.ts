import { type Mock, vi } from "vitest";
import type { Engine, Login, Session } from "../../shared/engine/engine.ts";
import type { Change, Ownership, Pair, PairCapability, Plan, Taking } from "../../shared/engine/pair.ts";
import { fakeEngine, fakePair, fakeSession } from "./fake-engine.ts";

export interface FakeServer extends Engine {
  /** The password that each user logs in with; applying a plan sets one. */
  readonly users: Record<string, string>;
  /** The events, in order: `app logs in`, `master locks app_clone`, `master runs CREATE app_clone`, `app leaves`, … */
  readonly journal: string[];
  readonly logins: Login[];
  /** Users with an open session. */
  readonly inside: Set<string>;
  /** The facts that `read` reports. By default the secret owns the two users, and they do not differ. */
  readonly facts: { ownership?: Partial<Ownership>; differences?: string[]; unseen?: string[] };
  /** The plan of the view; by default it creates a user that does not exist, and sets the password. */
  readonly plan: Mock<(taking: Taking, pair: Pair) => Plan>;
  /** Runs when the lock of the pair has been obtained, before the work. */
  readonly onLock: Mock<() => Promise<void>>;
  readonly pair: Omit<PairCapability, "checkedBy"> & {
    checkedBy: PairCapability["checkedBy"];
    readonly read: Mock<PairCapability["read"]>;
    readonly apply: Mock<PairCapability["apply"]>;
  };
}

export const MARK = "MARK app_clone AS CLONE OF app";

/** The change that sets the password of a user. */
export function passwordOf(user: string): Change {
  return { statement: `PASSWORD OF ${user}`, kind: "password" };
}

export function planOf(changes: readonly Change[], more: Partial<Plan> = {}): Plan {
  return { changes, replan: false, warnings: [], ...more } as Plan; // A refusal stands in no plan with changes.
}

/** A server with the application's user and the master user, and a `pair` capability. */
export function fakeServer(
  users: Record<string, string> = {},
  replaced: Partial<Omit<Engine, "pair">> = {},
): FakeServer {
  const server: FakeServer = {
    ...fakeEngine("not used"),
    users: { app: "current-password", master: "master-password", ...users },
    journal: [],
    logins: [],
    inside: new Set(),
    facts: {},
    plan: vi.fn((taking, { alternate }) =>
      planOf([
        ...(taking === "created" ? [{ statement: `CREATE ${alternate}`, kind: "adds" } as const] : []),
        passwordOf(alternate),
      ]),
    ),
    onLock: vi.fn(async () => {}),
    pair: pairOf(() => server),
    async connect(login) {
      server.logins.push(login);
      if (server.users[login.username] !== login.password) {
        server.journal.push(`${login.username} is rejected`);
        return undefined;
      }
      server.journal.push(`${login.username} logs in`);
      server.inside.add(login.username);
      return fakeSession(login, {
        async [Symbol.asyncDispose]() {
          server.journal.push(`${login.username} leaves`);
          server.inside.delete(login.username);
        },
      });
    },
    ...replaced,
  };
  return server;
}

function pairOf(the: () => FakeServer): FakeServer["pair"] {
  const note = (by: Session, what: string) => the().journal.push(`${by.identity.username} ${what}`);
  return {
    ...fakePair({}),
    async exclusively(admin, { alternate }, work) {
      note(admin, `locks ${alternate}`);
      await the().onLock();
      return await work();
    },
    read: vi.fn(async (readers, pair) => {
      note(
        "admin" in readers ? readers.admin : readers.pending,
        `compares ${pair.alternate} with ${pair.current}`,
      );
      const { facts, users, plan } = the();
      const { ownership, differences = [], unseen = [] } = facts;
      return {
        ownership: { ...owned(pair, pair.alternate in users), ...ownership },
        differences,
        unseen,
        plan: (taking) => plan(taking, pair),
      };
    }),
    apply: vi.fn(async ({ admin }, changes, password) => {
      for (const { statement, kind } of changes) {
        note(admin, `runs ${statement}`);
        const [user = ""] = statement.split(" ").slice(-1);
        the().users[user] = kind === "password" ? password : (the().users[user] ?? "no password yet");
      }
    }),
  };
}

/** The facts of an alternate user with the ownership marker of its pair, and nothing that forbids to take it over. */
export function owned({ clone }: Pair, exists = true): Ownership {
  const marker = clone === undefined ? "partner" : "clone";
  return { exists, reserved: false, marker, gains: [], outsiders: [], mark: MARK };
}
