import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificateAuthority } from "../../../local/certificates.ts";
import { type CarefulEngine, careful } from "../../../shared/engine/careful-engine.ts";
import type { Engine, Session } from "../../../shared/engine/engine.ts";
import type { ContractServer, StartContractServer } from "../contract-server.ts";
import { openRotations, type Rotations } from "./rotations.ts";

/** What a case of the contract works with. Cases share the servers and have users of their own. */
export interface Context {
  /** As the strategies use it. */
  readonly engine: CarefulEngine;
  /** As its author wrote it. */
  readonly bare: Engine;
  readonly server: ContractServer;
  /** CA certificate of the server's certificate: the function's DATABASE_CA_FILE. */
  readonly caFile: string;
  readonly otherServers: OtherServers;
  readonly rotations: Rotations;
}

/** Servers that must not be logged in to. */
interface OtherServers {
  readonly withExpiredCertificate: ContractServer;
  readonly withoutTls: ContractServer;
  /** CA certificate of the expired certificate, and of no other. */
  readonly caFile: string;
}

export async function openContext<S extends Session>(
  engine: Engine<S>,
  start: StartContractServer,
): Promise<Context & AsyncDisposable> {
  await using cleanUp = new AsyncDisposableStack();
  const authority = await certificateAuthority();
  const expired = await authority.issue({ hosts: ["localhost"], expired: true });
  const plainConnections = true;
  const servers = await Promise.allSettled([
    start({ plainConnections }),
    start({ plainConnections, tls: expired }),
    start({ plainConnections, tls: false }),
  ]);
  for (const one of servers) {
    if (one.status === "fulfilled") cleanUp.use(one.value);
  }
  const [server, withExpiredCertificate, withoutTls] = servers.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  }) as [ContractServer, ContractServer, ContractServer]; // As many as were started.

  const folder = await mkdtemp(join(tmpdir(), "contract-"));
  cleanUp.defer(() => rm(folder, { recursive: true }));
  const otherCaFile = join(folder, "authority.pem");
  await writeFile(otherCaFile, authority.certificate);

  const { caFile } = server.database;
  const rotations = cleanUp.use(await openRotations({ DATABASE_CA_FILE: caFile }));
  const open = cleanUp.move();
  return {
    ...enginesOf(engine),
    server,
    caFile,
    otherServers: { withExpiredCertificate, withoutTls, caFile: otherCaFile },
    rotations,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** An engine, right or wrong, as the cases use it. */
export function enginesOf<S extends Session>(engine: Engine<S>): Pick<Context, "engine" | "bare"> {
  const bare = engine as unknown as Engine; // Its sessions go back to it and to no other.
  return { engine: careful(bare), bare };
}

let names = 0;

/** A name that nothing else in this process has, short enough for a clone's suffix in any product. */
export function newName(kind: string): string {
  names++;
  return `${kind}_${names}`;
}

/** Unlike any other, so that it is found wherever it leaks to. */
export function newPassword(): string {
  return `Pw-${randomUUID()}`;
}
