import { deadEnds } from "./dead-ends.ts";

deadEnds("postgres");
