import type { ContractServer } from "../../contract/contract-server.ts";
import { MYSQL_FAMILY_TENANT } from "./mysql-family.ts";
import { POSTGRES_TENANT } from "./postgres.ts";
import type { TenantProduct } from "./tenant.ts";

const PRODUCTS: Record<string, TenantProduct> = {
  postgres: POSTGRES_TENANT,
  mysql: MYSQL_FAMILY_TENANT,
  mariadb: MYSQL_FAMILY_TENANT,
};

/** What the tenant is on this server. */
export function tenantOf({ database }: ContractServer): TenantProduct {
  const product = PRODUCTS[database.address.engine];
  if (product === undefined) throw new Error(`No tenant is known for ${database.address.engine}.`);
  return product;
}
