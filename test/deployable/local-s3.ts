import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ENVIRONMENT, program } from "./tools.ts";

export interface LocalS3 extends AsyncDisposable {
  readonly url: string;
  /** What has been uploaded to the bucket, by key. */
  keys(bucket: string): Promise<string[]>;
  object(bucket: string, key: string): Promise<Buffer>;
  put(bucket: string, key: string, content: Buffer): Promise<void>;
}

/** An S3 on loopback, in memory, with one empty bucket; moto's other services are there as well. */
export async function startLocalS3(bucket: string): Promise<LocalS3> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(program("moto_server"), ["-H", "127.0.0.1", "-p", String(port)], {
    env: ENVIRONMENT,
    stdio: "ignore",
  });
  const stop = async () => {
    if (server.exitCode === null && server.kill()) {
      await once(server, "exit");
    }
  };
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(stop);
  await untilUp(url);
  await answer(`${url}/${bucket}`, { method: "PUT" });
  const running = cleanUp.move();
  return {
    url,
    keys: async (name) => {
      const listing = (await answer(`${url}/${name}?list-type=2`)).toString();
      return [...listing.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = ""]) => key);
    },
    object: (name, key) => answer(`${url}/${name}/${key}`),
    put: async (name, key, content) => {
      await answer(`${url}/${name}/${key}`, { method: "PUT", body: new Uint8Array(content) });
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function answer(url: string, init?: RequestInit): Promise<Buffer> {
  // Any credentials do.
  const headers = { Authorization: "AWS AKIALOCAL:local" };
  const response = await fetch(url, { ...init, headers });
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}.`);
  }
  return Buffer.from(await response.arrayBuffer());
}

async function untilUp(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (attempt === 300) {
        throw error;
      }
      await delay(100);
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return typeof address === "object" && address ? address.port : 0;
}
