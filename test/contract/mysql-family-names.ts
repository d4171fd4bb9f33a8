import { escape as literal } from "mysql2/promise";

/** Where new users have no privileges: in the local server's own database they have all of them. */
export const SCHEMA = "contract";

/** The account of a user in statements. */
export const user = (name: string) => `${literal(name)}@'%'`;

/** A table of SCHEMA in statements. */
export const table = (name: string) => `${SCHEMA}.\`${name}\``;
