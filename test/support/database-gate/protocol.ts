import type { Wire } from "./wire.ts";

/** A request of the client, or the answer to one, to be forwarded. */
export interface Message {
  readonly bytes: Buffer;
  /** SQL, or the name of a request without SQL. At login, the user name. */
  readonly text: string;
}

/** Both ends of a client's connection. TLS ends at the proxy on both. */
export interface Ends {
  readonly client: Wire;
  readonly server: Wire;
}

/** A database's protocol, as far as the proxy needs it to see each request and its answer. */
export interface Protocol {
  /**
   * Opens the connection up to the login, with TLS on both sides if the client asks for it.
   *
   * @param dial connects to the server.
   */
  open(client: Wire, dial: () => Promise<Wire>, tls: Tls): Promise<Ends & { readonly login: Message }>;
  /** Logs in. @returns the server's last message, which the client has not received yet. */
  login(ends: Ends, login: Message): Promise<Buffer>;
  /** The next request. Undefined if the client ends the session; its last message is forwarded. */
  request(ends: Ends): Promise<Message | undefined>;
  /** The part of the answer that shows that the server has executed the request. More of the answer may follow. */
  answer(ends: Ends): Promise<Buffer>;
}

/** Starts TLS in the middle of a connection. */
export interface Tls {
  accept(client: Wire): Promise<Wire>;
  begin(server: Wire): Promise<Wire>;
}
