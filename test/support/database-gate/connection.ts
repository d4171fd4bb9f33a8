import type { Socket } from "node:net";
import type { Interception, Verdict } from "../interception.ts";
import type { Protocol, Tls } from "./protocol.ts";
import { wireOf } from "./wire.ts";

export type OnConnectionInterception = (
  interception: Pick<Interception, "moment" | "kind" | "text">,
) => Verdict | Promise<Verdict>;

export interface Connection {
  /** Connection to the client. */
  readonly socket: Socket;
  /** Connects to the server. */
  readonly dial: () => Promise<Socket>;
  readonly tls: Tls;
  readonly protocol: Protocol;
  readonly onInterception: OnConnectionInterception;
}

/** Serves a client until either side ends the connection, and then ends the other one. */
export async function serve({ socket, dial, tls, protocol, onInterception }: Connection): Promise<void> {
  // A server that rejects a login sends an error and closes the connection. The client gets the error before the end of
  // its connection, however long `onInterception` holds the error back.
  let answering = false;
  let gone = false;
  const dialled = async () => {
    const upstream = await dial();
    socket.on("close", () => upstream.destroy());
    upstream.on("close", () => {
      gone = true;
      if (!answering) socket.destroySoon();
    });
    return wireOf(upstream);
  };
  const { login, ...ends } = await protocol.open(wireOf(socket), dialled, tls);

  /** @returns whether the connection goes on. */
  async function pass(
    kind: Interception["kind"],
    text: string,
    act: () => Promise<Buffer>,
  ): Promise<boolean> {
    if (!(await goesOn(await onInterception({ moment: "before", kind, text })))) return false;
    answering = true;
    const answer = await act();
    if (!(await goesOn(await onInterception({ moment: "after", kind, text })))) return false;
    ends.client.write(answer);
    answering = false;
    if (gone) ends.client.end();
    return true;
  }

  let going = await pass("login", login.text, () => protocol.login(ends, login));
  while (going) {
    const stop = ends.server.flowTo(ends.client);
    const request = await protocol.request(ends).finally(stop);
    if (request === undefined) return;
    going = await pass("statement", request.text, () => {
      ends.server.write(request.bytes);
      return protocol.answer(ends);
    });
  }
  socket.destroy();
}

/** After "silence" the connection stays open until the proxy closes or the client gives up. */
async function goesOn(verdict: Verdict): Promise<boolean> {
  if (verdict === "silence") await new Promise(() => {});
  return verdict === "pass";
}
