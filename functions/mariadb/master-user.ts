import { rotation } from "../../shared/rotation.ts";
import { masterUser } from "../../shared/strategies/master-user.ts";
import { mariadb } from "./engine.ts";

export const handler = rotation(mariadb, masterUser);
