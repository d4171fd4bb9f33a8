import { type Mock, vi } from "vitest";
import type { Engine, Login, Session } from "../../shared/engine/engine.ts";
import { fakeEngine } from "./fake-engine.ts";

export interface FakeServer extends Engine {
  /** The password that each user logs in with; prepareAlternate sets one. */
  readonly users: Record<string, string>;
  /** What happened, in order: `app logs in`, `master is rejected`, `master prepares app_clone`, `app leaves`, … */
  readonly journal: string[];
  readonly logins: Login[];
  /** What a session answers; by default the mark is there, and no user differs from another. */
  readonly missingMark: Mock<Session["missingMark"]>;
  readonly prepareAlternate: Mock<Session["prepareAlternate"]>;
  readonly differences: Mock<Session["differences"]>;
  /** Who has logged in and not left. */
  readonly inside: Set<string>;
}

/** A server with many users: the application's and the master. */
export function fakeServer(users: Record<string, string> = {}, replaced: Partial<Engine> = {}): FakeServer {
  const journal: string[] = [];
  const server: FakeServer = {
    ...fakeEngine("nobody asks"),
    users: { app: "current-password", master: "master-password", ...users },
    journal,
    logins: [],
    inside: new Set(),
    missingMark: vi.fn(async () => undefined),
    prepareAlternate: vi.fn(async () => {}),
    differences: vi.fn(async () => []),
    async connect(login) {
      server.logins.push(login);
      if (server.users[login.username] !== login.password) {
        journal.push(`${login.username} is rejected`);
        return undefined;
      }
      journal.push(`${login.username} logs in`);
      server.inside.add(login.username);
      return sessionOf(login.username, server);
    },
    ...replaced,
  };
  return server;
}

function sessionOf(user: string, server: FakeServer): Session {
  const { journal, users } = server;
  return {
    async missingMark(pair) {
      journal.push(`${user} looks for the mark of ${pair.alternate}`);
      return server.missingMark(pair);
    },
    async prepareAlternate(pair, password) {
      journal.push(`${user} prepares ${pair.alternate}`);
      await server.prepareAlternate(pair, password);
      users[pair.alternate] = password;
    },
    async differences(pair, openCurrent) {
      journal.push(`${user} is compared with ${pair.current}`);
      return server.differences(pair, openCurrent);
    },
    async setPassword() {
      throw new Error("No rotation gives somebody else a password.");
    },
    async changeOwnPassword() {
      throw new Error("With two users, none changes its own password.");
    },
    async [Symbol.asyncDispose]() {
      journal.push(`${user} leaves`);
      server.inside.delete(user);
    },
  };
}
