import { postgresProtocol } from "../postgres.ts";

export const protocol = postgresProtocol;
