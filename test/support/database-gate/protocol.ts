import type { Wire } from "./wire.ts";

/** A request of the client, or the answer to one, as it is to be handed on. */
export interface Message {
  readonly bytes: Buffer;
  /** SQL, or whatever the request is called by; a user name at login. */
  readonly text: string;
}

/** Both ends of a connection of a client, TLS ended on either. */
export interface Ends {
  readonly client: Wire;
  readonly server: Wire;
}

/** How a database's protocol goes, as far as it takes to see each request and the answer to it. */
export interface Protocol {
  /**
   * The connection up to the login, with TLS on both sides if the client asks for it.
   *
   * @param dial connects to the server.
   */
  open(client: Wire, dial: () => Promise<Wire>, tls: Tls): Promise<Ends & { readonly login: Message }>;
  /** Logs in. @returns the last thing that the server said, which the client has not been told yet. */
  login(ends: Ends, login: Message): Promise<Buffer>;
  /** The next request; undefined when the client says goodbye, which is handed on. */
  request(ends: Ends): Promise<Message | undefined>;
  /** What tells that the server has done it. More of the answer may follow. */
  answer(ends: Ends): Promise<Buffer>;
}

/** How TLS begins in the middle of a connection. */
export interface Tls {
  accept(client: Wire): Promise<Wire>;
  begin(server: Wire): Promise<Wire>;
}
