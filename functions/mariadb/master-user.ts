import { masterUser } from "../../shared/master-user.ts";
import { rotation } from "../../shared/rotation.ts";
import { mariadb } from "./engine.ts";

export const handler = rotation(mariadb, masterUser);
