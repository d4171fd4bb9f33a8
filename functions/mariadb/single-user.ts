import { rotation } from "../../shared/rotation.ts";
import { singleUser } from "../../shared/strategies/single-user.ts";
import { mariadb } from "./engine.ts";

export const handler = rotation(mariadb, singleUser);
