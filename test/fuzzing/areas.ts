import type { Area } from "./area.ts";
import { answers } from "./areas/answers.ts";
import { destinations } from "./areas/destinations.ts";
import { events } from "./areas/events.ts";
import { injection } from "./areas/injection.ts";
import { mysqlServers } from "./areas/mysql.ts";
import { oldRuntime } from "./areas/old-runtime.ts";
import { postgresServers } from "./areas/postgres.ts";
import { refusals } from "./areas/refusals.ts";
import { secrets } from "./areas/secrets.ts";
import { settings } from "./areas/settings.ts";
import { states } from "./areas/states.ts";
import { tenants } from "./areas/tenant.ts";

export const AREAS: readonly Area[] = [
  events,
  settings,
  secrets,
  answers,
  states,
  postgresServers,
  mysqlServers,
  refusals,
  destinations,
  injection,
  tenants,
  oldRuntime,
];
