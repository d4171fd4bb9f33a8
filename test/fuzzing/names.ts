import dns from "node:dns";

const KNOWN: Readonly<Record<string, string>> = {
  localhost: "127.0.0.1",
  "localhost.": "127.0.0.1",
  "db.example": "127.0.0.1",
  "xn--80ak6aa92e.example": "127.0.0.1",
};

/** What the resolver takes for a number rather than for a name: "0", "127.1", "0x7f.1". */
const NUMERIC = /^[0-9a-fx.:]+$/i;

/** From now on every host of this process is this machine or does not exist: no case asks a name server. */
export function resolveLocally(): void {
  const { lookup } = dns;
  dns.lookup = ((host: string, options: dns.LookupOptions, done: (...outcome: unknown[]) => void) => {
    const address = KNOWN[host.toLowerCase()];
    if (address !== undefined) {
      process.nextTick(() => (options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4)));
    } else if (NUMERIC.test(host)) {
      lookup(host, options, done);
    } else {
      const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" });
      process.nextTick(() => done(error));
    }
  }) as typeof dns.lookup;
}
