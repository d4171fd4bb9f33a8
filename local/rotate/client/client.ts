import { setTimeout as wait } from "node:timers/promises";
import type { Setup } from "../setup.ts";
import { CachedSecret } from "./cached-secret.ts";
import { type Connection, connect, isRejectedLogin } from "./connection.ts";

/** How an application retries a rejected login. README recommends the default. */
export interface RetryOptions {
  /** Logins that are attempted for one query. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; before each further one twice as many, up to `longestPause`. */
  readonly firstPause: number;
  readonly longestPause: number;
}

/** More than 20 s in all: setSecret and finishSecret are invocations of their own, and may be attempted again. */
const RECOMMENDED: RetryOptions = { attempts: 10, firstPause: 100, longestPause: 5000 };

/** Effects of the rotations on an application. */
export interface Traffic {
  queries: number;
  /** Queries that failed after the last attempt. */
  failedQueries: number;
  logins: number;
  rejectedLogins: number;
  /** Milliseconds from a query's first rejected login until it had its answer. */
  longestDelay: number;
}

export interface Application {
  readonly traffic: Readonly<Traffic>;
  /** Ends when no login with a value of before is left. Between two rotations are days; here it is this wait. */
  settle(): Promise<void>;
  /** Ends it after the queries under way, and one more for each connection of its pool, with logins of their own. */
  stop(): Promise<Traffic>;
}

/** Connections of the pool. */
const CONNECTIONS = 4;

/** Milliseconds after which the pool replaces a connection. Usual are some minutes; so each rotation meets logins. */
const LONGEST_LIFE = 50;

/** Milliseconds between two queries on a connection. */
const PAUSE = 5;

/** Starts an application with a pool and a cached secret that queries the database until it is stopped. */
export function startApplication(
  { database, stack, secretArn }: Pick<Setup, "database" | "stack" | "secretArn">,
  retry: RetryOptions = RECOMMENDED,
): Application {
  const secret = new CachedSecret(stack.operator, secretArn);
  const traffic: Traffic = { queries: 0, failedQueries: 0, logins: 0, rejectedLogins: 0, longestDelay: 0 };
  const loggingIn = new Set<Promise<Connection>>();
  let stopped = false;

  async function login(onRejected: () => void): Promise<Connection> {
    const work = attemptLogins(onRejected);
    loggingIn.add(work);
    try {
      return await work;
    } finally {
      loggingIn.delete(work);
    }
  }

  async function attemptLogins(onRejected: () => void): Promise<Connection> {
    const { attempts, firstPause, longestPause } = retry;
    for (let attempt = 1, pause = firstPause; ; attempt++, pause = Math.min(2 * pause, longestPause)) {
      const credentials = await secret.get();
      try {
        traffic.logins++;
        return await connect(database, credentials);
      } catch (error) {
        if (!isRejectedLogin(error)) {
          throw error;
        }
        traffic.rejectedLogins++;
        onRejected();
        if (attempt === attempts) {
          throw error;
        }
        // The pause comes first: until finishSecret, a fresh read finds the same value.
        await wait(pause);
        await secret.refresh(credentials);
      }
    }
  }

  async function queryFor(milliseconds: number): Promise<void> {
    const started = performance.now();
    let rejected: number | undefined;
    await using connection = await login(() => {
      rejected ??= performance.now();
    });
    if (rejected !== undefined) {
      traffic.longestDelay = Math.max(traffic.longestDelay, Math.round(performance.now() - rejected));
    }
    do {
      await connection.query();
      traffic.queries++;
      await wait(PAUSE);
    } while (!stopped && performance.now() - started < milliseconds);
  }

  async function keepQuerying(): Promise<void> {
    while (!stopped) {
      await attempt(LONGEST_LIFE);
    }
    await attempt(0);
  }

  async function attempt(milliseconds: number): Promise<void> {
    try {
      await queryFor(milliseconds);
    } catch (error) {
      if (!isRejectedLogin(error)) {
        throw error;
      }
      traffic.failedQueries++;
    }
  }

  const pool = Promise.all(Array.from({ length: CONNECTIONS }, keepQuerying));
  pool.catch(() => {}); // Heard of when it is stopped.
  return {
    traffic,
    settle: async () => {
      secret.forget();
      await Promise.allSettled(loggingIn);
    },
    stop: async () => {
      stopped = true;
      await pool;
      return traffic;
    },
  };
}
