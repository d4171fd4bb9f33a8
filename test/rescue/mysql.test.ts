import { deadEnds } from "./dead-ends.ts";

deadEnds("mysql");
