import fc from "fast-check";
import type { StrategyName } from "../../../local/engines.ts";

/** Ways to write the same address, or seemingly the same. */
const HOSTS = ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "0.0.0.0", "db.example"];

/** One of two servers, by a host that leads there and its port. */
export interface Place {
  readonly host: string;
  readonly server: "own" | "other";
}

export const SERVERS = ["own", "other"] as const;

/** Engines whose servers are scripted here. */
export const SCRIPTED = ["postgres", "mysql", "mariadb"] as const;
export type ScriptedEngine = (typeof SCRIPTED)[number];

/** What secrets say of where the server is, and how the servers take those who come. */
export interface Whereabouts {
  readonly engine: ScriptedEngine;
  readonly strategy: StrategyName;
  readonly current: Place;
  /** Null: where the current one is. */
  readonly pending: Place | null;
  readonly previous: { readonly place: Place | null; readonly username: string };
  readonly master: {
    readonly place: Place | null;
    readonly names: "host and port" | "host" | "port" | "neither";
  };
  /** For a master secret without a host, as RDS makes them. A host, or "the current one"; it may be unset. */
  readonly databaseHost: string | undefined;
  /** Of a clone without an ownership marker only possession of its password shows whose it is. */
  readonly servers: "let everybody in" | "let nobody in" | "know a clone without a marker";
  readonly step: "setSecret" | "testSecret";
  /** The versions that ask for TLS, which these servers do not speak. The others say `"ssl": false`. */
  readonly asksForTls: readonly Owner[];
}

const OWNERS = ["current", "pending", "previous", "master"] as const;
export type Owner = (typeof OWNERS)[number];

const host = fc.constantFrom(...HOSTS);
const place = fc.record({ host, server: fc.constantFrom(...SERVERS) });
/** Mostly where the current one is: the same by chance is seldom. */
const otherPlace = fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: place });

export const whereabouts: fc.Arbitrary<Whereabouts> = fc.record({
  engine: fc.constantFrom("postgres", "postgres", "mysql", "mariadb"),
  strategy: fc.constantFrom("master-user", "master-user", "single-user"),
  current: place,
  pending: otherPlace,
  previous: fc.record({ place: otherPlace, username: fc.constantFrom("app", "app_clone") }),
  master: fc.record({
    place: otherPlace,
    names: fc.constantFrom("host and port", "host and port", "host", "port", "neither"),
  }),
  databaseHost: fc.oneof(fc.constant("the current one"), fc.constant(undefined), host),
  servers: fc.constantFrom("let everybody in", "let nobody in", "know a clone without a marker"),
  step: fc.constantFrom("setSecret", "setSecret", "setSecret", "testSecret"),
  asksForTls: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray([...OWNERS], { minLength: 1, maxLength: 2 }) },
  ),
});

/** Who comes after "app". */
export function nextUser(strategy: StrategyName): string {
  return strategy === "master-user" ? "app_clone" : "app";
}

/** The one server that each password may go to: none without the TLS that its version asks for. */
export function mayGo(chosen: Whereabouts): Record<Owner, Place["server"] | undefined> {
  const withoutTls = Object.fromEntries(chosen.asksForTls.map((owner) => [owner, undefined]));
  return { ...withTls(chosen), ...withoutTls };
}

function withTls(chosen: Whereabouts): Record<Owner, Place["server"] | undefined> {
  const { current, pending, previous, step, strategy } = chosen;
  const sets = step === "setSecret";
  const here = (other: Place | null) =>
    other === null || isSame(other, current) ? current.server : undefined;
  return {
    current: current.server,
    // What is pending is tested where it says itself, and set nowhere but where the current user is.
    pending: sets ? here(pending) : (pending ?? current).server,
    // It may be the next user's: who comes after the current one is who came before it.
    previous: sets && previous.username === nextUser(strategy) ? here(previous.place) : undefined,
    master: sets && strategy === "master-user" ? masterMayGo(chosen) : undefined,
  };
}

/** A master secret without a host is for DATABASE_HOST, on the user's port; with a host and no port, for the engine's own. */
function masterMayGo({ current, master, databaseHost }: Whereabouts): Place["server"] | undefined {
  const { host, server } = master.place ?? current;
  const port = { "host and port": server, port: server, neither: current.server, host: undefined };
  const named = master.names.startsWith("host") ? host : hostOf(databaseHost, current);
  const isRight = named !== undefined && isSame({ host: named, server: current.server }, current);
  return isRight && port[master.names] === current.server ? current.server : undefined;
}

export function hostOf(databaseHost: Whereabouts["databaseHost"], current: Place): string | undefined {
  return databaseHost === "the current one" ? current.host : databaseHost;
}

function isSame(one: Place, other: Place): boolean {
  return one.host.toLowerCase() === other.host.toLowerCase() && one.server === other.server;
}
