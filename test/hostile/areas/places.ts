import fc from "fast-check";
import type { EngineName, StrategyName } from "../bundles.ts";

/** Ways to write the same address, or seemingly the same. */
const HOSTS = ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "0.0.0.0", "db.example"];

/** One of two servers, by a host that leads there and its port. */
export interface Place {
  readonly host: string;
  readonly server: "own" | "other";
}

export const SERVERS = ["own", "other"] as const;

/** What secrets say of where the server is, and how the servers take those who come. */
export interface Whereabouts {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  readonly current: Place;
  /** Null: where the current one is. */
  readonly pending: Place | null;
  readonly previous: (Place & { readonly username: string }) | null;
  /** Without a host it is as RDS makes master secrets. */
  readonly master: { readonly host: string | null; readonly server: Place["server"]; readonly port: boolean };
  readonly databaseHost: string | null;
  /** A stranger stands for a clone without our mark: only possession of its password shows whose it is. */
  readonly servers: "let everybody in" | "let nobody in" | "know a stranger";
  readonly step: "setSecret" | "testSecret";
}

const host = fc.constantFrom(...HOSTS);
const server = fc.constantFrom(...SERVERS);
const place = fc.record({ host, server });
const seldom = <T>(rare: fc.Arbitrary<T>) => fc.option(rare, { freq: 1 });

export const whereabouts: fc.Arbitrary<Whereabouts> = fc.record({
  engine: fc.constantFrom("postgres", "postgres", "mysql", "mariadb"),
  strategy: fc.constantFrom("master-user", "master-user", "single-user"),
  current: place,
  pending: seldom(place),
  previous: fc.option(fc.record({ host, server, username: fc.constantFrom("app", "app_clone") })),
  master: fc.record({ host: fc.option(host), server, port: fc.boolean() }),
  databaseHost: fc.option(host),
  servers: fc.constantFrom("let everybody in", "let everybody in", "let nobody in", "know a stranger"),
  step: fc.constantFrom("setSecret", "setSecret", "testSecret"),
});

export type Owner = "current" | "pending" | "previous" | "master";

/** The one server that each password may go to. */
export function mayGo(chosen: Whereabouts): Record<Owner, Place["server"] | undefined> {
  const { current, pending, previous, step, strategy } = chosen;
  const sets = step === "setSecret";
  const here = (other: Place | null) =>
    other === null || isSame(other, current) ? current.server : undefined;
  return {
    current: current.server,
    // What is pending is tested where it says itself, and set nowhere but where the current user is.
    pending: sets ? here(pending) : (pending ?? current).server,
    previous: sets ? here(previous) : undefined,
    master: sets && strategy === "master-user" ? masterMayGo(chosen) : undefined,
  };
}

/** A master secret without a host is for DATABASE_HOST, on the port of the user's server; one with a host and no port, elsewhere. */
function masterMayGo({ current, master, databaseHost }: Whereabouts): Place["server"] | undefined {
  const host = master.host ?? databaseHost;
  if (host?.toLowerCase() !== current.host.toLowerCase()) return undefined;
  if (master.port) return master.server === current.server ? current.server : undefined;
  return master.host === null ? current.server : undefined;
}

function isSame(one: Place, other: Place): boolean {
  return one.host.toLowerCase() === other.host.toLowerCase() && one.server === other.server;
}
