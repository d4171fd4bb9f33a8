import { fromEnv } from "@aws-sdk/credential-provider-env";

/** Lambda hands a function the credentials of its role in environment variables, and nowhere else. */
export const defaultProvider = () => fromEnv();
