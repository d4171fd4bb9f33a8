/** How many logins of one user the server accepted and rejected. */
export type Logins = { accepted: number; rejected: number };
